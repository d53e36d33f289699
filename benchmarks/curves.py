"""Learning curves: ``make curves``. Which data should be added next?

Macro-F1 on the public units, five folds grouped by source (always the same ones), against how much is trained on:
public units of all sources, whole sources, and written articles. The released recipe, but not calibrated, which changes
no label. Subsets are drawn once for each seed, and a smaller one lies inside a larger one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from joio import crossval
from joio.console import bars
from joio.corpus import assign_folds, fold_groups
from joio.evaluate import evaluate
from joio.writing import write_whole

ROOT = Path(__file__).resolve().parents[1]
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)


@dataclass(frozen=True)
class Curve:
    """What grows, and the mask of trainable units for each of its shares."""

    name: str
    grows: str
    masks: tuple[npt.NDArray[np.bool_], ...]
    shares: tuple[float, ...]


def part(keys: Sequence[str], share: float, seed: int) -> set[str]:
    """The first `share` of the distinct keys, in an order that depends on the seed alone."""
    distinct = sorted(set(keys))
    order = np.random.default_rng(seed).permutation(len(distinct))
    return {distinct[place] for place in order[: round(share * len(distinct))]}


def curves(data: crossval.Data, seed: int) -> list[Curve]:
    """Four curves: public units, public sources, and written articles beside all or a sixteenth of the public units."""
    examples = data.examples
    public = np.array([example.origin == "public" for example in examples])
    written = np.array([example.origin == "written" for example in examples])
    contrast = ~public & ~written
    ids = [example.id for example in examples]
    sources = [example.source for example in examples]
    articles = [example.article for example in examples]

    def chosen(keys: list[str], origin: npt.NDArray[np.bool_], share: float) -> npt.NDArray[np.bool_]:
        wanted = part([key for key, there in zip(keys, origin, strict=True) if there], share, seed)
        return origin & np.array([key in wanted for key in keys])

    few = chosen(ids, public, 1 / 16)
    with_none = (0.0, 1 / 4, 1 / 2, 1.0)
    return [
        Curve("public units", "public", tuple(chosen(ids, public, share) for share in SHARES), SHARES),
        Curve("public sources", "public", tuple(chosen(sources, public, share) for share in SHARES[:-1]), SHARES[:-1]),
        Curve(
            "written articles, beside all public units",
            "written",
            tuple(public | chosen(articles, written, share) for share in with_none),
            with_none,
        ),
        Curve(
            "written articles, beside a sixteenth of the public units",
            "written",
            tuple(few | chosen(articles, written, share) for share in with_none),
            with_none,
        ),
        Curve("everything, and the contrast sets", "all", (public | written, public | written | contrast), (0.0, 1.0)),
    ]


def measure(data: crossval.Data, seed: int, progress: crossval.Progress) -> list[dict[str, Any]]:
    """The points of all curves for one seed. A mask that was measured before is not measured again."""
    tested = [example for example, there in zip(data.examples, data.tested, strict=True) if there]
    truth = [example.label for example in tested]
    articles = [example.article for example in tested]
    folds = assign_folds(data.examples, groups=fold_groups(data.examples))
    known: dict[bytes, dict[str, Any]] = {}
    points: list[dict[str, Any]] = []
    for curve in curves(data, seed):
        for share, mask in zip(curve.shares, curve.masks, strict=True):
            key = mask.tobytes()
            if key not in known:
                what = f"{curve.name}, {share:.0%}"
                result = crossval.cross_validate(
                    data,
                    crossval.uncalibrated,
                    trainable=mask,
                    folds=folds,
                    progress=lambda done, total, what=what: progress(what, done, total),  # type: ignore[misc]
                )
                scores = evaluate(truth, result.probabilities, articles, n_bootstrap=1)
                chosen = [example for example, there in zip(data.examples, mask, strict=True) if there]
                known[key] = {
                    "units": {
                        origin: sum(example.origin == origin for example in chosen)
                        for origin in ("public", "written", "contrast")
                    },
                    "sources": len({example.source for example in chosen if example.origin == "public"}),
                    "macro_f1": round(scores.macro_f1.value, 4),
                    "f1": {label: round(score.f1.value, 4) for label, score in scores.labels.items()},
                    "log_loss": round(scores.log_loss.value, 4),
                }
            points.append({"seed": seed, "curve": curve.name, "share": share, **known[key]})
    return points


def table(points: Sequence[dict[str, Any]]) -> str:
    """The points as a Markdown table; where there are several seeds, their mean and spread."""
    lines = [
        "| what grows | public units | sources | written | contrast | macro-F1 | speculative F1 | log loss |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for curve, share in dict.fromkeys((point["curve"], point["share"]) for point in points):
        same = [point for point in points if (point["curve"], point["share"]) == (curve, share)]
        f1 = [point["macro_f1"] for point in same]
        spread = f" ± {(max(f1) - min(f1)) / 2:.3f}" if max(f1) > min(f1) else ""
        units = same[0]["units"]
        lines.append(
            f"| {curve} | {units['public']:,} | {same[0]['sources']} | {units['written']:,} | {units['contrast']:,} "
            f"| {np.mean(f1):.3f}{spread} | {np.mean([point['f1']['speculative'] for point in same]):.3f} "
            f"| {np.mean([point['log_loss'] for point in same]):.3f} |"
        )
    return "\n".join(lines)


def plot(points: Sequence[dict[str, Any]], path: Path) -> None:
    """Two panels: against public units (drawn as units and as sources), and against written units."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    styles = {"public units": "o-", "public sources": "s--"}
    for axis, origin, curves_shown in (
        (left, "public", ["public units", "public sources"]),
        (right, "written", [name for name in dict.fromkeys(p["curve"] for p in points) if name.startswith("written")]),
    ):
        for name in curves_shown:
            shares = dict.fromkeys(point["share"] for point in points if point["curve"] == name)
            same = [[p for p in points if p["curve"] == name and p["share"] == share] for share in shares]
            label = {"public units": "units of all sources", "public sources": "whole sources"}.get(
                name, name.removeprefix("written articles, ")
            )
            axis.plot(
                [np.mean([point["units"][origin] for point in group]) for group in same],
                [np.mean([point["macro_f1"] for point in group]) for group in same],
                styles.get(name, "o-"),
                label=label,
            )
        axis.set_xlabel(f"{origin} units trained on")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, loc="lower right")
    left.set_ylabel("macro-F1 on public units")
    left.set_xscale("log")
    counts = sorted({p["units"]["public"] for p in points if p["curve"] == "public units"})
    left.set_xticks(counts, [f"{count:,}" for count in counts])
    left.minorticks_off()
    figure.savefig(path, dpi=130)


def main() -> None:
    """Measure, print the table, and write points and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="default: what is shipped and fetched")
    parser.add_argument("--seeds", type=int, default=1, help="draws of the subsets (default: 1)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/img/learning-curves.png", help="the plot")
    arguments = parser.parse_args()
    data = crossval.read_data(arguments.data)
    points: list[dict[str, Any]] = []
    with bars() as progress:
        for seed in range(arguments.seeds):
            points += measure(data, seed, progress)
    print(table(points))
    write_whole(arguments.output.with_suffix(".json"), json.dumps(points, indent=1) + "\n")
    plot(points, arguments.output)


if __name__ == "__main__":
    main()
