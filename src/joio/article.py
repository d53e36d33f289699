"""Article, Block, Unit: a text taken apart into what is read and what is labelled.

`segment` finds the blocks of plain text as people paste it and of Markdown: title, headings, paragraphs, list items,
quotes. Blocks are places in the text as given: ``article.text[block.start:block.end]`` is the block, always, so that
whatever is said of a block can be shown where it stands. Headings are context; every other block is a `Unit`, which
gets one label.

>>> article = segment("Chuva na serra\\nCaiu muita água.\\nO que vem agora\\n- Sol, diz o instituto.")
>>> for block in article.blocks:
...     print(block.kind, article.text_of(block), sep=": ")
title: Chuva na serra
paragraph: Caiu muita água.
heading: O que vem agora
item: Sol, diz o instituto.
>>> article.units()[2].section
'O que vem agora'
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import Literal

from joio.segment import markdown_blocks, plain_blocks

BlockKind = Literal["title", "heading", "paragraph", "item", "quote"]
TextFormat = Literal["auto", "text", "markdown"]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of an article's text: its kind and its offsets, in characters."""

    kind: BlockKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit:
    """What gets one label: a text and its context in the article.

    Only `text` is needed; a bare paragraph is a unit without context. `position` counts the units of the article from
    0, `of` is their number; `previous` and `next` are the texts of the neighbouring units; `start` is the offset of the
    unit in its article. `article` is a name that the units of one article share: those that are scored together are
    read as neighbours.
    """

    text: str
    title: str | None = None
    section: str | None = None
    kind: str = "paragraph"
    position: int | None = None
    of: int | None = None
    previous: str | None = None
    next: str | None = None
    start: int = 0
    article: str | None = None

    @property
    def end(self) -> int:
        """Offset of the unit's end in its article."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Article:
    """A text and its blocks in order."""

    text: str
    blocks: tuple[Block, ...]

    def text_of(self, block: Block) -> str:
        """The words of a block, as they stand in the text."""
        return self.text[block.start : block.end]

    @property
    def title(self) -> str | None:
        """The words of the title, if there is one."""
        return next((self.text_of(block) for block in self.blocks if block.kind == "title"), None)

    def units(self) -> list[Unit]:
        """The blocks to be labelled, each with its context; the title is a unit without neighbours."""
        title = self.title
        name = hashlib.sha1(self.text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:16]
        labelled = [block for block in self.blocks if block.kind != "heading"]
        sections = self._sections()
        body = [block for block in labelled if block.kind != "title"]
        after = dict(itertools.pairwise(body))
        before = {following: block for block, following in after.items()}
        return [
            Unit(
                text=self.text_of(block),
                title=None if block.kind == "title" else title,
                section=sections.get(block),
                kind=block.kind,
                position=position,
                of=len(labelled),
                previous=self.text_of(before[block]) if block in before else None,
                next=self.text_of(after[block]) if block in after else None,
                start=block.start,
                article=name,
            )
            for position, block in enumerate(labelled)
        ]

    def _sections(self) -> dict[Block, str]:
        """Block -> the heading it stands under."""
        sections: dict[Block, str] = {}
        heading: str | None = None
        for block in self.blocks:
            if block.kind == "heading":
                heading = self.text_of(block)
            elif heading is not None:
                sections[block] = heading
        return sections


def segment(text: str, format: TextFormat = "auto") -> Article:
    """Find the blocks of a text.

    With ``format="auto"`` a text that opens with front matter or has ``#`` headings is read as Markdown, any other as
    plain text.
    """
    if format == "auto":
        from joio.segment import looks_like_markdown

        format = "markdown" if looks_like_markdown(text) else "text"
    found = markdown_blocks(text) if format == "markdown" else plain_blocks(text)
    return Article(text, tuple(Block(kind, start, end) for kind, start, end in found))
