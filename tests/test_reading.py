"""From bytes to an article: every encoding people use is read, and what is no text is refused in clear words."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from joio import reading
from joio.errors import InputError
from joio.reading import MAX_ARTICLE_BYTES, decode, read_article, read_bytes

PROSE = "A horta começou em 2019, quando três vizinhos limparam o terreno e não pediram licença a ninguém."
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00"


def article_file(folder: Path, raw: bytes | str, name: str = "artigo.txt") -> str:
    path = folder / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return str(path)


# ---------------------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16")],
)
def test_unicode_is_read_without_a_note(tmp_path: Path, encoding: str, found: str) -> None:
    read = read_article(article_file(tmp_path, PROSE.encode(encoding)))
    assert read.article.text == PROSE
    assert read.notes == ()
    assert decode(PROSE.encode(encoding)).encoding == found


def test_utf16_is_read_in_either_byte_order() -> None:
    assert decode(codecs.BOM_UTF16_LE + PROSE.encode("utf-16-le")).text == PROSE
    assert decode(codecs.BOM_UTF16_BE + PROSE.encode("utf-16-be")).text == PROSE


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_old_encodings_are_read_with_a_note(tmp_path: Path, encoding: str) -> None:
    read = read_article(article_file(tmp_path, PROSE.encode(encoding)))
    assert read.article.text == PROSE
    assert read.notes == ("read as cp1252, because it is not UTF-8",)


def test_windows_quotes_and_dashes_survive() -> None:
    assert decode("“não” – disse…".encode("cp1252")).text == "“não” – disse…"


def test_a_byte_that_windows_does_not_know_is_replaced_and_the_rest_is_read() -> None:
    assert decode("não ".encode("latin-1") + b"\x81 sei").text == "não \ufffd sei"


def test_a_few_stray_control_characters_are_tolerated(tmp_path: Path) -> None:
    text = PROSE + "\x08\x02 " + PROSE
    assert read_article(article_file(tmp_path, text)).article.text == text


def test_offsets_count_from_the_first_character_after_the_mark(tmp_path: Path) -> None:
    [unit] = read_article(article_file(tmp_path, PROSE.encode("utf-8-sig"))).article.units()
    assert (unit.start, unit.text) == (0, PROSE)


@pytest.mark.parametrize("suffix", [".md", ".MD", ".markdown"])
def test_markdown_is_known_by_its_suffix(tmp_path: Path, suffix: str) -> None:
    # Nothing in this text says that it is Markdown, but the suffix does: an underlined line is a heading there.
    text = f"Opinião\n-------\n\n{PROSE}\n"
    kinds = [block.kind for block in read_article(article_file(tmp_path, text, f"a{suffix}")).article.blocks]
    assert kinds[-1] == "paragraph"
    assert set(kinds[:-1]) <= {"title", "heading"}
    [*_, unit] = read_article(article_file(tmp_path, text, f"a{suffix}")).article.units()
    assert unit.text == PROSE


def test_the_format_given_beats_the_suffix(tmp_path: Path) -> None:
    name = article_file(tmp_path, f"```\ncódigo do leitor\n```\n\n{PROSE}\n", "a.md")
    as_markdown = [unit.text for unit in read_article(name).article.units()]
    as_text = [unit.text for unit in read_article(name, "text").article.units()]
    assert "código do leitor" not in as_markdown
    assert "código do leitor" in as_text


def test_standard_input_is_named_by_a_hyphen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PROSE.encode("latin-1"))))
    read = read_article("-")
    assert read.name == "standard input"
    assert read.article.text == PROSE
    assert read.notes == ("read as cp1252, because it is not UTF-8",)


def test_a_named_pipe_can_be_read(tmp_path: Path) -> None:
    """The shell's `<(command)` is one: it has no size before it is read."""
    pipe = tmp_path / "cano"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(PROSE, encoding="utf-8"))
    writer.start()
    read = read_article(str(pipe))
    writer.join()
    assert read.article.text == PROSE


# ---------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(codecs.BOM_UTF8, "is empty", id="only a mark"),
        pytest.param(b" \n\n\t\r\n \x0c\n", "has only blanks", id="only blank lines"),
        pytest.param("\u00a0\n\u2003\n".encode(), "has only blanks", id="only Unicode blanks"),
        pytest.param(PNG, "is binary, expected text", id="PNG"),
        pytest.param(PROSE.encode() + b"\0" + PROSE.encode(), "is binary, expected text", id="NUL"),
        pytest.param(PROSE.encode("utf-16-le"), "is binary, expected text", id="UTF-16 without its mark"),
        pytest.param(codecs.BOM_UTF8 + b"a\0b", "is binary, expected text", id="NUL after a mark"),
        pytest.param(PROSE.encode("utf-32"), "is binary, expected text", id="UTF-32"),
        pytest.param(b"texto\x01\x02\x03\x04\x05" * 9, "is binary, expected text", id="many control characters"),
        pytest.param(codecs.BOM_UTF16_LE + b"abc", "is not valid utf-16", id="half a UTF-16 unit"),
        pytest.param(codecs.BOM_UTF8 + b"n\xe3o", "is not valid utf-8-sig", id="UTF-8 mark before Latin-1"),
        pytest.param(b"```\nx = 1\n```\n", "holds no paragraph, only headings, code or tables", id="only code"),
    ],
)
def test_what_is_no_article_is_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    name = article_file(tmp_path, raw, "a.md")
    with pytest.raises(InputError, match=message) as raised:
        read_article(name)
    assert raised.value.where == name
    assert raised.value.hint
    assert raised.value.exit_code == 2


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file; check the path"):
        read_article(str(tmp_path / "nada.txt"))


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory, expected a file"):
        read_article(str(tmp_path))


@pytest.mark.parametrize(
    ("number", "message"), [(errno.EACCES, "may not be read; check the rights"), (errno.EIO, "cannot be read")]
)
def test_a_file_that_the_system_does_not_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    name = article_file(tmp_path, PROSE)

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=message):
        read_article(name)


def test_a_file_whose_rights_forbid_it(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read anything")
    name = article_file(tmp_path, PROSE)
    Path(name).chmod(0)
    with pytest.raises(InputError, match="may not be read"):
        read_article(name)


@pytest.mark.parametrize("name", ["a\0b.txt", "n" * 300])
def test_a_name_that_no_file_can_have(name: str) -> None:
    with pytest.raises(InputError):
        read_article(name)


def test_fifty_megabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "enorme.txt"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    started = time.perf_counter()
    with pytest.raises(InputError, match=r"has 50 MB, expected at most 20 MB.*joio predict"):
        read_article(str(path))
    assert time.perf_counter() - started < 0.5


def test_a_long_line_is_refused_before_it_is_split_into_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = article_file(tmp_path, "palavra " * 200_000)

    def no_segment(*_: Any) -> Any:
        raise AssertionError("the text was split")

    monkeypatch.setattr(reading, "segment", no_segment)
    with pytest.raises(InputError, match="has a line of over 1,000,000 characters"):
        read_article(name)


def test_too_much_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ARTICLE_BYTES", 1000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"palavra " * 1000)))
    with pytest.raises(InputError, match=r"standard input: has .* expected at most"):
        read_article("-")


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input: is closed"):
        read_article("-")


def test_a_device_without_end_is_refused() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero here")
    with pytest.raises(InputError, match="expected at most"):
        read_bytes(Path("/dev/zero"), limit=1_000_000)


def test_the_limit_itself_is_allowed(tmp_path: Path) -> None:
    name = article_file(tmp_path, b"x" * 1000)
    assert len(read_bytes(Path(name), limit=1000)) == 1000
    with pytest.raises(InputError, match="expected at most"):
        read_bytes(Path(name), limit=999)
    assert MAX_ARTICLE_BYTES == 20_000_000
