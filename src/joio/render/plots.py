"""Plots of the evaluation report, with matplotlib; the four label colours are told apart by colour-blind eyes too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from joio.labels import LABEL_NAMES, LABELS

if TYPE_CHECKING:
    from joio.crossval import Evaluation
    from joio.evaluate import Scores

LABEL_COLOURS = {"factual": "#2f6f9f", "speculative": "#8a6bbf", "opinion": "#c77f1a", "promotional": "#b8425a"}
"""One colour a label, the same everywhere in the product."""

_INK = "#2b2b2b"


def _axes(width: float, height: float) -> tuple[Any, Any]:
    # The object interface, not pyplot: no window system, no global state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=_INK)
    return figure, axes


def confusion_figure(scores: Scores, lang: str = "pt") -> Any:
    """Confusion matrix as a heat map of row shares, counts written in."""
    figure, axes = _axes(5.6, 4.8)
    counts = np.array(scores.confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [LABEL_NAMES[lang][label] for label in LABELS]
    axes.set_xticks(range(4), names, rotation=20, ha="right")
    axes.set_yticks(range(4), names)
    axes.set_xlabel("modelo" if lang == "pt" else "model", color=_INK)
    axes.set_ylabel("leitores" if lang == "pt" else "readers", color=_INK)
    axes.spines[:].set_visible(False)
    for row in range(4):
        for column in range(4):
            axes.text(
                column,
                row,
                f"{shares[row, column]:.0%}\n{counts[row, column]:,}",
                ha="center",
                va="center",
                fontsize=9,
                color="white" if shares[row, column] > 0.55 else _INK,
            )
    axes.set_title("Matriz de confusão" if lang == "pt" else "Confusion matrix", color=_INK)
    return figure


def reliability_figure(scores: Scores, lang: str = "pt") -> Any:
    """Accuracy against confidence by bin, with the number of units of each bin above it."""
    figure, axes = _axes(5.6, 4.8)
    bins = [b for b in scores.reliability if b.count]
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
    axes.bar(
        [b.low + 0.05 for b in bins],
        [b.accuracy for b in bins],
        width=0.088,
        color="#2f6f9f",
        alpha=0.35,
        edgecolor="#2f6f9f",
    )
    axes.plot([b.confidence for b in bins], [b.accuracy for b in bins], "o-", color="#2f6f9f")
    for b in bins:
        axes.annotate(f"{b.count:,}", (b.low + 0.05, 0.015), ha="center", fontsize=7, color=_INK, rotation=90)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_xlabel("confiança" if lang == "pt" else "confidence", color=_INK)
    axes.set_ylabel("acerto" if lang == "pt" else "accuracy", color=_INK)
    axes.set_title(f"{'Calibração' if lang == 'pt' else 'Calibration'}: ECE {scores.ece.value:.3f}", color=_INK)
    return figure


def models_figure(evaluation: Evaluation, lang: str = "pt") -> Any:
    """Macro-F1 of every model with its interval, the subject last."""
    from joio.render.report import display_name

    models = evaluation.models
    figure, axes = _axes(8.4, 1.0 + 0.5 * len(models))
    for place, scores in enumerate(reversed(models)):
        f1 = scores.all.macro_f1
        is_subject = scores is evaluation.subject
        axes.barh(place, f1.value, color="#2f6f9f" if is_subject else "#b9c7d3", height=0.62)
        axes.plot([f1.low, f1.high], [place, place], color=_INK, linewidth=1.4)
        axes.text(f1.high + 0.01, place, f"{f1.value:.3f}", va="center", fontsize=9, color=_INK)
    axes.set_yticks(range(len(models)), [display_name(scores, lang) for scores in reversed(models)])
    axes.set_xlim(0, 1)
    axes.set_xlabel("macro-F1")
    axes.set_title("Modelos lado a lado" if lang == "pt" else "Models side by side", color=_INK)
    return figure


def labels_figure(scores: Scores, lang: str = "pt") -> Any:
    """Precision, recall and F1 of each label, with intervals."""
    figure, axes = _axes(7.2, 3.8)
    figures = (("precision", "precisão"), ("recall", "cobertura"), ("f1", "F1"))
    for place, label in enumerate(LABELS):
        for step, (name, _) in enumerate(figures):
            figure_ = getattr(scores.labels[label], name)
            x = place + (step - 1) * 0.26
            axes.bar(x, figure_.value, width=0.24, color=LABEL_COLOURS[label], alpha=(0.45, 0.7, 1.0)[step])
            axes.plot([x, x], [figure_.low, figure_.high], color=_INK, linewidth=1.2)
            axes.text(
                x,
                0.015,
                names[step] if (names := [n if lang == "en" else pt for n, pt in figures]) else "",
                rotation=90,
                ha="center",
                va="bottom",
                fontsize=7,
                color="white",
            )
    axes.set_xticks(
        range(4), [f"{LABEL_NAMES[lang][label]}\n(n = {scores.labels[label].support:,})" for label in LABELS]
    )
    axes.set_ylim(0, 1)
    axes.set_title("Rótulo a rótulo" if lang == "pt" else "Label by label", color=_INK)
    return figure


def all_figures(evaluation: Evaluation, lang: str = "pt") -> dict[str, Any]:
    """File name -> figure, in the order in which a reader should see them."""
    scores = evaluation.subject.all
    return {
        "1-models.png": models_figure(evaluation, lang),
        "2-labels.png": labels_figure(scores, lang),
        "3-confusion.png": confusion_figure(scores, lang),
        "4-calibration.png": reliability_figure(scores, lang),
    }
