"""Is one-to-many the right approach? The questions of the handbook, each with its evidence and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from dashboards import design_session, markup, step, surging, widgets
from dashboards.forms.editing import Form, refusal_to_edit
from dashboards.forms.entering import entry, told
from dashboards.forms.fields import Field, Members, Section
from dashboards.forms.values import value_at
from designs.suitability.editions import EDITIONS, Question
from trials.registry.records import DesignDetail
from trials.reporting.designing import suitability_sentence
from trials.reporting.designing.doubts import doubts_in_words, overrides_in_words, stale_in_words, where_it_leads

_SURE: Final = (
    ("confident", "Confident"),
    ("in_doubt", "In doubt: one-to-many may not be appropriate, and an approver is asked whether to go on"),
)
_BEHAVIOUR: Final = Section(
    "The behaviour that should change",
    (
        Field(("behaviour", "who"), "Who", hint="Such as individuals with an overdue debt and no return outstanding."),
        Field(("behaviour", "action"), "What they should do"),
        Field(("behaviour", "by_day"), "By which day after the issue", "number"),
        Field(("behaviour", "observed_in"), "How it is observed", hint="The data in which it shows."),
    ),
)
_ALTERNATIVES: Final = Section(
    "What else was considered",
    (
        Members(
            ("alternatives",), "alternative", "option",
            (Field(("option",), "What could be done instead"), Field(("reason",), "Why it is not", "words")),
        ),
    ),
    "No further action is always one of them.",
)  # fmt: skip
_OWN: Final[dict[str, tuple[Field, ...]]] = {
    "customers": (Field(("answer",), "How many", "number"),),
    "cost": (
        Field(("administration",), "To administer, in pounds", "range"),
        Field(("exchequer_loss",), "In tax not collected, in pounds", "range"),
    ),
    "same_reason": (
        Field(("answer",), "Answer", "choice", options=(("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))),
        Field(("insight", "method"), "What would find out", asked_where=("answer", ("unknown",))),
        Field(("insight", "owner"), "Who finds out", asked_where=("answer", ("unknown",))),
        Field(("insight", "ready_on"), "By when it is known", "day", asked_where=("answer", ("unknown",))),
    ),
    "message": (
        Field(("answer",), "Answer", "words"),
        Field(
            ("opens_check",), "Does it ask for information that would show that affairs are correct?", "truth",
            hint="Such a message opens a compliance check, and is no one-to-many approach.",
        ),
    ),
    "reaction": tuple(
        Field(("answer", reaction), f"Share who {words}, in percent", "percent")
        for reaction, words in (
            ("pay", "pay"), ("file", "file"), ("call", "call"), ("complain", "complain"), ("ignore", "do nothing"),
            ("agent", "have an agent answer"),
        )
    ),
    "follow_up": (
        Field(("asks_for_review",), "Are customers asked to review a return?", "truth"),
        Field(("answer",), "Answer", "words"),
        Field(("plan", "owner"), "Who follows up", asked_where=("asks_for_review", (True,))),
        Field(
            ("plan", "capacity_per_month"), "How many they can take in a month", "number",
            asked_where=("asks_for_review", (True,)),
        ),
        Field(("plan", "starts_on"), "From which day", "day", asked_where=("asks_for_review", (True,))),
        Field(
            ("plan", "rule"), "Who is followed up, and how", "words", hint="The same in every arm.",
            asked_where=("asks_for_review", (True,)),
        ),
    ),
    "operations": (
        Field(("answer", "inbound_calls_per_1000"), "Calls that 1,000 customers make", "number"),
        Field(("answer", "peak_contacts_per_day"), "Contacts on the busiest day", "number"),
        Field(("answer", "capacity_per_day"), "Contacts that can be taken in a day", "number"),
    ),
}  # fmt: skip


_EDITION: Final = Section(
    "",
    (
        Field(
            ("suitability", "edition"), "Which set of questions", "choice",
            options=tuple((name, f"{edition.source}: {len(edition.questions)}") for name, edition in EDITIONS.items()),
            hint="The guidance has changed its list before. The first set where nothing is chosen.",
        ),
    ),
)  # fmt: skip
_REASON: Final = (
    Field(("reason",), "Why the design goes on", "words", hint="It is shown wherever the answers are shown."),
)


def _question(asked: Question, changed: str | None) -> Section:
    """A question with its own fields, its evidence, and how sure the answer is."""
    own = _OWN.get(asked.id, (Field(("answer",), "Answer", "words"),))
    fields = (
        *own,
        Field(("evidence",), "Evidence", "words", hint=asked.evidence),
        Field(("confidence",), "How sure is it?", "choice", options=_SURE),
    )
    return Section(asked.asks, tuple(_within(field, asked.id) for field in fields), changed or "")


def _within(field: Field, question: str) -> Field:
    where = field.asked_where
    return replace(
        field,
        path=("suitability", question, *field.path),
        asked_where=None if where is None else (f"suitability/{question}/{where[0]}", where[1]),
    )


def show() -> None:
    page = step.begun("suitability")
    if page is None:
        return
    detail, task, form = page
    told()
    st.html(markup.lead(suitability_sentence(detail)))
    _ways_on(detail)
    step.fill(detail, task, form, sections(form.draft.document, detail), beside=_contact)


def _contact(detail: DesignDetail, form: Form) -> None:
    surging.others(form, disabled=refusal_to_edit(detail) is not None)
    widgets.way("views/design/surge.py", "See the contact of each day against what can be taken", detail.design.id)


def sections(document: Mapping[str, Any], detail: DesignDetail | None = None) -> tuple[Section, ...]:
    """What is asked by the edition that a draft names; of a design, with what changed since it was answered."""
    edition = value_at(document, ("suitability", "edition"))
    questions = EDITIONS[edition if edition in EDITIONS else "CH600210-1"].questions
    changed = {} if detail is None else stale_in_words(detail)
    asked = (_question(question, changed.get(question.id)) for question in questions)
    return (_BEHAVIOUR, _ALTERNATIVES, _EDITION, *asked, *surging.sections(document))


def _ways_on(detail: DesignDetail) -> None:
    """Where the answers lead: on, to an override of what is in doubt, or to something else."""
    for sentence in overrides_in_words(detail):
        st.html(markup.notice(sentence))
    doubts = design_session.doubts(detail)
    if doubts:
        st.html(markup.heading(2, "Go on although there is doubt?"))
        st.html(markup.bullets(doubts_in_words(detail)))
        fixed = {"answers": doubts}
        entry(detail, "override", "doubt_overridden", _REASON, fixed, "Let the design go on")
    elsewhere = where_it_leads(detail)
    if elsewhere is not None:
        view, words = elsewhere
        widgets.way(f"views/design/{view}.py", words, detail.design.id)
    widgets.way("views/design/set_aside.py", "Do something else, or take no further action", detail.design.id)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
