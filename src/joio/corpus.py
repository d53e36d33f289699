"""Labelled paragraphs: one JSON object a line (or one CSV row) for a unit; read, checked, folded by source.

Only `text` and `label` are needed. The other fields give context (title, section, kind, position, of, previous, next),
votes (votes, second) and provenance (id, article, source, genre, topic, origin). ``docs/corpus.md`` describes each.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from joio.article import Unit
from joio.errors import CorpusError, InputError, shown
from joio.labels import LABEL_NAMES, LABELS, Label
from joio.reading import MAX_BLOCK_CHARACTERS, decode, read_bytes

Origin = Literal["public", "written", "contrast"]
Vote = Label | Literal["skip"]
"""A reader may also say that a unit is no Portuguese prose; such a vote counts for no label."""

KINDS = ("title", "paragraph", "item", "quote")
ORIGINS: tuple[Origin, ...] = ("public", "written", "contrast")
"""From what models should be tested on to what they should not."""

# A label may be given by the name people see in either language, in any case.
_LABEL_OF: dict[str, Label] = {
    name.casefold(): cast(Label, label) for names in LABEL_NAMES.values() for label, name in names.items()
} | {"opiniao": "opinion"}


@dataclass(frozen=True, slots=True)
class Example:
    """A unit with its label: what a model learns from.

    `votes` are the labels the readers gave, `second` each reader's second choice (None where no other label was
    defensible). `source` is the site or author: the group of every fold. `origin` is "public" for found text, which
    models are tested on; "written" for articles written to be labelled, and "contrast" for one content told in four
    ways, which are only ever trained on.
    """

    unit: Unit
    label: Label
    id: str
    article: str
    source: str
    votes: tuple[Vote, ...] = ()
    second: tuple[Vote | None, ...] = ()
    genre: str | None = None
    topic: str | None = None
    origin: Origin = "public"

    @property
    def hard(self) -> bool:
        """Did the readers disagree, or most of them see a second label?"""
        if len(set(self.votes)) > 1:
            return True
        return 2 * sum(second is not None for second in self.second) > len(self.second) > 0

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the votes for each of `LABELS`; the label alone where nobody voted."""
        votes = [vote for vote in self.votes if vote != "skip"] or [self.label]
        return tuple(votes.count(label) / len(votes) for label in LABELS)


# ---------------------------------------------------------------------------------------------------- reading


def read_examples(paths: Iterable[Path]) -> list[Example]:
    """Read labelled units from JSONL and CSV files; a folder stands for the ``*.jsonl`` files in it.

    Raises CorpusError for the first line that breaks the schema, InputError for files that cannot be read.
    """
    examples: list[Example] = []
    seen: dict[str, str] = {}
    for path in _files(paths):
        for result in _parse(path, seen):
            if isinstance(result, CorpusError):
                raise result
            examples.append(result)
    if not examples:
        raise InputError("no labelled unit was found", hint="name a JSONL or CSV file with the fields text and label")
    return with_neighbours(examples)


def check(paths: Iterable[Path]) -> tuple[int, list[CorpusError]]:
    """Check files against the schema: the number of good units and everything that is wrong with the others."""
    good, problems = 0, list[CorpusError]()
    seen: dict[str, str] = {}
    for path in _files(paths):
        for result in _parse(path, seen):
            if isinstance(result, CorpusError):
                problems.append(result)
            else:
                good += 1
    return good, problems


def read_votes(paths: Iterable[Path]) -> list[tuple[Vote, ...]]:
    """The votes on each unit of JSONL or CSV files; nothing else is looked at, so stand-off labels will do."""
    votes: list[tuple[Vote, ...]] = []
    for path in _files(paths):
        for line, row in read_rows(path):
            if isinstance(row, CorpusError):
                raise row
            fields = _Fields(row, str(path), line)
            votes.append(tuple(fields.vote("votes", vote) for vote in fields.list("votes")))
    return votes


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(path.glob("*.jsonl"))
            if not found:
                raise InputError(
                    "holds no .jsonl file", where=str(path), hint="name a file, or a folder of JSONL files"
                )
            yield from found
        else:
            yield path


def _parse(path: Path, seen: dict[str, str]) -> Iterator[Example | CorpusError]:
    """Examples and errors of one file, line by line. `seen` maps each id to the place where it stood first."""
    for line, row in read_rows(path):
        if isinstance(row, CorpusError):
            yield row
            continue
        try:
            example = parse_example(row, file=str(path), line=line)
        except CorpusError as error:
            yield error
            continue
        place = f"{path}:{line}"
        if example.id in seen:
            yield CorpusError(
                file=str(path),
                line=line,
                field="id",
                got=f"'{example.id}', already at {seen[example.id]}",
                expected="an id of its own",
            )
            continue
        seen[example.id] = place
        yield example


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | CorpusError]]:
    """Rows of a JSONL or CSV file with their line numbers, as dictionaries, or the error that the line is."""
    text = decode(read_bytes(path), where=str(path)).text
    if path.suffix.lower() in (".csv", ".tsv"):
        yield from _csv_rows(text, path)
        return
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        yield line, parse_json_line(raw, file=str(path), line=line)


def parse_json_line(raw: str, *, file: str, line: int) -> dict[str, Any] | CorpusError:
    """One line of JSONL -> its object, or the error that says what stands there instead."""
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return CorpusError(
            file=file, line=line, field=None, got=f"no JSON ({error})", expected="one JSON object a line"
        )
    if not isinstance(row, dict):
        return CorpusError(file=file, line=line, field=None, got=type(row).__name__, expected="one JSON object a line")
    return row


def delimiter_of(header: str) -> str:
    """What parts the cells of a table, by its first line: comma, semicolon or tab."""
    return max(",;\t", key=header.count)


def _csv_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any] | CorpusError]]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    delimiter = delimiter_of(text.split("\n", 1)[0])
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = reader.fieldnames or []
    try:
        for row in reader:
            if None in row:
                yield (
                    reader.line_num,
                    CorpusError(
                        file=str(path),
                        line=reader.line_num,
                        field=None,
                        got=f"{len(names) + len(row[None])} cells",
                        expected=f"{len(names)}, as in the header (quote cells that hold a '{delimiter}')",
                    ),
                )
                continue
            yield reader.line_num, {name.strip(): value for name, value in row.items() if value not in (None, "")}
    except csv.Error as error:
        yield (
            reader.line_num,
            CorpusError(
                file=str(path), line=reader.line_num, field=None, got=f"no CSV ({error})", expected="a CSV table"
            ),
        )


# ---------------------------------------------------------------------------------------------------- the schema


def parse_example(row: Mapping[str, Any], *, file: str, line: int) -> Example:
    """Check one row against the schema.

    >>> example = parse_example({"text": "Chove.", "label": "Factual"}, file="x.jsonl", line=1)
    >>> example.label, example.id, example.source
    ('factual', 'x:1', 'x:1')
    """
    fields = _Fields(row, file, line)
    label = fields.label("label", row.get("label"))
    votes = tuple(fields.vote("votes", vote) for vote in fields.list("votes"))
    second = tuple(
        None if vote in (None, "", "null", "-") else fields.vote("second", vote) for vote in fields.list("second")
    )
    if votes and second and len(votes) != len(second):
        fields.wrong("second", f"{len(second)} of them", f"one for each of the {len(votes)} votes, or none")
    if votes and label not in votes:
        fields.wrong("label", f"'{label}', for which nobody voted", f"one of the votes {list(votes)}")
    id_ = fields.optional_text("id") or f"{Path(file).stem}:{line}"
    article = fields.optional_text("article") or id_
    return Example(
        # The example knows its article; the unit need not say it again.
        unit=replace(unit_of(row, file=file, line=line), article=None),
        label=label,
        id=id_,
        article=article,
        source=fields.optional_text("source") or article,
        votes=votes,
        second=second,
        genre=fields.optional_text("genre"),
        topic=fields.optional_text("topic"),
        origin=fields.one_of("origin", ORIGINS, "public"),  # type: ignore[arg-type]
    )


def unit_of(row: Mapping[str, Any], *, file: str, line: int) -> Unit:
    """The unit of a row, labelled or not: its text and whatever context it gives."""
    fields = _Fields(row, file, line)
    position, of = fields.count("position"), fields.count("of")
    if position is not None and of is not None and position >= of:
        fields.wrong("position", f"{position} of {of}", "a place counted from 0, less than 'of'")
    return Unit(
        text=fields.text("text"),
        title=fields.optional_text("title"),
        section=fields.optional_text("section"),
        kind=fields.one_of("kind", KINDS, "paragraph"),
        position=position,
        of=of,
        previous=fields.optional_text("previous"),
        next=fields.optional_text("next"),
        article=fields.optional_text("article"),
    )


class _Fields:
    """The fields of one row, each read with its type; an error knows file, line and field."""

    def __init__(self, row: Mapping[str, Any], file: str, line: int) -> None:
        self.row = row
        self.file = file
        self.place = line

    def wrong(self, field: str, got: str, expected: str) -> None:
        raise CorpusError(file=self.file, line=self.place, field=field, got=got, expected=expected)

    def text(self, field: str) -> str:
        value = self.row.get(field)
        if value is None:
            have = ", ".join(map(str, self.row)) or "nothing"
            self.wrong(field, f"no such field (there is: {have[:120]})", "the words of the paragraph")
        if not isinstance(value, str):
            self.wrong(field, shown(value), "a text")
        text = cast(str, value)
        if not text.strip():
            self.wrong(field, "only blanks", "the words of the paragraph")
        if len(text) > MAX_BLOCK_CHARACTERS:
            self.wrong(
                field, f"{len(text):,} characters", f"one paragraph, at most {MAX_BLOCK_CHARACTERS:,} characters"
            )
        return text

    def optional_text(self, field: str) -> str | None:
        value = self.row.get(field)
        if value is None or (isinstance(value, float) and value != value):
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self.wrong(field, shown(value), "a text or null")
        return cast(str, value) or None

    def label(self, field: str, value: Any) -> Label:
        if value is None:
            self.wrong(field, "no such field", f"one of {', '.join(LABELS)}")
        if not isinstance(value, str) or value.strip().casefold() not in _LABEL_OF:
            self.wrong(field, shown(value), f"one of {', '.join(LABELS)}")
        return _LABEL_OF[value.strip().casefold()]

    def vote(self, field: str, value: Any) -> Vote:
        return "skip" if value == "skip" else self.label(field, value)

    def list(self, field: str) -> Sequence[Any]:
        value = self.row.get(field)
        if value is None:
            return ()
        if isinstance(value, str):  # a CSV cell, or one second label for all
            return value.split("|")
        if not isinstance(value, list):
            self.wrong(field, shown(value), "a list")
        return cast(Sequence[Any], value)

    def count(self, field: str) -> int | None:
        value = self.row.get(field)
        if value is None:
            return None
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            number = -1
        if number < 0 or isinstance(value, bool) or (isinstance(value, float) and value != number):
            self.wrong(field, shown(value), "a whole number from 0")
        return number

    def one_of(self, field: str, choices: Sequence[str], default: str) -> str:
        value = self.row.get(field)
        if value is None:
            return default
        if value not in choices:
            self.wrong(field, shown(value), f"one of {', '.join(choices)}")
        return cast(str, value)


def with_neighbours(examples: Sequence[Example]) -> list[Example]:
    """Fill `previous` and `next` where a line did not give them and the neighbouring unit of the article is there."""
    by_place = {
        (example.article, example.unit.position): example.unit
        for example in examples
        if example.unit.position is not None and example.unit.kind != "title"
    }

    def neighbour(example: Example, step: int) -> str | None:
        place = example.unit.position
        if place is None or example.unit.kind == "title":
            return None
        unit = by_place.get((example.article, place + step))
        return unit.text if unit else None

    return [
        replace(
            example,
            unit=replace(
                example.unit,
                previous=example.unit.previous or neighbour(example, -1),
                next=example.unit.next or neighbour(example, 1),
            ),
        )
        for example in examples
    ]


def to_row(example: Example) -> dict[str, Any]:
    """The JSON object of an example, in the order of the documented schema; what is empty is left out."""
    unit = example.unit
    row = {
        "id": example.id,
        "article": example.article,
        "title": unit.title,
        "section": unit.section,
        "kind": unit.kind,
        "position": unit.position,
        "of": unit.of,
        "previous": unit.previous,
        "next": unit.next,
        "text": unit.text,
        "label": example.label,
        "votes": list(example.votes) or None,
        "second": list(example.second) or None,
        "source": example.source,
        "genre": example.genre,
        "topic": example.topic,
        "origin": example.origin,
    }
    return {field: value for field, value in row.items() if value is not None}


def digest(examples: Iterable[Example]) -> str:
    """SHA-256 of the examples, order included: the same digest, the same training data."""
    sha = hashlib.sha256()
    for example in examples:
        sha.update(json.dumps(to_row(example), ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"))
        sha.update(b"\n")
    return sha.hexdigest()


# ---------------------------------------------------------------------------------------------------- folds


def fold_groups(examples: Sequence[Example]) -> npt.NDArray[np.int64]:
    """The group of each example, shape (n,): its source, joined with every source that shares a near duplicate with it.

    Two sources that print the same text must lie in the same fold, or a model would be tested on what it has seen.
    """
    sources = sorted({example.source for example in examples})
    parent = {source: source for source in sources}

    def root(source: str) -> str:
        while parent[source] != source:
            parent[source] = parent[parent[source]]
            source = parent[source]
        return source

    for first, second in near_duplicates([example.unit.text for example in examples]):
        one, other = root(examples[first].source), root(examples[second].source)
        if one != other:
            parent[max(one, other)] = min(one, other)
    number = {source: place for place, source in enumerate(sources)}
    return np.array([number[root(example.source)] for example in examples], dtype=np.int64)


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.7, size: int = 3) -> list[tuple[int, int]]:
    """Pairs of texts whose sets of word triples have a Jaccard similarity of at least `threshold`.

    Exact, by one sparse product: the triples shared by two texts are counted, not estimated. Triples that stand in
    more than 50 texts are formulas ("nos dias de hoje") and are not counted as shared. Texts of fewer than eight words
    are not compared: a short call to action that two sites happen to share joins nothing.

    >>> twice = "a casa azul fica no fim da rua dois"
    >>> near_duplicates([twice, twice.upper() + "!", "outra coisa bem diferente"])
    [(0, 1)]
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        analyzer="word",
        ngram_range=(size, size),
        token_pattern=r"\w+",
        n_features=2**22,
        binary=True,
        norm=None,
        alternate_sign=False,
    )
    triples = vectorizer.transform(texts).tocsr()
    sizes = np.asarray(triples.sum(axis=1)).ravel()
    triples = triples[:, np.asarray(triples.sum(axis=0)).ravel() <= 50]
    shared = sparse.triu((triples @ triples.T), k=1).tocoo()
    similarity = shared.data / (sizes[shared.row] + sizes[shared.col] - shared.data)
    long_enough = np.minimum(sizes[shared.row], sizes[shared.col]) >= 8 - size + 1
    found = (similarity >= threshold) & long_enough
    return sorted(zip(shared.row[found].tolist(), shared.col[found].tolist(), strict=True))


def duplicates(examples: Sequence[Example]) -> list[tuple[int, int]]:
    """Pairs of examples that say the same: the same words in the same order, or near duplicates.

    Units of one contrast set are not held against each other; they are meant to differ little.

    >>> units = [Example(Unit(text), "factual", text, text, text) for text in ("Leia mais!", "leia mais", "Leia")]
    >>> duplicates(units)
    [(0, 1)]
    """
    texts = [example.unit.text for example in examples]
    first: dict[tuple[str, ...], int] = {}
    pairs = set(near_duplicates(texts))
    for place, text in enumerate(texts):
        words = tuple(re.findall(r"\w+", text.casefold())) or (text,)
        if (earlier := first.setdefault(words, place)) != place:
            pairs.add((earlier, place))
    return sorted(
        (one, other)
        for one, other in pairs
        if examples[one].origin != "contrast" or examples[one].article != examples[other].article
    )


def measured_origin(examples: Iterable[Example]) -> Origin:
    """Which units models are tested on: the public ones; where there are none, the written ones.

    Raises InputError where there are no units.
    """
    there = {example.origin for example in examples}
    for origin in ORIGINS:
        if origin in there:
            return origin
    raise InputError("there are no labelled units", hint="name a file that has some")


def assign_folds(
    examples: Sequence[Example],
    *,
    n_folds: int = 5,
    seed: int = 0,
    groups: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int64]:
    """The fold of each example, shape (n,): grouped by source, stratified by label, the same for the same seed.

    Units of the origin that is tested on (see `measured_origin`) are folded among themselves, so that what else is
    trained on does not move them. The others are in no fold (-1), which means that they are always in training, except
    those that share a near duplicate with a tested source: they go where it goes.

    `groups` are those of `fold_groups`, for a caller who has them already.

    Raises InputError where there are fewer groups than folds, fewer than two folds, or hardly any units.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    if n_folds < 2:
        raise InputError(
            f"{n_folds} fold(s) were asked for, expected at least 2", hint="one to test on, one to learn from"
        )
    if groups is None:
        groups = fold_groups(examples)
    tested = measured_origin(examples)
    folded = np.flatnonzero([example.origin == tested for example in examples])
    n_groups = len(set(groups[folded].tolist()))
    if n_groups < n_folds:
        raise InputError(
            f"the labelled units come from {n_groups} independent sources, expected at least {n_folds}",
            hint="fill the field 'source', add sources, or ask for fewer folds",
        )
    labels = np.array([LABELS.index(example.label) for example in examples])
    most = int(np.bincount(labels[folded]).max())
    if most < n_folds:
        raise InputError(
            f"there are at most {most} units of one label, expected at least {n_folds}",
            hint="label more units, or ask for fewer folds",
        )
    splitter = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    fold_of_group: dict[int, int] = {}
    for fold, (_, test) in enumerate(splitter.split(labels[folded], labels[folded], groups[folded])):
        fold_of_group |= dict.fromkeys(groups[folded[test]].tolist(), fold)
    return np.array([fold_of_group.get(group, -1) for group in groups.tolist()], dtype=np.int64)


def count_by(examples: Iterable[Example], field: Literal["label", "genre", "source", "origin"]) -> dict[str, int]:
    """Number of examples by one of their fields, most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for example in examples:
        counts[str(getattr(example, field))] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
