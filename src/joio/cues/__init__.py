"""Cue words and phrases: language knowledge as data (`pt.toml`), and the matcher that finds them.

The matcher does what spaCy's `Matcher` does with the same patterns (a test holds the two equal), but on plain words,
so that scoring an article need not import spaCy.

>>> matcher = CueMatcher(load_cues())
>>> words = ("talvez", "a", "empresa", "vai", "lucrar")
>>> [(match.kind, words[match.start:match.end]) for match in matcher(words, frozenset({0}))]
[('hedge', ('talvez',)), ('future_periphrastic', ('vai', 'lucrar'))]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple

from joio.labels import LABELS, Label


@dataclass(frozen=True, slots=True)
class CueKind:
    """One kind of cue: its name, the label it most often points at, and its patterns as written in the TOML file."""

    name: str
    label: Label
    patterns: tuple[str, ...]


def load_cues() -> tuple[CueKind, ...]:
    """The cues of `pt.toml`, in the order of the file.

    >>> len(load_cues()) > 20
    True
    """
    table = tomllib.loads(files(__name__).joinpath("pt.toml").read_text(encoding="utf-8"))
    kinds = tuple(CueKind(name, entry["label"], tuple(entry["patterns"])) for name, entry in table.items())
    unknown = {kind.label for kind in kinds} - set(LABELS)
    if unknown:
        raise ValueError(f"pt.toml: unknown labels {sorted(unknown)}, expected some of {LABELS}")
    return kinds


class CueMatch(NamedTuple):
    """A cue found: its kind and the words it covers, ``words[start:end]``."""

    kind: str
    start: int
    end: int


class _Pattern(NamedTuple):
    """A pattern ready to be compared: the kind's place, whether it must begin a sentence, its tokens."""

    kind: int
    opens_sentence: bool
    tokens: tuple[str | re.Pattern[str], ...]


def parse_pattern(pattern: str) -> tuple[bool, tuple[str | re.Pattern[str], ...]]:
    """A pattern of the TOML file -> (must it begin a sentence?, its tokens).

    >>> parse_pattern("^ saiba mais")
    (True, ('saiba', 'mais'))
    """
    opens_sentence = pattern.startswith("^ ")
    tokens = pattern.removeprefix("^ ").split(" ")
    return opens_sentence, tuple(
        re.compile(token[1:-1]) if len(token) > 2 and token[0] == token[-1] == "/" else token for token in tokens
    )


def spacy_pattern(pattern: str) -> list[dict[str, Any]]:
    """The same pattern in the language of spaCy's `Matcher`, for the test that holds the two equal."""
    opens_sentence, tokens = parse_pattern(pattern)
    specs: list[dict[str, Any]] = [
        {"LOWER": token} if isinstance(token, str) else {"LOWER": {"REGEX": rf"^(?:{token.pattern})\Z"}}
        for token in tokens
    ]
    if opens_sentence:
        specs[0]["IS_SENT_START"] = True
    return specs


class _Candidates(NamedTuple):
    """The patterns that can begin at a word: those of one token, and the longer ones by their second token.

    Common words begin hundreds of patterns ('o maior', 'o melhor' …); the word that follows rules out nearly all.
    """

    single: list[_Pattern]
    by_second: dict[str, list[_Pattern]]
    by_regex: list[_Pattern]


@dataclass
class CueMatcher:
    """Finds cues in lower-cased words: for every kind and starting word, the longest pattern that fits.

    Cues of different kinds may overlap ('você' is an address, 'você precisa' too is one of several); within a kind a
    cue inside a longer one is dropped, so that counts are counts of phrases.
    """

    kinds: tuple[CueKind, ...]
    _by_word: dict[str, list[_Pattern]] = field(init=False, repr=False, compare=False)
    _by_regex: list[_Pattern] = field(init=False, repr=False, compare=False)
    _candidates: dict[str, _Candidates | None] = field(init=False, repr=False, compare=False)

    MAX_REMEMBERED = 50_000

    def __post_init__(self) -> None:
        self._by_word = {}
        self._by_regex = []
        self._candidates = {}
        for place, kind in enumerate(self.kinds):
            for text in kind.patterns:
                pattern = _Pattern(place, *parse_pattern(text))
                first = pattern.tokens[0]
                if isinstance(first, str):
                    self._by_word.setdefault(first, []).append(pattern)
                else:
                    self._by_regex.append(pattern)

    def __getstate__(self) -> dict[str, object]:
        return {"kinds": self.kinds}

    def __setstate__(self, state: dict[str, tuple[CueKind, ...]]) -> None:
        self.__init__(state["kinds"])  # type: ignore[misc]

    def __call__(self, words: Sequence[str], sentence_starts: frozenset[int]) -> list[CueMatch]:
        """Cues among lower-cased `words`, in order of their start; `sentence_starts` holds the places that open one."""
        found: list[CueMatch] = []
        ends = [0] * len(self.kinds)
        following = (*words[1:], "")
        known = self._candidates
        for start, word in enumerate(words):
            candidates = known[word] if word in known else self._find_candidates(word)
            if candidates is None:
                continue
            longest: dict[int, int] = {}
            fitting = candidates.by_second.get(following[start], ())
            for pattern in (*candidates.single, *fitting, *candidates.by_regex):
                if pattern.opens_sentence and start not in sentence_starts:
                    continue
                end = start + len(pattern.tokens)
                if end > max(ends[pattern.kind], longest.get(pattern.kind, 0)) and _fits(pattern.tokens, words, start):
                    longest[pattern.kind] = end
            for kind, end in longest.items():
                ends[kind] = end
                found.append(CueMatch(self.kinds[kind].name, start, end))
        return found

    def _find_candidates(self, word: str) -> _Candidates | None:
        if len(self._candidates) >= self.MAX_REMEMBERED:
            self._candidates.clear()
        patterns = list(self._by_word.get(word, ()))
        for pattern in self._by_regex:
            first = pattern.tokens[0]
            if isinstance(first, re.Pattern) and first.fullmatch(word):
                patterns.append(pattern)
        candidates = _Candidates([], {}, []) if patterns else None
        for pattern in patterns:
            assert candidates is not None
            if len(pattern.tokens) == 1:
                candidates.single.append(pattern)
            elif isinstance(pattern.tokens[1], str):
                candidates.by_second.setdefault(pattern.tokens[1], []).append(pattern)
            else:
                candidates.by_regex.append(pattern)
        self._candidates[word] = candidates
        return candidates


def _fits(tokens: tuple[str | re.Pattern[str], ...], words: Sequence[str], start: int) -> bool:
    """Do the tokens after the first (already known to fit) agree with the words?"""
    if start + len(tokens) > len(words):
        return False
    for token, word in zip(tokens[1:], words[start + 1 : start + len(tokens)], strict=True):
        if token != word if isinstance(token, str) else not token.fullmatch(word):
            return False
    return True
