"""Draw the project's own test part, once: whole sources, about 15 % of the public units, never trained or tuned on.

Sources are drawn at random, seed after seed, until the part has its share of the units, every kind of site, and every
label and kind about as often as the rest, and no source is more than a fifth of it. Only labels and sizes are looked
at, no text and no model. What comes out is pinned in ``data/public/test-part.json``; running this again gives the
same part as long as the labels are those of the day, and is no reason to write the file anew.

    python scripts/draw_test_part.py
    python scripts/draw_test_part.py --same-sources   # after a reader found a unit of it to be no prose
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from joio.heldout import PIN, digest_of
from joio.writing import write_whole

LABELS = Path("data/public/labels.jsonl")
SHARE = 0.15
MOST = 0.2  # of the part, by one source

Row = dict[str, Any]


def shares(rows: Iterable[Row], field: str) -> dict[str, float]:
    """How large a part of the rows has each value of a field."""
    counts = Counter(row[field] for row in rows)
    return {value: n / counts.total() for value, n in counts.items()}


def fair(part: list[Row], rows: list[Row]) -> bool:
    """Is it of the right size, and like the whole in its labels and kinds of site?"""
    if abs(len(part) / len(rows) - SHARE) > 0.005:
        return False
    if max(shares(part, "repository").values()) > MOST:
        return False
    for field, within in (("label", 0.2), ("genre", 0.4)):
        here = shares(part, field)
        for value, share in shares(rows, field).items():
            if abs(here.get(value, 0.0) / share - 1) > within:
                return False
    return True


def write_pin(seed: int, part: list[Row]) -> None:
    """Pin a part, and say what it is."""
    sources = sorted({row["repository"] for row in part})
    digest = digest_of((row["id"], row["sha1"]) for row in part)
    pin = {"seed": seed, "units": len(part), "digest": digest, "sources": sources}
    write_whole(PIN, json.dumps(pin, indent=1) + "\n")
    print(f"seed {seed}: {len(part):,} units of {len(sources)} sources; {dict(Counter(row['label'] for row in part))}")


def main() -> None:
    """Draw, and write the pin."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--same-sources", action="store_true", help="count the units of the pinned sources anew")
    again = parser.parse_args().same_sources
    rows = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    if again:
        pin = json.loads(PIN.read_text(encoding="utf-8"))
        write_pin(pin["seed"], [row for row in rows if row["repository"] in pin["sources"]])
        return
    by_source: dict[str, list[Row]] = {}
    for row in rows:
        by_source.setdefault(row["repository"], []).append(row)
    seed = 0
    while True:
        order = sorted(by_source)
        random.Random(seed).shuffle(order)
        part: list[Row] = []
        for source in order:
            if len(part) >= SHARE * len(rows):
                break
            part += by_source[source]
        if fair(part, rows):
            break
        seed += 1
    write_pin(seed, part)


if __name__ == "__main__":
    main()
