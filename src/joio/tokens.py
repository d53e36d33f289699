"""Portuguese tokens and sentences: spaCy's, at the speed of a dictionary look-up.

The rules are spaCy's own (`spacy.lang.pt`): `export_rules` reads prefixes, suffixes, infixes and abbreviations off a
blank Portuguese pipeline when a model is trained, and `Tokenizer` applies them with `re` alone. Importing spaCy costs
more than scoring an article, and its tokenizer is slower than ours, which remembers how it split each stretch between
blanks; ``make bench`` shows both. A test holds the tokens and sentences equal to spaCy's.

Offsets count characters of the text as given, also where normalising shortened it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language

# One character for one, so that offsets stay true. Accents, case, punctuation and emoji are evidence and stay.
_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys("“”„‟″❝❞", '"'),
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("‐‑‒−", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u3000", " "),
        # Control characters separate, as blanks do.
        **{chr(code): " " for code in (*range(32), *range(127, 160))},
    }
)
_INVISIBLE_SIGNS = "\u00ad\u200b-\u200d\u2060\ufe0e\ufe0f\ufeff"
_INVISIBLE = re.compile(f"[{_INVISIBLE_SIGNS}]")
# A letter and its accents are one piece also where something invisible stands between them.
_COMBINING_SEQUENCE = re.compile(f"[{_INVISIBLE_SIGNS}]|[^{_INVISIBLE_SIGNS}](?:[{_INVISIBLE_SIGNS}]*[\u0300-\u036f])*")

# Peeling affixes off takes time that grows with the square of the length. What is longer than this is no word but a
# row of signs or encoded data, and is cut.
MAX_STRETCH = 500
_STRETCH = re.compile(rf"\S{{1,{MAX_STRETCH}}}")
_ABBREVIATION = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]*)*\.?")

# Markdown's marks are not words. They become blanks, one for one: '**', '__', backticks, '[' and '](address)'.
# Every look-ahead is bounded or tried once a row of marks: a text of brackets only must not take minutes.
_MARKUP = re.compile(
    r"\]\([^()\s]*\)|(?<=\[)\^|!?\[(?=[^\]]{0,500}\]\()|\*\*+|(?<!\w)__+|(?<!_)__+(?!\w)|~~|(?<![\w*])\*(?=\w)|(?<=[\w.!?])\*(?![\w*])"
)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text made uniform for the tokenizer.

    `offsets` is None where nothing moved; otherwise ``offsets[i]`` is the place in the original text of the i-th
    character, with one entry more for the end.
    """

    text: str
    offsets: tuple[int, ...] | None = None

    def original(self, position: int) -> int:
        """The place in the original text of `position` in `text`."""
        return position if self.offsets is None else self.offsets[position]


def normalise(text: str) -> Normalised:
    """Compose accents (NFC), unify quotes, hyphens and blanks, drop invisible characters, blank out Markdown's marks.

    Nothing else goes: not accents, stop words, punctuation, emoji or case, for all of these are evidence.

    >>> normalise("“Não”").text
    '"Não"'
    >>> decomposed = normalise("Na\\u0303o!")
    >>> decomposed.text, decomposed.original(3)
    ('Não!', 4)
    """
    offsets: tuple[int, ...] | None = None
    if not unicodedata.is_normalized("NFC", text) or _INVISIBLE.search(text):
        pieces: list[str] = []
        places: list[int] = []
        # Composing stretch by stretch gives the same text with and without offsets; only letters with accents matter.
        for match in _COMBINING_SEQUENCE.finditer(text):
            piece = unicodedata.normalize("NFC", _INVISIBLE.sub("", match.group()))
            pieces.append(piece)
            places += [match.start()] * len(piece)
        offsets = (*places, len(text))
        text = "".join(pieces)
    text = text.translate(_SAME_LENGTH)
    if "*" in text or "[" in text or "_" in text or "~" in text:
        marked = ""
        while text != marked:  # '*' in '__*so*__' is seen for a mark once '__' is gone
            marked, text = text, _MARKUP.sub(lambda match: " " * len(match.group()), text)
    return Normalised(text, offsets)


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a spaCy tokenizer knows of its language, as plain data that a model file can hold."""

    prefix: str
    suffix: str
    infix: str
    url: str
    exceptions: dict[str, tuple[str, ...]]
    sentence_ends: frozenset[str]


def reference_pipeline() -> Language:
    """spaCy's blank Portuguese pipeline with its sentencizer: the linguistics that this module repeats faster.

    Its exceptions are Portuguese abbreviations and contractions only. spaCy's list of emoticons is left out, because
    spaCy looks for these across tokens, a second pass over every text, and punctuation already tells what they tell.
    """
    import spacy

    nlp = spacy.blank("pt")
    nlp.tokenizer.rules = {text: parts for text, parts in nlp.tokenizer.rules.items() if _ABBREVIATION.fullmatch(text)}
    nlp.add_pipe("sentencizer")
    return nlp


def export_rules() -> TokenRules:
    """Read the rules of `reference_pipeline` as plain data.

    >>> "Sr." in export_rules().exceptions
    True
    """
    from spacy.attrs import ORTH
    from spacy.pipeline import Sentencizer

    tokenizer = reference_pipeline().tokenizer
    return TokenRules(
        prefix=tokenizer.prefix_search.__self__.pattern,
        suffix=tokenizer.suffix_search.__self__.pattern,
        infix=tokenizer.infix_finditer.__self__.pattern,
        url=tokenizer.url_match.__self__.pattern,
        exceptions={text: tuple(part[ORTH] for part in parts) for text, parts in tokenizer.rules.items()},
        sentence_ends=frozenset(Sentencizer.default_punct_chars),
    )


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text: `words` as written, where each starts and ends, and which ones begin a sentence."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sentence_starts: frozenset[int]


@dataclass
class Tokenizer:
    """Splits normalised text as `reference_pipeline` does, without spaCy.

    Blanks part the text into stretches; affixes are peeled off each stretch until none is left (the algorithm that
    spaCy documents as ``Tokenizer.explain``). Stretches repeat, so each is split once and remembered.

    >>> Tokenizer(export_rules())("O Sr. Braga disse-me: 'Não!'").words
    ('O', 'Sr.', 'Braga', 'disse-me', ':', "'", 'Não', '!', "'")
    """

    rules: TokenRules
    _seen: dict[str, tuple[tuple[str, int, int], ...]] = field(default_factory=dict, repr=False, compare=False)

    # A model that scores millions of paragraphs must not remember every number and typing error it met.
    MAX_REMEMBERED = 50_000

    def __getstate__(self) -> dict[str, object]:
        return {"rules": self.rules}

    def __setstate__(self, state: dict[str, TokenRules]) -> None:
        self.__init__(state["rules"])  # type: ignore[misc]

    def __call__(self, text: str) -> Tokens:
        """Tokens of `text`, with offsets into it; blanks are no tokens."""
        words: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for match in _STRETCH.finditer(text):
            stretch, offset = match.group(), match.start()
            for word, start, end in self._seen.get(stretch) or self._remember(stretch):
                words.append(word)
                starts.append(offset + start)
                ends.append(offset + end)
        return Tokens(tuple(words), tuple(starts), tuple(ends), self._sentence_starts(words))

    def _remember(self, stretch: str) -> tuple[tuple[str, int, int], ...]:
        pieces: list[tuple[str, int, int]] = []
        at = 0
        for word in self._join_exceptions(self._split(stretch)):
            pieces.append((word, at, at + len(word)))
            at += len(word)
        if len(self._seen) >= self.MAX_REMEMBERED:
            self._seen.clear()
        self._seen[stretch] = tuple(pieces)
        return self._seen[stretch]

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
        rules = self.rules
        return re.compile(rules.prefix), re.compile(rules.suffix), re.compile(rules.infix), re.compile(rules.url)

    def _split(self, stretch: str) -> list[str]:
        """Peel prefixes and suffixes off, then cut what is left at infixes."""
        prefix_of, suffix_of, infix_of, url_of = self._patterns
        exceptions = self.rules.exceptions
        rest, before, after = stretch, list[str](), list[str]()
        length = -1
        while rest and len(rest) != length and rest not in exceptions:
            length = len(rest)
            prefix = prefix_of.search(rest)
            cut = prefix.end() - prefix.start() if prefix else 0
            if cut and rest[cut:] in exceptions:
                before.append(rest[:cut])
                rest = rest[cut:]
                break
            suffix = suffix_of.search(rest[cut:])
            keep = len(rest) - (suffix.end() - suffix.start() if suffix else 0)
            if keep < len(rest) and rest[:keep] in exceptions:
                after.append(rest[keep:])
                rest = rest[:keep]
                break
            if cut and keep < len(rest) and cut <= keep:
                before.append(rest[:cut])
                after.append(rest[keep:])
                rest = rest[cut:keep]
            elif cut:
                before.append(rest[:cut])
                rest = rest[cut:]
            elif keep < len(rest):
                after.append(rest[keep:])
                rest = rest[:keep]
        middle: list[str] = []
        if rest in exceptions:
            middle = list(exceptions[rest])
        elif rest and url_of.match(rest):
            middle = [rest]
        elif rest:
            at = 0
            for match in infix_of.finditer(rest):
                if match.start() == 0:
                    continue  # spaCy leaves an infix at the very start to the next token
                if match.start() > at:
                    middle.append(rest[at : match.start()])
                if match.end() > match.start():
                    middle.append(match.group())
                at = match.end()
            if at < len(rest):
                middle.append(rest[at:])
        return before + middle + after[::-1]

    @cached_property
    def _torn_exceptions(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """What affixes and infixes make of each exception -> its parts, where that tears it to pieces."""
        without = Tokenizer(replace(self.rules, exceptions={}))
        torn = {tuple(without._split(text)): parts for text, parts in self.rules.exceptions.items()}
        return {pieces: parts for pieces, parts in torn.items() if len(pieces) > 1}

    @cached_property
    def _most_pieces(self) -> int:
        return max(map(len, self._torn_exceptions), default=0)

    def _join_exceptions(self, words: list[str]) -> list[str]:
        """Join neighbours that spell an exception, such as 'Sr' + '.' freed by an infix: spaCy does so at the end.

        Where two such runs overlap the longer one wins, then the earlier one.
        """
        if len(words) < 2:
            return words
        torn = self._torn_exceptions
        runs = [
            (start - end, start, end)
            for start in range(len(words) - 1)
            for end in range(start + 2, min(start + self._most_pieces, len(words)) + 1)
            if tuple(words[start:end]) in torn
        ]
        taken: dict[int, int] = {}
        inside: set[int] = set()
        for _, start, end in sorted(runs):
            if inside.isdisjoint(range(start, end)):
                taken[start] = end
                inside.update(range(start, end))
        joined: list[str] = []
        for place, word in enumerate(words):
            if place in taken:
                joined += torn[tuple(words[place : taken[place]])]
            elif place not in inside:
                joined.append(word)
        return joined

    def _sentence_starts(self, words: Sequence[str]) -> frozenset[int]:
        """The first word, and each word after a full stop and whatever punctuation follows it (spaCy's Sentencizer)."""
        ends = self.rules.sentence_ends
        starts = {0} if words else set()
        seen_end = False
        for place, word in enumerate(words):
            if word in ends:
                seen_end = True
            elif seen_end and not _is_punctuation(word):
                starts.add(place)
                seen_end = False
        return frozenset(starts)


def _is_punctuation(word: str) -> bool:
    return all(unicodedata.category(character).startswith("P") for character in word)
