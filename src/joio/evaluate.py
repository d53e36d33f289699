"""How good is a model, and how sure are we: (truth, probabilities, groups) -> a frozen Report.

All figures are computed from per-article sums, so that the bootstrap over articles is a matrix product: an article is
drawn or not drawn as a whole, because the paragraphs of one article are not independent of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from joio.labels import LABELS

Floats = npt.NDArray[np.float64]
N_BINS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval by bootstrap over articles."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def as_dict(self) -> dict[str, float]:
        """The three numbers as JSON holds them."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Precision, recall and F1 of one label; `support` is the number of units that truly carry it."""

    precision: Figure
    recall: Figure
    f1: Figure
    support: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions whose confidence (the probability of the label given) lies in one tenth of [0, 1]."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """How good the predictions are that a model is surest of: those whose confidence is at least `threshold`."""

    threshold: float
    coverage: float
    accuracy: float
    macro_f1: float

    def as_dict(self) -> dict[str, float]:
        """The four numbers as JSON holds them."""
        return {
            "threshold": self.threshold,
            "coverage": self.coverage,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
        }


COVERAGES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
"""Shares of the predictions, surest first, that a risk-coverage curve is read at."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one model on one set of units.

    `log_loss` is in nats; `brier` is the sum over labels of squared differences, in [0, 2]; `ece` is the expected
    calibration error of the label given, over ten bins of equal width. `confusion` has a row a true label and a column
    a predicted one, in the order of `LABELS`. `coverage` is the risk-coverage curve at `COVERAGES`.
    """

    n: int
    n_articles: int
    macro_f1: Figure
    accuracy: Figure
    log_loss: Figure
    brier: Figure
    ece: Figure
    labels: dict[str, LabelScore]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[ReliabilityBin, ...]
    coverage: tuple[CoveragePoint, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The scores as JSON holds them."""
        return {
            "n": self.n,
            "n_articles": self.n_articles,
            **{name: getattr(self, name).as_dict() for name in ("macro_f1", "accuracy", "log_loss", "brier", "ece")},
            "labels": {
                label: {
                    "precision": score.precision.as_dict(),
                    "recall": score.recall.as_dict(),
                    "f1": score.f1.as_dict(),
                    "support": score.support,
                }
                for label, score in self.labels.items()
            },
            "confusion": [list(row) for row in self.confusion],
            "reliability": [
                {"low": b.low, "high": b.high, "count": b.count, "confidence": b.confidence, "accuracy": b.accuracy}
                for b in self.reliability
            ],
            "coverage": [point.as_dict() for point in self.coverage],
        }


def evaluate(
    truth: Sequence[str],
    probabilities: Floats,
    articles: Sequence[str],
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> Scores:
    """Score predicted probabilities against true labels, with intervals by bootstrap over articles.

    Parameters
    ----------
    truth : labels, length n
    probabilities : array of shape (n, 4), rows summing to one, columns in the order of `LABELS`
    articles : the article of each unit, length n

    Raises
    ------
    ValueError
        Where the lengths differ, a row does not sum to one, or there is nothing to score.

    Examples
    --------
    >>> scores = evaluate(["factual", "opinion"], np.array([[.9, 0, .1, 0], [.2, 0, .8, 0]]), ["a", "b"])
    >>> scores.accuracy.value, scores.labels["opinion"].f1.value
    (1.0, 1.0)
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    n = len(truth)
    if n == 0 or probabilities.shape != (n, len(LABELS)) or len(articles) != n:
        raise ValueError(f"got {n} labels, probabilities {probabilities.shape} and {len(articles)} articles")
    if not np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-6):
        raise ValueError("probabilities must sum to one in every row")

    true = np.array([LABELS.index(label) for label in truth])
    sums, names = _sums_by_article(true, probabilities, articles)
    point = _figures(sums.sum(axis=0, keepdims=True))
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_bootstrap).astype(np.float64)
    drawn = _figures(weights @ sums)

    def figure(name: str, label: int | None = None) -> Figure:
        value = point[name][0] if label is None else point[name][0, label]
        values = drawn[name] if label is None else drawn[name][:, label]
        low, high = np.quantile(values, [0.025, 0.975])
        return Figure(float(value), float(low), float(high))

    confusion = sums[:, :16].sum(axis=0).reshape(4, 4).astype(int)
    return Scores(
        n=n,
        n_articles=len(names),
        macro_f1=figure("macro_f1"),
        accuracy=figure("accuracy"),
        log_loss=figure("log_loss"),
        brier=figure("brier"),
        ece=figure("ece"),
        labels={
            label: LabelScore(figure("precision", k), figure("recall", k), figure("f1", k), int(confusion[k].sum()))
            for k, label in enumerate(LABELS)
        },
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        reliability=_reliability(sums.sum(axis=0)),
        coverage=tuple(
            surest(truth, probabilities, float(np.sort(probabilities.max(axis=1))[-round(share * n) or -1]))
            for share in COVERAGES
        ),
    )


def surest(truth: Sequence[str], probabilities: Floats, threshold: float) -> CoveragePoint:
    """Accuracy and macro-F1 on the predictions whose confidence is at least `threshold`.

    >>> probabilities = np.array([[0.9, 0, 0.1, 0], [0.6, 0, 0.4, 0]])
    >>> surest(["factual", "opinion"], probabilities, 0.7)
    CoveragePoint(threshold=0.7, coverage=0.5, accuracy=1.0, macro_f1=1.0)
    """
    sure = probabilities.max(axis=1) >= threshold
    if not sure.any():
        return CoveragePoint(threshold, 0.0, 0.0, 0.0)
    true = np.array([LABELS.index(label) for label in truth])[sure]
    confusion = np.zeros((4, 4))
    np.add.at(confusion, (true, probabilities[sure].argmax(axis=1)), 1)
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    f1 = _divide(2 * np.diag(confusion), both)
    return CoveragePoint(
        threshold, float(sure.mean()), float(np.trace(confusion) / confusion.sum()), float(f1[both > 0].mean())
    )


def _sums_by_article(
    true: npt.NDArray[np.int64], probabilities: Floats, articles: Sequence[str]
) -> tuple[Floats, list[str]]:
    """What each article adds to every figure, shape (articles, 18 + 3 bins).

    Columns: the confusion matrix row by row (16), log loss, Brier; then by bin the count, the confidence, the hits.
    """
    names, article = np.unique(np.asarray(articles), return_inverse=True)
    n = len(true)
    predicted = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(n), predicted]
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    one_hot = np.eye(len(LABELS))[true]
    columns = np.zeros((n, 18 + 3 * N_BINS))
    rows = np.arange(n)
    columns[rows, true * 4 + predicted] = 1
    columns[:, 16] = -np.log(np.clip(probabilities[rows, true], 1e-15, 1))
    columns[:, 17] = ((probabilities - one_hot) ** 2).sum(axis=1)
    columns[rows, 18 + bins] = 1
    columns[rows, 18 + N_BINS + bins] = confidence
    columns[rows, 18 + 2 * N_BINS + bins] = predicted == true
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, article, columns)
    return sums, [str(name) for name in names]


def _figures(sums: Floats) -> dict[str, Floats]:
    """Sums of shape (draws, columns) -> each figure, shape (draws,) or (draws, 4)."""
    confusion = sums[:, :16].reshape(-1, 4, 4)
    total = confusion.sum(axis=(1, 2))
    hits = np.einsum("dkk->dk", confusion)
    true, predicted = confusion.sum(axis=2), confusion.sum(axis=1)
    precision = _divide(hits, predicted)
    recall = _divide(hits, true)
    f1 = _divide(2 * hits, true + predicted)
    counts, confidence, correct = (sums[:, 18 + k * N_BINS : 18 + (k + 1) * N_BINS] for k in range(3))
    # A label that a set of units neither holds nor is given says nothing, so it is left out of the mean.
    present = (true + predicted) > 0
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "macro_f1": _divide((f1 * present).sum(axis=1), present.sum(axis=1)),
        "accuracy": hits.sum(axis=1) / total,
        "log_loss": sums[:, 16] / total,
        "brier": sums[:, 17] / total,
        "ece": np.abs(confidence - correct).sum(axis=1) / total,
    } | {"count": counts}


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator, dtype=np.float64), where=denominator > 0)


def _reliability(sums: Floats) -> tuple[ReliabilityBin, ...]:
    counts, confidence, correct = (sums[18 + k * N_BINS : 18 + (k + 1) * N_BINS] for k in range(3))
    return tuple(
        ReliabilityBin(
            k / N_BINS,
            (k + 1) / N_BINS,
            int(counts[k]),
            float(confidence[k] / counts[k]) if counts[k] else 0.0,
            float(correct[k] / counts[k]) if counts[k] else 0.0,
        )
        for k in range(N_BINS)
    )
