"""The Classifier: exact explanations, true offsets, and the same numbers from every door."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import joio
from joio.article import Unit, segment
from joio.cli import main
from joio.labels import LABELS
from joio.predict import Classifier, Prediction
from tests.conftest import TinyModel

TEXTS = [
    "A prefeitura abriu três creches em março, segundo a lei.",
    "Talvez a empresa venha a fechar; é possível que poderá ser vendida.",
    "Na minha opinião, é um absurdo! Eu acho, sinceramente… 😡",
    "**Garanta** já a sua vaga em [nosso site](https://curso.example/x) com 50% de desconto!!",
    "“Na\u0303o” — disse, em decomposto, o porta-voz\u00a0da obra.",
    "a",
    "🚀🚀🚀",
    "ALL CAPS, 123, e-mail@lugar.example, nº 1, R$ 1.234,56",
    "palavra" * 400,
]


@pytest.fixture(scope="module")
def units() -> list[Unit]:
    """Texts with and without context."""
    bare = [Unit(text) for text in TEXTS]
    rich = [
        Unit(
            text, "O título", "Comentário", "item", place, len(TEXTS), TEXTS[place - 1], TEXTS[(place + 1) % len(TEXTS)]
        )
        for place, text in enumerate(TEXTS)
    ]
    return bare + rich


def scores_of(prediction: Prediction) -> np.ndarray:
    """The sum of everything that the explanation names."""
    assert prediction.base is not None and prediction.context is not None
    parts = [prediction.base, *(cue.weights for cue in prediction.cues), *prediction.context.values()]
    total: np.ndarray = np.array(parts).sum(axis=0)
    return total


def test_contributions_and_base_sum_to_the_scores(tiny_model: TinyModel, units: list[Unit]) -> None:
    classifier = tiny_model.classifier
    scores = classifier.pipeline.decision_function(units)
    for prediction, expected in zip(classifier.predict(units), scores, strict=True):
        assert np.abs(scores_of(prediction) - expected).max() < 1e-9


def test_the_softmax_of_the_explanation_is_the_probabilities(tiny_model: TinyModel, units: list[Unit]) -> None:
    for prediction in tiny_model.classifier.predict(units):
        odds = np.exp(scores_of(prediction))
        assert np.abs(odds / odds.sum() - np.array(list(prediction.probabilities.values()))).max() < 1e-9


def test_cues_stand_where_they_say(tiny_model: TinyModel, units: list[Unit]) -> None:
    for unit, prediction in zip(units, tiny_model.classifier.predict(units), strict=True):
        for cue in prediction.cues:
            assert 0 <= cue.start < cue.end <= len(unit.text)
            assert cue.text == unit.text[cue.start : cue.end]
            assert not cue.text[0].isspace() and not cue.text[-1].isspace()
            assert cue.weight == max(cue.weights) and LABELS[cue.weights.index(cue.weight)] == cue.label


def test_the_words_of_a_known_phrase_are_summed_to_the_phrase(tiny_model: TinyModel) -> None:
    [prediction] = tiny_model.classifier.predict(["Isto, na minha opinião, é outra coisa."])
    assert "na minha opinião" in [cue.text for cue in prediction.cues]
    assert not {"minha", "na minha", "minha opinião", "opinião"} & {cue.text for cue in prediction.cues}


def test_a_sales_pitch_is_given_away_by_its_own_words(tiny_model: TinyModel) -> None:
    [prediction] = tiny_model.classifier.predict(["Inscreva-se já e garanta a sua vaga com desconto!"])
    assert prediction.label == "promotional"
    assert {"Inscreva-se", "garanta", "desconto"} & {cue.text.split()[0] for cue in prediction.strongest_cues(4)}


def test_probabilities_are_those_of_the_pipeline_and_sum_to_one(tiny_model: TinyModel, units: list[Unit]) -> None:
    probabilities = tiny_model.classifier.probabilities(units)
    assert (probabilities == tiny_model.classifier.pipeline.predict_proba(units)).all()
    assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-12


def test_numbers_do_not_depend_on_the_company_of_a_unit(tiny_model: TinyModel, units: list[Unit]) -> None:
    together = tiny_model.classifier.probabilities(units)
    alone = np.vstack([tiny_model.classifier.probabilities([unit]) for unit in units])
    assert np.abs(together - alone).max() < 1e-12


def test_texts_and_units_without_context_are_the_same(tiny_model: TinyModel) -> None:
    texts, bare = tiny_model.classifier.probabilities(TEXTS), tiny_model.classifier.probabilities(map(Unit, TEXTS))
    assert (texts == bare).all()


def test_context_counts(tiny_model: TinyModel) -> None:
    text = "O servidor ficou pronto."
    bare, below = tiny_model.classifier.probabilities([Unit(text), Unit(text, section="Sobre a empresa")])
    assert below[LABELS.index("promotional")] > bare[LABELS.index("promotional")]


ARTICLES = [
    Unit(text, position=place, article=article)
    for article, texts in (
        ("um", ["Compre já!", "O cabo tem 40 metros.", "Aproveite a oferta e garanta o seu desconto!"]),
        ("outro", ["Acho um absurdo.", "O cabo tem 40 metros.", "Na minha opinião, é uma vergonha."]),
    )
    for place, text in enumerate(texts)
]


def test_the_paragraphs_around_are_heard_and_told_exactly(tiny_model: TinyModel) -> None:
    classifier = tiny_model.classifier
    [alone] = classifier.predict([replace(ARTICLES[1], article=None)])
    among_offers, among_opinions = (classifier.predict(ARTICLES)[place] for place in (1, 4))
    assert alone.context is not None and "paragraphs around" not in alone.context
    for label, among, elsewhere in (
        ("promotional", among_offers, among_opinions),
        ("opinion", among_opinions, among_offers),
    ):
        assert among.probabilities[label] > elsewhere.probabilities[label]
    for prediction in (alone, among_offers, among_opinions):
        odds = np.exp(scores_of(prediction))
        assert np.abs(odds / odds.sum() - np.array(list(prediction.probabilities.values()))).max() < 1e-9
    assert among_offers.context is not None
    heard = among_offers.context["paragraphs around"]
    assert LABELS[int(np.argmax(heard))] == "promotional"


def test_articles_do_not_hear_each_other_and_their_order_does_not_matter(tiny_model: TinyModel) -> None:
    classifier = tiny_model.classifier
    together = classifier.probabilities(ARTICLES)
    apart = np.vstack([classifier.probabilities(ARTICLES[:3]), classifier.probabilities(ARTICLES[3:])])
    assert (together == apart).all()
    assert (classifier.probabilities(ARTICLES[::-1])[::-1] == together).all()


def test_a_batch_does_not_end_inside_an_article(tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tiny_model.classifier.probabilities(ARTICLES)
    monkeypatch.setattr("joio.predict.BATCH", 2)
    monkeypatch.setattr("joio.predict.MOST", 8)
    assert (tiny_model.classifier.probabilities(ARTICLES) == whole).all()
    assert [p.probabilities for p in tiny_model.classifier.predict(ARTICLES)] == [
        dict(zip(LABELS, row, strict=True)) for row in whole.tolist()
    ]
    monkeypatch.setattr("joio.predict.MOST", 2)  # an article without end is cut
    assert tiny_model.classifier.probabilities(ARTICLES).shape == whole.shape


def test_nothing_in_nothing_out(tiny_model: TinyModel) -> None:
    assert tiny_model.classifier.predict([]) == []
    assert tiny_model.classifier.probabilities([]).shape == (0, 4)


def test_composed_and_decomposed_accents_read_alike(tiny_model: TinyModel) -> None:
    one, two = tiny_model.classifier.probabilities(
        ["Promoção: inscrições até amanhã!", "Promoc\u0327a\u0303o: inscric\u0327o\u0303es ate\u0301 amanha\u0303!"]
    )
    assert np.abs(one - two).max() < 1e-12


def test_without_explanation_the_numbers_are_the_same(tiny_model: TinyModel, units: list[Unit]) -> None:
    explained = tiny_model.classifier.predict(units)
    plain = tiny_model.classifier.predict(units, explain=False)
    assert [p.probabilities for p in plain] == [p.probabilities for p in explained]
    assert all(p.cues == () and p.context is None for p in plain)


ARTICLE = """# Um título
A obra custou 3 milhões, segundo a prefeitura.

## Comentário do Zé
Eu acho um absurdo, sinceramente.

- Inscreva-se já!
"""


def test_every_door_gives_the_same_numbers(
    tiny_model: TinyModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python, `joio score`, `joio predict`, the code that MLflow runs: equal to 1e-12."""
    article = segment(ARTICLE)
    expected = tiny_model.classifier.probabilities(article.units())

    by_score = [list(p.probabilities.values()) for p in tiny_model.classifier.score(ARTICLE).predictions]

    file = tmp_path / "artigo.md"
    file.write_text(ARTICLE, encoding="utf-8")
    assert main(["score", str(file), "--format", "jsonl", "--model", tiny_model.name]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_cli = [list(row["probabilities"].values()) for row in rows]

    fields = ("text", "article", "title", "section", "kind", "position", "of", "previous", "next")
    table = tmp_path / "in.jsonl"
    table.write_text(
        "".join(json.dumps({field: getattr(unit, field) for field in fields}) + "\n" for unit in article.units()),
        encoding="utf-8",
    )
    assert main(["predict", str(table), "--output", str(tmp_path / "out.jsonl"), "--model", tiny_model.name]) == 0
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    by_table = [list(json.loads(line)["probabilities"].values()) for line in lines]

    from joio.mlflow_model import UnitClassifier, frame_of

    served = UnitClassifier()
    served.load_context(SimpleNamespace(artifacts={"model": tiny_model.name}))
    frame = frame_of([{field: getattr(unit, field) for field in fields} for unit in article.units()])
    by_mlflow = served.predict(None, frame)[list(LABELS)].to_numpy().tolist()

    for given in (by_score, by_cli, by_table, by_mlflow):
        assert np.abs(np.array(given) - expected).max() < 1e-12


def test_a_very_long_paragraph_is_scored(tiny_model: TinyModel) -> None:
    [prediction] = tiny_model.classifier.predict(["Uma frase comum sobre o tempo. " * 5000], explain=False)
    assert math.isclose(sum(prediction.probabilities.values()), 1, abs_tol=1e-12)


def test_the_package_offers_its_front_door() -> None:
    assert joio.load.__module__ == "joio.predict" and joio.Classifier is Classifier
    assert set(joio.__all__) <= set(dir(joio))
    with pytest.raises(AttributeError, match="has no attribute 'nada'"):
        _ = joio.nada
