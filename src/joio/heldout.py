"""The project's own test part: whole sources that no model is fitted, tuned or calibrated on.

It was set aside when the recipe had already been chosen by cross-validation over all sources; since then nothing is
chosen, and no error is read, on it.

It is pinned in ``data/public/test-part.json``: the sources, and a digest of the ids and texts of their units. Labels
are not in the digest, because a later reading may still correct one; `joio.corpus.digest` covers them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from joio.corpus import Example
from joio.errors import InputError

PIN = Path("data/public/test-part.json")
"""Where the test part is pinned, from the top of a checkout."""


@dataclass(frozen=True, slots=True)
class TestPart:
    """Which public sources are kept apart, and the digest of their units."""

    __test__ = False  # not a class of tests

    sources: frozenset[str]
    units: int
    digest: str

    def holds(self, example: Example) -> bool:
        """Is this unit kept apart?

        >>> from joio.article import Unit
        >>> part = TestPart(frozenset({"site"}), 1, "")
        >>> part.holds(Example(Unit("Chove."), "factual", "1", "a", "site"))
        True
        """
        return example.origin == "public" and example.source in self.sources

    def of(self, examples: Iterable[Example]) -> list[Example]:
        """The units of the test part among `examples`; InputError where they are not all there, word for word."""
        found = [example for example in examples if self.holds(example)]
        there = digest_of((example.id, _sha1(example.unit.text)) for example in found)
        if there != self.digest:
            raise InputError(
                f"the pinned test part has {self.units:,} units, {len(found):,} are here"
                + (" and some have another text" if len(found) == self.units else ""),
                hint="fetch the public texts anew: joio corpus fetch",
            )
        return found


def read_pin(path: Path = PIN) -> TestPart | None:
    """The pinned test part; None outside a checkout, where nothing is kept apart."""
    if not path.is_file():
        return None
    try:
        pin = json.loads(path.read_text(encoding="utf-8"))
        return TestPart(frozenset(pin["sources"]), int(pin["units"]), str(pin["digest"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"is damaged ({error})", where=str(path), hint=f"bring it back: git checkout {path.as_posix()}"
        ) from None


def without(examples: Sequence[Example], part: TestPart | None) -> list[Example]:
    """Examples that may be learnt from."""
    return [example for example in examples if part is None or not part.holds(example)]


def digest_of(units: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of pairs (id, SHA-1 of the text), whatever their order."""
    lines = sorted(f"{id} {sha1}\n" for id, sha1 in units)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).hexdigest()
