"""The nearest past trials, as a designer sees them: what was tried, what it did, and what that says beforehand."""

from __future__ import annotations

import streamlit as st

from dashboards import markup, session
from designs.likeness import HOW_NEAR
from trials.registry.records import DesignDetail
from trials.reporting.library import SOURCES, Entry, prior_of, prior_words


def section(detail: DesignDetail) -> None:
    """What the nearest past trials found, put away until somebody asks for it."""
    plan = detail.facts.plan
    near = () if plan is None else session.nearest_trials(plan, detail.design.id)
    if not near:
        st.html(
            markup.quiet("No past trial is near to this one yet: say what is to change, how, and by which channel.")
        )
        return
    entries = tuple(entry for entry, _ in near)
    st.html(
        markup.details(
            f"What the {len(near)} nearest past trials found" if len(near) > 1 else "What the nearest past trial found",
            markup.quiet(prior_words(prior_of(entries))),
            markup.rows("The nearest first", ("Trial", "Verdict", "Effect"), [_row(entry) for entry in entries]),
            markup.quiet(HOW_NEAR),
            markup.links([(f"library?near={detail.design.id}", "All that is known about them")]),
        )
    )


def _row(entry: Entry) -> list[str]:
    return [
        markup.lines([entry.title, f"{SOURCES[entry.source]}, {entry.day}"]),
        entry.verdict,
        markup.lines([f"{of.approach}: {of.effect}" for of in entry.found] or ["None"]),
    ]
