"""Writing files whole or not at all: beside the target first, then renamed over it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from joio.errors import OutputError


@contextmanager
def whole_file(path: Path, *, newline: str | None = "\n") -> Iterator[IO[str]]:
    """Open a text file that appears at `path` only when the block ends well.

    Whatever goes wrong, an exception, an interruption, a full disk, what stood at `path` is untouched and nothing is
    left beside it. Raises OutputError where the system refuses to write.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "saida.txt"
    >>> with whole_file(target) as stream:
    ...     _ = stream.write("tudo ou nada")
    >>> target.read_text()
    'tudo ou nada'
    """
    # Half a surrogate pair, out of somebody's broken JSON, is written as the escape it came as.
    with (
        _replacing(path) as handle,
        os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline=newline) as stream,
    ):
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with whole_file(path) as stream:
        stream.write(text)


def write_whole_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all: `write_whole` for what is no text."""
    with _replacing(path) as handle, os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _replacing(path: Path) -> Iterator[int]:
    """The handle of a file beside `path`, which is renamed over it when the block ends well; the block closes it."""
    temporary: Path | None = None
    try:
        if path.is_dir():
            raise OutputError("is a directory, expected a file to write", where=str(path), hint="give a file name")
        if path.exists() and not path.is_file():
            # A pipe, or /dev/null: renaming over it would take it away from everybody.
            raise OutputError("is no ordinary file", where=str(path), hint="give the name of a file")
        # A link stays a link: what it points to is replaced.
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
        temporary = Path(name)
        yield handle
        # A temporary file is private to its owner; the result gets the rights any new file would have had.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(target)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error}); nothing was changed",
            where=str(path),
            hint="check the free space and the rights of its folder",
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
