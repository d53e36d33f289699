"""The cue list is clean data, and the matcher finds what spaCy's Matcher finds with the same patterns."""

from __future__ import annotations

import json
import pickle
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from joio.cues import CueKind, CueMatch, CueMatcher, load_cues, parse_pattern, spacy_pattern
from joio.labels import LABELS
from joio.tokens import Tokenizer, export_rules, normalise, reference_pipeline

WRITTEN = sorted((Path(__file__).resolve().parents[1] / "data" / "written").glob("*.jsonl"))
KINDS = load_cues()
PATTERNS = [(kind.name, pattern) for kind in KINDS for pattern in kind.patterns]
LITERALS = [(kind, pattern) for kind, pattern in PATTERNS if not re.search(r"/.+/", pattern)]

# Both forms are words of their own: the plural and 'à' differ by their accent only; 'prevêem' is the older spelling.
# Both are words: a secretária is a person, a secretaria an office.
BOTH_FORMS = frozenset({"prevêem", "têm potencial para", "têm de", "têm que", "cabe à", "secretária"})


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(export_rules())


def without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def find(text: str, *kinds: CueKind) -> list[tuple[str, str]]:
    """Cues found in words parted by blanks; '.' ends a sentence."""
    words = tuple(text.split())
    starts = {0} | {place + 1 for place, word in enumerate(words) if word == "."}
    return [
        (match.kind, " ".join(words[match.start : match.end]))
        for match in CueMatcher(kinds or KINDS)(words, frozenset(starts))
    ]


# -------------------------------------------------------------------------------------------------- data


def test_the_list_is_long_and_speaks_for_every_label() -> None:
    assert len(PATTERNS) >= 600
    assert {kind.label for kind in KINDS} == set(LABELS)
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kind_has_no_pattern_twice_and_none_that_is_empty(kind: CueKind) -> None:
    assert [pattern for pattern, count in Counter(kind.patterns).items() if count > 1] == []
    assert all(token for pattern in kind.patterns for token in pattern.split(" "))


def test_patterns_are_composed_unicode_in_uniform_signs() -> None:
    assert [pattern for _, pattern in PATTERNS if unicodedata.normalize("NFC", pattern) != pattern] == []
    assert [pattern for _, pattern in LITERALS if normalise(pattern).text != pattern] == []


def test_words_are_lower_case() -> None:
    words = [token for _, pattern in PATTERNS for token in parse_pattern(pattern)[1] if isinstance(token, str)]
    assert [word for word in words if word != word.lower()] == []


def test_words_are_tokens_of_the_tokenizer(tokenizer: Tokenizer) -> None:
    wrong = [pattern for _, pattern in LITERALS if tokenizer(pattern).words != parse_pattern(pattern)[1]]
    assert wrong == [], "the matcher can never find these"
    for _, pattern in PATTERNS:
        for token in parse_pattern(pattern)[1]:
            if isinstance(token, str):
                assert tokenizer(token).words == (token,), pattern


def test_no_slash_is_left_of_a_regular_expression_torn_by_a_blank() -> None:
    tokens = [(pattern, token) for _, pattern in PATTERNS for token in parse_pattern(pattern)[1]]
    assert [pattern for pattern, token in tokens if isinstance(token, str) and "/" in token] == []


def test_regular_expressions_compile_and_none_fits_an_empty_word() -> None:
    expressions = {
        token for _, pattern in PATTERNS for token in parse_pattern(pattern)[1] if not isinstance(token, str)
    }
    assert len(expressions) > 20
    assert not [expression for expression in expressions if expression.fullmatch("")]
    assert not [expression for expression in expressions if expression.groups], "use (?:…): nobody reads the groups"


def test_no_word_is_listed_without_its_accent_by_mistake() -> None:
    for kind in KINDS:
        listed = set(kind.patterns)
        twice = {p for p in listed if without_accents(p) != p and without_accents(p) in listed}
        assert twice <= BOTH_FORMS, kind.name


def test_the_allowlist_of_accents_is_needed() -> None:
    assert {pattern for _, pattern in PATTERNS} >= BOTH_FORMS
    assert {pattern for _, pattern in PATTERNS} >= {without_accents(form) for form in BOTH_FORMS}


def test_every_literal_pattern_is_found_where_it_stands_alone() -> None:
    for kind in KINDS:
        matcher = CueMatcher((kind,))
        for pattern in kind.patterns:
            _, tokens = parse_pattern(pattern)
            if all(isinstance(token, str) for token in tokens):
                words = tuple(str(token) for token in tokens)
                assert CueMatch(kind.name, 0, len(words)) in matcher(words, frozenset({0})), pattern


# ----------------------------------------------------------------------------------------------- matcher


def spacy_matches(matcher: Any, doc: Any) -> set[tuple[str, int, int]]:
    """Every match of spaCy's, less those that lie inside another of their kind."""
    found = {(doc.vocab.strings[key], start, end) for key, start, end in matcher(doc)}
    longest: dict[tuple[str, int], int] = {}
    for kind, start, end in found:
        longest[kind, start] = max(end, longest.get((kind, start), 0))
    kept: set[tuple[str, int, int]] = set()
    reach: dict[str, int] = {}
    for (kind, start), end in sorted(longest.items(), key=lambda item: item[0][1]):
        if end > reach.get(kind, 0):
            reach[kind] = end
            kept.add((kind, start, end))
    return kept


@pytest.fixture(scope="module")
def spacy_pipeline() -> Any:
    return reference_pipeline()


@pytest.fixture(scope="module")
def spacy_matcher(spacy_pipeline: Any) -> Any:
    from spacy.matcher import Matcher

    matcher = Matcher(spacy_pipeline.vocab)
    for kind in KINDS:
        matcher.add(kind.name, [spacy_pattern(pattern) for pattern in kind.patterns])
    return matcher


# spaCy takes its time over regular expressions: every eighth text of each genre is enough.
@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_cues_are_those_that_spacy_finds(
    path: Path, tokenizer: Tokenizer, spacy_pipeline: Any, spacy_matcher: Any
) -> None:
    matcher = CueMatcher(KINDS)
    lines = path.read_text(encoding="utf-8").splitlines()[::8]
    n_found = 0
    for line in lines:
        text = " ".join(normalise(json.loads(line)["text"]).text.split())
        tokens = tokenizer(text)
        ours = matcher([word.lower() for word in tokens.words], tokens.sentence_starts)
        assert {tuple(match) for match in ours} == spacy_matches(spacy_matcher, spacy_pipeline(text)), text
        assert len(set(ours)) == len(ours)
        n_found += len(ours)
    assert n_found > len(lines)


def test_the_longest_phrase_of_a_kind_is_counted_and_not_its_parts() -> None:
    kind = CueKind("k", "opinion", ("muito", "muito bom", "bom", "bom demais mesmo"))
    assert find("isso é muito bom", kind) == [("k", "muito bom")]
    assert find("muito , bom", kind) == [("k", "muito"), ("k", "bom")]
    assert find("muito bom demais mesmo", kind) == [("k", "muito bom"), ("k", "bom demais mesmo")]


def test_kinds_do_not_hide_each_other() -> None:
    kinds = (CueKind("a", "opinion", ("muito bom",)), CueKind("b", "promotional", ("bom",)))
    assert find("muito bom", *kinds) == [("a", "muito bom"), ("b", "bom")]


def test_caret_asks_for_the_beginning_of_a_sentence() -> None:
    kind = CueKind("k", "promotional", ("^ saiba mais", "^ /ve(?:ja|m)/"))
    assert find("saiba mais . veja isso . quero que veja e saiba mais", kind) == [("k", "saiba mais"), ("k", "veja")]


def test_expression_matches_the_word_as_a_whole() -> None:
    kind = CueKind("k", "factual", (r"em /\d\d\d\d/", r"/\d+x/"))
    assert find("em 2024 e em 20245 , em ano , 10x 10xx", kind) == [("k", "em 2024"), ("k", "10x")]


def test_phrase_that_the_text_cuts_short_is_not_found() -> None:
    kind = CueKind("k", "promotional", ("por tempo limitado",))
    assert find("por tempo", kind) == []
    assert find("", kind) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("talvez chova", "hedge"),
        ("o preço poderia cair", "modal"),
        ("a bolsa subirá", "future"),
        ("a ponte vai cair", "future_periphrastic"),
        ("ele compraria tudo", "conditional"),
        ("há rumores de venda", "rumour"),
        ("a meu ver é pouco", "opinion_frame"),
        ("inscreva-se", "imperative"),
        ("frete grátis", "offer"),
        ("disse o ministro", "said"),
        ("de acordo com a lei", "source"),
        ("chegou em 2024", "date"),
        ("10x mais", "superlative"),
        ("o autocarro da vossa equipa : fale connosco", "imperative"),
    ],
)
def test_typical_phrases_are_found_under_their_kind(text: str, kind: str) -> None:
    assert kind in {name for name, _ in find(text)}


def test_place_names_and_nouns_are_no_future_tense() -> None:
    assert "future" not in {
        name for name, _ in find("o ceará , o paraná , o amapá e o pará têm guaraná , sofá e maracujá")
    }


def test_remembered_words_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    words = tuple("talvez a empresa vai lucrar talvez muito , disse a empresa".split())
    matcher = CueMatcher(KINDS)
    expected = matcher(words, frozenset({0}))
    monkeypatch.setattr(CueMatcher, "MAX_REMEMBERED", 1)
    assert CueMatcher(KINDS)(words, frozenset({0})) == expected == matcher(words, frozenset({0}))


def test_pickled_matcher_finds_the_same() -> None:
    matcher = CueMatcher(KINDS)
    words = tuple("saiba mais : talvez chova".split())
    expected = matcher(words, frozenset({0}))
    copy = pickle.loads(pickle.dumps(matcher))
    assert copy == matcher
    assert copy(words, frozenset({0})) == expected
    assert len(expected) >= 2
