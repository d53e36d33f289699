"""The test part: nothing is learnt from it, it is scored whole, and only with models that were kept apart from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from joio import cli, crossval, store, train
from joio.article import Unit
from joio.corpus import Example, to_row
from joio.errors import InputError, ModelError
from joio.heldout import TestPart, digest_of, read_pin, without
from joio.labels import LABELS

TEXTS = ("A ponte tem 40 metros.", "Talvez a ponte caia.", "A ponte é um horror.", "Visite já a ponte!")


def units(sources: int = 8) -> list[Example]:
    return [
        Example(Unit(f"{text} ({source})"), label, f"{source}:{i}", f"a{source}", f"site{source}")
        for source in range(sources)
        for i, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]


def pin_of(examples: list[Example], *sources: str) -> TestPart:
    kept = [example for example in examples if example.source in sources]
    pairs = [(example.id, hashlib.sha1(example.unit.text.encode()).hexdigest()) for example in kept]
    return TestPart(frozenset(sources), len(kept), digest_of(pairs))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestPart:
    """A folder with public units of eight sources, two of which are the test part."""
    monkeypatch.chdir(tmp_path)
    public = tmp_path / "data/public"
    public.mkdir(parents=True)
    rows = [json.dumps(to_row(example), ensure_ascii=False) for example in units()]
    (public / "units.jsonl").write_text("\n".join(rows), encoding="utf-8")
    part = pin_of(units(), "site1", "site6")
    (public / "test-part.json").write_text(
        json.dumps({"seed": 0, "sources": sorted(part.sources), "units": part.units, "digest": part.digest})
    )
    return part


def test_what_is_read_to_learn_from_has_no_unit_of_the_test_part(checkout: TestPart) -> None:
    data = crossval.read_data()
    assert data.kept_apart == 8
    assert {example.source for example in data.examples} == {f"site{i}" for i in range(8)} - checkout.sources
    named = crossval.read_data([Path("data/public/units.jsonl")])
    assert named.examples == data.examples


def test_counting_counts_the_test_part_too(checkout: TestPart, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["corpus", "stats"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("32 units") and "8 of them are the test part" in shown


def test_outside_a_checkout_nothing_is_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_pin() is None
    assert without(units(), None) == units()


def test_only_public_units_are_of_the_test_part() -> None:
    part = pin_of(units(), "site1")
    assert part.holds(units()[4])
    assert not part.holds(replace(units()[4], origin="written"))


def test_a_test_part_that_is_not_whole_word_for_word_is_refused() -> None:
    part = pin_of(units(), "site1", "site6")
    assert len(part.of(units())) == 8
    with pytest.raises(InputError, match="7 are here"):
        part.of([example for example in units() if example.id != "6:2"])
    changed = [replace(e, unit=Unit(e.unit.text + "!")) if e.id == "6:2" else e for e in units()]
    with pytest.raises(InputError, match="some have another text"):
        part.of(changed)


def test_labels_may_be_corrected_without_moving_the_pin() -> None:
    part = pin_of(units(), "site1")
    assert part.of([replace(example, label="opinion") for example in units()])


def test_a_damaged_pin_says_how_to_get_it_back(tmp_path: Path) -> None:
    pin = tmp_path / "test-part.json"
    pin.write_text('{"sources": ["a"]}')
    with pytest.raises(InputError, match="git checkout"):
        read_pin(pin)


def test_a_file_of_the_test_part_alone_teaches_nothing(checkout: TestPart, tmp_path: Path) -> None:
    rows = [json.dumps(to_row(e), ensure_ascii=False) for e in units() if e.source in checkout.sources]
    (tmp_path / "part.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(InputError, match="only units of the test part"):
        crossval.read_data([tmp_path / "part.jsonl"])


def loaded(manifest: dict[str, object], pipeline: object = None) -> store.LoadedModel:
    return store.LoadedModel(pipeline, manifest, Path("models/x"))


@pytest.mark.parametrize("manifest", [{}, {"kept_apart": None}, {"kept_apart": "another"}])
def test_a_model_that_may_have_seen_the_test_part_is_not_scored_on_it(
    checkout: TestPart, manifest: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="proves nothing"):
        train.evaluate_release(loaded(manifest), crossval.read_data(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_release_is_scored_on_the_test_part_beside_baselines(checkout: TestPart, tmp_path: Path) -> None:
    class Knows:
        """A model that knows every answer, so that a mix-up of units would show."""

        def predict_proba(self, units: list[Unit]) -> list[list[float]]:
            starts = ("A ponte tem", "Talvez", "A ponte é", "Visite")
            return [[float(unit.text.startswith(start)) for start in starts] for unit in units]

    evaluation = train.evaluate_release(
        loaded({"kept_apart": checkout.digest}, Knows()), crossval.read_data(), tmp_path / "out"
    )
    assert [scores.name for scores in evaluation.models] == ["majority", "cue-rules", "word-tfidf", "joio"]
    assert all(scores.all.n == 8 for scores in evaluation.models)
    assert evaluation.subject.all.macro_f1.value == 1.0
    assert evaluation.models[0].all.accuracy.value == 0.25
    assert evaluation.data["n"] == 24
    assert evaluation.test_part is not None and evaluation.test_part["sure"]["coverage"] == 1.0
    report = (tmp_path / "out/test-part.md").read_text(encoding="utf-8")
    assert "2 fontes inteiras" in report and "Partes" not in report and "Validação cruzada em" not in report
    written = json.loads((tmp_path / "out/test-part.json").read_text(encoding="utf-8"))
    assert written["test_part"]["n"] == 8 and written["protocol"]["folds"] == 0


def test_the_pin_of_the_project_matches_its_labels() -> None:
    root = Path(__file__).resolve().parents[1]
    part = read_pin(root / "data/public/test-part.json")
    assert part is not None
    rows = [json.loads(line) for line in (root / "data/public/labels.jsonl").open(encoding="utf-8")]
    kept = [row for row in rows if row["repository"] in part.sources]
    assert digest_of((row["id"], row["sha1"]) for row in kept) == part.digest
    assert len(kept) == part.units
    assert 0.14 < len(kept) / len(rows) < 0.16
    assert {row["label"] for row in kept} == set(LABELS)
    assert {row["genre"] for row in kept} == {row["genre"] for row in rows}


def test_the_released_model_was_trained_without_the_test_part() -> None:
    root = Path(__file__).resolve().parents[1]
    part = read_pin(root / "data/public/test-part.json")
    assert part is not None
    assert store.read_manifest(root / "models/joio-pt")["kept_apart"] == part.digest
