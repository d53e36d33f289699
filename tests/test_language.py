"""The guess of the language warns of foreign text and leaves Portuguese of every kind alone."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest

from joio.language import guess_language
from joio.reading import decode

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = sorted((ROOT / "data" / "written").glob("*.jsonl"))
ARTICLES = sorted(path for path in (ROOT / "tests" / "articles").iterdir() if path.suffix in (".txt", ".md"))


@pytest.mark.parametrize(
    "text",
    [
        "O servidor caiu de novo na madrugada de ontem, e ninguém da equipe sabe o motivo.",
        "O autocarro atrasou-se outra vez e os utentes ficaram na paragem à espera, sem qualquer aviso.",
        "o servidor nao esta funcionando e ninguem da equipe sabe o motivo, entao vamos esperar",
        "O deploy no cluster de staging via Terraform quebrou o pipeline do GitHub Actions e o rollback do Kubernetes",
        "Configure o docker-compose.yml e rode docker compose up -d no terminal, sem sudo",
        "TODO MUNDO SABE QUE A CULPA NÃO É DO ESTAGIÁRIO, MAS NINGUÉM DIZ",
        "vc viu q o app caiu dnv? eu tô sem paciência pra isso, na moral kkkk",
    ],
)
def test_portuguese_of_every_kind_is_portuguese(text: str) -> None:
    guess = guess_language([text])
    assert guess.finding == "portuguese"
    assert not guess.doubtful
    assert 0 < guess.share <= 1
    assert guess_language([unicodedata.normalize("NFD", text)]).finding == "portuguese"


@pytest.mark.parametrize(
    "text",
    [
        "The server went down again last night and nobody on the team knows why.",
        "There is no time to do a demo as we go, so use the one that is in the repository.",
        "El servidor se cayó de nuevo y nadie sabe por qué, pero los técnicos ya están en ello.",
        "La empresa no ha dicho cuándo se va a resolver, y los usuarios esperan una respuesta.",
        "Le serveur est tombé en panne et personne ne sait pourquoi dans toute la ville.",
        "Il server è caduto di nuovo e nessuno sa perché nella città di Roma.",
        "Der Server ist wieder ausgefallen, und niemand weiß, warum das so ist.",
        "Сервер снова упал, и никто не знает, почему это случилось вчера.",
    ],
)
def test_other_languages_are_doubtful(text: str) -> None:
    guess = guess_language([text])
    assert guess.finding == "other"
    assert guess.doubtful


@pytest.mark.parametrize("texts", [[], [""], ["🚀🚀🚀", "👍"], ["123 456", "7,8%"], ["---", "___"]])
def test_without_a_word_there_is_nothing_to_guess(texts: list[str]) -> None:
    guess = guess_language(texts)
    assert (guess.finding, guess.share, guess.n_words) == ("no words", 0.0, 0)
    assert guess.doubtful


@pytest.mark.parametrize("text", ["Oi", "Bom dia", "Os preços sobem", "O Google lançou o Gemini", "Hello"])
def test_a_few_words_are_too_short_to_warn_of(text: str) -> None:
    guess = guess_language([text])
    assert guess.finding == "too short"
    assert not guess.doubtful


def test_a_few_words_that_are_plainly_english_are_doubtful() -> None:
    assert guess_language(["What is the plan?"]).doubtful


def test_paragraphs_are_judged_together() -> None:
    halves = ["O servidor caiu de novo", "e ninguém da equipe sabe o motivo."]
    assert guess_language(halves) == guess_language([" ".join(halves)])
    assert guess_language(iter(halves)).n_words == 12


def test_an_english_quotation_does_not_make_an_article_english() -> None:
    prose = "O presidente da empresa falou ontem com os jornalistas sobre a queda do serviço e não quis dar um prazo."
    assert guess_language([prose, "“We are on it”, disse.", prose]).finding == "portuguese"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_written_articles_are_portuguese(path: Path) -> None:
    articles: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        unit = json.loads(line)
        articles[unit["article"]].append(unit["text"])
    assert {article: guess_language(texts).finding for article, texts in articles.items()} == dict.fromkeys(
        articles, "portuguese"
    )


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_articles_of_the_tests_are_portuguese(path: Path) -> None:
    assert guess_language([decode(path.read_bytes()).text]).finding == "portuguese"
