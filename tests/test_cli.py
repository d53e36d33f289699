"""What a user of the command line relies on: results on stdout, talk on stderr, exit codes, never a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from joio.article import segment
from joio.cli import build_parser, main
from joio.labels import LABEL_NAMES, LABELS
from joio.predict import Classifier, Cue, Prediction
from joio.render.rows import MAX_CUES
from joio.render.terminal import print_verdict
from joio.verdict import verdict
from tests.conftest import TinyModel

ARTICLE = """O leilão dos servidores

A prefeitura entregou 120 computadores às escolas em março de 2024, segundo o relatório da própria secretaria.

O que vem por aí

Talvez o preço dos discos caia pela metade no futuro, e é possível que as escolas comprem mais.

Comentário

Na minha opinião, é lamentável que ninguém tenha perguntado aos professores, e acho a desculpa absurda.

Sobre a empresa

Inscreva-se já, garanta a sua vaga com desconto e compre agora a nossa solução completa!
"""
ENGLISH = "The server went down again last night, and nobody knows why.\n\nWe should have been told about it earlier.\n"
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX only")


class Ran:
    """What a command answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert "Traceback" not in out + err


@pytest.fixture
def joio(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit:  # argparse's way out
            code = int(exit.code or 0)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "artigo.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def process(*arguments: object, cwd: Path | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    command = [sys.executable, "-m", "joio.cli", *map(str, arguments)]
    # Output is buffered, as users have it: what cannot be written is noticed late, even while Python exits.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    options = {"capture_output": True, **more, "env": environment | more.get("env", {})}
    done = subprocess.run(command, cwd=cwd, text=True, encoding="utf-8", timeout=120, check=False, **options)
    assert "Traceback" not in (done.stdout or "") + (done.stderr or "")
    assert "Exception ignored" not in (done.stderr or "")
    return done


# ---------------------------------------------------------------------------------------------------- score


def test_the_verdict_goes_to_stdout_and_nothing_else_is_said(joio: Any, article: Path, tiny_model: TinyModel) -> None:
    ran = joio("score", article, "--model", tiny_model.name)
    assert (ran.code, ran.err) == (0, "")
    assert "O leilão dos servidores" in ran.out
    assert "Índice de substância" in ran.out
    for name in ("factual", "especulativo", "opinião", "promocional"):
        assert name in ran.out
    assert "\x1b" not in ran.out, "no colours where nobody watches"


def test_the_verdict_can_be_in_english(joio: Any, article: Path, tiny_model: TinyModel) -> None:
    ran = joio("score", article, "--model", tiny_model.name, "--lang", "en")
    assert ran.code == 0
    assert "Substance index" in ran.out
    assert "speculative" in ran.out
    assert "especulativo" not in ran.out


def test_jsonl_has_a_line_a_unit_with_exactly_these_fields(joio: Any, article: Path, tiny_model: TinyModel) -> None:
    ran = joio("score", article, "--model", tiny_model.name, "--format", "jsonl")
    assert (ran.code, ran.err) == (0, "")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["kind"] for row in rows] == ["title", "paragraph", "paragraph", "paragraph", "paragraph"]
    assert [row["position"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["section"] for row in rows] == [None, None, "O que vem por aí", "Comentário", "Sobre a empresa"]
    assert [row["label"] for row in rows[1:]] == list(LABELS)
    for row in rows:
        assert list(row) == [
            *("position", "kind", "section", "start", "end", "text", "label", "unsure", "probabilities", "cues"),
        ]
        assert row["text"] == ARTICLE[row["start"] : row["end"]]
        assert list(row["probabilities"]) == list(LABELS)
        assert sum(row["probabilities"].values()) == pytest.approx(1)
        assert row["label"] == max(row["probabilities"], key=row["probabilities"].get)
        assert len(row["cues"]) <= MAX_CUES
        for cue in row["cues"]:
            assert list(cue) == ["start", "end", "text", "label", "weight"]
            assert cue["text"] == row["text"][cue["start"] : cue["end"]]
            assert cue["label"] in LABELS
        weights = [cue["weight"] for cue in row["cues"]]
        assert weights == sorted(weights, reverse=True)
    assert sum(len(row["cues"]) for row in rows) > 4


def test_json_is_one_object_with_the_units_of_jsonl(joio: Any, article: Path, tiny_model: TinyModel) -> None:
    one = json.loads(joio("score", article, "--model", tiny_model.name, "--format", "json").out)
    lines = joio("score", article, "--model", tiny_model.name, "--format", "jsonl").out.splitlines()
    assert list(one) == ["article", "title", "words", "language", "too_short", "substance", "shares", "units"]
    assert one["units"] == [json.loads(line) for line in lines]
    assert (one["article"], one["title"]) == (str(article), "O leilão dos servidores")
    assert one["language"] == "portuguese"
    assert sum(share["value"] for share in one["shares"].values()) == pytest.approx(1)
    assert one["substance"] == one["shares"]["factual"]["value"]


def test_every_way_gives_the_same_numbers(joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path) -> None:
    rows = [
        json.loads(line)
        for line in joio("score", article, "--model", tiny_model.name, "--format", "jsonl").out.splitlines()
    ]
    numbers = [list(row["probabilities"].values()) for row in rows]
    units = segment(ARTICLE).units()
    assert numbers == tiny_model.classifier.probabilities(units).tolist()
    fields = ("text", "article", "title", "section", "kind", "position", "of", "previous", "next")
    table = tmp_path / "t.jsonl"
    table.write_text("".join(json.dumps({name: getattr(unit, name) for name in fields}) + "\n" for unit in units))
    assert joio("predict", table, "--output", "s.jsonl", "--model", tiny_model.name).code == 0
    scored = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [list(row["probabilities"].values()) for row in scored] == numbers


def test_offsets_hold_with_windows_line_ends_and_a_mark(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    (tmp_path / "a.txt").write_bytes(ARTICLE.replace("\n", "\r\n").encode("utf-8-sig"))
    text = ARTICLE.replace("\n", "\r\n")
    rows = joio("score", "a.txt", "--model", tiny_model.name, "--format", "jsonl").out.splitlines()
    assert len(rows) == 5
    assert all(row["text"] == text[row["start"] : row["end"]] for row in map(json.loads, rows))


def test_a_hyphen_reads_standard_input(
    joio: Any, article: Path, tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = joio("score", article, "--model", tiny_model.name, "--format", "jsonl").out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode())))
    ran = joio("score", "-", "--model", tiny_model.name, "--format", "jsonl")
    assert (ran.code, ran.out) == (0, expected)


def test_an_old_encoding_is_noted_on_stderr(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    (tmp_path / "a.txt").write_bytes(ARTICLE.encode("latin-1"))
    ran = joio("score", "a.txt", "--model", tiny_model.name, "--format", "jsonl")
    assert ran.code == 0
    assert ran.err == "joio: note: a.txt: read as cp1252, because it is not UTF-8\n"


@pytest.mark.parametrize(
    ("text", "lang", "warning"),
    [
        (ENGLISH, "pt", "O texto não parece estar em português: os rótulos não querem dizer nada."),
        (ENGLISH, "en", "The text does not seem to be Portuguese: the labels mean nothing."),
        ("🚀🚀🚀\n\n🔥🔥\n", "pt", "O texto não tem palavras: os rótulos não querem dizer nada."),
        ("Não sei, mas acho que foi ele.\n", "pt", "O texto é curto demais"),
    ],
)
@pytest.mark.parametrize("format", ["terminal", "json", "jsonl"])
def test_doubtful_texts_are_scored_with_a_warning(
    joio: Any, tmp_path: Path, tiny_model: TinyModel, text: str, lang: str, warning: str, format: str
) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    ran = joio("score", "a.txt", "--model", tiny_model.name, "--format", format, "--lang", lang)
    assert ran.code == 0
    shown, other = (ran.out, ran.err) if format == "terminal" else (ran.err, ran.out)
    assert warning in " ".join(shown.split())
    assert warning not in other
    if format != "terminal":
        assert all(json.loads(line) for line in ran.out.splitlines())


@pytest.mark.parametrize("format", ["terminal", "json", "jsonl"])
def test_output_goes_to_a_file_instead(
    joio: Any, article: Path, tmp_path: Path, tiny_model: TinyModel, format: str
) -> None:
    printed = joio("score", article, "--model", tiny_model.name, "--format", format)
    ran = joio("score", article, "--model", tiny_model.name, "--format", format, "--output", "saida")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "saida").read_text(encoding="utf-8").split() == printed.out.split()


def test_a_fault_leaves_the_old_output(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "saida").write_text("o que havia")
    ran = joio("score", "a.txt", "--model", tiny_model.name, "--output", "saida")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "joio: error: a.txt: is empty; give a file with some Portuguese text\n"
    assert (tmp_path / "saida").read_text() == "o que havia"


def test_output_that_cannot_be_written_is_our_fault_not_the_users(
    joio: Any, article: Path, tmp_path: Path, tiny_model: TinyModel
) -> None:
    (tmp_path / "pasta").mkdir()
    ran = joio("score", article, "--model", tiny_model.name, "--output", "pasta")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "joio: error: pasta: is a directory, expected a file to write; give a file name\n"


def test_an_article_cannot_command_the_terminal(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    text = "Título\x1b]0;dono\x07\n\nCompre \x1b[31magora\x1b[0m a nossa solução\x9b2J completa, com desconto!\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    ran = joio("score", "a.txt", "--model", tiny_model.name)
    assert ran.code == 0
    assert not set(ran.out) & {"\x1b", "\x07", "\x9b"}


def test_the_words_underlined_are_the_cues_even_behind_control_characters() -> None:
    article = segment("O\x08 preço\x07 caiu,\x7f garanta já.", "text")
    [unit] = article.units()
    start = unit.text.index("garanta")
    cue = Cue(start, start + 7, "garanta", (0.0, 0.0, 0.0, 2.0))
    prediction = Prediction(dict(zip(LABELS, (0.1, 0.1, 0.1, 0.7), strict=True)), (cue,))
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="truecolor", width=100)
    print_verdict(verdict(article, [unit], [prediction]), console)
    assert re.findall(r"\x1b\[4;[\d;]*m(.*?)\x1b\[0m", stream.getvalue()) == ["garanta"]


@pytest.mark.parametrize(("lang", "word"), [("pt", "incerto"), ("en", "unsure")])
def test_an_unsure_label_says_so_and_names_the_likeliest(lang: str, word: str) -> None:
    article = segment("A primeira linha.\n\nA segunda linha.", "text")
    one, other = article.units()
    sure = Prediction(dict(zip(LABELS, (0.1, 0.1, 0.1, 0.7), strict=True)), unsure_below=0.5)
    unsure = Prediction(dict(zip(LABELS, (0.3, 0.4, 0.1, 0.2), strict=True)), unsure_below=0.5)
    stream = io.StringIO()
    print_verdict(verdict(article, [one, other], [sure, unsure]), Console(file=stream, width=100), lang)
    shown = stream.getvalue()
    assert shown.count(f"▌{word}") == 1 and f"{LABEL_NAMES[lang]['speculative']}?" in shown
    assert f"▌{LABEL_NAMES[lang]['promotional']}" in shown
    stream = io.StringIO()
    print_verdict(verdict(article, [one, other], [sure, sure]), Console(file=stream, width=100), lang)
    assert word not in stream.getvalue().lower()


def test_rows_say_where_the_model_is_unsure(joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path) -> None:
    folder = copy_of(tiny_model, tmp_path)
    for threshold, expected in ((0.0, {False}), (1.01, {True})):
        change_manifest(folder, unsure_below=threshold)
        lines = joio("score", article, "--model", folder, "--format", "jsonl").out.splitlines()
        assert {json.loads(line)["unsure"] for line in lines} == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "has only blanks"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is binary, expected text"),
        (b"a\0b", "is binary, expected text"),
        (b"x" * 1_000_001, "has a line of over 1,000,000 characters"),
    ],
)
def test_bad_articles_are_refused_with_code_2(
    joio: Any, tmp_path: Path, tiny_model: TinyModel, raw: bytes, message: str
) -> None:
    (tmp_path / "a.txt").write_bytes(raw)
    ran = joio("score", "a.txt", "--model", tiny_model.name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"joio: error: a.txt: {message}")
    assert ran.err.count("\n") == 1


def test_missing_articles_and_folders(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    ran = joio("score", "nada.txt", "--model", tiny_model.name)
    assert (ran.code, ran.err) == (2, "joio: error: nada.txt: there is no such file; check the path\n")
    ran = joio("score", tmp_path, "--model", tiny_model.name)
    assert ran.code == 2
    assert "is a directory, expected a file" in ran.err


# ---------------------------------------------------------------------------------------------------- predict


def test_predict_says_on_stderr_what_it_did(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    (tmp_path / "t.csv").write_bytes("text\nNão há acção.\nSol.\n".encode("latin-1"))
    ran = joio("predict", "t.csv", "--output", "s.csv", "--model", tiny_model.name)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "joio: note: t.csv: read as cp1252, because it is not UTF-8\njoio: 2 rows -> s.csv\n"
    assert (tmp_path / "s.csv").read_text(encoding="utf-8").startswith("text,label,unsure,factual,speculative,")


def test_predict_names_the_bad_row_and_writes_nothing(joio: Any, tmp_path: Path, tiny_model: TinyModel) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "Sol."}\n{"text": 3}\n')
    ran = joio("predict", "t.jsonl", "--output", "s.jsonl", "--model", tiny_model.name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "joio: error: t.jsonl:2: field 'text': got 3, expected a text\n"
    assert not (tmp_path / "s.jsonl").exists()


# ---------------------------------------------------------------------------------------------------- models


def copy_of(model: TinyModel, folder: Path) -> Path:
    copy = folder / "copia"
    shutil.copytree(model.folder, copy)
    return copy


def change_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_a_model_that_nobody_vouches_for_needs_trust(
    joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other-user"))
    ran = joio("score", article, "--model", tiny_model.name)
    assert (ran.code, ran.out) == (2, "")
    assert "is not one that joio ships or that you trained here" in ran.err
    assert "can run any code" in ran.err
    assert "say --trust" in ran.err
    trusted = joio("score", article, "--model", tiny_model.name, "--trust")
    assert (trusted.code, trusted.err) == (0, "")
    assert joio("score", article, "--model", tiny_model.name).code == 2, "trust is given once, not for ever"


def test_a_damaged_model_is_not_loaded_even_with_trust(
    joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path
) -> None:
    folder = copy_of(tiny_model, tmp_path)
    with (folder / "model.joblib").open("r+b") as stream:
        stream.seek(100)
        stream.write(b"joio")
    for trust in ([], ["--trust"]):
        ran = joio("score", article, "--model", folder, *trust)
        assert (ran.code, ran.out) == (2, "")
        assert "the model file is damaged" in ran.err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 99}, "was made by a newer joio (format 99, this one reads up to 2); upgrade joio"),
        ({"format": 1}, "was made by an older joio (format 1, this one reads 2); train it again"),
        ({"sha256": None}, "the manifest is damaged"),
        ({"labels": ["a", "b"]}, "has the labels ['a', 'b'], expected ['factual'"),
    ],
)
def test_a_manifest_that_does_not_fit(
    joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    folder = copy_of(tiny_model, tmp_path)
    change_manifest(folder, **changes)
    ran = joio("score", article, "--model", folder)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_model_of_another_scikit_learn_is_used_with_a_note(
    joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path
) -> None:
    folder = copy_of(tiny_model, tmp_path)
    change_manifest(folder, packages={"scikit-learn": "0.9.9"})
    ran = joio("score", article, "--model", folder)
    assert ran.code == 0
    assert ran.err.startswith("joio: note: the model was made with scikit-learn 0.9.9, this is ")


def test_models_that_are_not_there(joio: Any, article: Path, tiny_model: TinyModel, tmp_path: Path) -> None:
    ran = joio("score", article, "--model", "nenhum")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no model 'nenhum'" in ran.err
    shutil.copytree(tiny_model.folder, tmp_path / "models" / "meu")
    assert "choose one of:" in joio("score", article, "--model", "nenhum").err
    assert "meu" in joio("score", article, "--model", "nenhum").err
    assert joio("score", article, "--model", "meu").code == 0, "a name under models/ is enough"
    (tmp_path / "models" / "oco").mkdir()
    assert "has no manifest.json, so it is no model" in joio("score", article, "--model", "oco").err
    (tmp_path / "models" / "meu" / "model.joblib").unlink()
    assert "the model file is missing" in joio("score", article, "--model", "meu").err


@pytest.mark.parametrize("name", ["a/b", "../a", "/a", ".oculto", "..", ".", ""])
def test_a_model_is_not_trained_outside_of_models(joio: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "outro").mkdir()
    (tmp_path / "d.jsonl").write_text('{"text": "Sol.", "label": "factual"}\n')
    ran = joio("train", "--data", "d.jsonl", "--name", name, "--no-mlflow")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"joio: error: '{name}' is no name for a model; use letters, digits and hyphens\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.jsonl", "models"]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["outro"]


# ---------------------------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fazer"],
        ["score"],
        ["score", "a.txt", "--format", "xml"],
        ["score", "a.txt", "--lang", "fr"],
        ["predict", "a.jsonl"],
        ["corpus"],
        ["corpus", "check"],
        ["train", "--folds", "cinco"],
        ["train", "--seed", "-1"],
        ["train", "--seed", str(2**32)],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_on_stderr_with_code_2(joio: Any, arguments: list[str]) -> None:
    ran = joio(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: joio")
    assert "error:" in ran.err


@pytest.mark.parametrize("folds", ["0", "1", "-2"])
def test_folds_that_make_no_sense_are_refused(joio: Any, tmp_path: Path, folds: str) -> None:
    (tmp_path / "d.jsonl").write_text(
        "".join(f'{{"text": "Sol {n}.", "label": "{label}"}}\n' for n in range(6) for label in LABELS)
    )
    ran = joio("evaluate", "--data", "d.jsonl", "--folds", folds, "--no-mlflow")
    assert (ran.code, ran.out) == (2, "")
    assert "expected at least 2" in ran.err


def test_training_where_there_is_nothing_to_learn_from(joio: Any) -> None:
    ran = joio("train", "--no-mlflow")
    assert (ran.code, ran.out) == (2, "")
    assert "there are no labelled units here; name some with --data FILE" in ran.err


def test_version_and_help(joio: Any) -> None:
    ran = joio("--version")
    assert ran.code == 0
    assert re.fullmatch(r"joio \d+\.\d+\.\d+\S*\n", ran.out)
    ran = joio("--help")
    assert (ran.code, ran.err) == (0, "")
    for command in ("score", "predict", "train", "evaluate", "review", "corpus"):
        assert re.search(rf"^ +{command} +\w", ran.out, re.MULTILINE)
    assert build_parser().prog == "joio"


# ---------------------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("exception", "code", "message"),
    [
        (ValueError("estranho"), 1, "joio: error: ValueError: estranho; this should not happen: set JOIO_DEBUG=1"),
        (OSError(5, "Input/output error"), 1, "joio: error: Input/output error; this should not happen"),
        (OSError(28, "No space left on device"), 1, "joio: error: no space is left where the output goes"),
        (MemoryError(), 1, "joio: error: MemoryError"),
        (RecursionError("fundo"), 1, "joio: error: RecursionError: fundo"),
        (KeyboardInterrupt(), 130, "joio: interrupted; no file was left half written"),
        (BrokenPipeError(), 0, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_no_exception_reaches_the_user_as_a_traceback(
    joio: Any,
    article: Path,
    tiny_model: TinyModel,
    monkeypatch: pytest.MonkeyPatch,
    exception: BaseException,
    code: int,
    message: str,
) -> None:
    def fail(*_: Any) -> Any:
        raise exception

    monkeypatch.setattr(Classifier, "score", fail)
    ran = joio("score", article, "--model", tiny_model.name)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(message)
    assert ran.err.count("\n") == (1 if message else 0)


def test_whoever_asks_gets_the_traceback(
    joio: Any, article: Path, tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("estranho")

    monkeypatch.setattr(Classifier, "score", fail)
    monkeypatch.setenv("JOIO_DEBUG", "1")
    with pytest.raises(ValueError, match="estranho"):
        joio("score", article, "--model", tiny_model.name)


def test_an_interruption_leaves_no_half_written_table(
    joio: Any, tmp_path: Path, tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    (tmp_path / "t.jsonl").write_text('{"text": "Sol."}\n')
    monkeypatch.setattr(Classifier, "probabilities", interrupt)
    ran = joio("predict", "t.jsonl", "--output", "s.jsonl", "--model", tiny_model.name)
    assert (ran.code, ran.out) == (130, "")
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


@POSIX
def test_control_c_ends_a_process_quietly_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "cano"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "joio.cli", "score", str(pipe)]
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    try:
        writer = None
        for _ in range(600):  # the pipe can be opened for writing once the process reads from it
            try:
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
                break
            except OSError:
                time.sleep(0.05)
        assert writer is not None
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        os.close(writer)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert (running.returncode, out) == (130, b"")
    assert err == b"joio: interrupted; no file was left half written\n"


@POSIX
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"text": "Sol.", "label": "factual"}\n')
    read, write = os.pipe()
    os.close(read)
    try:
        done = process("corpus", "stats", "d.jsonl", cwd=tmp_path, capture_output=False, stdout=write, stderr=-1)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@POSIX
def test_a_full_disk_behind_stdout_is_told_in_one_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "d.jsonl").write_text('{"text": "Sol.", "label": "factual"}\n')
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = process("corpus", "stats", "d.jsonl", cwd=tmp_path, capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert done.stderr == "joio: error: no space is left where the output goes; free some, or write elsewhere\n"


def test_a_terminal_without_utf8_shows_escapes(tmp_path: Path, tiny_model: TinyModel, article: Path) -> None:
    environment = {"PYTHONIOENCODING": "ascii"}
    done = process("score", article, "--model", tiny_model.name, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "O leil\\xe3o dos servidores" in done.stdout
    done = process("score", article, "--model", tiny_model.name, "--format", "json", env=environment)
    assert json.loads(done.stdout)["title"] == "O leilão dos servidores"


def test_a_closed_standard_input_is_told(tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m joio.cli score - <&-'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "joio: error: standard input: is closed; name a file\n"


# ---------------------------------------------------------------------------------------------------- corpus


def test_corpus_check_of_good_files(joio: Any, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"text": "Sol.", "label": "factual"}\n{"text": "Viva!", "label": "opinião"}\n')
    ran = joio("corpus", "check", "d.jsonl")
    assert (ran.code, ran.out, ran.err) == (0, "", "joio: 2 units are good, 0 are not\n")


def test_corpus_check_prints_one_problem_a_line(joio: Any, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"text": "Sol.", "label": "factual"}\n{"text": "Sol.", "label": "sol"}\n[]\n')
    (tmp_path / "d.csv").write_text("text,label\nSol, chuva,factual\n")
    ran = joio("corpus", "check", "d.jsonl", "d.csv")
    assert ran.code == 2
    assert ran.out.splitlines() == [
        "d.jsonl:2: field 'label': got \"sol\", expected one of factual, speculative, opinion, promotional",
        "d.jsonl:3: got list, expected one JSON object a line",
        "d.csv:2: got 3 cells, expected 2, as in the header (quote cells that hold a ',')",
    ]
    assert ran.err == "joio: 1 units are good, 3 are not\n"


def test_corpus_check_lists_duplicates_when_asked(joio: Any, tmp_path: Path) -> None:
    rows = [{"text": text, "label": "factual", "id": text} for text in ("Leia mais!", "Chove.", "leia mais")]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert joio("corpus", "check", "d.jsonl").code == 0
    ran = joio("corpus", "check", "d.jsonl", "--duplicates")
    assert (ran.code, ran.out) == (2, "Leia mais! and leia mais say the same\n")
    assert ran.err == "joio: 3 units are good, 0 are not\njoio: 1 pairs of duplicates\n"
    (tmp_path / "d.jsonl").write_text(json.dumps(rows[1]) + "\n")
    assert joio("corpus", "check", "d.jsonl", "--duplicates").code == 0


def test_corpus_check_stops_listing_at_fifty(joio: Any, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text("[]\n" * 60)
    ran = joio("corpus", "check", "d.jsonl")
    assert ran.code == 2
    assert len(ran.out.splitlines()) == 51
    assert ran.out.splitlines()[-1] == "… and 10 more"


def test_corpus_check_of_what_holds_no_unit(joio: Any, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("text,label\n")
    ran = joio("corpus", "check", "d.csv")
    assert ran.code == 2
    assert "no unit was found" in ran.err
    ran = joio("corpus", "check", "nada.jsonl")
    assert (ran.code, ran.err) == (2, "joio: error: nada.jsonl: there is no such file; check the path\n")


def test_corpus_check_shows_half_a_surrogate_as_an_escape(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"text": "Sol.", "label": "\\ud83d"}\n')
    done = process("corpus", "check", "d.jsonl", cwd=tmp_path)
    assert done.returncode == 2
    assert 'got "\\ud83d", expected one of' in done.stdout


def test_corpus_stats_counts_by_origin_and_genre(joio: Any, tmp_path: Path) -> None:
    rows = [
        {"text": "Sol.", "label": "factual", "genre": "noticia", "source": "a", "article": "a1"},
        {"text": "Lua.", "label": "opinion", "genre": "noticia", "source": "a", "article": "a2", "origin": "written"},
        {"text": "Já!", "label": "promotional", "votes": ["promotional", "opinion"], "source": "b", "article": "b1"},
    ]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = joio("corpus", "stats", "d.jsonl")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert re.fullmatch(r"3 units, 3 articles, 2 sources, digest [0-9a-f]{16}", lines[0])
    cells = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert cells["origin"] == cells["genre"] == [*LABELS, "all", "hard"]
    assert cells["public"] == ["1", "0", "0", "1", "2", "50%"]
    assert cells["written"] == ["0", "0", "1", "0", "1", "0%"]
    assert cells["noticia"] == ["1", "0", "1", "0", "2", "0%"]


# ---------------------------------------------------------------------------------------------------- start-up

HEAVY = ("sklearn", "scipy", "spacy", "mlflow", "numpy", "pandas", "matplotlib", "joblib", "rich", "requests")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import joio", id="import"),
        pytest.param("import joio.cli; joio.cli.build_parser()", id="parser"),
        pytest.param(
            "import joio.cli\ntry: joio.cli.main(['--help'])\nexcept SystemExit as exit: assert not exit.code",
            id="help",
        ),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    code += f"\nimport sys; print('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_scoring_loads_neither_training_nor_mlflow_nor_the_network(article: Path, tiny_model: TinyModel) -> None:
    code = (
        "import sys, joio.cli\n"
        f"assert joio.cli.main(['score', {str(article)!r}, '--model', {tiny_model.name!r}]) == 0\n"
        "names = ('mlflow', 'spacy', 'matplotlib', 'requests', 'joio.train', 'joio.tracking')\n"
        "print('loaded:', *[name for name in names if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_labels_that_nobody_gave_are_told_before_training(joio: Any, tmp_path: Path) -> None:
    table = tmp_path / "few.csv"
    table.write_text("text,label\nChoveu ontem.,factual\nQue pena!,opinion\n", encoding="utf-8")
    ran = joio("train", "--data", table, "--no-mlflow")
    assert ran.code == 2
    assert "no unit is labelled speculative, promotional" in ran.err
