"""How far written units betray that they were written to be labelled: ``make origins``.

For each label a classifier of words and word pairs learns to tell written units from public ones: as many of the one
as of the other, of 40 to 1,200 characters, five folds grouped by source. An accuracy of .5 would mean that nobody can
tell; the features that tell most are printed, so that a writer knows what to avoid.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline

from joio.corpus import Example, read_examples
from joio.labels import LABELS

ROOT = Path(__file__).resolve().parents[1]


def classifier() -> Pipeline:
    """Words, punctuation and their pairs."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=r"\w+|[^\w\s]")
    return make_pipeline(vectorizer, LogisticRegression(C=4, max_iter=1000))


def comparable(example: Example) -> bool:
    """Is the unit of a kind and length that both origins have?"""
    return example.unit.kind in ("paragraph", "item") and 40 <= len(example.unit.text) <= 1200


def main() -> None:
    """Print accuracy and AUC for each label, and the strongest features of either side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--written", type=Path, nargs="+", default=[ROOT / "data/written"])
    parser.add_argument("--public", type=Path, nargs="+", default=[ROOT / "data/public/units.jsonl"])
    parser.add_argument("--features", type=int, default=20, help="how many to print (default: 20)")
    parser.add_argument("--units", type=int, default=0, help="also print the written units that are told most surely")
    arguments = parser.parse_args()
    written = list(filter(comparable, read_examples(arguments.written)))
    public = list(filter(comparable, read_examples(arguments.public)))
    for label in LABELS:
        compare(label, written, public, arguments.features, arguments.units)


def compare(label: str, written: list[Example], public: list[Example], n_features: int, n_units: int) -> None:
    """Tell the two origins of one label apart, and print how well and by what."""
    rng = np.random.default_rng(0)
    ours = [example for example in written if example.label == label]
    theirs = [example for example in public if example.label == label]
    n = min(len(ours), len(theirs))
    chosen = [ours[i] for i in rng.permutation(len(ours))[:n]] + [theirs[i] for i in rng.permutation(len(theirs))[:n]]
    texts = [example.unit.text for example in chosen]
    is_written = np.repeat([1, 0], n)
    groups = [int(hashlib.sha256(example.source.encode()).hexdigest()[:12], 16) for example in chosen]
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    chances = cross_val_predict(classifier(), texts, is_written, groups=groups, cv=folds, method="predict_proba")[:, 1]
    accuracy, auc = accuracy_score(is_written, chances > 0.5), roc_auc_score(is_written, chances)
    print(f"{label}: {n} written and {n} public units, accuracy {accuracy:.3f}, AUC {auc:.3f}")
    fitted = classifier().fit(texts, is_written)
    names = fitted[0].get_feature_names_out()
    order = np.argsort(fitted[1].coef_[0])
    print("  written: " + " | ".join(names[order[::-1][:n_features]]))
    print("  public:  " + " | ".join(names[order[:n_features]]))
    for place in np.argsort(-chances[:n])[:n_units]:
        print(f"  {chances[place]:.3f} {chosen[place].id}")


if __name__ == "__main__":
    main()
