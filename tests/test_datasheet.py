"""The datasheet of `data/`: its counts are those of the files, and a dataset library reads it as a dataset card."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).resolve().parents[1] / "data"
CARD = (DATA / "README.md").read_text(encoding="utf-8")


def front_matter() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(CARD.split("---\n")[1])
    return found


def files_of(config: dict[str, Any]) -> dict[str, list[Path]]:
    """Split -> files, of one config of the front matter."""
    listed = config["data_files"]
    splits = {"train": listed} if isinstance(listed, str) else {one["split"]: one["path"] for one in listed}
    return {split: sorted(DATA.glob(pattern)) for split, pattern in splits.items()}


def lines_of(files: list[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_file_with_labels_belongs_to_one_config() -> None:
    listed = [file for config in front_matter()["configs"] for files in files_of(config).values() for file in files]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(DATA.rglob("*.jsonl")) - {DATA / "public/units.jsonl"}


def test_the_table_of_contents_counts_what_is_there() -> None:
    rows = re.findall(r"^\| `([^`]+\.jsonl)` \|[^|]*\| ([\d,]+) \|[^|]*\|([^|]*)\|$", CARD, re.M)
    assert len(rows) == 5
    for pattern, n, by_label in rows:
        lines = lines_of(sorted(DATA.glob(pattern)))
        assert int(n.replace(",", "")) == len(lines), pattern
        counts = Counter(line["label"] for line in lines)
        if by_label.strip():
            told = [int(count.replace(",", "")) for count in by_label.strip().split(" / ")]
            assert told == [counts[label] for label in ("factual", "speculative", "opinion", "promotional")], pattern


@pytest.mark.parametrize("config", front_matter()["configs"], ids=lambda config: config["config_name"])
def test_the_datasets_library_reads_it(config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets", reason="needs the extra 'research': make research")
    loaded = datasets.load_dataset(str(DATA), config["config_name"], cache_dir=str(tmp_path / "cache"))
    for split, files in files_of(config).items():
        expected = lines_of(files)
        assert loaded[split]["id"] == [line["id"] for line in expected]
        assert loaded[split]["label"] == [line["label"] for line in expected]
        assert loaded[split]["votes"] == [line["votes"] for line in expected]
