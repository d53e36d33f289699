"""The only door to MLflow: runs with their parameters, figures and models.

The store is a SQLite file, ``mlruns/mlflow.db``, with artifacts in ``mlruns/artifacts``, set explicitly because the
default of MLflow differs between its versions; where a user has set ``MLFLOW_TRACKING_URI``, that wins. MLflow takes
seconds to import, so it is imported when a run starts, never before. It says nothing unless something is wrong, and
then what is wrong is a `JoioError`.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, redirect_stderr, suppress
from importlib.metadata import version
from importlib.resources import files
from io import StringIO
from pathlib import Path
from textwrap import shorten
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from joio.errors import JoioError, OutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path("mlruns")
"""Where runs are kept, in the working directory."""

URI = "MLFLOW_TRACKING_URI"
"""The environment variable by which a user names another store."""

_SQLITE = "sqlite:///"
_NO_TAGS: Mapping[str, str] = MappingProxyType({})
# What a batch may hold, by MLflow's own limits.
_PARAMS_A_BATCH, _METRICS_A_BATCH = 100, 1000
# MLflow's column for a dataset's digest holds 36 characters; the whole digest goes into a tag.
_DIGEST_LENGTH = 16
_REQUIREMENTS = ("joio", "scikit-learn", "spacy", "joblib", "numpy")

# Read by MLflow, most of it while it is imported; each only where the user has not decided otherwise.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Listing the names of the user's environment variables in a model is nobody's wish.
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",
    # The default of 7 takes four minutes to say that a server is not there.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "GIT_PYTHON_REFRESH": "quiet",
}


# ---------------------------------------------------------------------------------------------------- the store


def tracking_uri() -> str:
    """Where runs are kept: ``MLFLOW_TRACKING_URI`` where the user set it, else ``mlruns/mlflow.db``, made if need be.

    The path is made absolute, because MLflow keeps one connection for each URI: after a change of the working
    directory a relative one would go on writing to the old place. Raises OutputError where the folder cannot be made or
    named in a URI.
    """
    given = os.environ.get(URI)
    if given:
        return given
    try:
        FOLDER.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder of the runs cannot be made ({error.strerror})",
            where=str(FOLDER),
            hint=f"check the rights of the working directory, or set {URI}",
        ) from error
    return own_uri()


def own_uri() -> str:
    """Our SQLite store, as an absolute URI."""
    path = (FOLDER.absolute() / "mlflow.db").as_posix()
    if "?" in path:
        # What follows it would be read as options, and the store would be made beside this folder.
        raise OutputError(
            "MLflow cannot keep runs under a path with a question mark",
            where=path,
            hint=f"rename the folder, or set {URI}",
        )
    return _SQLITE + path


def own_artifacts() -> Path:
    """Where our store keeps its files."""
    return FOLDER.absolute() / "artifacts"


def database_of(uri: str) -> Path | None:
    """The file of a SQLite store; None for stores of other kinds."""
    path = uri.removeprefix(_SQLITE).split("?")[0]
    return Path(path) if uri.startswith(_SQLITE) and not path.startswith(("file:", ":memory:")) else None


def _check_database(path: Path) -> None:
    """Raise JoioError where a SQLite file cannot be written; MLflow would try ten times, which takes 100 seconds."""
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except sqlite3.Error as error:
        raise JoioError(
            f"the store of the runs cannot be used ({error})",
            where=str(path),
            hint=f"if it is damaged, move it away and a new one is made; or set {URI} to another",
        ) from None


def _mlflow() -> Any:
    """Import MLflow, with its settings made first."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.pyfunc
    return mlflow


@contextmanager
def _talking_to_mlflow(doing: str, uri: str) -> Iterator[None]:
    """Silence MLflow's chatter, and turn what goes wrong into a JoioError that says what could not be done."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
    except JoioError:
        raise
    except Exception as error:  # MLflow raises its own, SQLAlchemy's, requests', OSError and bare Exception
        reason = shorten(str(error), 200, placeholder=" …")
        raise JoioError(
            f"MLflow could not {doing} ({type(error).__name__}: {reason})",
            where=uri,
            hint=f"check that the store can be reached and written, or set {URI} to another",
        ) from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


# ---------------------------------------------------------------------------------------------------- runs


@contextmanager
def start(
    kind: Literal["train", "evaluate"],
    name: str,
    *,
    experiment: str = "joio",
    tags: Mapping[str, str] = _NO_TAGS,
    description: str = "",
) -> Iterator[Run]:
    """Open a run; it is closed as finished, as killed after Ctrl-C, or as failed after any other exception.

    MLflow's tracking URI, which is global to the process, is ours within the block and what it was after it.

    Parameters
    ----------
    kind : what the run does; kept as the tag ``joio.kind``
    name : the name that people see
    experiment : the experiment it belongs to, made if need be
    tags : more tags
    description : Markdown, shown with the run

    Raises
    ------
    JoioError
        Where the store is broken or cannot be reached.
    """
    ours = not os.environ.get(URI)
    uri = tracking_uri()
    database = database_of(uri)
    if database is not None and database.parent.is_dir():
        _check_database(database)
    mlflow = _mlflow()
    with _tracking_to(mlflow, uri):
        with _talking_to_mlflow("start a run", uri):
            client = mlflow.MlflowClient()
            started = mlflow.start_run(
                experiment_id=_experiment(client, experiment, own_artifacts() if ours else None),
                run_name=name,
                tags={"joio.kind": kind, "joio.version": version("joio"), **tags},
                description=description or None,
            )
        try:
            yield Run(started.info.run_id, client, uri)
        except BaseException as error:
            # What went wrong in the run is the news; that its end could not be noted is not.
            with suppress(JoioError), _talking_to_mlflow("end the run", uri):
                mlflow.end_run("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            raise
        with _talking_to_mlflow("end the run", uri):
            mlflow.end_run("FINISHED")


@contextmanager
def _tracking_to(mlflow: Any, uri: str) -> Iterator[None]:
    """Set the tracking URI for a while: MLflow also writes it to the environment, where it looks like the user's."""
    in_environment = os.environ.pop(URI, None)  # or MLflow would take it for one that was set by a call
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)
        if in_environment is None:
            os.environ.pop(URI, None)
        else:
            os.environ[URI] = in_environment


def _experiment(client: Any, name: str, artifacts: Path | None) -> str:
    """The id of an experiment, made if need be; `artifacts` is where ours keeps its files."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name, artifact_location=artifacts.as_uri() if artifacts else None))
    if artifacts is not None and found.artifact_location != artifacts.as_uri():
        # MLflow keeps absolute paths and cannot change them: it would write into the old folder, or make it anew.
        raise JoioError(
            f"this store was made as {found.artifact_location}, and MLflow cannot move a store",
            where=str(artifacts),
            hint=f"move it back, or move the folder {FOLDER} away and a new one is made",
        )
    return str(found.experiment_id)


class Run:
    """A run that is open: what is logged here stands in MLflow at once. Made by `start`.

    Every method raises JoioError where the store refuses or cannot be reached.
    """

    __slots__ = ("_client", "_uri", "id")

    def __init__(self, id: str, client: Any, uri: str) -> None:
        self.id = id
        self._client = client
        self._uri = uri

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters; each may be set once in a run."""
        from mlflow.entities import Param

        entities = [Param(name, str(value)) for name, value in values.items()]
        with self._doing("log parameters"):
            for batch in _batches(entities, _PARAMS_A_BATCH):
                self._client.log_batch(self.id, params=batch)

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log figures under flat names such as ``opinion.f1``; `step` counts folds or rounds."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entities = [Metric(name, float(value), now, step or 0) for name, value in values.items()]
        with self._doing("log metrics"):
            for batch in _batches(entities, _METRICS_A_BATCH):
                self._client.log_batch(self.id, metrics=batch)

    def dataset(self, name: str, digest: str, source: str, n: int, context: str) -> None:
        """Log that a dataset was used: its SHA-256, its size and where it lies, but not one of its texts.

        Parameters
        ----------
        name : what people call it
        digest : SHA-256 in hexadecimal; MLflow shows the first 16 digits, the tag ``dataset.<name>.sha256`` all 64
        source : path or address
        n : number of units
        context : what it was used for, such as ``train`` or ``test``
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        remote = source.startswith(("http://", "https://"))
        dataset = Dataset(
            name=name,
            digest=digest[:_DIGEST_LENGTH],
            source_type="http" if remote else "local",
            source=json.dumps({"url" if remote else "uri": source}, ensure_ascii=False),
            profile=json.dumps({"num_rows": n}),
        )
        with self._doing("log a dataset"):
            self._client.log_inputs(self.id, [DatasetInput(dataset, [InputTag("mlflow.data.context", context)])])
            self._client.set_tag(self.id, f"dataset.{name}.sha256", digest)

    def describe(self, markdown: str) -> None:
        """Set what is shown at the head of the run's page."""
        with self._doing("describe the run"):
            self._client.set_tag(self.id, "mlflow.note.content", markdown)

    def text(self, path: str, text: str) -> None:
        """Keep a text as the artifact `path`; Markdown, JSON and HTML are shown by MLflow as such."""
        with self._doing("keep a text"):
            self._client.log_text(self.id, text, path)

    def figure(self, path: str, figure: Figure) -> None:
        """Keep a matplotlib figure as the artifact `path`, whose ending says the format."""
        with self._doing("keep a figure"):
            self._client.log_figure(self.id, figure, path)

    def file(self, local_path: Path, artifact_dir: str | None = None) -> None:
        """Keep a copy of a file, in the folder `artifact_dir` of the artifacts."""
        with self._doing("keep a file"):
            self._client.log_artifact(self.id, str(local_path), artifact_dir)

    def model(
        self, folder: Path, *, register_as: str | None = "joio-pt", example: Sequence[Mapping[str, object]]
    ) -> str:
        """Keep a model's folder as an MLflow model and register it as the next version of `register_as`.

        MLflow gets code and the folder, no pickled object, and a signature that we spell out: one inferred from
        examples of plain text is None, and such a model answers one row for any number of rows.

        Parameters
        ----------
        folder : what `joio.store.save` wrote
        register_as : the registered model; None to register nothing
        example : a few units as dictionaries with the fields of `joio.article.Unit`, shown with the model

        Returns
        -------
        str
            The URI for ``mlflow.pyfunc.load_model``: ``models:/joio-pt/3``, or that of the logged model.
        """
        import mlflow

        from joio.mlflow_model import frame_of, signature

        # Printed by MLflow without a logger when it registers a model; errors are raised, so nothing of worth is lost.
        with self._doing("keep the model"), redirect_stderr(StringIO()):
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(files("joio").joinpath("mlflow_model.py")),
                artifacts={"model": str(folder.absolute())},
                signature=signature(),
                input_example=frame_of(example),
                pip_requirements=[f"{package}=={version(package)}" for package in _REQUIREMENTS],
                registered_model_name=register_as,
            )
            if register_as is None:
                return str(info.model_uri)
            number = str(info.registered_model_version)
            self._client.update_model_version(register_as, number, self._description(folder, register_as, number))
        return f"models:/{register_as}/{number}"

    def _description(self, folder: Path, name: str, number: str) -> str:
        """What a version of the registered model tells of itself, in Markdown."""
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return "\n".join(
            [
                "Says of each paragraph of a Portuguese article whether it is **factual**, **speculative**, "
                "**opinion** or **promotional**.",
                "",
                f"- trained in run `{self.id}` with joio {manifest.get('joio', '?')}",
                f"- SHA-256 of the model file: `{manifest.get('sha256', '?')}`",
                "",
                "```python",
                f'model = mlflow.pyfunc.load_model("models:/{name}/{number}")',
                'model.predict(pd.DataFrame({"text": [...]}))  # label and four probabilities for each row',
                "```",
            ]
        )

    def _doing(self, doing: str) -> Any:
        return _talking_to_mlflow(doing, self._uri)


def _batches(entities: list[Any], size: int) -> Iterator[list[Any]]:
    for first in range(0, len(entities), size):
        yield entities[first : first + size]
