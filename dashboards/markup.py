"""Everything that a page says, as small pieces of HTML: what ``theme/markup.html`` calls them, with types.

The templates escape every word that comes from a file or a person; only what they made themselves is markup. What
Streamlit writes for itself is Markdown, where a name may become an image, a link, an icon or a formula, and escapes do
not hold: addresses and emoji are looked for after them. So words reach a page through these pieces and in no other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from designs.literals import Language
from trials.life import PHASES, State, phase_of
from trials.reporting.designing.letters import WEIGHTS, Change, Note, Paragraph
from trials.reporting.papers.characters import spelt_out
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
    parts = _RANGE.split(spelt_out(cell))  # every second one is a range
    return Markup("").join(keep.format(part) if place % 2 else part for place, part in enumerate(parts))


def _seen(value: object) -> object:
    """What somebody wrote, with what no reader would see, or what turns the words around it, told by its code."""
    return spelt_out(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "theme"), autoescape=True, finalize=_seen
)  # fmt: skip
_environment.filters["unbroken_ranges"] = _unbroken_ranges
_TEMPLATE: Final = _environment.get_template("markup.html").module


def _inner(name: str, *arguments: Any) -> Markup:
    made: Markup = getattr(_TEMPLATE, name)(*arguments)
    return made


def _block(name: str, *arguments: Any) -> str:
    return f'<div class="otm">{_inner(name, *arguments)}</div>'


def heading(level: Literal[1, 2, 3], words: str, anchor: str | None = None) -> str:
    """A heading, which an address can name by its anchor."""
    return _block("heading", level, words, anchor)


def said(words: str) -> str:
    """A plain paragraph."""
    return _block("said", words)


def done(words: str) -> str:
    """What was done as asked."""
    return _block("done", words)


def refusal(sentences: Iterable[str], lines: Sequence[str] = ()) -> str:
    """What was not done, and why: sentences, and below them one line for each thing that is wrong."""
    return _block("refusal", sentences, lines)


def links(items: Iterable[tuple[str, str]]) -> str:
    """Ways to other pages, one below the other: (address, words)."""
    return _block("links", items)


def contents(sections: Iterable[tuple[str, str]]) -> str:
    """Ways to the sections of a page: (anchor, words)."""
    return _block("contents", sections)


def details(words: str, *pieces: str, shown: bool = False) -> str:
    """Pieces of this module that are shown where somebody asks for them; ``shown``: until somebody puts them away."""
    return _block("details", words, [Markup(piece) for piece in pieces], shown)  # noqa: S704 - made by these templates


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


def piece(made: str) -> Markup:
    """A piece of this module to stand in a cell of another one."""
    return Markup(made)  # noqa: S704 - made by these templates


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


def trial_link(address: str, title: str, *, synthetic: bool, notes: Sequence[str] = ()) -> Markup:
    """The way to a trial's page, whether its customers are invented, and what is to be known of its plan: that it was
    locked outside its route, or amended."""
    return _inner("trial_link", address, title, synthetic, notes)


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


def field(anchor: str, label: str, hint: str = "", wrong: Sequence[str] = ()) -> str:
    """What a field asks, what helps to answer, and what is wrong with what stands in it; the field comes next."""
    return _block("field", anchor, label, hint, wrong)


def error_summary(title: str, items: Sequence[tuple[str, str]], others: Sequence[str] = ()) -> str:
    """What is wrong on the page, at its top: (anchor of the field, words), then what no field of it can mend."""
    return _block("error_summary", title, items, others)


def task(address: str, title: str) -> Markup:
    """The way to a step of a design."""
    return _inner("task", address, title)


def tag(code: str, words: str) -> Markup:
    """The word for how far a step is; its frame only repeats it."""
    return _inner("tag", code, words)


def lines(items: Iterable[str]) -> Markup:
    """Several sentences in a cell, one below the other."""
    return _inner("lines", list(items))


def answers(rows: Iterable[tuple[str, str]]) -> str:
    """What was answered, question by question."""
    return _block("answers", list(rows))


def letter(paragraphs: Iterable[Paragraph], language: Language) -> str:
    """A text that customers get, with the notes on its sentences below their paragraph."""
    return _block("letter", list(paragraphs), language, WEIGHTS)


def notes(found: Iterable[Note]) -> str:
    """What is to be said of a text as a whole."""
    return _block("notes", list(found), WEIGHTS)


def changes(found: Iterable[Change], language: Language) -> str:
    """Two versions of a text in one: what was taken out is struck through, what was added underlined."""
    return _block("changes", list(found), language)


def progress(words: str, share: float | None) -> str:
    """What is being done, and how far it is: from 0 to 1, or None where that is not known."""
    return _block("progress", words, share)


def card(title: str, address: str | None, rows: Iterable[tuple[str, str]], *, about: str | None = None) -> str:
    """What was answered together, under its title, with the way to change it where there is one.

    ``about``: The heading that it stands under, which it is below.
    """
    return _block("card", title, address, list(rows), about)


def bars(caption: str, rows: Iterable[tuple[str, str, float]]) -> str:
    """Shares as bars, each with its words: (label, words, share from 0 to 1)."""
    return _block("bars", caption, list(rows))
