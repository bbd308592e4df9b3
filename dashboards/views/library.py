"""Library: past trials with their effects, designs that ended without one, and what was published elsewhere."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.wording.numbers import count
from analysis.wording.phrases import capitalised
from dashboards import markup, screen, session, step
from data.errors import Refused
from designs.likeness import HOW_NEAR
from trials.reporting.library import (
    SOURCES,
    Entry,
    Query,
    about_words,
    channels_in,
    prior_of,
    prior_words,
    search,
    techniques_in,
)

_COLUMNS: Final = ("Trial", "About", "Verdict", "Effect, with its range", "Customers", "Date")


def show() -> None:
    st.html(markup.heading(1, "Library"))
    st.html(
        markup.said(
            "What was tried before, also where nothing was found, where a trial was stopped or invalid, and where a "
            "design ended because a trial was not the answer."
        )
    )
    if st.query_params.get("near"):
        _near(st.query_params["near"])
        return
    entries = session.library()
    if any(entry.synthetic for entry in entries):
        st.html(markup.notice("Synthetic data: the trials marked synthetic are made of invented customers."))
    found = search(entries, _query(entries))
    if not found:
        st.html(markup.said("Nothing in the library meets all of these. Clear one of them to see more."))
        return
    table(found, f"{len(found)} of {len(entries)} in the library" if len(found) != len(entries) else _all(entries))


def _near(design: str) -> None:
    """The entries nearest to a design, with what they say beforehand and how they were found."""
    try:
        plan = session.plan_of_design(design)
    except Refused as refused:
        screen.refused(refused)
        return
    near = () if plan is None else session.nearest_trials(plan, design)
    title = plan.title if plan is not None and plan.title else design
    st.html(markup.heading(2, f"Nearest to {title}"))
    with st.container(horizontal=True):
        st.page_link("views/library.py", label="The whole library")
        st.page_link("views/design/task_list.py", label="Back to the design", query_params={"design": design})
    if not near:
        none = "none shares its behaviour, segments, channels or techniques"
        st.html(markup.said(f"No past trial is near to this one: {none}."))
        return
    found = tuple(entry for entry, _ in near)
    st.html(markup.lead(prior_words(prior_of(found))))
    table(found, "The nearest first")
    st.html(markup.quiet(HOW_NEAR))


def _all(entries: tuple[Entry, ...]) -> str:
    return f"All {len(entries)} in the library"


def _query(entries: tuple[Entry, ...]) -> Query:
    """What is looked for; it stands in the address."""
    first, second = st.columns(3), st.columns(3)
    words = first[0].text_input("Any words", key="words", bind="query-params")
    behaviour = first[1].text_input("Behaviour", key="behaviour", bind="query-params")
    segment = first[2].text_input("Segment", key="segment", bind="query-params")
    channel = second[0].selectbox(
        "Channel", channels_in(entries), index=None, key="channel", bind="query-params", placeholder="All"
    )
    technique = second[1].selectbox(
        "Technique", tuple(map(capitalised, techniques_in(entries))), index=None, key="technique",
        bind="query-params", placeholder="All",
    )  # fmt: skip
    verdict = second[2].text_input("Verdict", key="verdict", bind="query-params")
    return Query(words, behaviour, segment, channel or "", technique or "", verdict)


def table(found: tuple[Entry, ...], caption: str) -> None:
    """Entries of the library as rows, and below them what has to be known beside the figures."""
    st.html(markup.rows(caption, _COLUMNS, [_row(entry) for entry in found]))
    for entry in found:
        st.html(markup.details(f"More about {entry.title}", markup.bullets([*_costs(entry), *entry.context])))


def _row(entry: Entry) -> list[str]:
    notes = [SOURCES[entry.source]]
    effects = [f"{of.approach}: {of.effect}" for of in entry.found]
    return [
        markup.trial_link(_address(entry), entry.title, synthetic=entry.synthetic, notes=notes),
        markup.lines(f"{heading}: {words}" for heading, words in about_words(entry)),
        entry.verdict,
        markup.lines([f"On: {entry.outcome}", *effects] if entry.outcome else ["None: nothing was tried"]),
        "None" if entry.customers is None else count(entry.customers),
        entry.day,
    ]


def _address(entry: Entry) -> str:
    if entry.source == "here":
        return f"results?trial={entry.id}"
    return step.address_of("task_list", entry.id) if entry.source == "design" else f"library?words={entry.id}"


def _costs(entry: Entry) -> list[str]:
    return [f"{of.approach} costs {of.cost} a customer." for of in entry.found if of.cost]


if __name__ == "__main__":  # as Streamlit runs a page
    show()
