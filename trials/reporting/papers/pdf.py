"""A paper as PDF that a screen reader can read (PDF/UA-1), made by typst without a network or the system's fonts.

typst refuses to make a file that breaks a rule of the standard that it can check: a title, a language, headings in
order, headers of tables, text that can be read out.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from math import ceil
from pathlib import Path
from typing import Any, Final

from trials.reporting.papers.characters import FONTS, covered, on_one_line
from trials.reporting.papers.document import Block, Bullets, Missing, Paper, Paragraph, Table

LETTERS_A_LINE: Final = 80
"""That fit between the margins, at least."""
MOST_LINES: Final = 25
"""Of a row, or of a table, that stays on one page as a whole."""
_LAYOUT: Final = Path(__file__).with_name("paper.typ")


def paper_pdf(paper: Paper, day: date) -> bytes:
    """A paper as PDF. The same paper and day give the same bytes.

    Args:
        paper: What it says.
        day: The day that it bears, also in the file's own properties.
    """
    return compiled(_LAYOUT, "paper", paper_values(paper), day)


def compiled(layout: Path, name: str, values: dict[str, Any], day: date) -> bytes:
    """A layout as PDF/UA-1, with the values that it reads under a name; their texts are shown as they are."""
    import typst

    return typst.compile(
        layout,
        root=layout.parent,  # a layout could read no other files, and reads none
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={name: json.dumps(values)},
        pdf_standards=["ua-1"],
        timestamp=datetime.combine(day, time(), UTC),
    )


def shown(text: str) -> str:
    """A text on one line, as the font can show it."""
    return on_one_line(text, covered())


def paper_values(paper: Paper) -> dict[str, Any]:
    """A paper as the plain values that its layout reads."""
    return {
        "title": shown(paper.title),
        "subtitle": None if paper.subtitle is None else shown(paper.subtitle),
        "author": [] if paper.author is None else [shown(paper.author)],
        "language": "en",
        "banner": None if paper.banner is None else shown(paper.banner),
        "footer": shown(paper.footer),
        "words": {"page": "Page", "of": "of"},
        "notices": [shown(notice) for notice in paper.notices],
        "opening": [_block(block) for block in paper.opening],
        "sections": [
            {"title": shown(section.title), "blocks": [_block(block) for block in section.blocks]}
            for section in paper.sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": shown(block.text)}
        case Bullets():
            return {"kind": "bullets", "items": [shown(item) for item in block.items]}
        case Missing():
            label, what, who = (shown(sentence) for sentence in block.sentences)
            return {"kind": "missing", "label": label, "what": what, "who": who}
        case Table():
            return _table(block)


def _table(table: Table) -> dict[str, Any]:
    """A table whose rows are not cut, and which is not cut itself where it is short."""
    widths = table.widths or (1,) * len(table.headers)
    room = [LETTERS_A_LINE * width / sum(widths) for width in widths]
    rows = [[shown(cell) for cell in row] for row in table.rows]
    lines = [max(ceil(len(cell) / fits) for cell, fits in zip(row, room, strict=True)) for row in rows]
    return {
        "kind": "table",
        "caption": shown(table.caption),
        "headers": [shown(header) for header in table.headers],
        "rows": [
            [{"text": cell, "breakable": count > MOST_LINES} for cell in row]
            for row, count in zip(rows, lines, strict=True)
        ],
        "numeric": [place in table.numeric for place in range(len(table.headers))],
        "whole": sum(lines) <= MOST_LINES,
        "widths": list(widths),
    }
