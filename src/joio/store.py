"""A model on disk: one folder with a joblib file, a manifest, a model card and an evaluation report.

A joblib file can run code while it is loaded. So it is loaded only where its SHA-256 is the one in its manifest (it is
whole) *and* stands in a list of digests that we trust: the one that ships inside joio (released models) or the one of
this user (models trained here, noted by ``joio train``). Anything else needs `trust=True`, said by a person who knows
its origin.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joio.errors import ModelError, OutputError, UntrustedModelError
from joio.labels import LABELS
from joio.reading import read_bytes
from joio.writing import write_whole

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FORMAT = 2
"""Version of the folder's layout and of the manifest; a higher one was made by a newer joio. In 1 the model did not
hear the paragraphs around."""

MODEL_FILE = "model.joblib"
MANIFEST_FILE = "manifest.json"
RELEASED = "joio-pt"
# What must be alike for the numbers to be alike; differences are told, not forbidden.
_PACKAGES = ("scikit-learn", "numpy", "scipy", "spacy", "joblib")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A fitted Pipeline, its manifest, and what the user should know about it."""

    pipeline: Pipeline
    manifest: dict[str, Any]
    folder: Path
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------------- finding


def find(name: str | os.PathLike[str] = RELEASED) -> Path:
    """The folder of a model: a path to it, a name under ``./models``, or the name of a released model.

    Raises ModelError where there is none, with the names there are.
    """
    given = Path(name)
    candidates = [given] if given.is_dir() or len(given.parts) > 1 else []
    roots = [Path("models"), *_released_roots()]
    if len(given.parts) == 1:
        candidates += [root / given for root in roots]
    for candidate in candidates:
        if (candidate / MANIFEST_FILE).is_file():
            return candidate
    for candidate in candidates:
        if candidate.is_dir():
            raise ModelError(f"has no {MANIFEST_FILE}, so it is no model", where=str(candidate), hint="train it again")
    known = sorted({path.parent.name for root in roots if root.is_dir() for path in root.glob(f"*/{MANIFEST_FILE}")})
    raise ModelError(
        f"there is no model '{name}'",
        hint=f"choose one of: {', '.join(known)}" if known else "train one with `joio train`",
    )


def _released_roots() -> list[Path]:
    """Where released models lie: inside the installed package, or at the top of a source checkout."""
    package = Path(str(files("joio")))
    return [package / "models", package.parents[1] / "models"]


# ---------------------------------------------------------------------------------------------------- trust


def user_trust_file() -> Path:
    """The list of digests of models trained by this user, in the user's configuration folder."""
    base = os.environ.get("XDG_CONFIG_HOME") or (os.environ.get("APPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".config") / "joio" / "trusted.json"


def trusted_digests() -> dict[str, str]:
    """SHA-256 -> name of every model file that may be loaded without being asked."""
    digests: dict[str, str] = json.loads(files("joio").joinpath("trusted.json").read_text(encoding="utf-8"))
    with suppress(OSError, ValueError, RuntimeError):
        digests |= {str(k): str(v) for k, v in json.loads(user_trust_file().read_text(encoding="utf-8")).items()}
    return digests


def trust(sha256: str, name: str) -> None:
    """Note a digest in the user's list. Where that cannot be written, the model will ask for ``--trust``."""
    path = user_trust_file()
    known: dict[str, str] = {}
    with suppress(OSError, ValueError):
        known = json.loads(path.read_text(encoding="utf-8"))
    try:
        write_whole(path, json.dumps(known | {sha256: name}, indent=1, ensure_ascii=False) + "\n")
    except OutputError as error:
        warnings.warn(f"{error}; the model must be loaded with --trust", stacklevel=2)


# ---------------------------------------------------------------------------------------------------- saving


def save(pipeline: Pipeline, folder: Path, facts: Mapping[str, Any], documents: Mapping[str, str]) -> dict[str, Any]:
    """Write a model's folder, whole or not at all, note its digest as trusted, and return its manifest.

    Parameters
    ----------
    pipeline : the fitted Pipeline
    folder : where; a model that lies there is replaced
    facts : what the manifest tells of data, parameters and metrics
    documents : file name -> text of the card and reports
    """
    import joblib

    if folder.exists() and not (folder / MANIFEST_FILE).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("is no model, so it is not replaced", where=str(folder), hint="choose another name")
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer, compress=("zlib", 6), protocol=5)
    payload = buffer.getvalue()
    manifest = {
        "format": FORMAT,
        "name": folder.name,
        "joio": version("joio"),
        "file": MODEL_FILE,
        "sha256": hashlib.sha256(payload).hexdigest(),
        "bytes": len(payload),
        "labels": list(LABELS),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in _PACKAGES},
        **facts,
    }
    aside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        aside.chmod(0o755)
        (aside / MODEL_FILE).write_bytes(payload)
        for name, text in {
            **documents,
            MANIFEST_FILE: json.dumps(manifest, indent=1, ensure_ascii=False) + "\n",
        }.items():
            (aside / name).write_text(text, encoding="utf-8")
        _swap(aside, folder)
    except OSError as error:
        raise OutputError(
            f"the model cannot be written ({error.strerror or error}); nothing was changed",
            where=str(folder),
            hint="check the free space and the rights of its folder",
        ) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
    trust(manifest["sha256"], folder.name)
    return manifest


def _swap(new: Path, folder: Path) -> None:
    """Put `new` in the place of `folder`; if that fails, what was there comes back."""
    old = new.with_name(new.name + ".old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------- loading


def load_model(name: str | os.PathLike[str] = RELEASED, *, trust: bool = False) -> LoadedModel:
    """Load a model by name or folder.

    Raises
    ------
    ModelError
        Where it is missing, damaged, or made by a newer joio.
    UntrustedModelError
        Where its digest stands in no list that we trust, and `trust` was not said.
    """
    import joblib

    folder = find(name)
    manifest = read_manifest(folder)
    path = folder / str(manifest.get("file", MODEL_FILE))
    if not path.is_file():
        raise ModelError("the model file is missing", where=str(path), hint="train the model again or fetch it anew")
    payload = read_bytes(path)
    sha256 = hashlib.sha256(payload).hexdigest()
    if sha256 != manifest["sha256"]:
        raise ModelError(
            f"the model file is damaged: its SHA-256 is {sha256[:12]}…, recorded is {str(manifest['sha256'])[:12]}…",
            where=str(path),
            hint="train the model again or fetch it anew",
        )
    if not trust and sha256 not in trusted_digests():
        raise UntrustedModelError(
            f"this model (SHA-256 {sha256[:12]}…) is not one that joio ships or that you trained here, "
            "and loading a joblib file can run any code that its maker put there",
            where=str(path),
            hint="if you know where it comes from, say --trust (in Python: trust=True)",
        )
    try:
        with warnings.catch_warnings():
            # scikit-learn warns by class; we compare versions once, below, and say it in one sentence.
            warnings.filterwarnings("ignore", message="Trying to unpickle", category=UserWarning)
            pipeline = joblib.load(io.BytesIO(payload))
    except Exception as error:
        raise ModelError(
            f"the model cannot be loaded ({type(error).__name__}: {str(error)[:120]})",
            where=str(path),
            hint=f"it was made with {_versions(manifest)}; install these or train it again",
        ) from error
    return LoadedModel(pipeline, manifest, folder, _notes(manifest))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model's folder, checked; ModelError where it is damaged or of a newer format."""
    path = folder / MANIFEST_FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        sha256, number = manifest["sha256"], manifest["format"]
        if not isinstance(sha256, str) or not isinstance(number, int):
            raise ValueError("sha256 or format is of the wrong type")
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(f"the manifest is damaged ({error})", where=str(path), hint="train the model again") from None
    if number > FORMAT:
        raise ModelError(
            f"was made by a newer joio (format {number}, this one reads up to {FORMAT})",
            where=str(folder),
            hint="upgrade joio",
        )
    if number < FORMAT:
        raise ModelError(
            f"was made by an older joio (format {number}, this one reads {FORMAT})",
            where=str(folder),
            hint="train it again",
        )
    if manifest.get("labels") != list(LABELS):
        raise ModelError(
            f"has the labels {manifest.get('labels')}, expected {list(LABELS)}",
            where=str(folder),
            hint="train the model again with this joio",
        )
    return dict(manifest)


def _versions(manifest: Mapping[str, Any]) -> str:
    return ", ".join(f"{package} {number}" for package, number in _packages(manifest).items()) or "unknown versions"


def _packages(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    packages = manifest.get("packages")
    return packages if isinstance(packages, dict) else {}


def _notes(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    made = str(_packages(manifest).get("scikit-learn", ""))
    here = version("scikit-learn")
    if made.split(".")[:2] != here.split(".")[:2]:
        return (f"the model was made with scikit-learn {made or '?'}, this is {here}: numbers may differ slightly",)
    return ()
