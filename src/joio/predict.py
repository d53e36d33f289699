"""Load once, predict many: units or texts -> labels, probabilities and the words that gave them away.

>>> import joio
>>> classifier = joio.load()
>>> [prediction] = classifier.predict(["Inscreva-se já e garanta a sua vaga com desconto!"])
>>> prediction.label
'promotional'
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from joio.article import Article, Unit, segment
from joio.labels import LABELS, Label
from joio.model import places_of, softmax
from joio.store import RELEASED, load_model

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from joio.verdict import Verdict

Floats = npt.NDArray[np.float64]
Item = TypeVar("Item")

BATCH = 2048
"""Units scored at a time: enough to pay for numpy's calls, few enough to need little memory."""

MOST = 4 * BATCH
"""A batch grows up to this to hold a long article whole."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Words of a unit and what they add to each label's score.

    `start` and `end` are offsets into the unit's text. `weights` are the exact contributions in the order of `LABELS`,
    in logarithms of odds; `label` is the one they speak for most, `weight` their contribution to it.
    """

    start: int
    end: int
    text: str
    weights: tuple[float, float, float, float]

    @property
    def label(self) -> Label:
        """The label that these words speak for most."""
        return LABELS[int(np.argmax(self.weights))]

    @property
    def weight(self) -> float:
        """What these words add to the score of `label`."""
        return max(self.weights)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one unit.

    The scores of the labels, whose softmax are the probabilities, are `base` (what the model presumes of any unit) plus
    the weights of all `cues` (words of the unit) and of all `context` (section, neighbours, place, and what the model
    makes of the paragraphs around: name -> weights).
    """

    probabilities: Mapping[Label, float]
    cues: tuple[Cue, ...] = ()
    context: Mapping[str, tuple[float, float, float, float]] | None = None
    base: tuple[float, float, float, float] | None = None
    unsure_below: float = 0.0
    """The model's threshold: of predictions for unseen sources a fifth had a lower confidence."""

    @property
    def label(self) -> Label:
        """The most probable label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `label`."""
        return self.probabilities[self.label]

    @property
    def unsure(self) -> bool:
        """Is the model so unsure that the label should not be relied on?"""
        return self.confidence < self.unsure_below

    def strongest_cues(self, n: int = 5, *, label: Label | None = None, least: float = 0.1) -> tuple[Cue, ...]:
        """The `n` cues that speak most for `label` (the one given, by default), strongest first."""
        wanted = label or self.label
        speaking = [cue for cue in self.cues if cue.label == wanted and cue.weight >= least]
        return tuple(sorted(speaking, key=lambda cue: -cue.weight)[:n])


class Classifier:
    """A trained model, ready to score.

    Parameters
    ----------
    pipeline : the fitted Pipeline of `joio.model.build`
    manifest : what is known of its making
    notes : what the user should be told about it

    Attributes
    ----------
    unsure_below : predictions of a lower confidence are marked as unsure; 0 where the manifest names no threshold
    """

    def __init__(
        self, pipeline: Pipeline, manifest: Mapping[str, Any] | None = None, notes: Sequence[str] = ()
    ) -> None:
        self.pipeline = pipeline
        self.manifest = dict(manifest or {})
        self.notes = tuple(notes)
        self.unsure_below = float(self.manifest.get("unsure_below", 0.0))
        self._reader = pipeline.named_steps["reader"]
        self._features = pipeline.named_steps["features"]
        self._classifier = pipeline.named_steps["classifier"]
        # What a column adds to the scores of its unit: one that stands alone, and one that has others around it.
        alone: Floats = self._classifier.coef_.T.astype(np.float64)
        self._weights: tuple[Floats, Floats] = (alone, alone @ self._classifier.own_.T)
        base: Floats = self._classifier.intercept_
        self._bases = (_four(base), _four(self._classifier.own_ @ base + self._classifier.base_))

    @classmethod
    def load(cls, name: str | os.PathLike[str] = RELEASED, *, trust: bool = False) -> Self:
        """Load a model by name or folder; see `joio.store.load_model` for the errors."""
        model = load_model(name, trust=trust)
        return cls(model.pipeline, model.manifest, model.notes)

    def probabilities(self, units: Iterable[Unit | str]) -> Floats:
        """Calibrated probabilities, shape (n, 4), columns in the order of `LABELS`, rows in the order of `units`.

        Units of one `article` hear each other where they follow each other in `units`.
        """
        parts = [self.pipeline.predict_proba(batch, places=places_of(batch)) for batch in batches(units, _article_of)]
        return np.vstack(parts) if parts else np.zeros((0, len(LABELS)))

    def predict(self, units: Iterable[Unit | str], *, explain: bool = True) -> list[Prediction]:
        """One Prediction for each unit, in order. Without `explain` there are no cues, and it is much faster."""
        predictions: list[Prediction] = []
        for batch in batches(units, _article_of):
            read = self._reader.transform(batch)
            columns = self._features.transform(read)
            places = places_of(batch)
            scores, heard, has_any = self._classifier.scores(columns, places)
            probabilities = softmax(scores)
            for row, unit in enumerate(read):
                by_label = {label: float(value) for label, value in zip(LABELS, probabilities[row], strict=True)}
                if explain:
                    among = int(has_any[row])
                    cues, context = self._explain(unit, columns[[row]], self._weights[among])
                    if among:
                        context["paragraphs around"] = _four(heard[row])
                    predictions.append(Prediction(by_label, cues, context, self._bases[among], self.unsure_below))
                else:
                    predictions.append(Prediction(by_label, unsure_below=self.unsure_below))
        return predictions

    def score(self, article: Article | str) -> Verdict:
        """Score a whole article (or its text): every unit, the shares, what may be trusted."""
        from joio.verdict import verdict

        if isinstance(article, str):
            article = segment(article)
        units = article.units()
        return verdict(article, units, self.predict(units))

    def _explain(
        self, unit: Any, row: Any, weights: Floats
    ) -> tuple[tuple[Cue, ...], dict[str, tuple[float, float, float, float]]]:
        """Exact contributions of one unit: by stretch of words, or by kind of context where no words answer."""
        value = np.zeros(len(weights))
        value[row.indices] = row.data
        columns: list[int] = []
        places: list[tuple[int, int]] = []
        shares: list[float] = []
        context: dict[str, Floats] = {}
        offset = 0
        for name, transformer in self._features.transformer_list:
            end = offset + self._widths[name]
            found = transformer.occurrences(unit)
            answered = [offset + occurrence.column for occurrence in found]
            columns += answered
            places += [(occurrence.start, occurrence.end) for occurrence in found]
            shares += [occurrence.share for occurrence in found]
            unanswered = value[offset:end].copy()
            unanswered[np.array(answered, dtype=np.int64) - offset] = 0.0
            if unanswered.any():
                key = self._context_names[name]
                context[key] = context.get(key, 0.0) + unanswered @ weights[offset:end]
            offset = end
        contributions = weights[columns] * (value[columns] * shares)[:, None]
        spans: dict[tuple[int, int], Floats] = {}
        for place, contribution in zip(places, contributions, strict=True):
            spans[place] = spans[place] + contribution if place in spans else contribution
        return self._cues(unit, spans), {key: _four(total) for key, total in context.items()}

    def _cues(self, unit: Any, spans: dict[tuple[int, int], Floats]) -> tuple[Cue, ...]:
        """Stretches of words -> cues: what lies inside a known phrase is summed to the phrase."""
        phrases = sorted(
            {(cue.start, cue.end) for cue in unit.text.cues if cue.end - cue.start > 1}, key=_longest_first
        )
        summed: dict[tuple[int, int], Floats] = {}
        for span, total in spans.items():
            home = next((p for p in phrases if p[0] <= span[0] and span[1] <= p[1]), span)
            summed[home] = summed.get(home, 0.0) + total
        tokens, original = unit.text.tokens, unit.text.normalised.original
        text = unit.unit.text
        cues = []
        for (first, last), total in sorted(summed.items()):
            start, end = original(tokens.starts[first]), original(tokens.ends[last - 1])
            cues.append(Cue(start, end, text[start:end], _four(total)))
        return tuple(cues)

    @property
    def _widths(self) -> dict[str, int]:
        if not hasattr(self, "_width_of"):
            self._width_of = {
                name: len(transformer.get_feature_names_out()) for name, transformer in self._features.transformer_list
            }
        return self._width_of

    _context_names: Mapping[str, str] = {
        "surface": "form and place",
        "section": "section heading",
        "section_cues": "section heading",
        "title_cues": "title",
        "previous": "previous paragraph",
        "previous_cues": "previous paragraph",
        "next": "next paragraph",
        "next_cues": "next paragraph",
    }


def load(name: str | os.PathLike[str] = RELEASED, *, trust: bool = False) -> Classifier:
    """Load a model: the released one, one you trained (by name), or a folder. See `Classifier`."""
    return Classifier.load(name, trust=trust)


def batches(items: Iterable[Item], article_of: Callable[[Item], object]) -> Iterator[list[Item]]:
    """Items in batches that end where an article ends, unless it is very long; None is no article."""
    batch: list[Item] = []
    for item in items:
        article = article_of(item)
        ends = len(batch) >= BATCH and (article is None or article_of(batch[-1]) != article)
        if ends or len(batch) == MOST:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _article_of(unit: Unit | str) -> str | None:
    return unit.article if isinstance(unit, Unit) else None


def _four(values: Any) -> tuple[float, float, float, float]:
    first, second, third, fourth = (float(value) for value in values)
    return first, second, third, fourth


def _longest_first(span: tuple[int, int]) -> tuple[int, int]:
    return span[0] - span[1], span[0]
