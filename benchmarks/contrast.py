"""The released model on the contrast sets: the same content told in four ways, none of it trained on."""

from __future__ import annotations

import json
from pathlib import Path

import joio
from joio.evaluate import evaluate

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print accuracy, macro-F1, the share of quadruples that are right as a whole, and the confusion matrix."""
    lines = (ROOT / "data/contrast/quadruples.jsonl").read_text(encoding="utf-8").splitlines()
    sets = [json.loads(line) for line in lines]
    truth = [label for _ in sets for label in joio.LABELS]
    probabilities = joio.load().probabilities([one[label] for one in sets for label in joio.LABELS])
    scores = evaluate(truth, probabilities, [one["set"] for one in sets for _ in joio.LABELS])
    right = (probabilities.argmax(axis=1).reshape(-1, 4) == range(4)).all(axis=1)
    print(f"{len(sets)} quadruples: accuracy {scores.accuracy}, macro-F1 {scores.macro_f1}")
    print(f"all four right: {right.sum()} ({right.mean():.1%})")
    for label, row in zip(joio.LABELS, scores.confusion, strict=True):
        print(f"  {label:<12}", *(f"{count:>6}" for count in row))


if __name__ == "__main__":
    main()
