"""Every figure equals that of scikit-learn, or one worked out by hand; intervals are those of a plain bootstrap."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from joio.evaluate import COVERAGES, Figure, Scores, evaluate, surest
from joio.labels import LABELS

Floats = npt.NDArray[np.float64]
Sample = tuple[list[str], Floats, list[str]]


def sample(seed: int, n: int = 300, n_articles: int = 30, labels: tuple[str, ...] = LABELS) -> Sample:
    """Labels, probabilities that know something of them, articles of uneven length."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, size=n).tolist()
    scores = rng.normal(size=(n, 4))
    scores[np.arange(n), [LABELS.index(label) for label in truth]] += 1.2
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    articles = [f"a{int(k)}" for k in rng.integers(0, n_articles, size=n) ** 2 // n_articles]
    return truth, probabilities, articles


def given(probabilities: Floats) -> list[str]:
    return [LABELS[k] for k in probabilities.argmax(axis=1)]


def certain(labels: Sequence[str]) -> Floats:
    return np.eye(4)[[LABELS.index(label) for label in labels]]


# ---------------------------------------------------------------------------------------------------- the figures


@pytest.mark.parametrize("seed", range(5))
def test_figures_equal_those_of_scikit_learn(seed: int) -> None:
    truth, probabilities, articles = sample(seed)
    predicted = given(probabilities)
    scores = evaluate(truth, probabilities, articles, n_bootstrap=10)

    assert scores.n == 300
    assert scores.n_articles == len(set(articles))
    assert scores.accuracy.value == pytest.approx(accuracy_score(truth, predicted))
    assert scores.macro_f1.value == pytest.approx(f1_score(truth, predicted, average="macro"))
    index = [LABELS.index(label) for label in truth]
    assert scores.log_loss.value == pytest.approx(log_loss(index, probabilities, labels=[0, 1, 2, 3]))
    assert np.array_equal(scores.confusion, confusion_matrix(truth, predicted, labels=list(LABELS)))
    expected = precision_recall_fscore_support(truth, predicted, labels=list(LABELS))
    for k, label in enumerate(LABELS):
        score = scores.labels[label]
        found = (score.precision.value, score.recall.value, score.f1.value, score.support)
        assert found == pytest.approx([column[k] for column in expected])


def test_brier_by_hand() -> None:
    probabilities = np.array([[0.7, 0.1, 0.1, 0.1], [0.2, 0.2, 0.5, 0.1]])
    scores = evaluate(["factual", "promotional"], probabilities, ["a", "b"], n_bootstrap=10)
    first = 0.3**2 + 3 * 0.1**2
    second = 0.2**2 + 0.2**2 + 0.5**2 + 0.9**2
    assert scores.brier.value == pytest.approx((first + second) / 2)


def test_calibration_error_by_hand() -> None:
    confidences = [0.62, 0.68, 0.66, 0.91, 0.95]
    right = [True, False, False, True, True]
    probabilities = np.array([[p, 1 - p, 0, 0] for p in confidences])
    truth = ["factual" if one else "opinion" for one in right]
    scores = evaluate(truth, probabilities, list("abcde"), n_bootstrap=10)
    low = abs((0.62 + 0.68 + 0.66) / 3 - 1 / 3)
    high = abs((0.91 + 0.95) / 2 - 1)
    assert scores.ece.value == pytest.approx(3 / 5 * low + 2 / 5 * high)
    filled = {round(one.low, 1): one for one in scores.reliability if one.count}
    assert {low: one.count for low, one in filled.items()} == {0.6: 3, 0.9: 2}
    assert filled[0.6].confidence == pytest.approx(0.62 / 3 + 0.68 / 3 + 0.66 / 3)
    assert filled[0.6].accuracy == pytest.approx(1 / 3)
    assert len(scores.reliability) == 10
    assert sum(one.count for one in scores.reliability) == 5


def test_full_confidence_falls_into_the_last_bin() -> None:
    scores = evaluate(["factual"], np.array([[1.0, 0, 0, 0]]), ["a"], n_bootstrap=10)
    assert scores.reliability[-1].count == 1


def test_perfect_predictions() -> None:
    truth = [*LABELS, *LABELS]
    scores = evaluate(truth, certain(truth), list("aabbccdd"))
    for figure in (scores.accuracy, scores.macro_f1):
        assert (figure.value, figure.low, figure.high) == (1, 1, 1)
    for figure in (scores.log_loss, scores.brier, scores.ece):
        assert (figure.value, figure.low, figure.high) == (0, 0, 0)
    assert np.array_equal(scores.confusion, 2 * np.eye(4))


def test_constant_predictions() -> None:
    truth = list(LABELS)
    scores = evaluate(truth, np.tile([1.0, 0, 0, 0], (4, 1)), list("abcd"))
    assert scores.accuracy.value == 0.25
    assert scores.macro_f1.value == pytest.approx(0.4 / 4)
    assert scores.labels["factual"].recall.value == 1
    assert scores.labels["opinion"].precision.value == 0
    assert np.isfinite(scores.log_loss.value)
    assert scores.log_loss.value > 20


def test_a_label_that_is_neither_there_nor_given_does_not_count() -> None:
    truth = ["factual", "factual", "opinion", "opinion"]
    predicted = ["factual", "opinion", "opinion", "opinion"]
    scores = evaluate(truth, certain(predicted), list("abcd"))
    assert scores.macro_f1.value == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert scores.labels["promotional"].support == 0
    assert scores.labels["promotional"].f1.value == 0


def test_a_label_that_is_given_but_not_there_counts_as_missed() -> None:
    truth = ["factual", "factual", "opinion"]
    predicted = ["factual", "promotional", "opinion"]
    scores = evaluate(truth, certain(predicted), list("abc"))
    assert scores.macro_f1.value == pytest.approx((2 / 3 + 1 + 0) / 3)


# ---------------------------------------------------------------------------------------------------- intervals


def test_intervals_are_those_of_a_bootstrap_that_draws_whole_articles() -> None:
    truth, probabilities, articles = sample(3, n=60, n_articles=8)
    names = sorted(set(articles))
    draws = np.random.default_rng(11).multinomial(len(names), [1 / len(names)] * len(names), size=50)
    drawn: dict[str, list[Any]] = {name: [] for name in ("macro_f1", "accuracy", "log_loss", "brier", "ece", "recall")}
    for times in draws:
        rows = [
            row
            for name, count in zip(names, times.tolist(), strict=True)
            for row in [k for k, article in enumerate(articles) if article == name] * count
        ]
        one = evaluate([truth[k] for k in rows], probabilities[rows], [articles[k] for k in rows], n_bootstrap=1)
        for name in ("macro_f1", "accuracy", "log_loss", "brier", "ece"):
            drawn[name].append(getattr(one, name).value)
        drawn["recall"].append(one.labels["opinion"].recall.value)

    scores = evaluate(truth, probabilities, articles, n_bootstrap=50, seed=11)
    for name, values in drawn.items():
        figure = scores.labels["opinion"].recall if name == "recall" else getattr(scores, name)
        assert (figure.low, figure.high) == pytest.approx(np.quantile(values, [0.025, 0.975])), name
        assert figure.low < figure.high


@pytest.mark.parametrize("seed", range(3))
def test_intervals_contain_the_figure(seed: int) -> None:
    scores = evaluate(*sample(seed))
    figures = [scores.macro_f1, scores.accuracy, scores.log_loss, scores.brier]
    figures += [getattr(one, name) for one in scores.labels.values() for name in ("precision", "recall", "f1")]
    for figure in figures:
        assert figure.low <= figure.value <= figure.high


def test_intervals_are_wider_when_paragraphs_lie_in_fewer_articles() -> None:
    truth = ["factual"] * 80
    predicted = [label for k in range(20) for label in [LABELS[0] if k % 2 else LABELS[2]] * 4]
    together = evaluate(truth, certain(predicted), [str(k // 4) for k in range(80)]).accuracy
    alone = evaluate(truth, certain(predicted), [str(k) for k in range(80)]).accuracy
    assert together.value == alone.value == 0.5
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_one_article_has_no_spread() -> None:
    truth, probabilities, _ = sample(0, n=20)
    figure = evaluate(truth, probabilities, ["a"] * 20).accuracy
    assert figure.low == figure.value == figure.high


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_the_units() -> None:
    truth, probabilities, articles = sample(2)
    order = np.random.default_rng(0).permutation(len(truth))
    shuffled = evaluate([truth[k] for k in order], probabilities[order], [articles[k] for k in order])
    scores = evaluate(truth, probabilities, articles)
    assert shuffled.macro_f1.as_dict() == pytest.approx(scores.macro_f1.as_dict())
    assert evaluate(truth, probabilities, articles) == scores
    assert evaluate(truth, probabilities, articles, seed=1).macro_f1.low != scores.macro_f1.low


# ---------------------------------------------------------------------------------------------------- the form


def test_scores_are_json() -> None:
    scores: Scores = evaluate(*sample(0), n_bootstrap=10)
    as_json = json.loads(json.dumps(scores.as_dict(), allow_nan=False))
    assert as_json["macro_f1"]["value"] == scores.macro_f1.value
    assert as_json["labels"]["opinion"]["f1"]["high"] == scores.labels["opinion"].f1.high
    assert as_json["confusion"] == [list(row) for row in scores.confusion]
    assert str(Figure(0.5, 0.25, 0.75)) == "0.500 [0.250, 0.750]"


GOOD = np.full((2, 4), 0.25)


@pytest.mark.parametrize(
    ("truth", "probabilities", "articles", "message"),
    [
        pytest.param([], np.zeros((0, 4)), [], "got 0 labels", id="nothing"),
        pytest.param(["factual"], GOOD, ["a"], r"got 1 labels, probabilities \(2, 4\)", id="fewer labels"),
        pytest.param(["factual"] * 2, GOOD, ["a"], "and 1 articles", id="fewer articles"),
        pytest.param(["factual"] * 2, GOOD[:, :3], ["a"] * 2, r"\(2, 3\)", id="three columns"),
        pytest.param(["factual"] * 2, GOOD.ravel(), ["a"] * 2, r"\(8,\)", id="flat"),
        pytest.param(["factual"] * 2, GOOD * 2, ["a"] * 2, "must sum to one", id="sums of two"),
        pytest.param(["factual"] * 2, GOOD * np.nan, ["a"] * 2, "must sum to one", id="no numbers"),
        pytest.param(["factual", "fato"], GOOD, ["a"] * 2, "fato|not in tuple", id="unknown label"),
    ],
)
def test_what_cannot_be_scored(truth: list[str], probabilities: Floats, articles: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(truth, probabilities, articles)


# ---------------------------------------------------------------------------------------------------- coverage


def test_the_curve_of_coverage_is_that_of_the_surest_predictions() -> None:
    truth, probabilities, articles = sample(3)
    curve = evaluate(truth, probabilities, articles, n_bootstrap=10).coverage
    assert [point.coverage for point in curve] == pytest.approx(COVERAGES)
    order = np.argsort(-probabilities.max(axis=1))
    predicted = given(probabilities)
    for point in curve:
        chosen = order[: round(point.coverage * len(truth))]
        expected = [truth[i] for i in chosen], [predicted[i] for i in chosen]
        assert point.accuracy == pytest.approx(accuracy_score(*expected))
        assert point.macro_f1 == pytest.approx(f1_score(*expected, average="macro"))
        assert point.threshold == pytest.approx(probabilities[chosen].max(axis=1).min())
    assert curve[-1].accuracy > curve[0].accuracy


def test_where_nothing_reaches_the_threshold_nothing_is_covered() -> None:
    assert surest(["factual"], np.array([[0.4, 0.2, 0.2, 0.2]]), 0.9).coverage == 0.0
