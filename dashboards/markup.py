"""Small pieces of HTML that Streamlit has no element for. Every word that comes from a file or a person is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from trials.life import PHASES, State, phase_of
from trials.reporting.flow import FlowDiagram
from trials.reporting.tables import Table
from trials.reporting.vocabulary import state

_BRACKETS = re.compile(r"\([^()]{1,40}\)")
_TONES = {"scale": "scale", "scale_segment": "scale", "invalid": "invalid"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that holds more than plain words: ``html`` is shown as it is, so its maker has escaped it."""

    html: str


def block(inner: str) -> str:
    return f'<div class="otm">{inner}</div>'


def notice(text: str) -> str:
    """One plain line that must not be missed."""
    return block(f'<p class="otm-notice">{escape(text)}</p>')


def lead(sentence: str) -> str:
    """The sentence a page exists for."""
    return block(f'<p class="otm-lead">{escape(sentence)}</p>')


def verdict_banner(code: str, words: str) -> str:
    """The verdict with its word; the colour only repeats it."""
    return block(f'<div class="otm-verdict otm-verdict-{_TONES.get(code, "rest")}">{escape(words)}</div>')


def quiet(words: str) -> str:
    """A line that only explains."""
    return block(f'<p class="otm-quiet">{escape(words)}</p>')


def title(words: str) -> str:
    """What a chart shows, above it."""
    return block(f"<strong>{escape(words)}</strong>")


def bullets(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return block(f"<ul>{items}</ul>")


def figures(items: Iterable[tuple[str, str, str]]) -> str:
    """Figures side by side: (what it is, the figure, its range)."""
    inner = "".join(
        f'<div><dt>{escape(label)}</dt><dd class="otm-value">{escape(value)}</dd>'
        f'<dd class="otm-quiet">{escape(span)}</dd></div>'
        for label, value, span in items
    )
    return block(f'<dl class="otm-figures">{inner}</dl>')


def table(content: Table, *, dense: bool = False, total: bool = False, headed: bool = False) -> str:
    """A table that a screen reader can read and a telephone can show.

    ``total`` marks the last row as the sum of the others; ``headed`` keeps the caption for screen readers only,
    where a heading above says the same.
    """
    return rows(
        content.caption, content.columns, [list(row) for row in content.rows], content.numeric,
        dense=dense, total=total, headed=headed,
    )  # fmt: skip


def rows(
    caption: str,
    columns: Sequence[str],
    body: Sequence[Sequence[str | Cell]],
    numeric: frozenset[int] = frozenset(),
    *,
    dense: bool = False,
    total: bool = False,
    headed: bool = False,
) -> str:
    """A table of words and ready-made cells. Roles are spelt out because the narrow layout changes ``display``."""
    head = "".join(
        f'<th scope="col" role="columnheader"{_number(place, numeric)}>{escape(column)}</th>'
        for place, column in enumerate(columns)
    )
    lines = []
    for number, row in enumerate(body, start=1):
        last = ' class="otm-total"' if total and number == len(body) else ""
        cells = "".join(_cell(place, cell, columns[place], numeric) for place, cell in enumerate(row))
        lines.append(f'<tr role="row"{last}>{cells}</tr>')
    hidden = ' class="otm-hidden"' if headed else ""
    style = "otm-table otm-dense" if dense else "otm-table"
    return block(
        f'<table class="{style}" role="table"><caption{hidden}>{escape(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(lines)}</tbody></table>'
    )


def _number(place: int, numeric: frozenset[int]) -> str:
    return ' class="otm-number"' if place in numeric else ""


def _cell(place: int, cell: str | Cell, column: str, numeric: frozenset[int]) -> str:
    content = cell.html if isinstance(cell, Cell) else _unbroken_ranges(escape(cell))
    if place == 0:
        return f'<th scope="row" role="rowheader">{content}</th>'
    return f'<td role="cell" data-label="{escape(column)}"{_number(place, numeric)}><span>{content}</span></td>'


def _unbroken_ranges(escaped: str) -> str:
    """What stands in brackets stays on one line."""
    return _BRACKETS.sub(r'<span class="otm-keep">\g<0></span>', escaped)


def link(address: str, words: str) -> str:
    return f'<a href="{escape(address, quote=True)}" target="_self">{escape(words)}</a>'


def life(code: State) -> str:
    """A state's word, and how far along the life of a trial it is."""
    phase = phase_of(code)
    word = escape(state(code))
    if phase is None:
        return word
    done, phases = list(PHASES).index(phase) + 1, len(PHASES)
    marks = '<span class="otm-done"></span>' * done + "<span></span>" * (phases - done)
    label = f"Step {done} of {phases}"
    return f'{word}<div class="otm-steps" role="img" aria-label="{label}">{marks}</div>'


def flow(diagram: FlowDiagram, colours: Mapping[str, str]) -> str:
    """How customers came from the file into the analysis, as boxes; those who left stand beside the stem."""
    left = "".join(
        f'<li class="otm-left"><b>{escape(step.customers)}</b> {escape(step.words)}</li>' for step in diagram.left
    )
    arms = "".join(
        f'<li style="--arm:{colours.get(arm.arm, "currentColor")}"><b>{escape(arm.label)}</b>'
        f"<div>{escape(arm.allocated)} allocated</div><div>{escape(arm.observed)} with the primary outcome</div>"
        f"<div>{escape(arm.missing)} without it</div></li>"
        for arm in diagram.arms
    )
    stem = '<div class="otm-stem" aria-hidden="true"></div>'
    return block(
        '<div class="otm-flow"><ol>'
        f'<li class="otm-box"><b>{escape(diagram.read)}</b> rows in the population file</li>'
        f'<li class="otm-step">{stem}<ul aria-label="Left out before the draw">{left}</ul></li>'
        f'<li class="otm-box"><b>{escape(diagram.allocated)}</b> customers allocated</li>'
        f'<li class="otm-step">{stem}</li>'
        f'<li><ul class="otm-arms" aria-label="Arms">{arms}</ul></li>'
        "</ol></div>"
    )
