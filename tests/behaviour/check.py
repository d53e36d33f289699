"""Tries the cases on a model, and counts what passes by kind and family."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from joio.labels import LABELS
from joio.predict import Classifier
from tests.behaviour.cases import CASES, Case, Kind, Minimum, Moves, Same


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, its kind, and whether the model passes it."""

    kind: Kind
    case: Case
    passed: bool


def outcomes(classifier: Classifier) -> list[Outcome]:
    """Every case tried; all texts are scored in one go, each as a paragraph that stands alone."""
    texts = list(dict.fromkeys(text for cases in CASES.values() for case in cases for text in _texts(case)))
    chances = dict(zip(texts, classifier.probabilities(texts), strict=True))
    return [Outcome(kind, case, _passes(case, chances)) for kind, cases in CASES.items() for case in cases]


def rates(tried: list[Outcome]) -> Iterator[tuple[Kind, str, int, int]]:
    """Kind, family, how many pass, how many there are; the whole kind under the family ''."""
    for kind in CASES:
        mine = [outcome for outcome in tried if outcome.kind == kind]
        yield kind, "", sum(outcome.passed for outcome in mine), len(mine)
        for family in dict.fromkeys(outcome.case.family for outcome in mine):
            its = [outcome.passed for outcome in mine if outcome.case.family == family]
            yield kind, family, sum(its), len(its)


def _texts(case: Case) -> tuple[str, ...]:
    if isinstance(case, Minimum):
        return (case.text,)
    return (case.one, case.other) if isinstance(case, Same) else (case.before, case.after)


def _passes(case: Case, chances: dict[str, np.ndarray]) -> bool:
    if isinstance(case, Minimum):
        return LABELS[int(chances[case.text].argmax())] == case.label
    if isinstance(case, Same):
        one, other = chances[case.one], chances[case.other]
        return bool(one.argmax() == other.argmax() and np.abs(one - other).max() <= case.within)
    assert isinstance(case, Moves)
    column = LABELS.index(case.label)
    before, after = chances[case.before], chances[case.after]
    return bool(after[column] > before[column]) if case.up else bool(after.argmax() != column)
