"""Every transformer keeps the same contract; a row never depends on its batch; every column knows its words."""

from __future__ import annotations

import pickle
import time
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from joio.article import Unit, segment
from joio.features import CharacterNgrams, CueCounts, Surface, WordNgrams
from joio.reader import ReadUnit, UnitReader

ARTICLE = """# Chuva na serra: o que se sabe

A chuva que caiu na serra **fechou** a estrada velha, segundo a prefeitura, em 12 de março de 2024.

## O que vem por aí

Talvez chova mais. É possível que a ponte seja fechada também, e quem sabe a escola.

- Inscreva-se já e garanta a sua vaga na visita guiada!
- Acho que a prefeitura deveria ter avisado antes.

> “Nunca vi chover assim, nunca vi”, disse-me a dona da padaria.

Veja em https://exemplo.example/chuva e não perca. 🚀🚀
"""
UNITS: list[Unit] = segment(ARTICLE).units()
STRANGE: list[Unit | str] = [
    *(
        "",
        " ",
        "🚀",
        "🚀🚀👍🏽",
        "\u200b",
        "é",
        "!",
        "..." * 50,
        "中文。",
        "Na\u0303o e\u0301",
        "**",
        "x" * 3_000,
        "!" * 3_000,
    ),
    *(Unit("", title="", section="", previous="", next=""), Unit("É.", kind="outra coisa", position=0, of=0)),
    *(Unit("Fim.", kind="item", position=0, of=1, title="🚀"), Unit("Fim.", section="É", previous="a", next="o")),
]

TRANSFORMERS: dict[str, Any] = {
    "words": WordNgrams(min_df=1),
    "common words": WordNgrams(min_df=2),
    "section": WordNgrams(part="section", min_df=1),
    "title": WordNgrams(part="title", min_df=1),
    "previous": WordNgrams(part="previous", min_df=1),
    "next": WordNgrams(part="next", min_df=1),
    "characters": CharacterNgrams(min_df=1),
    "trigrams": CharacterNgrams(shortest=3, longest=3, min_df=2),
    "cues": CueCounts(),
    "cues before": CueCounts(part="previous", scale=1.0),
    "surface": Surface(),
}
each_transformer = pytest.mark.parametrize("name", TRANSFORMERS)


@pytest.fixture(scope="module")
def reader() -> UnitReader:
    return UnitReader().fit([])


@pytest.fixture(scope="module")
def read(reader: UnitReader) -> list[ReadUnit]:
    return reader.transform(UNITS)


@pytest.fixture(scope="module")
def strange(reader: UnitReader) -> list[ReadUnit]:
    return reader.transform(STRANGE)


def fitted(name: str, units: list[ReadUnit]) -> Any:
    return clone(TRANSFORMERS[name]).fit(units)


def dense(matrix: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(matrix.toarray(), dtype=np.float64)


# ---------------------------------------------------------------------------------------------- the contract


@each_transformer
def test_there_is_a_name_for_every_column_and_a_row_for_every_unit(name: str, read: list[ReadUnit]) -> None:
    transformer = fitted(name, read)
    names = list(transformer.get_feature_names_out())
    matrix = transformer.transform(read)
    assert matrix.shape == (len(read), len(names))
    assert len(names) > 0
    assert len(set(names)) == len(names)
    assert matrix.dtype == np.float64
    assert np.isfinite(dense(matrix)).all()
    assert dense(matrix).any()


@each_transformer
def test_no_units_are_no_rows(name: str, read: list[ReadUnit]) -> None:
    transformer = fitted(name, read)
    assert transformer.transform([]).shape == (0, len(transformer.get_feature_names_out()))


@each_transformer
def test_fit_transform_is_fit_and_transform(name: str, read: list[ReadUnit]) -> None:
    together = clone(TRANSFORMERS[name]).fit_transform(read)
    assert np.array_equal(dense(together), dense(fitted(name, read).transform(read)))


@each_transformer
def test_a_row_does_not_depend_on_its_batch(
    name: str, reader: UnitReader, read: list[ReadUnit], strange: list[ReadUnit]
) -> None:
    transformer = fitted(name, read)
    everything: list[Unit | str] = [*UNITS, *STRANGE]
    rows = dense(transformer.transform([*read, *strange]))
    backwards = dense(transformer.transform([*read, *strange][::-1]))[::-1]
    alone = np.vstack([dense(transformer.transform(reader.transform([unit]))) for unit in everything])
    assert np.abs(rows - alone).max(initial=0.0) == 0.0
    assert np.abs(rows - backwards).max(initial=0.0) == 0.0


@each_transformer
def test_clone_keeps_the_parameters_and_forgets_the_rest(name: str, read: list[ReadUnit]) -> None:
    transformer = fitted(name, read)
    copy = clone(transformer)
    assert copy.get_params() == transformer.get_params() == TRANSFORMERS[name].get_params()
    assert not [attribute for attribute in vars(copy) if attribute.endswith("_")]
    assert transformer.fit(read) is transformer


@each_transformer
def test_set_params_takes_effect_at_the_next_fit(name: str, read: list[ReadUnit]) -> None:
    copy = clone(TRANSFORMERS[name])
    for parameter, value in copy.get_params().items():
        assert copy.set_params(**{parameter: value}) is copy
    if "min_df" in copy.get_params():
        assert len(copy.set_params(min_df=1).fit(read).get_feature_names_out()) > 0
        assert len(copy.set_params(min_df=len(read) + 1).fit(read).get_feature_names_out()) == 0
    if "scale" in copy.get_params():
        once = dense(copy.set_params(scale=1.0).fit(read).transform(read))
        assert np.allclose(dense(copy.set_params(scale=2.0).transform(read)), 2 * once)


@each_transformer
def test_pickled_transformer_gives_the_same_rows(name: str, read: list[ReadUnit]) -> None:
    transformer = fitted(name, read)
    copy = pickle.loads(pickle.dumps(transformer))
    assert np.array_equal(dense(copy.transform(read)), dense(transformer.transform(read)))


@each_transformer
def test_strange_units_have_finite_rows(name: str, read: list[ReadUnit], strange: list[ReadUnit]) -> None:
    matrix = dense(fitted(name, read).transform(strange))
    assert np.isfinite(matrix).all()
    assert (matrix >= 0).all()


@each_transformer
@pytest.mark.parametrize("texts", [["", ""], ["🚀"], ["\u200b"], []], ids=["empty", "emoji", "invisible", "none"])
def test_training_on_nothing_to_read_raises_nothing(
    name: str, texts: list[str], reader: UnitReader, read: list[ReadUnit]
) -> None:
    transformer = fitted(name, reader.transform(texts))
    assert transformer.transform(read).shape == (len(read), len(transformer.get_feature_names_out()))


@each_transformer
def test_occurrences_are_those_of_the_columns_that_are_not_zero(
    name: str, read: list[ReadUnit], strange: list[ReadUnit]
) -> None:
    transformer = fitted(name, [*read, *strange])
    traced = getattr(transformer, "part", "text") == "text" and not isinstance(transformer, Surface)
    for unit in [*read, *strange]:
        shares: dict[int, float] = defaultdict(float)
        for occurrence in transformer.occurrences(unit):
            assert 0 <= occurrence.start < occurrence.end <= len(unit.text.words)
            shares[occurrence.column] += occurrence.share
        row = dense(transformer.transform([unit]))[0]
        assert set(shares) == (set(np.flatnonzero(row)) if traced else set())
        assert list(shares.values()) == pytest.approx([1.0] * len(shares))


# ------------------------------------------------------------------------------------------------- reading


def test_strings_are_paragraphs_without_context(reader: UnitReader) -> None:
    text = "Talvez chova na serra."
    assert reader.transform([text]) == reader.transform([Unit(text)])


@each_transformer
def test_strings_and_bare_units_have_equal_rows(name: str, reader: UnitReader, read: list[ReadUnit]) -> None:
    transformer = fitted(name, read)
    texts = [unit.text for unit in UNITS]
    as_strings = dense(transformer.transform(reader.transform(texts)))
    assert np.array_equal(as_strings, dense(transformer.transform(reader.transform([Unit(text) for text in texts]))))


def test_words_are_lower_case_tokens_with_numbers_and_addresses_made_alike(reader: UnitReader) -> None:
    assert reader.read("É o que a Sra. Ana disse-me em 2024: 3,5%!").words == (
        *("é", "o", "que", "a", "sra.", "ana", "disse-me", "em", "0000", ":", "0,0", "%", "!"),
    )
    assert reader.read("Veja www.exemplo.example e https://exemplo.example/a?b=1").words == (
        "veja",
        "<url>",
        "e",
        "<url>",
    )


def test_every_part_of_a_unit_is_read(reader: UnitReader) -> None:
    [unit] = reader.transform([Unit("Um.", title="Dois", section="Três", previous="Quatro", next="Cinco")])
    parts = (unit.text, unit.title, unit.section, unit.previous, unit.next)
    assert [part.words[0] for part in parts] == ["um", "dois", "três", "quatro", "cinco"]


def test_decomposed_and_composed_text_have_the_same_words_and_cues(reader: UnitReader) -> None:
    composed, decomposed = reader.read("É possível que não."), reader.read("E\u0301 possi\u0301vel que na\u0303o.")
    assert (composed.words, composed.cues) == (decomposed.words, decomposed.cues)
    assert composed.cues


def test_pickled_reader_reads_the_same(reader: UnitReader, read: list[ReadUnit]) -> None:
    assert pickle.loads(pickle.dumps(reader)).transform(UNITS) == read
    assert clone(reader).fit([]).transform(UNITS) == read


@pytest.mark.parametrize("text", ["x" * 100_000, "!" * 100_000, "é-" * 50_000, "<a>" * 30_000])
def test_a_word_of_a_hundred_thousand_characters_is_read_in_a_moment(text: str, reader: UnitReader) -> None:
    began = time.process_time()
    units = reader.transform([text])
    for name in TRANSFORMERS:
        transformer = fitted(name, units)
        assert np.isfinite(dense(transformer.transform(units))).all()
    assert time.process_time() - began < 10


# ------------------------------------------------------------------------------------ single transformers


def test_words_keep_one_letter_words_accents_and_signs(reader: UnitReader) -> None:
    words = WordNgrams(min_df=1).fit(reader.transform(["É a e à!"]))
    assert set(words.get_feature_names_out()) == {
        *("text:é", "text:a", "text:e", "text:à", "text:!", "text:é a", "text:a e", "text:e à", "text:à !"),
    }


def test_an_ngram_of_fewer_units_than_min_df_has_no_column(reader: UnitReader) -> None:
    words = WordNgrams(min_df=2).fit(reader.transform(["sol sol sol", "chuva", "chuva forte"]))
    assert list(words.get_feature_names_out()) == ["text:chuva"]


def test_characters_are_those_of_scikit_learn_within_words(reader: UnitReader) -> None:
    texts = ["a chuva caiu na serra", "a chuva da serra é chuva que cai", "o sol e a lua na serra"]
    ours = CharacterNgrams(shortest=2, longest=4, min_df=1)
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), lowercase=False, sublinear_tf=True)
    matrix, expected = dense(ours.fit_transform(reader.transform(texts))), dense(theirs.fit_transform(texts))
    names = [f"characters:{name}" for name in theirs.get_feature_names_out()]
    assert list(ours.get_feature_names_out()) == names
    assert np.allclose(matrix, expected, atol=1e-12)


def test_characters_are_counted_as_scikit_learn_counts_them(reader: UnitReader) -> None:
    text = "banana na cabana"
    theirs = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), lowercase=False)
    counts = theirs.fit_transform([text]).toarray()[0]
    units = reader.transform([text])
    ours = CharacterNgrams(min_df=1).fit(units)
    places = [occurrence.column for occurrence in ours.occurrences(units[0])]
    names = [name.removeprefix("characters:") for name in ours.get_feature_names_out()]
    assert {names[column]: places.count(column) for column in set(places)} == dict(
        zip(theirs.get_feature_names_out(), counts.tolist(), strict=True)
    )


def test_characters_stop_at_the_end_of_a_word_and_of_a_very_long_word(reader: UnitReader) -> None:
    characters = CharacterNgrams(min_df=1).fit(reader.transform([f"sol lua {'y' * CharacterNgrams.MAX_WORD}zzz"]))
    ngrams = {name.removeprefix("characters:") for name in characters.get_feature_names_out()}
    assert {" sol ", "lua ", "yyyy "} <= ngrams
    assert not [ngram for ngram in ngrams if "l l" in ngram or "z" in ngram]


def test_cues_are_logarithms_of_counts_times_the_scale(reader: UnitReader) -> None:
    [unit] = reader.transform([Unit("Talvez chova, talvez não.", previous="Quem sabe.")])
    for part, expected in (("text", np.log1p(2)), ("previous", np.log1p(1))):
        cues = CueCounts(part=part, scale=0.5).fit([])  # type: ignore[arg-type]
        column = list(cues.get_feature_names_out()).index("cue:hedge" + ("" if part == "text" else f" in {part}"))
        assert dense(cues.transform([unit]))[0, column] == pytest.approx(0.5 * expected)


@pytest.mark.parametrize(
    ("unit", "figure"),
    [
        (Unit("Corra!"), "ends in !"),
        (Unit("E agora?"), "ends in ?"),
        (Unit("Veja só:"), "ends in :"),
        (Unit("Mercado em alta"), "ends without stop"),
        (Unit("E então…"), "dots of suspense"),
        (Unit("um dia depois do outro."), "begins in lower case"),
        (Unit("A “nova” era."), "quotation marks"),
        (Unit("Em https://exemplo.example há mais."), "address"),
        (Unit("Festa 🎉."), "pictograms"),
        (Unit("Em 2024."), "digits"),
        (Unit("É GRÁTIS."), "words in capitals"),
        (Unit("Chuva.", kind="title"), "title"),
        (Unit("Chuva.", kind="item"), "item"),
        (Unit("Chuva.", kind="quote"), "quote"),
        (Unit("Chuva.", section="O que vem"), "under a heading"),
        (Unit("Chuva.", position=1, of=9), "opening"),
        (Unit("Chuva.", position=8, of=9), "last"),
        (Unit("Chuva.", position=0, of=2), "short article"),
        (Unit("Chuva.", position=0, of=40), "long article"),
    ],
)
def test_surface_sees_what_can_be_seen(unit: Unit, figure: str, reader: UnitReader) -> None:
    surface = Surface(scale=1.0).fit([])
    column = list(surface.get_feature_names_out()).index(f"surface:{figure}")
    plain, seen = dense(surface.transform(reader.transform(["Caiu muita água na serra.", unit])))[:, column]
    assert plain == 0
    assert seen > 0


def test_surface_figures_stay_small(read: list[ReadUnit], strange: list[ReadUnit]) -> None:
    surface = Surface(scale=1.0).fit([])
    assert dense(surface.transform(read)).max() <= 1
    assert dense(surface.transform(strange)).max() < 3, "the length alone has no ceiling, and grows as its logarithm"
