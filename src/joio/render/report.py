"""The evaluation report and the model card, as Markdown; every figure comes from an `Evaluation`, none is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from joio.labels import LABEL_NAMES, LABELS

if TYPE_CHECKING:
    from joio.crossval import Evaluation, ModelScores
    from joio.evaluate import Scores

ORIGIN_NAMES: Mapping[str, Mapping[str, str]] = {
    "pt": {"public": "público", "written": "escrito", "contrast": "contraste"},
    "en": {"public": "public", "written": "written", "contrast": "contrast"},
}

DISPLAY: Mapping[str, Mapping[str, str]] = {
    "pt": {
        "majority": "Rótulo mais frequente",
        "cue-rules": "Regras por pistas",
        "word-tfidf": "TF-IDF de palavras + regressão logística",
        "joio": "joio",
        "written": "treinado só com trechos escritos",
        "public": "treinado só com trechos públicos",
    },
    "en": {
        "majority": "Majority label",
        "cue-rules": "Cue rules",
        "word-tfidf": "Word TF-IDF + logistic regression",
        "joio": "joio",
        "written": "trained on written units only",
        "public": "trained on public units only",
    },
}

_TEXT: Mapping[str, Mapping[str, str]] = {
    "pt": {
        "title": "Relatório de avaliação",
        "headline": "**{name}**: macro-F1 **{f1}** em {n} trechos de {articles} artigos, "
        "nenhum de uma fonte que o modelo tenha visto.",
        "protocol": "Protocolo",
        "folds": "Validação cruzada em {folds} partes, semente {seed}. As partes são grupos de fontes, "
        "estratificadas por rótulo: um site ou autor nunca está no treino e no teste ao mesmo tempo, e fontes que "
        "compartilham uma quase duplicata valem por uma.",
        "test_part": "Parte de teste: {n} trechos de {sources} fontes inteiras, fora de todo treino, ajuste e "
        "calibração, abertas uma vez para cada modelo candidato; resumo `{digest}`.",
        "tested_public": "Testado em texto público (encontrado); trechos escritos e de contraste só entram no treino.",
        "tested_written": "Testado em trechos **escritos**, à falta de públicos; eles são mais "
        "fáceis do que texto encontrado.",
        "tested_contrast": "Testado em conjuntos de **contraste**, à falta de outros trechos.",
        "calibration_note": "A calibração é ajustada dentro de cada treino, em partes agrupadas por fonte.",
        "intervals": "Entre colchetes: intervalos de 95 % por bootstrap sobre artigos (1.000 sorteios).",
        "readers": "Quem rotulou foram modelos de linguagem que seguem o guia de anotação, não pessoas.",
        "data": "Dados de treino: {n} trechos, {articles} artigos, {sources} fontes; resumo `{digest}`{folds}.",
        "folds_digest": ", partes `{digest}`",
        "origin": "origem",
        "all": "todos",
        "side_by_side": "Modelos lado a lado",
        "model": "modelo",
        "accuracy": "acerto",
        "log_loss": "perda logarítmica",
        "by_label": "{name}, rótulo a rótulo",
        "label": "rótulo",
        "precision": "precisão",
        "recall": "cobertura",
        "support": "suporte",
        "confusion": "Matriz de confusão",
        "confusion_note": "Linhas: o rótulo dos leitores; colunas: o do modelo. Contagens e parte da linha.",
        "easy_hard": "Trechos fáceis e difíceis",
        "easy_hard_note": "Um trecho é difícil quando os leitores divergem ou a maioria deles "
        "apontou um segundo rótulo.",
        "units": "trechos",
        "easy": "fáceis",
        "hard": "difíceis",
        "calibration": "Calibração",
        "temperatures": "Temperaturas por parte: {temperatures}.",
        "before": "antes",
        "after": "depois",
        "reliability": "Confiabilidade do rótulo dado:",
        "confidence": "confiança",
        "mean_confidence": "confiança média",
        "range": "{low:.1f} a {high:.1f}",
        "coverage": "Risco e cobertura",
        "coverage_note": "Só os trechos de que o modelo está mais seguro. Abaixo do limiar de 80 % ele diz «incerto».",
        "covered": "cobertura",
        "threshold": "limiar",
        "sure": "No limiar do modelo ({threshold:.3f}, lido na validação cruzada): cobertura {coverage:.1%}, macro-F1 "
        "{macro_f1:.3f}, acerto {accuracy:.3f}.",
        "fold_table": "Partes",
        "fold": "parte",
    },
    "en": {
        "title": "Evaluation report",
        "headline": "**{name}**: macro-F1 **{f1}** on {n} units of {articles} articles, "
        "none of a source that the model had seen.",
        "protocol": "Protocol",
        "folds": "{folds}-fold cross-validation, seed {seed}. Folds are groups of sources, "
        "stratified by label: a site or "
        "author is never in training and test at once, and sources that share a near duplicate count as one.",
        "test_part": "Test part: {n} units of {sources} whole sources, apart from all training, tuning and "
        "calibration, opened once for each model that may be released; digest `{digest}`.",
        "tested_public": "Tested on public (found) text; written and contrast units are only ever in training.",
        "tested_written": "Tested on **written** units, for want of public ones; they are easier than found text.",
        "tested_contrast": "Tested on **contrast** sets, for want of other units.",
        "calibration_note": "Calibration is fitted inside each training part, on grouped folds of it.",
        "intervals": "In brackets: 95 % intervals by bootstrap over articles (1,000 draws).",
        "readers": "The readers who labelled were language models that follow the annotation guide, not people.",
        "data": "Training data: {n} units, {articles} articles, {sources} sources; digest `{digest}`{folds}.",
        "folds_digest": ", folds `{digest}`",
        "origin": "origin",
        "all": "all",
        "side_by_side": "Models side by side",
        "model": "model",
        "accuracy": "accuracy",
        "log_loss": "log loss",
        "by_label": "{name}, label by label",
        "label": "label",
        "precision": "precision",
        "recall": "recall",
        "support": "support",
        "confusion": "Confusion matrix",
        "confusion_note": "Rows are the readers' labels, columns the model's; counts, and the share of the row.",
        "easy_hard": "Easy and hard units",
        "easy_hard_note": "A unit is hard when its readers disagreed or most of them named a second label.",
        "units": "units",
        "easy": "easy",
        "hard": "hard",
        "calibration": "Calibration",
        "temperatures": "Temperatures by fold: {temperatures}.",
        "before": "before",
        "after": "after",
        "reliability": "Reliability of the label given:",
        "confidence": "confidence",
        "mean_confidence": "mean confidence",
        "range": "{low:.1f} to {high:.1f}",
        "coverage": "Risk and coverage",
        "coverage_note": "Only the units that the model is surest of. Below the threshold of 80 % it says 'unsure'.",
        "covered": "coverage",
        "threshold": "threshold",
        "sure": "At the model's threshold ({threshold:.3f}, read off cross-validation): coverage {coverage:.1%}, "
        "macro-F1 {macro_f1:.3f}, accuracy {accuracy:.3f}.",
        "fold_table": "Folds",
        "fold": "fold",
    },
}


def display_name(scores: ModelScores, lang: str = "pt") -> str:
    """How a report calls a model, with the part of the data it was trained on where that is not all."""
    names = DISPLAY[lang]
    name = names.get(scores.name, scores.name)
    return name if scores.train_on == "both" else f"{name}, {names[scores.train_on]}"


def _count(n: int, lang: str) -> str:
    return f"{n:,}".replace(",", "." if lang == "pt" else ",")


def report_markdown(evaluation: Evaluation, lang: str = "pt") -> str:
    """The evaluation report as Markdown, in Portuguese or English."""
    text = _TEXT[lang]
    names = LABEL_NAMES[lang]
    subject, data = evaluation.subject, evaluation.data
    every = subject.all
    sections = [
        [f"# {text['title']}"],
        [
            text["headline"].format(
                name=display_name(subject, lang),
                f1=every.macro_f1,
                n=_count(every.n, lang),
                articles=_count(every.n_articles, lang),
            )
        ],
        [f"## {text['protocol']}"],
        [
            "- " + _protocol(evaluation, lang),
            "- " + text[f"tested_{evaluation.tested_on}"],
            "- " + text["calibration_note"],
            "- " + text["intervals"],
            "- " + text["readers"],
            "- "
            + text["data"].format(
                n=_count(data["n"], lang),
                articles=_count(data["articles"], lang),
                sources=_count(data["sources"], lang),
                digest=data["digest"][:16],
                folds=text["folds_digest"].format(digest=evaluation.folds_digest[:16]) if evaluation.n_folds else "",
            ),
        ],
        _table(
            [text["origin"], *(names[label] for label in LABELS), text["all"]],
            [
                [
                    ORIGIN_NAMES[lang][origin],
                    *(_count(counts.get(label, 0), lang) for label in LABELS),
                    _count(sum(counts.values()), lang),
                ]
                for origin, counts in data["by_label"].items()
            ],
        ),
        [f"## {text['side_by_side']}"],
        _table(
            [text["model"], "macro-F1", text["accuracy"], text["log_loss"], "Brier", "ECE"],
            [[display_name(scores, lang), *_figures(scores.all)] for scores in evaluation.models],
        ),
        ["## " + text["by_label"].format(name=display_name(subject, lang))],
        _label_table(every, lang),
        [f"### {text['confusion']}"],
        [text["confusion_note"]],
        _table(
            ["", *(names[label] for label in LABELS)],
            [
                [
                    f"**{names[label]}**",
                    *(f"{_count(count, lang)} ({count / max(sum(row), 1):.0%})" for count in row),
                ]
                for label, row in zip(LABELS, every.confusion, strict=True)
            ],
        ),
        [f"### {text['easy_hard']}"],
        [text["easy_hard_note"]],
        _table(
            [text["units"], "n", "macro-F1", text["accuracy"], text["log_loss"], "Brier", "ECE"],
            [
                [name, _count(scores.n, lang), *_figures(scores)]
                for name, scores in ((text["all"], every), (text["easy"], subject.easy), (text["hard"], subject.hard))
                if scores
            ],
        ),
        [f"### {text['calibration']}"],
        [text["temperatures"].format(temperatures=", ".join(f"{t:.2f}" for t in subject.temperatures))],
        _table(
            ["", text["log_loss"], "Brier", "ECE"],
            [
                [name, str(scores.log_loss), str(scores.brier), str(scores.ece)]
                for name, scores in ((text["before"], subject.uncalibrated), (text["after"], every))
            ],
        ),
        [text["reliability"]],
        _table(
            [text["confidence"], text["units"], text["mean_confidence"], text["accuracy"]],
            [
                [
                    text["range"].format(low=b.low, high=b.high),
                    _count(b.count, lang),
                    f"{b.confidence:.3f}",
                    f"{b.accuracy:.3f}",
                ]
                for b in every.reliability
                if b.count
            ],
        ),
    ]
    sections += [
        [f"### {text['coverage']}"],
        [text["coverage_note"]],
        _table(
            [text["covered"], text["threshold"], "macro-F1", text["accuracy"]],
            [
                [f"{p.coverage:.0%}", f"{p.threshold:.3f}", f"{p.macro_f1:.3f}", f"{p.accuracy:.3f}"]
                for p in every.coverage
            ],
        ),
    ]
    if evaluation.test_part:
        sections.append([text["sure"].format(**evaluation.test_part["sure"])])
    if subject.macro_f1_by_fold:
        sections += [
            [f"### {text['fold_table']}"],
            _table(
                [text["fold"], "macro-F1"],
                [[str(fold), f"{value:.3f}"] for fold, value in enumerate(subject.macro_f1_by_fold)],
            ),
        ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _protocol(evaluation: Evaluation, lang: str) -> str:
    """What was tested on: folds, or the test part."""
    text, part = _TEXT[lang], evaluation.test_part
    if part is None:
        return text["folds"].format(folds=evaluation.n_folds, seed=evaluation.seed)
    return text["test_part"].format(
        n=_count(part["n"], lang), sources=_count(part["sources"], lang), digest=part["digest"][:16]
    )


def _figures(scores: Scores) -> list[str]:
    return [str(f) for f in (scores.macro_f1, scores.accuracy, scores.log_loss, scores.brier, scores.ece)]


def _label_table(scores: Scores, lang: str) -> list[str]:
    text = _TEXT[lang]
    return _table(
        [text["label"], text["precision"], text["recall"], "F1", text["support"]],
        [
            [LABEL_NAMES[lang][label], str(s.precision), str(s.recall), str(s.f1), _count(s.support, lang)]
            for label, s in scores.labels.items()
        ],
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table: the first column to the left, figures to the right."""
    marks = ["---", *["---:"] * (len(header) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (header, marks, *rows)]


def card_markdown(
    name: str, evaluation: Evaluation, facts: Mapping[str, Any], cues: Mapping[str, Sequence[str]]
) -> str:
    """The model card: what it is, what it was trained on, how good it is, what it must not be used for."""
    subject, data = evaluation.subject, evaluation.data
    origins = ", ".join(f"{n:,} {origin}" for origin, n in data["by_origin"].items())
    return "\n".join(
        [
            "---",
            "language: pt",
            "license: mit",
            "library_name: joio",
            "pipeline_tag: text-classification",
            "tags: [portuguese, media-literacy, scikit-learn]",
            "---",
            "",
            f"# {name}",
            "",
            "Labels each paragraph of a Portuguese article `factual`, `speculative`, `opinion` or `promotional`, with "
            "a calibrated probability and the words that gave it away.",
            "",
            "```python",
            "import joio",
            "",
            f'classifier = joio.load("{name}")',
            '[prediction] = classifier.predict(["O servidor caiu às 3h, segundo a empresa."])',
            "prediction.label, prediction.confidence",
            "```",
            "",
            "## What it is",
            "",
            "One scikit-learn Pipeline: spaCy's Portuguese tokens, word and character n-grams, cue phrases, surface "
            "and context (section heading, title, place, neighbours), multinomial logistic regression on vote shares; "
            "a second, small one hears what the first says of the paragraphs around. Scores are divided by a "
            "temperature. They are linear in the columns of a paragraph, so the contribution of every word is exact.",
            "",
            f"- Parameters: {', '.join(f'{key}={value}' for key, value in facts.get('parameters', {}).items())}; "
            f"{facts.get('columns', 0):,} columns; temperature {facts.get('temperature', 1.0):.3f}; "
            f"seed {evaluation.seed}.",
            f"- Trained on {data['n']:,} units ({origins}) of {data['sources']:,} sources; "
            f"digest `{data['digest'][:16]}`.",
            "",
            "## How good it is",
            "",
            f"By {evaluation.n_folds}-fold cross-validation grouped by source, on {subject.all.n:,} "
            f"{evaluation.tested_on} units: macro-F1 {subject.all.macro_f1}, accuracy {subject.all.accuracy}, "
            f"log loss {subject.all.log_loss}, ECE {subject.all.ece}. By label:",
            "",
            *_label_table(subject.all, "en"),
            "",
            "The files `evaluation.md` and `evaluation.json` tell the rest. The figures are of models trained "
            f"on {evaluation.n_folds - 1} of {evaluation.n_folds} folds; this one was trained on all of them, so it "
            "has no figure of its own.",
            "",
            "## What weighs most",
            "",
            *(f"- **{label}**: {', '.join(words)}" for label, words in cues.items()),
            "",
            "## Who labelled",
            "",
            "Language models that read under a written guide, each alone; no people. Every public unit was read twice, "
            "with a kappa of 0.88, an upper bound for people, and a third time where the two differed. Written units "
            "were labelled by their writer and read by one who saw no labels; they are easier than found "
            "text. See the datasheet in `data/README.md`.",
            "",
            "## Limits",
            "",
            "- It describes what a paragraph asks of its reader. It does not know what is true, and says nothing of "
            "the person who wrote it.",
            "- `speculative` is rare and the weakest label. Dry irony is often missed. Text in other languages "
            "gets labels that mean nothing.",
            "- Brazilian Portuguese, blogs and technology news prevail in the training data; other genres and European "
            "Portuguese are thinner.",
            "- Not for moderation, ranking or penalties without a person who reads.",
            "",
        ]
    )
