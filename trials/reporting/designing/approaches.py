"""What there is to say of one approach beside its texts: who is not sent it, and who signed its wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from analysis.wording.phrases import capitalised, day
from designs.finding import Open
from designs.gates import Facts
from designs.literals import Language
from designs.protocol.conditions import describe
from designs.protocol.models import Arm, Protocol
from designs.protocol.words import column_words
from designs.variants.checklists import NAMES
from designs.variants.differences import wording_in_use
from designs.variants.sign_offs import SignOff, State, in_use_already, planned_texts, sign_offs
from designs.variants.welsh_customers import open_welsh

STATES: Final[Mapping[State, str]] = {
    "stands": "Signed",
    "incomplete": "Signed, and does not pass",
    "void": "Void",
    "missing": "Not signed",
}


def closed_to(plan: Protocol, place: int) -> tuple[str, ...]:
    """Who is not sent an approach, in sentences; that those who prefer Welsh get a Welsh text, where they do.

    Args:
        plan: As far as it is filled.
        place: Of its arm.
    """
    arm, words = plan.arms[place], column_words(plan)
    lines = [
        f"Not for {' and '.join(describe(test, words) for test in each.conditions)}: {each.reason}."
        for each in arm.not_for
    ]
    if arm.kind == "otm":
        lines += _in_welsh(plan, place, arm)
    return tuple(lines)


def _in_welsh(plan: Protocol, place: int, arm: Arm) -> list[str]:
    if not arm.english_only:
        return ["Customers who prefer Welsh are sent the Welsh text."]
    found: Sequence[Open] = [
        each for each in open_welsh(plan, {}) if each.where in (f"arms[{place}].text.cy", "population.welsh")
    ]
    return [f"{capitalised(each.problem)}. {capitalised(each.remedy)}." for each in found]


def in_use(plan: Protocol, place: int, language: Language) -> tuple[str, str] | None:
    """The wording that an approach would take the place of: what it is called, and the text's name in the plan.

    It is the one that the approach itself names as today's; else that of the arm of what is done today. None where
    there is neither in that language.
    """
    own = plan.arms[place].text
    named = None if own is None else own.en_in_use if language == "en" else own.cy_in_use
    if named is not None:
        return "as it was given", named
    other = wording_in_use(plan, plan.arms[place])
    name = None if other is None or other.text is None else getattr(other.text, language)
    return None if other is None or name is None else (other.label, name)


def in_use_today(facts: Facts, subject: str) -> bool:
    """Whether a text is, to the byte, what its arm declares to be in use today, so that nobody signs it."""
    texts = () if facts.plan is None else planned_texts(facts.plan)
    return any(in_use_already(text, facts.versions) for text in texts if text.subject == subject)


def signatures(facts: Facts, subject: str) -> tuple[SignOff, ...]:
    """Where the sign-offs of one text stand."""
    if facts.plan is None:
        return ()
    return tuple(each for each in sign_offs(facts.plan, facts.versions, facts.recorded) if each.text.subject == subject)


def signature_line(sign_off: SignOff) -> str:
    """Where a sign-off stands, in a sentence: by whom, since when, and whose turn it is."""
    name, record = NAMES[sign_off.body], sign_off.record
    if record is None:
        return f"{name}: not signed."
    on = day(record.entry.on)
    match sign_off.state:
        case "void":
            since = "" if sign_off.void_since is None else f" since {day(sign_off.void_since.date())}"
            return f"{name}: void{since}, because the text changed. It was signed on {on}."
        case "incomplete":
            return f"{name}: signed on {on}, and does not pass."
        case _:
            return f"{name}: signed on {on}."


def tone_line(signed: Sequence[SignOff]) -> str:
    """What COPGU calls the tone of a text, or that it has not said it yet."""
    tone = next((each.tone for each in signed if each.tone is not None), None)
    return "Tone: COPGU says it when it signs." if tone is None else f"Tone: {tone}, as COPGU calls it."
