"""Labels that are probably wrong, by cleanlab's method: ``make label-errors`` (needs the extra ``research``).

Confident learning (Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels")
on out-of-fold probabilities of the released recipe. It lists what to read again, and says nothing of who is right:
on these labels the model errs more often than the readers do.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from joio import crossval
from joio.console import bars
from joio.labels import LABELS
from joio.writing import write_whole


def main() -> None:
    """Cross-validate, list the likely errors, most likely first, and print how many there are of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="default: what is shipped and fetched")
    parser.add_argument("--output", type=Path, required=True, help="a JSONL file: id, label, what the model says")
    arguments = parser.parse_args()
    from cleanlab.filter import find_label_issues

    data = crossval.read_data(arguments.data)
    with bars() as progress:
        result = crossval.cross_validate(
            data, crossval.BUILDERS["joio"], progress=lambda done, total: progress("joio", done, total)
        )
    tested = [data.examples[place] for place in np.flatnonzero(data.tested)]
    labels = np.array([LABELS.index(example.label) for example in tested])
    order = find_label_issues(labels, result.probabilities, return_indices_ranked_by="self_confidence")
    rows = []
    counts: dict[tuple[str, str], int] = {}
    for place in order.tolist():
        example, chances = tested[place], result.probabilities[place]
        says = LABELS[int(chances.argmax())]
        counts[example.label, says] = counts.get((example.label, says), 0) + 1
        rows.append(
            {
                "id": example.id,
                "label": example.label,
                "votes": list(example.votes),
                "says": says,
                "chance_of_label": round(float(chances[labels[place]]), 4),
                "chance_of_says": round(float(chances.max()), 4),
            }
        )
    write_whole(arguments.output, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    read_once = sum(len(row["votes"]) < 2 for row in rows)
    print(
        f"{len(rows)} of {len(tested)} units are likely errors, {read_once} of them read once; see {arguments.output}"
    )
    for (label, says), n in sorted(counts.items(), key=lambda item: -item[1]):
        print(f"  labelled {label:<12} the model says {says:<12} {n:>5}")


if __name__ == "__main__":
    main()
