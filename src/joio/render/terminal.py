"""The verdict on a terminal: the article as it reads, with labels, the words that counted, and the shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from joio.labels import LABEL_NAMES, LABEL_QUESTIONS, LABELS, Label

if TYPE_CHECKING:
    from joio.article import Unit
    from joio.predict import Prediction
    from joio.verdict import Share, Verdict

# The colours of render.plots.LABEL_COLOURS, lightened: they must be read on black and on white.
_COLOURS: dict[Label, str] = {
    "factual": "#3d8fc7",
    "speculative": "#9a7fd1",
    "opinion": "#cf8a2a",
    "promotional": "#d05a72",
}
# An article must not move the cursor or change the colours. One character for one: the cues' offsets stay true.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")
_WORDS = {
    "pt": {
        "substance": "Índice de substância",
        "substance_is": "parte das palavras em parágrafos que o leitor pode conferir",
        "interval": "intervalo de 90 %",
        "words": "palavra palavras",
        "units": "trecho trechos",
        "untitled": "(sem título)",
        "cues": "Sublinhadas: as palavras que mais pesaram.",
        "unsure": "incerto",
        "unsure_is": "«Incerto»: o modelo está menos seguro do que em quatro de cada cinco trechos; "
        "embaixo, o rótulo mais provável.",
        "fair": "O joio descreve parágrafos. Não diz se são verdade, nem julga quem os escreveu.",
        "other": "O texto não parece estar em português: os rótulos não querem dizer nada.",
        "no words": "O texto não tem palavras: os rótulos não querem dizer nada.",
        "short": "O texto é curto demais para que as partes queiram dizer muito.",
    },
    "en": {
        "substance": "Substance index",
        "substance_is": "share of the words in paragraphs that the reader can check",
        "interval": "90 % interval",
        "words": "word words",
        "units": "passage passages",
        "untitled": "(untitled)",
        "cues": "Underlined: the words that counted most.",
        "unsure": "unsure",
        "unsure_is": "'Unsure': the model is less sure than of four in five passages; below it, the likeliest label.",
        "fair": "joio describes paragraphs. It does not say whether they are true, and does not judge who wrote them.",
        "other": "The text does not seem to be Portuguese: the labels mean nothing.",
        "no words": "The text has no words: the labels mean nothing.",
        "short": "The text is too short for the shares to mean much.",
    },
}


def warnings_of(verdict: Verdict, lang: str = "pt") -> list[str]:
    """What the reader must be warned of before believing the labels."""
    words = _WORDS[lang]
    if verdict.language.doubtful:
        return [words[verdict.language.finding]]
    return [words["short"]] if verdict.too_short else []


def print_verdict(verdict: Verdict, console: Console, lang: str = "pt") -> None:
    """Print a verdict; long lines wrap to the console's width."""
    words = _WORDS[lang]
    title = verdict.article.title or words["untitled"]
    console.print()
    console.print(Padding(Text(_one_line(title), style="bold"), (0, 1)))
    console.print(
        Padding(
            Text(
                f"{_counted(verdict.n_words, words['words'])} · {_counted(len(verdict.units), words['units'])}",
                style="dim",
            ),
            (0, 1),
        )
    )
    for warning in warnings_of(verdict, lang):
        console.print(Padding(Text(f"⚠ {warning}", style="bold yellow"), (1, 1, 0, 1)))
    console.print()
    console.print(Padding(_shares(verdict, lang, console.width), (0, 1)))
    console.print()
    console.print(Padding(_body(verdict, lang), (0, 1)))
    console.print(Padding(Text(words["cues"], style="dim"), (1, 1, 0, 1)))
    if any(prediction.unsure for prediction in verdict.predictions):
        console.print(Padding(Text(words["unsure_is"], style="dim"), (0, 1)))
    console.print(Padding(Text(words["fair"], style="dim"), (0, 1, 1, 1)))


def _shares(verdict: Verdict, lang: str, width: int) -> Any:
    words = _WORDS[lang]
    table = Table.grid(padding=(0, 2))
    bar_width = max(min(width - 70, 34), 10)
    for label in LABELS:
        share = verdict.shares[label]
        filled = round(share.value * bar_width)
        bar = Text("█" * filled, style=_COLOURS[label]) + Text("░" * (bar_width - filled), style="dim")
        table.add_row(
            Text(LABEL_NAMES[lang][label], style=f"bold {_COLOURS[label]}"),
            bar,
            Text(_percent(share.value), style="bold", justify="right"),
            Text(_interval(share), style="dim"),
            Text(LABEL_QUESTIONS[lang][label], style="dim"),
        )
    substance = verdict.substance
    headline = Text.assemble(
        (f"{words['substance']}: ", ""),
        (_percent(substance.value), "bold"),
        (f"  ({words['interval']}: {_interval(substance)})", "dim"),
    )
    return Group(headline, Text(words["substance_is"], style="dim"), Text(""), table)


def _body(verdict: Verdict, lang: str) -> Any:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=18)
    table.add_column(ratio=1)
    scored = iter(zip(verdict.units, verdict.predictions, strict=True))
    for block in verdict.article.blocks:
        if block.kind == "heading":
            table.add_row("", Text(_one_line(verdict.article.text_of(block)), style="bold"))
        else:
            unit, prediction = next(scored)
            table.add_row(_margin(prediction, lang), _paragraph(unit, prediction))
        table.add_row("", "")
    return table


def _margin(prediction: Prediction, lang: str) -> Text:
    colour = _COLOURS[prediction.label]
    name = LABEL_NAMES[lang][prediction.label]
    certainty = (f"{prediction.confidence:>4.0%}", "dim")
    if prediction.unsure:
        unsure = _WORDS[lang]["unsure"]
        return Text.assemble(("▌", colour), (unsure.ljust(13), "bold dim"), certainty, (f"\n {name}?", colour))
    return Text.assemble(("▌", colour), (name.ljust(13), f"bold {colour}"), certainty)


# Markdown's marks and line ends inside a block are no part of what a reader reads.
_UNSEEN = re.compile(r"\*\*|__|`|\s*[\r\n]+(?:\s*>)*\s*|\]\([^()\s]*\)|!?\[(?=[^\]]*\]\()")


def _paragraph(unit: Unit, prediction: Prediction) -> Text:
    marked = [(cue.start, cue.end) for cue in prediction.strongest_cues(5)]
    style = f"underline {_COLOURS[prediction.label]}"
    text = Text({"item": "• ", "quote": "❝ "}.get(unit.kind, ""), style="bold" if unit.kind == "title" else "")
    at = 0
    for match in (*_UNSEEN.finditer(unit.text), None):
        end = match.start() if match else len(unit.text)
        seen = Text(unit.text[at:end].translate(_CONTROLS))
        for first, last in marked:
            seen.stylize(style, max(first - at, 0), max(last - at, 0))
        text.append_text(seen)
        if match:
            text.append(" " if match.group().isspace() or "\n" in match.group() else "")
            at = match.end()
    return text


def _counted(n: int, forms: str) -> str:
    """'1 palavra', '2 palavras': `forms` is the singular and the plural."""
    singular, plural = forms.split()
    return f"{n} {singular if n == 1 else plural}"


def _one_line(text: str) -> str:
    return " ".join(text.translate(_CONTROLS).split())


def _percent(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")


def _interval(share: Share) -> str:
    return f"{share.low:.0%}–{share.high:.0%}".replace("%–", "–").replace("%", " %")
