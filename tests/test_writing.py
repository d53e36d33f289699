"""A result appears whole or not at all; what stood there before survives, and nothing is left beside it."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from joio.errors import OutputError
from joio.writing import whole_file, write_whole, write_whole_bytes


def _no_space(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _fill_on_write(patch: pytest.MonkeyPatch) -> None:
    real = os.fdopen

    def fdopen(*arguments: Any, **options: Any) -> Any:
        stream = real(*arguments, **options)
        stream.write = _no_space
        return stream

    patch.setattr(os, "fdopen", fdopen)


DISK_FULL: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "on write": _fill_on_write,
    "on fsync": lambda patch: patch.setattr(os, "fsync", _no_space),
    "on rename": lambda patch: patch.setattr(Path, "replace", _no_space),
}


@pytest.fixture(params=["new", "old"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A path where nothing stands, and one where something does."""
    path = tmp_path / "saida.json"
    if request.param == "old":
        path.write_text("o que havia")
    return path


@contextmanager
def untouched(target: Path) -> Iterator[None]:
    """The folder holds after the block exactly what it held before."""
    before = {path.name: path.read_bytes() for path in target.parent.iterdir()}
    yield
    assert {path.name: path.read_bytes() for path in target.parent.iterdir()} == before


def test_a_file_appears_whole(target: Path) -> None:
    write_whole(target, "trigo\n")
    assert target.read_bytes() == b"trigo\n"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_nothing_appears_before_the_block_ends(target: Path) -> None:
    old = target.read_text() if target.exists() else None
    with whole_file(target) as stream:
        stream.write("trigo")
        stream.flush()
        assert (target.read_text() if target.exists() else None) == old
    assert target.read_text() == "trigo"


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
def test_what_goes_wrong_in_the_block_is_passed_on_and_changes_nothing(
    target: Path, exception: type[BaseException]
) -> None:
    with untouched(target), pytest.raises(exception), whole_file(target) as stream:
        stream.write("metade")
        raise exception("no meio")


@pytest.mark.parametrize("when", DISK_FULL)
def test_a_full_disk_is_an_output_error_and_changes_nothing(
    target: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with untouched(target), monkeypatch.context() as patch:
        DISK_FULL[when](patch)
        with pytest.raises(OutputError, match=r"No space left on device.*nothing was changed.*free space") as raised:
            write_whole(target, "demais")
    assert raised.value.where == str(target)
    assert raised.value.exit_code == 1


def test_a_write_that_the_system_cuts_short_changes_nothing(target: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of file size exist on POSIX only")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with untouched(target):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            with pytest.raises(OutputError, match="File too large"):
                write_whole(target, "x" * 100_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_that_may_not_be_written_to(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with untouched(target), pytest.raises(OutputError, match=r"Permission denied.*rights of its folder"):
        write_whole(target, "x")


def test_a_folder_that_really_may_not_be_written_to(target: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    target.parent.chmod(0o555)
    try:
        with untouched(target), pytest.raises(OutputError, match="Permission denied"):
            write_whole(target, "x")
    finally:
        target.parent.chmod(0o755)


def test_a_directory_is_no_target(tmp_path: Path) -> None:
    folder = tmp_path / "pasta"
    folder.mkdir()
    (folder / "dentro.txt").write_text("fica")
    with pytest.raises(OutputError, match="is a directory, expected a file to write"):
        write_whole(folder, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["pasta"]
    assert (folder / "dentro.txt").read_text() == "fica"


def test_a_file_is_no_folder_to_write_in(tmp_path: Path) -> None:
    (tmp_path / "arquivo").write_text("fica")
    with pytest.raises(OutputError):
        write_whole(tmp_path / "arquivo" / "saida.txt", "x")
    assert (tmp_path / "arquivo").read_text() == "fica"


def test_a_pipe_or_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    """As root, a rename over /dev/null would break the machine."""
    pipe = tmp_path / "cano"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="is no ordinary file"):
        write_whole(pipe, "x")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["cano"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "atalho.txt"
    real.write_text("velho")
    link.symlink_to(real)
    write_whole(link, "novo")
    assert link.is_symlink()
    assert real.read_text() == "novo"


def test_a_name_as_long_as_the_system_allows(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".txt")
    write_whole(target, "x")
    assert target.read_text() == "x"


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b" / "saida.txt", "x")
    assert (tmp_path / "a" / "b" / "saida.txt").read_text() == "x"


@pytest.mark.parametrize(("umask", "rights"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_rights_follow_the_umask(tmp_path: Path, umask: int, rights: int) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "saida.txt", "x")
        assert os.umask(umask) == umask, "the umask itself must stay"
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "saida.txt").stat().st_mode) == rights


def test_text_is_utf8_with_unix_line_ends_and_half_a_surrogate_stays_an_escape(tmp_path: Path) -> None:
    write_whole(tmp_path / "saida.txt", "não 🚀\n\ud83d\n")
    assert (tmp_path / "saida.txt").read_bytes() == "não 🚀\n\\ud83d\n".encode()


def test_bytes_are_written_whole_and_as_they_are(target: Path) -> None:
    write_whole_bytes(target, bytes(range(256)) + b"\r\n")
    assert target.read_bytes() == bytes(range(256)) + b"\r\n"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize("when", DISK_FULL)
def test_a_full_disk_changes_nothing_for_bytes_either(target: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with untouched(target), monkeypatch.context() as patch:
        DISK_FULL[when](patch)
        with pytest.raises(OutputError, match=r"No space left on device.*nothing was changed"):
            write_whole_bytes(target, b"demais")


def test_a_directory_is_no_target_for_bytes(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a directory, expected a file to write"):
        write_whole_bytes(tmp_path, b"x")
