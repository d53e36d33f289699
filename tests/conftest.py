"""What tests share: a tiny model, and a configuration folder that is not the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from joio.article import Unit
from joio.labels import LABELS, Label

# Invented, so that a test can rely on every word of them. Six sources, each with two units of every label.
TEXTS: dict[Label, tuple[str, ...]] = {
    "factual": (
        "A prefeitura entregou 120 computadores às escolas em março de 2024.",
        "O servidor tem 64 GB de memória e dois discos de 4 TB.",
        "Segundo o relatório, 37% das lojas usam o sistema desde janeiro.",
        "A lei foi publicada no diário oficial em 12 de maio.",
        "O estudo acompanhou 812 pacientes durante três anos em quatro hospitais.",
        "A empresa fechou o trimestre com receita de 9 milhões de reais.",
        "O cabo submarino tem 6 200 quilómetros e liga Sines a Fortaleza.",
        "O tribunal multou a operadora em 2 milhões de euros na terça-feira.",
        "A reunião começou às nove horas e terminou ao meio-dia.",
        "O censo de 2022 contou 203 milhões de habitantes.",
        "A versão 3.2 corrigiu 14 falhas e saiu em 8 de junho.",
        "A biblioteca guarda 40 mil volumes em dois andares.",
    ),
    "speculative": (
        "Em dez anos, a maioria dos carros poderá rodar sem motorista.",
        "É possível que o preço dos chips caia pela metade até 2030.",
        "Talvez o próximo modelo venha a dispensar os centros de dados.",
        "Analistas acreditam que a fusão deve mudar o mercado no futuro.",
        "Se a tendência continuar, as agências poderiam desaparecer até o fim da década.",
        "A empresa estaria negociando a venda, segundo fontes que não quiseram ser identificadas.",
        "O mercado deverá crescer 40% ao ano, prevê a consultora.",
        "Um dia as máquinas talvez escrevam os próprios contratos.",
        "Especula-se que o telefone dobrável chegaria ao Brasil em setembro.",
        "No futuro, robôs poderão cuidar de quem mora sozinho.",
        "Há quem aposte que a bolha vai estourar antes de 2027.",
        "Provavelmente veremos cidades inteiras geridas por algoritmos.",
    ),
    "opinion": (
        "Na minha opinião, essa proposta é um erro lamentável.",
        "Acho absurdo que ninguém tenha perguntado aos professores.",
        "Infelizmente, o aplicativo é feio, lento e mal pensado.",
        "Não me convence: é um texto preguiçoso e pretensioso.",
        "O ministro deveria ter vergonha de uma desculpa tão fraca.",
        "Confesso que adorei o final, o melhor que vi este ano.",
        "Para mim, é ridículo chamar isso de inteligência.",
        "É lamentável que a cidade trate os seus rios com tanto desprezo.",
        "Eu prefiro mil vezes um caderno a essa tela irritante.",
        "Sinceramente, a decisão é covarde e injusta.",
        "Creio que temos o dever moral de desconfiar dessas promessas.",
        "O filme é chato, e o pior é que se acha genial.",
    ),
    "promotional": (
        "Inscreva-se já e garanta a sua vaga com 50% de desconto!",
        "A nossa plataforma revolucionária transforma o seu negócio em minutos.",
        "Compre agora e aproveite a oferta por tempo limitado.",
        "Descubra a solução completa que vai impulsionar os seus resultados!",
        "Fale com os nossos especialistas e peça uma demonstração gratuita.",
        "Clique no link e baixe o guia exclusivo grátis.",
        "Líder de mercado, a nossa equipa oferece a melhor experiência.",
        "Não perca: últimas unidades com frete grátis!",
        "Assine hoje e ganhe acesso vitalício ao curso completo.",
        "Experimente grátis durante 30 dias, sem compromisso!",
        "A escolha certa para quem busca qualidade e inovação. Peça já o seu orçamento!",
        "Junte-se a milhares de clientes satisfeitos e mude a sua vida.",
    ),
}
SECTIONS: dict[Label, str | None] = {
    "factual": None,
    "speculative": "O que vem por aí",
    "opinion": "Comentário",
    "promotional": "Sobre a empresa",
}
N_SOURCES = 6


@dataclass(frozen=True, slots=True)
class TinyModel:
    """A saved model that learnt from 48 units, and the Classifier it is."""

    folder: Path
    classifier: Any

    @property
    def name(self) -> str:
        """What ``--model`` takes."""
        return str(self.folder)


@pytest.fixture(scope="session", autouse=True)
def _own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Saving a model notes it as trusted: in a folder of the tests, never in the one of who runs them."""
    folder = tmp_path_factory.mktemp("config")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.delenv("JOIO_DEBUG", raising=False)
        yield folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, _own_configuration: Path) -> TinyModel:
    """A model of 48 units: it knows little, but all four labels, and is made in a second."""
    from joio import model, store
    from joio.predict import Classifier

    units, labels, sources = [], [], []
    for label in LABELS:
        for place, text in enumerate(TEXTS[label]):
            section = SECTIONS[label] if place % 2 else None
            # Units of one label stand together, so the model learns that labels come in runs.
            article, position = f"{label}-{place % N_SOURCES}", place // N_SOURCES
            units.append(Unit(text, section=section, position=position, article=article))
            labels.append(label)
            sources.append(f"fonte-{place % N_SOURCES}")
    pipeline = model.build(features__words__min_df=1, features__characters__min_df=1, features__section__min_df=1)
    pipeline.fit(units, labels, classifier__groups=sources, classifier__places=model.places_of(units))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    store.save(pipeline, folder, {}, {})
    assert os.environ["XDG_CONFIG_HOME"] == str(_own_configuration)
    return TinyModel(folder, Classifier.load(folder))
