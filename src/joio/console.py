"""What the command line says on standard error while it works: messages, progress bars, a running count."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joio.crossval import Progress


def say(message: str) -> None:
    """Say something to the person at the terminal."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def bars() -> Iterator[Progress]:
    """A progress bar for each piece of work: what is done, what is left, the time it takes. On standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown_bars: dict[str, Any] = {}
    columns = (TextColumn("{task.description:<34}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:

        def progress(what: str, done: int, total: int) -> None:
            if what not in shown_bars:
                shown_bars[what] = shown.add_task(what, total=total)
            shown.update(shown_bars[what], completed=done, total=total)
            if not console.is_terminal and done == total:
                say(f"joio: {what}: {done}/{total}")

        yield progress


@contextmanager
def counter() -> Iterator[Any]:
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
