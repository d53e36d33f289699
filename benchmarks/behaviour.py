"""Pass rates of the behaviour cases, by kind and family: ``make behaviour``."""

from __future__ import annotations

import argparse

from joio.predict import Classifier
from tests.behaviour.check import outcomes, rates


def main() -> None:
    """Try all cases on a model and print what passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="joio-pt", help="name or folder (default: the released model)")
    parser.add_argument("--trust", action="store_true", help="load a model file of unknown origin")
    parser.add_argument("--failures", action="store_true", help="print the cases that fail as well")
    arguments = parser.parse_args()
    tried = outcomes(Classifier.load(arguments.model, trust=arguments.trust))
    for kind, family, passed, n in rates(tried):
        print(f"{kind if not family else '':<22} {family or 'all':<28} {passed:>3} of {n:>3}  {passed / n:>4.0%}")
    if arguments.failures:
        print(*(outcome.case for outcome in tried if not outcome.passed), sep="\n")


if __name__ == "__main__":
    main()
