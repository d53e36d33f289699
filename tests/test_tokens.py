"""Tokens and sentences are spaCy's; normalising loses nothing that is evidence, and no offset."""

from __future__ import annotations

import json
import pickle
import random
import re
import time
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from joio.tokens import MAX_STRETCH, Tokenizer, export_rules, normalise, reference_pipeline

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = sorted((ROOT / "data" / "written").glob("*.jsonl"))
REAL = ROOT.parent / "shared" / "corpus" / "real.jsonl"

NASTY = """
O Sr. Braga e a Sra. Dra. Ana, da Av. Brasil, n.º 10, 3.º andar.|Sr.Braga|Sr..|(Sr.)|"Sr."|Dr.,|Prof.:|V. Exa.|Exmo.
disse-me, dar-lhe-ei, fá-lo-ia, vê-lo, contar-nos-iam.|deixá-lo.|apóia-o|d'água|copo-d'água|D'Ávila|'tá|pra'í|l'a
Veja https://exemplo.example/a/b?c=d&e=f#g, www.exemplo.example.|http://|www.|(http://a.example)|http://a.example.|//
user@example.example|Escreva para user@example.example.|(user@example.example)|@user|#hashtag|$PATH|~/dir|C:\\pasta
:-) ;) :D <3 xD :/ ^_^ \\o/ ¯\\_(ツ)_/¯|§ 2º do art. 5º|§2º|2.ª|2ª.|1º|1.º|n°|nº10|Nº 5|a)|b)|I.|II.|ao(s)|aluno(a)s
R$ 1.234,56|R$1.234,56|R$|R$10,00.|US$ 10|€10|10€|3,5%|3,5 %|100%.|50%-60%|%s|%d%|‰|1/2|½|½kg|²|m²|CO₂|10°C|-5°C|+55 11
e/ou|dnscrypt-proxy/dnscrypt-proxy.toml|a-b-c-d-e|bem-te-vi-de-coroa|--|---|a--b|-a|a-|-|−5|recém-chegado|ex-presidente
“aspas” 'simples' «francesas»|"Oi", disse.|„a“|‚a‘|‹a›|'|''|"|""|'a'|'a|a'|1'|5"|5'10"|(|)|()|(a)|((a))|[a](b)|texto[1].
...|fim... começo|fim…|…e depois|?!|!!!|..a|a..b|a...b|oi!tudo|oi?não|oi,tudo|Fim.Começo|fim.começo|fim."Ok|Fim.» Novo
中文字符。你好！|مرحبا بالعالم؟ نعم.|。|Olá. Tudo bem? Sim! Ótimo… Fim。Ok|a।b|¿qué?|¡hola!|ﬁm|Ａ|①|𝒜|Привет, мир!
👩‍💻🚀🚀|👨‍👩‍👧‍👦ok|🇧🇷Brasil|a😀|😀a|a😀b|😀😀|☺️|1️⃣|❤️a|🤷🏽‍♀️|🏴󠁧󠁢󠁥󠁮󠁧󠁿|!🚀!|(🚀)
C++|C#|.NET|node.js|km/h|10km|20h30|20:30|12:30h|10-20|2020/21|a.C.|d.C.|p.ex.|etc.|etc...|S.A.|U.S.A.|Ltda.|Cia.|vol.
A.|A. B.|a.b|i.e.|e.g.|ex.:|Obs.:|cf.|tel.:|jan.|fev. de 2020|a.m.|1.000.000,00|1,000.00|0.5|.5|5.|5.a|a.5|A1|1A|v1.2.3
x=1;y=2|f(x,y).|{a:b}|a_b_c|__init__|a::b|->|=>|<=|a->b|a=>b|==|!=|a!=b|**|a*b|a^b|`a`|~a|a~b|<b>oi</b>|&amp;|a&b|R&D|©2020|X™
a, b; c: d. e|palavra—outra|palavra–outra|1–2|a – b|—travessão|-|à|é|É.|às|Às|disse: "Vamos." E saiu.|(Fim.) Começo.
"""


@pytest.fixture(scope="module")
def spacy_pipeline() -> Any:
    return reference_pipeline()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(export_rules())


def assert_same_as_spacy(texts: Iterable[str], tokenizer: Tokenizer, pipeline: Any) -> None:
    """Runs of blanks are collapsed first: spaCy makes tokens of them, and ours are no tokens."""
    collapsed = [" ".join(text.split()) for text in texts]
    for text, doc in zip(collapsed, pipeline.pipe(collapsed), strict=True):
        ours = tokenizer(text)
        assert list(zip(ours.words, ours.starts, strict=True)) == [(token.text, token.idx) for token in doc], text
        assert sorted(ours.sentence_starts) == [token.i for token in doc if token.is_sent_start], text
        assert [text[start:end] for start, end in zip(ours.starts, ours.ends, strict=True)] == list(ours.words)


def texts_of(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


# ------------------------------------------------------------------------------------------ equal to spaCy


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_written_texts_are_tokenised_as_spacy_does(path: Path, tokenizer: Tokenizer, spacy_pipeline: Any) -> None:
    texts = texts_of(path)
    assert_same_as_spacy(texts, tokenizer, spacy_pipeline)
    assert_same_as_spacy((normalise(text).text for text in texts), tokenizer, spacy_pipeline)


def test_nasty_strings_are_tokenised_as_spacy_does(tokenizer: Tokenizer, spacy_pipeline: Any) -> None:
    strings = [string for line in NASTY.strip().split("\n") for string in line.split("|")]
    assert len(strings) > 200
    assert_same_as_spacy(strings, tokenizer, spacy_pipeline)
    assert_same_as_spacy(NASTY.strip().split("\n"), tokenizer, spacy_pipeline)


@pytest.mark.parametrize(
    "alphabet",
    ["abcÉçãoXYZ019.,;:!?-–—'\"()[]{}/\\%$€º°ª@#&*+=<>~^_|…«»“”   ", "aB1.-,   ", "a.e/'-:@", '中é😀\u200d🇧.!?)" '],
)
def test_random_strings_are_tokenised_as_spacy_does(alphabet: str, tokenizer: Tokenizer, spacy_pipeline: Any) -> None:
    chance = random.Random(alphabet)
    strings = ["".join(chance.choices(alphabet, k=chance.randint(1, 30))) for _ in range(1200)]
    assert_same_as_spacy(strings, tokenizer, spacy_pipeline)


def test_abbreviations_among_random_neighbours_are_tokenised_as_spacy_does(
    tokenizer: Tokenizer, spacy_pipeline: Any
) -> None:
    chance = random.Random(7)
    pieces = [*tokenizer.rules.exceptions, ".", ",", " ", " ", "(", ")", '"', "-", "/", "1", "Ana", "…", ":"]
    strings = ["".join(chance.choices(pieces, k=chance.randint(1, 8))) for _ in range(1500)]
    assert_same_as_spacy(strings, tokenizer, spacy_pipeline)


def test_public_texts_are_tokenised_as_spacy_does(tokenizer: Tokenizer, spacy_pipeline: Any) -> None:
    if not REAL.exists():
        pytest.skip("the public texts are not in this checkout")
    sample = random.Random(0).sample(texts_of(REAL), 3000)
    short = [text for text in sample if max(map(len, text.split()), default=0) <= MAX_STRETCH]
    assert len(short) > 2900
    assert_same_as_spacy(short, tokenizer, spacy_pipeline)


# ------------------------------------------------------------------------------------------------- tokens


def test_one_letter_words_and_enclitics_are_whole_words(tokenizer: Tokenizer) -> None:
    assert tokenizer("É o que a Sra. Ana e o Sr. Rui disse-me à porta.").words == (
        *("É", "o", "que", "a", "Sra.", "Ana", "e", "o", "Sr.", "Rui", "disse-me", "à", "porta", "."),
    )


def test_a_sentence_starts_after_the_stop_and_what_closes_it(tokenizer: Tokenizer) -> None:
    tokens = tokenizer('"Não!" Ela saiu! … E o Sr. Rui? Ficou.')
    assert [tokens.words[place] for place in sorted(tokens.sentence_starts)] == ['"', "Ela", "E", "Ficou"]


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_blank_text_has_no_tokens_and_no_sentence(text: str, tokenizer: Tokenizer) -> None:
    assert tokenizer(text).words == ()
    assert tokenizer(text).sentence_starts == frozenset()


def test_blanks_of_any_length_only_move_the_offsets(tokenizer: Tokenizer) -> None:
    tight, loose = tokenizer("Oi, Rui. Tudo bem?"), tokenizer("  Oi,\n\n Rui.\t\tTudo   bem? ")
    assert (tight.words, tight.sentence_starts) == (loose.words, loose.sentence_starts)
    assert loose.starts[0] == 2


def test_every_character_but_blanks_is_in_exactly_one_token(tokenizer: Tokenizer) -> None:
    chance = random.Random(3)
    for _ in range(300):
        text = "".join(chance.choices("aé1.,-'\"(/!…🚀@ \n", k=40))
        tokens = tokenizer(text)
        covered = [place for start, end in zip(tokens.starts, tokens.ends, strict=True) for place in range(start, end)]
        assert covered == [place for place, character in enumerate(text) if not character.isspace()]


def test_remembered_splits_change_nothing(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "A Sra. Ana disse-me: 'Não!' A Sra. Ana (outra vez) saiu."
    forgetful = Tokenizer(tokenizer.rules)
    monkeypatch.setattr(Tokenizer, "MAX_REMEMBERED", 2)
    assert forgetful(text) == tokenizer(text) == forgetful(text)
    assert len(forgetful._seen) <= 2


def test_pickled_tokenizer_gives_the_same_tokens_and_carries_no_memory(tokenizer: Tokenizer) -> None:
    text = "O Sr. Braga disse-me: 'Não!'"
    expected = tokenizer(text)
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy == tokenizer
    assert copy._seen == {}
    assert copy(text) == expected


@pytest.mark.parametrize(
    "sign", ["!", "[", "](", "a", "a-", "🚀", "%", "R$", "'", "\u200b", "a\u200b", "e\u0301", "__*"]
)
def test_long_rows_of_signs_take_no_more_than_a_moment(sign: str, tokenizer: Tokenizer) -> None:
    text = sign * (100_000 // len(sign))
    began = time.process_time()
    tokens = tokenizer(normalise(text).text)
    assert time.process_time() - began < 5
    assert all(len(word) <= MAX_STRETCH for word in tokens.words)


def test_underscores_within_a_word_take_no_more_than_a_moment() -> None:
    text = f"a{'_' * 100_000}a"
    began = time.process_time()
    assert normalise(text).text == text
    assert time.process_time() - began < 5


# --------------------------------------------------------------------------------------------- normalising


@pytest.mark.parametrize(
    "text", ["não é à toa", "É, ó, à, e, a, o", "Ação!! 🚀 KKK…", "R$ 1.234,56 (3,5%)", "disse-me"]
)
def test_accents_case_signs_and_short_words_survive(text: str) -> None:
    assert normalise(text).text == text
    assert normalise(text).offsets is None


@pytest.mark.parametrize(
    ("text", "uniform"),
    [
        ("“a” „b‟", '"a" "b"'),
        ("‘a’ ´b`", "'a' 'b'"),
        ("«a»", "«a»"),
        ("bem‑estar −5", "bem-estar -5"),
        ("a — b – c", "a — b – c"),
        ("a\u00a0b\u202fc\u3000d", "a b c d"),
        ("a\x00b\x1bc\x85d\te\nf", "a b c d e f"),
    ],
)
def test_quotes_hyphens_and_blanks_become_uniform_one_for_one(text: str, uniform: str) -> None:
    assert normalise(text).text == uniform
    assert normalise(text).offsets is None


def test_invisible_characters_go_also_between_a_letter_and_its_accent() -> None:
    assert normalise("\ufeffin\u00advi\u200bsí\u2060vel").text == "invisível"
    assert normalise("a\u200b\u0303").text == "ã"
    assert normalise("❤\ufe0f").text == "❤"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("isso é **muito** bom", ["isso", "é", "muito", "bom"]),
        ("__muito__ *bom* ***mesmo***", ["muito", "bom", "mesmo"]),
        ("__*muito*__ bom", ["muito", "bom"]),
        ("[o guia](https://exemplo.example/guia) e ![foto](a.png)", ["o", "guia", "e", "foto"]),
        ("[![selo](a.png)](b)", ["selo"]),
        ("~~não~~ sim", ["não", "sim"]),
    ],
)
def test_marks_of_markdown_become_blanks_of_the_same_length(text: str, words: list[str]) -> None:
    normalised = normalise(text)
    assert normalised.text.split() == words
    assert len(normalised.text) == len(text)
    assert normalised.offsets is None


@pytest.mark.parametrize("text", ["snake_case", "2 * 3 * 4", "nota [1] e [a]", "f(x)[0]", "a*b*c", "~5 anos"])
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert normalise(text).text.split() == text.split()


def test_normalising_twice_is_normalising_once() -> None:
    alphabet = "ab*_~[]()!. \u200b\u0301\u0303\u0327éç-“”'`´\u00a0\ufe0f\u00ad^中각\u1100\u1161🚀\n\x00"
    chance = random.Random(11)
    for _ in range(20_000):
        text = "".join(chance.choices(alphabet, k=chance.randint(1, 12)))
        once = normalise(text).text
        assert normalise(once).text == once, ascii(text)


def test_latin_text_comes_out_composed() -> None:
    for word in ("não", "ação", "às", "avô", "pingüim", "É", "Ñandu", "Ångström", "ệ"):
        assert normalise(unicodedata.normalize("NFD", word)).text == unicodedata.normalize("NFC", word)


def test_offsets_lead_back_to_the_text_as_given() -> None:
    text = unicodedata.normalize("NFD", "A manhã\u200b não é fácil, irmã.")
    normalised = normalise(text)
    for word in re.finditer(r"\w+", normalised.text):
        start, end = normalised.original(word.start()), normalised.original(word.end())
        assert unicodedata.normalize("NFC", text[start:end]).replace("\u200b", "") == word.group()
    assert normalised.original(len(normalised.text)) == len(text)


def test_offsets_never_go_back_and_cover_the_text() -> None:
    chance = random.Random(5)
    for _ in range(3000):
        text = "".join(chance.choices("aeo\u0301\u0303\u200b \u00ad-é*[", k=chance.randint(1, 20)))
        normalised = normalise(text)
        places = [normalised.original(place) for place in range(len(normalised.text) + 1)]
        assert places == sorted(places)
        assert places[-1] == len(text)
        if normalised.offsets is not None:
            assert len(normalised.offsets) == len(normalised.text) + 1
