"""Sign-offs: what each body signs, in full beside its checklist, bound to exactly what it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboards import design_session, markup, screen, session, step, widgets
from dashboards.forms.editing import ended_in_words
from data.errors import Refused
from designs.entries import Signatory
from designs.gates.sample_size import sample_size_digest, size_sign_off
from designs.variants.checklists import CHECKLISTS, LATEST, NAMES, SIZE_POINTS, Body, Point
from designs.variants.sign_offs import SignOff
from trials.registry.records import DesignDetail
from trials.reporting.designing import letters, signing
from trials.reporting.designing.approaches import signature_line

_SAID: Final = "signing_said"
_SUMMARY: Final = "Answer every point before you sign"


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody has before them when they sign: the body, what it is, and the digest of exactly that."""

    design: str
    body: Signatory
    subject: str
    digest: str
    points: tuple[Point, ...]
    who: str
    customers: int | None = None

    @property
    def key(self) -> str:
        """Of its fields: another text has others, so that no answer about one is taken for an answer about it."""
        return f"sign/{self.design}/{self.body}/{self.subject}/{self.digest}/{self.customers}"

    def anchor(self, point: Point) -> str:
        """Where a point stands on the page."""
        return f"{self.body}-{self.subject.replace('/', '-')}-{point.id}"

    def answered(self) -> dict[str, str]:
        """The answers that were given, by point."""
        places = {point: st.session_state.get(f"{self.key}/{point.id}") for point in self.points}
        return {point.id: point.answers[place] for point, place in places.items() if isinstance(place, int)}


def show() -> None:
    begun = step.on_record("sign_offs")
    if begun is None:
        return
    detail, _ = begun
    _told()
    standing = signing.standing(detail.facts, design_session.size_void_since(detail))
    st.html(markup.lead(f"{standing.signed} of {standing.needed} sign-offs stand."))
    if standing.rows:
        st.html(markup.rows("Each text, and who has signed it", ("Text", *NAMES.values()), standing.rows))
    st.html(markup.said(f"{standing.size}."))
    for arm in signing.unwritten(detail.facts):
        st.html(markup.notice(f"{arm} has no text yet, so that nobody can sign it. The designer writes it."))
    ended = "The plan is locked: nothing is signed any more." if detail.locked else ended_in_words(detail)
    if ended is not None:
        st.html(markup.notice(ended))
    _sign(detail, open_to_sign=ended is None)
    step.after("sign_offs", detail)


def _told() -> None:
    """What the last signature came to, once."""
    said = st.session_state.pop(_SAID, None)
    if isinstance(said, Refused):
        screen.refused(said)
    elif isinstance(said, tuple):
        st.html(markup.error_summary(_SUMMARY, said))
    elif said is not None:
        st.html(markup.done(said))


def _sign(detail: DesignDetail, *, open_to_sign: bool) -> None:
    """Whom the reader signs for, and everything that this body signs."""
    mine = design_session.signs_for() if open_to_sign else ()
    if open_to_sign and not mine:
        words = "You can read everything here. A reviewer signs for TAA, COPGU and communications, an analyst for KAI."
        st.html(markup.notice(words))
    st.html(markup.heading(2, "Read, then sign"))
    asked = {body: name for body, name in signing.SIGNATORIES.items() if not mine or body in mine}
    named = st.query_params.get("for")
    first = next((body for body in asked if body == named), next(iter(asked)))
    label = "For whom do you sign?" if mine else "What does each of them sign?"
    body = widgets.choice(label, asked, first, key=f"sign/{detail.design.id}/for", horizontal=True, visible=True)
    body = body or first
    st.query_params["for"] = body
    who = f"sign/{detail.design.id}/who"
    if mine:
        st.html(markup.field("sign-who", "Who signs", "As that body names you."))
        widgets.line("Who signs", session.current_user().name, key=who)
    if body == "kai":
        _size(detail, who if mine else None)
        return
    found = signing.to_sign(detail.facts, body)
    if not found:
        st.html(markup.said("There is no text for this body to sign."))
    for each in found:
        _text(detail, body, each, who if mine else None)


def _text(detail: DesignDetail, body: Body, sign_off: SignOff, who: str | None) -> None:
    """One text in full beside the checklist of a body; put together where it is signed already."""
    had, text = detail.facts.versions.get(sign_off.text.subject, ()), sign_off.text
    written = letters.as_written(detail.facts, text)
    st.html(markup.heading(3, signing.called(text), text.subject.replace("/", "-")))
    st.html(markup.said(signature_line(sign_off)))
    if not had or written is None:
        st.html(markup.said("The text is not there, or is no plain text: nobody can sign it."))
        return
    shown = Shown(
        detail.design.id, body, text.subject, had[-1].digest, CHECKLISTS[LATEST][body], who or ""
    )  # fmt: skip
    _changed_meanwhile(shown, written)
    if sign_off.state == "stands":
        st.html(markup.details("The text as it is signed", markup.letter(letters.plain(written), text.language)))
        return
    letter, checklist = st.columns([3, 2], gap="medium")
    with letter:
        st.html(markup.letter(letters.plain(written), text.language))
        _since_signed(detail, sign_off, written)
    with checklist:
        _checklist(shown, signing.called(text))


def _since_signed(detail: DesignDetail, sign_off: SignOff, written: str) -> None:
    """What changed since the body signed it, where that is void."""
    record = sign_off.record
    if sign_off.state != "void" or record is None or record.entry.kind != "signed_off":
        return
    before = design_session.signed_text(detail.design.id, record.entry.digest)
    if before is not None and before != written:
        changes = markup.changes(letters.changed_from(before, written), sign_off.text.language)
        st.html(markup.details("What changed since it was signed", changes, shown=True))


def _changed_meanwhile(shown: Shown, written: str) -> None:
    """Tell whoever reads that the text is another than the one that they had before them a moment ago."""
    place = f"read/{shown.design}/{shown.subject}"
    before = st.session_state.get(place)
    if before is not None and before != (shown.digest, written):
        st.session_state[f"{place}/was"] = before[1]
    st.session_state[place] = (shown.digest, written)
    was = st.session_state.get(f"{place}/was")
    if was is not None and was != written:
        st.html(
            markup.refusal(["This text changed while you were reading it. Your answers were about the one before."])
        )
        changes = markup.changes(letters.changed_from(was, written), "cy" if shown.subject.endswith("/cy") else "en")
        st.html(markup.details("What changed while you were reading", changes, shown=True))


def _checklist(shown: Shown, called: str) -> None:
    """The points of a body, and its signature."""
    tried = st.session_state.get(f"{shown.key}/tried", False)
    answered = shown.answered()
    for point in shown.points:
        wrong = ("Answer this before you sign.",) if tried and point.id not in answered else ()
        st.html(markup.field(shown.anchor(point), point.asks, "", wrong))
        options = {answer: answer.capitalize() for answer in point.answers}
        widgets.choice(
            f"{called}: {point.asks}", options, key=f"{shown.key}/{point.id}", disabled=not shown.who, horizontal=True
        )
    if shown.who:
        name = signing.SIGNATORIES[shown.body]
        widgets.pressed(
            f"Sign for {name}: {called}", key=f"{shown.key}/sign", primary=True, then=_signed, given=(shown, called)
        )


def _size(detail: DesignDetail, who: str | None) -> None:
    """Everything that the size of the sample follows from, and KAI's signature on it."""
    plan = detail.facts.plan
    digest = None if plan is None else sample_size_digest(plan)
    if plan is None or digest is None:
        st.html(markup.said("The plan has no arms, primary outcome, analysis or allocation yet: there is no size."))
        return
    st.html(markup.heading(3, "The size of the sample"))
    st.html(markup.said("The size follows from these. Change one of them, and the signature is void."))
    customers = detail.facts.customers
    st.html(markup.answers(signing.size_in_words(plan, customers)))
    if size_sign_off(plan, detail.facts.recorded, detail.facts.customers).state == "stands":
        st.html(markup.done("KAI has signed it as it is."))
    else:
        shown = Shown(detail.design.id, "kai", "sample_size", digest, SIZE_POINTS[LATEST], who or "", customers)
        _checklist(shown, "The size of the sample")


def _signed(shown: Shown, called: str) -> None:
    """Put a signature on record: of what was shown where the button was pressed, and of nothing newer."""
    answers = shown.answered()
    missing = tuple((shown.anchor(point), point.asks) for point in shown.points if point.id not in answers)
    if missing:
        st.session_state[f"{shown.key}/tried"] = True
        st.session_state[_SAID] = missing
        return
    edition: dict[str, object] = {"edition": LATEST, "answers": answers}
    if shown.customers is not None:
        edition["customers"] = shown.customers
    document = {
        "kind": "signed_off", "signatory": shown.body, "subject": shown.subject, "digest": shown.digest,
        "signed_by": st.session_state.get(shown.who) or "", **edition,
    }  # fmt: skip
    try:
        design_session.enter(shown.design, document)
    except Refused as refused:
        st.session_state[_SAID] = refused
        return
    st.session_state.pop(f"read/{shown.design}/{shown.subject}/was", None)
    failed = [point.asks for point in shown.points if answers[point.id] not in point.passes]
    name = signing.SIGNATORIES[shown.body]
    passed = f"It is on record. {name} has signed: {called}."
    st.session_state[_SAID] = f"It is on record, and does not pass: {' '.join(failed)}" if failed else passed


if __name__ == "__main__":  # as Streamlit runs a page
    show()
