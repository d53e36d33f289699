"""A trained model as MLflow serves it: a DataFrame of units in, a label and four probabilities for each row out.

MLflow stores this file as it stands and runs the stored copy when the model is loaded, so it is code that can be read,
not a pickled object; the model itself is the folder that `joio.store` wrote, kept beside it as an artifact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # it comes with mlflow, and its stubs do not
from mlflow.models import ModelSignature, set_model
from mlflow.pyfunc import PythonModel
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType

from joio.article import Unit
from joio.errors import InputError
from joio.labels import LABELS
from joio.predict import Classifier

TEXT_COLUMNS = ("article", "title", "section", "kind", "previous", "next")
"""Optional columns of strings, named as the fields of `Unit`; values may be missing."""

NUMBER_COLUMNS = ("position", "of")
"""Optional columns of whole numbers; values may be missing."""


def signature() -> ModelSignature:
    """What the model takes and gives, column by column.

    Optional columns are declared as of any type and checked here, row by row: pandas keeps a column that is empty, or
    whole numbers of which one is missing, as floats, and MLflow would refuse those as `string` and `long`.

    >>> signature().inputs.required_input_names()
    ['text']
    >>> signature().outputs.input_names()
    ['label', 'factual', 'speculative', 'opinion', 'promotional']
    """
    inputs = [
        ColSpec(DataType.string, "text"),
        *(ColSpec(AnyType(), name, required=False) for name in TEXT_COLUMNS + NUMBER_COLUMNS),
    ]
    outputs = [ColSpec(DataType.string, "label"), *(ColSpec(DataType.double, label) for label in LABELS)]
    return ModelSignature(Schema(inputs), Schema(outputs))


def frame_of(units: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Units as dictionaries -> the frame that the model takes; what is no column of it is left out.

    >>> frame_of([{"text": "Choveu ontem.", "label": "factual"}]).columns.tolist()
    ['text']
    """
    frame = pd.DataFrame([dict(unit) for unit in units])
    return frame[[name for name in ("text", *TEXT_COLUMNS, *NUMBER_COLUMNS) if name in frame]]


def units_of(frame: pd.DataFrame) -> list[Unit]:
    """One unit for each row, in order; a frame of one column is a frame of texts, whatever the column's name.

    Raises InputError where there is no column of texts, a row without a text, or a value of the wrong type.

    >>> units_of(pd.DataFrame({"text": ["Choveu ontem."], "position": [2.0], "title": [None]}))
    [Unit(text='Choveu ontem.', title=None, ..., position=2, ...)]
    """
    if "text" not in frame and len(frame.columns) != 1:
        raise InputError(
            f"got the columns {[str(name) for name in frame.columns]}, expected a column 'text'",
            hint=f"the others may be {', '.join(TEXT_COLUMNS + NUMBER_COLUMNS)}",
        )
    columns = {name: list(frame[name]) for name in TEXT_COLUMNS + NUMBER_COLUMNS if name in frame}
    columns["text"] = list(frame["text"] if "text" in frame else frame.iloc[:, 0])
    return [_unit(row, {name: values[row] for name, values in columns.items()}) for row in range(len(frame))]


def _unit(row: int, fields: Mapping[str, Any]) -> Unit:
    known = {name: value for name, value in fields.items() if not _is_missing(value)}
    if "text" not in known:
        raise InputError("got no text", where=f"row {row}", hint="leave out the rows that have none")
    for name, value in known.items():
        if name not in NUMBER_COLUMNS:
            if not isinstance(value, str):
                raise _wrong(row, name, value, "a string")
        elif isinstance(value, Real) and float(value).is_integer():
            known[name] = int(float(value))
        else:
            raise _wrong(row, name, value, "a whole number")
    return Unit(**known)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _wrong(row: int, name: str, value: object, expected: str) -> InputError:
    return InputError(f"field '{name}': got {str(value)[:40]!r}, expected {expected}", where=f"row {row}")


class UnitClassifier(PythonModel):  # type: ignore[misc]  # mlflow's classes are not read by mypy here
    """A `Classifier` behind MLflow's interface; the same numbers, to the last bit."""

    def load_context(self, context: Any) -> None:
        """Load the model's folder, once."""
        # Trusted without being asked: the file comes from the user's own store, where the user's own training put it,
        # and whoever can write there can also write the code that is running here.
        self._classifier = Classifier.load(context.artifacts["model"], trust=True)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """A row with `label` and the four probabilities for each row, with the index of `model_input`."""
        probabilities = self._classifier.probabilities(units_of(model_input))
        answer = pd.DataFrame(probabilities, columns=list(LABELS), index=model_input.index)
        answer.insert(0, "label", [LABELS[best] for best in probabilities.argmax(axis=1)])
        return answer


set_model(UnitClassifier())
