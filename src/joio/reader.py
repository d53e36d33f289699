"""Reading a unit once: normalised text, tokens, sentences, cues, of the unit itself and of its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sklearn.base import BaseEstimator, TransformerMixin

from joio.article import Unit
from joio.cues import CueMatch, CueMatcher, load_cues
from joio.tokens import Normalised, Tokenizer, TokenRules, Tokens, export_rules, normalise


@dataclass(frozen=True, slots=True)
class ReadText:
    """What the model knows of a stretch of text: its tokens, their lower-case forms, the cues among them."""

    normalised: Normalised
    tokens: Tokens
    words: tuple[str, ...]
    cues: tuple[CueMatch, ...]


@dataclass(frozen=True, slots=True)
class ReadUnit:
    """A unit and its context, read."""

    unit: Unit
    text: ReadText
    title: ReadText
    section: ReadText
    previous: ReadText
    next: ReadText


NOTHING = ReadText(Normalised(""), Tokens((), (), (), frozenset()), (), ())
"""What is read where there is no text."""


class UnitReader(TransformerMixin, BaseEstimator):
    """Units (or plain strings, taken as paragraphs without context) -> `ReadUnit`.

    The rules of the language, spaCy's for tokens and `cues/pt.toml` for cues, are taken in `fit` and travel with the
    model, so that a model reads next year as it read when it was trained.

    Attributes
    ----------
    rules_ : TokenRules
    kinds_ : tuple of CueKind
    """

    def fit(self, units: Sequence[Unit | str], y: object = None) -> Self:
        """Take the rules of the language; the units themselves teach nothing here."""
        self.rules_: TokenRules = export_rules()
        self.kinds_ = load_cues()
        self._prepare()
        return self

    def _prepare(self) -> None:
        self._tokenizer = Tokenizer(self.rules_)
        self._matcher = CueMatcher(self.kinds_)

    def transform(self, units: Sequence[Unit | str]) -> list[ReadUnit]:
        """Read each unit once; a neighbour that is itself a unit of the batch is not read again."""
        memory: dict[str, ReadText] = {}
        return [self._read_unit(Unit(unit) if isinstance(unit, str) else unit, memory) for unit in units]

    def _read_unit(self, unit: Unit, memory: dict[str, ReadText]) -> ReadUnit:
        parts = []
        for text in (unit.text, unit.title or "", unit.section or "", unit.previous or "", unit.next or ""):
            read = memory.get(text)
            if read is None:
                read = memory[text] = self.read(text)
            parts.append(read)
        return ReadUnit(unit, *parts)

    def read(self, text: str) -> ReadText:
        """Read one text."""
        normalised = normalise(text)
        tokens = self._tokenizer(normalised.text)
        lower = tuple(word.lower() for word in tokens.words)
        return ReadText(
            normalised, tokens, tuple(map(_word_form, lower)), tuple(self._matcher(lower, tokens.sentence_starts))
        )


_DIGITS = str.maketrans("123456789", "000000000")


def _word_form(word: str) -> str:
    """The form under which a word is counted: digits become 0 (a year is a year), an address becomes one mark."""
    if word.startswith(("http:", "https:", "www.")):
        return "<url>"
    return word.translate(_DIGITS)
