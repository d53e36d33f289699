"""The four labels: their one order, their names and what each asks of the reader.

Every array of probabilities in joio has the shape ``(n, 4)`` with the columns in the order of `LABELS`.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Label = Literal["factual", "speculative", "opinion", "promotional"]

LABELS: Final[tuple[Label, ...]] = get_args(Label)

LABEL_NAMES: Final[dict[str, dict[str, str]]] = {
    "pt": {
        "factual": "factual",
        "speculative": "especulativo",
        "opinion": "opinião",
        "promotional": "promocional",
    },
    "en": {label: label for label in LABELS},
}
"""Label -> the name shown to people, by language of the interface."""

LABEL_QUESTIONS: Final[dict[str, dict[str, str]]] = {
    "pt": {
        "factual": "o leitor pode conferir",
        "speculative": "o leitor tem de imaginar",
        "opinion": "o leitor concorda ou não",
        "promotional": "o leitor deve querer",
    },
    "en": {
        "factual": "the reader can check it",
        "speculative": "the reader has to imagine it",
        "opinion": "the reader agrees or not",
        "promotional": "the reader is to want it",
    },
}
"""Label -> what such a paragraph asks of its reader, in a few words."""
