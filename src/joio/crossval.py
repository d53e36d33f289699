"""Grouped cross-validation: every tested unit is predicted by a model that saw no unit of its source.

Public units are tested on; written ones and contrast sets are only ever trained on, unless there is nothing else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from joio import baselines, heldout, model
from joio.article import Unit
from joio.corpus import Example, Origin, assign_folds, count_by, digest, fold_groups, measured_origin, read_examples
from joio.errors import InputError
from joio.evaluate import Scores, evaluate, surest

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""

TrainOn = Literal["both", "public", "written"]

WEIGHTS: dict[Origin, float] = {"public": 1.0, "written": 0.4, "contrast": 1.0}
"""Weight of a unit in training, by its origin."""

SHIPPED = (Path("data/public/units.jsonl"), Path("data/written"), Path("data/contrast/train.jsonl"))
"""What is trained on where nothing is named: as much of it as is there."""


BUILDERS: dict[str, Callable[[], Any]] = {
    "majority": baselines.Majority,
    "cue-rules": baselines.CueRules,
    "word-tfidf": baselines.word_tfidf,
    "joio": model.build,
}
"""Name -> estimator, in the order in which reports list them."""


def uncalibrated() -> Any:
    """The released recipe without its temperature, which changes no label and takes most of the time."""
    # With more folds of the calibration than there are sources the temperature stays 1.
    return model.build(classifier__n_folds=10**9)


@dataclass(frozen=True)
class Data:
    """Labelled units and where they came from."""

    examples: tuple[Example, ...]
    paths: tuple[str, ...]
    kept_apart: int = 0
    """Units that were read and left out, because they are of the project's test part."""

    @property
    def digest(self) -> str:
        """SHA-256 of the examples."""
        return digest(self.examples)

    @property
    def tested(self) -> npt.NDArray[np.bool_]:
        """Which units models are tested on, shape (n,): those of the origin `tested_on`."""
        return np.array([example.origin == self.tested_on for example in self.examples])

    @cached_property
    def tested_on(self) -> Origin:
        """The origin of the tested units: public, or written where there are no public ones."""
        return measured_origin(self.examples)

    def summary(self) -> dict[str, Any]:
        """Counts and digest, as the manifest and the report tell them."""
        return {
            "digest": self.digest,
            "n": len(self.examples),
            "sources": len({example.source for example in self.examples}),
            "articles": len({example.article for example in self.examples}),
            "by_origin": count_by(self.examples, "origin"),
            "by_label": {
                origin: count_by([e for e in self.examples if e.origin == origin], "label")
                for origin in count_by(self.examples, "origin")
            },
        }


def read_data(paths: Sequence[Path] = (), *, whole: bool = False) -> Data:
    """Read the units to learn from: the files and folders named, or what the project ships and has fetched.

    Units of the project's test part (see `joio.heldout`) are left out, wherever they stand, unless the `whole` is asked
    for, which is for counting only.
    """
    chosen = list(paths) or [path for path in SHIPPED if path.exists()]
    if not chosen:
        raise InputError(
            "there are no labelled units here",
            hint="name some with --data FILE, or work in a checkout of joio, which has data/written",
        )
    examples = read_examples(chosen)
    learnt_from = examples if whole else heldout.without(examples, heldout.read_pin())
    if not learnt_from:
        raise InputError(
            "there are only units of the test part, which nothing is learnt from",
            where=str(heldout.PIN),
            hint="name more files with --data",
        )
    return Data(
        tuple(learnt_from), tuple(path.as_posix() for path in chosen), kept_apart=len(examples) - len(learnt_from)
    )


# ---------------------------------------------------------------------------------------------------- folds


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Predictions for tested units by models that saw none of their source.

    `probabilities` and `uncalibrated` have the shape (tested units, 4); `folds` (tested units,) tells which fold each
    was predicted in; `temperatures` has one entry a fold (1 where the estimator is not calibrated).
    """

    probabilities: Floats
    uncalibrated: Floats
    folds: npt.NDArray[np.int64]
    temperatures: tuple[float, ...]
    seconds: float


def cross_validate(
    data: Data,
    build: Callable[[], Any],
    *,
    train_on: TrainOn = "both",
    trainable: npt.NDArray[np.bool_] | None = None,
    folds: npt.NDArray[np.int64] | None = None,
    n_folds: int = 5,
    seed: int = 0,
    jobs: int = -1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CrossValidation:
    """Predict every tested unit by a model trained without its fold.

    Folds are groups of sources; a source that shares a near duplicate with another lies in its fold. Written units
    that share a near duplicate with the tested fold are left out of training with it. An experiment may narrow what is
    trained on (`trainable`, a mask of shape (n,)), or bring folds of its own (`folds`, shape (n,), -1 for no fold).
    """
    from joblib import Parallel, delayed

    started = time.perf_counter()
    examples = data.examples
    groups = fold_groups(examples)
    if folds is None:
        folds = assign_folds(examples, n_folds=n_folds, seed=seed, groups=groups)
    tested = data.tested
    origin = np.array([example.origin for example in examples])
    eligible = np.ones(len(examples), dtype=bool) if train_on == "both" else origin == train_on
    if trainable is not None:
        eligible &= trainable
    if not eligible.any():
        raise InputError(f"there are no {train_on} units to train on", hint="add some, or train on both")

    results: dict[int, tuple[Floats, Floats, float]] = {}
    calls = (
        delayed(_fit_fold)(
            build,
            [examples[i] for i in np.flatnonzero(eligible & (folds != fold))],
            groups[eligible & (folds != fold)],
            [_placed(examples[i]) for i in np.flatnonzero(tested & (folds == fold))],
            fold,
        )
        for fold in range(n_folds)
    )
    progress(0, n_folds)
    for fold, *result in Parallel(n_jobs=jobs, return_as="generator_unordered")(calls):
        results[fold] = tuple(result)
        progress(len(results), n_folds)

    probabilities = np.zeros((len(examples), 4))
    uncalibrated = np.zeros_like(probabilities)
    for fold, (calibrated, raw, _) in results.items():
        probabilities[tested & (folds == fold)] = calibrated
        uncalibrated[tested & (folds == fold)] = raw
    return CrossValidation(
        probabilities[tested],
        uncalibrated[tested],
        folds[tested],
        tuple(results[fold][2] for fold in range(n_folds)),
        time.perf_counter() - started,
    )


def _fit_fold(
    build: Callable[[], Any], train: list[Example], groups: npt.NDArray[np.int64], test: list[Any], fold: int
) -> tuple[int, Floats, Floats, float]:
    """Fit on one fold's training units; probabilities of its test units, calibrated and not, and the temperature."""
    return fold, *_predicted(fit(build(), train, groups), test)


def _predicted(estimator: Any, units: Sequence[Unit]) -> tuple[Floats, Floats, float]:
    """Probabilities for units, calibrated and not, and the temperature."""
    temperature = 1.0
    known = {"places": model.places_of(units)} if hasattr(estimator, "named_steps") else {}
    probabilities = np.asarray(estimator.predict_proba(units, **known)) if units else np.zeros((0, 4))
    if hasattr(estimator, "named_steps"):
        temperature = float(estimator.named_steps["classifier"].temperature_)
    return probabilities, _reheated(probabilities, temperature), temperature


def _reheated(probabilities: Floats, temperature: float) -> Floats:
    """What the probabilities would be without the division of scores by the temperature."""
    logits = np.log(np.clip(probabilities, 1e-300, 1)) * temperature
    raw = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
    reheated: Floats = raw / raw.sum(axis=1, keepdims=True) if len(raw) else raw
    return reheated


def _placed(example: Example) -> Unit:
    """The unit of an example, which knows its article."""
    return replace(example.unit, article=example.article)


def fit(estimator: Any, examples: Sequence[Example], groups: npt.NDArray[np.int64]) -> Any:
    """Fit on the votes of examples, calibrating on folds of `groups`."""
    units = [_placed(example) for example in examples]
    shares = model.vote_shares([example.shares for example in examples])
    parameters: dict[str, Any] = {}
    if hasattr(estimator, "named_steps"):
        parameters["classifier__groups"] = groups
        parameters["classifier__sample_weight"] = np.array([WEIGHTS[example.origin] for example in examples])
        # Found text is what will be scored, so the temperature is read off found text wherever there is some.
        typical = measured_origin(examples)
        parameters["classifier__typical"] = np.array([example.origin == typical for example in examples])
        parameters["classifier__places"] = model.places_of(units)
    return estimator.fit(units, shares, **parameters)


# ---------------------------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True, slots=True)
class ModelScores:
    """One model's scores: on all tested units, on easy and hard ones, by fold, and before calibration."""

    name: str
    train_on: TrainOn
    all: Scores
    easy: Scores | None
    hard: Scores | None
    uncalibrated: Scores
    macro_f1_by_fold: tuple[float, ...]
    temperatures: tuple[float, ...]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The scores as JSON holds them."""
        return {
            "name": self.name,
            "train_on": self.train_on,
            "all": self.all.as_dict(),
            "easy": self.easy.as_dict() if self.easy else None,
            "hard": self.hard.as_dict() if self.hard else None,
            "uncalibrated": {
                figure: getattr(self.uncalibrated, figure).as_dict() for figure in ("log_loss", "brier", "ece")
            },
            "macro_f1_by_fold": list(self.macro_f1_by_fold),
            "temperatures": list(self.temperatures),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that a report tells: the data, the protocol, and every model's scores; the last model is the subject.

    `n_folds` is 0 and `test_part` tells the counts where one trained model was scored on the test part.
    """

    data: dict[str, Any]
    tested_on: Origin
    n_folds: int
    seed: int
    folds_digest: str
    models: tuple[ModelScores, ...]
    test_part: dict[str, Any] | None = None

    @property
    def subject(self) -> ModelScores:
        """The model that the report is about."""
        return self.models[-1]

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as JSON holds it."""
        return {
            "data": self.data,
            "protocol": {
                "tested_on": self.tested_on,
                "folds": self.n_folds,
                "seed": self.seed,
                "folds_digest": self.folds_digest,
                "groups": "source, joined with sources that share a near duplicate",
                "intervals": "95 %, bootstrap over articles, 1000 draws",
            },
            **({"test_part": self.test_part} if self.test_part else {}),
            "models": [scores.as_dict() for scores in self.models],
        }


def evaluate_models(
    data: Data,
    plan: Sequence[tuple[str, TrainOn]],
    *,
    n_folds: int = 5,
    seed: int = 0,
    jobs: int = -1,
    progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """Cross-validate models of `BUILDERS`, each on the training part it names, and score them on the same units."""
    tested = [example for example, is_tested in zip(data.examples, data.tested, strict=True) if is_tested]
    all_scores: list[ModelScores] = []
    folds_digest = ""
    for name, train_on in plan:
        what = name if train_on == "both" else f"{name} ({train_on} only)"

        def report(done: int, total: int, what: str = what) -> None:
            progress(what, done, total)

        result = cross_validate(
            data, BUILDERS[name], train_on=train_on, n_folds=n_folds, seed=seed, jobs=jobs, progress=report
        )
        folds_digest = hashlib.sha256(result.folds.astype("<i8").tobytes()).hexdigest()
        all_scores.append(
            _scored(
                name,
                train_on,
                tested,
                result.probabilities,
                result.uncalibrated,
                folds=result.folds,
                temperatures=result.temperatures,
                seconds=result.seconds,
                seed=seed,
            )
        )
    return Evaluation(data.summary(), data.tested_on, n_folds, seed, folds_digest, tuple(all_scores))


def _scored(
    name: str,
    train_on: TrainOn,
    tested: Sequence[Example],
    probabilities: Floats,
    uncalibrated: Floats,
    *,
    folds: npt.NDArray[np.int64],
    temperatures: tuple[float, ...],
    seconds: float,
    seed: int,
) -> ModelScores:
    """The scores of one model's predictions for `tested`, all arrays in their order."""
    truth = [example.label for example in tested]
    articles = [example.article for example in tested]
    hard = np.array([example.hard for example in tested])

    def score(rows: npt.NDArray[np.bool_], probabilities: Floats) -> Scores | None:
        chosen = np.flatnonzero(rows)
        if not len(chosen):
            return None
        return evaluate([truth[i] for i in chosen], probabilities[chosen], [articles[i] for i in chosen], seed=seed)

    every = np.ones(len(tested), dtype=bool)
    on_all, before = score(every, probabilities), score(every, uncalibrated)
    assert on_all is not None and before is not None
    by_fold = [score(folds == fold, probabilities) for fold in range(folds.max() + 1)]
    return ModelScores(
        name=name,
        train_on=train_on,
        all=on_all,
        easy=score(~hard, probabilities),
        hard=score(hard, probabilities),
        uncalibrated=before,
        macro_f1_by_fold=tuple(scores.macro_f1.value for scores in by_fold if scores),
        temperatures=temperatures,
        seconds=seconds,
    )


def evaluate_on_test_part(
    pipeline: Any,
    data: Data,
    part: Sequence[Example],
    *,
    unsure_below: float = 0.0,
    seed: int = 0,
    progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """Score a trained model on the project's test part, beside the baselines trained on `data`.

    That the model has learnt from none of `part` is for the caller to know; its manifest tells. The part is for a model
    that may be released, once, and for no choice between ideas. `unsure_below` is the model's own threshold.
    """
    units = [_placed(example) for example in part]
    groups = fold_groups(data.examples)
    scores: list[ModelScores] = []
    for name, build in (*((name, BUILDERS[name]) for name in ("majority", "cue-rules", "word-tfidf")), ("joio", None)):
        progress(name, 0, 1)
        started = time.perf_counter()
        estimator = pipeline if build is None else fit(build(), data.examples, groups)
        probabilities, uncalibrated, temperature = _predicted(estimator, units)
        scores.append(
            _scored(
                name,
                "both",
                part,
                probabilities,
                uncalibrated,
                folds=np.full(len(part), -1),
                temperatures=(temperature,),
                seconds=time.perf_counter() - started,
                seed=seed,
            )
        )
        progress(name, 1, 1)
    counts = {
        "n": len(part),
        "sources": len({example.source for example in part}),
        "digest": digest(part),
        "by_label": count_by(part, "label"),
        # Of the last model, the subject.
        "sure": surest([example.label for example in part], probabilities, unsure_below).as_dict(),
    }
    return Evaluation(data.summary(), "public", 0, seed, "", tuple(scores), test_part=counts)
