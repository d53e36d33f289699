"""The same rows come out in the same order, with label and probabilities; or an error, and no file at all."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from joio.article import Unit
from joio.errors import CorpusError, InputError, JoioError, OutputError
from joio.labels import LABELS
from joio.predict import BATCH, Classifier
from joio.tables import predict_table
from tests.conftest import TinyModel

TEXTS = [
    "Compre agora e garanta a sua vaga com desconto!",
    "Talvez o preço caia no futuro.",
    "O servidor tem 64 GB de memória.",
    "Na minha opinião, é lamentável.",
]


def predict(model: TinyModel, source: Path, target: Path | None = None) -> list[dict[str, Any]]:
    """Score a table and read the result as JSON or CSV."""
    target = target or source.with_name(f"saida{source.suffix}")
    predict_table(model.classifier, source, target)
    text = target.read_bytes().decode("utf-8")
    if target.suffix == ".csv":
        delimiter = "," if "text," in text or ",text" in text else ";"
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [json.loads(line) for line in text.splitlines()]


def jsonl(folder: Path, *rows: Any) -> Path:
    path = folder / "entrada.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def table(folder: Path, text: str | bytes, name: str = "entrada.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# ---------------------------------------------------------------------------------------------------- what comes out


def test_rows_keep_their_order_and_their_fields(tiny_model: TinyModel, tmp_path: Path) -> None:
    rows = [{"id": f"x{n}", "text": text, "nota": {"a": [n, None]}} for n, text in enumerate(TEXTS)]
    found = predict(tiny_model, jsonl(tmp_path, *rows))
    assert [{k: v for k, v in row.items() if k not in ("label", "unsure", "probabilities")} for row in found] == rows
    assert [row["label"] for row in found] == ["promotional", "speculative", "factual", "opinion"]
    assert all(list(row["probabilities"]) == list(LABELS) for row in found)


def test_numbers_are_those_of_the_classifier_to_the_last_digit(tiny_model: TinyModel, tmp_path: Path) -> None:
    expected = tiny_model.classifier.probabilities(TEXTS).tolist()
    from_json = predict(tiny_model, jsonl(tmp_path, *({"text": text} for text in TEXTS)))
    assert [list(row["probabilities"].values()) for row in from_json] == expected
    body = "\n".join(f'"{text}"' for text in TEXTS)
    from_csv = predict(tiny_model, table(tmp_path, f"text\n{body}\n"))
    assert [[float(row[label]) for label in LABELS] for row in from_csv] == expected
    assert [row["label"] for row in from_csv] == [row["label"] for row in from_json]


@pytest.mark.parametrize("threshold", [0.0, 0.9, 1.01])
def test_rows_say_where_the_model_is_unsure(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: float
) -> None:
    monkeypatch.setattr(tiny_model.classifier, "unsure_below", threshold)
    expected = [p.unsure for p in tiny_model.classifier.predict(TEXTS)]
    from_json = predict(tiny_model, jsonl(tmp_path, *({"text": text} for text in TEXTS)))
    assert [row["unsure"] for row in from_json] == expected
    from_csv = predict(tiny_model, table(tmp_path, "text\n" + "".join(f'"{text}"\n' for text in TEXTS)))
    assert [row["unsure"] for row in from_csv] == [str(unsure).lower() for unsure in expected]


def test_a_label_that_was_there_is_kept_as_given_label(tiny_model: TinyModel, tmp_path: Path) -> None:
    [row] = predict(tiny_model, jsonl(tmp_path, {"label": "qualquer", "text": TEXTS[0], "x": 1}))
    assert list(row) == ["given_label", "text", "x", "label", "unsure", "probabilities"]
    assert (row["given_label"], row["label"]) == ("qualquer", "promotional")
    [row] = predict(tiny_model, table(tmp_path, f'label,text\nqualquer,"{TEXTS[0]}"\n'))
    assert list(row) == ["given_label", "text", "label", "unsure", *LABELS]
    assert (row["given_label"], row["label"]) == ("qualquer", "promotional")


def test_context_is_used_where_it_is_given(tiny_model: TinyModel, tmp_path: Path) -> None:
    text = "O grupo tem lojas em todo o país."
    context = {"section": "Sobre a empresa", "kind": "item", "position": 3, "of": 4, "previous": TEXTS[0]}
    bare, full = predict(tiny_model, jsonl(tmp_path, {"text": text}, {"text": text} | context))
    assert full["probabilities"]["promotional"] > bare["probabilities"]["promotional"]
    unit = Unit(text, section="Sobre a empresa", kind="item", position=3, of=4, previous=TEXTS[0])
    assert list(full["probabilities"].values()) == tiny_model.classifier.probabilities([unit])[0].tolist()

    columns = f"text,section,kind,position,of,previous\n{text},,,,,\n"
    columns += f'{text},Sobre a empresa,item,3,4,"{TEXTS[0]}"\n'
    from_csv = predict(tiny_model, table(tmp_path, columns))
    assert [float(from_csv[1][label]) for label in LABELS] == list(full["probabilities"].values())
    assert [float(from_csv[0][label]) for label in LABELS] == list(bare["probabilities"].values())
    assert from_csv[0]["section"] == "", "an empty cell stays an empty cell"


def test_rows_of_one_article_are_read_as_neighbours_across_chunks(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["Compre já!", "O cabo tem 40 metros.", "Aproveite o desconto!", "Garanta a sua vaga!"]
    rows = [{"text": text, "article": "um", "position": place} for place, text in enumerate(texts)]
    monkeypatch.setattr("joio.predict.BATCH", 2)
    scored = [row["probabilities"] for row in predict(tiny_model, jsonl(tmp_path, *rows))]
    units = [Unit(text, article="um", position=place) for place, text in enumerate(texts)]
    assert scored == [p.probabilities for p in tiny_model.classifier.predict(units)]
    alone = tiny_model.classifier.predict([Unit(texts[1], position=1)])[0].probabilities
    assert scored[1] != alone


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_known_by_the_header(tiny_model: TinyModel, tmp_path: Path, delimiter: str) -> None:
    path = table(tmp_path, f"id{delimiter}text\n1{delimiter}Vende-se, hoje.\n")
    [row] = predict(tiny_model, path)
    assert (row["id"], row["text"]) == ("1", "Vende-se, hoje.")


def test_cells_with_quotes_line_ends_and_delimiters_survive(tiny_model: TinyModel, tmp_path: Path) -> None:
    text = 'Disse "não",\ne saiu; depois\tvoltou.'
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["text", "n"], [text, "1"], ["Outro.", "2"]])
    found = predict(tiny_model, table(tmp_path, buffer.getvalue()))
    assert [(row["text"], row["n"]) for row in found] == [(text, "1"), ("Outro.", "2")]


@pytest.mark.parametrize("name", ["entrada.csv", "entrada.jsonl"])
def test_windows_line_ends_and_mark_change_nothing(tiny_model: TinyModel, tmp_path: Path, name: str) -> None:
    if name.endswith("csv"):
        text = "text,n\nSol.,1\nChuva.,2\n"
    else:
        text = '{"text": "Sol.", "n": "1"}\n\n{"text": "Chuva.", "n": "2"}\n'
    unix = predict(tiny_model, table(tmp_path, text, name))
    windows = predict(tiny_model, table(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), name))
    assert windows == unix
    assert [row["n"] for row in unix] == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("entrada.csv", "text,n\nNão há acção.,1\n"), ("entrada.jsonl", '{"text": "Não há acção.", "n": "1"}\n')],
)
def test_old_encodings_are_read_and_utf8_is_written(
    tiny_model: TinyModel, tmp_path: Path, name: str, text: str
) -> None:
    path = table(tmp_path, text.encode("latin-1"), name)
    assert predict_table(tiny_model.classifier, path, tmp_path / f"x-{name}") == (1, "cp1252")
    old = predict(tiny_model, path)
    assert predict_table(tiny_model.classifier, table(tmp_path, text, name), tmp_path / f"y-{name}") == (1, "utf-8")
    assert predict(tiny_model, path) == old
    assert old[0]["text"] == "Não há acção."


def test_an_old_encoding_is_noticed_far_into_the_file(tiny_model: TinyModel, tmp_path: Path) -> None:
    lines = ['{"text": "So ASCII aqui."}'] * (BATCH + 10) + ['{"text": "Não."}']
    path = table(tmp_path, "\n".join(lines).encode("cp1252"), "entrada.jsonl")
    found = predict(tiny_model, path)
    assert len(found) == BATCH + 11
    assert found[-1]["text"] == "Não."


def test_half_a_surrogate_stays_the_escape_it_came_as(tiny_model: TinyModel, tmp_path: Path) -> None:
    path = jsonl(tmp_path, '{"text": "Veja \\ud83d já", "x": "\\udc00"}')
    predict_table(tiny_model.classifier, path, tmp_path / "saida.jsonl")
    raw = (tmp_path / "saida.jsonl").read_bytes()
    assert b"Veja \\ud83d j\xc3\xa1" in raw
    assert json.loads(raw)["x"] == "\udc00"


def test_more_rows_than_a_chunk_are_all_there(tiny_model: TinyModel, tmp_path: Path) -> None:
    seen: list[int] = []
    path = jsonl(tmp_path, *({"text": TEXTS[n % 4], "n": n} for n in range(2 * BATCH + 1)))
    rows, _ = predict_table(tiny_model.classifier, path, tmp_path / "saida.jsonl", progress=seen.append)
    assert rows == 2 * BATCH + 1
    assert seen == [BATCH, 2 * BATCH, 2 * BATCH + 1]
    lines = (tmp_path / "saida.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["n"] for line in lines] == list(range(rows))


def test_a_table_may_be_scored_in_place(tiny_model: TinyModel, tmp_path: Path) -> None:
    path = jsonl(tmp_path, *({"text": text} for text in TEXTS))
    assert [row["text"] for row in predict(tiny_model, path, path)] == TEXTS


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    class Undecided:
        """A classifier that costs nothing, so that what is measured is the table's way through."""

        unsure_below = 0.5

        def probabilities(self, units: Sequence[Unit]) -> Any:
            assert len(units) <= BATCH
            return np.full((len(units), 4), 0.25)

    def peak(n: int) -> int:
        path = tmp_path / f"{n}.jsonl"
        with path.open("w", encoding="utf-8") as stream:
            for k in range(n):
                stream.write(json.dumps({"id": k, "text": f"{TEXTS[k % 4]} Lote {k}.", "previous": "x" * 200}) + "\n")
        tracemalloc.start()
        try:
            rows, _ = predict_table(cast(Classifier, Undecided()), path, tmp_path / "saida.jsonl")
            assert rows == n
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) - peak(5_000) < 1_000_000


# ---------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("name", "text", "line", "field", "message"),
    [
        pytest.param("e.jsonl", '{"text": "a"}\n{"txt": "b"}\n', 2, "text", "no such field", id="no text"),
        pytest.param("e.jsonl", '{"text": "a"}\n\n{"text": 3}\n', 3, "text", "got 3", id="text is a number"),
        pytest.param("e.jsonl", '{"text": ""}\n', 1, "text", "only blanks", id="blank text"),
        pytest.param("e.jsonl", '{"text": "a"}\n{"text": "b"\n', 2, None, "no JSON", id="bad JSON"),
        pytest.param("e.jsonl", '["a"]\n', 1, None, "got list", id="JSON array"),
        pytest.param("e.jsonl", '{"text": "a", "of": 1e999}\n', 1, "of", "Infinity", id="endless article"),
        pytest.param("e.jsonl", '{"text": "a", "kind": "x"}\n', 1, "kind", "one of title", id="unknown kind"),
        pytest.param("e.csv", "words,n\na,1\n", 1, "text", "the columns words, n", id="no column text"),
        pytest.param("e.csv", "text,n\na,1\nb,2,3\n", 3, None, "number of cells", id="too many cells"),
        pytest.param("e.csv", "text,n\na,1\nb\n", 3, None, "number of cells", id="too few cells"),
        pytest.param("e.csv", "text,n\n,1\n", 2, "text", "only blanks", id="empty cell"),
        pytest.param("e.csv", "text,n,n\na,1,2\n", 1, "n", "two columns", id="two columns of one name"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(
    tiny_model: TinyModel, tmp_path: Path, name: str, text: str, line: int, field: str | None, message: str
) -> None:
    path = table(tmp_path, text, name)
    with pytest.raises(CorpusError, match=message) as raised:
        predict(tiny_model, path)
    assert (raised.value.file, raised.value.line, raised.value.field) == (str(path), line, field)
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_a_bad_row_after_many_good_ones_leaves_the_old_result(tiny_model: TinyModel, tmp_path: Path) -> None:
    path = jsonl(tmp_path, *[{"text": "Sol."}] * (BATCH + 5), {"text": None})
    (tmp_path / "saida.jsonl").write_text("o que havia")
    with pytest.raises(CorpusError) as raised:
        predict(tiny_model, path)
    assert raised.value.line == BATCH + 6
    assert (tmp_path / "saida.jsonl").read_text() == "o que havia"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("source", "raw", "target", "message"),
    [
        pytest.param("e.jsonl", b'{"text": "a"}', "s.csv", "the output would be csv, the input is jsonl", id="kinds"),
        pytest.param("e.csv", b"text\na\n", "s.jsonl", "the output would be jsonl, the input is csv", id="kinds too"),
        pytest.param("e.csv", b"text\na\n", "s", "has the ending '.', expected .jsonl or .csv", id="no ending"),
        pytest.param("e.txt", b"a", "s.txt", "has the ending '.txt'", id="text file"),
        pytest.param("e.jsonl", b"", "s.jsonl", "is empty", id="empty JSONL"),
        pytest.param("e.jsonl", b"\n \n", "s.jsonl", "holds no row", id="only blank lines"),
        pytest.param("e.csv", b"", "s.csv", "is empty", id="empty CSV"),
        pytest.param("e.csv", b"text,label\n", "s.csv", "holds no row", id="only a header"),
        pytest.param("e.jsonl", b"\x89PNG\r\n\x1a\n\0\0\0", "s.jsonl", "is binary", id="PNG"),
        pytest.param("e.jsonl", b'{"text": "n\xe3o \x81"}', "s.jsonl", "no encoding that joio knows", id="encoding"),
    ],
)
def test_files_that_are_no_tables(
    tiny_model: TinyModel, tmp_path: Path, source: str, raw: bytes, target: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        predict_table(tiny_model.classifier, table(tmp_path, raw, source), tmp_path / target)
    assert [left.name for left in tmp_path.iterdir()] == [source]


def test_files_that_are_not_there(tiny_model: TinyModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        predict(tiny_model, tmp_path / "nada.jsonl")
    with pytest.raises(InputError, match="is a directory"):
        predict(tiny_model, tmp_path, tmp_path / "s.jsonl")
    (tmp_path / "pasta.jsonl").mkdir()
    with pytest.raises(OutputError, match="is a directory"):
        predict(tiny_model, jsonl(tmp_path, {"text": "Sol."}), tmp_path / "pasta.jsonl")


@pytest.mark.parametrize(
    ("name", "head"),
    [
        pytest.param("e.jsonl", '{"text": "a"}\n{"text": "', id="JSONL"),
        pytest.param("e.csv", "text\na\n", id="CSV"),
        pytest.param("e.csv", "", id="CSV without a header"),
        pytest.param("e.csv", 'text\na\n"', id="CSV with a quote that never ends"),
    ],
)
def test_a_huge_line_is_refused(tiny_model: TinyModel, tmp_path: Path, name: str, head: str) -> None:
    path = tmp_path / name
    with path.open("w", encoding="utf-8") as stream:
        stream.write(head)
        for _ in range(10):
            stream.write("palavra " * 125_000)
    with pytest.raises(CorpusError) as raised:
        predict(tiny_model, path)
    assert raised.value.line is not None
    assert len(str(raised.value)) < 400
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_a_full_disk_leaves_the_old_result(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    path = jsonl(tmp_path, {"text": "Sol."})
    (tmp_path / "saida.jsonl").write_text("o que havia")
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(JoioError, match="No space left on device"):
        predict(tiny_model, path)
    assert (tmp_path / "saida.jsonl").read_text() == "o que havia"
