"""Stand-off labels of public paragraphs: the labels are kept, the texts are fetched.

The texts belong to other people, so the project keeps only where each labelled paragraph stands (repository, commit,
path, index of the block), the SHA-1 of its text, and how it was labelled. `fetch` brings the texts back, from their
repositories or from a local copy, and believes nothing but the digest: a text that does not hash to its address is
not the text that was labelled. Titles, headings and neighbours come back with the text and are not kept either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joio.corpus import read_rows
from joio.download import Address, Reason, download
from joio.errors import CorpusError, InputError, shown
from joio.labels import LABELS
from joio.splitter import OPTIONS, PublicBlock, decode, sha1_of, split_document
from joio.writing import whole_file

KEYS: Final = (
    "id", "repository", "commit", "path", "index", "sha1", "label", "votes", "second", "genre", "machine", "picked",
    "reread",
)  # fmt: skip
"""Every key a stand-off line has, in order. There is no place for a text, so that none can slip in."""

OPTIONS_FILE: Final = "splitter-options.json"
"""Name of the file next to the labels that holds the splitter's options by repository, where a source needs any."""

RAW_GITHUB: Final = "https://raw.githubusercontent.com"

_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+", re.A)
_SHA1: Final = re.compile(r"[0-9a-f]{40}")
# A reader may find that a paragraph is none (a list of links, a poem) and be outvoted; a label is never "skip".
_VOTES: Final = (*LABELS, "skip")


@dataclass(frozen=True, slots=True)
class Missing:
    """A labelled paragraph whose text did not come back, and why."""

    id: str
    repository: str
    path: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """How many texts came back, and which did not.

    Attributes
    ----------
    found : paragraphs written, each with the text its SHA-1 stands for.
    gone : paragraphs whose document (or whose place in the local copy) is no longer there.
    changed : paragraphs whose document is there but holds no block with their SHA-1.
    unreachable : paragraphs whose document could not be asked for; a later try may succeed.
    documents : documents that the labels name.
    missing : each paragraph that is not found, in the order of the labels.

    Examples
    --------
    >>> lost = Missing("s1", "ana/horta", "posts/a.md", "gone")
    >>> summary = FetchSummary(found=9, gone=1, changed=0, unreachable=0, documents=2, missing=(lost,))
    >>> summary.complete, list(summary.missing_by_repository)
    (False, ['ana/horta'])
    """

    found: int
    gone: int
    changed: int
    unreachable: int
    documents: int
    missing: tuple[Missing, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every labelled paragraph has its text again."""
        return not self.missing

    @property
    def missing_by_repository(self) -> dict[str, tuple[Missing, ...]]:
        """Repository -> its missing paragraphs, in the order of the labels; whole repositories tend to vanish."""
        groups: dict[str, list[Missing]] = {}
        for one in self.missing:
            groups.setdefault(one.repository, []).append(one)
        return {repository: tuple(group) for repository, group in groups.items()}


@dataclass(frozen=True, slots=True)
class _Labelled:
    """One line of the stand-off labels, checked."""

    id: str
    repository: str
    commit: str
    path: str
    index: int
    sha1: str
    label: str
    votes: tuple[str, ...]
    second: tuple[str | None, ...]
    genre: str
    machine: str
    picked: str
    reread: str

    @property
    def document(self) -> Address:
        return self.repository, self.commit, self.path


@dataclass(frozen=True, slots=True)
class _Text:
    """What comes back of one paragraph: the text itself, checked by its SHA-1, and its context."""

    text: str
    title: str | None
    section: str | None
    kind: str
    position: int
    of: int | None
    previous: str | None
    next: str | None


_Outcome = _Text | Reason


def write_standoff(real_jsonl: Path, out: Path) -> int:
    """Turn labelled paragraphs with their texts into stand-off labels, which may be shared.

    Parameters
    ----------
    real_jsonl : JSON lines with ``source``, ``text`` and the other keys of `KEYS`; the SHA-1 is checked on the way.
    out : where the stand-off lines go, sorted by repository, path and index; replaced whole or not at all.

    Returns
    -------
    The number of lines written.

    Raises
    ------
    CorpusError
        A line breaks the schema, or its text does not have the SHA-1 it states.
    """
    labelled = []
    for line, record in _json_lines(real_jsonl):
        stand_off = {key: record.get("source" if key == "repository" else key) for key in KEYS}
        checked = _checked(stand_off, file=real_jsonl, line=line)
        text = record.get("text")
        if not isinstance(text, str) or sha1_of(text) != checked.sha1:
            raise CorpusError(
                file=str(real_jsonl),
                line=line,
                field="text",
                got="a text of another SHA-1" if isinstance(text, str) else shown(text),
                expected=f"the text with SHA-1 {checked.sha1}",
            )
        labelled.append(stand_off)
    labelled.sort(key=lambda unit: (unit["repository"], unit["path"], unit["index"]))
    _write_lines(out, labelled)
    return len(labelled)


def fetch(
    labels: Path,
    out: Path,
    *,
    local: Sequence[Path] = (),
    workers: int = 8,
    base_url: str = RAW_GITHUB,
    progress: Callable[[int, int], None] | None = None,
    retries: int = 4,
    timeout: float = 20.0,
) -> FetchSummary:
    """Bring back the texts of stand-off labels and write them as a corpus that can be trained on.

    Each document is asked for once, at its commit, so what comes back is what was labelled or nothing. A paragraph is
    looked for at its index, then anywhere in its document, and accepted by its SHA-1 alone.

    Parameters
    ----------
    labels : stand-off labels; the splitter's options are read from `OPTIONS_FILE` beside it, if there is one.
    out : corpus lines in the order of the labels; replaced whole at the end, or not touched.
    local : files of JSON lines with the texts (and context), to be used instead of the network; none: ask the network.
        A digest in them is not believed.
    workers : documents asked for at a time.
    base_url : a server that gives a file at ``/owner/name/commit/path``.
    progress : called with (documents done, documents in all) after each one; may raise to stop.
    retries : further tries after a failure or an answer that asks for patience, with growing waits.
    timeout : seconds until a silent server is given up, at each try.

    Returns
    -------
    FetchSummary; look at ``complete`` before comparing scores with others.

    Raises
    ------
    CorpusError
        The labels, the options or the local copy break their schema.
    InputError
        Not one text came back.
    OutputError
        `out` cannot be written.
    """
    units = _read_labels(labels)
    addresses = list(dict.fromkeys(unit.document for unit in units))
    if local:
        outcomes = _from_local(units, local)
        if progress is not None:
            progress(len(addresses), len(addresses))
    else:
        documents: dict[Address, list[_Labelled]] = {address: [] for address in addresses}
        for unit in units:
            documents[unit.document].append(unit)
        options = _read_options(labels.with_name(OPTIONS_FILE))
        outcomes = {}
        answers = download(addresses, base_url=base_url, workers=workers, retries=retries, timeout=timeout)
        with closing(answers):
            for done, (address, answer) in enumerate(answers, start=1):
                outcomes |= _match(documents[address], answer, options.get(address[0], ()))
                if progress is not None:
                    progress(done, len(addresses))
    summary = _summary(units, outcomes, len(addresses))
    if not summary.found:
        raise InputError(
            f"not one of {len(units)} texts came back "
            f"(gone {summary.gone}, changed {summary.changed}, unreachable {summary.unreachable})",
            where=", ".join(map(str, local)) if local else base_url,
            hint="pass --from FILE with a copy that holds the texts" + ("" if local else ", or check the network"),
        )
    _write_lines(out, (_corpus_line(unit, text) for unit in units if isinstance(text := outcomes[unit.id], _Text)))
    return summary


def _summary(units: Sequence[_Labelled], outcomes: Mapping[str, _Outcome], documents: int) -> FetchSummary:
    missing = []
    for unit in units:
        outcome = outcomes[unit.id]
        if not isinstance(outcome, _Text):
            missing.append(Missing(unit.id, unit.repository, unit.path, outcome))
    reasons = [one.reason for one in missing]
    return FetchSummary(
        found=len(units) - len(missing),
        gone=reasons.count("gone"),
        changed=reasons.count("changed"),
        unreachable=reasons.count("unreachable"),
        documents=documents,
        missing=tuple(missing),
    )


def _corpus_line(unit: _Labelled, text: _Text) -> dict[str, object]:
    return {
        "id": unit.id,
        "article": f"{unit.repository}/{unit.path}",
        "title": text.title,
        "section": text.section,
        "kind": text.kind,
        "position": text.position,
        "of": text.of,
        "previous": text.previous,
        "next": text.next,
        "text": text.text,
        "label": unit.label,
        "votes": unit.votes,
        "second": unit.second,
        "source": unit.repository,
        "genre": unit.genre,
        "topic": None,
        "origin": "public",
        "sha1": unit.sha1,
    }


# ---------------------------------------------------------------------------------------------------------------------
# From a local copy
# ---------------------------------------------------------------------------------------------------------------------


def _from_local(units: Sequence[_Labelled], local: Iterable[Path]) -> dict[str, _Outcome]:
    """Id -> text or reason. A line that says it is a paragraph, by id or SHA-1, and is not, makes that one changed."""
    wanted = {unit.sha1: unit for unit in units}
    texts: dict[str, _Text] = {}
    claimed: set[str] = set()
    for file, line, record in ((path, *place) for path in local for place in _json_lines(path)):
        text = record.get("text")
        if not isinstance(text, str):
            raise CorpusError(file=str(file), line=line, field="text", got=shown(text), expected="a text")
        claimed |= {value for value in (record.get("id"), record.get("sha1")) if isinstance(value, str)}
        sha1 = sha1_of(text)
        if sha1 in wanted and sha1 not in texts:
            texts[sha1] = _local_text(record, text, wanted[sha1].index, file=file, line=line)
    outcomes: dict[str, _Outcome] = {}
    for unit in units:
        lost: Reason = "changed" if claimed & {unit.id, unit.sha1} else "gone"
        outcomes[unit.id] = texts.get(unit.sha1, lost)
    return outcomes


def _local_text(record: Mapping[str, Any], text: str, position: int, *, file: Path, line: int) -> _Text:
    def optional(field: str, form: type, expected: str) -> Any:
        value = record.get(field)
        if value is not None and (not isinstance(value, form) or isinstance(value, bool)):
            raise CorpusError(file=str(file), line=line, field=field, got=shown(value), expected=expected)
        return value

    return _Text(
        text=text,
        title=optional("title", str, "a text or null"),
        section=optional("section", str, "a text or null"),
        kind=optional("kind", str, "a text or null") or "paragraph",
        position=position,
        of=optional("of", int, "a whole number or null"),
        previous=optional("previous", str, "a text or null"),
        next=optional("next", str, "a text or null"),
    )


# ---------------------------------------------------------------------------------------------------------------------
# From documents
# ---------------------------------------------------------------------------------------------------------------------


def _match(units: Sequence[_Labelled], answer: bytes | Reason, options: Sequence[str]) -> dict[str, _Outcome]:
    """Id -> text or reason, for the paragraphs of one document."""
    if not isinstance(answer, bytes):
        return {unit.id: answer for unit in units}
    document = split_document(units[0].path, decode(answer), options)
    digests = [sha1_of(block.text) for block in document.blocks]
    place: dict[str, int] = {}
    for index, digest in enumerate(digests):
        place.setdefault(digest, index)

    def text_at(index: int, block: PublicBlock) -> _Text:
        return _Text(
            text=block.text,
            title=document.title,
            section=block.section,
            kind=block.kind,
            position=index,
            of=len(digests),
            previous=block.previous,
            next=block.next,
        )

    outcomes: dict[str, _Outcome] = {}
    for unit in units:
        at_index = unit.index < len(digests) and digests[unit.index] == unit.sha1
        found = unit.index if at_index else place.get(unit.sha1)
        outcomes[unit.id] = "changed" if found is None else text_at(found, document.blocks[found])
    return outcomes


# ---------------------------------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------------------------------


def _read_labels(labels: Path) -> list[_Labelled]:
    units = []
    first_line: dict[str, int] = {}
    for line, record in _json_lines(labels):
        unit = _checked(record, file=labels, line=line)
        if unit.id in first_line:
            raise CorpusError(
                file=str(labels),
                line=line,
                field="id",
                got=f"{unit.id!r}, as in line {first_line[unit.id]}",
                expected="an id of its own for each paragraph",
            )
        first_line[unit.id] = line
        units.append(unit)
    if not units:
        raise CorpusError(file=str(labels), line=None, field=None, got="no labels", expected="at least one line")
    return units


def _checked(record: Mapping[str, Any], *, file: Path, line: int) -> _Labelled:
    """A line of stand-off labels, with every field of the right form."""

    def demand(field: str, holds: bool, expected: str) -> None:
        if not holds:
            got = shown(record[field]) if field in record else "nothing"
            raise CorpusError(file=str(file), line=line, field=field, got=got, expected=expected)

    def demand_match(field: str, pattern: re.Pattern[str], expected: str) -> None:
        value = record.get(field)
        demand(field, isinstance(value, str) and pattern.fullmatch(value) is not None, expected)

    for field in record:
        demand(field, field in KEYS, f"one of the fields {', '.join(KEYS)}")
    for field in ("id", "path", "genre", "machine", "picked", "reread"):
        demand(field, isinstance(record.get(field), str) and record[field] != "", "a text")
    demand_match("repository", _REPOSITORY, "owner/name")
    demand_match("commit", _SHA1, "40 hexadecimal digits")
    # A path that climbs would name another repository in the URL.
    demand("path", not {"", ".", ".."} & set(record["path"].split("/")), "a path inside the repository")
    index = record.get("index")
    demand("index", isinstance(index, int) and not isinstance(index, bool) and index >= 0, "a whole number from 0")
    demand_match("sha1", _SHA1, "40 hexadecimal digits")
    demand("label", record.get("label") in LABELS, f"one of {', '.join(LABELS)}")
    choices = ", ".join(_VOTES)
    votes, second = record.get("votes"), record.get("second")
    voted = isinstance(votes, list) and bool(votes) and all(vote in _VOTES for vote in votes)
    demand("votes", voted, f"a list of {choices}")
    parallel = isinstance(second, list) and len(second) == len(record["votes"])
    demand(
        "second",
        parallel and all(choice is None or choice in _VOTES for choice in record["second"]),
        f"a list as long as votes of null, {choices}",
    )
    return _Labelled(**{**record, "votes": tuple(record["votes"]), "second": tuple(record["second"])})


def _read_options(file: Path) -> dict[str, tuple[str, ...]]:
    """Repository -> the splitter's options; no file, no options."""
    try:
        options = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CorpusError(file=str(file), line=None, field=None, got=str(error), expected="a JSON object") from error
    if not isinstance(options, dict):
        raise CorpusError(file=str(file), line=None, field=None, got=shown(options), expected="a JSON object")
    for repository, chosen in options.items():
        if not isinstance(chosen, list) or not all(isinstance(option, str) and option in OPTIONS for option in chosen):
            raise CorpusError(
                file=str(file),
                line=None,
                field=repository,
                got=shown(chosen),
                expected=f"a list of {', '.join(sorted(OPTIONS))}",
            )
    return {repository: tuple(chosen) for repository, chosen in options.items()}


def _json_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number of the line, its object), blank lines skipped; the first line that is no object is an error."""
    for line, row in read_rows(file):
        if isinstance(row, CorpusError):
            raise row
        yield line, row


def _write_lines(out: Path, records: Iterable[Mapping[str, object]]) -> None:
    with whole_file(out) as lines:
        for record in records:
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
