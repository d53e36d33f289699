"""The verdict as plain data: one object a unit, or one for the article."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joio.article import Unit
    from joio.predict import Cue, Prediction
    from joio.verdict import Verdict

MAX_CUES = 12


def unit_row(unit: Unit, prediction: Prediction) -> dict[str, Any]:
    """One unit: `start` and `end` are offsets into the article, those of `cues` into the unit's `text`.

    `cues` are the twelve that weigh most, strongest first; `weight` is what the words add to the score of their label.
    """
    strongest = sorted(prediction.cues, key=lambda cue: -cue.weight)[:MAX_CUES]
    return {
        "position": unit.position,
        "kind": unit.kind,
        "section": unit.section,
        "start": unit.start,
        "end": unit.end,
        "text": unit.text,
        "label": prediction.label,
        "unsure": prediction.unsure,
        "probabilities": dict(prediction.probabilities),
        "cues": [_cue_row(cue) for cue in strongest],
    }


def _cue_row(cue: Cue) -> dict[str, Any]:
    return {"start": cue.start, "end": cue.end, "text": cue.text, "label": cue.label, "weight": cue.weight}


def verdict_row(verdict: Verdict, name: str) -> dict[str, Any]:
    """The whole article: shares, substance index, warnings, units."""
    return {
        "article": name,
        "title": verdict.article.title,
        "words": verdict.n_words,
        "language": verdict.language.finding,
        "too_short": verdict.too_short,
        "substance": verdict.substance.value,
        "shares": {
            label: {"value": share.value, "low": share.low, "high": share.high}
            for label, share in verdict.shares.items()
        },
        "units": [
            unit_row(unit, prediction) for unit, prediction in zip(verdict.units, verdict.predictions, strict=True)
        ],
    }
