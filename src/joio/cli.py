"""The command line: ``joio score``, ``predict``, ``train``, ``evaluate``, ``review``, ``corpus``.

Results go to standard output, everything else to standard error. Exit codes: 0 done; 1 a fault of ours or of the
system; 2 a fault in the usage or the input; 130 interrupted. Heavy imports happen in the command that needs them, so
that ``joio --help`` is instant.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joio.errors import InputError, JoioError

if TYPE_CHECKING:
    from joio.crossval import Progress
    from joio.predict import Classifier

EXIT_OURS, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; no traceback reaches the user unless JOIO_DEBUG is set."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    # Half a surrogate pair in somebody's data, or a terminal without UTF-8, must not stop the rest from being shown.
    with suppress(AttributeError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except JoioError as error:
        _say(f"joio: error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _say("joio: interrupted; no file was left half written")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`| head`) has seen enough.
        _drop_stdout()
        return 0
    except Exception as error:
        if os.environ.get("JOIO_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _say("joio: error: no space is left where the output goes; free some, or write elsewhere")
            _drop_stdout()
            return EXIT_OURS
        what = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        _say(f"joio: error: {what}; this should not happen: set JOIO_DEBUG=1 to see where, and report it")
        return EXIT_OURS
    return code


def _drop_stdout() -> None:
    """Keep Python from complaining, while it exits, of what it can no longer write to standard output."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def build_parser() -> argparse.ArgumentParser:
    """All commands and options; the reference in ``docs/cli.md`` is checked against it."""
    parser = argparse.ArgumentParser(
        prog="joio",
        description="Tell factual, speculative, opinion and promotional paragraphs apart in Portuguese articles.",
        epilog="`joio COMMAND --help` tells more. Try: joio score data/example.md",
    )
    parser.add_argument("--version", action="version", version=f"joio {version('joio')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    score = commands.add_parser("score", help="score an article: labels, words that counted, shares")
    score.add_argument("article", metavar="FILE", help="a text or Markdown file, or - for standard input")
    score.add_argument(
        "--format",
        choices=("terminal", "json", "jsonl"),
        default="terminal",
        help="jsonl: one object a unit (default: terminal)",
    )
    score.add_argument(
        "--read-as", choices=("auto", "text", "markdown"), default="auto", help="format of the article (default: auto)"
    )
    score.add_argument("--lang", choices=("pt", "en"), default="pt", help="language of the verdict (default: pt)")
    score.add_argument("--output", metavar="OUT", type=Path, help="write there instead of standard output")
    _add_model_options(score)
    score.set_defaults(run=_score)

    predict = commands.add_parser(
        "predict", help="score a table of paragraphs: the same rows, with label and probabilities"
    )
    predict.add_argument("table", metavar="IN", type=Path, help="a .jsonl or .csv file with a field text")
    predict.add_argument("--output", metavar="OUT", type=Path, required=True, help="a file of the same kind")
    _add_model_options(predict)
    predict.set_defaults(run=_predict)

    train = commands.add_parser(
        "train", help="train a model on labelled paragraphs, evaluate it, log the run to MLflow"
    )
    _add_data_options(train)
    train.add_argument(
        "--name", default="meu-modelo", help="name of the model's folder under models/ (default: meu-modelo)"
    )
    train.add_argument("--no-mlflow", action="store_true", help="do not log the run")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser(
        "evaluate", help="cross-validate on sources not seen, beside the baselines; write a report"
    )
    _add_data_options(evaluate)
    evaluate.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("reports/evaluation"),
        help="where the report goes (default: reports/evaluation)",
    )
    evaluate.add_argument(
        "--ablate-origin", action="store_true", help="also train on written units only and on public units only"
    )
    evaluate.add_argument("--no-mlflow", action="store_true", help="do not log the run")
    evaluate.set_defaults(run=_evaluate)

    review = commands.add_parser("review", help="open MLflow's page on the runs made here")
    review.add_argument("--port", type=int, default=5000, help="port of the page (default: 5000)")
    review.set_defaults(run=_review)

    corpus = commands.add_parser("corpus", help="check, count and fetch labelled paragraphs")
    actions = corpus.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="check files of labelled paragraphs against the schema")
    check.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="JSONL or CSV files, or folders of JSONL files"
    )
    check.set_defaults(run=_corpus_check)
    stats = actions.add_parser("stats", help="count units by label, origin, genre and source")
    stats.add_argument(
        "files", metavar="FILE", type=Path, nargs="*", help="JSONL or CSV files (default: what is shipped and fetched)"
    )
    stats.set_defaults(run=_corpus_stats)
    fetch = actions.add_parser("fetch", help="bring back the texts of the public labels")
    fetch.add_argument(
        "--from", dest="local", metavar="FILE", type=Path, help="take the texts from a local copy, not from the network"
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
    fetch.set_defaults(run=_corpus_fetch)
    return parser


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="joio-pt", help="a name under models/, or a folder (default: joio-pt)")
    parser.add_argument(
        "--trust", action="store_true", help="load the model file even if its digest is not known: it can run code"
    )


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=[],
        help="JSONL or CSV with text and label (default: what is shipped and fetched)",
    )
    parser.add_argument(
        "--folds", type=int, default=5, help="folds of the cross-validation, grouped by source (default: 5)"
    )
    parser.add_argument("--lang", choices=("pt", "en"), default="pt", help="language of the report (default: pt)")
    parser.add_argument("--seed", type=_seed, default=0, help="seed of the folds and the bootstrap (default: 0)")


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 to {2**32 - 1}")
    return int(text)


# ---------------------------------------------------------------------------------------------------- score, predict


def _score(arguments: argparse.Namespace) -> int:
    from joio.reading import read_article

    read = read_article(arguments.article, arguments.read_as)
    for note in read.notes:
        _say(f"joio: note: {read.name}: {note}")
    verdict = _load(arguments).score(read.article)
    if arguments.format == "terminal":
        text = _terminal(verdict, arguments)
    else:
        from joio.render.rows import unit_row, verdict_row

        rows = (
            [verdict_row(verdict, read.name)]
            if arguments.format == "json"
            else [
                unit_row(unit, prediction) for unit, prediction in zip(verdict.units, verdict.predictions, strict=True)
            ]
        )
        # JSON knows escapes for what a terminal without UTF-8 cannot show.
        escaped = not arguments.output and not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        text = "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows)
    if arguments.format != "terminal" or arguments.output:
        from joio.render.terminal import warnings_of

        for warning in warnings_of(verdict, arguments.lang):
            _say(f"joio: {warning}")
    if arguments.output:
        from joio.writing import write_whole

        write_whole(arguments.output, text)
    else:
        sys.stdout.write(text)
    return 0


def _terminal(verdict: Any, arguments: argparse.Namespace) -> str:
    """The verdict as text, with colours where it goes to a terminal."""
    from rich.console import Console

    from joio.render.terminal import print_verdict

    wants_colour = not arguments.output and sys.stdout.isatty()
    console = Console(force_terminal=wants_colour or None, width=None if sys.stdout.isatty() else 100, highlight=False)
    if arguments.output:
        console = Console(width=100, highlight=False, no_color=True, force_terminal=False)
    with console.capture() as capture:
        print_verdict(verdict, console, arguments.lang)
    return capture.get()


def _predict(arguments: argparse.Namespace) -> int:
    from joio.tables import predict_table

    classifier = _load(arguments)
    with _counter() as count:
        rows, encoding = predict_table(classifier, arguments.table, arguments.output, progress=count)
    if encoding != "utf-8":
        _say(f"joio: note: {arguments.table}: read as {encoding}, because it is not UTF-8")
    _say(f"joio: {rows:,} rows -> {arguments.output}")
    return 0


def _load(arguments: argparse.Namespace) -> Classifier:
    from joio.predict import Classifier

    classifier = Classifier.load(arguments.model, trust=arguments.trust)
    for note in classifier.notes:
        _say(f"joio: note: {note}")
    return classifier


# ---------------------------------------------------------------------------------------------------- train, evaluate


def _train(arguments: argparse.Namespace) -> int:
    from joio.crossval import read_data
    from joio.train import train

    # An empty name would be the folder of all models, and a model replaces what lies in its place.
    if not arguments.name or Path(arguments.name).name != arguments.name or arguments.name.startswith("."):
        raise InputError(f"'{arguments.name}' is no name for a model", hint="use letters, digits and hyphens")
    data = read_data(arguments.data)
    _say_data(data)
    with _bars() as progress:
        result = train(
            data,
            Path("models") / arguments.name,
            n_folds=arguments.folds,
            seed=arguments.seed,
            track=not arguments.no_mlflow,
            lang=arguments.lang,
            progress=progress,
        )
    _print_summary(result.evaluation)
    print(f"model      {result.folder}/ ({result.manifest['bytes'] / 1e6:.1f} MB)")
    print(f"report     {result.folder}/evaluation.md")
    if result.run_id:
        print(f"MLflow     run {result.run_id[:8]}; see it with: joio review")
    print(f"try it     joio score data/example.md --model {arguments.name}")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from joio.crossval import read_data
    from joio.train import evaluate_and_write

    data = read_data(arguments.data)
    _say_data(data)
    with _bars() as progress:
        evaluation = evaluate_and_write(
            data,
            arguments.output,
            n_folds=arguments.folds,
            seed=arguments.seed,
            ablate_origin=arguments.ablate_origin,
            track=not arguments.no_mlflow,
            lang=arguments.lang,
            progress=progress,
        )
    _print_summary(evaluation)
    print(f"report     {arguments.output}/evaluation.md, evaluation.json and plots")
    return 0


def _say_data(data: Any) -> None:
    summary = data.summary()
    origins = ", ".join(f"{n:,} {origin}" for origin, n in summary["by_origin"].items())
    _say(f"joio: {summary['n']:,} units ({origins}) of {summary['sources']:,} sources, from {', '.join(data.paths)}")
    if data.tested_on == "written":
        _say(
            "joio: note: there are no public units here, so written ones are tested on; they are easier than found "
            "text. `joio corpus fetch` brings the public ones."
        )


def _print_summary(evaluation: Any) -> None:
    from joio.render.report import display_name

    n_tested = f"{evaluation.subject.all.n:,} {evaluation.tested_on} units"
    print(f"\n{evaluation.n_folds}-fold cross-validation by source on {n_tested}")
    width = max(len(display_name(scores, "en")) for scores in evaluation.models)
    for scores in evaluation.models:
        every = scores.all
        print(
            f"  {display_name(scores, 'en'):<{width}}  macro-F1 {every.macro_f1}"
            f"  log loss {every.log_loss.value:.3f}  ECE {every.ece.value:.3f}"
        )
    for label, score in evaluation.subject.all.labels.items():
        print(
            f"    {label:<12} precision {score.precision.value:.2f}  recall {score.recall.value:.2f}"
            f"  F1 {score.f1.value:.2f}  n {score.support:,}"
        )


def _review(arguments: argparse.Namespace) -> int:
    from joio.review import review

    _say("joio: starting MLflow's page; Ctrl-C stops it ...")
    return review(port=arguments.port, say=lambda address: _say(f"joio: open {address} in a browser"))


# ---------------------------------------------------------------------------------------------------- corpus


def _corpus_check(arguments: argparse.Namespace) -> int:
    from joio.corpus import check

    good, problems = check(arguments.files)
    shown = 50
    for problem in problems[:shown]:
        print(problem)
    if len(problems) > shown:
        print(f"… and {len(problems) - shown:,} more")
    _say(f"joio: {good:,} units are good, {len(problems):,} are not")
    if not good and not problems:
        raise InputError("no unit was found", hint="name files with the fields text and label")
    return EXIT_USAGE if problems else 0


def _corpus_stats(arguments: argparse.Namespace) -> int:
    from joio.corpus import count_by
    from joio.crossval import read_data
    from joio.labels import LABELS

    data = read_data(arguments.files)
    summary = data.summary()
    print(
        f"{summary['n']:,} units, {summary['articles']:,} articles, {summary['sources']:,} sources, "
        f"digest {summary['digest'][:16]}"
    )
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


def _corpus_fetch(arguments: argparse.Namespace) -> int:
    from joio.standoff import fetch

    if not arguments.labels.exists():
        raise InputError(
            "there is no such file",
            where=str(arguments.labels),
            hint="work in a checkout of joio, or name it with --labels",
        )
    with _bars() as progress:
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


# ---------------------------------------------------------------------------------------------------- talking


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


@contextmanager
def _bars() -> Iterator[Progress]:
    """A progress bar for each piece of work: what is done, what is left, the time it takes. On standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bars: dict[str, Any] = {}
    columns = (TextColumn("{task.description:<34}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:

        def progress(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = shown.add_task(what, total=total)
            shown.update(bars[what], completed=done, total=total)
            if not console.is_terminal and done == total:
                _say(f"joio: {what}: {done}/{total}")

        yield progress


@contextmanager
def _counter() -> Iterator[Any]:
    """A running count of rows on standard error, where somebody watches."""
    watched = sys.stderr.isatty()

    def count(rows: int) -> None:
        if watched:
            print(f"\r{rows:,} rows", end="", file=sys.stderr, flush=True)

    try:
        yield count
    finally:
        if watched:
            print("\r", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
