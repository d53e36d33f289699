"""A small tree of errors that compose their own message.

Each message says what was got, what was expected and what to do next. The command line prints the message alone,
never a traceback, and exits with `JoioError.exit_code`: 2 when the input or the usage is at fault, 1 when it is ours.

>>> error = InputError("the file is empty", where="artigo.txt", hint="give a file with some Portuguese text")
>>> print(error)
artigo.txt: the file is empty; give a file with some Portuguese text
>>> error.exit_code
2
"""

from __future__ import annotations

import json


class JoioError(Exception):
    """Anything that joio reports to its user: `what` happened, `where`, and a `hint` at what to do."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        message = f"{self.where}: {self.what}" if self.where else self.what
        return f"{message}; {self.hint}" if self.hint else message


class InputError(JoioError):
    """What the user gave cannot be read: empty, binary, too large, missing, of the wrong form."""

    exit_code = 2


class CorpusError(InputError):
    """A line of labelled data breaks the schema: says file, line, field, what was got and what is expected."""

    def __init__(self, *, file: str, line: int | None, field: str | None, got: str, expected: str) -> None:
        self.file = file
        self.line = line
        self.field = field
        self.got = got
        self.expected = expected
        where = file if line is None else f"{file}:{line}"
        subject = f"field '{field}': " if field else ""
        super().__init__(f"{subject}got {got}, expected {expected}", where=where)


class ModelError(JoioError):
    """A model cannot be used: missing, damaged, made by a newer joio."""

    exit_code = 2


class UntrustedModelError(ModelError):
    """The digest of a model file stands in no manifest that we trust, so loading it could run foreign code."""


class OutputError(JoioError):
    """A result cannot be written: no permission, disk full. Whatever stood there before is untouched."""


def shown(value: object) -> str:
    """A value as a message shows it: as JSON, and cut short, for it may be a whole foreign text.

    >>> shown("fato"), shown(None)
    ('"fato"', 'null')
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
