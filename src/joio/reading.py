"""From the outside world to text and Articles: the only room that knows files, encodings and limits.

>>> decode("Não há joio sem trigo.".encode("cp1252"))
Decoded(text='Não há joio sem trigo.', encoding='cp1252')
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from joio.article import Article, TextFormat, segment
from joio.errors import InputError

MAX_ARTICLE_BYTES = 20_000_000
MAX_BLOCK_CHARACTERS = 1_000_000
"""A paragraph is never longer; what is, is a file without line ends or not prose at all."""

_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".mkd", ".rmd"})
# What a text editor never writes: a few may stray into a text, many mean another kind of file.
_CONTROL_BYTES = bytes(sorted({*range(32), 127} - {9, 10, 11, 12, 13, 27}))


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was found to be in."""

    text: str
    encoding: str


def decode(raw: bytes, *, where: str = "input") -> Decoded:
    """Bytes -> text: UTF-8, UTF-16 with its mark, or else Windows-1252, which holds all of Latin-1.

    Raises InputError for what is empty or not text.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            try:
                return _not_blank(Decoded(raw.decode(encoding), encoding), where)
            except UnicodeDecodeError:
                raise InputError(f"is not valid {encoding}", where=where, hint="save it as UTF-8") from None
    refuse_binary(raw[:65_536], where)
    try:
        return _not_blank(Decoded(raw.decode("utf-8"), "utf-8"), where)
    except UnicodeDecodeError:
        return _not_blank(Decoded(raw.decode("cp1252", "replace"), "cp1252"), where)


def refuse_binary(sample: bytes, where: str) -> None:
    """Raise InputError where the first bytes of a file are not those of a text."""
    strange = len(sample) - len(sample.translate(None, _CONTROL_BYTES))
    if b"\0" in sample or strange > 0.02 * len(sample):
        raise _binary(where)


def _binary(where: str) -> InputError:
    return InputError("is binary, expected text", where=where, hint="give a plain text or Markdown file")


def _not_blank(decoded: Decoded, where: str) -> Decoded:
    if "\0" in decoded.text:
        raise _binary(where)
    if not decoded.text.strip():
        what = "has only blanks" if decoded.text else "is empty"
        raise InputError(what, where=where, hint="give a file with some Portuguese text")
    return decoded


def read_bytes(path: Path, *, limit: int | None = None) -> bytes:
    """The bytes of a file; InputError where it is missing, a folder, closed to us, or larger than `limit`."""
    with _readable(path):
        if limit is None:
            return path.read_bytes()
        if path.stat().st_size > limit:
            raise _too_large(path.stat().st_size, limit, str(path))
        # A pipe or a device has no size to go by.
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise _too_large(len(raw), limit, str(path))
        return raw


def read_sample(path: Path, size: int = 65_536) -> bytes:
    """The first bytes of a file, with the errors of `read_bytes`."""
    with _readable(path), path.open("rb") as stream:
        return stream.read(size)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what the system says of a path into what its user can do about it."""
    where = str(path)
    try:
        if path.is_dir():
            raise InputError("is a directory, expected a file", where=where, hint="name one file in it")
        yield
    except FileNotFoundError:
        raise InputError("there is no such file", where=where, hint="check the path") from None
    except PermissionError:
        raise InputError("may not be read", where=where, hint="check the rights of the file") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=where) from None
    except ValueError as error:  # what Python says of a name that no file can have
        raise InputError(f"is no name of a file ({error})", where=repr(where)) from None


def _too_large(size: int, limit: int, where: str) -> InputError:
    return InputError(
        f"has {size / 1e6:.0f} MB, expected at most {limit / 1e6:.0f} MB for one article",
        where=where,
        hint="split it into articles, or use `joio predict` for a table of paragraphs",
    )


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An Article and where it came from; `notes` tell the user what was assumed."""

    article: Article
    name: str
    notes: tuple[str, ...] = ()


def read_article(name: str, format: TextFormat = "auto") -> ReadArticle:
    """Read one article from a file, or from standard input where `name` is '-'.

    Raises InputError for what cannot be read, is empty, binary, too large, or has a block of over a million characters.
    """
    if name == "-":
        if sys.stdin is None:
            raise InputError("is closed", where="standard input", hint="name a file")
        raw = sys.stdin.buffer.read(MAX_ARTICLE_BYTES + 1)
        where = "standard input"
        if len(raw) > MAX_ARTICLE_BYTES:
            raise _too_large(len(raw), MAX_ARTICLE_BYTES, where)
    else:
        path = Path(name)
        raw = read_bytes(path, limit=MAX_ARTICLE_BYTES)
        where = name
        if format == "auto" and path.suffix.lower() in _MARKDOWN_SUFFIXES:
            format = "markdown"
    decoded = decode(raw, where=where)
    if max(map(len, decoded.text.splitlines())) > MAX_BLOCK_CHARACTERS:
        raise InputError(
            f"has a line of over {MAX_BLOCK_CHARACTERS:,} characters, expected paragraphs",
            where=where,
            hint="is it an article? Put each paragraph on a line of its own",
        )
    article = segment(decoded.text, format)
    if not article.units():
        raise InputError(
            "holds no paragraph, only headings, code or tables", where=where, hint="give an article with prose"
        )
    notes = () if decoded.encoding.startswith("utf") else (f"read as {decoded.encoding}, because it is not UTF-8",)
    return ReadArticle(article, where, notes)
