"""What a plan would find, simulated: asked for, watched, ended, and shown with its day and the plan that it is of."""

from __future__ import annotations

import streamlit as st

from analysis.wording.phrases import moment
from dashboards import design_session, markup, screen, session, watching, widgets, work
from data.errors import Refused
from trials.registry.records import DesignDetail
from trials.reporting.designing.approving import plan_digest
from trials.reporting.designing.diagnosis import (
    EFFECT_COLUMNS,
    HOW_TO_READ,
    VERDICT_COLUMNS,
    assumption_lines,
    effect_rows,
    verdict_rows,
    what_was_simulated,
)

_TRIALS = "200"


def section(detail: DesignDetail) -> None:
    """The part of a page about it."""
    st.html(markup.heading(2, "What this plan would find"))
    st.html(
        markup.said(
            "Whole trials of the saved plan are simulated on invented customers: its own draw, its own analysis and "
            "its own verdict, where nothing, a low, a central and a high effect is true."
        )
    )
    design = detail.design.id
    job = watching.watched(design, "diagnose")
    if job is not None and job.state == "running":
        if session.may("diagnose") is None and st.button("End the simulation", key=f"diagnose/end/{design}"):
            _try_to_end(design)
    else:
        _ask(detail)
    _shown(detail)


def _ask(detail: DesignDetail) -> None:
    if session.may("diagnose") is not None:
        st.html(markup.quiet("A designer or an analyst has it simulated."))
        return
    if detail.facts.errors or detail.facts.plan is None:
        st.html(markup.quiet("It can be simulated once nothing is missing in the plan: the task list says what is."))
        return
    design = detail.design.id
    customers = st.text_input(
        "Customers in each simulated trial", "", key=f"diagnose/customers/{design}", width=widgets.NARROW
    )
    st.html(markup.quiet("Left empty, as many as the plan expects."))
    trials = st.text_input(
        "Trials of each size of effect", _TRIALS, key=f"diagnose/trials/{design}", width=widgets.NARROW
    )
    st.html(
        markup.quiet(
            "200 say each chance to within about 7 points, 1,000 to within about 3. The time is said once it runs."
        )
    )
    if st.button("Simulate this plan", key=f"diagnose/begin/{design}"):
        try:
            wanted, of = _number(trials or _TRIALS), _number(customers or "")
            work.begin_diagnosis(design, detail.revision.number, replicates=wanted, customers=of)
        except ValueError as wrong:
            st.html(markup.refusal([str(wrong)]))
        except Refused as refused:
            screen.refused(refused)
        else:
            st.rerun()


def _number(typed: str) -> int | None:
    """A whole number as people type it; None where nothing is typed.

    Raises:
        ValueError: It is none.
    """
    plain = typed.replace(",", "").replace(" ", "")
    if not plain:
        return None
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 9:
        raise ValueError(f"{typed} is no whole number. Type one such as 200.")
    return int(plain)


def _try_to_end(design: str) -> None:
    try:
        work.end_diagnosis(design)
    except Refused as refused:
        screen.refused(refused)
        return
    st.rerun()


def _shown(detail: DesignDetail) -> None:
    made = design_session.diagnoses(detail.design.id)
    if not made:
        st.html(markup.quiet("Nothing has been simulated of this design yet."))
        return
    latest = made[-1]
    st.html(markup.heading(3, "Simulated"))
    st.html(
        markup.quiet(f"On {moment(latest.made_at)} UTC by {latest.made_by}. {what_was_simulated(latest.diagnosis)}")
    )
    if latest.diagnosis.plan_digest != plan_digest(detail):
        st.html(markup.notice("The plan has changed since: these figures are of an earlier one."))
    st.html(markup.said(HOW_TO_READ))
    st.html(markup.rows("The chance of each verdict", VERDICT_COLUMNS, list(verdict_rows(latest.diagnosis))))
    st.html(markup.rows("The effect, by its true size", EFFECT_COLUMNS, list(effect_rows(latest.diagnosis))))
    st.html(
        markup.details(
            "What was assumed where the plan says nothing", markup.bullets(assumption_lines(latest.diagnosis))
        )
    )
