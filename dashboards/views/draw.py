"""Draw and lists: a locked trial's customers are assigned, and what is to be sent is written down for each approach."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analysis.wording.phrases import day, moment
from dashboards import markup, screen, session, watching, widgets, work
from data.errors import Refused
from trials.registry.records import JobRecord, TrialDetail
from trials.reporting.portfolio import next_action, next_actor, outside_route

_ALL = ""


def show() -> None:
    trial = st.query_params.get("trial")
    st.html(markup.heading(1, "Draw and lists"))
    if not trial:
        st.html(markup.said("Choose a trial."))
        st.html(markup.links((f"draw?trial={each.id}", each.title) for each in session.portfolio()))
        return
    try:
        detail = session.trial(trial)
    except Refused as unknown:
        screen.refused(unknown)
        return
    widgets.page_title(f"Draw and lists – {detail.summary.title} – OTM Trials")
    screen.synthetic_notice((detail.summary,))
    outside = outside_route(detail.summary)
    if outside is not None:
        st.html(markup.notice(outside))
    st.html(markup.quiet(detail.summary.title))
    coming = detail.summary.next
    st.html(markup.lead(f"Next: {next_action(coming)}. Who: {next_actor(coming)}."))
    _draw(detail)
    _lists(detail)


def _draw(detail: TrialDetail) -> None:
    st.html(markup.heading(2, "Assign the customers"))
    trial = detail.summary.id
    job = watching.watched(trial, "randomise")
    if job is not None and job.state == "running":
        return
    for wave in detail.waves:
        which = f"Wave {wave.wave}: a" if len(detail.waves) > 1 else "A"
        st.html(markup.said(f"{which}ssigned on {day(wave.allocated_at)} by {wave.allocated_by}."))
    coming = detail.summary.next.step
    if coming not in ("randomise", "resume_randomise", "next_wave"):
        if not detail.waves:
            st.html(markup.said("Customers are assigned once the plan is locked."))
        return
    if session.may("randomise") is not None:
        st.html(markup.quiet("The randomiser assigns them."))
        return
    if st.button("Assign the customers", type="primary", key=f"draw/{trial}"):
        _try(lambda: work.begin_randomising(trial))


def _lists(detail: TrialDetail) -> None:
    st.html(markup.heading(2, "Issue lists"))
    trial = detail.summary.id
    if session.may("issue") is not None:
        st.html(markup.quiet("The randomiser issues the lists: they say who is in which approach."))
        return
    job = watching.watched(trial, "issue")
    for earlier, names in work.lists_written(trial):
        _written(detail, earlier, names)
    if job is not None and job.state == "running":
        return
    if detail.summary.state == "void":
        st.html(markup.said("The draw is void: no list of it is issued or sent."))
        return
    if not detail.waves:
        st.html(markup.said("Lists are issued once customers are assigned."))
        return
    contacted = {arm.id: arm.label or arm.id for arm in detail.protocol.arms if arm.channel is not None}
    for issued in detail.issues:
        st.html(
            markup.said(
                f"{contacted.get(issued.arm, issued.arm)}: list of {day(issued.issued_at)}, by {issued.issued_by}."
            )
        )
    _ask(detail, contacted)


def _ask(detail: TrialDetail, contacted: dict[str, str]) -> None:
    trial, coming = detail.summary.id, detail.summary.next
    due = [arm for arm in contacted if coming.step == "issue" or (coming.step == "issue_rest" and arm in coming.arms)]
    options = {**({_ALL: "Every list that is due"} if due else {}), **contacted}
    chosen = widgets.choice("Which list", options, _ALL if due else None, key=f"arm/{trial}", visible=True)
    kinds = {} if detail.population is None else detail.population.kinds
    columns = {name: name.replace("_", " ") for name in kinds if name != detail.protocol.cluster}
    wanted = widgets.several("What the supplier needs beside each customer's number", columns, key=f"columns/{trial}")
    again = chosen not in (None, _ALL) and chosen not in due
    reason = st.text_input("Why, where there is more to say or it is issued again", key=f"why/{trial}")
    if not st.button("Write the lists", type="primary", key=f"issue/{trial}"):
        return
    if chosen is None:
        st.html(markup.refusal(["Say first which list."]))
    elif again and not (reason or "").strip():
        st.html(
            markup.refusal(["This list was issued already: its customers may be sent two. Say why it is issued again."])
        )
    else:
        arms = due if chosen == _ALL else [chosen]
        _try(lambda: work.begin_issuing(trial, arms, wanted, (reason or "").strip() or None))


def _written(detail: TrialDetail, job: JobRecord, names: tuple[str, ...]) -> None:
    """What a job wrote, as long as it lies here; of a void draw it is not given out, and can only be removed."""
    if not names:
        _gone(job)
        return
    void = detail.summary.state == "void"
    there = f"Lists that {job.started_by} had written on {moment(job.started_at)} UTC are on the server."
    if void:
        st.html(markup.notice(f"{there} The draw was made void since: send none of them, and remove them."))
    else:
        st.html(markup.done(f"{there} Take them out, then remove them."))
    st.html(markup.bullets(names))
    if not void:
        widgets.taken_out(
            "Take the lists out",
            lambda: work.lists_as_archive(job),
            f"{detail.summary.id}-lists.zip",
            key=f"take/{job.id}",
        )
    if (
        st.button("Remove them from the server", key=f"remove/{job.id}")
        if void
        else st.button("I have them: remove them from the server", key=f"remove/{job.id}")
    ):
        work.remove_lists(job)
        st.rerun()


def _gone(job: JobRecord) -> None:
    """Lists that nobody removed, and that are not there."""
    st.html(
        markup.refusal(
            [
                f"Lists that {job.started_by} had written on {moment(job.started_at)} UTC are gone, and nobody "
                "removed them here. Ask who may write to the service's folder, and issue them again."
            ]
        )
    )
    if st.button("I know: say no more of it", key=f"remove/{job.id}"):
        work.remove_lists(job)
        st.rerun()


def _try(begin: Callable[[], JobRecord]) -> None:
    try:
        begin()
    except Refused as refused:
        screen.refused(refused)
        return
    st.rerun()


if __name__ == "__main__":  # as Streamlit runs a page
    show()
