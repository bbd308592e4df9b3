"""Check, and lock: everything that was answered, every gate that is open, and how the plan is registered and locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from analysis.wording.phrases import moment
from dashboards import markup, screen, session, step, watching, work
from dashboards.forms.answered import Card, cards
from dashboards.forms.editing import ended_in_words
from dashboards.forms.fields import Section
from dashboards.views.design import about, approaches, measures, money, population, size, suitability
from data.errors import Refused
from trials.errors import TrialRefused
from trials.registry.records import DesignDetail
from trials.reporting.designing import TaskName, outside_route
from trials.reporting.designing.answers import NOT_ANSWERED, told_of
from trials.reporting.designing.tasks import TASKS
from trials.reporting.designing.waiting import gates_in_words, to_know, waits_of
from trials.stages.lock import Lockable

ALSO: Final = "Also in the plan"
# What each page asks, of a draft.
ASKED: Final[Mapping[TaskName, Callable[[Mapping[str, Any]], tuple[Section, ...]]]] = {
    "about": lambda _: about.SECTIONS,
    "suitability": suitability.sections,
    "population": lambda _: population.SECTIONS,
    "approaches": lambda _: approaches.SECTIONS,
    "measures": lambda _: measures.SECTIONS,
    "size": lambda _: size.SECTIONS,
    "money": lambda _: money.SECTIONS,
}


def show() -> None:
    begun = step.on_record("lock")
    if begun is None:
        return
    detail, _ = begun
    said = st.session_state.pop(_key(detail, "said"), None)
    if said:
        st.html(markup.done(said))
    ended = ended_in_words(detail)
    if ended is not None:
        st.html(markup.notice(ended))
    _standing(detail)
    if detail.locked:
        _what_comes_next(detail)
    elif ended is None:
        _register(detail)
        _lock(detail)
    _answers(detail, closed=ended is not None)
    st.session_state[_key(detail, "read")] = (detail.revision.number, detail.version, work.latest_load(detail))


def _read(detail: DesignDetail) -> tuple[int, int | None, int | None]:
    """The revision, the version and the load that the page showed when something on it was pressed."""
    now = detail.revision.number, detail.version, work.latest_load(detail)
    read: tuple[int, int | None, int | None] = st.session_state.get(_key(detail, "read"), now)
    return read


def _key(detail: DesignDetail, *parts: str) -> str:
    return "/".join(("lock", detail.design.id, *parts))


def _standing(detail: DesignDetail) -> None:
    """What stands in the way, gate by gate, with who clears it and since when."""
    waits = waits_of(detail)
    if detail.locked:
        st.html(markup.lead("The plan is locked. Nothing in it changes any more."))
    elif waits:
        count = "One thing stands" if len(waits) == 1 else f"{len(waits)} things stand"
        st.html(markup.lead(f"{count} in the way of the lock."))
    else:
        st.html(markup.lead("Nothing stands in the way of the lock."))
    outside = outside_route(detail)
    if outside is not None:
        st.html(markup.notice(outside))
    st.html(markup.heading(2, "The gates"))
    gates = [
        [name, markup.tag("done" if passed else "waiting", "Passed" if passed else "Open"), f"{missing:,}"]
        for name, passed, missing in gates_in_words(detail)
    ]
    st.html(markup.rows("Every gate on the way to the lock", ("Gate", "State", "Things missing"), gates))
    if waits:
        rows = [
            [
                each.what, each.gate, each.to_do, each.who, each.since.replace(" ", "\u00a0"),
                markup.task(step.address_of(each.page.name, detail.design.id), each.page.title),
            ]
            for each in waits
        ]  # fmt: skip
        st.html(markup.rows("What is missing", ("What", "Gate", "To do", "Who clears it", "Since", "Where"), rows))
    warnings = to_know(detail)
    if warnings and not detail.locked:
        st.html(markup.said("To know, which nothing waits for:"))
        st.html(markup.bullets(warnings))


def _register(detail: DesignDetail) -> None:
    """The draft becomes the registered plan; the digest of what was read."""
    st.html(markup.heading(2, "Register the plan"))
    if detail.current:
        st.html(markup.said(f"The draft is registered as version {detail.version} of the plan."))
        return
    if detail.version is None:
        st.html(markup.said("The plan is registered nowhere yet. What is locked is what is registered."))
    else:
        st.html(
            markup.notice(
                f"The draft has changed since version {detail.version} of the plan was registered. "
                "Register it as it is now before it is locked."
            )
        )
    if detail.facts.errors:
        st.html(markup.said("It is registered once every step is answered."))
        return
    refusal = session.may("register")
    if refusal is not None:
        st.html(markup.quiet("A designer registers it."))
        return
    if st.button("Register the plan as it stands", key=_key(detail, "register")):
        try:
            done = work.register(detail.design.id, _read(detail)[0])
        except Refused as refused:
            screen.refused(refused)
            return
        st.session_state[_key(detail, "said")] = f"Registered as version {done.version} of the plan."
        st.rerun()


def _lock(detail: DesignDetail) -> None:
    """Look through the population, then lock what was looked at."""
    st.html(markup.heading(2, "Lock the plan"))
    design = detail.design.id
    if detail.version is not None:
        for stage in ("lock", "lock_outside"):
            job = watching.watched(design, stage)
            if job is not None and job.state == "running":
                return
    may_lock, may_outside = session.may("lock") is None, session.may("lock_outside") is None
    if not (may_lock or may_outside):
        st.html(markup.quiet("A designer locks the plan once every gate is passed."))
        return
    if not detail.current:
        st.html(markup.said("It is locked once the draft is registered as it is."))
        return
    if may_lock:
        lockable = _looked_through(detail)
        if lockable is None:
            return
        _fixed(lockable)
        if lockable.open:
            st.html(markup.said("It can be locked on its route once nothing above is missing."))
        elif st.button("Lock the plan", type="primary", key=_key(detail, "now")):
            _begin(detail, lockable.record.protocol_version, lockable.record.population.version, None)
    if may_outside and (waits_of(detail) or outside_route(detail) or not may_lock):
        _outside(detail)


def _looked_through(detail: DesignDetail) -> Lockable | None:
    """What the lock would fix, as it was looked at last; nothing before somebody asks."""
    key = _key(detail, "looked", str(detail.revision.number), str(detail.version))
    outdated = key in st.session_state and st.session_state[key][0] != _passed(detail)
    if st.button("Look through the population", key=_key(detail, "look")) or outdated:
        try:
            st.session_state[key] = (_passed(detail), work.lockable(detail.design.id))
        except Refused as refused:
            st.session_state.pop(key, None)
            screen.refused(refused)
            return None
    held = st.session_state.get(key)
    if held is None:
        st.html(markup.quiet("Look through it first: this says who can be assigned, and what would be fixed."))
        return None
    looked: Lockable = held[1]
    return looked


def _passed(detail: DesignDetail) -> tuple[bool, ...]:
    return tuple(gate.passed for gate in detail.gates)


def _fixed(lockable: Lockable) -> None:
    """What is about to be fixed, and what is known of it."""
    record, loaded = lockable.record, lockable.record.population
    rows = [
        ("The plan", f"Version {record.protocol_version}, digest {record.protocol_digest}"),
        (
            "The population",
            f"Load {loaded.version} of {loaded.name}: {loaded.file_name}, {loaded.loaded:,} customers, loaded "
            f"{moment(loaded.loaded_at)} UTC by {loaded.loaded_by}",
        ),
        ("Customers who can be assigned", f"{record.eligible:,}"),
        *((f"Left out: {each.reason.replace('_', ' ')}", f"{each.customers:,}") for each in record.exclusions),
    ]
    st.html(markup.card("What the lock fixes", None, rows))
    if record.findings:
        st.html(markup.said("To know before the lock:"))
        st.html(markup.bullets(record.findings))


def _outside(detail: DesignDetail) -> None:
    st.html(markup.heading(3, "Lock it outside the route"))
    st.html(
        markup.said(
            "An administrator may lock it although gates are open, with a reason. Every later page, certificate and "
            "report says for ever that it was locked outside the route of approval, and why."
        )
    )
    load = work.latest_load(detail)
    fixed = "no population is loaded yet" if load is None else f"load {load} of its population"
    st.html(markup.said(f"It would fix version {detail.version} of the plan, and {fixed}."))
    reason = st.text_area("Why it is locked outside the route", key=_key(detail, "reason"), height=100)
    if not st.button("Lock it outside the route", key=_key(detail, "outside")):
        return
    if not reason.strip():
        st.html(markup.refusal(["No reason is given. A lock outside the route says why."]))
        return
    _, version, loaded = _read(detail)
    if version is None or loaded is None:
        screen.refused(
            TrialRefused("no population is loaded", rule="the population is frozen before the plan is locked")
        )
        return
    _begin(detail, version, loaded, reason)


def _begin(detail: DesignDetail, version: int, load: int, reason: str | None) -> None:
    try:
        job = work.begin_lock(
            detail.design.id, version=version, load=load, draft=_read(detail)[0], without_governance=reason
        )
    except Refused as refused:
        screen.refused(refused)
        return
    if job.started_by != session.current_user().name:
        st.session_state[_key(detail, "said")] = f"{job.started_by} is locking it already."
    st.rerun()


def _what_comes_next(detail: DesignDetail) -> None:
    st.page_link("views/draw.py", label="Draw, and issue lists", query_params={"trial": detail.design.id})


def _answers(detail: DesignDetail, *, closed: bool) -> None:
    """Everything that was answered, as it was asked, with the way to change it."""
    st.html(markup.heading(2, "Check the answers", "answers"))
    document = detail.revision.draft.document
    told = told_of(document, detail.facts.contents_by_name)
    steps = [kind for kind in TASKS if kind.keys]
    st.html(markup.contents([(f"answers-{kind.name}", kind.title) for kind in steps]))
    for kind in steps:
        address = None if closed else step.address_of(kind.name, detail.design.id)
        found, rest = cards(kind.title, ASKED[kind.name](document), told)
        others = told.others(rest, kind.keys)
        st.html(markup.heading(3, kind.title, f"answers-{kind.name}"))
        for each in (*found, *((Card(ALSO, others),) if others else ())):
            st.html(markup.card(each.title, address, each.rows, about=kind.title))
        if not found and not others:
            st.html(markup.card(kind.title, address, ((kind.title, NOT_ANSWERED),), about=kind.title))


if __name__ == "__main__":  # as Streamlit runs a page
    show()
