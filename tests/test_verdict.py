"""An article is summed up by the words of its units, with an interval that shrinks as the model is surer."""

from __future__ import annotations

import pytest

from joio.article import segment
from joio.labels import LABELS, Label
from joio.predict import Cue, Prediction
from joio.verdict import Verdict, verdict

ARTICLE = segment("Chuva de granizo no vale\nO granizo caiu às 15h e durou dez minutos.\nTalvez volte amanhã à tarde.")


def predicted(*rows: tuple[float, float, float, float]) -> list[Prediction]:
    return [Prediction(dict(zip(LABELS, row, strict=True))) for row in rows]


def of(*rows: tuple[float, float, float, float]) -> Verdict:
    return verdict(ARTICLE, ARTICLE.units(), predicted(*rows))


def test_shares_are_words_times_probabilities() -> None:
    result = of((1, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0))  # 5 + 9 words of fact, 5 of speculation
    assert result.n_words == 19
    assert result.shares["factual"].value == pytest.approx(14 / 19)
    assert result.shares["speculative"].value == pytest.approx(5 / 19)
    assert result.substance is result.shares["factual"]


def test_shares_sum_to_one() -> None:
    result = of((0.4, 0.3, 0.2, 0.1), (0.25, 0.25, 0.25, 0.25), (0.1, 0.2, 0.3, 0.4))
    assert sum(share.value for share in result.shares.values()) == pytest.approx(1)


def test_a_sure_model_leaves_no_interval_and_an_unsure_one_does() -> None:
    sure, unsure = of(*[(1.0, 0, 0, 0)] * 3).substance, of(*[(0.5, 0.5, 0, 0)] * 3).substance
    assert (sure.low, sure.high) == (1.0, 1.0)
    assert 0 <= unsure.low < 0.5 < unsure.high <= 1


def test_a_short_text_says_so() -> None:
    assert of(*[(1.0, 0, 0, 0)] * 3).too_short
    long = segment("Palavra por palavra, o texto cresce até dizer alguma coisa. " * 6)
    assert not verdict(long, long.units(), predicted((1, 0, 0, 0))).too_short


def test_the_label_is_the_most_probable_and_cues_are_ranked_by_what_they_add_to_it() -> None:
    cues = (
        Cue(0, 6, "Talvez", (0.0, 2.0, 0.1, -1.0)),
        Cue(7, 12, "volte", (0.0, 0.5, 0.0, 0.0)),
        Cue(13, 19, "amanhã", (0.0, 0.0, 0.9, 0.0)),
    )
    probabilities: dict[Label, float] = {"factual": 0.1, "speculative": 0.7, "opinion": 0.2, "promotional": 0.0}
    prediction = Prediction(probabilities, cues)
    assert (prediction.label, prediction.confidence) == ("speculative", 0.7)
    assert [cue.text for cue in prediction.strongest_cues()] == ["Talvez", "volte"]
    assert [cue.text for cue in prediction.strongest_cues(label="opinion")] == ["amanhã"]
    assert (cues[0].label, cues[0].weight) == ("speculative", 2.0)
