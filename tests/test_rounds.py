"""Rounds of readings: what is drawn says nothing of earlier votes, and what is merged is what readers wrote."""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts/rounds.py"


@pytest.fixture
def rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, at work on a small corpus: 60 units read once, 40 settled by two readers, 1 disputed."""
    spec = importlib.util.spec_from_file_location("rounds", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path / "public"
    folder.mkdir()
    rows: list[dict[str, Any]] = []
    for number in range(101):
        votes = ["factual"] if number < 60 else ["factual", "factual"] if number < 100 else ["factual", "opinion"]
        rows.append(
            {
                "id": f"u{number:03}",
                "label": "factual",
                "votes": votes,
                "second": [None] * len(votes),
                "genre": "news",
                "reread": "no" if len(votes) == 1 else "overlap",
            }
        )
    extra = {"kind": "paragraph", "title": "Notícia", "section": "Cidade"}
    texts = [
        {**row, **extra, "article": f"a{n // 6}", "position": n % 6, "text": f"Texto número {n}."}
        for n, row in enumerate(rows)
    ]
    module.write(folder / "labels.jsonl", rows)
    module.write(folder / "units.jsonl", texts)
    module.write(folder / "skipped.jsonl", [])
    monkeypatch.setattr(module, "PUBLIC", folder)
    return module


def draw(rounds: ModuleType, folder: Path, **options: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {"data": [], "ids": None, "reason": "random", "units": 20, "portions": 1, "seed": 0}
    rounds.draw(argparse.Namespace(folder=folder, **(defaults | options)))
    key: dict[str, Any] = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    return key


def answer(folder: Path, key: dict[str, Any], letter: str, seeds: str = "f") -> None:
    portion = key["portions"]["portion1"]
    lines = [f"{number}\t{seeds if id in portion['seeds'] else letter}\t-\n" for number, id in portion["units"].items()]
    (folder / "portion1.tsv").write_text("".join(lines), encoding="utf-8")


def labels(rounds: ModuleType) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rounds.read(rounds.PUBLIC / "labels.jsonl")}


def test_a_portion_shows_texts_and_no_votes(rounds: ModuleType, tmp_path: Path) -> None:
    key = draw(rounds, tmp_path / "round")
    text = (tmp_path / "round/portion1.txt").read_text(encoding="utf-8")
    assert text.count(">> ") == len(key["portions"]["portion1"]["units"]) >= 20
    assert not any(word in text for word in ("factual", "opinion", "u0"))


def test_votes_are_added_and_a_second_vote_moves_no_label(rounds: ModuleType, tmp_path: Path) -> None:
    key = draw(rounds, tmp_path / "round")
    answer(tmp_path / "round", key, "o")
    rounds.merge(argparse.Namespace(folder=tmp_path / "round"))
    once = labels(rounds)
    read = [row for row in once.values() if row["votes"] == ["factual", "opinion"] and row["reread"] == "random"]
    assert len(read) == 20 and {row["label"] for row in read} == {"factual"}
    rounds.merge(argparse.Namespace(folder=tmp_path / "round"))
    assert labels(rounds) == once  # a portion is merged once


def test_a_third_vote_decides_and_a_skipped_unit_leaves(rounds: ModuleType, tmp_path: Path) -> None:
    ids = tmp_path / "ids"
    ids.write_text("u100", encoding="utf-8")
    answer(tmp_path / "a", draw(rounds, tmp_path / "a", ids=ids, reason=None), "o")
    rounds.merge(argparse.Namespace(folder=tmp_path / "a"))
    assert labels(rounds)["u100"]["label"] == "opinion"
    for name in ("b", "c"):
        answer(tmp_path / name, draw(rounds, tmp_path / name, ids=ids, reason=None), "x")
        rounds.merge(argparse.Namespace(folder=tmp_path / name))
    # Two of five found no prose: the label of the two others stands.
    assert labels(rounds)["u100"]["votes"] == ["factual", "opinion", "opinion", "skip", "skip"]
    assert labels(rounds)["u100"]["label"] == "opinion"


def test_a_unit_that_most_readers_skip_goes_to_the_skipped(rounds: ModuleType, tmp_path: Path) -> None:
    ids = tmp_path / "ids"
    ids.write_text("u000", encoding="utf-8")
    for name in ("a", "b"):
        answer(tmp_path / name, draw(rounds, tmp_path / name, ids=ids), "x")
        rounds.merge(argparse.Namespace(folder=tmp_path / name))
    assert "u000" not in labels(rounds)
    [skipped] = rounds.read(rounds.PUBLIC / "skipped.jsonl")
    assert skipped["votes"] == ["factual", "skip", "skip"]


def test_a_portion_that_fails_its_seeds_is_refused(
    rounds: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = labels(rounds)
    key = draw(rounds, tmp_path / "round", units=60)
    answer(tmp_path / "round", key, "f", seeds="p")
    rounds.merge(argparse.Namespace(folder=tmp_path / "round"))
    assert "refused" in capsys.readouterr().out
    assert labels(rounds) == before


def test_an_unfinished_portion_waits_and_a_wrong_line_stops(
    rounds: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = labels(rounds)
    key = draw(rounds, tmp_path / "round")
    answer(tmp_path / "round", key, "p")
    path = tmp_path / "round/portion1.tsv"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.partition("\n")[2], encoding="utf-8")
    rounds.merge(argparse.Namespace(folder=tmp_path / "round"))
    assert "1 units have no vote yet" in capsys.readouterr().out
    path.write_text(whole.replace("\tp\t", "\tq\t", 1), encoding="utf-8")
    with pytest.raises(SystemExit, match="cannot be read"):
        rounds.merge(argparse.Namespace(folder=tmp_path / "round"))
    assert labels(rounds) == before
