"""Labelled paragraphs: what a file may hold, what is said of one that breaks the schema, and how folds are cut."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from joio.article import Unit
from joio.corpus import (
    Example,
    Origin,
    assign_folds,
    check,
    count_by,
    digest,
    duplicates,
    fold_groups,
    measured_origin,
    near_duplicates,
    parse_example,
    read_examples,
    to_row,
)
from joio.errors import CorpusError, InputError
from joio.labels import LABELS, Label
from joio.standoff import KEYS

DATA = Path(__file__).resolve().parents[1] / "data"


def jsonl(folder: Path, *rows: Any, name: str = "a.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def row(**changes: Any) -> dict[str, Any]:
    """A line that is right, with changes; a field set to ... is left out."""
    fields = {"text": "Chove em Belém.", "label": "factual"} | changes
    return {name: value for name, value in fields.items() if value is not ...}


def example(text: str = "Chove em Belém.", label: Label = "factual", source: str = "s", **more: Any) -> Example:
    id_ = more.pop("id", text)
    return Example(Unit(text), label, id=id_, article=more.pop("article", source), source=source, **more)


# ---------------------------------------------------------------------------------------------------- the schema


def test_text_and_label_are_enough(tmp_path: Path) -> None:
    [found] = read_examples([jsonl(tmp_path, row())])
    assert found.unit == Unit("Chove em Belém.")
    assert (found.label, found.id, found.article, found.source) == ("factual", "a:1", "a:1", "a:1")
    assert (found.votes, found.second, found.origin, found.hard) == ((), (), "public", False)
    assert found.shares == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("line", "field", "got", "expected"),
    [
        pytest.param(row(text=...), "text", "no such field (there is: label)", "the words", id="no text"),
        pytest.param(row(text=3), "text", "3", "a text", id="text is a number"),
        pytest.param(row(text=["a"]), "text", '["a"]', "a text", id="text is a list"),
        pytest.param(row(text=" \n"), "text", "only blanks", "the words", id="blank text"),
        pytest.param(row(text="a" * 1_000_001), "text", "1,000,001 characters", "one paragraph", id="endless text"),
        pytest.param(row(label=...), "label", "no such field", "one of factual, speculative", id="no label"),
        pytest.param(row(label=None), "label", "no such field", "one of factual, speculative", id="label is null"),
        pytest.param(row(label="fato"), "label", '"fato"', "one of factual, speculative", id="unknown label"),
        pytest.param(row(label=1), "label", "1", "one of factual, speculative", id="label is a number"),
        pytest.param(row(label=["factual"]), "label", '["factual"]', "one of factual", id="label is a list"),
        pytest.param(row(title=2.5), "title", "2.5", "a text or null", id="title is a fraction"),
        pytest.param(row(section=True), "section", "true", "a text or null", id="section is a boolean"),
        pytest.param(row(source={"a": 1}), "source", '{"a": 1}', "a text or null", id="source is an object"),
        pytest.param(row(kind="footer"), "kind", '"footer"', "one of title, paragraph, item, quote", id="kind"),
        pytest.param(row(origin="found"), "origin", '"found"', "one of public, written, contrast", id="unknown origin"),
        pytest.param(row(position=-1), "position", "-1", "a whole number from 0", id="negative position"),
        pytest.param(row(position=1.5), "position", "1.5", "a whole number from 0", id="position is a fraction"),
        pytest.param(row(position="um"), "position", '"um"', "a whole number from 0", id="position is a word"),
        pytest.param(row(position=True), "position", "true", "a whole number from 0", id="position is a boolean"),
        pytest.param(row(of=float("inf")), "of", "Infinity", "a whole number from 0", id="endless article"),
        pytest.param(row(position=3, of=3), "position", "3 of 3", "less than 'of'", id="position past the end"),
        pytest.param(row(votes=3), "votes", "3", "a list", id="votes is a number"),
        pytest.param(row(votes=["factual", "fato"]), "votes", '"fato"', "one of factual", id="unknown vote"),
        pytest.param(row(votes=["factual", None]), "votes", "no such field", "one of factual", id="vote is null"),
        pytest.param(
            row(votes=["factual", "factual"], second=[None]),
            "second",
            "1 of them",
            "one for each of the 2 votes, or none",
            id="second choices of another length",
        ),
        pytest.param(row(votes=["factual"], second=["fato"]), "second", '"fato"', "one of", id="unknown second"),
        pytest.param(
            row(votes=["opinion", "promotional"]),
            "label",
            "'factual', for which nobody voted",
            "one of the votes ['opinion', 'promotional']",
            id="label nobody voted for",
        ),
        pytest.param("{text: 1}", None, "no JSON (", "one JSON object a line", id="bad JSON"),
        pytest.param('{"text": "Chove', None, "no JSON (", "one JSON object a line", id="JSON cut short"),
        pytest.param("[" * 100_000, None, "no JSON (", "one JSON object a line", id="JSON nested without end"),
        pytest.param('[{"text": "a"}]', None, "list", "one JSON object a line", id="JSON array"),
        pytest.param('"texto"', None, "str", "one JSON object a line", id="JSON string"),
    ],
)
def test_a_line_that_breaks_the_schema(
    tmp_path: Path, line: dict[str, Any] | str, field: str | None, got: str, expected: str
) -> None:
    path = jsonl(tmp_path, row(), "", line)
    with pytest.raises(CorpusError) as raised:
        read_examples([path])
    error = raised.value
    assert (error.file, error.line, error.field) == (str(path), 3, field)
    assert got in error.got
    assert expected in error.expected
    subject = f"field '{field}': " if field else ""
    assert str(error) == f"{path}:3: {subject}got {error.got}, expected {error.expected}"
    assert len(error.got) < 250, "an error shows the beginning of a value, not all of it"


def test_an_id_may_not_come_twice_even_in_another_file(tmp_path: Path) -> None:
    first = jsonl(tmp_path, row(id="x"), name="um.jsonl")
    second = jsonl(tmp_path, row(id="y"), row(id="x"), name="dois.jsonl")
    with pytest.raises(CorpusError) as raised:
        read_examples([first, second])
    assert str(raised.value) == f"{second}:2: field 'id': got 'x', already at {first}:1, expected an id of its own"


def test_check_tells_all_that_is_wrong_and_counts_what_is_right(tmp_path: Path) -> None:
    path = jsonl(tmp_path, row(), row(label="x"), "{", row(), row(text=""))
    good, problems = check([path])
    assert good == 2
    assert [(problem.line, problem.field) for problem in problems] == [(2, "label"), (3, None), (5, "text")]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("factual", "factual"),
        ("Factual", "factual"),
        (" especulativo ", "speculative"),
        ("OPINIÃO", "opinion"),
        ("opiniao", "opinion"),
        ("promocional", "promotional"),
        ("promotional", "promotional"),
    ],
)
def test_labels_are_known_by_both_names_in_any_case(name: str, label: str) -> None:
    assert parse_example(row(label=name), file="x.jsonl", line=1).label == label


def test_votes_may_say_that_a_unit_is_no_prose() -> None:
    found = parse_example(
        row(label="opinion", votes=["skip", "Opinião", "opinion", "factual"], second=[None, "factual", None, None]),
        file="x.jsonl",
        line=1,
    )
    assert found.votes == ("skip", "opinion", "opinion", "factual")
    assert found.second == (None, "factual", None, None)
    assert found.shares == pytest.approx((1 / 3, 0, 2 / 3, 0))


@pytest.mark.parametrize(
    ("votes", "second", "hard"),
    [
        ((), (), False),
        (("factual", "factual"), (), False),
        (("factual", "opinion"), (None, None), True),
        (("factual", "factual"), ("opinion", None), False),
        (("factual", "factual"), ("opinion", "opinion"), True),
        (("factual", "factual", "factual"), ("opinion", None, "opinion"), True),
    ],
)
def test_a_unit_is_hard_when_readers_disagree_or_most_see_a_second_label(
    votes: tuple[Label, ...], second: tuple[Label | None, ...], hard: bool
) -> None:
    assert example(votes=votes, second=second).hard is hard


def test_to_row_and_parse_example_are_inverse() -> None:
    full = Example(
        Unit("Chove.", "Tempo", "Sul", "quote", 1, 3, "Antes.", "Depois."),
        "opinion",
        id="i",
        article="a",
        source="s",
        votes=("opinion", "factual", "skip"),
        second=(None, "opinion", None),
        genre="noticia",
        topic="tempo",
        origin="written",
    )
    for one in (full, example()):
        again = parse_example(json.loads(json.dumps(to_row(one))), file="x.jsonl", line=9)
        assert again == one
    assert list(to_row(full)) == [
        *("id", "article", "title", "section", "kind", "position", "of", "previous", "next", "text", "label"),
        *("votes", "second", "source", "genre", "topic", "origin"),
    ]
    assert None not in to_row(example()).values()


# ---------------------------------------------------------------------------------------------------- files


def test_neighbours_are_filled_from_the_same_article(tmp_path: Path) -> None:
    rows = [
        row(text="Título", article="a", kind="title", position=0, of=4),
        row(text="Um.", article="a", position=1, of=4),
        row(text="Dois.", article="a", position=2, of=4, next="O que a linha diz."),
        row(text="Três.", article="a", position=3, of=4),
        row(text="Outro.", article="b", position=2, of=4),
    ]
    found = read_examples([jsonl(tmp_path, *rows)])
    assert [(one.unit.previous, one.unit.next) for one in found] == [
        (None, None),
        (None, "Dois."),
        ("Um.", "O que a linha diz."),
        ("Dois.", None),
        (None, None),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_csv_with_any_usual_delimiter(tmp_path: Path, delimiter: str, line_end: str) -> None:
    path = tmp_path / "a.csv"
    table = [["text", "label"], [f'"Chove{delimiter} e ""muito""."', "opinião"], ["Sol.", "factual"]]
    path.write_text(line_end.join(delimiter.join(cells) for cells in table) + line_end, encoding="utf-8", newline="")
    found = read_examples([path])
    assert [one.unit.text for one in found] == [f'Chove{delimiter} e "muito".', "Sol."]
    assert [one.label for one in found] == ["opinion", "factual"]
    assert [one.id for one in found] == ["a:2", "a:3"]


def test_csv_in_the_form_that_a_spreadsheet_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = (
        "text;label;votes;second;position;source\r\n"
        "Acção rápida – já;promocional;promotional|skip;-|;2;blogue\r\n"
        "Duas\r\nlinhas;factual;;;;\r\n".replace("Duas\r\nlinhas", '"Duas\r\nlinhas"')
    )
    path.write_bytes(text.encode("cp1252"))
    first, second = read_examples([path])
    assert first.unit.text == "Acção rápida – já"
    assert (first.votes, first.second, first.unit.position) == (("promotional", "skip"), (None, None), 2)
    assert first.source == "blogue"
    assert second.unit.text == "Duas\r\nlinhas"
    assert (second.votes, second.unit.position, second.source) == ((), None, "a:4")


@pytest.mark.parametrize(
    ("table", "line", "field", "message"),
    [
        ("text,label\nSol, hoje,factual\n", 2, None, "got 3 cells, expected 2, as in the header .quote cells"),
        ("text\nSol.\n", 2, "label", "got no such field, expected one of factual"),
        ("words,label\nSol.,factual\n", 2, "text", r"got no such field \(there is: words, label\)"),
        ("text,label\nSol.\n", 2, "label", "got no such field"),
        ("text,label\n\nSol.,sol\n", 3, "label", 'got "sol"'),
    ],
)
def test_csv_that_breaks_the_schema(tmp_path: Path, table: str, line: int, field: str | None, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table)
    with pytest.raises(CorpusError, match=message) as raised:
        read_examples([path])
    assert (raised.value.line, raised.value.field) == (line, field)


def test_a_folder_stands_for_its_jsonl_files_in_order(tmp_path: Path) -> None:
    jsonl(tmp_path, row(text="B."), name="b.jsonl")
    jsonl(tmp_path, row(text="A."), name="a.jsonl")
    (tmp_path / "notas.txt").write_text("nada")
    assert [one.unit.text for one in read_examples([tmp_path])] == ["A.", "B."]


def test_files_that_hold_no_unit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no \.jsonl file"):
        read_examples([tmp_path])
    (tmp_path / "vazio.jsonl").write_text("")
    with pytest.raises(InputError, match="is empty"):
        read_examples([tmp_path / "vazio.jsonl"])
    (tmp_path / "cabecalho.csv").write_text("text,label\n")
    with pytest.raises(InputError, match="no labelled unit was found"):
        read_examples([tmp_path / "cabecalho.csv"])
    with pytest.raises(InputError, match="there is no such file"):
        read_examples([tmp_path / "nada.jsonl"])
    (tmp_path / "imagem.jsonl").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(InputError, match="is binary"):
        read_examples([tmp_path / "imagem.jsonl"])


# ---------------------------------------------------------------------------------------------------- digest


def test_the_digest_changes_with_every_field_and_with_the_order() -> None:
    one = Example(Unit("Chove.", position=0, of=9), "factual", "i", "a", "s", ("factual",), (None,), "g", "t")
    changes: dict[str, Any] = {
        "label": "opinion",
        "id": "j",
        "article": "b",
        "source": "r",
        "votes": ("opinion",),
        "second": ("opinion",),
        "genre": "h",
        "topic": None,
        "origin": "written",
    }
    unit_changes: dict[str, Any] = {
        "text": "Chove!",
        "title": "t",
        "section": "s",
        "kind": "item",
        "position": 1,
        "of": 8,
        "previous": "p",
        "next": "n",
    }
    # `start` is a place in a file, not a part of the data; `article` is told by the example.
    assert {field.name for field in fields(Example)} == {"unit", *changes}
    assert {field.name for field in fields(Unit)} == {"start", "article", *unit_changes}
    others = [replace(one, **{name: value}) for name, value in changes.items()]
    others += [replace(one, unit=replace(one.unit, **{name: value})) for name, value in unit_changes.items()]
    digests = {digest([other]) for other in [one, *others]}
    assert len(digests) == 1 + len(others)
    assert digest([one, others[0]]) != digest([others[0], one])
    assert digest([one]) == digest([replace(one)])
    assert re.fullmatch("[0-9a-f]{64}", digest([one]))


def test_half_a_surrogate_has_a_digest_too() -> None:
    assert digest([example("a\ud83d")]) != digest([example("a\ud83e")])


# ---------------------------------------------------------------------------------------------------- duplicates


def brute_force(texts: list[str], threshold: float) -> list[tuple[int, int]]:
    """`near_duplicates` as its docstring tells it, pair by pair."""
    words = [re.findall(r"\w+", text.lower()) for text in texts]
    triples = [set(zip(one, one[1:], one[2:], strict=False)) for one in words]
    spread = Counter(triple for one in triples for triple in one)
    pairs = []
    for second in range(len(texts)):
        for first in range(second):
            shared = sum(spread[triple] <= 50 for triple in triples[first] & triples[second])
            union = len(triples[first]) + len(triples[second]) - shared
            if min(len(triples[first]), len(triples[second])) >= 6 and shared / union >= threshold:
                pairs.append((first, second))
    return sorted(pairs)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_near_duplicates_are_those_of_a_comparison_pair_by_pair(threshold: float) -> None:
    rng = random.Random(1)
    vocabulary = [f"palavra{n}" for n in range(300)]
    formula = "nos dias de hoje todo mundo sabe muito bem disso"
    texts: list[str] = []
    for _ in range(120):
        words = rng.choices(vocabulary, k=rng.randint(3, 40))
        texts.append(" ".join(words))
        for _ in range(rng.randint(0, 2)):  # copies with some words changed, some cut
            copy = [rng.choice(vocabulary) if rng.random() < 0.05 else word for word in words]
            texts.append(" ".join(copy[: rng.randint(len(copy) - 2, len(copy))]).upper() + "!")
    texts += [f"{formula} {rng.choice(vocabulary)}" for _ in range(60)]
    expected = brute_force(texts, threshold)
    assert near_duplicates(texts, threshold=threshold) == expected
    assert len(expected) > 20


def test_short_texts_and_formulas_join_nothing() -> None:
    assert near_duplicates(["Clique aqui e saiba mais agora"] * 2) == []
    assert near_duplicates(["um texto bem comprido que muita gente copia sem pensar"] * 51) == []
    assert near_duplicates(["🚀", "!!!"]) == []


# ---------------------------------------------------------------------------------------------------- folds


def many(n_sources: int = 12, per_source: int = 8, **more: Any) -> list[Example]:
    rng = random.Random(7)
    return [
        example(
            " ".join(rng.choices([f"p{n}" for n in range(500)], k=12)),
            LABELS[rng.randrange(4)],
            f"fonte-{source}",
            **more,
        )
        for source in range(n_sources)
        for _ in range(per_source)
    ]


def test_no_source_lies_in_two_folds() -> None:
    examples = many()
    folds = assign_folds(examples, n_folds=4)
    folds_of = defaultdict(set)
    for one, fold in zip(examples, folds.tolist(), strict=True):
        folds_of[one.source].add(fold)
    assert all(len(found) == 1 for found in folds_of.values())
    assert set(folds.tolist()) == {0, 1, 2, 3}


def test_folds_depend_on_the_seed_and_on_nothing_else() -> None:
    examples = many()
    assert assign_folds(examples, seed=3).tolist() == assign_folds(examples, seed=3).tolist()
    assert len({tuple(assign_folds(examples, seed=seed).tolist()) for seed in range(5)}) > 1


def test_written_units_are_in_no_fold_where_there_are_public_ones() -> None:
    public, written = many(), many(origin="written")
    written = [replace(one, source=f"w-{one.source}", unit=Unit(f"outro {one.unit.text[::-1]}")) for one in written]
    folds = assign_folds([*public, *written])
    assert set(folds[len(public) :].tolist()) == {-1}
    assert -1 not in folds[: len(public)].tolist()
    assert folds[: len(public)].tolist() == assign_folds(public).tolist(), "other training data moves no fold"


def test_written_units_are_folded_where_there_is_nothing_else() -> None:
    examples = many(origin="written")
    assert set(assign_folds(examples).tolist()) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("tested", ["public", "written"])
def test_contrast_sets_are_in_no_fold_where_there_is_anything_else(tested: Origin) -> None:
    rest, contrast = many(origin=tested), many(3, origin="contrast")
    contrast = [
        replace(one, source=f"c-{one.source}", unit=Unit(f"outro {one.unit.text[::-1]}"), id=f"c{n}")
        for n, one in enumerate(contrast)
    ]
    folds = assign_folds([*rest, *contrast])
    assert set(folds[len(rest) :].tolist()) == {-1}
    assert folds[: len(rest)].tolist() == assign_folds(rest).tolist()
    assert measured_origin([*contrast, *rest]) == tested


def test_what_is_tested_needs_units() -> None:
    with pytest.raises(InputError, match="no labelled units"):
        measured_origin([])


def test_sources_that_share_a_near_duplicate_share_a_fold() -> None:
    examples = many()
    press_release = "a empresa anunciou hoje em nota que abrirá mais doze lojas no interior do estado"
    examples += [example(press_release, source=f"fonte-{n}", id=f"r{n}") for n in (0, 5, 9)]
    written = example(press_release.upper(), source="escrito", id="w", origin="written")
    examples.append(written)
    groups = fold_groups(examples)
    by_source = {one.source: group for one, group in zip(examples, groups.tolist(), strict=True)}
    assert by_source["fonte-0"] == by_source["fonte-5"] == by_source["fonte-9"] == by_source["escrito"]
    assert len(set(by_source.values())) == 13 - 3
    folds = assign_folds(examples)
    fold_of = {one.source: fold for one, fold in zip(examples, folds.tolist(), strict=True)}
    assert fold_of["fonte-0"] == fold_of["fonte-5"] == fold_of["fonte-9"] == fold_of["escrito"] >= 0


@pytest.mark.parametrize(
    ("n_sources", "n_folds", "message"),
    [
        (4, 5, "come from 4 independent sources, expected at least 5; fill the field 'source'"),
        (12, 1, "1 fold.*expected at least 2"),
        (12, 0, "0 fold.*expected at least 2"),
    ],
)
def test_folds_that_cannot_be_cut(n_sources: int, n_folds: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        assign_folds(many(n_sources), n_folds=n_folds)


def test_folds_of_too_few_units_of_every_label() -> None:
    examples = [example(f"texto {n}", LABELS[n % 4], f"fonte-{n}") for n in range(6)]
    with pytest.raises(InputError, match="at most 2 units of one label, expected at least 5"):
        assign_folds(examples, n_folds=5)


# ---------------------------------------------------------------------------------------------------- what ships


def test_the_shipped_paragraphs_are_right_and_varied() -> None:
    good, problems = check([DATA / "written"])
    assert problems == []
    examples = read_examples([DATA / "written"])
    assert len(examples) == good >= 1200
    assert len({one.article for one in examples}) >= 80
    assert set(count_by(examples, "label")) == set(LABELS)
    assert min(count_by(examples, "label").values()) >= 200
    assert len(count_by(examples, "genre")) >= 8
    assert "None" not in count_by(examples, "genre")
    assert set(count_by(examples, "origin")) == {"written"}


def test_the_units_of_a_shipped_article_are_all_there() -> None:
    places = defaultdict(list)
    sizes: dict[str, set[int | None]] = defaultdict(set)
    for one in read_examples([DATA / "written"]):
        places[one.article].append(one.unit.position)
        sizes[one.article].add(one.unit.of)
    wrong = {article for article, found in places.items() if len(sizes[article]) != 1 or len(set(found)) != len(found)}
    assert wrong == set()


def test_no_shipped_unit_says_what_another_says() -> None:
    shipped = read_examples([DATA / "written", DATA / "contrast"])
    assert [(shipped[one].id, shipped[other].id) for one, other in duplicates(shipped)] == []


def test_duplicates_are_equal_words_or_near_duplicates_but_not_the_four_of_a_contrast_set() -> None:
    long = "a empresa anunciou hoje em nota que abrirá mais doze lojas no interior do estado"
    found = [
        example("Leia mais…", id="a"),
        example(long, id="b"),
        example("leia MAIS", id="c", source="t"),
        example(long + " de Goiás", id="d", source="t"),
        example("!!!", id="e"),
        example("???", id="f"),
        example(long.replace("abrirá", "abriu"), id="g", article="q1", origin="contrast"),
        example(long.replace("abrirá", "abriria"), id="h", article="q1", origin="contrast"),
    ]
    pairs = {(found[one].id, found[other].id) for one, other in duplicates(found)}
    assert {("a", "c"), ("b", "d")} <= pairs
    assert not {("e", "f"), ("g", "h")} & pairs


def test_a_contrast_set_has_every_label_once_and_lies_in_one_part() -> None:
    parts = {name: read_examples([DATA / "contrast" / f"{name}.jsonl"]) for name in ("train", "test")}
    labels = defaultdict(list)
    for examples in parts.values():
        for one in examples:
            labels[one.article].append(one.id.rsplit("-", 1)[1])
    assert {tuple(sorted(found)) for found in labels.values()} == {tuple(sorted(LABELS))}
    train, test = ({one.source for one in examples} for examples in parts.values())
    assert train and test and not train & test


def test_public_labels_ship_without_texts() -> None:
    path = DATA / "public" / "labels.jsonl"
    if not path.exists():
        pytest.skip("data/public/labels.jsonl is not here")
    keys = {tuple(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()}
    assert keys == {tuple(KEYS)}
    assert not {"text", "title", "previous", "next", "section"} & set(KEYS)


def test_the_split_command_keeps_sources_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from joio.cli import main

    rows = [
        {"text": f"Frase {n} da fonte {n % 7}, {label}.", "label": label, "source": f"f{n % 7}", "id": f"{n}-{label}"}
        for n in range(21)
        for label in ("factual", "opinion")
    ]
    file = tmp_path / "units.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["corpus", "split", str(file), "--output", str(tmp_path / "out"), "--share", "0.25"]) == 0
    train, test = (read_examples([tmp_path / "out" / f"{name}.jsonl"]) for name in ("train", "test"))
    assert len(train) + len(test) == 42 and test
    assert not {example.source for example in train} & {example.source for example in test}
    assert main(["corpus", "split", str(file), "--output", str(tmp_path / "out"), "--share", "0.9"]) == 2
    assert "expected a number over 0" in capsys.readouterr().err
