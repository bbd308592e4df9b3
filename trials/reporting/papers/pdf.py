"""A paper as PDF that a screen reader can read (PDF/UA-1), made by typst without a network or the system's fonts.

typst refuses to make a file that breaks a rule of the standard that it can check: a title, a language, headings in
order, headers of tables, text that can be read out.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

from trials.reporting.papers.characters import FONTS, covered, spelt_out
from trials.reporting.papers.document import Block, Bullets, Missing, Paper, Paragraph, Table

LONGEST_WHOLE: Final = 400
"""Characters of a cell up to which its row stays on one page."""
MOST_ROWS: Final = 12
"""Of a table that stays on one page as a whole, where its cells are short."""
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
    return spelt_out(" ".join(text.split()), covered())


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
            longest = max((len(cell) for row in block.rows for cell in row), default=0)
            return {
                "kind": "table",
                "caption": shown(block.caption),
                "headers": [shown(header) for header in block.headers],
                "rows": [[shown(cell) for cell in row] for row in block.rows],
                "numeric": [place in block.numeric for place in range(len(block.headers))],
                "whole": len(block.rows) <= MOST_ROWS and longest <= LONGEST_WHOLE // len(block.headers),
                "breakable": longest > LONGEST_WHOLE,
                "widths": list(block.widths or (1,) * len(block.headers)),
            }
