"""Labelled paragraphs in the files that annotation tools read and write.

Text, label, id, article, title, section, kind, position, of, previous, next, votes, second labels, source, genre, topic
and origin go out and come back in every format. What each cannot hold:

================  =====================================  ===========================================================
format            what the file is                       what it cannot hold
================  =====================================  ===========================================================
label-studio      JSON: tasks, an annotation for a vote  a vote that the tool marks as cancelled: it counts for nothing
label-studio-min  JSON: a flat object for an annotation  the same; the tool exports this format, but imports it no more
doccano           JSON lines: text, a list of labels,    votes as labels of the tool: they stand beside, as metadata
                  everything else beside
prodigy           JSON lines: a line for a vote          a vote that is no "accept": it counts for nothing
csv               a table, lists parted by "|"           half a surrogate pair, the character NUL
jsonl             our own schema, ``docs/corpus.md``     (nothing)
parquet           our own schema in columns              half a surrogate pair
docbin            spaCy's Docs, ``cats`` = vote shares   half a surrogate pair; without our row in ``user_data``, votes
================  =====================================  ===========================================================

No format holds `Unit.start`, which is no part of the schema; an empty text comes back as None. As everywhere,
neighbours that a file does not give are filled from the units of the same article.

In the tools, the control with the label is named ``vote``, that with the second choice ``second``, and our id
``unit_id``, because the tools have an ``id`` of their own. Files of other projects need text and choices only.

>>> import tempfile
>>> from joio.article import Unit
>>> path = Path(tempfile.mkdtemp()) / "votos.jsonl"
>>> examples = [Example(Unit("Chove."), "factual", id="a", article="a", source="a", votes=("factual", "opinion"))]
>>> export(examples, "prodigy", path)
1
>>> len(path.read_text().splitlines()), load(path, "prodigy") == examples
(2, True)
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from joio.corpus import Example, Vote, delimiter_of, parse_example, parse_json_line, to_row, with_neighbours
from joio.errors import CorpusError, InputError, shown
from joio.labels import LABEL_NAMES, LABELS, Label
from joio.reading import decode, read_bytes
from joio.writing import write_whole, write_whole_bytes

Row = dict[str, Any]
T = TypeVar("T")

_COLUMNS = (
    *("id", "article", "title", "section", "kind", "position", "of", "previous", "next", "text"),
    *("label", "votes", "second", "source", "genre", "topic", "origin"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file held: labelled units, and the number of units that nobody has labelled yet."""

    examples: tuple[Example, ...]
    unlabelled: int


def export(examples: Sequence[Example], format: str, path: Path) -> int:
    """Write examples in one of `FORMATS`, whole or not at all, and return their number.

    Raises InputError for an unknown format, two examples of one id, and what the format cannot hold; OutputError where
    the file cannot be written.
    """
    write = _of_format(_WRITERS, format)
    seen = set[str]()
    for example in examples:
        if example.id in seen:
            raise InputError(f"two examples have the id '{example.id}'", hint="give each an id of its own")
        seen.add(example.id)
        _refuse_what_does_not_fit(example, format)
    content = write(examples)
    if isinstance(content, str):
        write_whole(path, content)
    else:
        write_whole_bytes(path, content)
    return len(examples)


def load(path: Path, format: str) -> list[Example]:
    """Read the labelled units of a file in one of `FORMATS`; see `read`, which also counts the unlabelled."""
    return list(read(path, format).examples)


def read(path: Path, format: str) -> Loaded:
    """Read a file in one of `FORMATS`.

    The label of a unit is the one that the file stores, as long as somebody voted for it; otherwise the majority of the
    votes, and among equals the more loaded label, promotional before opinion, speculative and factual. Units that
    nobody has labelled are counted; in our own schema (csv, jsonl, parquet) they are errors.

    Raises InputError for an unknown format, a file that cannot be read or has no labelled unit; CorpusError for the
    first place that is wrong, with its field, what was got and what is expected.
    """
    found_in = _of_format(_READERS, format)
    examples, unlabelled = list[Example](), 0
    seen: dict[str, _Place] = {}
    for place, row in found_in(path):
        example = _example(row, place, own=format in ("csv", "jsonl", "parquet"))
        if example is None:
            unlabelled += 1
            continue
        if example.id in seen:
            got = f"'{example.id}', already at {seen[example.id].name}"
            raise place.wrong("id", got, "an id of its own")
        seen[example.id] = place
        examples.append(example)
    if not examples:
        without = f" ({unlabelled} without a label)" if unlabelled else ""
        raise InputError(f"holds no labelled unit{without}", where=str(path), hint="label some, and export again")
    return Loaded(tuple(with_neighbours(examples)), unlabelled)


def _of_format(table: Mapping[str, T], format: str) -> T:
    if format not in table:
        raise InputError(f"unknown format '{format}'", hint=f"name one of {', '.join(FORMATS)}")
    return table[format]


def majority(votes: Sequence[Vote]) -> Label | None:
    """The label with most votes, the more loaded one among equals; None where nobody voted for a label.

    >>> majority(["factual", "opinion", "skip"])
    'opinion'
    """
    label = max(reversed(LABELS), key=votes.count)
    return label if label in votes else None


# ---------------------------------------------------------------------------------------------------- writing


def _refuse_what_does_not_fit(example: Example, format: str) -> None:
    if format not in ("csv", "parquet", "docbin"):
        return
    for name, value in to_row(example).items():
        if not isinstance(value, str):
            continue
        what = "the character NUL" if format == "csv" and "\0" in value else ""
        if any("\ud800" <= character <= "\udfff" for character in value):
            what = "half a surrogate pair"
        if what:
            raise InputError(
                f"field '{name}' has {what}, which {format} cannot hold",
                where=f"example '{example.id}'",
                hint="use jsonl, or mend the text",
            )


def _beside(example: Example) -> Row:
    """The row without text, label and votes, its id under the name that no tool takes for its own."""
    row = to_row(example)
    row = {"unit_id": row.pop("id")} | {name: row[name] for name in row if name not in ("text", "label", "votes")}
    if example.votes:
        row.pop("second", None)
    return row


def _ballots(example: Example) -> list[tuple[Vote, tuple[Vote | None] | None]]:
    """Each vote with its second choice in a tuple, or with None where the readers were not asked for one."""
    second = [(choice,) for choice in example.second] if example.second else [None] * len(example.votes)
    return list(zip(example.votes, second, strict=True)) if example.votes else []


def _as_label_studio(examples: Sequence[Example]) -> str:
    tasks = []
    for number, example in enumerate(examples, start=1):
        annotations = []
        for vote, second in _ballots(example):
            result = [_region("vote", vote)]
            if second:
                result.append(_region("second", second[0]))
            annotations.append({"result": result, "was_cancelled": False, "ground_truth": False})
        data = {"text": example.unit.text, "label": example.label, **_beside(example)}
        tasks.append({"id": number, "data": data, "annotations": annotations, "predictions": []})
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _region(name: str, choice: str | None) -> Row:
    choices = [] if choice is None else [choice]
    value = {"choices": choices}
    return {"id": name, "from_name": name, "to_name": "text", "type": "choices", "origin": "manual", "value": value}


def _as_label_studio_min(examples: Sequence[Example]) -> str:
    records = list[Row]()
    for number, example in enumerate(examples, start=1):
        data = {"id": number, "text": example.unit.text, "label": example.label, **_beside(example)}
        for annotator, (vote, second) in enumerate(_ballots(example), start=1):
            chosen = {"vote": vote} | ({"second": second[0]} if second else {})
            records.append(data | chosen | {"annotator": annotator, "annotation_id": len(records) + 1})
        if not example.votes:
            records.append(data)
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


def _as_doccano(examples: Sequence[Example]) -> str:
    rows = []
    for number, example in enumerate(examples, start=1):
        row = {"id": number, "text": example.unit.text, "label": [example.label], **_beside(example)}
        if example.votes:
            row["votes"] = list(example.votes)
        if example.second:
            row["second"] = list(example.second)
        rows.append(row)
    return _lines(rows)


def _as_prodigy(examples: Sequence[Example]) -> str:
    names = LABEL_NAMES["pt"] | {"skip": "não é prosa em português"}
    options = [{"id": choice, "text": name} for choice, name in names.items()]
    rows = []
    for example in examples:
        meta = _beside(example) | {"label": example.label}
        common = {"text": example.unit.text, "options": options, "answer": "accept"}
        for reader, (vote, second) in enumerate(_ballots(example), start=1):
            row = common | {"accept": [vote], "meta": meta, "_annotator_id": f"reader-{reader}"}
            rows.append(row | ({"second": second[0]} if second else {}))
        if not example.votes:
            rows.append(common | {"accept": [example.label], "meta": meta | {"unvoted": True}})
    return _lines(rows)


def _as_jsonl(examples: Sequence[Example]) -> str:
    return _lines([to_row(example) for example in examples])


def _lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _as_csv(examples: Sequence[Example]) -> str:
    table = io.StringIO(newline="")
    # Everything in quotes: a lone carriage return would otherwise end a row.
    writer = csv.DictWriter(table, _COLUMNS, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for example in examples:
        row = to_row(example)
        for name in ("votes", "second"):
            if name in row:
                row[name] = "|".join(choice or "-" for choice in row[name])
        writer.writerow(row)
    return table.getvalue()


def _as_parquet(examples: Sequence[Example]) -> bytes:
    pa, parquet = _pyarrow()
    types = dict.fromkeys(_COLUMNS, pa.string())
    types |= {"position": pa.int64(), "of": pa.int64(), "votes": pa.list_(pa.string()), "second": pa.list_(pa.string())}
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([to_row(example) for example in examples], pa.schema(types)), out)
    return out.getvalue()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ImportError:
        raise InputError("the format parquet needs pyarrow", hint="pip install pyarrow, or use jsonl") from None
    return pa, parquet


def _as_docbin(examples: Sequence[Example]) -> bytes:
    import spacy
    from spacy.tokens import DocBin

    pipeline = spacy.blank("pt")
    docs = DocBin(attrs=["ORTH"], store_user_data=True)
    for example in examples:
        doc = pipeline.make_doc(example.unit.text)
        doc.cats = dict(zip(LABELS, example.shares, strict=True))
        doc.user_data["joio"] = {name: value for name, value in to_row(example).items() if name != "text"}
        docs.add(doc)
    return cast(bytes, docs.to_bytes())


# ---------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a file something stands; counted from 1."""

    path: Path
    kind: Literal["line", "task", "record", "row", "Doc"]
    number: int

    @property
    def name(self) -> str:
        return f"{self.kind} {self.number}"

    def wrong(self, name: str | None, got: str, expected: str) -> CorpusError:
        if self.kind == "line":
            return CorpusError(file=str(self.path), line=self.number, field=name, got=got, expected=expected)
        return CorpusError(file=f"{self.path}, {self.name}", line=None, field=name, got=got, expected=expected)

    def object(self, value: Any, name: str | None) -> Row:
        if not isinstance(value, dict):
            raise self.wrong(name, shown(value), "an object")
        return value

    def list(self, value: Any, name: str) -> Sequence[Any]:
        if not isinstance(value, list):
            raise self.wrong(name, shown(value), "a list")
        return value

    def vote(self, value: Any, name: str) -> Vote:
        """A label by any of its names, or skip."""
        if value == "skip":
            return "skip"
        try:
            return parse_example({"text": "-", "label": value}, file="", line=0).label
        except CorpusError as error:
            raise self.wrong(name, shown(value), error.expected) from None

    def one_vote(self, values: Sequence[Any], name: str) -> Vote | None:
        if len(values) > 1:
            raise self.wrong(name, f"{len(values)} choices", "one; a second choice has a control of its own, 'second'")
        return self.vote(values[0], name) if values else None


@dataclass(slots=True)
class _Votes:
    """The votes on a unit, as they are found one by one."""

    place: _Place
    row: Row
    votes: list[Vote] = field(default_factory=list)
    second: list[Vote | None] = field(default_factory=list)
    asked: bool = False

    def add(self, vote: Vote, second: Vote | None, *, asked: bool) -> None:
        self.votes.append(vote)
        self.second.append(second)
        self.asked |= asked

    def same_text(self, text: Any, place: _Place) -> None:
        if text != self.row.get("text"):
            raise place.wrong("text", shown(text), f"that of {self.place.name}, which has the same id")

    def found(self) -> tuple[_Place, Row]:
        if not self.votes:
            return self.place, self.row
        return self.place, self.row | {"votes": self.votes, "second": self.second if self.asked else None}


def _example(row: Row, place: _Place, *, own: bool) -> Example | None:
    """The example of a row, or None where it has no label. In `own` files, a label is needed, and a vote for it."""
    # pandas writes NaN where a cell is empty.
    row = {name: value for name, value in row.items() if value == value}
    given = row.get("votes")
    given = given.split("|") if isinstance(given, str) else given if isinstance(given, list) else []
    votes = [place.vote(vote, "votes") for vote in given]
    if row.get("label") is None:
        row["label"] = majority(votes)
        if row["label"] is None and not own:
            return None
    elif votes and not own and place.vote(row["label"], "label") not in votes:
        row["label"] = majority(votes)  # the votes were changed in the tool, after the label was stored
        if row["label"] is None:
            return None
    try:
        return parse_example(row, file=str(place.path), line=place.number)
    except CorpusError as error:
        raise place.wrong(error.field, error.got, error.expected) from None


Found = Iterator[tuple[_Place, Row]]


def _json_objects(path: Path, kind: Literal["task", "record"]) -> Found:
    try:
        items = json.loads(decode(read_bytes(path), where=str(path)).text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise CorpusError(
            file=str(path), line=line, field=None, got=f"no JSON ({error})", expected=f"a JSON list of {kind}s"
        ) from None
    if not isinstance(items, list):
        raise CorpusError(
            file=str(path), line=None, field=None, got=type(items).__name__, expected=f"a JSON list of {kind}s"
        )
    for number, item in enumerate(items, start=1):
        place = _Place(path, kind, number)
        yield place, place.object(item, None)


def _json_lines(path: Path) -> Found:
    # Only at line feeds: a text may hold other separators of lines.
    for number, raw in enumerate(decode(read_bytes(path), where=str(path)).text.split("\n"), start=1):
        if raw.strip():
            row = parse_json_line(raw, file=str(path), line=number)
            if isinstance(row, CorpusError):
                raise row
            yield _Place(path, "line", number), row


def _with_id(row: Row, place: _Place, tool_id: Any) -> Row:
    """The row with our id where it has one, or else one made of the tool's."""
    own = row.get("unit_id")
    return row | {"id": f"{place.path.stem}:{place.number if tool_id is None else tool_id}" if own is None else own}


def _from_label_studio(path: Path) -> Found:
    for place, task in _json_objects(path, "task"):
        data = place.object(task.get("data"), "data")
        # A task made of a line of our own schema has our id in its data, not another of the tool's.
        unit = _Votes(place, _with_id({"unit_id": data.get("id")} | data, place, task.get("id")))
        annotations = task.get("annotations", task.get("completions"))
        for count, annotation in enumerate(place.list(annotations or [], "annotations")):
            name = f"annotations[{count}]"
            annotation = place.object(annotation, name)
            if annotation.get("was_cancelled"):
                continue
            chosen = _choices_by_control(place, annotation, f"{name}.result")
            asked = "second" in chosen
            second = place.one_vote(chosen.pop("second", []), f"{name}.result (second)")
            if "vote" not in chosen and len(chosen) > 1:
                raise place.wrong(f"{name}.result", f"choices of {', '.join(chosen)}", "one control, or one named vote")
            choices = chosen.get("vote", next(iter(chosen.values()), []))
            vote = place.one_vote(choices, f"{name}.result")
            if vote:
                unit.add(vote, second, asked=asked)
        yield unit.found()


def _choices_by_control(place: _Place, annotation: Row, name: str) -> dict[str, list[Any]]:
    chosen: dict[str, list[Any]] = {}
    for count, region in enumerate(place.list(annotation.get("result"), name)):
        region = place.object(region, f"{name}[{count}]")
        if region.get("type") == "choices":
            value = place.object(region.get("value"), f"{name}[{count}].value")
            choices = place.list(value.get("choices"), f"{name}[{count}].value.choices")
            chosen.setdefault(str(region.get("from_name")), []).extend(choices)
    return chosen


# What Label Studio adds to the data of a task; the names of controls are whatever else is there.
_LABEL_STUDIO_FIELDS = frozenset({"annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement"})


def _from_label_studio_min(path: Path) -> Found:
    units: dict[str, _Votes] = {}
    for place, record in _json_objects(path, "record"):
        control = _control(place, record)
        row = {name: value for name, value in record.items() if name != control}
        row = _with_id(row, place, record.get("id"))
        unit = units.setdefault(json.dumps(row["id"]), _Votes(place, row))
        unit.same_text(record.get("text"), place)
        vote = place.one_vote(_choices(record[control]), control) if control else None
        if vote:
            asked = "second" in record
            second = place.one_vote(_choices(record["second"]), "second") if asked else None
            unit.add(vote, second, asked=asked)
    for unit in units.values():
        yield unit.found()


def _choices(value: Any) -> list[Any]:
    """A cell of JSON-MIN: one choice bare, several or none as an object, several results as a list."""
    if isinstance(value, dict) and isinstance(value.get("choices"), list):
        return cast(list[Any], value["choices"])
    if isinstance(value, list):
        return [choice for item in value for choice in _choices(item)]
    return [] if value is None else [value]


def _control(place: _Place, record: Row) -> str | None:
    """The field of a flat record that holds the vote, or None where there is none."""
    if "vote" in record or "unit_id" in record:
        return "vote" if "vote" in record else None
    known = {*_LABEL_STUDIO_FIELDS, *_COLUMNS} - {"label"}
    others = [name for name, value in record.items() if name not in known and isinstance(value, str | dict)]
    named = [name for name in others if all(_is_vote(choice) for choice in _choices(record[name]))]
    if len(named) > 1:
        raise place.wrong(None, f"labels in the fields {', '.join(named)}", "labels in one field, or one named vote")
    if not named and others and record.get("annotation_id") is not None:
        name = "label" if "label" in others else others[-1]
        raise place.wrong(name, shown(record[name]), f"one of {', '.join(LABELS)}")
    return named[0] if named else None


def _is_vote(value: Any) -> bool:
    try:
        _Place(Path(), "record", 0).vote(value, "")
    except CorpusError:
        return False
    return True


def _from_doccano(path: Path) -> Found:
    for place, row in _json_lines(path):
        row = _with_id(row, place, row.get("id"))
        if "text" not in row and "data" in row:  # as doccano named it before 1.5
            row["text"] = row["data"]
        labels = row.get("label", row.get("labels", []))
        labels = [labels] if isinstance(labels, str) else place.list(labels or [], "label")
        chosen = [place.vote(label, "label") for label in labels]
        earlier = [place.vote(vote, "votes") for vote in place.list(row.get("votes") or [], "votes")]
        row["label"] = majority(chosen)
        # Several labels are several readers' votes; one for which nobody voted before is a correction: a vote more.
        added = [label for label in chosen if label not in earlier] if earlier or len(chosen) > 1 else []
        row["votes"] = earlier + added
        if row.get("second") and earlier:
            row["second"] = [*place.list(row["second"], "second"), *[None] * len(added)]
        if row["label"] is None:
            del row["votes"]  # in doccano, a unit without a label is one still to be done
        yield place, row


def _from_prodigy(path: Path) -> Found:
    units: dict[str, _Votes | None] = {}
    places: dict[str, _Place] = {}
    for place, line in _json_lines(path):
        meta = place.object(line.get("meta") or {}, "meta")
        row = _with_id(meta, place, None) | {"text": line.get("text")}
        key = json.dumps([meta.get("unit_id"), line.get("_input_hash", row["text"]) if "unit_id" not in meta else None])
        units.setdefault(key, None)
        places.setdefault(key, place)
        # A choice among options, or the one label that a yes-or-no recipe asked about; without an answer, none yet.
        accepted = line.get("accept", [line["label"]] if line.get("label") is not None else [])
        answer = line.get("answer", "accept" if "accept" in line else "ignore")
        if answer not in ("accept", "reject", "ignore"):
            raise place.wrong("answer", shown(answer), "accept, reject or ignore")
        vote = place.one_vote(place.list(accepted, "accept"), "accept") if answer == "accept" else None
        if vote is None:
            continue
        unit = units[key] = units[key] or _Votes(place, row)
        unit.same_text(row["text"], place)
        if meta.get("unvoted"):
            unit.row["label"] = vote
            continue
        second = None if line.get("second") is None else place.vote(line["second"], "second")
        unit.add(vote, second, asked="second" in line)
    for key, found in units.items():
        yield found.found() if found else (places[key], {})


def _from_csv(path: Path) -> Found:
    text = decode(read_bytes(path), where=str(path)).text
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    delimiter = delimiter_of(text.split("\n", 1)[0])
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = reader.fieldnames or []
    try:
        for row in reader:
            place = _Place(path, "line", reader.line_num)
            if None in row or None in row.values():
                expected = f"{len(names)}, as in the header (quote cells that hold a '{delimiter}')"
                raise place.wrong(None, "another number of cells", expected)
            yield place, {name.strip(): value for name, value in row.items() if value != ""}
    except csv.Error as error:
        raise _Place(path, "line", reader.line_num).wrong(None, f"no CSV ({error})", "a CSV table") from None


def _from_parquet(path: Path) -> Found:
    pa, parquet = _pyarrow()
    try:
        rows = parquet.ParquetFile(pa.BufferReader(read_bytes(path))).read().to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, error, "a Parquet table") from None
    for number, row in enumerate(rows, start=1):
        yield _Place(path, "row", number), row


def _from_docbin(path: Path) -> Found:
    import spacy
    from spacy.tokens import DocBin

    raw = read_bytes(path)
    try:
        docs = list(DocBin().from_bytes(raw).get_docs(spacy.blank("pt").vocab))
    except Exception as error:  # bytes that are no DocBin fail wherever spaCy, msgpack or numpy first trip over them
        raise _damaged(path, error, "a spaCy DocBin") from None
    for number, doc in enumerate(docs, start=1):
        place = _Place(path, "Doc", number)
        ours = doc.user_data.get("joio")
        if ours is not None:
            row = place.object(ours, "user_data['joio']")
            # spaCy gives lists back as tuples.
            row = {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
        else:
            for share in doc.cats.values():
                if not isinstance(share, int | float):
                    raise place.wrong("cats", shown(share), "a number for each label")
            shares = {place.vote(name, "cats"): share for name, share in doc.cats.items()}
            # Not the votes: shares do not tell how many there were.
            best = max(reversed(LABELS), key=lambda label: shares.get(label, 0))
            row = {"label": best if shares.get(best, 0) > 0 else None}
        yield place, row | {"text": doc.text}


def _damaged(path: Path, error: Exception, expected: str) -> CorpusError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return CorpusError(file=str(path), line=None, field=None, got=f"other bytes ({reason})", expected=expected)


_WRITERS: dict[str, Callable[[Sequence[Example]], str | bytes]] = {
    "label-studio": _as_label_studio,
    "label-studio-min": _as_label_studio_min,
    "doccano": _as_doccano,
    "prodigy": _as_prodigy,
    "csv": _as_csv,
    "jsonl": _as_jsonl,
    "parquet": _as_parquet,
    "docbin": _as_docbin,
}
_READERS: dict[str, Callable[[Path], Found]] = {
    "label-studio": _from_label_studio,
    "label-studio-min": _from_label_studio_min,
    "doccano": _from_doccano,
    "prodigy": _from_prodigy,
    "csv": _from_csv,
    "jsonl": _json_lines,
    "parquet": _from_parquet,
    "docbin": _from_docbin,
}
FORMATS: tuple[str, ...] = tuple(_READERS)
"""The names of the formats, as the command line takes them."""
