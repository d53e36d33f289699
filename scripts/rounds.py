"""Rounds of independent readings: draw portions to be read, merge the votes that come back.

``draw`` writes portions: texts in their articles, the units to label numbered, nothing said of earlier votes or of any
model. A reader, alone with ``docs/annotation.md`` and one portion, writes ``portionN.tsv`` beside it: number, label,
second label or ``-``, parted by tabs, labels by their first letter (``x`` for skip). ``merge`` checks the form and the
seeds (units whose consensus is known, mixed in unseen), and adds the votes. A portion is refused when it agrees with
its seeds significantly less (binomial test, 5 %) than readers agree among themselves.

Portions hold other people's texts: keep them outside the repository.

    python scripts/rounds.py draw /elsewhere/round7 --reason random --units 425 --portions 3 --seed 7
    python scripts/rounds.py draw /elsewhere/round8 --ids ids.txt --reason contradicted
    python scripts/rounds.py draw /elsewhere/blind --data data/written/*.jsonl --portions 2
    python scripts/rounds.py merge /elsewhere/round7
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from joio.labels import LABELS
from joio.writing import write_whole

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = ROOT / "data/public"
LETTERS = {label[0]: label for label in LABELS} | {"x": "skip"}
RUN = 12  # neighbouring units read of one document at most: many documents say more than long ones
AROUND = 3  # units of context shown on either side
SEEDS = 0.05
READERS_AGREE = 0.92  # on units drawn at random; see data/README.md
REASONS = ("random", "contradicted", "rule", "test part", "rest")

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """The rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: Sequence[Row]) -> None:
    """Rows as JSON Lines, whole or not at all."""
    write_whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def documents(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by article, in the order of reading."""
    articles: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        articles[row["article"]].append(row)
    for units in articles.values():
        units.sort(key=lambda row: row.get("position") or 0)
    return articles


def drawn_at_random(rows: Sequence[Row], n: int, rng: random.Random) -> set[str]:
    """About `n` units read once: runs of neighbours out of documents drawn at random."""
    articles = documents(rows)
    order = sorted(articles)
    rng.shuffle(order)
    chosen: list[str] = []
    for article in order:
        once = [row["id"] for row in articles[article] if len(row["votes"]) == 1]
        start = rng.randrange(max(1, len(once) - RUN + 1))
        chosen += once[start : start + RUN]
        if len(chosen) >= n:
            break
    return set(chosen[:n])


def draw(options: argparse.Namespace) -> None:
    """Write portions and their key."""
    rng = random.Random(options.seed)
    files = options.data or [PUBLIC / "units.jsonl"]
    rows = [row for path in files for row in read(path)]
    if options.ids:
        chosen = set(options.ids.read_text(encoding="utf-8").split())
    elif options.data:
        chosen = {row["id"] for row in rows if len(row["votes"]) == 1}
    else:
        chosen = drawn_at_random(rows, options.units * options.portions, rng)
    if unknown := chosen - {row["id"] for row in rows}:
        sys.exit(f"{len(unknown)} ids are not in the data, the first is {min(unknown)}")
    settled = [
        row["id"]
        for row in rows
        if row["id"] not in chosen and len(row["votes"]) > 1 and len(set(row["votes"])) == 1 and not any(row["second"])
    ]
    seeds = set(rng.sample(settled, min(len(settled), round(SEEDS * len(chosen))))) if not options.data else set()
    articles = documents(rows)
    marked = {article: [row for row in units if row["id"] in chosen | seeds] for article, units in articles.items()}
    order = sorted(article for article, units in marked.items() if units)
    rng.shuffle(order)
    share = sum(map(len, marked.values())) / options.portions
    portions: list[list[str]] = [[] for _ in range(options.portions)]
    done = 0
    for article in order:
        portions[min(int(done / share), options.portions - 1)].append(article)
        done += len(marked[article])
    options.folder.mkdir(parents=True, exist_ok=True)
    key: Row = {"reason": options.reason, "files": [str(Path(path).resolve()) for path in files], "portions": {}}
    for number, names in enumerate(portions, start=1):
        lines: list[str] = []
        units: dict[str, str] = {}
        if options.data and all(row.get("origin") == "contrast" for row in rows):
            texts = [row for name in names for row in marked[name]]
            rng.shuffle(texts)
            for row in texts:
                units[f"{len(units) + 1:03}"] = row["id"]
                lines.append(f">> {len(units):03} | {row['text']}\n")
        else:
            for name in names:
                lines += shown(articles[name], chosen | seeds, units)
        key["portions"][f"portion{number}"] = {"units": units, "seeds": sorted(seeds & set(units.values()))}
        write_whole(options.folder / f"portion{number}.txt", "".join(lines))
        print(f"portion{number}: {len(units)} units, {len(seeds & set(units.values()))} of them seeds")
    write_whole(options.folder / "key.json", json.dumps(key, indent=1))


def shown(units: Sequence[Row], wanted: set[str], numbers: dict[str, str]) -> Iterator[str]:
    """One article as readers see it; numbers what is to be labelled, and notes the numbers."""
    places = [place for place, row in enumerate(units) if row["id"] in wanted]
    near = {p for place in places for p in range(place - AROUND, place + AROUND + 1)}
    first = units[places[0]]
    yield f"\n=== {first.get('title') or '(no title)'} [{first.get('genre')}]\n"
    section = None
    for place, row in enumerate(units):
        if place not in near:
            continue
        if row.get("section") != section:
            section = row.get("section")
            yield f"  § {section}\n"
        kind = "" if row["kind"] == "paragraph" else f"({row['kind']}) "
        if row["id"] in wanted:
            number = f"{len(numbers) + 1:03}"
            numbers[number] = row["id"]
            yield f">> {number} | {kind}{row['text']}\n"
        else:
            yield f"     . {kind}{row['text']}\n"


def votes_of(folder: Path, name: str, portion: Row) -> dict[str, tuple[str, str | None]] | None:
    """What a reader wrote, by id; None where the portion is not read to its end. Exits at a line of a wrong form."""
    votes: dict[str, tuple[str, str | None]] = {}
    for line in (folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] not in portion["units"] or fields[1] not in LETTERS:
            sys.exit(f"{name}: cannot be read: {line!r}")
        votes[portion["units"][fields[0]]] = (LETTERS[fields[1]], LETTERS.get(fields[2]))
    if lost := set(portion["units"].values()) - set(votes):
        print(f"{name}: {len(lost)} units have no vote yet")
        return None
    return votes


def decided(votes: Sequence[str]) -> str:
    """The label of most votes; of two that differ the first stands, of three that all differ the third decides."""
    if len(votes) == 3 and len(set(votes)) == 3:
        return votes[2]
    return Counter(votes).most_common(1)[0][0]


def merge(options: argparse.Namespace) -> None:
    """Add the votes of every portion that has come back and stands its seeds."""
    key = json.loads((options.folder / "key.json").read_text(encoding="utf-8"))
    files = [Path(name) for name in key["files"]]
    public = files == [PUBLIC / "units.jsonl"]
    if public:
        files = [PUBLIC / "labels.jsonl"]
    tables = {path: read(path) for path in files}
    rows = {row["id"]: row for table in tables.values() for row in table}
    moved = 0
    merged: list[Path] = []
    for name, portion in key["portions"].items():
        if not (options.folder / f"{name}.tsv").exists() or (options.folder / f"{name}.merged").exists():
            continue
        votes = votes_of(options.folder, name, portion)
        if votes is None:
            continue
        seeds = portion["seeds"]
        right = sum(votes[id][0] == rows[id]["label"] for id in seeds)
        if seeds and binomtest(right, len(seeds), READERS_AGREE, alternative="less").pvalue < 0.05:
            print(f"{name}: {right} of {len(seeds)} seeds: refused, have it read again")
            continue
        new = {id: vote for id, vote in votes.items() if id not in seeds and id in rows}
        agree = sum(vote[0] == rows[id]["label"] for id, vote in new.items())
        for id, (label, second) in new.items():
            row = rows[id]
            if len(row["votes"]) == 1 and key["reason"]:
                row["reread"] = key["reason"]
            row["votes"].append(label)
            row["second"].append(second)
            # Whoever writes a unit means its label: a blind reading of it tests the writing and does not overrule it.
            if public and decided(row["votes"]) != row["label"]:
                row["label"] = decided(row["votes"])
                moved += 1
        merged.append(options.folder / f"{name}.merged")
        print(f"{name}: {right} of {len(seeds)} seeds; {agree} of {len(new)} votes equal the label before")
    for path, table in tables.items():
        write(path, [row for row in table if row["label"] != "skip"])
    if skipped := [row for table in tables.values() for row in table if row["label"] == "skip"]:
        write(PUBLIC / "skipped.jsonl", sorted(read(PUBLIC / "skipped.jsonl") + skipped, key=lambda row: row["id"]))
    for mark in merged:
        mark.touch()
    print(f"{moved} labels moved, {len(skipped)} units turned out to be no Portuguese prose")


def main() -> None:
    """Draw or merge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    drawing = commands.add_parser("draw", help="write portions to read")
    drawing.add_argument("folder", type=Path, help="outside the repository")
    drawing.add_argument("--data", type=Path, nargs="+", default=[], help="our own files, read blind (default: public)")
    drawing.add_argument("--ids", type=Path, help="ids to read (default: drawn at random among those read once)")
    drawing.add_argument(
        "--reason", choices=("random", "contradicted", "rule", "test part", "rest"), help="noted as 'reread'"
    )
    drawing.add_argument("--units", type=int, default=425, help="units a portion, when drawn at random")
    drawing.add_argument("--portions", type=int, default=1)
    drawing.add_argument("--seed", type=int, default=0)
    drawing.set_defaults(run=draw)
    merging = commands.add_parser("merge", help="add the votes that came back")
    merging.add_argument("folder", type=Path)
    merging.set_defaults(run=merge)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
