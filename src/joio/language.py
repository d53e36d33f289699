"""Is a text Portuguese? A count of function words, enough to warn and never to refuse.

A language identifier would weigh more than all of joio. The question here is narrower: is this text so far from
Portuguese that the labels mean nothing? Little words answer it: they are a third of any prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

# Words that are frequent in one of the languages and rare or absent in the other two.
_PORTUGUESE: Final = frozenset(
    """
    o os um uma uns umas do da dos das no na nos nas ao à aos às pelo pela pelos pelas em com não é são está estão
    foi foram ser ter tem têm mais muito também já ou você vocês seu sua seus suas isso isto esse essa este esta
    eu ele ela eles elas nós meu minha há até depois quando sobre só sem mas porque então ainda bem quem qual onde
    cada nem vai vão pode num numa dum duma lhe lhes daquele nesta neste nessa nesse desta deste dessa desse que
    de para por se como
    """.split()
)
_ENGLISH: Final = frozenset(
    """
    the of and to in is that it for on with this are be by from an or was have not you your we our can will has
    its their they which but at if how what when there more about all so use into would could should been were his
    her he she
    """.split()
)
_SPANISH: Final = frozenset(
    """
    el los las y del en con es más pero su sus lo al fue son este está también muy cuando sin hasta donde hay hace
    así nuestro cual ella nosotros usted mi una un la que de para por se como le ya no
    """.split()
)
_ONLY_PORTUGUESE: Final = _PORTUGUESE - _SPANISH - _ENGLISH
_ONLY_SPANISH: Final = _SPANISH - _PORTUGUESE - _ENGLISH
_WORD = re.compile(r"[^\W\d_]+")

Finding = Literal["portuguese", "other", "no words", "too short"]


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """What was found, and the share of words that are Portuguese function words."""

    finding: Finding
    share: float
    n_words: int

    @property
    def doubtful(self) -> bool:
        """Should the user be warned that the labels may mean nothing?"""
        return self.finding in ("other", "no words")


def guess_language(texts: Iterable[str]) -> LanguageGuess:
    """Judge some text, paragraph by paragraph or whole.

    >>> guess_language(["O servidor caiu de novo, e ninguém sabe por quê."]).finding
    'portuguese'
    >>> guess_language(["The server went down again, and nobody knows why."]).finding
    'other'
    >>> guess_language(["🚀🚀🚀"]).finding
    'no words'
    """
    words = [word.casefold() for text in texts for word in _WORD.findall(text[:20_000])]
    n = len(words)
    if n == 0:
        return LanguageGuess("no words", 0.0, 0)
    portuguese = sum(word in _ONLY_PORTUGUESE for word in words)
    english = sum(word in _ENGLISH for word in words)
    spanish = sum(word in _ONLY_SPANISH for word in words)
    share = sum(word in _PORTUGUESE for word in words) / n
    if n < 8:
        return LanguageGuess("too short" if portuguese >= english else "other", share, n)
    doubtful = share < 0.12 or english > portuguese or spanish > portuguese or portuguese == 0
    return LanguageGuess("other" if doubtful else "portuguese", share, n)
