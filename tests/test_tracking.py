"""What stands in MLflow after a run, what the model there answers, and how little of MLflow is seen elsewhere."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # it comes with mlflow, and its stubs do not
import pytest

from joio import tracking
from joio.article import Unit
from joio.errors import InputError, JoioError
from joio.labels import LABELS
from joio.predict import Classifier
from joio.review import review

FACTUAL = [
    "A fábrica abriu em 1998 e emprega 240 pessoas.",
    "O relatório foi publicado na terça-feira.",
    "A ponte tem 320 metros de comprimento.",
    "O município registrou 12 casos em março.",
    "A empresa comprou dois navios em 2019.",
    "O trem saiu às 8h15 da estação central.",
    "A prefeitura contratou 30 professores.",
    "O rio subiu 40 centímetros durante a noite.",
    "A biblioteca reúne 15 mil volumes.",
    "O museu reabriu no sábado.",
]
SPECULATIVE = [
    "Talvez a safra seja menor no próximo ano.",
    "O preço poderia cair se a chuva voltasse.",
    "É possível que a obra atrase alguns meses.",
    "Especialistas acreditam que a demanda deve crescer.",
    "A nova linha poderá chegar até o litoral.",
    "Quem sabe a vila volte a ter um cinema.",
    "Se o acordo sair, o porto teria mais navios.",
    "No futuro, as casas talvez sejam impressas.",
    "O clube estaria perto de vender o atacante.",
    "Supõe-se que a peça seja do século passado.",
]
OPINION = [
    "Considero a decisão um erro lamentável.",
    "Na minha opinião, o filme é ótimo.",
    "É vergonhoso tratar a escola desse jeito.",
    "O prefeito fez o pior discurso do ano.",
    "Acho que a praça ficou muito mais bonita.",
    "Infelizmente, falta coragem ao conselho.",
    "Não gosto desse uniforme, é feio demais.",
    "A proposta é injusta e merece ser rejeitada.",
    "Que absurdo cobrar entrada no parque!",
    "O livro me parece longo e cansativo.",
]
PROMOTIONAL = [
    "Compre agora e ganhe frete grátis!",
    "Inscreva-se hoje e garanta a sua vaga.",
    "Aproveite o desconto exclusivo desta semana.",
    "Clique aqui e conheça os nossos planos.",
    "Nossa solução líder transforma o seu negócio.",
    "Não perca: últimas unidades com 50% de desconto!",
    "Baixe o aplicativo e comece grátis.",
    "Assine já e receba um brinde especial.",
    "Peça o seu orçamento sem compromisso!",
    "Visite a loja e aproveite a promoção.",
]
TEXTS = {"factual": FACTUAL, "speculative": SPECULATIVE, "opinion": OPINION, "promotional": PROMOTIONAL}
SECTIONS = {"factual": "História", "speculative": "Futuro", "opinion": "Comentário", "promotional": "Ofertas"}

SHA256 = hashlib.sha256(b"the corpus of this test").hexdigest()
EXAMPLE = [
    {"text": "O museu reabriu no sábado.", "kind": "paragraph", "position": 0, "of": 2, "next": "Talvez feche cedo."},
    {"text": "Talvez feche cedo.", "kind": "item", "position": 1, "of": 2, "previous": "O museu reabriu no sábado."},
]
UNITS = [
    Unit("O museu abriu em 1998.", title="Talvez feche!", section="História", position=0, of=3, next="Talvez feche."),
    Unit("Feche a porta.", title="Talvez feche!", kind="item", position=1, of=3, previous="Talvez abra em 1998."),
    Unit("Compre já o seu ingresso com desconto!", position=2, of=3),
]


# ---------------------------------------------------------------------------------------------------- a tiny project


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learnt forty sentences, saved without touching the user's list of trusted models."""
    from joio import store
    from joio.model import build

    # Each label has its own place and company, so that context counts and a lost column would change the numbers.
    units = [
        Unit(
            text,
            title=texts[k - 1],
            section=SECTIONS[label],
            kind="item" if label == "speculative" else "paragraph",
            position=LABELS.index(label) * 10 + k,
            of=40,
            previous=texts[k - 1],
            next=texts[k - 2],
        )
        for label, texts in TEXTS.items()
        for k, text in enumerate(texts)
    ]
    pipeline = build(features__words__min_df=1, features__characters__min_df=2, features__section__min_df=1)
    pipeline.fit(units, [label for label in TEXTS for _ in range(10)])
    folder = tmp_path_factory.mktemp("models") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        store.save(pipeline, folder, {}, {"card.md": "# tiny\n"})
    return folder


@pytest.fixture(scope="session")
def classifier(model_folder: Path) -> Classifier:
    return Classifier.load(model_folder, trust=True)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all its tables and no runs; making one takes seconds, copying one does not."""
    folder = tmp_path_factory.mktemp("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        patch.chdir(folder)
        client().search_experiments()
    return folder / "mlflow.db"


@pytest.fixture
def project(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a store of its own, in a folder named as people name folders."""
    return enter_project(tmp_path, migrated, monkeypatch)


def enter_project(parent: Path, migrated: Path, patch: pytest.MonkeyPatch) -> Path:
    folder = parent / "edição de março #1"
    (folder / "mlruns").mkdir(parents=True)
    shutil.copy(migrated, folder / "mlruns" / "mlflow.db")
    patch.chdir(folder)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return folder


def client() -> Any:
    """A client of the store that joio would use here and now."""
    import mlflow

    uri = tracking.tracking_uri()
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


@dataclass(frozen=True)
class Trained:
    """What a finished training has left: its folder, its run as it was read back, the models it kept."""

    folder: Path
    run: Any
    model_uris: tuple[str, str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, migrated: Path, model_folder: Path) -> Iterator[Trained]:
    """One run that logs everything there is to log, and the model twice."""
    from matplotlib.figure import Figure

    with pytest.MonkeyPatch.context() as patch:
        folder = enter_project(tmp_path_factory.mktemp("trained"), migrated, patch)
        notes = folder.parent / "notes.txt"
        notes.write_text("anotações", encoding="utf-8")
        with tracking.start("train", "primeiro", tags={"corpus": "tiny"}, description="**forty** units") as run:
            run.params({"classifier__C": 1.0} | {f"p{k}": k for k in range(150)})
            run.metrics({"macro_f1": 0.5, "opinion.f1": 0.25})
            run.metrics({"fold.macro_f1": 0.4}, step=0)
            run.metrics({"fold.macro_f1": 0.6}, step=1)
            run.dataset("tiny", SHA256, "data/tiny.jsonl", 40, "train")
            run.text("report.md", "# Relatório\n")
            run.figure("plots/confusion.png", Figure())
            run.file(notes, "notes")
            uris = run.model(model_folder, example=EXAMPLE), run.model(model_folder, example=EXAMPLE)
        yield Trained(folder, client().get_run(run.id), uris)


@pytest.fixture(scope="module")
def served(trained: Trained) -> Any:
    """The registered model, loaded by MLflow as any user of the registry loads it."""
    return load(trained, trained.model_uris[0])


def load(trained: Trained, uri: str) -> Any:
    import mlflow

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(trained.folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        with tracking._tracking_to(mlflow, tracking.tracking_uri()):
            return mlflow.pyfunc.load_model(uri)


def frame(units: list[Unit], *columns: str) -> Any:
    return pd.DataFrame([asdict(unit) for unit in units])[list(columns)]


ALL_COLUMNS = ("text", "article", "title", "section", "kind", "position", "of", "previous", "next")


# ---------------------------------------------------------------------------------------------------- the run


def test_a_finished_run_has_its_name_kind_tags_and_description(trained: Trained) -> None:
    assert trained.run.info.status == "FINISHED"
    assert trained.run.info.run_name == "primeiro"
    assert trained.run.data.tags["joio.kind"] == "train"
    assert trained.run.data.tags["corpus"] == "tiny"
    assert trained.run.data.tags["mlflow.note.content"] == "**forty** units"


def test_parameters_are_logged_even_when_there_are_more_than_mlflow_takes_at_once(trained: Trained) -> None:
    assert len(trained.run.data.params) == 151
    assert trained.run.data.params["classifier__C"] == "1.0"


def test_metrics_are_flat_and_keep_their_steps(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained.folder)
    assert trained.run.data.metrics == {"macro_f1": 0.5, "opinion.f1": 0.25, "fold.macro_f1": 0.6}
    history = client().get_metric_history(trained.run.info.run_id, "fold.macro_f1")
    assert [(metric.step, metric.value) for metric in history] == [(0, 0.4), (1, 0.6)]


def test_a_dataset_is_named_by_our_digest_and_its_texts_stay_out(trained: Trained) -> None:
    [logged] = trained.run.inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("tiny", SHA256[:16])
    assert logged.dataset.profile == '{"num_rows": 40}'
    assert logged.dataset.schema is None
    assert {tag.key: tag.value for tag in logged.tags} == {"mlflow.data.context": "train"}
    assert trained.run.data.tags["dataset.tiny.sha256"] == SHA256


def test_texts_figures_and_files_are_artifacts_of_the_run(trained: Trained) -> None:
    kept = trained.folder / "mlruns" / "artifacts" / trained.run.info.run_id / "artifacts"
    found = {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()}
    assert found == {"report.md", "plots/confusion.png", "notes/notes.txt"}
    assert (kept / "report.md").read_text(encoding="utf-8") == "# Relatório\n"


def test_nothing_is_written_outside_mlruns(trained: Trained) -> None:
    assert [path.name for path in trained.folder.iterdir()] == ["mlruns"]
    assert {path.name for path in (trained.folder / "mlruns").iterdir()} == {"mlflow.db", "artifacts"}


def test_an_exception_marks_the_run_as_failed_and_goes_on(project: Path) -> None:
    with pytest.raises(ZeroDivisionError), tracking.start("train", "fails") as run:
        _ = 1 / 0
    assert client().get_run(run.id).info.status == "FAILED"


def test_ctrl_c_marks_the_run_as_killed_and_goes_on(project: Path) -> None:
    with pytest.raises(KeyboardInterrupt), tracking.start("evaluate", "stopped") as run:
        raise KeyboardInterrupt
    assert client().get_run(run.id).info.status == "KILLED"


def test_a_run_says_nothing(
    project: Path, model_folder: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    with tracking.start("train", "quiet") as run:
        run.metrics({"macro_f1": 0.5})
        run.model(model_folder, example=EXAMPLE)
    assert capfd.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []


# ---------------------------------------------------------------------------------------------------- the store


def test_the_store_of_the_user_wins(
    project: Path, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Path(shutil.copy(migrated, tmp_path / "theirs.db"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{theirs}")
    assert tracking.tracking_uri() == f"sqlite:///{theirs}"
    with tracking.start("train", "theirs") as run:
        pass
    assert client().get_run(run.id).info.run_name == "theirs"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert client().get_experiment_by_name("joio") is None


def test_a_run_leaves_the_tracking_uri_of_the_process_as_it_was(project: Path) -> None:
    import mlflow

    before = mlflow.is_tracking_uri_set()
    with tracking.start("train", "a"):
        assert mlflow.get_tracking_uri() == tracking.tracking_uri()
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert mlflow.is_tracking_uri_set() is before is False


def test_each_working_directory_has_a_store_of_its_own(
    project: Path, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tracking.start("train", "here") as here:
        pass
    enter_project(tmp_path / "elsewhere", migrated, monkeypatch)
    with tracking.start("train", "there") as there:
        pass
    [experiment] = [e for e in client().search_experiments() if e.name == "joio"]
    assert [run.info.run_id for run in client().search_runs([experiment.experiment_id])] == [there.id] != [here.id]


def test_telemetry_is_off_unless_the_user_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    tracking._mlflow()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    tracking._mlflow()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "false"


def test_mlflow_is_not_imported_before_a_run_starts() -> None:
    code = "import sys, joio.tracking; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_damaged_store_is_named_at_once(project: Path) -> None:
    (project / "mlruns" / "mlflow.db").write_text("no database " * 100, encoding="utf-8")
    with pytest.raises(JoioError, match=r"mlflow\.db: the store of the runs cannot be used \(file is not a database\)"):
        tracking.start("train", "a").__enter__()


def test_a_server_that_does_not_answer_is_one_plain_sentence(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(JoioError, match="could not start a run") as caught:
        tracking.start("train", "a").__enter__()
    assert len(str(caught.value).splitlines()) == 1


def test_a_store_that_was_moved_is_told_instead_of_writing_to_its_old_place(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tracking.start("train", "before"):
        pass
    moved = project.rename(tmp_path / "moved")
    monkeypatch.chdir(moved)
    with pytest.raises(JoioError, match="MLflow cannot move a store"):
        tracking.start("train", "after").__enter__()
    assert not project.exists()


def test_a_folder_whose_name_a_uri_cannot_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such names")
    (tmp_path / "o que é fato?").mkdir()
    monkeypatch.chdir(tmp_path / "o que é fato?")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(JoioError, match="question mark"):
        tracking.tracking_uri()
    assert [path.name for path in tmp_path.iterdir()] == ["o que é fato?"]


@pytest.mark.slow
def test_a_first_run_in_an_empty_folder_makes_its_store_without_a_word(tmp_path: Path) -> None:
    code = "from joio import tracking\nwith tracking.start('train', 'a') as run: run.metrics({'f1': 1})"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["mlruns", "mlruns/mlflow.db"]


# ---------------------------------------------------------------------------------------------------- the model


def test_each_model_is_the_next_version_and_says_what_it_is(
    trained: Trained, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from joio.store import read_manifest

    monkeypatch.chdir(trained.folder)
    assert trained.model_uris == ("models:/joio-pt/1", "models:/joio-pt/2")
    first = client().get_model_version("joio-pt", "1")
    assert first.run_id == trained.run.info.run_id
    assert f"- SHA-256 of the model file: `{read_manifest(model_folder)['sha256']}`" in first.description


def test_a_model_may_be_kept_without_being_registered(project: Path, model_folder: Path) -> None:
    with tracking.start("train", "a") as run:
        uri = run.model(model_folder, register_as=None, example=EXAMPLE)
    assert uri.startswith("models:/m-")
    assert client().search_registered_models() == []


def test_the_signature_is_ours_and_not_guessed(served: Any) -> None:
    signature = served.metadata.signature
    assert signature is not None
    assert signature.inputs.required_input_names() == ["text"]
    assert set(signature.inputs.input_names()) == set(ALL_COLUMNS)
    assert signature.outputs.input_names() == ["label", *LABELS]


def test_the_model_needs_what_it_was_made_with_and_no_pickled_object(served: Any, trained: Trained) -> None:
    from importlib.metadata import version

    [first, _] = sorted((trained.folder / "mlruns" / "artifacts" / "models").iterdir())
    needed = (first / "artifacts" / "requirements.txt").read_text(encoding="utf-8").split()
    assert {f"scikit-learn=={version('scikit-learn')}", f"spacy=={version('spacy')}"} <= set(needed)
    assert not list(first.rglob("*.pkl"))


@pytest.mark.parametrize("n", [3, 1, 0])
def test_as_many_rows_come_out_as_went_in(served: Any, n: int) -> None:
    answer = served.predict(frame(UNITS, *ALL_COLUMNS).iloc[:n])
    assert answer.shape == (n, 5)
    assert answer.columns.tolist() == ["label", *LABELS]


def test_the_numbers_are_those_of_the_classifier_to_the_last_bit(served: Any, classifier: Classifier) -> None:
    answer = served.predict(frame(UNITS, *ALL_COLUMNS))
    np.testing.assert_array_equal(answer[list(LABELS)].to_numpy(), classifier.probabilities(UNITS))
    assert answer["label"].tolist() == [prediction.label for prediction in classifier.predict(UNITS, explain=False)]


@pytest.mark.parametrize("column", ["title", "section", "kind", "position", "previous", "next"])
def test_each_part_of_the_context_reaches_the_model(served: Any, column: str) -> None:
    whole = frame(UNITS, *ALL_COLUMNS)
    with_it, without = served.predict(whole), served.predict(whole.drop(columns=column))
    assert not np.allclose(with_it[list(LABELS)], without[list(LABELS)], rtol=0, atol=1e-9)


def test_context_may_be_missing_in_any_way_that_pandas_knows(served: Any, classifier: Classifier) -> None:
    bare = classifier.probabilities([unit.text for unit in UNITS])
    texts = frame(UNITS, "text")
    for missing in (None, float("nan"), pd.NA):
        for columns in (("title",), ("position", "of"), ("kind", "section", "previous", "next")):
            answer = served.predict(texts.assign(**dict.fromkeys(columns, missing)))
            np.testing.assert_array_equal(answer[list(LABELS)].to_numpy(), bare, err_msg=f"{columns} {missing}")


def test_whole_numbers_that_pandas_made_floats_are_whole_numbers(served: Any, classifier: Classifier) -> None:
    units = [Unit("O museu abriu.", position=2, of=3), Unit("O museu fechou.")]
    table = frame(units, "text", "position", "of")
    assert table["position"].dtype == float
    np.testing.assert_array_equal(served.predict(table)[list(LABELS)], classifier.probabilities(units))


def test_rows_keep_their_index(served: Any) -> None:
    table = frame(UNITS, "text").set_index(pd.Index(["c", "a", "b"]))
    assert served.predict(table).index.tolist() == ["c", "a", "b"]


def test_a_frame_of_one_column_is_a_frame_of_texts(served: Any, classifier: Classifier) -> None:
    table = pd.DataFrame({"parágrafo": [unit.text for unit in UNITS]})
    answer = served.unwrap_python_model().predict(None, table)
    np.testing.assert_array_equal(answer[list(LABELS)], classifier.probabilities([unit.text for unit in UNITS]))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"text": ["a", None]}, "row 1: got no text"),
        ({"text": ["a"], "position": ["first"]}, "row 0: field 'position': got 'first', expected a whole number"),
        ({"text": ["a"], "title": [7]}, "row 0: field 'title': got '7', expected a string"),
        ({"texto": ["a"], "título": ["b"]}, r"got the columns \['texto', 'título'\], expected a column 'text'"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_row(served: Any, table: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        served.unwrap_python_model().predict(None, pd.DataFrame(table))


# ---------------------------------------------------------------------------------------------------- the page


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_there_is_nothing_to_review_before_the_first_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(JoioError, match="run `joio train` first"):
        review(say=pytest.fail)
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said_before_the_server_starts(project: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(InputError, match="name another, such as --port"):
            review(other.getsockname()[1], say=pytest.fail)


def test_a_server_of_the_user_has_a_page_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    assert review(say=said.append) == 0
    assert said == ["https://mlflow.example.org"]


@pytest.mark.slow
def test_the_page_answers_and_ctrl_c_ends_it_in_order(project: Path) -> None:
    port = free_port()
    code = f"from joio.review import review; exit(review({port}, say=lambda line: print(line, flush=True)))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as page:
        try:
            assert page.stdout is not None
            assert page.stdout.readline() == f"http://127.0.0.1:{port}\n"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            connection.close()
            page.send_signal(signal.SIGINT)
            assert page.wait(timeout=30) == 0
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=1)
        finally:
            if page.poll() is None:
                page.send_signal(signal.SIGINT)  # killed at once, it could not end its server
    assert [path.name for path in project.iterdir()] == ["mlruns"]
