"""From units to one sparse matrix, by way of small transformers that a Pipeline holds together.

`joio.reader` reads every unit once; the transformers here turn what was read into columns: word n-grams, character
n-grams within words, cues, surface, and the context in the article. All columns can be computed from the paragraph and
its neighbours alone, and each can be traced back to the words it came from (`occurrences`), so that a model linear in
them explains itself exactly.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from joio.article import Unit
from joio.cues import load_cues
from joio.reader import NOTHING, ReadText, ReadUnit

# scipy ships no types; this is a sparse.csr_array of float64.
Matrix: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a column's value comes from: the words ``[start, end)`` and their share of that value.

    The shares of a column's occurrences in one unit sum to one. A column that no words in the unit itself answer for
    (its section, its place) has no occurrence.
    """

    column: int
    start: int
    end: int
    share: float


def word_ngrams(read: ReadText) -> list[str]:
    """Words and pairs of neighbouring words, in the order in which `_ngram_places` gives their places."""
    return [*read.words, *map(" ".join, itertools.pairwise(read.words))]


def _ngram_places(n_words: int) -> Iterable[tuple[int, int]]:
    yield from ((place, place + 1) for place in range(n_words))
    yield from ((place, place + 2) for place in range(n_words - 1))


Part = Literal["text", "title", "section", "previous", "next"]


class WordNgrams(TransformerMixin, BaseEstimator):
    """TF-IDF of words and word pairs of one part of a unit.

    Words are spaCy's tokens in lower case: one-letter words, accents, stop words and punctuation all count.

    Parameters
    ----------
    part : which text of the unit: its own, or its title's, section's, neighbours'
    min_df : in how many units of the training data an n-gram must stand
    scale : factor of all columns; less than 1 for what should only tip the balance
    """

    def __init__(self, part: Part = "text", min_df: int = 3, scale: float = 1.0) -> None:
        self.part = part
        self.min_df = min_df
        self.scale = scale

    def fit(self, units: Sequence[ReadUnit], y: object = None) -> Self:
        """Learn the vocabulary and the weights of rarity."""
        self.fit_transform(units)
        return self

    def fit_transform(self, units: Sequence[ReadUnit], y: object = None, **_: object) -> Matrix:
        """`fit`, then `transform`, counting once."""
        self.counter_ = CountVectorizer(analyzer=word_ngrams, dtype=np.float64)
        texts = self._texts(units)
        if not any(read.words for read in texts):  # no unit has, say, a section heading: no columns
            self.counter_.vocabulary_ = {}
            return sparse.csr_array((len(units), 0))
        counts = self.counter_.fit_transform(texts)
        frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
        keep = np.flatnonzero(frequency >= self.min_df)
        self.counter_.vocabulary_ = _restricted(self.counter_.vocabulary_, keep)
        self.tfidf_ = TfidfTransformer(sublinear_tf=True)
        return self.scale * self.tfidf_.fit_transform(counts[:, keep]).tocsr() if len(keep) else counts[:, keep]

    def transform(self, units: Sequence[ReadUnit]) -> Matrix:
        """Matrix of shape (n, n-grams)."""
        if not self.counter_.vocabulary_:
            return sparse.csr_array((len(units), 0))
        return self.scale * _tfidf(self.tfidf_, self.counter_.transform(self._texts(units)))

    def _texts(self, units: Sequence[ReadUnit]) -> list[ReadText]:
        return [getattr(unit, self.part) for unit in units]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns, such as 'text:garanta já'."""
        return np.array([f"{self.part}:{name}" for name in _in_order(self.counter_.vocabulary_)], dtype=object)

    def occurrences(self, unit: ReadUnit) -> list[Occurrence]:
        """Where each column's value comes from in this unit."""
        if self.part != "text":
            return []
        vocabulary = self.counter_.vocabulary_
        found = [
            (vocabulary[ngram], start, end)
            for ngram, (start, end) in zip(word_ngrams(unit.text), _ngram_places(len(unit.text.words)), strict=True)
            if ngram in vocabulary
        ]
        return _shared(found)


class CharacterNgrams(TransformerMixin, BaseEstimator):
    """TF-IDF of the character n-grams within words, counted once for each distinct word.

    The matrix of units by n-grams is the product of units by words and words by n-grams, so the slow part, cutting
    words to pieces, is done once a word and not once a token (as in scikit-learn's ``analyzer="char_wb"``). A blank at
    either end of a word marks its beginning and end.

    Parameters
    ----------
    shortest, longest : lengths of the n-grams, in characters
    min_df : in how many units of the training data an n-gram must stand
    """

    MAX_WORD = 40  # An address or a run of dashes teaches nothing after its first characters.

    def __init__(self, shortest: int = 2, longest: int = 5, min_df: int = 5) -> None:
        self.shortest = shortest
        self.longest = longest
        self.min_df = min_df

    def fit(self, units: Sequence[ReadUnit], y: object = None) -> Self:
        """Learn the vocabulary and the weights of rarity."""
        self.fit_transform(units)
        return self

    def fit_transform(self, units: Sequence[ReadUnit], y: object = None, **_: object) -> Matrix:
        """`fit`, then `transform`, counting once."""
        self.counter_ = CountVectorizer(
            analyzer="char", ngram_range=(self.shortest, self.longest), lowercase=False, dtype=np.float64
        )
        by_word, words = self._count_words(units)
        if not by_word.nnz:  # not a word to cut: no columns
            self.counter_.vocabulary_ = {}
            return sparse.csr_array((len(units), 0))
        counts = (by_word @ self.counter_.fit_transform(words)).tocsr()
        frequency = np.bincount(counts.indices, minlength=counts.shape[1])
        keep = np.flatnonzero(frequency >= self.min_df)
        self.counter_.vocabulary_ = _restricted(self.counter_.vocabulary_, keep)
        self.tfidf_ = TfidfTransformer(sublinear_tf=True)
        kept = counts[:, keep]
        kept.sort_indices()
        return self.tfidf_.fit_transform(kept).tocsr() if len(keep) else kept

    def transform(self, units: Sequence[ReadUnit]) -> Matrix:
        """Matrix of shape (n, n-grams)."""
        if not self.counter_.vocabulary_:
            return sparse.csr_array((len(units), 0))
        by_word, words = self._count_words(units)
        return _tfidf(self.tfidf_, by_word @ self.counter_.transform(words))

    def _count_words(self, units: Sequence[ReadUnit]) -> tuple[Matrix, list[str]]:
        """Counts of shape (units, distinct words), and those words between blanks."""
        place: dict[str, int] = {}
        indices: list[int] = []
        ends = [0]
        for unit in units:
            indices += [place.setdefault(word, len(place)) for word in unit.text.words]
            ends.append(len(indices))
        counts = sparse.csr_array((np.ones(len(indices)), indices, ends), shape=(len(units), max(len(place), 1)))
        counts.sum_duplicates()
        return counts, [self._between_blanks(word) for word in place] or [""]

    def _between_blanks(self, word: str) -> str:
        return f" {word[: self.MAX_WORD]} "

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns, such as 'characters:íssim'."""
        return np.array([f"characters:{name}" for name in _in_order(self.counter_.vocabulary_)], dtype=object)

    def occurrences(self, unit: ReadUnit) -> list[Occurrence]:
        """Where each column's value comes from: every n-gram belongs to the word it stands in."""
        vocabulary = self.counter_.vocabulary_
        cut = self.counter_.build_analyzer()
        found = [
            (vocabulary[ngram], place, place + 1)
            for place, word in enumerate(unit.text.words)
            for ngram in cut(self._between_blanks(word))
            if ngram in vocabulary
        ]
        return _shared(found)


class CueCounts(TransformerMixin, BaseEstimator):
    """Logarithms of the counts of cues by kind, in one part of a unit: a column a kind.

    Parameters
    ----------
    part : which text of the unit
    scale : factor of all columns; against TF-IDF values of about 0.1 a plain count would weigh too much
    """

    def __init__(self, part: Part = "text", scale: float = 0.5) -> None:
        self.part = part
        self.scale = scale

    def fit(self, units: Sequence[ReadUnit], y: object = None) -> Self:
        """Take the names of the kinds."""
        self.kinds_ = tuple(kind.name for kind in load_cues())
        return self

    def transform(self, units: Sequence[ReadUnit]) -> Matrix:
        """Matrix of shape (n, kinds)."""
        column = {kind: place for place, kind in enumerate(self.kinds_)}
        counts = np.zeros((len(units), len(self.kinds_)))
        for row, unit in enumerate(units):
            for cue in getattr(unit, self.part).cues:
                counts[row, column[cue.kind]] += 1
        return sparse.csr_array(self.scale * np.log1p(counts))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns, such as 'cue:hedge' or 'cue:hedge in previous'."""
        where = "" if self.part == "text" else f" in {self.part}"
        return np.array([f"cue:{kind}{where}" for kind in self.kinds_], dtype=object)

    def occurrences(self, unit: ReadUnit) -> list[Occurrence]:
        """Where each column's value comes from: the cues found."""
        if self.part != "text":
            return []
        column = {kind: place for place, kind in enumerate(self.kinds_)}
        return _shared([(column[cue.kind], cue.start, cue.end) for cue in unit.text.cues])


def surface_of(read: ReadText) -> dict[str, float]:
    """What can be seen of a text without reading it, each figure in about [0, 1].

    >>> from joio.reader import UnitReader
    >>> reader = UnitReader().fit([])
    >>> surface_of(reader.read("CORRA!!"))["ends in !"]
    1.0
    """
    text = read.normalised.text.strip()
    words = read.tokens.words
    n_words, n_characters = max(len(words), 1), max(len(text), 1)
    pictograms = 0 if text.isascii() else sum(unicodedata.category(character) == "So" for character in text)
    return {
        "length": math.log1p(len(words)) / 5,
        "at most 6 words": float(len(words) <= 6),
        "at most 15 words": float(len(words) <= 15),
        "over 60 words": float(len(words) > 60),
        "words a sentence": min(len(words) / max(len(read.tokens.sentence_starts), 1), 60) / 60,
        "digits": min(sum(map(str.isdigit, text)) / n_characters * 10, 1.0),
        "capital letters": sum(word[0].isupper() for word in words) / n_words,
        "words in capitals": sum(len(word) > 2 and word.isupper() for word in words) / n_words,
        "pictograms": min(pictograms, 3) / 3,
        "quotation marks": float(text.count('"') > 1),
        "dots of suspense": float("…" in text or "..." in text),
        "ends in :": float(text.endswith(":")),
        "ends in !": float(text.endswith("!")),
        "ends in ?": float(text.endswith("?")),
        "ends without stop": float(not text.endswith((".", "!", "?", ":", "…", '"', ")"))),
        "begins in lower case": float(text[:1].islower()),
        "address": float("<url>" in read.words),
    }


def place_of(unit: Unit) -> dict[str, float]:
    """Where a unit stands in its article and what kind of block it is; all zero for a paragraph without context."""
    place: dict[str, float] = dict.fromkeys(
        (
            "title",
            "item",
            "quote",
            "opening",
            "near the start",
            "last",
            "near the end",
            "short article",
            "long article",
            "under a heading",
        ),
        0.0,
    )
    if unit.kind in place:
        place[unit.kind] = 1.0
    place["under a heading"] = float(bool(unit.section))
    place["relative place"] = 0.0
    if unit.position is not None and unit.of:
        from_end = unit.of - 1 - unit.position
        place |= {
            "opening": float(unit.position <= 1),
            "near the start": float(unit.position <= 3),
            "last": float(from_end == 0),
            "near the end": float(from_end <= 2),
            "relative place": unit.position / max(unit.of - 1, 1),
            "short article": float(unit.of <= 4),
            "long article": float(unit.of > 30),
        }
    return place


class Surface(TransformerMixin, BaseEstimator):
    """Length, digits, capitals, punctuation, pictograms, kind and place: a column each, all times `scale`."""

    def __init__(self, scale: float = 0.5) -> None:
        self.scale = scale

    def fit(self, units: Sequence[ReadUnit], y: object = None) -> Self:
        """Nothing to learn."""
        self.names_ = tuple(self._figures(ReadUnit(Unit(""), NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)))
        return self

    def transform(self, units: Sequence[ReadUnit]) -> Matrix:
        """Matrix of shape (n, figures)."""
        rows = [list(self._figures(unit).values()) for unit in units]
        return sparse.csr_array(self.scale * np.array(rows, dtype=np.float64).reshape(len(units), len(self.names_)))

    def _figures(self, unit: ReadUnit) -> dict[str, float]:
        return surface_of(unit.text) | place_of(unit.unit)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns, such as 'surface:ends in !'."""
        return np.array([f"surface:{name}" for name in self.names_], dtype=object)

    def occurrences(self, unit: ReadUnit) -> list[Occurrence]:
        """None: these belong to the unit as a whole."""
        return []


def _restricted(vocabulary: dict[str, int], keep: npt.NDArray[np.int64]) -> dict[str, int]:
    """The vocabulary with only the columns to keep, renumbered in their order."""
    new = {int(old): place for place, old in enumerate(keep)}
    return {ngram: new[column] for ngram, column in vocabulary.items() if column in new}


def _in_order(vocabulary: dict[str, int]) -> list[str]:
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _tfidf(tfidf: TfidfTransformer, counts: Any) -> Matrix:
    """Weigh counts. Columns are put in order first, so that a row's sums do not depend on the rows beside it."""
    counts = sparse.csr_array(counts)
    counts.sort_indices()
    return sparse.csr_array(tfidf.transform(counts)) if counts.shape[0] else counts


def _shared(found: list[tuple[int, int, int]]) -> list[Occurrence]:
    """(column, start, end) of each occurrence -> occurrences that share their column's value evenly."""
    counts = Counter(column for column, _, _ in found)
    return [Occurrence(column, start, end, 1 / counts[column]) for column, start, end in found]
