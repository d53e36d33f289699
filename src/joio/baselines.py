"""What the model has to beat: estimators with its own contract, evaluated in the same run on the same folds.

Each takes units and gives probabilities of shape (n, 4), like the Pipeline of `joio.model.build`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import FeatureUnion, Pipeline

from joio.article import Unit
from joio.cues import load_cues
from joio.features import WordNgrams
from joio.labels import LABELS
from joio.model import VoteClassifier, vote_shares
from joio.reader import UnitReader

Floats = npt.NDArray[np.float64]


class Majority(ClassifierMixin, BaseEstimator):
    """Says the most frequent label of the training data, with the labels' frequencies as probabilities.

    >>> Majority().fit(["a", "b", "c"], ["opinion", "opinion", "factual"]).predict(["d"]).tolist()
    ['opinion']
    """

    def fit(self, units: Sequence[Unit | str], y: npt.ArrayLike, **_: object) -> Self:
        """Count labels, or vote shares of shape (n, 4)."""
        self.classes_ = np.array(LABELS)
        self.frequencies_ = vote_shares(y).mean(axis=0)
        return self

    def predict_proba(self, units: Sequence[Unit | str]) -> Floats:
        """The same probabilities for every unit, shape (n, 4)."""
        return np.tile(self.frequencies_, (len(units), 1))

    def predict(self, units: Sequence[Unit | str]) -> npt.NDArray[np.str_]:
        """The same label for every unit."""
        labels: npt.NDArray[np.str_] = self.classes_[self.predict_proba(units).argmax(axis=1)]
        return labels


class CueRules(ClassifierMixin, BaseEstimator):
    """Counts cues: each kind of `cues/pt.toml` speaks for its label, and the label most spoken for is given.

    Some cues are common in any text, so a label's count is set against the count to be expected in a text of that
    length. That expectation and the labels' frequencies are all that `fit` learns.

    Parameters
    ----------
    smoothing : added to counts, so that one cue in a short text does not decide alone
    """

    def __init__(self, smoothing: float = 1.0) -> None:
        self.smoothing = smoothing

    def fit(self, units: Sequence[Unit | str], y: npt.ArrayLike, **_: object) -> Self:
        """Learn how frequent each label is, and its cues by word of text."""
        self.classes_ = np.array(LABELS)
        self.reader_ = UnitReader().fit(units)
        counts, lengths = self._count(units)
        self.rates_ = counts.sum(axis=0) / max(lengths.sum(), 1.0)
        self.frequencies_ = (vote_shares(y).sum(axis=0) + 1) / (len(units) + len(LABELS))
        return self

    def _count(self, units: Sequence[Unit | str]) -> tuple[Floats, Floats]:
        column = {kind.name: LABELS.index(kind.label) for kind in load_cues()}
        counts = np.zeros((len(units), len(LABELS)))
        lengths = np.zeros(len(units))
        for row, read in enumerate(self.reader_.transform(units)):
            lengths[row] = len(read.text.words)
            for cue in read.text.cues:
                counts[row, column[cue.kind]] += 1
        return counts, lengths

    def predict_proba(self, units: Sequence[Unit | str]) -> Floats:
        """Excess of cues over what is expected, times the labels' frequencies, made to sum to one; shape (n, 4)."""
        counts, lengths = self._count(units)
        expected = lengths[:, None] * self.rates_
        odds = (counts + self.smoothing) / (expected + self.smoothing) * np.sqrt(self.frequencies_)
        probabilities: Floats = odds / odds.sum(axis=1, keepdims=True)
        return probabilities

    def predict(self, units: Sequence[Unit | str]) -> npt.NDArray[np.str_]:
        """The label most spoken for."""
        labels: npt.NDArray[np.str_] = self.classes_[self.predict_proba(units).argmax(axis=1)]
        return labels


def word_tfidf(**parameters: Any) -> Pipeline:
    """The usual first try: TF-IDF of words and word pairs, logistic regression; no cues, no characters, no context."""
    features = FeatureUnion([("words", WordNgrams("text", min_df=3))])
    pipeline = Pipeline([("reader", UnitReader()), ("features", features), ("classifier", VoteClassifier())])
    return pipeline.set_params(**parameters)
