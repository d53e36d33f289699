"""The classifier keeps scikit-learn's contract, learns from votes, and is additive to the last digit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from joio.article import Unit
from joio.baselines import CueRules, Majority, word_tfidf
from joio.labels import LABELS, Label
from joio.model import FLOOR, N_AROUND, VoteClassifier, around, build, places_of, vote_shares

RNG = np.random.default_rng(7)


def made_up(n: int = 240, n_columns: int = 30) -> tuple[sparse.csr_array, list[Label], np.ndarray]:
    """Rows whose first four columns hint at the label, in twelve groups."""
    labels = [LABELS[i % 4] for i in range(n)]
    X = RNG.random((n, n_columns)) * 0.5
    for row, label in enumerate(labels):
        X[row, LABELS.index(label)] += 0.6
    return sparse.csr_array(X), labels, np.asarray(np.arange(n) // 20)


def test_probabilities_sum_to_one_and_the_label_is_the_most_probable() -> None:
    X, labels, groups = made_up()
    model = VoteClassifier().fit(X, labels, groups=groups)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (240, 4)
    assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-12
    assert (model.predict(X) == np.array(LABELS)[probabilities.argmax(axis=1)]).all()
    assert (model.predict(X) == np.array(labels)).mean() > 0.8


def test_fitting_twice_gives_the_same_numbers() -> None:
    X, labels, groups = made_up()
    one, two = (VoteClassifier(seed=3).fit(X, labels, groups=groups) for _ in range(2))
    assert (one.coef_ == two.coef_).all() and one.temperature_ == two.temperature_


def test_a_clone_has_the_same_parameters_and_nothing_learned() -> None:
    model = VoteClassifier(C=3.0, balance=0.2)
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model.fit(*made_up()[:2])), "coef_")


def test_it_survives_pickling() -> None:
    X, labels, groups = made_up()
    model = VoteClassifier().fit(X, labels, groups=groups)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(X) == model.predict_proba(X)).all()


def test_split_votes_pull_the_probability_towards_the_middle() -> None:
    X = sparse.csr_array(np.repeat(np.eye(4), 10, axis=0))
    sure = np.repeat(np.eye(4), 10, axis=0)
    split = sure.copy()
    split[:10] = [0.5, 0, 0.5, 0]
    of_sure = VoteClassifier(balance=0).fit(X, sure).predict_proba(X[[0]])[0]
    of_split = VoteClassifier(balance=0).fit(X, split).predict_proba(X[[0]])[0]
    assert of_split[0] < of_sure[0] and of_split[2] > of_sure[2]


def test_balance_raises_the_recall_of_a_rare_label() -> None:
    labels = ["factual"] * 180 + ["speculative"] * 20
    X = RNG.random((200, 6))
    X[180:, 0] += 0.35
    matrix = sparse.csr_array(X)
    given = [(VoteClassifier(balance=b).fit(matrix, labels).predict(matrix) == "speculative").sum() for b in (0.0, 1.0)]
    assert given[1] > given[0]


def test_temperature_undoes_overconfidence() -> None:
    """Labels that only chance ties to the columns, and hardly any penalty: sure in training, wrong elsewhere."""
    X = sparse.csr_array(RNG.random((160, 60)))
    labels = [LABELS[i] for i in RNG.integers(0, 4, 160)]
    model = VoteClassifier(C=1e4, max_iter=2000).fit(X, labels, groups=np.arange(160) // 8)
    assert model.temperature_ > 1.5
    assert VoteClassifier(C=1e4, max_iter=2000).fit(X, labels).temperature_ == 1.0


def test_only_typical_rows_count_for_the_temperature() -> None:
    X, labels, groups = made_up()
    noisy = list(labels)
    noisy[:120] = [LABELS[i] for i in RNG.integers(0, 4, 120)]
    typical = np.arange(240) >= 120
    clean = VoteClassifier().fit(X, noisy, groups=groups, typical=typical).temperature_
    dirty = VoteClassifier().fit(X, noisy, groups=groups, typical=~typical).temperature_
    assert clean < dirty


def test_a_label_without_examples_is_never_given() -> None:
    X, labels, groups = made_up()
    kept = [row for row, label in enumerate(labels) if label != "promotional"]
    model = VoteClassifier().fit(X[kept], [labels[row] for row in kept], groups=groups[kept])
    assert model.predict_proba(X)[:, 3].max() < 1e-9
    two = [row for row, label in enumerate(labels) if label in ("factual", "opinion")]
    model = VoteClassifier().fit(X[two], [labels[row] for row in two], groups=groups[two])
    assert set(model.predict(X[two])) == {"factual", "opinion"}
    one = [row for row, label in enumerate(labels) if label == "opinion"]
    assert set(VoteClassifier().fit(X[one], [labels[row] for row in one]).predict(X)) == {"opinion"}


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown labels \['fato'\]"):
        VoteClassifier().fit(sparse.csr_array(np.eye(2)), ["factual", "fato"])


TEXTS = [
    ("A prefeitura abriu três creches em março.", "factual"),
    ("O censo contou 12 mil moradores em 2022.", "factual"),
    ("O ministro disse que a obra custou 3 milhões.", "factual"),
    ("A empresa poderá abrir uma fábrica em breve.", "speculative"),
    ("Talvez o preço caia nos próximos meses.", "speculative"),
    ("O fundo deverá chegar a 2 bilhões, preveem analistas.", "speculative"),
    ("Eu acho isso um absurdo, sinceramente.", "opinion"),
    ("Infelizmente, ninguém me convence de que vale a pena.", "opinion"),
    ("Que vergonha! Precisamos discutir isso a sério.", "opinion"),
    ("Garanta já a sua vaga com desconto!", "promotional"),
    ("Inscreva-se e transforme a sua carreira!", "promotional"),
    ("Conheça a nossa plataforma revolucionária.", "promotional"),
]
SMALL = {f"features__{name}__min_df": 1 for name in ("words", "characters", "section")}


def test_the_pipeline_learns_sentences_it_was_shown() -> None:
    texts, labels = zip(*TEXTS, strict=True)
    pipeline = build(**SMALL, classifier__C=100.0).fit(list(texts), list(labels))
    assert list(pipeline.predict(list(texts))) == list(labels)


@pytest.mark.parametrize("estimator", [Majority(), CueRules(), word_tfidf(features__words__min_df=1)], ids=str)
def test_baselines_keep_the_contract_of_the_model(estimator: Majority) -> None:
    texts, labels = map(list, zip(*TEXTS, strict=True))
    fitted = clone(estimator).fit(texts, labels)
    probabilities = fitted.predict_proba(texts)
    assert probabilities.shape == (12, 4) and np.allclose(probabilities.sum(axis=1), 1)
    assert set(fitted.predict(texts)) <= set(LABELS)
    assert fitted.fit(texts, vote_shares(labels)).predict_proba(texts) == pytest.approx(probabilities)


def test_cue_rules_read_cues_and_majority_does_not_read() -> None:
    texts, labels = map(list, zip(*TEXTS, strict=True))
    rules = CueRules().fit(texts, labels)
    assert rules.predict(["Talvez ele possa vir; é provável que sim."])[0] == "speculative"
    assert rules.predict(["Aproveite o desconto e garanta já o seu!"])[0] == "promotional"
    majority = Majority().fit([*texts, "x"], [*labels, "opinion"])
    assert set(majority.predict(texts)) == {"opinion"}


def test_too_few_units_to_calibrate_on_leave_the_temperature_alone() -> None:
    X = sparse.csr_array(np.eye(6))
    labels = ["factual", "factual", "opinion", "opinion", "promotional", "promotional"]
    assert VoteClassifier().fit(X, labels, groups=np.arange(6)).temperature_ == 1.0


def in_runs(n_articles: int = 40, length: int = 8) -> tuple[sparse.csr_array, list[Label], np.ndarray, np.ndarray]:
    """Articles of one label each, whose units say little of it: only together do they give it away."""
    labels = [LABELS[article % 4] for article in range(n_articles) for _ in range(length)]
    X = RNG.random((len(labels), 8))
    for row, label in enumerate(labels):
        X[row, LABELS.index(label)] += 0.35
    places = np.array([[article, place] for article in range(n_articles) for place in range(length)])
    return sparse.csr_array(X), labels, places[:, 0], places


def test_a_model_that_hears_the_paragraphs_around_knows_runs_of_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joio.model.C_AROUND", 1.0)  # the strong penalty is meant for more than 200 units
    X, labels, articles, places = in_runs()
    seen, new = articles < 28, articles >= 28
    deaf = VoteClassifier().fit(X[seen], np.array(labels)[seen], groups=articles[seen], places=places[seen])
    hears = VoteClassifier(reach=4.0).fit(X[seen], np.array(labels)[seen], groups=articles[seen], places=places[seen])
    truth = np.array(labels)[new]
    assert not deaf.heard_.any()
    right = (hears.predict(X[new], places[new]) == truth).mean()
    assert right > (deaf.predict(X[new], places[new]) == truth).mean() + 0.15
    assert right > (hears.predict(X[new]) == truth).mean() + 0.15  # it needs to be told the places


def test_scores_are_linear_in_the_unit_and_what_is_heard_is_one_more_term() -> None:
    X, labels, articles, places = in_runs()
    model = VoteClassifier(reach=4.0).fit(X, labels, groups=articles, places=places)
    first = model.first_scores(X)
    heard, has_any = model.heard_scores(first, places)
    assert has_any.all()
    among = first @ model.own_.T + model.base_ + heard
    assert np.abs(among - model.decision_function(X, places)).max() < 1e-12
    alone = np.full_like(places, -1)
    assert (model.decision_function(X, alone) == first).all() and (model.decision_function(X) == first).all()


def test_without_groups_or_places_nothing_is_heard() -> None:
    X, labels, articles, places = in_runs()
    for model in (
        VoteClassifier(reach=4.0).fit(X, labels, places=places),
        VoteClassifier(reach=4.0).fit(X, labels, groups=articles),
        VoteClassifier(reach=4.0, n_folds=10**9).fit(X, labels, groups=articles, places=places),
    ):
        assert not model.heard_.any()
        assert (model.predict_proba(X, places) == model.predict_proba(X)).all()


def test_around_is_the_mean_that_its_description_says() -> None:
    chances = RNG.dirichlet(np.ones(4), 60)
    said = np.log(chances + FLOOR) - np.log(chances + FLOOR).mean(axis=1, keepdims=True)
    places = np.column_stack([RNG.integers(-1, 2, 60), RNG.permutation(60)])
    heard, has_any = around(chances, places, 4.0)
    for i in range(60):
        others = [j for j in range(60) if j != i and places[j, 0] == places[i, 0] >= 0]
        near = sorted((j for j in others if places[j, 1] < places[i, 1]), key=lambda j: -places[j, 1])[:N_AROUND]
        near += sorted((j for j in others if places[j, 1] > places[i, 1]), key=lambda j: places[j, 1])[:N_AROUND]
        weights = np.array([np.exp(-abs(places[j, 1] - places[i, 1]) / 4.0) for j in near])
        assert has_any[i] == bool(near)
        expected = (weights[:, None] * said[near]).sum(axis=0) / (1 + weights.sum())
        assert np.abs(heard[i] - expected).max() < 1e-12
    heard, has_any = around(np.zeros((0, 4)), np.zeros((0, 2), dtype=np.int64), 4.0)
    assert heard.shape == (0, 4) and has_any.shape == (0,)


def test_units_without_a_position_stand_in_the_order_given() -> None:
    units: list[Unit | str] = [Unit("a", article="x"), Unit("b", article="y", position=7), Unit("c", article="x"), "d"]
    assert places_of(units).tolist() == [[0, 0], [1, 7], [0, 2], [-1, 0]]
