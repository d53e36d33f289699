"""A table of units in, the same rows in the same order out, with label and probabilities added; memory stays flat.

JSONL rows gain ``label``, ``unsure`` and ``probabilities``; CSV rows gain the columns ``label``, ``unsure`` (true or
false) and one a label. A ``label`` that the row had already is kept as ``given_label``. Context fields (article, title,
section, kind, position, of, previous, next) are used where they are present; rows of one article that follow each other
are read as neighbours.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from joio.corpus import delimiter_of, parse_json_line, unit_of
from joio.errors import CorpusError, InputError
from joio.labels import LABELS
from joio.predict import batches
from joio.reading import MAX_BLOCK_CHARACTERS, read_sample, refuse_binary
from joio.writing import whole_file

if TYPE_CHECKING:
    from joio.predict import Classifier

# Room for a paragraph of the greatest length in UTF-8, twice escaped, with its context.
MAX_LINE_BYTES = 8 * MAX_BLOCK_CHARACTERS

Row = dict[str, Any]


def predict_table(
    classifier: Classifier, source: Path, target: Path, *, progress: Callable[[int], None] = lambda rows: None
) -> tuple[int, str]:
    """Score every row of `source` into `target`; the number of rows and the encoding that was found.

    Raises CorpusError for the first row that is no unit (nothing is written then), InputError for a file that cannot
    be read, OutputError where `target` cannot be written.
    """
    sample = read_sample(source)
    if not sample:
        raise InputError("is empty", where=str(source), hint="give a table with the column text")
    kind = _kind(source)
    if _kind(target) != kind:
        raise InputError(
            f"the output would be {_kind(target)}, the input is {kind}", where=str(target), hint=f"name a .{kind} file"
        )
    refuse_binary(sample, str(source))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return _predict(classifier, source, target, kind, encoding, progress), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise InputError("is in no encoding that joio knows", where=str(source), hint="save it as UTF-8")


def _kind(path: Path) -> str:
    suffix = path.suffix.lower().removeprefix(".")
    kinds = {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv"}
    if suffix not in kinds:
        raise InputError(
            f"has the ending '.{suffix}', expected .jsonl or .csv", where=str(path), hint="rename or convert it"
        )
    return kinds[suffix]


def _predict(
    classifier: Classifier, source: Path, target: Path, kind: str, encoding: str, progress: Callable[[int], None]
) -> int:
    done = 0
    with source.open(encoding=encoding, newline="" if kind == "csv" else "\n") as lines:
        rows = _jsonl_rows(lines, source) if kind == "jsonl" else _csv_rows(lines, source)
        with whole_file(target, newline="" if kind == "csv" else "\n") as out:
            writer: Any = None
            for chunk in batches(rows, lambda item: item[1].get("article")):
                units = [unit_of(row, file=str(source), line=line) for line, row in chunk]
                for (_, row), scores in zip(chunk, classifier.probabilities(units).tolist(), strict=True):
                    label = LABELS[scores.index(max(scores))]
                    unsure = max(scores) < classifier.unsure_below
                    row = _keeping_label(row)
                    if kind == "jsonl":
                        row |= {
                            "label": label,
                            "unsure": unsure,
                            "probabilities": dict(zip(LABELS, scores, strict=True)),
                        }
                        out.write(json.dumps(row, ensure_ascii=False) + "\n")
                        continue
                    row |= {"label": label, "unsure": str(unsure).lower(), **dict(zip(LABELS, scores, strict=True))}
                    if writer is None:
                        writer = csv.DictWriter(out, fieldnames=list(row), lineterminator="\n")
                        writer.writeheader()
                    writer.writerow(row)
                done += len(chunk)
                progress(done)
            if not done:
                raise InputError("holds no row", where=str(source), hint="give a table with the column text")
    return done


def _keeping_label(row: Mapping[str, Any]) -> Row:
    if "given_label" in row:  # scored before: the first label given is the one to keep
        return {name: value for name, value in row.items() if name != "label"}
    return {("given_label" if name == "label" else name): value for name, value in row.items()}


def _jsonl_rows(lines: IO[str], source: Path) -> Iterator[tuple[int, Row]]:
    number = 0
    while raw := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            raise CorpusError(
                file=str(source),
                line=number,
                field=None,
                got=f"a line of over {MAX_LINE_BYTES // 1_000_000} MB",
                expected="one unit a line",
            )
        if not raw.strip():
            continue
        row = parse_json_line(raw, file=str(source), line=number)
        if isinstance(row, CorpusError):
            raise row
        yield number, row


def _csv_rows(lines: IO[str], source: Path) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(min(sys.maxsize, MAX_LINE_BYTES))
    header = lines.readline()
    delimiter = delimiter_of(header)
    lines.seek(0)
    reader = csv.DictReader(lines, delimiter=delimiter)
    try:
        names = reader.fieldnames or []
        if "text" not in names:
            raise CorpusError(
                file=str(source),
                line=1,
                field="text",
                got=f"the columns {', '.join(names)[:120]}",
                expected="a column named text",
            )
        for name in names:
            if names.count(name) > 1:
                raise CorpusError(
                    file=str(source), line=1, field=name, got="two columns of this name", expected="one, or one is lost"
                )
        for row in reader:
            if None in row or None in row.values():
                raise CorpusError(
                    file=str(source),
                    line=reader.line_num,
                    field=None,
                    got="another number of cells",
                    expected=f"{len(names)}, as in the header (quote cells that hold a '{delimiter}')",
                )
            yield reader.line_num, _Cells(row)
    except csv.Error as error:
        raise CorpusError(
            file=str(source), line=reader.line_num, field=None, got=f"no CSV ({error})", expected="a CSV table"
        ) from None


class _Cells(dict[str, Any]):
    """A CSV row, whose empty cells count as absent fields but are written back."""

    def get(self, key: str, default: Any = None) -> Any:
        value = super().get(key, default)
        return default if value == "" and key != "text" else value
