"""A paper of every kind of block, whose every text tries to be more than text."""

from __future__ import annotations

from datetime import date

from trials.reporting.papers import Bullets, Missing, Paper, Paragraph, Section, Table

DAY = date(2026, 11, 30)
HOSTILE = (
    "#panic(1) #[x] $a^2$ @b <lab> \\ * _ ` ~ // /* = - + <w:p/> & \"q\" 'q' {name} %s ]] "
    "\u202eevil\u202c \u2066x\u2069 \u0000\u0001 \ufeff\u200b 中 😀 ŵŷ £"
)
SEEN = (
    "#panic(1) #[x] $a^2$ @b <lab> \\ * _ ` ~ // /* = - + <w:p/> & \"q\" 'q' {name} %s ]] "
    "[U+202E]evil[U+202C] [U+2066]x[U+2069] [U+0000][U+0001] [U+FEFF][U+200B]"
)
"""What everybody sees of it, up to what only some fonts have shapes for."""


def paper_of(text: str) -> Paper:
    """A paper that says one text in every place."""
    return Paper(
        title=text,
        subtitle=text,
        author=text,
        banner=text[:60],
        footer=text[:60],
        notices=(text,),
        opening=(Paragraph(text),),
        sections=(
            Section(
                text,
                (
                    Paragraph(text),
                    Bullets((text, text)),
                    Missing(text, text),
                    Table(text, (text, "Figure"), ((text, "1,234"),) * 3, numeric=frozenset({1}), widths=(4, 1)),
                ),
            ),
        ),
    )
