"""What a block is, in plain text and in Markdown, and what a unit knows of its article."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import get_args

import pytest

from joio.article import Article, BlockKind, TextFormat, segment
from joio.reading import decode

ARTICLES = sorted(path for path in (Path(__file__).parent / "articles").iterdir() if path.suffix in (".txt", ".md"))
KINDS = frozenset(get_args(BlockKind))
FORMATS: tuple[TextFormat, ...] = ("text", "markdown", "auto")

# Pieces that texts are made of, well-behaved and not. Mixed at random they must never break a promise.
FRAGMENTS = (
    *("# Título\n", "## Seção\n", "#\n", "# \n", "Setext\n===\n", "Outro\n---\n", "**Negrito**\n", "O que muda?\n"),
    *("1. Item um\n", "2. Item dois\n", "1) a\n", "a) b\n", "1.\tx\n", "- bolinha\n", "* outra\n", "• uma\n", "-\n"),
    *("  - dentro\n", "    - mais\n", "- [ ] tarefa\n", "\u200b- item\n", "-\ttab depois\n", "\t\tcom tab\n"),
    *("> citação\n", "> > dupla\n", ">\n", "> - item citado\n", "- > citação no item\n", "- # título em item\n"),
    *("\n", "\n\n", "\r\n", "\r", "  \n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c", "\u3000\n", "\ufeff"),
    *("\u00a0NBSP\u00a0\n", "Na\u0303o e\u0301 NFD.\n", "\u0301sozinho\n", "\u00ad\n", "\u200b\n", "\u202eRTL\n"),
    *(
        "🚀🚀\n",
        "🚀 Foguete\n",
        "👨‍👩‍👧‍👦 família\n",
        "مرحبا\n",
        "中文。\n",
        "\x00\x01\x1b[31m\n",
        "a\x1cb\n",
        "\x1b\n",
    ),
    *('---\ntitle: "Oi"\n---\n', "---\ntitle: ' Oi '\n---\n", "+++\ntitle = 'x'\n+++\n", "---\ntitle: >-\n  Oi\n---\n"),
    *("```python\nx = 1\n```\n", "~~~\n", "```\n", "    código\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "* * *\n"),
    *("<div>html</div>\n", "<!-- c -->\n", "[ref]: http://exemplo.example\n", "![img](a.png)\n", "\\\n", "a\\\nb\n"),
    *("[x](http://a.example)\n", "&nbsp;\n", "`code`\n", "Dois espaços  \nquebra\n", "   > lazy\nlinha\n"),
    *("— Fala, disse.\n", '"Cita"\n', "Por Fulana de Tal\n", "Foto: X\n", "Ana: oi\n", "Ana: tchau\n"),
    *("Frase com ponto final.\n", "título", "palavra " * 3000 + "\n", "x" * 20_000 + "\n"),
)


def blocks_of(text: str, format: TextFormat = "auto") -> list[tuple[str, str]]:
    article = segment(text, format)
    return [(block.kind, article.text_of(block)) for block in article.blocks]


def after_prose(lines: str) -> list[tuple[str, str]]:
    """Blocks that `lines` become at the end of a plain article that has a title and a first paragraph."""
    title, prose = (
        "Chuva na serra",
        "Caiu muita água durante a noite inteira, e a estrada velha ficou fechada até as dez.",
    )
    opening, first, *rest = blocks_of(f"{title}\n\n{prose}\n\n{lines}", "text")
    assert (opening, first) == (("title", title), ("paragraph", prose))
    return rest


def check_promises(article: Article) -> None:
    end = 0
    for block in article.blocks:
        words = article.text_of(block)
        assert block.kind in KINDS
        assert block.start >= end, "blocks stand in order and do not overlap"
        assert block.end <= len(article.text)
        assert words and words == words.strip(), f"no blanks around {words!r}"
        end = block.end
    check_units(article)


def check_units(article: Article) -> None:
    units = article.units()
    labelled = [block for block in article.blocks if block.kind != "heading"]
    assert [(unit.kind, unit.start, unit.end) for unit in units] == [(b.kind, b.start, b.end) for b in labelled]
    assert [unit.position for unit in units] == list(range(len(units)))
    assert {unit.of for unit in units} <= {len(units)}
    body = [unit for unit in units if unit.kind != "title"]
    assert [unit.previous for unit in body] == [None, *(unit.text for unit in body)][: len(body)]
    assert [unit.next for unit in body] == [*(unit.text for unit in body[1:]), None][: len(body)]
    for unit in units:
        headings = [block for block in article.blocks if block.kind == "heading" and block.start < unit.start]
        assert unit.section == (article.text_of(headings[-1]) if headings else None)
        assert article.text[unit.start : unit.end] == unit.text
        if unit.kind == "title":
            assert (unit.title, unit.previous, unit.next) == (None, None, None)
        else:
            assert unit.title == article.title


# ------------------------------------------------------------------------------------- whole articles


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_article_falls_into_the_blocks_that_a_reader_sees(path: Path) -> None:
    expected = json.loads((path.parent / f"{path.stem}.blocks.json").read_text(encoding="utf-8"))
    assert blocks_of(decode(path.read_bytes()).text) == [tuple(block) for block in expected]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_promises_hold_for_articles_in_every_format(path: Path, format: TextFormat) -> None:
    check_promises(segment(decode(path.read_bytes()).text, format))


@pytest.mark.parametrize("format", FORMATS)
def test_promises_hold_for_any_mixture_of_fragments(format: TextFormat) -> None:
    for seed in range(400):
        chance = random.Random(seed)
        text = "".join(chance.choice(FRAGMENTS) for _ in range(chance.randint(1, 20)))
        try:
            check_promises(segment(text, format))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {text[:400]!r}") from error


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t\u00a0\u2028", "\x00\x01\x02", "\u200b\n\ufeff"])
def test_text_without_anything_to_read_has_no_blocks(text: str, format: TextFormat) -> None:
    assert blocks_of(text, format) == []
    assert segment(text, format).units() == []
    assert segment(text, format).title is None


@pytest.mark.parametrize("format", ["text", "markdown"])
@pytest.mark.parametrize(
    "piece", ["Abc\n", "A\n\n", "- a\n", "1. a\n", "> a\n", "🚀 a\n", "[", "![", "*", "_", "Ana: x\n"]
)
def test_time_does_not_grow_with_the_square_of_the_length(piece: str, format: TextFormat) -> None:
    began = time.process_time()
    segment(piece * (30_000 // len(piece)), format)
    assert time.process_time() - began < 5


# --------------------------------------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Chuva na serra", "title"),
        ("Vai chover?", "title"),
        ("Chove sem parar!", "title"),
        ("1984", "title"),
        ("Por que a conta de luz subiu", "title"),
        ("Chuva na serra.", "paragraph"),
        ("Veja o que aconteceu:", "paragraph"),
        ("Foto: Arquivo Municipal", "paragraph"),
        ("Por Maria da Silva", "paragraph"),
        ("Por Maria da Silva, de Lisboa", "paragraph"),
        ("Da redação", "paragraph"),
        ("Tags: chuva, serra", "paragraph"),
        ("?!…?!", "paragraph"),
        ("Uma " + "longa " * 40 + "linha", "paragraph"),
    ],
)
def test_first_line_is_the_title_unless_it_is_a_sentence_or_a_credit(text: str, kind: str) -> None:
    assert blocks_of(f"{text}\n\nCaiu muita água.", "text")[0][0] == kind


def test_line_alone_is_a_paragraph() -> None:
    assert blocks_of("Chuva na serra") == [("paragraph", "Chuva na serra")]


@pytest.mark.parametrize(
    "line",
    [
        "Mercado em alta",
        "O que muda?",
        "2. O que muda",
        "1.2. Origens",
        "IV. O fim",
        "Dólar: o que esperar",
        "3) Depois",
    ],
)
def test_short_line_without_stop_over_prose_is_a_heading(line: str) -> None:
    assert after_prose(f"{line}\n\nTudo subiu.") == [("heading", line), ("paragraph", "Tudo subiu.")]


@pytest.mark.parametrize(
    "line",
    [
        "Mercado em alta.",
        "Veja só:",
        "Garanta já a sua vaga!",
        "E agora…",
        "mercado em alta",
        "Foto: Arquivo Municipal",
        "Fonte: Instituto da Água",
        "Leia também: A seca de 1958",
        "Da redação",
        "Por Fulana de Tal",
        "Por Fulana de Tal, de Lisboa",
        "— Não vou, disse ela",
        "“Não vou”",
        "2024",
        "2024 foi um ano difícil.",
        "-5 graus na serra.",
        "🚀🚀🚀",
        "Uma linha que tem palavras demais para encabeçar alguma coisa, ainda que lhe falte o ponto",
    ],
)
def test_sentence_credit_speech_or_sign_is_a_paragraph(line: str) -> None:
    assert after_prose(f"{line}\n\nTudo subiu.") == [("paragraph", line), ("paragraph", "Tudo subiu.")]


def test_last_line_heads_nothing() -> None:
    assert after_prose("Mercado em alta") == [("paragraph", "Mercado em alta")]


def test_heading_may_stand_under_another() -> None:
    kinds = [kind for kind, _ in after_prose("Parte um\nO começo\nEra uma vez um rio.")]
    assert kinds == ["heading", "heading", "paragraph"]


def test_of_three_short_lines_in_a_row_only_the_last_may_be_a_heading() -> None:
    kinds = [kind for kind, _ in after_prose("Rua do Sol, 5\nBairro Alto\nVisitas\nSó aos domingos.")]
    assert kinds == ["paragraph", "paragraph", "heading", "paragraph"]
    assert {kind for kind, _ in after_prose("Rua do Sol, 5\nBairro Alto\nLisboa")} == {"paragraph"}


@pytest.mark.parametrize("rule", ["* * *", "-----", "=======", "___", "• • •", "———"])
def test_row_of_marks_parts_as_a_blank_line_does(rule: str) -> None:
    assert after_prose(f"Subiu.\n{rule}\nDesceu.") == [("paragraph", "Subiu."), ("paragraph", "Desceu.")]


def test_speaker_who_comes_back_is_no_heading() -> None:
    assert {kind for kind, _ in after_prose("Ana: e o rio\n\nSecou.\n\nAna: e a ponte\n\nCaiu.")} == {"paragraph"}


def test_numbered_lines_in_a_row_are_items_without_their_numbers() -> None:
    assert after_prose("1. Abra a torneira\n2. Feche a torneira") == [
        ("item", "Abra a torneira"),
        ("item", "Feche a torneira"),
    ]


def test_numbered_sentence_alone_is_an_item() -> None:
    assert after_prose("1. Abra a torneira.\nDepois espere.") == [
        ("item", "Abra a torneira."),
        ("paragraph", "Depois espere."),
    ]


@pytest.mark.parametrize("bullet", [*"-*•·▪▫◦●○■□‣⁃➤➢►▶→✓✔✅☑❌✗✘➡👉+", "✔\ufe0f", "➡\ufe0f"])
def test_bullet_makes_an_item_and_is_left_out(bullet: str) -> None:
    assert after_prose(f"{bullet} Capa de chuva") == [("item", "Capa de chuva")]
    assert after_prose(f"\t{bullet}\u00a0Capa de chuva") == [("item", "Capa de chuva")]


@pytest.mark.parametrize(
    "line", ["-sem espaço aqui.", "-- dois traços.", "*ênfase* na primeira palavra.", "+55 11 é o prefixo."]
)
def test_sign_without_a_blank_is_no_bullet(line: str) -> None:
    assert after_prose(line) == [("paragraph", line)]


def test_pictogram_is_a_bullet_only_in_a_row() -> None:
    assert after_prose("🚀 Mais rápido\n🎉 Mais festa") == [("item", "Mais rápido"), ("item", "Mais festa")]
    assert after_prose("🚀 O foguete subiu.") == [("paragraph", "🚀 O foguete subiu.")]


def test_line_that_opens_with_an_angle_is_a_quote() -> None:
    assert after_prose("> Nunca vi chover assim.") == [("quote", "Nunca vi chover assim.")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_every_kind_of_line_end_ends_a_line(end: str) -> None:
    assert blocks_of(f"Chuva na serra{end}{end}Caiu água.{end}Foi muita.", "text") == [
        ("title", "Chuva na serra"),
        ("paragraph", "Caiu água."),
        ("paragraph", "Foi muita."),
    ]


WRAPPED = """\
A chuva que caiu sobre a serra durante a noite inteira fechou a
estrada velha, derrubou duas pontes de madeira e deixou sem energia
cerca de quatrocentas casas, segundo a companhia que cuida da rede
elétrica da região.

Pela manhã o rio já tinha voltado ao leito, mas a lama cobria a
praça da igreja e os moradores tiravam os móveis das casas mais
baixas com a ajuda dos vizinhos."""


def test_hard_wrapped_text_is_joined_again() -> None:
    first, second = WRAPPED.split("\n\n")
    assert blocks_of(WRAPPED) == [("paragraph", first), ("paragraph", second)]


def test_short_lines_are_not_taken_for_wrapped_text() -> None:
    assert [kind for kind, _ in blocks_of("Chuva na serra\nCaiu muita água.\nMercado em alta\nSubiu tudo.")] == [
        "title",
        "paragraph",
        "heading",
        "paragraph",
    ]


# ----------------------------------------------------------------------------------------------- Markdown


@pytest.mark.parametrize(
    ("text", "is_markdown"),
    [
        ("# Título\n\nTexto.", True),
        ("Título.\n======\n\nTexto.", True),
        ("---\ntitle: Oi\n---\nTexto.", True),
        ("Veja [aqui](https://exemplo.example/a)\ne ali.", True),
        ("- um\n  - dois\n\n```\ntrês\n```", False),
        ("#semespaço vale\ncomo etiqueta.", False),
        ("Nota [1] (ver o fim)\ne mais.", False),
    ],
)
def test_auto_reads_as_markdown_what_nobody_writes_in_plain_text(text: str, is_markdown: bool) -> None:
    assert segment(text) == segment(text, "markdown" if is_markdown else "text")
    assert segment(text, "markdown") != segment(text, "text")


def test_atx_and_setext_headings() -> None:
    expected = [("title", "Chuva"), ("heading", "Estrada"), ("paragraph", "Fechou.")]
    assert blocks_of("# Chuva #\n\n## Estrada\n\nFechou.") == expected
    assert blocks_of("Chuva\n===\n\nEstrada\n---\n\nFechou.") == expected


def test_front_matter_gives_the_title_and_then_every_heading_is_a_heading() -> None:
    expected = [("title", "Chuva: o dia seguinte"), ("heading", "Estrada"), ("paragraph", "Fechou.")]
    for front in (
        '---\ndate: 2024-05-01\ntitle: "Chuva: o dia seguinte"\n---\n',
        "+++\ntitle = 'Chuva: o dia seguinte'\n+++\n",
    ):
        assert blocks_of(f"{front}\n# Estrada\n\nFechou.") == expected
        assert blocks_of(f"{front}\n# Estrada\n\nFechou.".replace("\n", "\r\n")) == expected


def test_front_matter_title_has_no_blanks_around_and_no_yaml_signs() -> None:
    assert blocks_of("---\ntitle: ' Chuva '\n---\nFechou.") == [("title", "Chuva"), ("paragraph", "Fechou.")]
    assert blocks_of("---\ntitle: >-\n  Chuva\n---\nFechou.") == [("paragraph", "Fechou.")]


def test_line_bold_as_a_whole_over_prose_is_a_heading() -> None:
    assert blocks_of("# T\n\n**Estrada**\n\nFechou.")[1] == ("heading", "**Estrada**")
    assert blocks_of("# T\n\n__Estrada__\n\nFechou.")[1] == ("heading", "__Estrada__")


@pytest.mark.parametrize("text", ["**A estrada fechou.**\n\nFim.", "**A estrada** fechou\n\nFim.", "**Estrada**"])
def test_bold_sentence_bold_words_and_bold_end_are_paragraphs(text: str) -> None:
    assert blocks_of(f"# T\n\n{text}")[1] == ("paragraph", text.split("\n")[0])


def test_nested_lists_are_items_all() -> None:
    assert blocks_of("# T\n\n- capa\n  - de chuva\n    - azul\n- bota\n\n  A de borracha.\n") == [
        ("title", "T"),
        ("item", "capa"),
        ("item", "de chuva"),
        ("item", "azul"),
        ("item", "bota"),
        ("paragraph", "A de borracha."),
    ]


def test_quote_keeps_the_marks_inside_it_so_that_offsets_stay_true() -> None:
    assert blocks_of("# T\n\n> Choveu\n> muito.\n>\n> Muito mesmo.") == [
        ("title", "T"),
        ("quote", "Choveu\n> muito."),
        ("quote", "Muito mesmo."),
    ]


def test_code_tables_html_images_and_link_definitions_are_no_blocks() -> None:
    text = (
        "# T\n\n```\ncódigo\n```\n\n    mais código\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<div>oi</div>\n\n"
        "![foto](a.png)\n\n[![selo](a.png)](b)\n\n[ref]: http://exemplo.example\n\n---\n\nFim."
    )
    assert blocks_of(text) == [("title", "T"), ("paragraph", "Fim.")]


def test_offsets_count_characters_of_the_text_as_given() -> None:
    for text in ("# T\r\n\r\nUm\r\ndois.\r\n", "# T\r\rUm\rdois.", "# T\n\nNa\u0303o,\nUm\ndois. \u0085\n"):
        check_promises(segment(text, "markdown"))
    assert blocks_of("# T\r\n\r\nUm\r\ndois.\r\n") == [("title", "T"), ("paragraph", "Um\r\ndois.")]


# -------------------------------------------------------------------------------------------------- units


def test_units_are_the_blocks_to_label_with_their_context() -> None:
    article = segment("# Chuva\n\nCaiu.\n\n## Estrada\n\nFechou.\n\n- Capa\n")
    title, first, second, item = article.units()
    assert (title.text, title.kind, title.position, title.of) == ("Chuva", "title", 0, 4)
    assert (title.title, title.section, title.previous, title.next) == (None, None, None, None)
    assert (first.text, first.title, first.section, first.previous, first.next) == (
        "Caiu.",
        "Chuva",
        None,
        None,
        "Fechou.",
    )
    assert (second.section, second.previous, second.next) == ("Estrada", "Caiu.", "Capa")
    assert (item.kind, item.section, item.previous, item.next, item.position) == ("item", "Estrada", "Fechou.", None, 3)


def test_equal_paragraphs_are_each_a_unit_of_their_own() -> None:
    units = segment("# T\n\nIgual.\n\nIgual.\n\nIgual.").units()[1:]
    assert [(unit.previous, unit.next) for unit in units] == [(None, "Igual."), ("Igual.", "Igual."), ("Igual.", None)]
    assert len({unit.start for unit in units}) == 3
