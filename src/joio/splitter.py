r"""The frozen splitter: what the addresses of the public paragraphs count.

A public paragraph is kept without its text, as an address: repository, commit, path, the *index* of its block in the
document, and the SHA-1 of the block. This module turns a document into those blocks. It is **frozen**: change any rule
and indices shift, digests differ, and labelled paragraphs can no longer be found. Odd rules stay odd for that reason.
Articles that users score never come here; they go through the segmenter of ``article.py``, which is free to improve.

The rules, by the extension of the path (line ends become ``\n`` first):

*Front matter* (``---`` YAML, ``+++`` TOML, or bare ``Key: value`` lines before a blank line) is cut off Markdown, HTML,
text, reStructuredText, Nunjucks and Astro files and read for the title and the date only. It is never a block, unless
the option ``frontmatter`` asks for its long strings, which then come first.

*Markdown* (also Rmd, mdx, rst, txt and anything unknown). Fenced and indented code, template tags, imports, comments,
scripts, headings (``#``, underlined, ``<h1>``), rules, tables and link definitions are dropped and end a paragraph.
Block-level HTML tags become blank lines, inline ones vanish. What is left is cut at blank lines; each list item begins
a block of its own; a quote is text like any other. Inline marks (emphasis, links, images, code, footnotes) are undone.

*HTML* (also php, vue, astro, njk, erb, ejs, hbs, twig). Server code and template tags go, dropped elements and
headings go, block-level tags and blank lines are the cuts. Vue and Astro files, and all HTML under the option
``jsstrings``, add the strings of their scripts after that.

*Code* (tsx, jsx, ts, js). Blocks are template literals of any length, quoted strings of at least 40 characters, and
JSX text of at least 20, in the order of the source; comments, imports, headings and attributes are out. A string with
a newline or a tag is split again as Markdown.

*JSON* (whole, or one value a line), *YAML and TOML* (line by line, by pattern, never parsed). Every string value of at
least 40 characters, in order; one with a newline or a tag is split again as Markdown.

*Lines*. The option ``lines`` makes every non-blank line of a text file one block.

Every block has its entities resolved, is in Unicode form NFC, has no zero-width characters and single spaces. Only
Markdown and text files keep headings and items: elsewhere the section is None and the kind ``paragraph``.
"""

from __future__ import annotations

import hashlib
import html
import json
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

OPTIONS: Final = frozenset({"frontmatter", "jsstrings", "lines"})
"""The options that mean something to `split_document`; a source's options are kept next to the labels."""

_CODE: Final = (".tsx", ".jsx", ".ts", ".js")
_DATA: Final = (".yml", ".yaml", ".toml")
_HTML: Final = (".html", ".htm", ".php", ".vue", ".astro", ".njk", ".erb", ".ejs", ".hbs", ".twig")
_SCRIPTED: Final = (".vue", ".astro")
_FRONT_MATTER: Final = (
    ".md", ".markdown", ".mdx", ".mkd", ".rmd", ".html", ".htm", ".njk", ".astro", ".txt", ".rst", "",
)  # fmt: skip
# Tested against the end of the path, not its extension: a file called just ".md" has none, and keeps context too.
_KEEPS_CONTEXT: Final = (".md", ".markdown", ".mdx", ".mkd", ".rmd", ".txt")

# A shorter string in code or data is a key, a class name or a button, not a paragraph.
_SHORTEST_STRING: Final = 40
_LONGEST_TITLE: Final = 200

# Private-use characters mark headings and items while a document is replayed for its context: no text has them.
_HEADING_MARK: Final = "\ue000H"
_ITEM_MARK: Final = "\ue001"


@dataclass(frozen=True, slots=True)
class PublicBlock:
    """One block of a public document with its context: the heading above it and the blocks beside it."""

    text: str
    section: str | None
    kind: Literal["paragraph", "item"]
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A public document: its title (the file's name if it has none), its year if one is stated, all its blocks."""

    title: str
    year: int | None
    blocks: tuple[PublicBlock, ...]


def decode(data: bytes) -> str:
    """Text of a file: UTF-8 with or without a byte-order mark, else Windows-1252, as old Portuguese sites are.

    >>> decode("não".encode("latin-1")) == decode("não".encode("utf-8-sig")) == "não"
    True
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def sha1_of(text: str) -> str:
    """SHA-1 of the UTF-8 bytes of a block: the part of its address that proves the text is the labelled one.

    A lone surrogate, as a broken escape in a script may leave, has a digest too: it must not stop its neighbours.

    >>> sha1_of("")
    'da39a3ee5e6b4b0d3255bfef95601890afd80709'
    """
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def split_document(path: str, raw: str, options: Sequence[str] = ()) -> Document:
    r"""Split a public document into the blocks that addresses count.

    Parameters
    ----------
    path : path inside the repository; its extension chooses the rules, its name serves for a title and a year.
    raw : the decoded text of the whole file.
    options : what a source needs beyond its extension, out of `OPTIONS`; others are ignored.

    Returns
    -------
    Document, whose ``blocks[index]`` is the block with that index, headings and code not counted.

    Examples
    --------
    >>> document = split_document("2021-05-ia.md", "# Novidades\n\nChegou **hoje**.\n\n## Lista\n\n- um\n- dois\n")
    >>> document.title, document.year
    ('Novidades', 2021)
    >>> [(block.text, block.section, block.kind) for block in document.blocks]
    [('Chegou hoje.', 'Novidades', 'paragraph'), ('um', 'Lista', 'item'), ('dois', 'Lista', 'item')]
    """
    extension = posixpath.splitext(path)[1].lower()
    source = _unix_line_ends(raw)
    front, body = _front_matter(source) if extension in _FRONT_MATTER else ("", source)
    texts = _texts(extension, front, body, options)
    marks = _context_marks(body) if path.lower().endswith(_KEEPS_CONTEXT) and "lines" not in options else {}
    blocks = []
    for index, text in enumerate(texts):
        section, kind = marks.get(text, (None, "paragraph"))
        previous = texts[index - 1] if index else None
        following = texts[index + 1] if index + 1 < len(texts) else None
        blocks.append(PublicBlock(text, section, kind, previous, following))
    return Document(_title(path, source, front, body), _year(path, front), tuple(blocks))


def _texts(extension: str, front: str, body: str, options: Sequence[str]) -> list[str]:
    """The blocks of a document, by the rules of its extension."""
    if extension in _CODE:
        return _code_blocks(body)
    if extension == ".json":
        return _json_blocks(body)
    if extension in _DATA:
        return _yaml_blocks(body)
    if extension in _HTML:
        blocks = _html_blocks(body)
        if extension in _SCRIPTED or "jsstrings" in options:
            blocks += _code_blocks("\n".join(_SCRIPT.findall(body)))
        return blocks
    if "lines" in options:
        # A line of invisible characters alone still counts, as an empty block: indices depend on it.
        return [_normal(line) for line in body.split("\n") if line.strip()]
    blocks = _markdown_blocks(body)
    return _yaml_blocks(front) + blocks if "frontmatter" in options else blocks


# ---------------------------------------------------------------------------------------------------------------------
# Characters
# ---------------------------------------------------------------------------------------------------------------------

_INVISIBLE: Final = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_SPACES: Final = re.compile(r"\s+")


def _unix_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _normal(text: str) -> str:
    """Entities resolved, NFC, no invisible characters, single spaces."""
    # Twice, because content systems escape what was escaped before: "&amp;nbsp;".
    text = html.unescape(html.unescape(text))
    text = unicodedata.normalize("NFC", text)
    text = _INVISIBLE.sub("", text).replace("\u00a0", " ")
    return _SPACES.sub(" ", text).strip()


# ---------------------------------------------------------------------------------------------------------------------
# Front matter, title, year
# ---------------------------------------------------------------------------------------------------------------------

# Some editors leave no newline after the opening dashes, hence "---title: ...".
_FRONT_YAML: Final = re.compile(r"\s*---[ \t]*(?:\n|(?=[A-Za-z_]+:))(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.S)
_FRONT_TOML: Final = re.compile(r"\s*\+\+\+[ \t]*\n(.*?\n)\+\+\+[ \t]*(?:\n|$)", re.S)
# Pelican writes bare "Key: value" lines; without one of these keys they are the first paragraph of an ordinary text.
_FRONT_BARE: Final = re.compile(r"((?:[A-Za-z_-]+:[^\n]*\n)+)\n")
_BARE_KEYS: Final = re.compile(r"^(title|date|author)\s*:", re.I | re.M)


def _front_matter(source: str) -> tuple[str, str]:
    """(front matter, the rest)."""
    found = _FRONT_YAML.match(source) or _FRONT_TOML.match(source)
    if not found:
        found = _FRONT_BARE.match(source)
        if not found or not _BARE_KEYS.search(found[1]):
            return "", source
    return found[1], source[found.end() :]


def _fields(*keys: str) -> tuple[re.Pattern[str], ...]:
    # The value may stand on the line after a YAML block mark (">-").
    form = r"^\s*[\"']?%s[\"']?\s*[:=]\s*(?:[>|][+-]?\s*\n\s+)?(.+)$"
    return tuple(re.compile(form % re.escape(key), re.I | re.M) for key in keys)


_TITLE_FIELDS: Final = _fields("title", "titulo", "título", "headline")
_DATE_FIELDS: Final = _fields(
    "date", "pubdate", "publishdate", "published_at", "published", "data", "created", "created_at"
)
_YEAR: Final = re.compile(r"(?<!\d)(19[89]\d|20[0-3]\d)(?!\d)")
_TITLE_TAG: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
_FIRST_HEADING: Final = re.compile(r"^\s{0,3}#{1,3}\s+(.+?)\s*#*$", re.M)
_FIRST_H1: Final = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S | re.I)


def _first_field(front: str, fields: tuple[re.Pattern[str], ...]) -> str:
    """The first of the fields that has a value, in the order of the fields."""
    for field in fields:
        found = field.search(front)
        value = found[1].strip().strip("\"'").strip() if found else ""
        if value:
            return value
    return ""


def _title(path: str, source: str, front: str, body: str) -> str:
    """From the front matter, else ``<title>``, else the first heading, else the name of the file."""
    title = _first_field(front, _TITLE_FIELDS)
    if not title and (tag := _TITLE_TAG.search(source)):
        title = _normal(_TAG.sub("", tag[1]))
    if not title and (heading := _FIRST_HEADING.search(body) or _FIRST_H1.search(body)):
        title = _normal(_without_inline_marks(_TAG.sub("", heading[1])))
    return (title or posixpath.basename(path))[:_LONGEST_TITLE]


def _year(path: str, front: str) -> int | None:
    """From the front matter, else from the name of the file, else from its folders."""
    for place in (_first_field(front, _DATE_FIELDS), posixpath.basename(path), path):
        if found := _YEAR.search(place):
            return int(found[1])
    return None


# ---------------------------------------------------------------------------------------------------------------------
# HTML
# ---------------------------------------------------------------------------------------------------------------------

_BLOCK_TAGS: Final = (
    "p|div|br|li|ul|ol|dl|dt|dd|table|thead|tbody|tr|td|th|section|article|blockquote|figure|figcaption|header|footer|"
    "main|aside|center|hr|details|summary|form|fieldset|label|button|input|textarea|iframe|video|body|html|address|nav|"
    "q-card|v-card|p-card|template"
)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.S)
# Nothing inside these is prose, so they go with their content.
_DROPPED_ELEMENT: Final = re.compile(
    r"<(script|style|svg|noscript|select|option|head|pre|iframe|math|canvas|nav)\b[^>]*>.*?</\1\s*>", re.I | re.S
)
# Headings are context, never blocks.
_HEADING_ELEMENT: Final = re.compile(r"<h([1-6])\b[^>]*>.*?</h\1\s*>", re.I | re.S)
_CODE_TAG: Final = re.compile(r"</?code\b[^>]*>", re.I)
_BLOCK_TAG: Final = re.compile(r"</?(?:%s)\b[^<>]*>" % _BLOCK_TAGS, re.I | re.S)  # noqa: UP031 (braces in the pattern)
# Strict about what a name and attributes look like: "a < b" and "<3" are text.
_TAG: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9:.-]*(?:\s+[^<>]*?|\s*)/?>", re.S)
# An unclosed "<?php" runs to the end of the file, as PHP itself has it.
_PHP: Final = re.compile(r"<\?(?:php|=).*?(?:\?>|\Z)", re.S)
_SERVER_TAG: Final = re.compile(r"<%.*?%>", re.S)
_TEMPLATE_TAG: Final = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
_SCRIPT: Final = re.compile(r"<script[^>]*>(.*?)</script>", re.S | re.I)
_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n+")


def _without_tags(source: str) -> str:
    """Comments, dropped elements, headings and block-level tags become blank lines; inline tags vanish."""
    for cut in (_COMMENT, _DROPPED_ELEMENT, _HEADING_ELEMENT):
        source = cut.sub("\n\n", source)
    source = _CODE_TAG.sub("", source)
    source = _BLOCK_TAG.sub("\n\n", source)
    return _TAG.sub("", source)


def _html_blocks(source: str) -> list[str]:
    for server_side in (_PHP, _SERVER_TAG, _TEMPLATE_TAG):
        source = server_side.sub(" ", source)
    pieces = _BLANK_LINES.split(_without_tags(source))
    # Stray Markdown bold is common in generated pages.
    return [text for piece in pieces if (text := _normal(piece.replace("**", "")))]


# ---------------------------------------------------------------------------------------------------------------------
# Markdown
# ---------------------------------------------------------------------------------------------------------------------

_Replacement = tuple[re.Pattern[str], str]

# In this order: fences first, so that nothing inside code is taken for markup.
_MARKDOWN_MARKUP: Final[tuple[_Replacement, ...]] = (
    (re.compile(r"^([ \t]*)(```+|~~~+)[^\n]*\n.*?^[ \t]*\2[`~]*[ \t]*$", re.S | re.M), "\n\n"),
    # A fence that is never closed runs to the end of the document.
    (re.compile(r"^([ \t]*)(```+|~~~+)[^\n]*\n.*\Z", re.S | re.M), "\n\n"),
    # Liquid (Jekyll): elements that hold code, then any other tag.
    (
        re.compile(
            r"\{%-?\s*(?:highlight|raw|code|gist|codeblock)\b.*?\{%-?\s*end(?:highlight|raw|code|codeblock)\s*-?%\}",
            re.S,
        ),
        "\n\n",
    ),
    (re.compile(r"\{%.*?%\}", re.S), " "),
    # Hugo shortcodes stand for a block (a figure, a video); other braces for a word.
    (re.compile(r"\{\{[<%].*?[>%]\}\}", re.S), "\n\n"),
    (re.compile(r"\{\{.*?\}\}", re.S), " "),
    # MDX is half a program.
    (re.compile(r"^(?:import|export)\s[^\n]*$", re.M), ""),
    (_PHP, " "),
    # <https://...> and <name@host> are links, not tags: unwrapped before tags go.
    (re.compile(r"<(https?://[^>\s]+|[^>\s@]+@[^>\s]+)>"), r"\1"),
)

_LINK: Final[_Replacement] = (
    # Target with one level of brackets, title, attributes: "[words](a_(b).html "title"){.class}".
    re.compile(r"\[([^\[\]]*)\]\(\s*<?[^()\s]*(?:\([^()]*\)[^()\s]*)*>?(?:\s+[\"'“][^)]*)?\s*\)(\{[^}]*\})?"),
    r"\1",
)
# In this order: images before links, strong before emphasis, escapes last.
_INLINE_MARKS: Final[tuple[_Replacement, ...]] = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)(\{[^}]*\})?"), " "),
    (re.compile(r"!\[[^\]]*\]\[[^\]]*\]"), " "),
    # Twice, for a link around a link.
    _LINK,
    _LINK,
    (re.compile(r"\[\^[^\]]+\]"), ""),
    (re.compile(r"\[([^\[\]]+)\]\[[^\]]*\]"), r"\1"),
    (re.compile(r"\{:\s*[^}]*\}|\{[#.][^}]*\}"), ""),
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"(?<![\w\\])(\*\*\*|\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(\*\*)"), ""),
    # Not inside a word: "2*3*4" and "nome_de_campo" keep their marks.
    (re.compile(r"(?<![\w\\*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w\\_])_(?=[^\s_])([^_]+?)(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"~~(.+?)~~"), r"\1"),
    (re.compile(r"`+([^`]*)`+"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!>~|$\"'])"), r"\1"),
)

_QUOTE_MARK: Final = re.compile(r"^(?:\s{0,3}>\s?)+")
# "#título" is a heading in many blogs, but a line of nothing but hashtags is text.
_HEADING_LINE: Final = re.compile(r"^\s{0,3}#{1,6}(\s|[^\s#])")
_HASHTAGS: Final = re.compile(r"^\s*#\w+(\s+#\w+)*\s*$")
_RULE_LINE: Final = re.compile(r"^\s*(=+|-{2,}|\*{3,}|_{3,}|(?:[-*_]\s){2,}[-*_]?)\s*$")
_UNDERLINE: Final = re.compile(r"^\s*(=+|-{2,})\s*$")
_TABLE_LINE: Final = re.compile(r"^\s*\||^\s*:?-{3,}:?\s*\|")
_LINK_DEFINITION: Final = re.compile(r"^\s*\[[^\]]+\]:\s")
# Bullets people paste from word processors and chat count as items too.
_ITEM_START: Final = re.compile(r"^\s*(?:[-*+•▪●✓✔✅➡👉]|\d{1,3}[.)]|[a-z]\))\s+")
_SECTION_HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s*(.+?)\s*#*$")


def _replaced(text: str, replacements: Sequence[_Replacement]) -> str:
    for pattern, replacement in replacements:
        text = pattern.sub(replacement, text)
    return text


def _without_inline_marks(text: str) -> str:
    return _replaced(text, _INLINE_MARKS)


def _markdown_blocks(source: str) -> list[str]:
    source = _without_tags(_replaced(_unix_line_ends(source), _MARKDOWN_MARKUP))
    paragraphs: list[list[str]] = [[]]
    after_break, in_list = True, False
    for line in source.split("\n"):
        line = _QUOTE_MARK.sub("", line.rstrip())
        kind = _line_kind(line)
        if kind == "indented" and after_break and not in_list:
            continue  # code; inside a list, or right under a line of text, it is that text going on
        if kind in ("prose", "indented"):
            if after_break and kind == "prose" and not line.startswith((" ", "\t")):
                in_list = False
            paragraphs[-1].append(line.strip())
            after_break = False
            continue
        if kind == "rule" and len(paragraphs[-1]) == 1 and not after_break and _UNDERLINE.match(line):
            paragraphs[-1].clear()  # the one line above was a heading
        paragraphs.append([])
        if kind == "item":
            paragraphs[-1].append(_ITEM_START.sub("", line, count=1).strip())
            in_list, after_break = True, False
        elif kind != "definition":  # a link definition ends a paragraph, but is no break: the next line is not code
            after_break = True
            in_list = in_list and kind != "heading"
    joined = (_normal(_without_inline_marks(" ".join(lines))) for lines in paragraphs)
    return [text for text in joined if text]


def _line_kind(
    line: str,
) -> Literal["blank", "heading", "rule", "table", "definition", "item", "indented", "prose"]:
    """What a line of Markdown is, quote marks taken off; the first that fits."""
    if not line.strip():
        return "blank"
    if _HEADING_LINE.match(line) and not _HASHTAGS.match(line):
        return "heading"
    if _RULE_LINE.match(line):
        return "rule"
    if _TABLE_LINE.match(line) or line.count(" | ") >= 2:
        return "table"
    if _LINK_DEFINITION.match(line):
        return "definition"
    if _ITEM_START.match(line):
        return "item"
    return "indented" if line.startswith(("    ", "\t")) else "prose"


def _context_marks(body: str) -> dict[str, tuple[str | None, Literal["paragraph", "item"]]]:
    """Text of a block -> (section, kind), by splitting the body once more with headings and items marked.

    The first block of a text decides for all of the same text. A block that the marks change has no entry; it counts
    as a paragraph without a section.
    """
    marked: list[str] = []
    for line in _unix_line_ends(body).split("\n"):
        heading = _SECTION_HEADING.match(line)
        if heading and not _HASHTAGS.match(line):
            marked += [line, "", _HEADING_MARK + heading[1], ""]
        else:
            marked.append(_ITEM_START.sub(lambda start: start[0] + _ITEM_MARK, line, count=1))
    marks: dict[str, tuple[str | None, Literal["paragraph", "item"]]] = {}
    section: str | None = None
    for block in _markdown_blocks("\n".join(marked)):
        if block.startswith(_HEADING_MARK):
            section = _normal(_without_inline_marks(block.removeprefix(_HEADING_MARK)))
            continue
        text = block.replace(_ITEM_MARK, "").strip()
        marks.setdefault(text, (section, "item" if _ITEM_MARK in block else "paragraph"))
    return marks


# ---------------------------------------------------------------------------------------------------------------------
# Strings in code and data
# ---------------------------------------------------------------------------------------------------------------------

_CODE_NOISE: Final[tuple[_Replacement, ...]] = (
    (re.compile(r"/\*.*?\*/", re.S), " "),
    (re.compile(r"^\s*//[^\n]*$", re.M), ""),
    (re.compile(r"^\s*import\s[^\n]*$", re.M), ""),
    # Attributes whose strings are not prose, or not shown as a paragraph.
    (
        re.compile(
            r"\b(?:className|class|style|src|href|d|viewBox|key|id|variant|alt|aria-label|placeholder|title)="
            r"""(?:"[^"]*"|'[^']*'|\{`[^`]*`\})"""
        ),
        "",
    ),
    # {" "} is how JSX writes a space.
    (re.compile(r"\{\s*[\"'` ]*\s*\}"), " "),
    (re.compile(r"<h([1-6])\b[^<>]*>[^{}]*?</h\1>", re.S), "\n"),
    # Inline elements would cut the text around them in pieces.
    (re.compile(r"</?(?:span|strong|b|em|i|br|a|u|small|mark|Text|Link|Trans)\b[^<>]*>", re.S), " "),
)
_CODE_STRING: Final = re.compile(
    r"""`(?P<template>(?:\\.|[^`\\])*)`"""
    r"""|"(?P<double>(?:\\.|[^"\\\n])*)"|'(?P<single>(?:\\.|[^'\\\n])*)'"""
    r"""|>(?P<markup>[^<>{}=;]{20,})(?=<|\{)""",
    re.S,
)
_INTERPOLATION: Final = re.compile(r"\$\{[^}]*\}")
_UNICODE_ESCAPE: Final = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?")
_OTHER_ESCAPE: Final = re.compile(r"\\(.)")
_YAML_STRING: Final = re.compile(
    r"""^\s*(?:-\s+)?(?:[\w.-]+\s*[:=]\s*)?"""
    r"""(?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:''|[^'])*)'|(?P<plain>[^"'#&*\[{|>\n][^\n]{39,}))\s*,?$""",
    re.M,
)
_YAML_KEY: Final = re.compile(r"^[\w.-]+\s*:\s+")


def _string_blocks(value: str) -> list[str]:
    """Blocks of one string of code or data: Markdown if it has a newline or a tag, else a single one."""
    if "\n" in value or "<" in value:
        return _markdown_blocks(value)
    return [_normal(_without_inline_marks(value))]


def _unescaped(literal: str) -> str:
    """The value of a string literal of JavaScript or YAML."""

    def character(escape: re.Match[str]) -> str:
        code = int(escape[1], 16)
        return chr(code) if code < 0x110000 else ""

    literal = _UNICODE_ESCAPE.sub(character, literal)
    literal = literal.replace("\\n", "\n").replace("\\r", "").replace("\\t", " ")
    return _OTHER_ESCAPE.sub(r"\1", literal)


def _code_blocks(source: str) -> list[str]:
    blocks: list[str] = []
    for found in _CODE_STRING.finditer(_replaced(source, _CODE_NOISE)):
        if found["template"] is not None:
            blocks += _string_blocks(_INTERPOLATION.sub("{x}", _unescaped(found["template"])))
        elif found["markup"] is not None:
            blocks.append(_normal(found["markup"]))
        else:
            value = _unescaped(found["double"] if found["double"] is not None else found["single"])
            if len(value) >= _SHORTEST_STRING:
                blocks += _string_blocks(value)
    return [text for text in blocks if text]


def _json_blocks(source: str) -> list[str]:
    parse: Callable[[str], object] = json.loads
    try:
        return _value_blocks(parse(source))
    except (ValueError, RecursionError):
        pass
    blocks: list[str] = []
    for line in source.splitlines():
        try:
            blocks += _value_blocks(parse(line))
        except (ValueError, RecursionError):
            continue  # not JSON lines either, or one broken line among good ones
    return blocks


def _value_blocks(value: object) -> list[str]:
    # Unlike elsewhere an empty block is kept: indices depend on it.
    return [text for string in _strings(value) if len(string) >= _SHORTEST_STRING for text in _string_blocks(string)]


def _strings(value: object) -> Iterator[str]:
    """Every string value in a parsed JSON value, in the order of the source; keys are not values."""
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending.extend(reversed(value.values()))
        elif isinstance(value, list):
            pending.extend(reversed(value))


def _yaml_blocks(source: str) -> list[str]:
    blocks: list[str] = []
    for found in _YAML_STRING.finditer(source):
        if found["double"] is not None:
            value = _unescaped(found["double"])
        elif found["single"] is not None:
            value = found["single"].replace("''", "'")
        else:
            value = _YAML_KEY.sub("", found["plain"])
        if len(value) >= _SHORTEST_STRING:
            blocks += _string_blocks(value)
    return blocks
