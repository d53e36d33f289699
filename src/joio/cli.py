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
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joio import corpus_cli
from joio.console import bars, counter, say
from joio.errors import InputError, JoioError
from joio.labels import LABELS

if TYPE_CHECKING:
    from joio.predict import Classifier

EXIT_OURS, EXIT_INTERRUPTED = 1, 130


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
        say(f"joio: error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("joio: interrupted; no file was left half written")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`| head`) has seen enough.
        _drop_stdout()
        return 0
    except Exception as error:
        if os.environ.get("JOIO_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            say("joio: error: no space is left where the output goes; free some, or write elsewhere")
            _drop_stdout()
            return EXIT_OURS
        what = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        say(f"joio: error: {what}; this should not happen: set JOIO_DEBUG=1 to see where, and report it")
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
    evaluate.add_argument(
        "--test-part",
        dest="candidate",
        metavar="MODEL",
        help="score a trained model on the project's own test part instead; for models that may be released",
    )
    evaluate.add_argument("--no-mlflow", action="store_true", help="do not log the run")
    evaluate.set_defaults(run=_evaluate)

    review = commands.add_parser("review", help="open MLflow's page on the runs made here")
    review.add_argument("--port", type=int, default=5000, help="port of the page (default: 5000)")
    review.set_defaults(run=_review)

    corpus_cli.add_to(commands)
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
        say(f"joio: note: {read.name}: {note}")
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
            say(f"joio: {warning}")
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
    with counter() as count:
        rows, encoding = predict_table(classifier, arguments.table, arguments.output, progress=count)
    if encoding != "utf-8":
        say(f"joio: note: {arguments.table}: read as {encoding}, because it is not UTF-8")
    say(f"joio: {rows:,} rows -> {arguments.output}")
    return 0


def _load(arguments: argparse.Namespace) -> Classifier:
    from joio.predict import Classifier

    classifier = Classifier.load(arguments.model, trust=arguments.trust)
    for note in classifier.notes:
        say(f"joio: note: {note}")
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
    with bars() as progress:
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
    from joio.train import evaluate_and_write, evaluate_release

    data = read_data(arguments.data)
    if arguments.candidate:
        from joio.store import load_model

        loaded = load_model(arguments.candidate)
        with bars() as progress:
            evaluation = evaluate_release(
                loaded, data, arguments.output, seed=arguments.seed, lang=arguments.lang, progress=progress
            )
        _print_summary(evaluation)
        print(f"report     {arguments.output}/test-part.md, test-part.json")
        return 0
    _say_data(data)
    with bars() as progress:
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
    say(f"joio: {summary['n']:,} units ({origins}) of {summary['sources']:,} sources, from {', '.join(data.paths)}")
    if data.kept_apart:
        say(f"joio: {data.kept_apart:,} public units more are the test part and stay out of it")
    missing = [label for label in LABELS if not any(label in counts for counts in summary["by_label"].values())]
    if missing:
        say(f"joio: note: no unit is labelled {', '.join(missing)}; a model trained on this never gives that label")
    if data.tested_on != "public":
        say(
            f"joio: note: there are no public units here, so {data.tested_on} ones are tested on; they are easier than "
            "found text. `joio corpus fetch` brings the public ones."
        )


def _print_summary(evaluation: Any) -> None:
    from joio.render.report import display_name

    n_tested = f"{evaluation.subject.all.n:,} {evaluation.tested_on} units"
    if evaluation.test_part:
        print(f"\nThe test part: {n_tested} of {evaluation.test_part['sources']} sources apart from all training")
    else:
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

    say("joio: starting MLflow's page; Ctrl-C stops it ...")
    return review(port=arguments.port, say=lambda address: say(f"joio: open {address} in a browser"))


if __name__ == "__main__":
    sys.exit(main())
