"""The evaluation report and the model card, as Markdown; figures come from `joio.train.Evaluation` and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from joio.labels import LABELS

if TYPE_CHECKING:
    from joio.evaluate import Scores
    from joio.train import Evaluation, ModelScores

DISPLAY: Mapping[str, str] = {
    "majority": "Majority label",
    "cue-rules": "Cue rules",
    "word-tfidf": "Word TF-IDF + logistic regression",
    "joio": "joio",
}


def display_name(scores: ModelScores) -> str:
    """How a report calls a model, with the part of the data it was trained on where that is not all."""
    name = DISPLAY.get(scores.name, scores.name)
    return name if scores.train_on == "both" else f"{name}, trained on {scores.train_on} units only"


def report_markdown(evaluation: Evaluation) -> str:
    """The evaluation report as Markdown."""
    subject = evaluation.subject
    data = evaluation.data
    origin = "public (found) text" if evaluation.tested_on == "public" else "**written** text, for want of public units"
    lines = [
        "# Evaluation report",
        "",
        f"**{display_name(subject)}**: macro-F1 **{subject.all.macro_f1}** on {subject.all.n:,} units of "
        f"{subject.all.n_articles:,} articles that it had seen no source of.",
        "",
        "## Protocol",
        "",
        f"- {evaluation.n_folds}-fold cross-validation, seed {evaluation.seed}. Folds are groups of sources, "
        "stratified by label: a site or author is never in training and test at once, and sources that share a near "
        "duplicate count as one.",
        f"- Tested on {origin}; written units are only ever in training"
        + ("." if evaluation.tested_on == "public" else " wherever there are public ones."),
        "- Calibration is fitted inside each training part, on grouped folds of it.",
        "- In brackets: 95 % intervals by bootstrap over articles (1,000 draws).",
        "- The readers who labelled the units were language models that follow the annotation guide, not people.",
        f"- Data: {data['n']:,} units, {data['articles']:,} articles, {data['sources']:,} sources; "
        f"digest `{data['digest'][:16]}`, folds `{evaluation.folds_digest[:16]}`.",
        "",
        "| origin | " + " | ".join(LABELS) + " | all |",
        "|---|" + "---:|" * (len(LABELS) + 1),
        *(
            f"| {name} | "
            + " | ".join(f"{counts.get(label, 0):,}" for label in LABELS)
            + f" | {sum(counts.values()):,} |"
            for name, counts in data["by_label"].items()
        ),
        "",
        "## Models side by side",
        "",
        "| model | macro-F1 | accuracy | log loss | Brier | ECE |",
        "|---|---|---|---|---|---|",
        *(_model_row(scores) for scores in evaluation.models),
        "",
        f"## {display_name(subject)}, label by label",
        "",
        "| label | precision | recall | F1 | support |",
        "|---|---|---|---|---:|",
        *(
            f"| {label} | {score.precision} | {score.recall} | {score.f1} | {score.support:,} |"
            for label, score in subject.all.labels.items()
        ),
        "",
        "### Confusion matrix",
        "",
        "Rows are the readers' labels, columns the model's; counts, and the share of the row.",
        "",
        *_confusion(subject.all),
        "",
        "### Easy and hard units",
        "",
        "A unit is hard when its readers disagreed or most of them named a second label.",
        "",
        "| units | n | macro-F1 | accuracy | log loss | ECE |",
        "|---|---:|---|---|---|---|",
        *(
            f"| {name} | {scores.n:,} | {scores.macro_f1} | {scores.accuracy} | {scores.log_loss} | {scores.ece} |"
            for name, scores in (("all", subject.all), ("easy", subject.easy), ("hard", subject.hard))
            if scores
        ),
        "",
        "### Calibration",
        "",
        f"Temperatures by fold: {', '.join(f'{t:.2f}' for t in subject.temperatures)}.",
        "",
        "| | log loss | Brier | ECE |",
        "|---|---|---|---|",
        f"| before | {subject.uncalibrated.log_loss} | {subject.uncalibrated.brier} | {subject.uncalibrated.ece} |",
        f"| after | {subject.all.log_loss} | {subject.all.brier} | {subject.all.ece} |",
        "",
        "Reliability of the label given:",
        "",
        "| confidence | units | mean confidence | accuracy |",
        "|---|---:|---:|---:|",
        *(
            f"| {b.low:.1f} to {b.high:.1f} | {b.count:,} | {b.confidence:.3f} | {b.accuracy:.3f} |"
            for b in subject.all.reliability
            if b.count
        ),
        "",
        "### Folds",
        "",
        "| fold | macro-F1 |",
        "|---|---:|",
        *(f"| {fold} | {value:.3f} |" for fold, value in enumerate(subject.macro_f1_by_fold)),
        "",
    ]
    return "\n".join(lines)


def _model_row(scores: ModelScores) -> str:
    every = scores.all
    figures = (every.macro_f1, every.accuracy, every.log_loss, every.brier, every.ece)
    return f"| {display_name(scores)} | {' | '.join(map(str, figures))} |"


def _confusion(scores: Scores) -> list[str]:
    lines = ["| | " + " | ".join(LABELS) + " |", "|---|" + "---:|" * len(LABELS)]
    for label, row in zip(LABELS, scores.confusion, strict=True):
        total = max(sum(row), 1)
        lines.append(f"| **{label}** | " + " | ".join(f"{count:,} ({count / total:.0%})" for count in row) + " |")
    return lines


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
            f'classifier = joio.load("{name}")',
            '[prediction] = classifier.predict(["O servidor caiu às 3h, segundo a empresa."])',
            "prediction.label, prediction.confidence",
            "```",
            "",
            "## What it is",
            "",
            "One scikit-learn Pipeline: spaCy's Portuguese tokens, word and character n-grams, cue phrases, surface "
            "and context (section heading, title, place, neighbours), multinomial logistic regression on vote shares, "
            "divided by a temperature. It is linear, so the contribution of every word is exact.",
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
            "| label | precision | recall | F1 | support |",
            "|---|---|---|---|---:|",
            *(
                f"| {label} | {score.precision} | {score.recall} | {score.f1} | {score.support:,} |"
                for label, score in subject.all.labels.items()
            ),
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
            "Language models that read whole articles under a written guide, each alone; no people. On public text two "
            "readers agree with a kappa of 0.84 to 0.91, an upper bound for people; most units were read once. Written "
            "units were labelled by their writer and by a reader who saw no labels; they are easier than found text.",
            "",
            "## Limits",
            "",
            "- It describes what a paragraph asks of its reader. It does not know what is true, and says nothing of "
            "the person who wrote it.",
            "- `speculative` is rare and the weakest label. Irony is often missed. Text in other languages gets labels "
            "that mean nothing.",
            "- Brazilian Portuguese, blogs and technology news prevail in the training data; other genres and European "
            "Portuguese are thinner.",
            "- Not for moderation, ranking or penalties without a person who reads.",
            "",
        ]
    )
