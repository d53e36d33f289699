"""Speed and memory of joio on this machine: ``make bench``.

Whole commands are timed as a person feels them, start-up included; the median of several runs is printed, and ratios
within one run. Memory is the peak of the whole process. The texts are the written units that ship in ``data/written``.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JOIO = [sys.executable, "-m", "joio.cli"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=200_000, help="rows of the large table (default: 200,000)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each short command (default: 5)")
    arguments = parser.parse_args()

    print("Commands, seconds from start to end (median, min to max)")
    show_command("joio --help", [*JOIO, "--help"], arguments.runs)
    show_command("joio score data/example.md", [*JOIO, "score", str(ROOT / "data/example.md")], arguments.runs)
    show_command("  of which: import scikit-learn", [sys.executable, "-c", "import sklearn.pipeline"], arguments.runs)
    show_command("  spared: import spaCy's Portuguese", [sys.executable, "-c", "import spacy.lang.pt"], arguments.runs)

    files = sorted((ROOT / "data/written").glob("*.jsonl"))
    texts = [json.loads(line)["text"] for file in files for line in file.open(encoding="utf-8")]
    characters = sum(map(len, texts))
    print(f"\nIn one process, on {len(texts):,} units of {characters / 1e6:.2f} million characters")
    in_process(texts, characters)

    size = (ROOT / "models/joio-pt/model.joblib").stat().st_size
    print(f"\nModel file: {size / 1e6:.2f} MB")

    print(f"\njoio predict on {arguments.units:,} units (JSONL)")
    for n in (arguments.units // 10, arguments.units):
        seconds, peak, megabytes = large_table(texts, n)
        speed = f"{seconds:6.1f} s, {n / seconds:7,.0f} units/s"
        print(f"  {n:>8,} units, {megabytes:6.1f} MB: {speed}, peak memory {peak:,.0f} MB")


def show_command(name: str, command: list[str], runs: int) -> None:
    """Time a command over several runs, after one that warms the disk."""
    seconds = []
    for run in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        if run:
            seconds.append(time.perf_counter() - started)
    print(f"  {name:<36} {statistics.median(seconds):6.2f}   {min(seconds):.2f} to {max(seconds):.2f}")


def in_process(texts: list[str], characters: int) -> None:
    """Throughput of the parts, each against the whole."""
    import joio
    from joio.tokens import Tokenizer, export_rules, normalise, reference_pipeline

    normalised = [normalise(text).text for text in texts]
    tokenizer, nlp = Tokenizer(export_rules()), reference_pipeline()
    classifier = joio.load()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("tokens and sentences: spaCy", lambda: list(nlp.pipe(normalised))),
        ("tokens and sentences: joio, first time", lambda: [tokenizer(text) for text in normalised]),
        ("tokens and sentences: joio, again", lambda: [tokenizer(text) for text in normalised]),
        ("probabilities", lambda: classifier.probabilities(texts)),
        ("predictions with explanations", lambda: classifier.predict(texts)),
    ]
    for name, step in steps:
        started = time.perf_counter()
        step()
        seconds = time.perf_counter() - started
        speed = characters / seconds / 1e6
        print(f"  {name:<40} {len(texts) / seconds:8,.0f} units/s   {speed:5.2f} million characters/s")


def large_table(texts: list[str], n: int) -> tuple[float, float, float]:
    """Seconds, peak memory in MB and size in MB of `joio predict` on `n` units."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("w", encoding="utf-8") as stream:
            for row in range(n):
                # A number makes each row a text of its own, so that nothing can be remembered whole.
                text = f"{texts[row % len(texts)]} {row}"
                stream.write(json.dumps({"id": row, "text": text}, ensure_ascii=False) + "\n")
        command = [*JOIO, "predict", str(source), "--output", str(Path(folder) / "out.jsonl")]
        measured = [sys.executable, "-c", _MEASURE, *command]
        done = subprocess.run(measured, check=True, capture_output=True, text=True, cwd=ROOT)
        seconds, kilobytes = done.stdout.split()[-2:]
        return float(seconds), float(kilobytes) / 1000, source.stat().st_size / 1e6


# In a process of its own, so that the peak is that of one child and not of the largest so far.
_MEASURE = """
import resource, subprocess, sys, time
started = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


if __name__ == "__main__":
    assert resource  # the measuring child needs it: fail here, not there, where a system lacks it
    main()
