"""The documents say what is so: code blocks run, every option is told, figures are those of the released model."""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from joio.cli import build_parser

ROOT = Path(__file__).resolve().parents[1]
READMES = ["README.md", "README.pt-BR.md"]


def blocks(file: str, language: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("file", READMES)
def test_python_in_the_readme_runs(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = blocks(file, "python")
    assert found
    for code in found:
        exec(compile(code, file, "exec"), {})
    assert "promotional" in capsys.readouterr().out


@pytest.mark.parametrize("file", [*READMES, "docs/cli.md", "docs/corpus.md"])
def test_commands_in_the_documents_exist_with_their_options(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = [line for block in blocks(file, "sh") for line in block.splitlines()]
    lines += re.findall(r"`(joio [a-z]+[^`]*)`", text)
    parser = build_parser()
    known = {option for command in commands(parser) for option in command[1]} | {"--version", "--help"}
    seen = 0
    for line in lines:
        words = line.split("#")[0].split()
        if words[:1] != ["joio"]:
            continue
        seen += 1
        if words[1].startswith("-"):
            continue
        assert words[1] in {name.split()[0] for name, _ in commands(parser)}, line
        assert {word for word in words if word.startswith("--")} <= known, line
    assert seen


def commands(parser: argparse.ArgumentParser, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every command with its options."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                nested = list(commands(sub, f"{prefix}{name} "))
                if nested:
                    yield from nested
                else:
                    options = [
                        o for a in sub._actions for o in a.option_strings if o.startswith("--") and o != "--help"
                    ]
                    yield f"{prefix}{name}", options


def test_every_command_and_option_is_in_the_reference() -> None:
    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    for name, options in commands(build_parser()):
        assert f"joio {name}" in text, name
        assert not [option for option in options if f"`{option}" not in text], name


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name, _ in commands(build_parser()):
        with pytest.raises(SystemExit) as stop:
            build_parser().parse_args([*name.split(), "--help"])
        assert stop.value.code == 0
        assert f"joio {name}" in capsys.readouterr().out


@pytest.mark.parametrize("file", READMES)
def test_links_of_the_readme_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if not target.startswith("http")]
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]


@pytest.mark.parametrize("file", READMES)
def test_make_targets_in_the_readme_exist(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=`| +#)", text))
    assert {"demo", "test"} <= named
    assert named <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("file", READMES)
def test_the_readme_quotes_the_released_report(file: str) -> None:
    """macro-F1 of the released recipe and of each baseline, as evaluation.json has them."""
    text = (ROOT / file).read_text(encoding="utf-8")
    report = json.loads((ROOT / "models/joio-pt/evaluation.json").read_text(encoding="utf-8"))
    for model in report["models"]:
        figure = model["all"]["macro_f1"]
        assert f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]" in text, model["name"]


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [listed] = re.findall(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert all("  # " in line for line in listed.strip().splitlines())
