"""The recipe on today's data against the recipe on the data of an earlier revision: ``make compare REVISION=...``.

Both are tested on the same public units, those that were there at that revision and still are, in the folds of that
revision. Units that came later are trained on where their source is not tested. The truth is today's label; the
earlier labels are the truth of a second table. The recipe is not calibrated, which changes no label.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from joio import crossval
from joio.console import bars
from joio.corpus import Example, assign_folds, fold_groups, read_examples
from joio.evaluate import evaluate
from joio.labels import LABELS

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = "data/public/labels.jsonl"


def at_revision(revision: str, texts: dict[str, Example]) -> list[Example]:
    """The units trained on at a revision: its public labels on the texts that are here, and its written articles."""

    def show(path: str) -> str:
        return subprocess.run(
            ["git", "show", f"{revision}:{path}"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
        ).stdout

    examples = []
    for row in map(json.loads, show(PUBLIC).splitlines()):
        if row["id"] in texts:
            examples.append(
                replace(texts[row["id"]], label=row["label"], votes=tuple(row["votes"]), second=tuple(row["second"]))
            )
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", revision, "data/written", "data/contrast/train.jsonl"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        for path in listed:
            (Path(folder) / path.replace("/", "-")).write_text(show(path), encoding="utf-8")
        examples += read_examples([Path(folder)])
    return examples


def main() -> None:
    """Cross-validate both, and print their scores side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", help="of git, with data/public/labels.jsonl in it")
    arguments = parser.parse_args()
    after = crossval.read_data()
    public = {example.id: example for example in after.examples if example.origin == "public"}
    before = crossval.Data(tuple(at_revision(arguments.revision, public)), (arguments.revision,))

    old_folds = assign_folds(before.examples, groups=fold_groups(before.examples))
    fold_of = {
        example.id: fold
        for example, fold in zip(before.examples, old_folds.tolist(), strict=True)
        if example.origin == "public"
    }
    # A later unit lies in the fold of its source. One whose source touches two folds teaches in neither.
    groups = fold_groups(after.examples).tolist()
    folds_of_group: dict[int, set[int]] = defaultdict(set)
    for example, group in zip(after.examples, groups, strict=True):
        if example.id in fold_of:
            folds_of_group[group].add(fold_of[example.id])
    new_folds = np.full(len(after.examples), -1)
    trainable = np.ones(len(after.examples), dtype=bool)
    for place, (example, group) in enumerate(zip(after.examples, groups, strict=True)):
        touched = folds_of_group[group]
        new_folds[place] = fold_of.get(example.id, next(iter(touched), -1))
        trainable[place] = len(touched) <= 1

    with bars() as progress:
        results = [
            crossval.cross_validate(
                data,
                crossval.uncalibrated,
                folds=folds,
                trainable=mask,
                progress=lambda done, total, what=what: progress(what, done, total),  # type: ignore[misc]
            )
            for what, data, folds, mask in (
                ("before", before, old_folds, None),
                ("after", after, new_folds, trainable),
            )
        ]
    tables = [
        {
            example.id: chances
            for example, chances in zip(
                (e for e, there in zip(data.examples, data.tested, strict=True) if there),
                result.probabilities,
                strict=True,
            )
        }
        for data, result in zip((before, after), results, strict=True)
    ]
    ids = list(fold_of)
    old_label = {example.id: example.label for example in before.examples}
    for name, truth in (("today's", {i: public[i].label for i in ids}), ("the earlier", old_label)):
        print(f"\nOn {len(ids):,} units, against {name} labels")
        for when, found in zip(("before", "after"), tables, strict=True):
            scores = evaluate(
                [truth[i] for i in ids], np.array([found[i] for i in ids]), [public[i].article for i in ids]
            )
            by_label = ", ".join(f"{label} {scores.labels[label].f1.value:.3f}" for label in LABELS)
            print(f"  {when:<7} macro-F1 {scores.macro_f1}, log loss {scores.log_loss}; F1: {by_label}")


if __name__ == "__main__":
    main()
