"""How far readers agree, against published figures and scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from joio.agreement import agreement
from joio.cli import main
from joio.labels import LABELS


def test_alpha_is_krippendorff_s_on_his_own_example() -> None:
    """Four observers, twelve units, five values, with gaps: nominal alpha .743 (Krippendorff 2011, section C)."""
    observers = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    name = dict(zip("12345", [*LABELS, "skip"], strict=True))
    units = [
        [name[value] for value in column if value != "."]
        for column in zip(*(line.split() for line in observers), strict=True)
    ]
    assert agreement(units).alpha == pytest.approx(0.743, abs=5e-4)


def test_kappa_is_scikit_learn_s_over_pairs_in_both_orders() -> None:
    rng = np.random.default_rng(3)
    first = [LABELS[k] for k in rng.integers(0, 4, 300)]
    second = [vote if rng.random() < 0.7 else LABELS[rng.integers(0, 4)] for vote in first]
    result = agreement(list(zip(first, second, strict=True)))
    assert result.kappa == pytest.approx(cohen_kappa_score(first + second, second + first))
    assert result.raw == pytest.approx(np.mean([a == b for a, b in zip(first, second, strict=True)]))


def test_readers_who_always_agree_and_readers_who_toss_coins() -> None:
    same = agreement([[label, label] for label in LABELS])
    assert (same.alpha, same.kappa, same.raw) == (1.0, 1.0, 1.0)
    rng = np.random.default_rng(5)
    coins = agreement([[LABELS[k] for k in rng.integers(0, 4, 2)] for _ in range(3000)])
    assert abs(coins.alpha) < 0.05 and abs(coins.kappa) < 0.05


def test_third_votes_are_left_out_where_asked() -> None:
    votes = [["factual", "factual"], ["factual", "opinion", "opinion"]]
    assert agreement(votes).n_votes == 5
    assert agreement(votes, first=2).n_votes == 4


def test_the_command_reads_votes_without_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labels.jsonl"
    rows = [{"votes": ["factual", "factual"]}, {"votes": ["opinion", "skip"]}, {"votes": ["opinion", "opinion"]}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["corpus", "agreement", str(file)]) == 0
    out = capsys.readouterr().out
    assert "3 units with at least two votes, 6 votes" in out and "equal pairs           66.7%" in out
    assert main(["corpus", "agreement", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["units"] == 3


@pytest.mark.parametrize("row", [{"votes": ["factual"]}, {"label": "factual"}, {"votes": ["fato", "fato"]}])
def test_votes_that_say_nothing_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: dict[str, object]
) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert main(["corpus", "agreement", str(file)]) == 2
    assert "joio: error: " in capsys.readouterr().err
