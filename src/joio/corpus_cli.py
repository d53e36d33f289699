"""``joio corpus``: check, count, split, measure, fetch, import and export labelled paragraphs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from joio.console import bars, say
from joio.errors import InputError

_FORMATS = "label-studio, label-studio-min, doccano, prodigy, csv, jsonl, parquet or docbin"


def add_to(commands: Any) -> None:
    """Add the command and its actions to the parser of ``joio``."""
    corpus = commands.add_parser("corpus", help="check, count, split, measure, exchange and fetch labelled paragraphs")
    actions = corpus.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="check files of labelled paragraphs against the schema")
    check.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="JSONL or CSV files, or folders of JSONL files"
    )
    check.add_argument("--duplicates", action="store_true", help="list exact and near duplicates as well")
    check.set_defaults(run=_check)
    stats = actions.add_parser("stats", help="count units by label, origin and genre")
    stats.add_argument(
        "files", metavar="FILE", type=Path, nargs="*", help="JSONL or CSV files (default: what is shipped and fetched)"
    )
    stats.set_defaults(run=_stats)
    agreement = actions.add_parser("agreement", help="measure how far the readers agree")
    agreement.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="files with a field votes; the public labels too"
    )
    agreement.add_argument(
        "--first",
        metavar="N",
        type=int,
        help="count the first N votes of a unit only (2, where a third reader was called in to decide)",
    )
    agreement.add_argument("--json", action="store_true", help="print the figures as JSON")
    agreement.set_defaults(run=_agreement)
    split = actions.add_parser("split", help="part units into train.jsonl and test.jsonl by source")
    split.add_argument("files", metavar="FILE", type=Path, nargs="+", help="JSONL or CSV files, or folders of JSONL")
    split.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder of the two files")
    split.add_argument("--share", type=float, default=0.2, help="share of the units to test on (default: 0.2)")
    split.add_argument("--seed", type=int, default=0, help="seed of the split (default: 0)")
    split.set_defaults(run=_split)
    importing = actions.add_parser("import", help="turn an annotation tool's file into labelled paragraphs of joio's")
    importing.add_argument("file", metavar="FILE", type=Path, help="what the tool exported")
    importing.add_argument("--format", metavar="FORMAT", required=True, help=_FORMATS)
    importing.add_argument("--output", metavar="OUT", type=Path, required=True, help="a .jsonl file")
    importing.set_defaults(run=_import)
    export = actions.add_parser("export", help="turn labelled paragraphs into a file for an annotation tool")
    export.add_argument("files", metavar="FILE", type=Path, nargs="+", help="JSONL or CSV files, or folders of JSONL")
    export.add_argument("--format", metavar="FORMAT", required=True, help=_FORMATS)
    export.add_argument("--output", metavar="OUT", type=Path, required=True, help="the file for the tool")
    export.set_defaults(run=_export)
    fetch = actions.add_parser("fetch", help="bring back the texts of the public labels")
    fetch.add_argument(
        "--from",
        dest="local",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=(),
        help="take the texts from local copies, not from the network",
    )
    fetch.add_argument(
        "--labels",
        metavar="FILE",
        type=Path,
        default=Path("data/public/labels.jsonl"),
        help="stand-off labels (default: data/public/labels.jsonl)",
    )
    fetch.add_argument(
        "--output",
        metavar="OUT",
        type=Path,
        default=Path("data/public/units.jsonl"),
        help="default: data/public/units.jsonl",
    )
    fetch.set_defaults(run=_fetch)


def _check(arguments: argparse.Namespace) -> int:
    from joio.corpus import check, duplicates, read_examples

    good, problems = check(arguments.files)
    shown = 50
    for problem in problems[:shown]:
        print(problem)
    if len(problems) > shown:
        print(f"… and {len(problems) - shown:,} more")
    say(f"joio: {good:,} units are good, {len(problems):,} are not")
    if not good and not problems:
        raise InputError("no unit was found", hint="name files with the fields text and label")
    if problems or not arguments.duplicates:
        return 2 if problems else 0
    examples = read_examples(arguments.files)
    pairs = duplicates(examples)
    for one, other in pairs:
        print(f"{examples[one].id} and {examples[other].id} say the same")
    say(f"joio: {len(pairs):,} pairs of duplicates")
    return 2 if pairs else 0


def _stats(arguments: argparse.Namespace) -> int:
    from joio.corpus import count_by
    from joio.crossval import read_data
    from joio.heldout import read_pin
    from joio.labels import LABELS

    data = read_data(arguments.files, whole=True)
    summary = data.summary()
    print(
        f"{summary['n']:,} units, {summary['articles']:,} articles, {summary['sources']:,} sources, "
        f"digest {summary['digest'][:16]}"
    )
    if (part := read_pin()) and (kept := sum(map(part.holds, data.examples))):
        print(f"{kept:,} of them are the test part, which nothing is learnt from")
    for field in ("origin", "genre"):
        print(f"\n{field:<24}" + "".join(f"{label:>13}" for label in LABELS) + f"{'all':>10}{'hard':>8}")
        for value, n in count_by(data.examples, field).items():
            chosen = [example for example in data.examples if str(getattr(example, field)) == value]
            by_label = count_by(chosen, "label")
            hard = sum(example.hard for example in chosen) / n
            print(
                f"{value:<24}" + "".join(f"{by_label.get(label, 0):>13,}" for label in LABELS) + f"{n:>10,}{hard:>8.0%}"
            )
    return 0


def _agreement(arguments: argparse.Namespace) -> int:
    from joio.agreement import VOTES, agreement
    from joio.corpus import read_votes

    try:
        result = agreement(read_votes(arguments.files), first=arguments.first)
    except ValueError as error:
        raise InputError(str(error), hint="give files whose units carry the votes of several readers") from None
    if arguments.json:
        print(json.dumps(result.as_dict(), indent=1))
        return 0
    print(f"{result.n_units:,} units with at least two votes, {result.n_votes:,} votes")
    print(f"Krippendorff's alpha  {result.alpha:.3f}")
    print(f"Cohen's kappa         {result.kappa:.3f}   over all pairs of votes")
    print(f"equal pairs           {result.raw:.1%}")
    print(f"\n{'one reader / another':<22}" + "".join(f"{vote:>13}" for vote in VOTES) + f"{'agree':>9}")
    for vote, row in zip(VOTES, result.pairs, strict=True):
        if sum(row):
            print(f"{vote:<22}" + "".join(f"{n:>13,}" for n in row) + f"{result.by_label[vote]:>9.1%}")
    return 0


def _split(arguments: argparse.Namespace) -> int:
    from joio.corpus import assign_folds, read_examples
    from joio.exchange import export

    if not 0 < arguments.share <= 0.5:
        raise InputError(f"--share is {arguments.share}, expected a number over 0 and at most 0.5")
    examples = read_examples(arguments.files)
    folds = assign_folds(examples, n_folds=round(1 / arguments.share), seed=arguments.seed)
    for name, chosen in (("train", folds != 0), ("test", folds == 0)):
        part = [example for example, is_in in zip(examples, chosen, strict=True) if is_in]
        export(part, "jsonl", arguments.output / f"{name}.jsonl")
        sources = len({example.source for example in part})
        print(f"{name:<6}{len(part):>8,} units of {sources:,} sources -> {arguments.output}/{name}.jsonl")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from joio.exchange import export, read

    loaded = read(arguments.file, arguments.format)
    print(f"{export(loaded.examples, 'jsonl', arguments.output):,} units -> {arguments.output}")
    if loaded.unlabelled:
        say(f"joio: {loaded.unlabelled:,} units carry no label and were left out")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from joio.corpus import read_examples
    from joio.exchange import export

    n = export(read_examples(arguments.files), arguments.format, arguments.output)
    print(f"{n:,} units -> {arguments.output}")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from joio.standoff import fetch

    if not arguments.labels.exists():
        raise InputError(
            "there is no such file",
            where=str(arguments.labels),
            hint="work in a checkout of joio, or name it with --labels",
        )
    with bars() as progress:
        summary = fetch(
            arguments.labels,
            arguments.output,
            local=arguments.local,
            progress=lambda done, total: progress("documents", done, total),
        )
    print(f"{summary.found:,} units of {summary.documents:,} documents -> {arguments.output}")
    if not summary.complete:
        print(f"not found: {summary.gone:,} gone, {summary.changed:,} changed, {summary.unreachable:,} unreachable")
        for repository, missing in list(summary.missing_by_repository.items())[:20]:
            print(f"  {repository}: {len(missing):,}")
    return 0
