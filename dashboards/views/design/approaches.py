"""Approaches and wording: what is done to whom, and what customers read."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

import streamlit as st

from dashboards import design_session, markup, step, widgets
from dashboards.forms import drawing
from dashboards.forms.editing import Form
from dashboards.forms.fields import Field, Members, Path, Section
from designs.literals import Channel, Language
from designs.protocol.models import Protocol
from designs.variants.techniques import TECHNIQUES
from trials.registry.records import DesignDetail
from trials.reporting.designing import letters
from trials.reporting.designing.approaches import closed_to, in_use, in_use_today, signature_line, signatures, tone_line

_SENT: Final = ("otm", "bau")
_CONTACT: Final = ("kind", _SENT)
_TODAYS: Final = (
    "Of an approach, what it would take the place of, where no arm has it: it is compared, and sent to nobody. "
    "Of what is done today, what customers get now: the same wording below is not signed again, and any other is."
)
_LANGUAGES: Final[dict[Language, str]] = {"en": "English", "cy": "Welsh"}
_CHANNELS: Final = (("letter", "Letter"), ("sms", "Text message"), ("email", "Email"), ("call", "Call"))
_ARM: Final = (
    Field(("id",), "Short name", hint="Small letters, digits, - and _. Files and exports use it."),
    Field(("label",), "What people call it", hint="Such as Letter with a social norm."),
    Field(
        ("kind",), "What it is", "choice",
        options=(
            ("nfa", "No further action"), ("bau", "What is done today"), ("otm", "A one-to-many approach"),
        ),
    ),
    Field(("share",), "Share", "number", hint="Beside the other arms: 2 gets twice as many customers as 1."),
    Field(("channel",), "How customers are reached", "choice", options=_CHANNELS, asked_where=_CONTACT),
    Field(
        ("technique",), "Behavioural technique", "choice", hint="A library of trials is searched by these names.",
        options=tuple((name, f"{name}: {does}") for name, does in TECHNIQUES.items()), asked_where=_CONTACT,
    ),
    Field(("idms99_version",), "IDMS99 version", asked_where=_CONTACT),
    Field(("contact_number",), "Telephone number in it", asked_where=_CONTACT),
    Field(("cost_per_customer",), "Cost for each customer, in pounds", "range", asked_where=_CONTACT),
    Field(("text", "en_in_use"), "Wording in use today, in English", "wording", _TODAYS, asked_where=_CONTACT),
    Field(("text", "cy_in_use"), "Wording in use today, in Welsh", "wording", _TODAYS, asked_where=_CONTACT),
    Field(("text", "en"), "Wording in English", "wording", asked_where=_CONTACT),
    Field(("text", "cy"), "Wording in Welsh", "wording", asked_where=_CONTACT),
)  # fmt: skip
SECTIONS: Final = (
    Section(
        "",
        (
            Members(("arms",), "arm", "label", _ARM, {"kind": "otm", "share": 1}),
            Field(
                ("nfa_waived",), "Why there is no arm of no further action", "words",
                hint="Only where there is none. Without it nobody can tell what customers would have done anyway.",
            ),
            Field(("campaign", "dmtc_site"), "DMTC site that works it"),
            Field(("campaign", "dto"), "DTO"),
        ),
    ),
)  # fmt: skip


def show() -> None:
    page = step.begun("approaches")
    if page is None:
        return
    detail, task, form = page

    def under(path: Path) -> None:
        plan = design_session.plan_of(form.draft)
        if path[2:] in (("text", "en"), ("text", "cy")):
            _about_text(detail, form, plan, path)
        elif len(path) == 2:
            _about_approach(form, plan, path)

    step.fill(detail, task, form, SECTIONS, under=under)


def _about_approach(form: Form, plan: Protocol | None, path: Path) -> None:
    """Who is not sent an approach; below its texts."""
    place = cast("int", path[1])
    if plan is None or plan.arms is None or place >= len(plan.arms) or form.at((*path, "kind")) == "nfa":
        return
    lines = closed_to(plan, place)
    if lines:
        st.html(markup.title("Who is not sent it"))
        st.html(markup.bullets(lines))


def _about_text(detail: DesignDetail, form: Form, plan: Protocol | None, path: Path) -> None:
    """How a text reads as it stands on the page, what is wrong in it, what changed, and who signed it."""
    language = cast("Language", path[-1])
    text = drawing.text_now(form, path)
    if not text.strip():
        return
    sent = form.at((*path[:2], "kind")) in _SENT
    approach = form.at((*path[:2], "kind")) == "otm"
    found = letters.letter(text, _channel(form.at((*path[:2], "channel"))), language)
    st.html(markup.bullets((*found.reading, *(_signed(detail, form, path) if sent else ()))))
    if sent:
        noted = [note for paragraph in found.paragraphs for note in paragraph.notes]
        if found.left_out:
            st.html(markup.notes(found.left_out))
        if noted:
            count = "One finding" if len(noted) == 1 else f"{len(noted):,} findings"
            st.html(markup.details(f"{count}, at the sentence", markup.letter(found.paragraphs, language), shown=True))
        elif not found.left_out:
            st.html(markup.quiet("Nothing was found in its wording."))
    if approach:
        _changed(form, plan, path, text, language)
    st.html(markup.details("As customers see it", markup.letter(letters.plain(text), language)))
    arm = form.at((*path[:2], "id"))
    if not form.changed_text(path) and isinstance(arm, str) and plan is not None and plan.arms:
        words = f"{_LANGUAGES[language]} as PDF: {form.at((*path[:2], 'label')) or arm}"
        make = partial(design_session.letter_file, form.design, arm, language)
        widgets.taken_out(words, make, f"{form.design}-{arm}-{language}.pdf", key=form.key("pdf", *path))


def _channel(value: Any) -> Channel | None:
    return cast("Channel", value) if value in dict(_CHANNELS) else None


def _signed(detail: DesignDetail, form: Form, path: Path) -> tuple[str, ...]:
    """The tone of a text and its sign-offs, which are of the text as it was saved."""
    subject = f"text/{form.at((*path[:2], 'id'))}/{path[-1]}"
    signed = signatures(detail.facts, subject)
    if form.changed_text(path):
        return ("This wording is not saved yet. A sign-off is of what is saved.",)
    if not signed and in_use_today(detail.facts, subject):
        return ("It is the wording in use today, and nobody signs it again.",)
    return (tone_line(signed), *map(signature_line, signed))


def _changed(form: Form, plan: Protocol | None, path: Path, text: str, language: Language) -> None:
    place = cast("int", path[1])
    today = None if plan is None or plan.arms is None or place >= len(plan.arms) else in_use(plan, place, language)
    before = "" if today is None else drawing.text_named(form, today[1])
    if today is None or not before.strip():
        words = "There is nothing to compare it with: give the wording in use today, above or as an arm of its own."
        st.html(markup.quiet(words))
        return
    changes = letters.changed_from(before, text)
    if not changes:
        st.html(markup.quiet(f"It is word for word the wording in use today ({today[0]})."))
        return
    words = f"What changed against the wording in use today ({today[0]})"
    st.html(markup.details(words, markup.changes(changes, language), shown=True))


if __name__ == "__main__":  # as Streamlit runs a page
    show()
