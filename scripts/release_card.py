"""Put into the released model's card what is measured after training: the test part, and the behaviour cases.

joio evaluate --test-part joio-pt --output models/joio-pt
python scripts/release_card.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from joio.predict import Classifier
from joio.writing import write_whole
from tests.behaviour.check import Outcome, outcomes, rates

ROOT = Path(__file__).resolve().parents[1]
RELEASED = ROOT / "models/joio-pt"


def figure(value: dict[str, float]) -> str:
    """A figure with its interval."""
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def index(name: str, report: dict[str, Any]) -> str:
    """The front matter that model hubs read."""
    scores = report["models"][-1]["all"]
    lines = ["model-index:", f"- name: {name}", "  results:", "  - task:", "      type: text-classification"]
    lines += ["    dataset:", "      name: joio, test part (public paragraphs of sources apart)", "      type: joio"]
    lines.append("    metrics:")
    for kind, title, key in (
        ("f1", "macro-F1", "macro_f1"),
        ("accuracy", "accuracy", "accuracy"),
        ("log_loss", "log loss (nats)", "log_loss"),
        ("ece", "expected calibration error", "ece"),
    ):
        lines += [f"    - type: {kind}", f"      name: {title}", f"      value: {scores[key]['value']:.4f}"]
    return "\n".join(lines)


def test_part_section(report: dict[str, Any]) -> str:
    """Headline and baselines on the test part."""
    part = report["test_part"]
    lines = [
        "## On the test part",
        "",
        f"{part['n']:,} public units of {part['sources']} whole sources apart from all training; this very model, "
        "scored once. (The part was set aside when a first recipe had been chosen on all sources; nothing was chosen "
        "on it since.)",
        "",
        "| model | macro-F1 | accuracy | log loss | ECE |",
        "|---|---:|---:|---:|---:|",
    ]
    for model in report["models"]:
        scores = model["all"]
        cells = [figure(scores[key]) for key in ("macro_f1", "accuracy", "log_loss", "ece")]
        lines.append(f"| {model['name']} | {' | '.join(cells)} |")
    by_label = report["models"][-1]["all"]["labels"]
    told = ", ".join(f"{label} {scores['f1']['value']:.3f}" for label, scores in by_label.items())
    sure = part["sure"]
    return "\n".join(
        [
            *lines,
            "",
            f"F1 by label: {told}. The file `test-part.md` tells the rest.",
            "",
            f"It says that it is *unsure* below a confidence of {sure['threshold']:.3f}, a threshold read off "
            f"cross-validation. On the rest, {sure['coverage']:.0%} of the test part, macro-F1 is "
            f"{sure['macro_f1']:.3f} and accuracy {sure['accuracy']:.3f}.",
        ]
    )


def behaviour_section(tried: list[Outcome]) -> str:
    """Pass rates by kind, and the families that do not pass as a whole."""
    lines = ["## Behaviour", "", "Cases written by hand (`tests/behaviour/cases.py`, `make behaviour`):", ""]
    failing = []
    for kind, family, passed, n in rates(tried):
        if not family:
            lines.append(f"- {kind}: {passed} of {n} ({passed / n:.0%})")
        elif passed < n:
            failing.append(f"{family} {passed}/{n}")
    return "\n".join([*lines, "", f"Families in which something fails: {', '.join(failing) or 'none'}."])


def main() -> None:
    """Rewrite the card."""
    card = (RELEASED / "README.md").read_text(encoding="utf-8")
    report = json.loads((RELEASED / "test-part.json").read_text(encoding="utf-8"))
    classifier = Classifier.load(RELEASED)
    _, front, body = card.split("---\n", 2)
    front = re.sub(r"model-index:\n.*", "", front, flags=re.DOTALL) + index("joio-pt", report) + "\n"
    body = re.sub(r"## (?:On the test part|Behaviour)\n.*?(?=## )", "", body, flags=re.DOTALL)
    body = body.replace("so it has no figure of its own", "and has figures of its own on the test part alone")
    body = body.replace(
        "## What weighs most",
        f"{test_part_section(report)}\n\n{behaviour_section(outcomes(classifier))}\n\n## What weighs most",
    )
    write_whole(RELEASED / "README.md", f"---\n{front}---\n{body}")


if __name__ == "__main__":
    main()
