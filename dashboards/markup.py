"""Small pieces of HTML that Streamlit has no element for: what ``theme/markup.html`` calls them, with types.

The templates escape every word that comes from a file or a person; only what they made themselves is markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from trials.life import PHASES, State, phase_of
from trials.reporting.results.flow import FlowDiagram
from trials.reporting.results.table import Table
from trials.reporting.words.vocabulary import state

_RANGE: Final = re.compile(r"(\([−+£\d][^()]{1,40}\))")
_TONES: Final = {"scale": "scale", "scale_segment": "scale", "invalid": "invalid", "not_due": "invalid"}


def _unbroken_ranges(cell: str) -> Markup:
    """Words, with ranges in brackets kept on one line; a piece of this module as it is."""
    if isinstance(cell, Markup):
        return cell
    keep = Markup('<span class="otm-keep">{}</span>')
    parts = _RANGE.split(cell)  # every second one is a range
    return Markup("").join(keep.format(part) if place % 2 else part for place, part in enumerate(parts))


_environment = Environment(loader=FileSystemLoader(Path(__file__).parent / "theme"), autoescape=True)
_environment.filters["unbroken_ranges"] = _unbroken_ranges
_TEMPLATE: Final = _environment.get_template("markup.html").module


def _inner(name: str, *arguments: Any) -> Markup:
    made: Markup = getattr(_TEMPLATE, name)(*arguments)
    return made


def _block(name: str, *arguments: Any) -> str:
    return f'<div class="otm">{_inner(name, *arguments)}</div>'


def notice(words: str) -> str:
    """One plain line that must not be missed."""
    return _block("notice", words)


def lead(sentence: str) -> str:
    """The sentence a page exists for."""
    return _block("lead", sentence)


def verdict_banner(code: str, words: str) -> str:
    """The verdict with its word; the colour only repeats it."""
    return _block("verdict_banner", _TONES.get(code, "rest"), words)


def quiet(words: str) -> str:
    """A line that only explains."""
    return _block("quiet", words)


def title(words: str) -> str:
    """What a chart shows, above it."""
    return _block("title", words)


def bullets(lines: Iterable[str]) -> str:
    return _block("bullets", lines)


def figures(items: Iterable[tuple[str, str, str]]) -> str:
    """Figures side by side: (what it is, the figure, its range)."""
    return _block("figures", items)


def table(content: Table, *, dense: bool = False, total: bool = False, headed: bool = False) -> str:
    """A table that a screen reader can read and a telephone can show.

    ``total`` marks the last row as the sum of the others; ``headed`` keeps the caption for screen readers only,
    where a heading above says the same.
    """
    return _block("rows", content.caption, content.columns, content.rows, content.numeric, dense, total, headed)


def rows(caption: str, columns: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table of words, some of which may be pieces of this module."""
    return _block("rows", caption, columns, body, frozenset(), False, False, False)


def trial_link(address: str, title: str, *, synthetic: bool) -> Markup:
    """The way to a trial's page, and whether its customers are invented."""
    return _inner("trial_link", address, title, synthetic)


def life(code: State) -> Markup:
    """A state's word, and how far along the life of a trial it is."""
    phase = phase_of(code)
    step = None if phase is None else list(PHASES).index(phase) + 1
    return _inner("life", state(code), step, len(PHASES))


def dates(items: Iterable[tuple[str, str]]) -> Markup:
    """What happened, each with its day: (word, day)."""
    return _inner("dates", items)


def next_step(action: str, actor: str) -> Markup:
    return _inner("next_step", action, actor)


def flow(diagram: FlowDiagram, colours: Mapping[str, str]) -> str:
    """How customers came from the file into the analysis, as boxes; those who left stand beside the stem."""
    return _block("flow", diagram, colours)
