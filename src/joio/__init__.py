"""joio: tell the chaff from the wheat in Portuguese articles, paragraph by paragraph.

>>> import joio
>>> classifier = joio.load()
>>> joio.LABELS
('factual', 'speculative', 'opinion', 'promotional')
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from joio.labels import LABELS

if TYPE_CHECKING:
    from joio.article import Article, Block, Unit, segment
    from joio.errors import JoioError
    from joio.predict import Classifier, Cue, Prediction, load
    from joio.verdict import Verdict

__all__ = [
    "LABELS",
    "Article",
    "Block",
    "Classifier",
    "Cue",
    "JoioError",
    "Prediction",
    "Unit",
    "Verdict",
    "load",
    "segment",
]

# Imported when first used: `import joio` must not cost what scikit-learn costs.
_HOME = {
    "Article": "article",
    "Block": "article",
    "Unit": "article",
    "segment": "article",
    "JoioError": "errors",
    "Classifier": "predict",
    "Cue": "predict",
    "Prediction": "predict",
    "load": "predict",
    "Verdict": "verdict",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"joio.{_HOME[name]}"), name)
    raise AttributeError(f"module 'joio' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
