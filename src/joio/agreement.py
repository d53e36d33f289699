"""How far readers agree: Krippendorff's alpha, Cohen's kappa, agreement by label, and where they part.

Votes carry no names, so any two votes on a unit are a pair of readers, taken in both orders. A figure near 1 says that
the guide can be followed, not that it is right. (Krippendorff 2011, "Computing Krippendorff's alpha-reliability".)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from joio.labels import LABELS

VOTES: tuple[str, ...] = (*LABELS, "skip")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the votes on units say of the readers.

    `alpha` is Krippendorff's for nominal data; `kappa` Cohen's over all pairs of votes; `raw` the share of pairs that
    are equal. `by_label` is, for each label, the chance that a second reader gives it where a first one did. `pairs`
    counts pairs of votes in both orders, rows and columns in the order of `VOTES`.
    """

    n_units: int
    n_votes: int
    alpha: float
    kappa: float
    raw: float
    by_label: dict[str, float]
    pairs: tuple[tuple[int, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON holds them."""
        return {
            "units": self.n_units,
            "votes": self.n_votes,
            "alpha": self.alpha,
            "kappa": self.kappa,
            "raw": self.raw,
            "by_label": self.by_label,
            "pairs": [list(row) for row in self.pairs],
        }


def agreement(votes: Sequence[Sequence[str]], *, first: int | None = None) -> Agreement:
    """Measure agreement on units that have at least two votes; the others say nothing.

    With ``first=2`` only the first two votes of a unit count: where a third reader was called in because two differed,
    the third votes lie on the hardest units only and would make all readers look worse than they are.

    Raises ValueError where no unit has two votes, or a vote is no label.

    >>> result = agreement([["factual", "factual"], ["opinion", "opinion"], ["factual", "opinion"], ["opinion"]])
    >>> result.n_units, round(result.raw, 3), round(result.kappa, 3)
    (3, 0.667, 0.333)
    """
    voted = [unit[:first] for unit in votes if len(unit[:first]) > 1]
    if not voted:
        raise ValueError("no unit has two votes")
    n = len(VOTES)
    pairs = np.zeros((n, n))
    coincidences = np.zeros((n, n))
    for unit in voted:
        counts = np.array([list(unit).count(vote) for vote in VOTES], dtype=np.float64)
        if counts.sum() != len(unit):
            raise ValueError(f"unknown votes {sorted(set(unit) - set(VOTES))}, expected some of {VOTES}")
        together = np.outer(counts, counts) - np.diag(counts)
        pairs += together
        coincidences += together / (len(unit) - 1)
    marginals = pairs.sum(axis=1)
    raw = np.trace(pairs) / pairs.sum()
    by_chance = float(((marginals / marginals.sum()) ** 2).sum())
    given = marginals > 0
    return Agreement(
        n_units=len(voted),
        n_votes=sum(map(len, voted)),
        alpha=_alpha(coincidences),
        kappa=float((raw - by_chance) / (1 - by_chance)) if by_chance < 1 else 1.0,
        raw=float(raw),
        by_label={VOTES[k]: float(pairs[k, k] / marginals[k]) for k in np.flatnonzero(given)},
        pairs=tuple(tuple(int(count) for count in row) for row in pairs),
    )


def _alpha(coincidences: Floats) -> float:
    """One minus observed over expected disagreement, from the matrix of coincidences."""
    totals = coincidences.sum(axis=1)
    n = totals.sum()
    observed = n - np.trace(coincidences)
    expected = (n**2 - (totals**2).sum()) / (n - 1)
    return float(1 - observed / expected) if expected else 1.0
