"""A model on the contrast sets that are kept out of training: the same content told in four ways."""

from __future__ import annotations

import argparse
from itertools import groupby
from pathlib import Path

import numpy as np

import joio
from joio.corpus import read_examples
from joio.evaluate import evaluate

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print accuracy, macro-F1, F1 by label, the share of sets that are right as a whole, and the confusion matrix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="joio-pt", help="name or folder (default: the released model)")
    parser.add_argument("--trust", action="store_true", help="load a model file of unknown origin")
    arguments = parser.parse_args()
    examples = read_examples([ROOT / "data/contrast/test.jsonl"])
    truth = [example.label for example in examples]
    probabilities = joio.load(arguments.model, trust=arguments.trust).probabilities(
        [example.unit for example in examples]
    )
    scores = evaluate(truth, probabilities, [example.article for example in examples])
    right = np.array([joio.LABELS[k] for k in probabilities.argmax(axis=1)]) == np.array(truth)
    sets = [[place for place, _ in one] for _, one in groupby(enumerate(examples), key=lambda pair: pair[1].article)]
    whole = sum(bool(right[one].all()) for one in sets)
    print(f"{len(sets)} sets, {len(examples)} units: accuracy {scores.accuracy}, macro-F1 {scores.macro_f1}")
    print("F1: " + ", ".join(f"{label} {scores.labels[label].f1}" for label in joio.LABELS))
    print(f"right as a whole: {whole} ({whole / len(sets):.1%})")
    for label, row in zip(joio.LABELS, scores.confusion, strict=True):
        print(f"  {label:<12}", *(f"{count:>6}" for count in row))


if __name__ == "__main__":
    main()
