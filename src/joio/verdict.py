"""From paragraphs to the article: shares by words, the substance index, what to beware of.

A verdict describes paragraphs. It says nothing of whether they are true, and nothing of who wrote them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from joio.article import Article, Unit
from joio.errors import InputError
from joio.labels import LABELS, Label
from joio.language import LanguageGuess, guess_language
from joio.predict import Prediction

MIN_WORDS = 40
"""An article of fewer words gets its labels, with a note that its shares say little."""

_Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Share:
    """The part of an article's words expected to carry a label, in [0, 1], with a 90 % interval.

    The interval tells how sure the labels are, given the model: it does not know how wrong the model is.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that is said of an article: its units, a Prediction for each, and the shares of the four labels."""

    article: Article
    units: tuple[Unit, ...]
    predictions: tuple[Prediction, ...]
    shares: Mapping[Label, Share]
    n_words: int
    language: LanguageGuess

    @property
    def substance(self) -> Share:
        """The substance index: the share of the words that stand in paragraphs a reader can check."""
        return self.shares["factual"]

    @property
    def too_short(self) -> bool:
        """Are there too few words for the shares to mean much?"""
        return self.n_words < MIN_WORDS


def verdict(article: Article, units: Sequence[Unit], predictions: Sequence[Prediction]) -> Verdict:
    """Sum up an article from its units and what was predicted of each.

    The share of a label is the sum over units of words times probability, over all words. Its variance is that of
    independent draws of each unit's label, so a unit of which the model is sure adds nothing to the interval.

    Raises InputError where there is no unit.
    """
    if not units:
        raise InputError("the article holds no paragraph", hint="give a text with some prose")
    words = [max(len(unit.text.split()), 1) for unit in units]
    total = sum(words)
    shares: dict[Label, Share] = {}
    for label in LABELS:
        chances = [prediction.probabilities[label] for prediction in predictions]
        value = sum(w * p for w, p in zip(words, chances, strict=True)) / total
        spread = _Z90 * math.sqrt(sum((w / total) ** 2 * p * (1 - p) for w, p in zip(words, chances, strict=True)))
        shares[label] = Share(value, max(value - spread, 0.0), min(value + spread, 1.0))
    return Verdict(
        article, tuple(units), tuple(predictions), shares, total, guess_language(unit.text for unit in units)
    )
