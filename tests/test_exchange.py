"""Labelled paragraphs go out to annotation tools and come back; what tools export by themselves is read too."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joio.article import Unit
from joio.corpus import Example, read_examples, to_row
from joio.errors import CorpusError, InputError, OutputError
from joio.exchange import FORMATS, export, load, majority, read
from joio.labels import LABELS, Label

TEXTS = (
    "Chove em Belém.",
    'Disse: "não", e saiu\tpela porta; depois, nada.',
    "Primeira linha\nsegunda linha\r\nterceira\rquarta",
    "  com blancos à volta  ",
    "Ótimo 👩‍👩‍👧 🚀 𝔘𝔫𝔦 𠀀 e\u0301",
    "linha\u2028separada\u2029assim\x85e assim\x0b\x0c",
    "barra | vertical, \\n escapada, {\"json\": [1]}, 'aspas'",
    "=SOMA(A1)",
    "<b>negrito</b> & companhia\u200b\ufeff",
    '"',
    "-",
    "null",
    "007",
)
EVERYTHING = Example(
    unit=Unit(
        text="O caso, em resumo.",
        title='Um título, com "aspas"',
        section="Secção | 1",
        kind="quote",
        position=0,
        of=7,
        previous="antes\nde tudo",
        next="depois 🚀",
    ),
    label="opinion",
    id="tudo",
    article="artigo-1",
    source="exemplo.pt",
    votes=("opinion", "factual", "opinion"),
    second=(None, "promotional", "speculative"),
    genre="crónica",
    topic="tempo",
    origin="written",
)
EXAMPLES: tuple[Example, ...] = (
    EVERYTHING,
    *(
        Example(Unit(text), LABELS[place % 4], id=f"t{place}", article=f"t{place}", source="s", votes=())
        for place, text in enumerate(TEXTS)
    ),
    replace(EVERYTHING, id="sem segunda", second=()),
    replace(EVERYTHING, id="segunda que ninguém deu", second=(None, None, None)),
    replace(EVERYTHING, id="saltos", votes=("skip", "opinion", "skip"), second=(None, "skip", None)),
    replace(EVERYTHING, id="um voto", votes=("opinion",), second=("factual",)),
    replace(EVERYTHING, id="segunda sem voto", votes=(), second=("factual", None)),
    replace(EVERYTHING, id="minoria", label="factual"),
    replace(EVERYTHING, id="123", unit=Unit("O caso, em resumo.", kind="title"), genre=None, topic=None),
)

TEXT_FORMATS = tuple(format for format in FORMATS if format not in ("parquet", "docbin"))
JSON_FORMATS = tuple(format for format in TEXT_FORMATS if format != "csv")


def example(label: Label = "factual", **more: Any) -> Example:
    unit = Unit(more.pop("text", "Chove em Belém."))
    return Example(unit, label, **({"id": "a", "article": "a", "source": "a"} | more))


def written(folder: Path, content: Any, name: str = "projeto.json") -> Path:
    """A file with a text, or with JSON; a list of objects in a ``.jsonl`` is written line by line."""
    path = folder / name
    if not isinstance(content, str):
        lines = content if name.endswith(".jsonl") else [content]
        content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
    path.write_text(content, encoding="utf-8", newline="")
    return path


def labels_and_votes(examples: list[Example]) -> list[tuple[str, tuple[str, ...]]]:
    return [(found.label, found.votes) for found in examples]


# ---------------------------------------------------------------------------------------------------- round trips


@pytest.mark.parametrize("format", FORMATS)
def test_everything_comes_back_to_the_letter(format: str, tmp_path: Path) -> None:
    path = tmp_path / "ficheiro"
    assert export(EXAMPLES, format, path) == len(EXAMPLES)
    found = read(path, format)
    for got, expected in zip(found.examples, EXAMPLES, strict=True):
        assert got == expected
    assert found.unlabelled == 0


@pytest.mark.parametrize("format", FORMATS)
def test_exporting_twice_gives_the_same_bytes(format: str, tmp_path: Path) -> None:
    for name in ("um", "dois"):
        export(EXAMPLES, format, tmp_path / name)
    assert (tmp_path / "um").read_bytes() == (tmp_path / "dois").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_the_offset_in_the_article_is_held_by_no_format(format: str, tmp_path: Path) -> None:
    export([replace(EVERYTHING, unit=replace(EVERYTHING.unit, start=12))], format, tmp_path / "f")
    assert load(tmp_path / "f", format) == [EVERYTHING]


@pytest.mark.parametrize("format", FORMATS)
def test_neighbours_are_filled_from_the_same_article(format: str, tmp_path: Path) -> None:
    units = [Unit("Um.", position=0, of=2), Unit("Dois.", position=1, of=2)]
    export([replace(example(), id=unit.text, unit=unit) for unit in units], format, tmp_path / "f")
    assert [found.unit.next for found in load(tmp_path / "f", format)] == ["Dois.", None]


@pytest.mark.parametrize(("format", "name"), [("jsonl", "a.jsonl"), ("csv", "a.csv")])
def test_our_own_formats_are_what_the_corpus_reads(format: str, name: str, tmp_path: Path) -> None:
    export(EXAMPLES, format, tmp_path / name)
    assert read_examples([tmp_path / name]) == list(EXAMPLES)


@pytest.mark.parametrize("format", JSON_FORMATS)
def test_json_holds_half_a_surrogate_pair_and_nul(format: str, tmp_path: Path) -> None:
    odd = example(text="meio \ud83d e \0 nada")
    export([odd], format, tmp_path / "f")
    assert load(tmp_path / "f", format) == [odd]


@pytest.mark.parametrize("format", ["parquet", "docbin"])
def test_binary_formats_hold_nul(format: str, tmp_path: Path) -> None:
    export([example(text="um \0 nada")], format, tmp_path / "f")
    assert load(tmp_path / "f", format) == [example(text="um \0 nada")]


@pytest.mark.parametrize(
    ("format", "text", "what"),
    [
        ("csv", "um \0 nada", "the character NUL"),
        ("csv", "meio \ud83d", "half a surrogate pair"),
        ("parquet", "meio \ud83d", "half a surrogate pair"),
        ("docbin", "meio \ud83d", "half a surrogate pair"),
    ],
)
def test_what_a_format_cannot_hold_is_said_and_nothing_is_written(
    format: str, text: str, what: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=rf"example 'a': field 'text' has {what}, which {format} cannot hold"):
        export([example(text=text)], format, tmp_path / "f")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------------------------------------- the files


def test_label_studio_gets_a_task_a_unit_and_an_annotation_a_vote(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    export([example(votes=("factual", "opinion"), second=(None, "factual"))], "label-studio", path)
    [task] = json.loads(path.read_text())
    assert task["data"] | {"text": "Chove em Belém.", "unit_id": "a", "label": "factual"} == task["data"]
    controls = [
        [(one["from_name"], one["to_name"], one["type"], one["value"]["choices"]) for one in annotation["result"]]
        for annotation in task["annotations"]
    ]
    assert controls == [
        [("vote", "text", "choices", ["factual"]), ("second", "text", "choices", [])],
        [("vote", "text", "choices", ["opinion"]), ("second", "text", "choices", ["factual"])],
    ]


def test_label_studio_min_gets_a_flat_object_a_vote(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    export([example(votes=("factual", "opinion"), second=(None, "factual"))], "label-studio-min", path)
    records = json.loads(path.read_text())
    assert [(one["id"], one["vote"], one["second"], one["annotation_id"]) for one in records] == [
        (1, "factual", None, 1),
        (1, "opinion", "factual", 2),
    ]


def test_doccano_gets_a_line_a_unit_with_everything_beside(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    export([EVERYTHING], "doccano", path)
    line = json.loads(path.read_text())
    assert (line["text"], line["label"], line["unit_id"]) == ("O caso, em resumo.", ["opinion"], "tudo")
    assert (line["votes"], line["genre"]) == (["opinion", "factual", "opinion"], "crónica")


def test_prodigy_gets_a_line_a_vote(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    export([example(votes=("factual", "skip"))], "prodigy", path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["accept"], line["answer"], line["_annotator_id"]) for line in lines] == [
        (["factual"], "accept", "reader-1"),
        (["skip"], "accept", "reader-2"),
    ]
    assert [option["id"] for option in lines[0]["options"]] == [*LABELS, "skip"]
    assert lines[0]["meta"]["unit_id"] == "a"


def test_docbin_holds_vote_shares_as_cats_and_the_row_as_user_data(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    export([EVERYTHING], "docbin", tmp_path / "f.spacy")
    docs = spacy.tokens.DocBin().from_disk(tmp_path / "f.spacy").get_docs(spacy.blank("pt").vocab)
    [doc] = docs
    assert doc.text == EVERYTHING.unit.text
    assert doc.cats == dict(zip(LABELS, EVERYTHING.shares, strict=True))
    assert set(doc.user_data["joio"]) == set(to_row(EVERYTHING)) - {"text"}


def test_parquet_is_a_table_of_our_schema(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    export([EVERYTHING, example()], "parquet", tmp_path / "f.parquet")
    table = parquet.read_table(tmp_path / "f.parquet")
    assert table.column_names == list(to_row(EVERYTHING))
    assert table["votes"].to_pylist() == [["opinion", "factual", "opinion"], None]


@pytest.mark.parametrize("format", FORMATS)
def test_no_example_is_an_empty_file_which_holds_no_unit(format: str, tmp_path: Path) -> None:
    assert export([], format, tmp_path / "f") == 0
    with pytest.raises(InputError):
        load(tmp_path / "f", format)


# ---------------------------------------------------------------------------------------------------- labels


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        (("factual", "factual", "promotional"), "factual"),
        (("factual", "speculative"), "speculative"),
        (("speculative", "opinion", "factual"), "opinion"),
        (("opinion", "promotional"), "promotional"),
        (("skip", "skip", "factual"), "factual"),
        (("skip",), None),
        ((), None),
    ],
)
def test_the_majority_and_among_equals_the_more_loaded(votes: tuple[Any, ...], label: str | None) -> None:
    assert majority(votes) == label


def test_the_stored_label_goes_before_the_majority(tmp_path: Path) -> None:
    minority = example("factual", votes=("opinion", "opinion", "factual"))
    for format in FORMATS:
        export([minority], format, tmp_path / "f")
        assert load(tmp_path / "f", format)[0].label == "factual", format


def test_a_stored_label_that_the_tool_has_voted_out_gives_way_to_the_votes(tmp_path: Path) -> None:
    export([example("factual", votes=("factual",))], "label-studio", tmp_path / "f.json")
    [task] = json.loads((tmp_path / "f.json").read_text())
    task["annotations"][0]["result"][0]["value"]["choices"] = ["opinion"]
    assert labels_and_votes(load(written(tmp_path, [task]), "label-studio")) == [("opinion", ("opinion",))]


def test_a_label_corrected_in_doccano_is_a_vote_more(tmp_path: Path) -> None:
    export([example("factual", votes=("factual",), second=("speculative",))], "doccano", tmp_path / "f.jsonl")
    row = json.loads((tmp_path / "f.jsonl").read_text()) | {"label": ["opinião"]}
    [found] = load(written(tmp_path, [row], "g.jsonl"), "doccano")
    assert (found.label, found.votes, found.second) == ("opinion", ("factual", "opinion"), ("speculative", None))


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_our_schema_without_a_label_takes_the_majority_of_its_votes(format: str, tmp_path: Path) -> None:
    content = {
        "csv": "text,votes\nChove.,opinion|factual\n",
        "jsonl": '{"text": "Chove.", "votes": ["opinião", "factual"]}\n',
    }[format]
    assert labels_and_votes(load(written(tmp_path, content), format)) == [("opinion", ("opinion", "factual"))]


# ---------------------------------------------------------------------------------------------------- foreign files


def studio_task(number: int, *choices: str, **more: Any) -> dict[str, Any]:
    """A task of a plain project, as Label Studio exports it: the control has the name that its author gave it."""
    annotation = {
        "id": number * 10,
        "completed_by": 1,
        "result": [
            {
                "value": {"choices": [choice]},
                "id": "x7Fz",
                "from_name": "sentiment",
                "to_name": "text",
                "type": "choices",
                "origin": "manual",
            }
            for choice in choices
        ],
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2024-05-01T10:00:00.000000Z",
        "lead_time": 3.2,
        "prediction": {},
        "result_count": 1,
    }
    return {
        "id": number,
        "annotations": [annotation] if choices else [],
        "file_upload": "abc-frases.csv",
        "drafts": [],
        "predictions": [],
        "data": {"text": f"Frase {number}."},
        "meta": {},
        "project": 3,
    } | more


def test_a_plain_label_studio_project(tmp_path: Path) -> None:
    cancelled = studio_task(4, "factual")
    cancelled["annotations"][0]["was_cancelled"] = True
    tasks = [studio_task(1, "Promocional"), studio_task(2), studio_task(3, "factual"), cancelled]
    found = read(written(tmp_path, tasks), "label-studio")
    assert labels_and_votes(list(found.examples)) == [("promotional", ("promotional",)), ("factual", ("factual",))]
    assert [(one.id, one.unit.text) for one in found.examples] == [("projeto:1", "Frase 1."), ("projeto:3", "Frase 3.")]
    assert found.unlabelled == 2


def test_label_studio_regions_that_are_no_choices_are_passed_over(tmp_path: Path) -> None:
    task = studio_task(1, "opinião")
    task["annotations"][0]["result"].insert(
        0, {"from_name": "nota", "to_name": "text", "type": "textarea", "value": {"text": ["boa"]}}
    )
    assert load(written(tmp_path, [task]), "label-studio")[0].label == "opinion"


def test_our_own_lines_as_label_studio_tasks_keep_their_id(tmp_path: Path) -> None:
    task = studio_task(1, "opinion", data={"id": "meu", "text": "Chove.", "genre": "blog"})
    [found] = load(written(tmp_path, [task]), "label-studio")
    assert (found.id, found.genre) == ("meu", "blog")


def test_a_plain_label_studio_min_project(tmp_path: Path) -> None:
    common = {"created_at": "2024-05-01T10:00:00Z", "updated_at": "2024-05-01T10:00:00Z", "lead_time": 2.5}
    records = [
        {"text": "Um.", "id": 7, "sentiment": "Opinião", "annotator": 1, "annotation_id": 1, **common},
        {"text": "Dois.", "id": 8, "sentiment": "factual", "annotator": 1, "annotation_id": 2, **common},
        {"text": "Um.", "id": 7, "sentiment": {"choices": ["factual"]}, "annotator": 2, "annotation_id": 3, **common},
        {"text": "Três.", "id": 9, "url": "https://exemplo.pt"},
    ]
    found = read(written(tmp_path, records), "label-studio-min")
    assert labels_and_votes(list(found.examples)) == [("opinion", ("opinion", "factual")), ("factual", ("factual",))]
    assert found.unlabelled == 1


def test_label_studio_min_with_a_control_named_label(tmp_path: Path) -> None:
    records = [{"id": 1, "text": "Um.", "label": "promocional", "annotation_id": 1, "annotator": 1}]
    assert labels_and_votes(load(written(tmp_path, records), "label-studio-min")) == [("promotional", ("promotional",))]


@pytest.mark.parametrize(
    "lines",
    [
        [{"id": 1, "text": "Um.", "label": ["opinião"], "Comments": []}, {"id": 2, "text": "Dois.", "label": []}],
        [{"id": 1, "data": "Um.", "label": ["opinion"]}, {"id": 2, "data": "Dois.", "label": []}],
        [{"text": "Um.", "label": "Opinion"}, {"text": "Dois."}],
    ],
)
def test_a_plain_doccano_project(lines: list[Any], tmp_path: Path) -> None:
    found = read(written(tmp_path, lines, "all.jsonl"), "doccano")
    assert [(one.id, one.label, one.votes, one.unit.text) for one in found.examples] == [
        ("all:1", "opinion", (), "Um.")
    ]
    assert found.unlabelled == 1


def test_several_labels_in_doccano_are_votes(tmp_path: Path) -> None:
    path = written(tmp_path, [{"id": 1, "text": "Um.", "label": ["factual", "promotional"]}], "all.jsonl")
    assert labels_and_votes(load(path, "doccano")) == [("promotional", ("factual", "promotional"))]


def prodigy_line(text: str, *accept: str, **more: Any) -> dict[str, Any]:
    options = [{"id": label, "text": label} for label in LABELS]
    line = {"text": text, "_input_hash": sum(text.encode()), "_task_hash": 1, "options": options, "_view_id": "choice"}
    return line | {"accept": list(accept), "answer": "accept", "_timestamp": 1, "_annotator_id": "db-ana"} | more


def test_a_plain_prodigy_dataset(tmp_path: Path) -> None:
    lines = [
        prodigy_line("Um.", "opinion"),
        prodigy_line("Dois.", "factual", answer="reject"),
        prodigy_line("Um.", "factual", _annotator_id="db-rui"),
        prodigy_line("Um.", "promotional", answer="ignore"),
        prodigy_line("Três."),
        {"text": "Quatro.", "label": "PROMOTIONAL", "answer": "accept", "meta": {"source": "exemplo.pt", "score": 0.5}},
        {"text": "Cinco.", "label": "PROMOTIONAL", "answer": "reject"},
        {"text": "Seis.", "label": "PROMOTIONAL"},
    ]
    found = read(written(tmp_path, lines, "db.jsonl"), "prodigy")
    assert labels_and_votes(list(found.examples)) == [
        ("opinion", ("opinion", "factual")),
        ("promotional", ("promotional",)),
    ]
    assert [one.source for one in found.examples] == ["db:1", "exemplo.pt"]
    assert found.unlabelled == 4


def test_a_unit_rejected_in_prodigy_loses_its_stored_label_too(tmp_path: Path) -> None:
    export([example(votes=("factual",)), example(id="b", votes=("factual",))], "prodigy", tmp_path / "f.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    lines[0]["answer"] = "reject"
    found = read(written(tmp_path, lines, "g.jsonl"), "prodigy")
    assert ([one.id for one in found.examples], found.unlabelled) == (["b"], 1)


def test_a_docbin_of_somebody_else_has_cats_only(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    docs = [spacy.blank("en").make_doc(text) for text in ("Um  texto .", "Outro", "Sem nada")]
    docs[0].cats = {"FACTUAL": 0.0, "opinião": 1.0}
    docs[1].cats = {"factual": 0.5, "promotional": 0.5}
    spacy.tokens.DocBin(docs=docs).to_disk(tmp_path / "f.spacy")
    found = read(tmp_path / "f.spacy", "docbin")
    assert [(one.unit.text, one.label, one.votes) for one in found.examples] == [
        ("Um  texto .", "opinion", ()),
        ("Outro", "promotional", ()),
    ]
    assert found.unlabelled == 1


def test_a_table_of_text_and_label_is_enough(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        pa.table({"text": ["Um."], "label": ["Opinião"], "position": [float("nan")]}), tmp_path / "f.parquet"
    )
    assert load(tmp_path / "f.parquet", "parquet")[0].label == "opinion"
    assert load(written(tmp_path, "text;label\r\nUm.;opiniao\r\n", "f.csv"), "csv")[0].label == "opinion"


# ---------------------------------------------------------------------------------------------------- what is wrong


def test_an_unknown_format_is_told_the_known_ones(tmp_path: Path) -> None:
    for call in (lambda: load(tmp_path / "f", "excel"), lambda: export([example()], "excel", tmp_path / "f")):
        with pytest.raises(InputError, match=r"unknown format 'excel'; name one of label-studio, .*docbin"):
            call()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", FORMATS)
def test_two_examples_of_one_id_are_not_exported(format: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two examples have the id 'a'"):
        export([example(), example()], format, tmp_path / "f")


STUDIO, MIN = "label-studio", "label-studio-min"
WRONG: list[tuple[str, Any, str]] = [
    (STUDIO, "{oi", r"projeto.json:1: got no JSON .*, expected a JSON list of tasks"),
    (STUDIO, "[" * 100_000, r"projeto.json: got no JSON .*, expected a JSON list of tasks"),
    (STUDIO, {"a": 1}, r"projeto.json: got dict, expected a JSON list of tasks"),
    (STUDIO, [studio_task(1, "factual"), 3], r"projeto.json, task 2: got 3, expected an object"),
    (STUDIO, [{"id": 1}], r"projeto.json, task 1: field 'data': got null, expected an object"),
    (STUDIO, [studio_task(1, "factual", data={"t": "x"})], r"task 1: field 'text': got no such field \(there is: "),
    (STUDIO, [studio_task(1, "bom")], r"task 1: field 'annotations\[0\].result': got \"bom\", expected one of factual"),
    (STUDIO, [studio_task(1, "factual", "opinion")], r"field 'annotations\[0\].result': got 2 choices, expected one"),
    (STUDIO, [studio_task(1, annotations=[7])], r"field 'annotations\[0\]': got 7, expected an object"),
    (STUDIO, [studio_task(1, annotations=[{}])], r"field 'annotations\[0\].result': got null, expected a list"),
    (
        STUDIO,
        [studio_task(1, "factual")] * 2,
        r"task 2: field 'id': got 'projeto:1', already at task 1, exp",
    ),
    (STUDIO, [studio_task(1)], r"projeto.json: holds no labelled unit \(1 without a label\)"),
    (MIN, [{"id": 1, "text": "Um.", "nota": "bom", "annotation_id": 1}], r"record 1: field 'nota': got \"bom\", expec"),
    (MIN, [{"id": 1, "text": "Um.", "a": "opinion", "b": "factual"}], r"record 1: got labels in the fields a, b"),
    (
        MIN,
        [{"id": 1, "text": "Um.", "vote": "opinion"}, {"id": 1, "text": "Dois.", "vote": "opinion"}],
        r"record 2: field 'text': got \"Dois.\", expected that of record 1, which has the same id",
    ),
    ("doccano", '{"text": "Um.", "label": ["opinion"]}\n{oi\n', r"projeto.json:2: got no JSON"),
    ("doccano", '{"text": "Um.", "label": [3]}\n', r"projeto.json:1: field 'label': got 3, expected one of factual"),
    ("doccano", '{"text": "Um.", "label": 3}\n', r"projeto.json:1: field 'label': got 3, expected a list"),
    ("doccano", '{"text": " ", "label": ["opinion"]}\n', r"projeto.json:1: field 'text': got only blanks"),
    ("prodigy", '{"text": "Um.", "accept": "opinion"}\n', r"json:1: field 'accept': got \"opinion\", expected a list"),
    ("prodigy", '{"text": "Um.", "accept": ["x"]}\n', r"projeto.json:1: field 'accept': got \"x\", expected one of"),
    (
        "prodigy",
        '{"text": "Um.", "accept": [], "answer": "sim"}\n',
        r"field 'answer': got \"sim\", expected accept",
    ),
    ("prodigy", '{"text": "Um.", "accept": ["opinion"], "meta": 1}\n', r"json:1: field 'meta': got 1, expected an obj"),
    ("prodigy", '{"accept": ["opinion"]}\n', r"projeto.json:1: field 'text': got no such field"),
    ("csv", "text,label\nUm.,opinion\nDois.\n", r"projeto.json:3: got another number of cells, expected 2"),
    ("csv", "text,label\nUm.,bom\n", r"projeto.json:2: field 'label': got \"bom\", expected one of factual"),
    ("csv", "text\nUm.\n", r"projeto.json:2: field 'label': got no such field, expected one of factual"),
    ("jsonl", '{"text": "Um.", "label": "opinion", "votes": ["factual"]}\n', r":1: field 'label': got 'opinion', for"),
    ("jsonl", '\n{"text": "Um.", "label": "opinion", "position": -1}\n', r"json:2: field 'position': got -1, expected"),
    ("parquet", "text,label\n", r"projeto.json: got other bytes \(.*\), expected a Parquet table"),
    ("docbin", "text,label\n", r"projeto.json: got other bytes \(.*\), expected a spaCy DocBin"),
]


@pytest.mark.parametrize(("format", "content", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_place(format: str, content: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message) as raised:
        load(written(tmp_path, content), format)
    assert str(tmp_path / "projeto.json") in str(raised.value)
    assert raised.value.exit_code == 2


def test_wrong_rows_and_docs_are_counted_from_one(tmp_path: Path) -> None:
    export([example(), example(id="b", votes=("opinion",))], "parquet", tmp_path / "f")
    with pytest.raises(CorpusError, match="f, row 2: field 'label': got 'factual', for which nobody voted"):
        load(tmp_path / "f", "parquet")
    spacy = pytest.importorskip("spacy")
    doc = spacy.blank("pt").make_doc("Um.")
    doc.cats = {"POSITIVE": 1.0}
    spacy.tokens.DocBin(docs=[doc]).to_disk(tmp_path / "g")
    with pytest.raises(CorpusError, match="g, Doc 1: field 'cats': got \"POSITIVE\", expected one of factual"):
        load(tmp_path / "g", "docbin")


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_is_missing_empty_a_folder_or_of_another_format_is_an_input_error(
    format: str, tmp_path: Path
) -> None:
    (tmp_path / "vazio").write_bytes(b"")
    (tmp_path / "binario").write_bytes(bytes(range(256)) * 20)
    others = [other for other in FORMATS if {format, other} not in ({"doccano", "jsonl"}, {format})]
    for other in others:
        export(EXAMPLES, other, tmp_path / other)
    for name in ("falta", "vazio", "binario", ".", *others):
        with pytest.raises(InputError):
            load(tmp_path / name, format)
            pytest.fail(f"{name} was read as {format}")


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_short_or_changed_gives_errors_never_a_traceback(format: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    export([EVERYTHING, *EXAMPLES[1:4]], format, path)
    whole = path.read_bytes()
    step = max(1, len(whole) // 40)
    for place in range(0, len(whole), step):
        for damaged in (
            whole[:place],
            whole[:place] + b"\xff" + whole[place + 1 :],
            whole[:place] + whole[place + 9 :],
        ):
            path.write_bytes(damaged)
            try:
                load(path, format)
            except InputError as error:
                assert str(path) in str(error)


# ---------------------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_changes_nothing(format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "f"
    path.write_text("o que havia")
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OutputError, match="No space left"):
        export(EXAMPLES, format, path)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("f", "o que havia")]


@pytest.mark.parametrize("format", FORMATS)
def test_the_commands_take_units_out_and_bring_them_back(
    format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from joio.cli import main
    from joio.corpus import read_examples

    source = tmp_path / "units.jsonl"
    rows = '{"id": "a", "text": "Choveu.", "label": "factual"}\n{"id": "b", "text": "Que pena!", "label": "opinion"}\n'
    source.write_text(rows, encoding="utf-8")
    suffix = {"csv": ".csv", "jsonl": ".jsonl"}.get(format, ".data")
    out, back = tmp_path / f"out{suffix}", tmp_path / "back.jsonl"
    assert main(["corpus", "export", str(source), "--format", format, "--output", str(out)]) == 0
    assert main(["corpus", "import", str(out), "--format", format, "--output", str(back)]) == 0
    assert "2 units" in capsys.readouterr().out
    brought = [(example.id, example.unit.text, example.label) for example in read_examples([back])]
    assert brought == [("a", "Choveu.", "factual"), ("b", "Que pena!", "opinion")]


def test_the_commands_refuse_a_format_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from joio.cli import main

    source = tmp_path / "units.jsonl"
    source.write_text('{"text": "Choveu.", "label": "factual"}\n', encoding="utf-8")
    assert main(["corpus", "export", str(source), "--format", "xml", "--output", str(tmp_path / "x")]) == 2
    assert "doccano" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
