"""A model file is loaded only when it is whole and trusted; everything else gets a message of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import joblib
import pytest

from joio import store
from joio.errors import ModelError, OutputError, UntrustedModelError
from tests.conftest import TinyModel


@pytest.fixture
def folder(tiny_model: TinyModel, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(tiny_model.folder, tmp_path / "copia"))


def set_in_manifest(folder: Path, **fields: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def test_a_model_trained_here_loads_and_a_copy_of_it_too(folder: Path) -> None:
    loaded = store.load_model(folder)
    assert loaded.manifest["labels"] and loaded.notes == ()


def test_the_manifest_says_what_the_file_is_and_what_made_it(folder: Path) -> None:
    manifest = store.read_manifest(folder)
    assert manifest["format"] == store.FORMAT
    assert manifest["bytes"] == (folder / "model.joblib").stat().st_size
    assert {"scikit-learn", "numpy", "scipy", "spacy", "joblib"} == set(manifest["packages"])


class Evil:
    """Runs code when it is loaded, as any pickle may."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.witness,)


def test_a_stranger_s_file_is_not_even_opened(folder: Path, tmp_path: Path) -> None:
    """File and manifest agree, as a stranger's would; only the list of trusted digests can tell."""
    import hashlib

    joblib.dump(Evil(tmp_path / "witness"), folder / "model.joblib")
    set_in_manifest(folder, sha256=hashlib.sha256((folder / "model.joblib").read_bytes()).hexdigest())
    with pytest.raises(UntrustedModelError, match="--trust") as caught:
        store.load_model(folder)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "witness").exists()


def test_trust_is_a_decision_of_the_user(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "trusted_digests", dict)
    with pytest.raises(UntrustedModelError):
        store.load_model(folder)
    assert store.load_model(folder, trust=True).pipeline is not None


def test_a_damaged_file_is_told_from_an_untrusted_one(folder: Path) -> None:
    file = folder / "model.joblib"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ModelError, match="damaged") as caught:
        store.load_model(folder, trust=True)
    assert not isinstance(caught.value, UntrustedModelError)


def test_a_file_that_joblib_cannot_read_names_the_versions_that_made_it(folder: Path) -> None:
    import hashlib

    (folder / "model.joblib").write_bytes(b"no pickle")
    set_in_manifest(folder, sha256=hashlib.sha256(b"no pickle").hexdigest())
    with pytest.raises(ModelError, match="it was made with scikit-learn"):
        store.load_model(folder, trust=True)


def test_a_newer_format_asks_for_a_newer_joio(folder: Path) -> None:
    set_in_manifest(folder, format=store.FORMAT + 1)
    with pytest.raises(ModelError, match=r"newer joio.*upgrade joio"):
        store.load_model(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"sha256": 1, "format": 1}'])
def test_a_damaged_manifest_is_told(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="manifest is damaged"):
        store.load_model(folder)


def test_other_labels_are_refused(folder: Path) -> None:
    set_in_manifest(folder, labels=["spam", "ham"])
    with pytest.raises(ModelError, match=r"\['spam', 'ham'\]"):
        store.load_model(folder)


def test_a_missing_file_is_told(folder: Path) -> None:
    (folder / "model.joblib").unlink()
    with pytest.raises(ModelError, match="model file is missing"):
        store.load_model(folder)


def test_a_folder_without_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no manifest"):
        store.load_model(tmp_path)


def test_an_unknown_name_lists_the_known_ones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    Path("models").mkdir()
    shutil.copytree(folder, "models/meu")
    assert store.find("meu") == Path("models/meu")
    with pytest.raises(ModelError, match=r"there is no model 'teu'.*meu"):
        store.load_model("teu")


def test_a_model_of_another_scikit_learn_is_loaded_with_a_note(folder: Path) -> None:
    set_in_manifest(folder, packages={"scikit-learn": "0.1.0"})
    [note] = store.load_model(folder).notes
    assert "scikit-learn 0.1.0" in note


def test_saving_replaces_a_model_whole_or_not_at_all(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "modelo"
    store.save(tiny_model.classifier.pipeline, target, {"note": "one"}, {"README.md": "one", "old.md": "x"})
    store.save(tiny_model.classifier.pipeline, target, {"note": "two"}, {"README.md": "two"})
    assert sorted(path.name for path in target.iterdir()) == ["README.md", "manifest.json", "model.joblib"]

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"No space left.*nothing was changed"):
        store.save(tiny_model.classifier.pipeline, target, {"note": "three"}, {})
    assert store.read_manifest(target)["note"] == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["modelo"]


def test_where_the_trust_list_cannot_be_written_the_model_is_saved_all_the_same(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="--trust"):
        store.save(tiny_model.classifier.pipeline, tmp_path / "modelo", {}, {})
    assert (tmp_path / "modelo" / "model.joblib").exists()


def test_a_folder_that_is_no_model_is_not_replaced(tiny_model: TinyModel, tmp_path: Path) -> None:
    (tmp_path / "fotos").mkdir()
    (tmp_path / "fotos" / "praia.txt").write_text("não me apague", encoding="utf-8")
    with pytest.raises(OutputError, match="is no model"):
        store.save(tiny_model.classifier.pipeline, tmp_path / "fotos", {}, {})
    assert (tmp_path / "fotos" / "praia.txt").exists()


def test_versions_that_are_no_versions_do_not_matter(folder: Path) -> None:
    set_in_manifest(folder, packages=["scikit-learn"])
    assert len(store.load_model(folder).notes) == 1
