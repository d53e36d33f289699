"""Training and evaluation: nobody is tested on a source that was learned from, and what is written is whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from joio import baselines, crossval, model, store, train
from joio.article import Unit
from joio.corpus import Example
from joio.crossval import BUILDERS, Data, TrainOn, cross_validate, evaluate_models, read_data
from joio.errors import InputError
from joio.labels import LABELS
from joio.render.report import report_markdown

SENTENCES = {
    "factual": "A fábrica {n} de {place} produziu {n} toneladas em 2021, segundo o relatório.",
    "speculative": "Talvez a fábrica {n} de {place} venha a fechar nos próximos anos.",
    "opinion": "Eu acho um absurdo o que fizeram com a fábrica {n} de {place}, sinceramente.",
    "promotional": "Visite já a fábrica {n} de {place} e garanta o seu brinde exclusivo!",
}
PLACES = [
    "Lavras",
    "Baldim",
    "Seara",
    "Palmela",
    "Olhos",
    "Quixaba",
    "Mirim",
    "Ourique",
    "Jangada",
    "Serpa",
    "Ibitinga",
    "Vagos",
]


def made_up(origin: str = "public", places: list[str] = PLACES, per_label: int = 2) -> list[Example]:
    """Units of as many sources as places, each with every label."""
    examples = []
    for place in places:
        for number in range(per_label):
            for label in LABELS:
                text = SENTENCES[label].format(n=number + 3, place=place)
                key = f"{origin}-{place}-{label}-{number}"
                examples.append(
                    Example(Unit(text), label, key, f"{origin}-{place}-{number}", f"{origin}-{place}", origin=origin)  # type: ignore[arg-type]
                )
    return examples


def data(*examples: Example) -> Data:
    return Data(tuple(examples), ("made-up",))


@pytest.fixture(autouse=True)
def unlike_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up sentences differ in two words only; they are not meant as near duplicates here."""
    monkeypatch.setattr("joio.corpus.near_duplicates", lambda texts, **_: [])


class Spy:
    """Remembers the places that it was trained on and refuses to be tested on one of them."""

    def fit(self, units: list[Unit], y: np.ndarray) -> Spy:
        self.places = {place for place in PLACES for unit in units if place in unit.text}
        self.n = len(units)
        return self

    def predict_proba(self, units: list[Unit]) -> np.ndarray:
        for unit in units:
            assert not any(place in unit.text for place in self.places), "tested on a source it has seen"
        return np.tile([1.0, 0, 0, 0], (len(units), 1))


def test_no_source_is_in_training_and_test() -> None:
    result = cross_validate(data(*made_up()), Spy, n_folds=4, jobs=1)
    assert result.probabilities.shape == (96, 4)
    assert set(result.folds.tolist()) == {0, 1, 2, 3}


def test_written_units_are_trained_on_and_never_tested() -> None:
    both = data(*made_up(places=PLACES[:6]), *made_up("written", places=PLACES[6:]))
    result = cross_validate(both, Spy, n_folds=3, jobs=1)
    assert len(result.probabilities) == 48
    assert both.tested.sum() == 48 and both.tested_on == "public"


def test_written_units_do_not_move_the_folds_of_public_ones() -> None:
    public = made_up(places=PLACES[:6])
    alone = cross_validate(data(*public), Spy, n_folds=3, jobs=1)
    together = cross_validate(data(*public, *made_up("written", places=PLACES[6:])), Spy, n_folds=3, jobs=1)
    assert (alone.folds == together.folds).all()


@pytest.mark.parametrize(("train_on", "expected"), [("public", 48 - 16), ("written", 48), ("both", 96 - 16)])
def test_train_on_chooses_the_origin(train_on: TrainOn, expected: int) -> None:
    sizes: list[int] = []

    class Counting(Spy):
        def fit(self, units: list[Unit], y: np.ndarray) -> Spy:
            sizes.append(len(units))
            return super().fit(units, y)

    both = data(*made_up(places=PLACES[:6]), *made_up("written", places=PLACES[6:]))
    cross_validate(both, Counting, train_on=train_on, n_folds=3, jobs=1)
    assert sizes == [expected] * 3


def test_where_there_is_no_public_unit_written_ones_are_tested_on() -> None:
    written = data(*made_up("written"))
    assert written.tested_on == "written" and written.tested.all()
    assert len(cross_validate(written, Spy, n_folds=3, jobs=1).probabilities) == 96


def test_training_only_on_an_origin_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no written units"):
        cross_validate(data(*made_up()), Spy, train_on="written", jobs=1)


def test_an_evaluation_compares_models_on_the_same_units(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = made_up(per_label=3)
    hard = [
        replace(example, votes=(example.label, "opinion")) for example in examples[:40] if example.label != "opinion"
    ]
    evaluation = evaluate_models(
        data(*hard, *examples[40:]), [("majority", "both"), ("cue-rules", "both")], n_folds=3, jobs=1
    )
    majority, rules = evaluation.models
    assert majority.all.n == rules.all.n == len(hard) + len(examples) - 40
    assert rules.all.macro_f1.value > majority.all.macro_f1.value + 0.3
    assert evaluation.subject is rules
    assert rules.easy is not None and rules.hard is not None
    assert rules.easy.n + rules.hard.n == rules.all.n and rules.hard.n == len(hard)
    assert json.loads(json.dumps(evaluation.as_dict()))["protocol"]["folds"] == 3


def small_builders() -> dict[str, object]:
    small = {"features__words__min_df": 1, "features__characters__min_df": 1, "classifier__n_folds": 2}
    return {
        "joio": lambda: model.build(**small),
        "word-tfidf": lambda: baselines.word_tfidf(features__words__min_df=1),
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, builder in small_builders().items():
        monkeypatch.setitem(BUILDERS, name, builder)
    build = model.build
    monkeypatch.setattr(
        train,
        "fit_final",
        lambda d: crossval.fit(build(classifier__n_folds=2), d.examples, np.arange(len(d.examples)) // 8),
    )


def test_training_writes_a_folder_that_loads_and_says_what_it_was_made_of(tmp_path: Path, small: None) -> None:
    seen: list[str] = []
    trained = train.train(
        data(*made_up()),
        tmp_path / "models" / "meu",
        n_folds=3,
        jobs=1,
        track=False,
        progress=lambda what, done, total: seen.append(what),
    )
    assert {"majority", "cue-rules", "word-tfidf", "joio", "final model"} <= set(seen)
    folder = tmp_path / "models" / "meu"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "evaluation.json",
        "evaluation.md",
        "manifest.json",
        "model.joblib",
    ]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == json.loads(json.dumps(trained.manifest))
    assert manifest["labels"] == list(LABELS)
    assert manifest["data"]["n"] == 96 and manifest["data"]["digest"] == data(*made_up()).digest
    assert 0 <= manifest["metrics"]["macro_f1"] <= 1
    confidences = [point["threshold"] for point in trained.evaluation.as_dict()["models"][-1]["all"]["coverage"]]
    assert manifest["unsure_below"] == pytest.approx(confidences[4], abs=1e-3)  # of the surest four in five
    assert store.load_model(folder).manifest["sha256"] == manifest["sha256"]
    report = (folder / "evaluation.md").read_text(encoding="utf-8")
    assert "| especulativo |" in report and "Matriz de confusão" in report and "Rótulo mais frequente" in report
    english = report_markdown(trained.evaluation, "en")
    assert "| speculative |" in english and "Confusion matrix" in english and "Majority label" in english
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["meu"]


def test_training_twice_gives_the_same_file(tmp_path: Path, small: None) -> None:
    digests = [
        train.train(data(*made_up()), tmp_path / name, n_folds=3, jobs=1, track=False).manifest["sha256"]
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_an_interrupted_training_leaves_the_old_model(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "meu"
    before = train.train(data(*made_up()), folder, n_folds=3, jobs=1, track=False).manifest["sha256"]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "_swap", stop)
    with pytest.raises(KeyboardInterrupt):
        train.train(data(*made_up(per_label=1)), folder, n_folds=3, jobs=1, track=False)
    assert json.loads((folder / "manifest.json").read_text())["sha256"] == before
    assert [path.name for path in tmp_path.iterdir()] == ["meu"]


def test_an_evaluation_report_and_its_plots_are_written(tmp_path: Path, small: None) -> None:
    train.evaluate_and_write(data(*made_up()), tmp_path, n_folds=3, jobs=1, track=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "1-models.png",
        "2-labels.png",
        "3-confusion.png",
        "4-calibration.png",
        "evaluation.json",
        "evaluation.md",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*.png"))


def test_anybodys_table_of_text_and_label_trains(tmp_path: Path, small: None) -> None:
    table = tmp_path / "meus.csv"
    rows = "".join(f'"{example.unit.text}",{example.label}\n' for example in made_up())
    table.write_text("text,label\n" + rows, encoding="utf-8")
    loaded = read_data([table])
    assert loaded.summary()["sources"] == 96
    trained = train.train(loaded, tmp_path / "meu", n_folds=3, jobs=1, track=False)
    assert trained.evaluation.subject.all.n == 96


def test_without_data_the_error_says_what_to_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="--data FILE"):
        read_data()
