"""Where the blocks of a text begin and end: plain text by its lines, Markdown by its grammar.

Plain text has no grammar, only habits. A line is a block unless the text is hard-wrapped; a heading is a short line
that ends without a full stop and has something under it; a numbered line is an item in a row of numbered lines and a
heading where prose follows. Markdown is parsed by markdown-it-py (CommonMark, with tables).

Both functions yield ``(kind, start, end)`` in the order of the text.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from joio.article import BlockKind

Found = tuple["BlockKind", int, int]

# Longest line that may be a heading, in characters and words: longer ones are sentences whatever their last sign.
MAX_HEADING = 90
MAX_HEADING_WORDS = 14
MAX_TITLE = 180
# Widths at which people and programs wrap. Narrower lines are short lines, each its own.
WRAP_WIDTHS = range(40, 111)

_BULLET = re.compile(r"(?:[-*•·▪▫◦●○■□‣⁃➤➢►▶→✓✔✅☑❌✗✘➡👉]\ufe0f?|\+)[ \t\u00a0]+(?=\S)")
_PICTOGRAM = re.compile(
    "(?:[\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff]"
    "|[0-9]\ufe0f?\u20e3)[\ufe0f\U0001f3fb-\U0001f3ff]?[ \t\u00a0]*(?=\\S)"
)
_NUMBER = re.compile(r"\(?(?:\d{1,2}(?:\.\d{1,2})*[.)º]|[a-hA-H]\)|[IVX]{1,4}[.)])[ \t\u00a0]+(?=\S)")
_QUOTE = re.compile(r">[ \t]?(?=\S)")
_SPEECH = re.compile(r"[—–―][ \t\u00a0]*\S|[\"“”«‘']")
_SENTENCE_END = re.compile(r"[.;,…!:][\"”»’')\]]*$")
# 'Foto: …', 'Leia também: …', 'Por Fulana de Tal': lines that look like headings and head nothing.
_CREDIT = re.compile(
    r"(?:fotos?|imagens?|imagem|crédito|créditos|ilustração|legenda|fonte|fontes|leia também|leia mais|veja também|"
    r"edição|texto|reportagem|tradução|publicado|publicada|atualizado|atualizada|data|autor|autora|tempo de leitura|"
    r"tags|categoria|categorias|via)\b[^:]{0,20}:|"
    r"(?:da|do) (?:redação|redacção)\b",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(?:Por|By)\s+[A-ZÀ-Þ]\S*(?:\s+(?:d[aeo]s?|e|[A-ZÀ-Þ]\S*))*(?:\s*[,|—–-].*)?$")
# '* * *' or '-----' parts sections, as a blank line does.
_RULE = re.compile(r"(?:[-*_=~•·#—–][ \t\u00a0]*){3,}")
_SPEAKER = re.compile(r"([A-ZÀ-Þ][\w.'’-]*(?: [\w.'’-]+){0,3}) ?: ")


@dataclass(slots=True)
class _Line:
    """A line that is not blank: where its words begin and end (marker left out), and what its marker says."""

    start: int
    end: int
    text: str
    marker: Literal["", "bullet", "pictogram", "number", "quote"] = ""
    marked_start: int = 0
    after_blank: bool = False

    @property
    def words(self) -> str:
        """The line without its marker."""
        return self.text[self.marked_start - self.start :] if self.marker else self.text


def plain_blocks(text: str) -> list[Found]:
    """Blocks of plain text: ``(kind, start, end)`` with ``text[start:end]`` the block's own words.

    >>> plain_blocks("1. O começo\\nEra uma vez um servidor.\\n• Tinha disco.")
    [('title', 0, 11), ('paragraph', 12, 36), ('item', 39, 51)]
    """
    lines = _lines(text)
    if not lines:
        return []
    paragraphs = _join_wrapped(lines)
    kinds = _classify(paragraphs)
    found: list[Found] = []
    for paragraph, kind in zip(paragraphs, kinds, strict=True):
        first, last = paragraph[0], paragraph[-1]
        keeps_marker = not first.marker or kind in ("heading", "title", "paragraph")
        found.append((kind, first.start if keeps_marker else first.marked_start, last.end))
    return found


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    blank_before = True
    for match in re.finditer(r"[^\r\n\u2028\u2029\x0b\x0c]+", text):
        raw = match.group()
        words = raw.strip()
        if _RULE.fullmatch(words) or not any(char.isprintable() and not char.isspace() for char in words):
            blank_before = True
            continue
        start = match.start() + raw.index(words)
        between = text[lines[-1].end : start] if lines else "\n\n"
        line = _Line(start, start + len(words), words)
        line.after_blank = blank_before or len(re.findall(r"\r\n|[\r\n\u2028\u2029\x0b\x0c]", between)) > 1
        _mark(line)
        lines.append(line)
        blank_before = False
    return lines


def _mark(line: _Line) -> None:
    for name, pattern in (("bullet", _BULLET), ("number", _NUMBER), ("quote", _QUOTE), ("pictogram", _PICTOGRAM)):
        match = pattern.match(line.text)
        if match:
            line.marker = name  # type: ignore[assignment]
            line.marked_start = line.start + match.end()
            return


def _join_wrapped(lines: list[_Line]) -> list[list[_Line]]:
    """Lines -> paragraphs: one line each, unless the text was wrapped at a fixed width."""
    width = max(len(line.text) for line in lines)
    wrapped = width in WRAP_WIDTHS and _is_wrapped(lines, width)
    paragraphs: list[list[_Line]] = []
    for line in lines:
        previous = paragraphs[-1][-1] if paragraphs else None
        if (
            wrapped
            and previous is not None
            and not line.after_blank
            and (not line.marker or (line.marker == "quote" and paragraphs[-1][0].marker == "quote"))
            and _is_full(previous, line, width)
        ):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _is_full(line: _Line, following: _Line, width: int) -> bool:
    """Would the first word of the following line not have fitted on this one?"""
    first_word = following.text.split(maxsplit=1)[0]
    return (line.end - line.start) + 1 + len(first_word) > width - 8


def _is_wrapped(lines: list[_Line], width: int) -> bool:
    """A text is hard-wrapped when most breaks inside its stretches fall where the next word did not fit."""
    breaks = [
        _is_full(line, following, width)
        for line, following in itertools.pairwise(lines)
        if not following.after_blank and not following.marker
    ]
    middle_of_sentence = [
        following.text[0].islower() or not _SENTENCE_END.search(line.text)
        for line, following in itertools.pairwise(lines)
        if not following.after_blank and not following.marker
    ]
    return len(breaks) >= 3 and sum(breaks) >= 0.6 * len(breaks) and sum(middle_of_sentence) >= 0.5 * len(breaks)


def _classify(paragraphs: list[list[_Line]]) -> list[BlockKind]:
    speakers = Counter(match.group(1) for lines in paragraphs if (match := _SPEAKER.match(lines[0].text)))
    recurring = {name for name, count in speakers.items() if count > 1}
    kinds: list[BlockKind | None] = [None] * len(paragraphs)

    for place, lines in enumerate(paragraphs):
        line = lines[0]
        if line.marker == "bullet":
            kinds[place] = "item"
        elif line.marker == "quote":
            kinds[place] = "quote"
        elif line.marker == "pictogram" and _has_marked_neighbour(paragraphs, place, ("pictogram", "bullet")):
            kinds[place] = "item"

    could_head = [
        kinds[place] is None and _could_be_heading(lines, recurring) for place, lines in enumerate(paragraphs)
    ]

    first = paragraphs[0]
    if kinds[0] is None and len(paragraphs) > 1 and _could_be_title(first):
        kinds[0] = "title"
        could_head[0] = False

    for place, lines in enumerate(paragraphs):
        if kinds[place] is not None or lines[0].marker != "number":
            continue
        # '2. O que muda' over prose is a heading; numbered lines in a row, or numbered sentences, are items.
        prose_follows = place + 1 < len(paragraphs) and paragraphs[place + 1][0].marker != "number"
        row = _has_marked_neighbour(paragraphs, place, ("number",))
        could_head[place] = could_head[place] and prose_follows and not row
        if not could_head[place]:
            kinds[place] = "item"

    for place, kind in enumerate(kinds):
        if kind is None:
            kinds[place] = "heading" if could_head[place] and _heads_something(could_head, place) else "paragraph"
    return [kind or "paragraph" for kind in kinds]


def _has_marked_neighbour(paragraphs: list[list[_Line]], place: int, markers: tuple[str, ...]) -> bool:
    neighbours = [at for at in (place - 1, place + 1) if 0 <= at < len(paragraphs)]
    return any(paragraphs[at][0].marker in markers for at in neighbours)


def _could_be_title(lines: list[_Line]) -> bool:
    text = lines[0].text
    return (
        len(lines) <= 3
        and lines[-1].end - lines[0].start <= MAX_TITLE
        and any(character.isalnum() for character in text)
        and not re.search(r"[.;,:…][\"”»’')\]]*$", lines[-1].text)
        and not _CREDIT.match(text)
        and not _BYLINE.match(text)
    )


def _could_be_heading(lines: list[_Line], recurring_speakers: set[str]) -> bool:
    line = lines[0]
    words = line.words
    if len(lines) > 1 or len(words) > MAX_HEADING or len(words.split()) > MAX_HEADING_WORDS:
        return False
    speaker = _SPEAKER.match(words)
    if speaker and speaker.group(1) in recurring_speakers:
        return False
    if _SPEECH.match(words) or _BYLINE.match(words) or _CREDIT.match(words):
        return False
    if not any(character.isalpha() for character in words):
        return False
    first_letter = next(character for character in words if character.isalpha())
    return not first_letter.islower() and not _SENTENCE_END.search(words)


def _heads_something(could_head: list[bool], place: int) -> bool:
    """A heading has prose or items under it, with at most one more heading between.

    Of three short lines in a row, an address or a list without bullets, only the last may head what follows.
    """

    def short(at: int) -> bool:
        return 0 <= at < len(could_head) and could_head[at]

    if not short(place + 1):
        return place + 1 < len(could_head)
    return not short(place - 1) and not short(place + 2) and place + 2 < len(could_head)


# ---------------------------------------------------------------------------------------------------- Markdown

_FRONT_MATTER = re.compile(r"\ufeff?\s*(---|\+\+\+)[ \t]*\r?\n(.*?)^\1[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_TITLE = re.compile(
    r"^(?:title|titulo|título|headline)[ \t]*[:=][ \t]*(.+?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_BOLD_LINE = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


def looks_like_markdown(text: str) -> bool:
    """Front matter, a '#' heading or a link in brackets: nobody writes these in plain text.

    >>> looks_like_markdown("# Título\\n\\nTexto."), looks_like_markdown("- um\\n- dois")
    (True, False)
    """
    return bool(
        _FRONT_MATTER.match(text)
        or re.search(r"^ {0,3}#{1,6}[ \t]+\S", text, re.MULTILINE)
        or re.search(r"\[[^\[\]\n]+\]\((?:https?:|/|#)[^)\s]*\)", text)
        or re.search(r"^\S.*\r?\n(?:={3,}|-{3,})[ \t]*\r?$", text, re.MULTILINE)
    )


def markdown_blocks(text: str) -> list[Found]:
    """Blocks of Markdown: ``(kind, start, end)`` with ``text[start:end]`` the block's own words, inner markup included.

    Code, tables, HTML and front matter are no blocks; the title in the front matter is.

    >>> markdown_blocks("# Oi\\n\\n> Disse\\n> isso.\\n\\n- um **dois**")
    [('title', 2, 4), ('quote', 8, 21), ('item', 25, 36)]
    """
    from markdown_it import MarkdownIt

    found: list[Found] = []
    body_start = 0
    front = _FRONT_MATTER.match(text)
    if front:
        body_start = front.end()
        title = _FRONT_TITLE.search(front.group(2))
        if title:
            value = title.group(1)
            offset = front.start(2) + title.start(1)
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value, offset = value[1:-1], offset + 1
            if any(character.isalnum() for character in value):  # '>-' opens a block of YAML, and is no title
                found.append(("title", offset, offset + len(value)))

    # The parser counts '\n' only, so other line ends must not shift its line numbers against ours.
    body = text[body_start:].replace("\r\n", " \n").replace("\r", "\n").replace("\0", " ")
    line_starts = [0]
    for match in re.finditer("\n", body):
        line_starts.append(match.end())
    parsed = MarkdownIt("commonmark").enable("table").parse(body)

    containers: list[str] = []
    fresh_item = False
    for place, token in enumerate(parsed):
        if token.type in ("blockquote_open", "list_item_open", "table_open"):
            containers.append(token.type.removesuffix("_open"))
            fresh_item = token.type == "list_item_open"
        elif token.type in ("blockquote_close", "list_item_close", "table_close"):
            containers.pop()
        elif token.type == "inline" and token.content.strip() and "table" not in containers and token.map:
            span = _inline_span(body, line_starts, token.map[0], token.content)
            if span is None or not any(character.isalnum() for character in body[slice(*span)]):
                continue
            opener = parsed[place - 1]
            kind: BlockKind = "paragraph"
            if opener.type == "heading_open":
                # Whatever stands first and is a great heading is the title; one in the front matter came before.
                opens = not found and opener.tag in ("h1", "h2")
                kind = "title" if opens else "heading"
            elif containers and containers[-1] == "list_item" and fresh_item:
                kind = "item"
            elif "blockquote" in containers:
                kind = "quote"
            elif _is_image(token.content):
                continue
            fresh_item = False
            found.append((kind, body_start + span[0], body_start + span[1]))
    return _bold_headings(text, [_trimmed(text, block) for block in found])


def _trimmed(text: str, block: Found) -> Found:
    """Markdown knows fewer blanks than Unicode does: a line separator or NEL at a block's edge is none of its words."""
    kind, start, end = block
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return kind, start, start + len(words.strip())


def _inline_span(body: str, line_starts: list[int], line: int, content: str) -> tuple[int, int] | None:
    """Offsets of a parsed paragraph: each of its lines is the tail of a line of the source, marker left out."""
    pieces = content.split("\n")
    spans: list[tuple[int, int]] = []
    for number, piece in enumerate(pieces, start=line):
        if number >= len(line_starts):
            return None
        end = line_starts[number + 1] - 1 if number + 1 < len(line_starts) else len(body)
        source = body[line_starts[number] : end]
        words = piece.strip()
        at = source.rfind(words)
        if at < 0:
            return None
        spans.append((line_starts[number] + at, line_starts[number] + at + len(words)))
    return spans[0][0], spans[-1][1]


def _is_image(content: str) -> bool:
    return bool(re.fullmatch(r"(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*)+", content))


def _bold_headings(text: str, found: list[Found]) -> list[Found]:
    """A short line that is bold as a whole and has prose under it is a heading in all but name."""

    def is_heading(place: int) -> bool:
        kind, start, end = found[place]
        bold = _BOLD_LINE.fullmatch(text[start:end])
        return (
            kind == "paragraph"
            and bold is not None
            and len(bold.group(2)) <= MAX_HEADING
            and not _SENTENCE_END.search(bold.group(2))
            and place + 1 < len(found)
            and found[place + 1][0] != "heading"
        )

    return [(("heading" if is_heading(place) else kind), start, end) for place, (kind, start, end) in enumerate(found)]
