"""The released model behaves: at least so many of the cases pass, by kind, and the cases are there."""

from __future__ import annotations

from collections import Counter

import pytest

import joio
from joio.labels import LABELS
from tests.behaviour.cases import CASES, Kind, Minimum, Moves, Same
from tests.behaviour.check import Outcome, outcomes, rates

FLOORS: dict[Kind, float] = {"minimum functionality": 0.82, "invariance": 0.93, "direction": 0.87}
"""Below these a model is not released. What fails above them is told in the card, by family."""


@pytest.fixture(scope="module")
def tried() -> list[Outcome]:
    return outcomes(joio.load())


def test_there_are_two_hundred_cases_of_three_kinds_and_no_two_are_the_same() -> None:
    everything = [case for cases in CASES.values() for case in cases]
    assert len(everything) >= 200 and len(set(everything)) == len(everything)
    assert all(len(cases) >= 50 for cases in CASES.values())
    minimum = Counter(case.label for case in everything if isinstance(case, Minimum))
    assert set(minimum) == set(LABELS) and min(minimum.values()) >= 20


def test_changes_change_something() -> None:
    for cases in CASES.values():
        for case in cases:
            if isinstance(case, Same) and case.family not in ("decomposed accents", "lost accents"):
                assert case.one != case.other
            if isinstance(case, Moves):
                assert case.before != case.after


@pytest.mark.parametrize("kind", FLOORS)
def test_the_released_model_passes_most_cases_of_each_kind(tried: list[Outcome], kind: Kind) -> None:
    [(passed, n)] = [(passed, n) for k, family, passed, n in rates(tried) if k == kind and not family]
    failing = [outcome.case for outcome in tried if outcome.kind == kind and not outcome.passed]
    assert passed / n >= FLOORS[kind], failing


def test_a_model_that_always_says_the_same_fails() -> None:
    class Majority:
        def probabilities(self, texts: list[str]) -> object:
            import numpy as np

            return np.tile([0.7, 0.1, 0.1, 0.1], (len(texts), 1))

    by_kind = {kind: passed / n for kind, family, passed, n in rates(outcomes(Majority())) if not family}  # type: ignore[arg-type]
    assert by_kind["minimum functionality"] == 0.25 and by_kind["direction"] < 0.5
