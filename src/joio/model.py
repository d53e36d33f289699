"""The model: one scikit-learn Pipeline from units to calibrated probabilities, additive to the last column.

``build()`` makes it, `VoteClassifier` is its last step: a regression on the columns of a unit, and a second, small one
that hears what the first says of the paragraphs around. What lies on disk is the business of `store.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import FeatureUnion, Pipeline

from joio.article import Unit
from joio.features import CharacterNgrams, CueCounts, Surface, WordNgrams
from joio.labels import LABELS
from joio.reader import UnitReader

Floats = npt.NDArray[np.float64]


def build(**parameters: Any) -> Pipeline:
    """The Pipeline, unfitted: units (or strings) -> probabilities of shape (n, 4).

    `parameters` are set on it by scikit-learn's names, such as ``classifier__C``. Fit it with
    ``fit(units, shares, classifier__groups=groups, classifier__sample_weight=weights, classifier__places=places)``,
    with the `places_of` the units, and give ``predict_proba`` the places of its units too.
    """
    features = FeatureUnion(
        [
            ("words", WordNgrams("text", min_df=3)),
            ("characters", CharacterNgrams(2, 5, min_df=5)),
            ("cues", CueCounts("text", scale=1.0)),
            ("surface", Surface()),
            ("section", WordNgrams("section", min_df=5)),
            ("section_cues", CueCounts("section")),
            ("title_cues", CueCounts("title", scale=0.25)),
            ("previous", WordNgrams("previous", min_df=8, scale=0.5)),
            ("previous_cues", CueCounts("previous", scale=0.25)),
            ("next", WordNgrams("next", min_df=8, scale=0.5)),
            ("next_cues", CueCounts("next", scale=0.25)),
        ]
    )
    pipeline = Pipeline([("reader", UnitReader()), ("features", features), ("classifier", VoteClassifier(reach=4.0))])
    return pipeline.set_params(**parameters)


Places = npt.NDArray[np.int64]
"""For each unit the number of its article (-1: it stands alone) and its place in it, shape (n, 2)."""

N_AROUND = 12
"""How many units on either side are heard at most; with a reach of 4 the next would count for a thirtieth."""


def places_of(units: Sequence[Unit | str]) -> Places:
    """Where units stand, by their `article` and `position`; in the order given where they have no position.

    >>> places_of([Unit("a", article="x", position=1), Unit("b"), Unit("c", article="x", position=4)]).tolist()
    [[0, 1], [-1, 0], [0, 4]]
    """
    places = np.zeros((len(units), 2), dtype=np.int64)
    numbers: dict[str, int] = {}
    for row, unit in enumerate(units):
        if isinstance(unit, str) or unit.article is None:
            places[row, 0] = -1
            continue
        places[row, 0] = numbers.setdefault(unit.article, len(numbers))
        places[row, 1] = row if unit.position is None else unit.position
    return places


def around(scores: Floats, places: Places, reach: float) -> Floats:
    """What is said of the units around each unit: a mean of their scores, near ones first, shape (n, 4).

    A unit at distance d of the same article weighs exp(-d / reach), and the sum is divided by one more than the sum of
    the weights, so that few neighbours count for less than many, and a unit that stands alone hears nothing.

    >>> around(np.eye(4)[:3], np.array([[0, 0], [0, 1], [-1, 0]]), reach=1.0).round(2).tolist()
    [[0.0, 0.27, 0.0, 0.0], [0.27, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    # In the order of the articles, whatever the order of the batch: sums must not differ in their last digit.
    order = np.lexsort((places[:, 1], places[:, 0]))
    article, place = places[order].T
    sums = np.zeros((len(scores), 5))
    padded = np.column_stack([scores[order], np.ones(len(scores))])
    for step in range(1, min(N_AROUND, len(scores) - 1) + 1):
        together = (article[step:] == article[:-step]) & (article[step:] >= 0)
        weight = np.where(together, np.exp(-(place[step:] - place[:-step]) / reach), 0.0)[:, None]
        sums[:-step] += weight * padded[step:]
        sums[step:] += weight * padded[:-step]
    heard = np.empty_like(scores)
    heard[order] = sums[:, :4] / (1 + sums[:, 4:])
    return heard


class VoteClassifier(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on vote shares that hears the paragraphs around, calibrated on grouped folds.

    A unit on which readers disagreed teaches each label they gave, in proportion to their votes. Rare labels are
    weighted up, or they would hardly ever be the most probable one.

    With a `reach`, labels come in runs, and a second regression knows it: its columns are the scores that the first
    gives a unit and, by `around`, those it gives its neighbours. It learns from scores of units whose group the first
    regression had not seen (stacking: Wolpert 1992, "Stacked generalization"). Both are linear, so what the words of a
    unit and the words of its neighbours add to its scores is still exact.

    The scores are then divided by a temperature, the one that makes the log loss smallest on predictions for groups
    that were left out (Guo et al. 2017, "On calibration of modern neural networks").

    Parameters
    ----------
    C : inverse strength of the penalty
    balance : 0 leaves labels as frequent as they are, 1 makes all weigh the same, between them the power of that ratio
    reach : how far around a unit is heard, in units (see `around`); 0 for not at all
    balance_around : as `balance`, for the second regression
    n_folds : folds of the calibration
    tol, max_iter : when the solver stops
    seed : for the folds

    Attributes
    ----------
    classes_ : array of shape (4,), `LABELS`
    coef_, intercept_ : the first regression: float32 array of shape (4, n_features), and array of shape (4,)
    own_, heard_ : arrays of shape (4, 4): what a unit's own scores and those around it add to each label's final score,
        already divided by the temperature
    base_ : array of shape (4,), likewise
    temperature_ : float, above 1 where the regression was too sure

    Examples
    --------
    >>> X = sparse.csr_array(np.eye(4).repeat(6, axis=0))
    >>> model = VoteClassifier(n_folds=2).fit(X, np.repeat(LABELS, 6), groups=np.tile(np.arange(6), 4))
    >>> model.predict(X[:1])
    array(['factual'], dtype='<U11')
    """

    def __init__(
        self,
        C: float = 2.0,
        balance: float = 0.75,
        reach: float = 0.0,
        balance_around: float = 0.35,
        n_folds: int = 4,
        tol: float = 1e-3,
        max_iter: int = 400,
        seed: int = 0,
    ) -> None:
        self.C = C
        self.balance = balance
        self.reach = reach
        self.balance_around = balance_around
        self.n_folds = n_folds
        self.tol = tol
        self.max_iter = max_iter
        self.seed = seed

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        typical: npt.ArrayLike | None = None,
        places: Places | None = None,
    ) -> Self:
        """Fit on a sparse matrix and labels, or vote shares of shape (n, 4); calibrate on folds of `groups`.

        Only rows that are `typical` of what will be scored (a mask of shape (n,); all, by default) count for the
        second regression and the temperature. Without groups, or with fewer groups than folds, there is no second
        regression and the temperature stays 1. Without `places` every unit stands alone.
        """
        X = sparse.csr_array(X)
        shares = vote_shares(y)
        n = len(shares)
        weights = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.classes_ = np.array(LABELS)
        self.temperature_ = 1.0
        self.own_, self.heard_, self.base_ = np.eye(4), np.zeros((4, 4)), np.zeros(4)
        if groups is not None:
            rows = np.arange(n) if typical is None else np.flatnonzero(typical)
            scores = self._unseen_scores(X, shares, weights, np.asarray(groups), rows)
            if scores is not None:
                here = None if places is None else places[rows]
                self._calibrate(scores, shares[rows], weights[rows], np.asarray(groups)[rows], here)
        coef, intercept = _regress(X, shares, weights, self.C, self.balance, self.tol, self.max_iter)
        self.coef_ = coef.astype(np.float32)
        self.intercept_ = intercept
        return self

    def _folds(self, shares: Floats, groups: npt.NDArray[Any]) -> list[tuple[Any, Any]] | None:
        """Grouped folds, or None where there are too few groups or units for them."""
        from sklearn.model_selection import StratifiedGroupKFold

        labels = shares.argmax(axis=1)
        if np.bincount(labels).max() < self.n_folds:
            return None
        folds = StratifiedGroupKFold(n_splits=self.n_folds, shuffle=True, random_state=self.seed)
        return list(folds.split(labels, labels, groups))

    def _unseen_scores(
        self,
        X: sparse.csr_array,
        shares: Floats,
        weights: Floats,
        groups: npt.NDArray[Any],
        rows: npt.NDArray[np.int64],
    ) -> Floats | None:
        """The first regression's scores for `rows`, each by a fit that saw none of its group; None without folds."""
        folds = self._folds(shares, groups) if len(np.unique(groups[rows])) >= self.n_folds else None
        if folds is None:
            return None
        scores = np.zeros_like(shares)
        wanted = np.zeros(len(shares), dtype=bool)
        wanted[rows] = True
        for train, test in folds:
            test = test[wanted[test]]
            coef, intercept = _regress(
                X[train], shares[train], weights[train], self.C, self.balance, self.tol, self.max_iter
            )
            scores[test] = X[test] @ coef.T + intercept
        unseen: Floats = scores[rows]
        return unseen

    def _calibrate(
        self, scores: Floats, shares: Floats, weights: Floats, groups: npt.NDArray[Any], places: Places | None
    ) -> None:
        """Fit the second regression and the temperature on scores of unseen units."""
        folds = self._folds(shares, groups) if self.reach > 0 and places is not None else None
        if folds is None or places is None:
            self._cool(scores, shares, weights)
            return
        # Only differences between labels say anything, so the scores of a unit are taken from their mean.
        middle = np.eye(4) - 0.25
        scores = scores @ middle
        columns = np.hstack([scores, around(scores, places, self.reach)])
        second = np.zeros_like(scores)

        def fit(rows: Any) -> tuple[Floats, Floats]:
            return _regress(
                sparse.csr_array(columns[rows]), shares[rows], weights[rows], 1.0, self.balance_around, 1e-6, 1000
            )

        for train, test in folds:
            coef, intercept = fit(train)
            second[test] = columns[test] @ coef.T + intercept
        coef, intercept = fit(np.arange(len(shares)))
        self.own_, self.heard_, self.base_ = coef[:, :4] @ middle, coef[:, 4:] @ middle, intercept
        self._cool(second, shares, weights)

    def _cool(self, scores: Floats, shares: Floats, weights: Floats) -> None:
        """Find the temperature on scores of unseen units, and divide by it."""
        from scipy.optimize import minimize_scalar

        def loss(log_temperature: float) -> float:
            losses = -(shares * _log_softmax(scores / np.exp(log_temperature))).sum(axis=1)
            return float(np.average(losses, weights=weights))

        self.temperature_ = float(np.exp(minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded").x))
        self.own_, self.heard_, self.base_ = (part / self.temperature_ for part in (self.own_, self.heard_, self.base_))

    def first_scores(self, X: Any) -> Floats:
        """Scores of the first regression, shape (n, 4): a sum over columns plus the intercept."""
        return np.asarray(sparse.csr_array(X) @ self.coef_.T.astype(np.float64)) + self.intercept_

    def decision_function(self, X: Any, places: Places | None = None) -> Floats:
        """Calibrated scores, shape (n, 4), linear in the columns of each unit and of those around it."""
        first = self.first_scores(X)
        return first @ self.own_.T + self.base_ + self._heard(first, places)

    def heard_scores(self, X: Any, places: Places | None) -> Floats:
        """What the units around add to the scores, shape (n, 4); it is part of `decision_function`."""
        return self._heard(self.first_scores(X), places)

    def _heard(self, first: Floats, places: Places | None) -> Floats:
        if places is None or not self.heard_.any():
            return np.zeros_like(first)
        heard: Floats = around(first, places, self.reach) @ self.heard_.T
        return heard

    def predict_proba(self, X: Any, places: Places | None = None) -> Floats:
        """Calibrated probabilities, shape (n, 4); every row sums to one."""
        return np.exp(_log_softmax(self.decision_function(X, places)))

    def predict(self, X: Any, places: Places | None = None) -> npt.NDArray[np.str_]:
        """The most probable label of each row, shape (n,)."""
        labels: npt.NDArray[np.str_] = self.classes_[self.decision_function(X, places).argmax(axis=1)]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _regress(
    X: sparse.csr_array, shares: Floats, weights: Floats, C: float, balance: float, tol: float, max_iter: int
) -> tuple[Floats, Floats]:
    """Coefficients (4, n_features) and intercepts (4,) of a regression on vote shares.

    A row with shares .5 and .5 enters as two rows of half the weight, which gives the cross entropy of the shares.
    """
    from sklearn.linear_model import LogisticRegression

    rows, labels = np.nonzero(shares)
    row_weights = weights[rows] * shares[rows, labels]
    totals = np.bincount(labels, row_weights, minlength=len(LABELS))
    present = np.flatnonzero(totals)
    coef = np.zeros((len(LABELS), X.shape[1]))
    # A label that the data does not hold is never given: e^-30 is no probability worth showing.
    intercept = np.full(len(LABELS), -30.0)
    if len(present) == 1:
        intercept[present] = 0.0
        return coef, intercept
    by_label = (totals[present].sum() / (len(present) * totals[present])) ** balance
    row_weights *= by_label[np.searchsorted(present, labels)]
    # The penalty is measured against the sum of the weights, so balancing must not change it.
    row_weights *= len(shares) / row_weights.sum()
    regression = LogisticRegression(C=C, tol=tol, max_iter=max_iter)
    regression.fit(X[rows] if len(rows) != X.shape[0] else X, labels, sample_weight=row_weights)
    if len(present) == 2:  # scikit-learn keeps one row for two classes: the second against the first
        coef[present] = np.vstack([-regression.coef_ / 2, regression.coef_ / 2])
        intercept[present] = [-regression.intercept_[0] / 2, regression.intercept_[0] / 2]
    else:
        coef[present] = regression.coef_
        intercept[present] = regression.intercept_
    return coef, intercept


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_softmax: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_softmax


def vote_shares(y: npt.ArrayLike) -> Floats:
    """Labels, length n, or vote shares of shape (n, 4) -> vote shares of shape (n, 4).

    >>> vote_shares(["opinion"]).tolist()
    [[0.0, 0.0, 1.0, 0.0]]
    """
    y = np.asarray(y)
    if y.ndim == 2:
        return y.astype(np.float64)
    unknown = set(y.tolist()) - set(LABELS)
    if unknown:
        raise ValueError(f"unknown labels {sorted(map(str, unknown))}, expected some of {LABELS}")
    shares: Floats = (y[:, None] == np.array(LABELS)).astype(np.float64)
    return shares
