"""Read, fold, fit, evaluate, report, save, track: the path from labelled paragraphs to a model folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from joio import heldout, model, store
from joio.corpus import ORIGINS, count_by, digest, fold_groups, read_examples
from joio.crossval import (
    WEIGHTS,
    Data,
    Evaluation,
    ModelScores,
    Progress,
    TrainOn,
    evaluate_models,
    evaluate_on_test_part,
    fit,
)
from joio.errors import InputError, ModelError
from joio.labels import LABELS
from joio.render.plots import all_figures
from joio.render.report import card_markdown, report_markdown
from joio.writing import write_whole

if TYPE_CHECKING:
    from joio.tracking import Run


def fit_final(data: Data) -> Any:
    """The model that is kept: fitted on every unit, calibrated on grouped folds of them."""
    return fit(model.build(), data.examples, fold_groups(data.examples))


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left behind."""

    folder: Path
    manifest: dict[str, Any]
    evaluation: Evaluation
    run_id: str | None


PLAN: tuple[tuple[str, TrainOn], ...] = (
    ("majority", "both"),
    ("cue-rules", "both"),
    ("word-tfidf", "both"),
    ("joio", "both"),
)
"""What every training and evaluation compares, the subject last."""


def train(
    data: Data,
    folder: Path,
    *,
    n_folds: int = 5,
    seed: int = 0,
    jobs: int = -1,
    track: bool = True,
    lang: str = "pt",
    progress: Progress = lambda what, done, total: None,
) -> Trained:
    """Cross-validate, fit on everything, and write the model's folder; log the run to MLflow where `track` says so."""
    name = folder.name
    part = heldout.read_pin()
    with _tracked("train", name, data, track) as run:
        evaluation = evaluate_models(data, PLAN, n_folds=n_folds, seed=seed, jobs=jobs, progress=progress)
        progress("final model", 0, 1)
        pipeline = fit_final(data)
        classifier = pipeline.named_steps["classifier"]
        facts = {
            "data": {**data.summary(), "paths": list(data.paths)},
            "parameters": {
                "C": classifier.C,
                "balance": classifier.balance,
                **{f"{origin}_weight": WEIGHTS[origin] for origin in ORIGINS},
            },
            "seed": seed,
            "columns": int(classifier.coef_.shape[1]),
            "temperature": classifier.temperature_,
            "tested_on": evaluation.tested_on,
            "kept_apart": part.digest if part and not any(map(part.holds, data.examples)) else None,
            "unsure_below": unsure_below(evaluation),
            "metrics": _flat_metrics(evaluation.subject),
        }
        documents = {
            "README.md": card_markdown(name, evaluation, facts, strongest_cues(pipeline)),
            "evaluation.md": report_markdown(evaluation, lang),
            "evaluation.json": _json(evaluation),
        }
        manifest = store.save(pipeline, folder, facts, documents)
        progress("final model", 1, 1)
        if run is not None:
            _log(run, evaluation, lang, progress)
            run.params(facts["parameters"] | {"columns": facts["columns"], "temperature": classifier.temperature_})
            run.text("model-card.md", documents["README.md"])
            example = [{"text": "O servidor caiu às 3h, segundo a empresa."}, {"text": "Inscreva-se já!"}]
            progress("model -> MLflow", 0, 1)
            run.model(folder, example=example)
            progress("model -> MLflow", 1, 1)
        return Trained(folder, manifest, evaluation, run.id if run is not None else None)


def evaluate_and_write(
    data: Data,
    output: Path,
    *,
    n_folds: int = 5,
    seed: int = 0,
    jobs: int = -1,
    ablate_origin: bool = False,
    track: bool = True,
    lang: str = "pt",
    progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """Cross-validate the recipe beside its baselines and write the report (Markdown, JSON, plots) to a folder.

    With `ablate_origin` the recipe is also trained on written units only and on public units only.
    """
    alone: tuple[tuple[str, TrainOn], ...] = (("joio", "written"), ("joio", "public")) if ablate_origin else ()
    plan = (*PLAN[:-1], *alone, PLAN[-1])
    with _tracked("evaluate", f"evaluation of {data.tested_on} units", data, track) as run:
        evaluation = evaluate_models(data, plan, n_folds=n_folds, seed=seed, jobs=jobs, progress=progress)
        write_whole(output / "evaluation.md", report_markdown(evaluation, lang))
        write_whole(output / "evaluation.json", _json(evaluation))
        for file, figure in all_figures(evaluation, lang).items():
            figure.savefig(output / file)
        if run is not None:
            _log(run, evaluation, lang, progress)
    return evaluation


SURE_SHARE = 0.8
"""The share of predictions that a model gives without saying that it is unsure."""


def unsure_below(evaluation: Evaluation) -> float:
    """The confidence that `SURE_SHARE` of the subject's predictions for unseen sources reach."""
    curve = evaluation.subject.all.coverage
    return round(min(curve, key=lambda point: abs(point.coverage - SURE_SHARE)).threshold, 3)


def evaluate_release(
    loaded: store.LoadedModel,
    data: Data,
    output: Path,
    *,
    seed: int = 0,
    lang: str = "pt",
    progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """Score a trained model on the project's test part, and write ``test-part.md`` and ``.json`` to a folder.

    Raises ModelError where the model was not trained apart from the part, InputError where its texts are not here.
    """
    part = heldout.read_pin()
    if part is None:
        raise InputError("there is no pinned test part here", where=str(heldout.PIN), hint="work in a checkout of joio")
    if loaded.manifest.get("kept_apart") != part.digest:
        raise ModelError(
            "its manifest does not say that it was trained without the test part, so testing it there proves nothing",
            where=str(loaded.folder),
            hint="train it in a checkout of joio that has " + str(heldout.PIN),
        )
    texts = heldout.PIN.with_name("units.jsonl")
    if not texts.exists():
        raise InputError("the texts of the test part are not here", hint="fetch them: joio corpus fetch")
    evaluation = evaluate_on_test_part(
        loaded.pipeline,
        data,
        part.of(read_examples([texts])),
        unsure_below=float(loaded.manifest.get("unsure_below", 0.0)),
        seed=seed,
        progress=progress,
    )
    write_whole(output / "test-part.md", report_markdown(evaluation, lang))
    write_whole(output / "test-part.json", _json(evaluation))
    return evaluation


def strongest_cues(pipeline: Any, n: int = 12) -> dict[str, list[str]]:
    """The words, word pairs and kinds of cue that decide most often for each label, as the model card lists them.

    A rare word with a great weight decides little and a frequent one is not telling, so weights are taken times the
    eighth root of how often a word stands in the training units.
    """
    features = dict(pipeline.named_steps["features"].transformer_list)
    words = features["words"]
    widths = [len(transformer.get_feature_names_out()) for transformer in features.values()]
    starts = dict(zip(features, np.cumsum([0, *widths]), strict=False))
    names = [str(name).removeprefix("text:") for name in words.get_feature_names_out()]
    frequency = np.exp(-words.tfidf_.idf_ / 8) if names else np.zeros(0)
    kinds = [str(name) for name in features["cues"].get_feature_names_out()]
    coef = pipeline.named_steps["classifier"].coef_
    found: dict[str, list[str]] = {}
    for row, label in zip(coef, LABELS, strict=True):
        by_kind = row[starts["cues"] : starts["cues"] + len(kinds)]
        by_word = row[starts["words"] : starts["words"] + len(names)] * frequency
        readable = [column for column in np.argsort(-by_word) if any(map(str.isalpha, names[column]))]
        found[label] = [kinds[column] for column in np.argsort(-by_kind)[:4]] + [
            f"*{names[column]}*" for column in readable[:n]
        ]
    return found


def _json(evaluation: Evaluation) -> str:
    return json.dumps(evaluation.as_dict(), indent=1, ensure_ascii=False) + "\n"


def _flat_metrics(scores: ModelScores) -> dict[str, float]:
    """The figures of one model under readable names, as the manifest and MLflow hold them."""
    metrics: dict[str, float] = {}
    for part, on in (("", scores.all), ("easy_", scores.easy), ("hard_", scores.hard)):
        if on is not None:
            metrics[f"{part}macro_f1"] = on.macro_f1.value
            metrics |= {f"{part}{name}": getattr(on, name).value for name in ("accuracy", "log_loss", "brier", "ece")}
    metrics |= {"macro_f1_low": scores.all.macro_f1.low, "macro_f1_high": scores.all.macro_f1.high}
    for label, score in scores.all.labels.items():
        for name in ("precision", "recall", "f1"):
            metrics[f"{label}_{name}"] = getattr(score, name).value
    metrics |= {f"uncalibrated_{name}": getattr(scores.uncalibrated, name).value for name in ("log_loss", "ece")}
    return metrics


@contextmanager
def _tracked(kind: Literal["train", "evaluate"], name: str, data: Data, track: bool) -> Iterator[Run | None]:
    """An MLflow run around the work, or nothing where the user wants none."""
    if not track:
        yield None
        return
    from joio import tracking

    with tracking.start(kind, name, tags={"data_sha256": data.digest, "tested_on": data.tested_on}) as run:
        for origin, n in count_by(data.examples, "origin").items():
            part = [example for example in data.examples if example.origin == origin]
            run.dataset(
                origin,
                digest(part),
                ", ".join(data.paths),
                n,
                "training and test" if origin == data.tested_on else "training",
            )
        yield run


def _log(run: Run, evaluation: Evaluation, lang: str, progress: Progress) -> None:
    """Parameters, metrics, report and plots of an evaluation."""
    progress("evaluation -> MLflow", 0, 1)
    run.params(
        {
            "folds": evaluation.n_folds,
            "seed": evaluation.seed,
            "tested_on": evaluation.tested_on,
            "units": evaluation.data["n"],
        }
    )
    run.metrics(_flat_metrics(evaluation.subject))
    for fold, value in enumerate(evaluation.subject.macro_f1_by_fold):
        run.metrics({"fold_macro_f1": value}, step=fold)
    run.metrics(
        {
            f"baseline_{scores.name.replace('-', '_')}_macro_f1": scores.all.macro_f1.value
            for scores in evaluation.models
            if scores.name != "joio"
        }
    )
    subject = evaluation.subject.all
    run.describe(
        f"macro-F1 **{subject.macro_f1}** on {subject.n:,} {evaluation.tested_on} units "
        f"({evaluation.n_folds} folds grouped by source). The report and its plots are among the artifacts."
    )
    run.text("report/evaluation.md", report_markdown(evaluation, lang))
    run.text("report/evaluation.json", _json(evaluation))
    for file, figure in all_figures(evaluation, lang).items():
        run.figure(f"report/{file}", figure)
    progress("evaluation -> MLflow", 1, 1)
