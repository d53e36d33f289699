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
    pipeline = Pipeline([("reader", UnitReader()), ("features", features), ("classifier", VoteClassifier(reach=6.0))])
    return pipeline.set_params(**parameters)


Places = npt.NDArray[np.int64]
"""For each unit the number of its article (-1: it stands alone) and its place in it, shape (n, 2)."""

C_AROUND = 0.01
"""Inverse strength of the penalty on the second regression."""

FLOOR = 0.05
"""Added to the probabilities that are heard."""

N_AROUND = 18
"""How many units on either side are heard at most; with a reach of 6 the next would count for a twentieth."""


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


def around(probabilities: Floats, places: Places, reach: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """What is said of the units around each unit, and which units have any around them.

    The first, shape (n, 4), is a mean of the logarithms of their probabilities, each taken from the mean of the four: a
    unit at distance d in the same article weighs exp(-d / reach), and the sum is divided by one more than the sum of
    the weights, so that few neighbours count for less than many. Each probability is first raised by `FLOOR`, so that
    one paragraph that is very sure does not speak louder than several. The second is a mask of shape (n,).

    >>> heard, has_any = around(np.eye(4)[:3], np.array([[0, 0], [0, 1], [-1, 0]]), reach=1.0)
    >>> heard.round(2).tolist()
    [[-0.2, 0.61, -0.2, -0.2], [0.61, -0.2, -0.2, -0.2], [0.0, 0.0, 0.0, 0.0]]
    >>> has_any.tolist()
    [True, True, False]
    """
    said = np.log(probabilities + FLOOR)
    said -= said.mean(axis=1, keepdims=True)
    # In the order of the articles, whatever the order of the batch: sums must not differ in their last digit.
    order = np.lexsort((places[:, 1], places[:, 0]))
    article, place = places[order].T
    sums = np.zeros((len(said), 5))
    padded = np.column_stack([said[order], np.ones(len(said))])
    for step in range(1, min(N_AROUND, len(said) - 1) + 1):
        together = (article[step:] == article[:-step]) & (article[step:] >= 0)
        weight = np.where(together, np.exp(-(place[step:] - place[:-step]) / reach), 0.0)[:, None]
        sums[:-step] += weight * padded[step:]
        sums[step:] += weight * padded[:-step]
    heard = np.empty_like(said)
    heard[order] = sums[:, :4] / (1 + sums[:, 4:])
    has_any = np.empty(len(said), dtype=bool)
    has_any[order] = sums[:, 4] > 0
    return heard, has_any


class VoteClassifier(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on vote shares that hears the paragraphs around, calibrated on grouped folds.

    A unit on which readers disagreed teaches each label they gave, in proportion to their votes. Rare labels are
    weighted up, or they would hardly ever be the most probable one.

    Labels come in runs. With a `reach`, a second regression knows it: its columns are the scores that the first gives
    a unit and, by `around`, what it says of the units near by. Its penalty is strong (`C_AROUND`): what is heard should
    tip the balance. It learns from what the first says of groups that it has not seen (stacking: Wolpert 1992, "Stacked
    generalization"), and speaks of units that have others around them; a unit that stands alone has the scores of the
    first. Both are linear in the columns of a unit, so what each of its words adds is exact, and what is heard from
    around is one more term.

    Scores are divided by a temperature, the one that makes the log loss smallest on predictions for groups that were
    left out (Guo et al. 2017, "On calibration of modern neural networks").

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
    coef_, intercept_ : the first regression, already divided by its temperature: float32 array of shape
        (4, n_features), and array of shape (4,)
    own_, heard_ : the second, divided by its own: arrays of shape (4, 4), what the scores of the first and what is
        heard add to the score of each label
    base_ : array of shape (4,), likewise
    temperature_ : float, of the last regression there is; above 1 where it was too sure

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
        balance_around: float = 0.4,
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
        first_temperature = 1.0
        if groups is not None:
            groups = np.asarray(groups)
            rows = np.arange(n) if typical is None else np.flatnonzero(typical)
            scores = self._unseen_scores(X, shares, weights, groups, rows)
            if scores is not None:
                first_temperature = self.temperature_ = best_temperature(scores, shares[rows], weights[rows])
                if self.reach > 0 and places is not None:
                    self._hear(scores / first_temperature, shares[rows], weights[rows], groups[rows], places[rows])
        coef, intercept = _regress(X, shares, weights, self.C, self.balance, self.tol, self.max_iter)
        self.coef_ = (coef / first_temperature).astype(np.float32)
        self.intercept_ = intercept / first_temperature
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

    def _hear(self, scores: Floats, shares: Floats, weights: Floats, groups: npt.NDArray[Any], places: Places) -> None:
        """Fit the second regression, on what the first says of units it has not seen, and its temperature."""
        heard, has_any = around(softmax(scores), places, self.reach)
        # Only differences between labels say anything, so the scores of a unit are taken from their mean.
        middle = np.eye(4) - 0.25
        columns = sparse.csr_array(np.hstack([scores @ middle, heard])[has_any])
        shares, weights, groups = shares[has_any], weights[has_any], groups[has_any]
        folds = self._folds(shares, groups) if len(np.unique(groups)) >= self.n_folds else None
        if folds is None:
            return

        def fit(rows: Any) -> tuple[Floats, Floats]:
            return _regress(columns[rows], shares[rows], weights[rows], C_AROUND, self.balance_around, 1e-6, 1000)

        unseen = np.zeros_like(shares)
        for train, test in folds:
            coef, intercept = fit(train)
            unseen[test] = columns[test] @ coef.T + intercept
        self.temperature_ = best_temperature(unseen, shares, weights)
        coef, intercept = fit(np.arange(len(shares)))
        self.own_ = coef[:, :4] @ middle / self.temperature_
        self.heard_ = coef[:, 4:] / self.temperature_
        self.base_ = intercept / self.temperature_

    def first_scores(self, X: Any) -> Floats:
        """Scores of the first regression, shape (n, 4): a sum over columns plus the intercept."""
        return np.asarray(sparse.csr_array(X) @ self.coef_.T.astype(np.float64)) + self.intercept_

    def decision_function(self, X: Any, places: Places | None = None) -> Floats:
        """Calibrated scores, shape (n, 4), linear in the columns of each unit."""
        return self.scores(X, places)[0]

    def scores(self, X: Any, places: Places | None = None) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Calibrated scores, the part of them that is heard from around, and which units have any around them."""
        first = self.first_scores(X)
        heard, has_any = self.heard_scores(first, places)
        return np.where(has_any[:, None], first @ self.own_.T + self.base_, first) + heard, heard, has_any

    def heard_scores(self, first: Floats, places: Places | None) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """What the units around add to the scores, shape (n, 4), and which units have any around them."""
        if places is None or not self.heard_.any():
            return np.zeros_like(first), np.zeros(len(first), dtype=bool)
        heard, has_any = around(softmax(first), places, self.reach)
        return heard @ self.heard_.T, has_any

    def predict_proba(self, X: Any, places: Places | None = None) -> Floats:
        """Calibrated probabilities, shape (n, 4); every row sums to one."""
        return softmax(self.decision_function(X, places))

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


def best_temperature(scores: Floats, shares: Floats, weights: Floats) -> float:
    """What scores of unseen units have to be divided by to make their log loss smallest."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        losses = -(shares * _log_softmax(scores / np.exp(log_temperature))).sum(axis=1)
        return float(np.average(losses, weights=weights))

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded").x))


def softmax(scores: Floats) -> Floats:
    """Scores -> probabilities, row by row."""
    return np.exp(_log_softmax(scores))


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
