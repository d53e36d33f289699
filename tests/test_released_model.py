"""The model that ships: small, trusted, whole, and right about what nobody doubts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import joio
from joio import store
from joio.labels import LABELS
from joio.predict import Classifier
from joio.reading import read_article

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "models/joio-pt"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return joio.load()


def test_it_is_at_most_ten_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 10_000_000


def test_its_digest_ships_inside_the_package() -> None:
    shipped = json.loads((ROOT / "src/joio/trusted.json").read_text(encoding="utf-8"))
    assert list(shipped) == [store.read_manifest(FOLDER)["sha256"]]


def test_it_was_trained_on_all_origins_and_tested_on_public_units() -> None:
    manifest = store.read_manifest(FOLDER)
    assert set(manifest["data"]["by_origin"]) == {"public", "written", "contrast"}
    assert manifest["tested_on"] == "public"
    report = json.loads((FOLDER / "evaluation.json").read_text(encoding="utf-8"))
    assert report["models"][-1]["all"]["n"] == manifest["data"]["by_origin"]["public"]
    assert report["data"]["digest"] == manifest["data"]["digest"]


def test_it_beats_every_baseline_in_its_own_report() -> None:
    *baselines, subject = json.loads((FOLDER / "evaluation.json").read_text(encoding="utf-8"))["models"]
    assert {baseline["name"] for baseline in baselines} == {"majority", "cue-rules", "word-tfidf"}
    best = max(baseline["all"]["macro_f1"]["high"] for baseline in baselines)
    assert subject["all"]["macro_f1"]["low"] > best


def test_the_shipped_documents_hold_no_text_of_others() -> None:
    """Card and report are made of figures and single words."""
    report = json.loads((FOLDER / "evaluation.json").read_text(encoding="utf-8"))
    assert set(report) == {"data", "protocol", "models"}


PLAIN = [
    ("factual", "A prefeitura inaugurou 12 escolas em 2019, segundo o balanço publicado em março."),
    ("factual", "O processador tem oito núcleos e consome 65 watts."),
    ("factual", "Para instalar o pacote, abra o terminal e execute o comando abaixo."),
    ("factual", "O tribunal condenou a empresa a pagar 3 milhões de reais em multas."),
    ("speculative", "Nos próximos anos, a tecnologia poderá substituir boa parte desses empregos."),
    ("speculative", "Se a tendência se confirmar, o preço deve cair ainda mais até 2030."),
    ("speculative", "Analistas preveem que o mercado deverá dobrar de tamanho na próxima década."),
    ("opinion", "Eu acho isso um absurdo, e me irrita que ninguém diga nada."),
    ("opinion", "Na minha opinião, infelizmente, falta vergonha na cara de quem decide essas coisas."),
    ("opinion", "Confesso que adorei o livro, mas o final me pareceu preguiçoso."),
    ("promotional", "Inscreva-se agora e garanta a sua vaga com desconto exclusivo!"),
    ("promotional", "Conheça a nossa plataforma e transforme o seu negócio com soluções inovadoras."),
    ("promotional", "Não perca esta oportunidade única: as vagas são limitadas!"),
]


@pytest.mark.parametrize(("label", "text"), PLAIN)
def test_it_is_right_about_what_nobody_doubts(classifier: Classifier, label: str, text: str) -> None:
    [prediction] = classifier.predict([text])
    assert prediction.label == label


def test_the_columnist_s_box_of_the_example_is_opinion_and_its_last_line_sells(classifier: Classifier) -> None:
    verdict = classifier.score(read_article(str(ROOT / "data/example.md")).article)
    by_section: dict[str | None, list[str]] = {}
    for unit, prediction in zip(verdict.units, verdict.predictions, strict=True):
        by_section.setdefault(unit.section, []).append(prediction.label)
    *box, last = by_section["Comentário do Fausto"]
    assert box == ["opinion", "opinion"] and last == "promotional"
    assert by_section["Os fatos, antes que esfriem"].count("factual") >= 6
    assert abs(sum(verdict.shares[label].value for label in LABELS) - 1) < 1e-9


def test_the_heading_above_a_paragraph_counts(classifier: Classifier) -> None:
    text = "O aparelho ficou mais leve e a bateria dura o dia inteiro."
    below = [joio.Unit(text, section=section) for section in ("Comentário do Zé", "Sobre a empresa")]
    of_comment, of_company = classifier.probabilities(below)
    assert of_comment[LABELS.index("opinion")] > of_company[LABELS.index("opinion")]
