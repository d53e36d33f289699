"""What others would use, on the same folds and units: ``make peers``. Three quarters of an hour on two cores.

Each peer is fitted on the most voted labels as it is usually used, with the origins' weights and the balance of labels
that joio has (spaCy takes no weights: its probabilities are divided by the labels' frequencies to the same power), and
calibrated like joio, by one temperature read off groups of its training part that it has not seen. Differences from
joio come with a paired bootstrap over sources. Speed is of one process, sizes are of a joblib file.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from joio import crossval
from joio.article import Unit
from joio.console import bars
from joio.corpus import fold_groups
from joio.evaluate import evaluate
from joio.features import CueCounts, Surface
from joio.labels import LABELS
from joio.model import best_temperature, softmax
from joio.reader import UnitReader
from joio.writing import write_whole

Floats = npt.NDArray[np.float64]
BALANCE = 0.75


def texts(units: Sequence[Unit]) -> list[str]:
    """The words of units."""
    return [unit.text for unit in units]


def words() -> TfidfVectorizer:
    """Words and word pairs, as a first try takes them."""
    return TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=r"\w+|[^\w\s]")


def characters() -> TfidfVectorizer:
    """Character n-grams within words."""
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=5, sublinear_tf=True)


class NaiveBayesRatios(BaseEstimator):
    """TF-IDF values times log-count ratios of a label against the rest (Wang and Manning 2012), a block a label."""

    def fit(self, X: Any, y: npt.NDArray[np.str_]) -> Self:
        """Learn the ratios."""
        ratios = []
        for label in LABELS:
            with_it = np.asarray(X[y == label].sum(axis=0)).ravel() + 1.0
            without = np.asarray(X[y != label].sum(axis=0)).ravel() + 1.0
            ratios.append(np.log(with_it / with_it.sum()) - np.log(without / without.sum()))
        self.ratios_ = ratios
        return self

    def transform(self, X: Any) -> Any:
        """Matrix of four times as many columns."""
        return sparse.hstack([X @ sparse.diags_array(ratio) for ratio in self.ratios_]).tocsr()


class Peer(ClassifierMixin, BaseEstimator):
    """A scikit-learn pipeline on units that keeps joio's contract: probabilities cooled on grouped folds."""

    def __init__(self, pipeline: Pipeline, n_folds: int = 4) -> None:
        self.pipeline = pipeline
        self.n_folds = n_folds

    @property
    def named_steps(self) -> dict[str, Self]:
        """As a Pipeline has them: `joio.crossval` speaks to the last step of an estimator."""
        return {"classifier": self}

    def fit(self, units: Sequence[Unit], shares: Floats, **told: Any) -> Self:
        """Fit on the most voted label of each unit, and read the temperature off typical units of unseen groups."""
        groups, weights, typical = (told[f"classifier__{name}"] for name in ("groups", "sample_weight", "typical"))
        y = np.array(LABELS)[shares.argmax(axis=1)]
        counts = np.array([(weights * (y == label)).sum() for label in LABELS])
        weights = weights * (counts.sum() / (4 * counts))[shares.argmax(axis=1)] ** BALANCE
        scores = np.zeros_like(shares)
        folds = StratifiedGroupKFold(n_splits=self.n_folds, shuffle=True, random_state=0)
        for train, test in folds.split(y, y, groups):
            model = self._fit([units[i] for i in train], y[train], weights[train])
            scores[test] = self._scores(model, [units[i] for i in test])
        self.temperature_ = best_temperature(scores[typical], shares[typical], np.ones(typical.sum()))
        self.model_ = self._fit(units, y, weights)
        return self

    def _fit(self, units: Sequence[Unit], y: npt.NDArray[np.str_], weights: Floats) -> Pipeline:
        last = self.pipeline.steps[-1][0]
        return clone(self.pipeline).fit(units, y, **{f"{last}__sample_weight": weights})

    def _scores(self, model: Pipeline, units: Sequence[Unit]) -> Floats:
        order = [list(model.classes_).index(label) for label in LABELS]
        if hasattr(model[-1], "decision_function") and not hasattr(model[-1], "predict_proba"):
            return np.asarray(model.decision_function(units))[:, order]
        return np.log(np.clip(model.predict_proba(units), 1e-12, 1))[:, order]

    def predict_proba(self, units: Sequence[Unit], places: object = None) -> Floats:
        """Calibrated probabilities, shape (n, 4); each unit alone."""
        return softmax(self._scores(self.model_, units) / self.temperature_)


_LINEAR = {
    "@architectures": "spacy.TextCatBOW.v3",
    "exclusive_classes": True,
    "ngram_size": 2,
    "no_output_layer": False,
    "length": 262144,
}
_CONVOLUTIONS = {
    "@architectures": "spacy.TextCatEnsemble.v2",
    "linear_model": _LINEAR,
    "tok2vec": {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 64,
            "rows": [2000, 2000, 500, 1000, 500],
            "attrs": ["NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE"],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy.MaxoutWindowEncoder.v2",
            "width": 64,
            "window_size": 1,
            "maxout_pieces": 3,
            "depth": 2,
        },
    },
}


class SpacyTextcat(Peer):
    """spaCy's text classifier, trained twice: on three quarters of the groups for the temperature, and on all."""

    def __init__(self, architecture: dict[str, Any], epochs: int) -> None:
        self.architecture = architecture
        self.epochs = epochs

    def fit(self, units: Sequence[Unit], shares: Floats, **told: Any) -> Self:
        """Train twice."""
        groups, typical = told["classifier__groups"], told["classifier__typical"]
        labels = shares.argmax(axis=1)
        self.prior_ = np.bincount(labels, minlength=4) / len(labels)
        train, test = next(StratifiedGroupKFold(4, shuffle=True, random_state=0).split(labels, labels, groups))
        test = test[typical[test]]
        scores = self._scores(self._train([units[i] for i in train], labels[train]), [units[i] for i in test])
        self.temperature_ = best_temperature(scores, shares[test], np.ones(len(test)))
        self.model_ = self._train(units, labels)
        return self

    def _train(self, units: Sequence[Unit], labels: npt.NDArray[np.int64]) -> Any:
        import random

        import spacy
        from spacy.training import Example
        from spacy.util import fix_random_seed, minibatch

        fix_random_seed(0)
        nlp = spacy.blank("pt")
        component: Any = nlp.add_pipe("textcat", config={"model": self.architecture})
        for label in LABELS:
            component.add_label(label)
        examples = [
            Example.from_dict(
                nlp.make_doc(unit.text), {"cats": {name: float(k == label) for k, name in enumerate(LABELS)}}
            )
            for unit, label in zip(units, labels, strict=True)
        ]
        optimizer = nlp.initialize(lambda: examples)
        for _ in range(self.epochs):
            random.shuffle(examples)
            for batch in minibatch(examples, 64):
                nlp.update(batch, sgd=optimizer, drop=0.2)
        return nlp

    def _scores(self, model: Any, units: Sequence[Unit]) -> Floats:
        found = [[doc.cats[label] for label in LABELS] for doc in model.pipe(texts(units), batch_size=256)]
        scores: Floats = np.log(np.clip(found, 1e-9, 1)) - BALANCE * np.log(self.prior_)
        return scores


def dense() -> Any:
    """Cue counts, surface, and 100 directions of the words: what trees can split on."""
    read = make_pipeline(UnitReader(), make_union(CueCounts("text"), CueCounts("section"), Surface()))
    return make_union(read, make_pipeline(FunctionTransformer(texts), words(), TruncatedSVD(100, random_state=0)))


def as_array(X: Any) -> Floats:
    """Sparse matrix -> array."""
    return np.asarray(X.todense()) if sparse.issparse(X) else np.asarray(X)


PEERS: dict[str, Callable[[], Any]] = {
    "joio": crossval.BUILDERS["joio"],
    "majority": crossval.BUILDERS["majority"],
    "cue rules": crossval.BUILDERS["cue-rules"],
    "complement naive Bayes, words": lambda: Peer(make_pipeline(FunctionTransformer(texts), words(), ComplementNB())),
    "LR, words": lambda: Peer(
        make_pipeline(FunctionTransformer(texts), words(), LogisticRegression(C=4, max_iter=300, tol=1e-3))
    ),
    "LR, words and characters": lambda: Peer(
        make_pipeline(
            FunctionTransformer(texts),
            make_union(words(), characters()),
            LogisticRegression(C=4, max_iter=300, tol=1e-3),
        )
    ),
    "linear SVM, words and characters": lambda: Peer(
        make_pipeline(FunctionTransformer(texts), make_union(words(), characters()), LinearSVC(C=0.2))
    ),
    "NB-SVM, words": lambda: Peer(
        make_pipeline(FunctionTransformer(texts), words(), NaiveBayesRatios(), LinearSVC(C=0.2))
    ),
    "gradient boosting, dense": lambda: Peer(
        make_pipeline(
            dense(),
            FunctionTransformer(as_array, accept_sparse=True),
            HistGradientBoostingClassifier(max_iter=200, learning_rate=0.08),
        )
    ),
    "spaCy textcat, bag of words": lambda: SpacyTextcat(_LINEAR, 8),
    "spaCy textcat, convolutions": lambda: SpacyTextcat(_CONVOLUTIONS, 4),
}


def difference(truth: Any, one: Any, other: Any, sources: Any, draws: int = 1000) -> tuple[float, float, float]:
    """Macro-F1 of `one` less that of `other`, with a 95 % interval by paired bootstrap over sources."""
    rng = np.random.default_rng(0)
    names, place = np.unique(sources, return_inverse=True)
    tables = np.zeros((2, len(names), 4, 4))
    for which, given in enumerate((one, other)):
        np.add.at(tables[which], (place, truth, given), 1)

    def macro(confusion: Any) -> Any:
        hits = np.einsum("...kk->...k", confusion)
        return (2 * hits / np.maximum(confusion.sum(-1) + confusion.sum(-2), 1)).mean(-1)

    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    drawn = macro(np.einsum("ds,wskl->wdkl", weights, tables))
    low, high = np.quantile(drawn[0] - drawn[1], [0.025, 0.975])
    return float(macro(tables[0].sum(0)) - macro(tables[1].sum(0))), float(low), float(high)


def megabytes(model: Any) -> float:
    """The size of a trained peer on disk."""
    if isinstance(model, SpacyTextcat):
        return len(model.model_.to_bytes()) / 1e6
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=("zlib", 6))
    return len(buffer.getvalue()) / 1e6


def main() -> None:
    """Cross-validate every peer, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", help="names of peers")
    parser.add_argument("--output", type=Path, default=Path("build/peers.json"))
    arguments = parser.parse_args()
    data = crossval.read_data()
    groups = fold_groups(data.examples)
    tested = [example for example, there in zip(data.examples, data.tested, strict=True) if there]
    truth = np.array([LABELS.index(example.label) for example in tested])
    sources = np.array([example.source for example in tested])
    found: dict[str, Any] = {}
    rows: dict[str, Any] = {}
    for name, build in PEERS.items():
        if arguments.only and name not in arguments.only and name != "joio":
            continue
        with bars() as progress:
            result = crossval.cross_validate(
                data, build, progress=lambda done, total, name=name: progress(name, done, total)
            )
        scores = evaluate(
            [example.label for example in tested], result.probabilities, [example.article for example in tested]
        )
        started = time.perf_counter()
        model = crossval.fit(build(), data.examples, groups)
        seconds = time.perf_counter() - started
        units = [example.unit for example in tested[:4000]]
        started = time.perf_counter()
        model.predict_proba(units)
        speed = len(units) / (time.perf_counter() - started)
        found[name] = result.probabilities.argmax(axis=1)
        rows[name] = {
            "macro_f1": scores.macro_f1.as_dict(),
            "log_loss": scores.log_loss.value,
            "ece": scores.ece.value,
            "speculative_f1": scores.labels["speculative"].f1.value,
            "units_per_second": speed,
            "megabytes": megabytes(model),
            "seconds_to_train": seconds,
            "joio_less_it": difference(truth, found["joio"], found[name], sources),
        }
        assert abs(scores.macro_f1.value - f1_score(truth, found[name], average="macro", labels=range(4))) < 1e-9
        write_whole(arguments.output, json.dumps(rows, indent=1) + "\n")
    print(
        f"\n{'peer':<34}{'macro-F1':>10}{'log loss':>10}{'ECE':>8}{'units/s':>10}{'MB':>7}{'train s':>9}  joio less it"
    )
    for name, row in rows.items():
        gain, low, high = row["joio_less_it"]
        print(
            f"{name:<34}{row['macro_f1']['value']:>10.3f}{row['log_loss']:>10.3f}{row['ece']:>8.3f}"
            f"{row['units_per_second']:>10,.0f}{row['megabytes']:>7.1f}{row['seconds_to_train']:>9.0f}"
            f"  {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
        )


if __name__ == "__main__":
    main()
