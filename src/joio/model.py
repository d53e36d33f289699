"""The model: one scikit-learn Pipeline from units to calibrated probabilities, additive to the last column.

``build()`` makes it, `VoteClassifier` is its last step. What lies on disk is the business of `store.py`.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import FeatureUnion, Pipeline

from joio.features import CharacterNgrams, CueCounts, Surface, WordNgrams
from joio.labels import LABELS
from joio.reader import UnitReader

Floats = npt.NDArray[np.float64]


def build(**parameters: Any) -> Pipeline:
    """The Pipeline, unfitted: units (or strings) -> probabilities of shape (n, 4).

    `parameters` are set on it by scikit-learn's names, such as ``classifier__C``. Fit it with
    ``fit(units, shares, classifier__groups=groups, classifier__sample_weight=weights)``.
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
    pipeline = Pipeline([("reader", UnitReader()), ("features", features), ("classifier", VoteClassifier())])
    return pipeline.set_params(**parameters)


class VoteClassifier(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on vote shares, calibrated by temperature on grouped folds.

    A unit on which readers disagreed teaches each label they gave, in proportion to their votes. Rare labels are
    weighted up, or they would hardly ever be the most probable one. The regression is then too sure of itself on
    sources it has not seen, so its scores are divided by a temperature, the one that makes the log loss smallest on
    predictions for groups that were left out (Guo et al. 2017, "On calibration of modern neural networks"). Dividing
    all scores by one number keeps their order and their additivity: `decision_function` is a sum over columns.

    Parameters
    ----------
    C : inverse strength of the penalty
    balance : 0 leaves labels as frequent as they are, 1 makes all weigh the same, between them the power of that ratio
    n_folds : folds of the calibration
    tol, max_iter : when the solver stops
    seed : for the folds

    Attributes
    ----------
    classes_ : array of shape (4,), `LABELS`
    coef_ : float32 array of shape (4, n_features), already divided by the temperature
    intercept_ : array of shape (4,), likewise
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
        n_folds: int = 4,
        tol: float = 1e-3,
        max_iter: int = 400,
        seed: int = 0,
    ) -> None:
        self.C = C
        self.balance = balance
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
    ) -> Self:
        """Fit on a sparse matrix and labels, or vote shares of shape (n, 4); calibrate on folds of `groups`.

        Only rows that are `typical` of what will be scored (a mask of shape (n,); all, by default) count for the
        temperature. Without groups, or with fewer groups than folds, the temperature stays 1.
        """
        X = sparse.csr_array(X)
        shares = vote_shares(y)
        weights = np.ones(len(shares)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.classes_ = np.array(LABELS)
        self.temperature_ = 1.0
        if groups is not None:
            mask = np.ones(len(shares), dtype=bool) if typical is None else np.asarray(typical, dtype=bool)
            self.temperature_ = self._temperature(X, shares, weights, np.asarray(groups), mask)
        coef, intercept = self._regress(X, shares, weights)
        self.coef_ = (coef / self.temperature_).astype(np.float32)
        self.intercept_ = intercept / self.temperature_
        return self

    def _regress(self, X: sparse.csr_array, shares: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Coefficients (4, n_features) and intercepts (4,) of the regression before calibration.

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
        by_label = (totals[present].sum() / (len(present) * totals[present])) ** self.balance
        row_weights *= by_label[np.searchsorted(present, labels)]
        # The penalty is measured against the sum of the weights, so balancing must not change it.
        row_weights *= len(shares) / row_weights.sum()
        regression = LogisticRegression(C=self.C, tol=self.tol, max_iter=self.max_iter)
        regression.fit(X[rows] if len(rows) != X.shape[0] else X, labels, sample_weight=row_weights)
        if len(present) == 2:  # scikit-learn keeps one row for two classes: the second against the first
            coef[present] = np.vstack([-regression.coef_ / 2, regression.coef_ / 2])
            intercept[present] = [-regression.intercept_[0] / 2, regression.intercept_[0] / 2]
        else:
            coef[present] = regression.coef_
            intercept[present] = regression.intercept_
        return coef, intercept

    def _temperature(
        self,
        X: sparse.csr_array,
        shares: Floats,
        weights: Floats,
        groups: npt.NDArray[Any],
        typical: npt.NDArray[np.bool_],
    ) -> float:
        from scipy.optimize import minimize_scalar
        from sklearn.model_selection import StratifiedGroupKFold

        enough_groups = len(np.unique(groups[typical])) >= self.n_folds
        if not enough_groups or np.bincount(shares.argmax(axis=1)).max() < self.n_folds:
            return 1.0
        scores = np.zeros_like(shares)
        folds = StratifiedGroupKFold(n_splits=self.n_folds, shuffle=True, random_state=self.seed)
        for train, test in folds.split(X, shares.argmax(axis=1), groups):
            test = test[typical[test]]
            coef, intercept = self._regress(X[train], shares[train], weights[train])
            scores[test] = X[test] @ coef.T + intercept

        def loss(log_temperature: float) -> float:
            log_probabilities = _log_softmax(scores[typical] / np.exp(log_temperature))
            losses = -(shares[typical] * log_probabilities).sum(axis=1)
            return float(np.average(losses, weights=weights[typical]))

        return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded").x))

    def decision_function(self, X: Any) -> Floats:
        """Calibrated scores, shape (n, 4): a sum over columns plus the intercept, nothing else."""
        return np.asarray(sparse.csr_array(X) @ self.coef_.T.astype(np.float64)) + self.intercept_

    def predict_proba(self, X: Any) -> Floats:
        """Calibrated probabilities, shape (n, 4); every row sums to one."""
        return np.exp(_log_softmax(self.decision_function(X)))

    def predict(self, X: Any) -> npt.NDArray[np.str_]:
        """The most probable label of each row, shape (n,)."""
        labels: npt.NDArray[np.str_] = self.classes_[self.decision_function(X).argmax(axis=1)]
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


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
