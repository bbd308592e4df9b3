"""Which texts are signed by TAA, COPGU and communications: a sign-off is of one version, and of no other.

An approach in English and Welsh has two texts, and each is signed for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from designs.entries import Recorded, SignedOff
from designs.errors import DesignRefused
from designs.finding import Open
from designs.literals import Language
from designs.protocol.models import Protocol
from designs.protocol.words import in_words
from designs.variants.checklists import CHECKLISTS, LATEST, NAMES, Body, Point, bodies_of

_DIGEST: Final = re.compile("[0-9a-f]{64}")
State = Literal["stands", "incomplete", "void", "missing"]
LANGUAGES: Mapping[Language, str] = {"en": "English", "cy": "Welsh"}


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a text.

    Attributes:
        digest: SHA-256 of its bytes, in lower-case hexadecimal.
        since: When it became the text of the plan.
    """

    digest: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PlannedText:
    """A text that the plan names, or should.

    Attributes:
        subject: What a sign-off of it names, such as ``text/letter/en``.
        where: Its path in the plan, such as ``arms[1].text.en``.
        arm: The label of its arm.
        language: Of the text.
        name: Its path or digest as the plan has it; None where the plan names none.
        todays: Whether its arm is what is done today (``bau``).
        in_use: The wording in use today, as such an arm declares it, by path or digest; None where it declares none.
    """

    subject: str
    where: str
    arm: str
    language: Language
    name: str | None
    todays: bool = False
    in_use: str | None = None


@dataclass(frozen=True, slots=True)
class SignOff:
    """What one body has said of one text, as it is now.

    Attributes:
        text: Which.
        body: Which.
        state: ``stands`` where every point passes; ``incomplete`` where the text as it is was signed and a point was
            left or failed; ``void`` where another version was signed; ``missing`` where none was.
        record: The sign-off that decides; None where there is none.
        void_since: When the text stopped being what was signed.
        points: Those that were left or failed.
        tone: As COPGU calls it, where it does.
    """

    text: PlannedText
    body: Body
    state: State
    record: Recorded | None = None
    void_since: datetime | None = None
    points: tuple[Point, ...] = ()
    tone: str | None = None


def planned_texts(plan: Protocol) -> tuple[PlannedText, ...]:
    """Every text that customers may get: the English one of each approach, its Welsh one where the plan names it, and
    those that an arm of what is done today names.

    A plan may be partly filled.
    """
    texts = []
    for place, arm in enumerate(plan.arms or ()):
        if arm.kind == "nfa" or not arm.id:
            continue
        todays, text = arm.kind == "bau", arm.text
        named: tuple[tuple[Language, str | None, str | None], ...] = (("en", None, None),)
        if text is not None:
            named = (("en", text.en, text.en_in_use), ("cy", text.cy, text.cy_in_use))
        for language, name, in_use in named:
            if name or (language == "en" and not todays):
                subject, where = f"text/{arm.id}/{language}", f"arms[{place}].text.{language}"
                declared = in_use if todays else None
                texts.append(PlannedText(subject, where, arm.label or arm.id, language, name, todays, declared))
    return tuple(texts)


def in_use_already(text: PlannedText, versions: Mapping[str, Sequence[Version]]) -> bool:
    """Whether a text is, to the byte, the wording that its arm declares to be in use today: nobody signs that again.

    What is declared is the text that was there when it was declared, and not whatever is written into its file later:
    a plan that names one file for both declares its words of that day.

    Args:
        text: Of the plan.
        versions: Of each text, by its subject, the versions that it has had, oldest first; the declared one is another
            subject, such as ``text/today/en_in_use``, and has those since it was declared, with an empty digest where
            no text was there.
    """
    if not text.todays or text.in_use is None or text.name is None:
        return False
    had, declared = versions.get(text.subject, ()), versions.get(f"{text.subject}_in_use", ())
    now = _digest_now(text.name, had)
    bound = not declared or declared[0].digest == now
    return now is not None and bound and _digest_now(text.in_use, declared) == now


def _digest_now(name: str, had: Sequence[Version]) -> str | None:
    """The digest of a text: its name in a sealed plan, else its last version's; None while there is none, or where a
    file has the name of a digest that is not its own."""
    if _DIGEST.fullmatch(name):
        return name if not had or any(version.digest == name for version in had) else None
    return had[-1].digest if had else None


def sign_offs(
    plan: Protocol, versions: Mapping[str, Sequence[Version]], recorded: Sequence[Recorded]
) -> tuple[SignOff, ...]:
    """Where each sign-off of each text stands.

    Args:
        plan: As far as it is filled.
        versions: Of each text, by its subject, the versions that it has had, oldest first; the last is the text now.
        recorded: All that was put on record, in order.
    """
    return tuple(
        _standing(text, body, versions.get(text.subject, ()), recorded)
        for text in planned_texts(plan)
        if text.name and not in_use_already(text, versions)
        for body in bodies_of(text.language)
    )


def _standing(text: PlannedText, body: Body, versions: Sequence[Version], recorded: Sequence[Recorded]) -> SignOff:
    signed = [
        (item, item.entry)
        for item in recorded
        if isinstance(item.entry, SignedOff) and (item.entry.signatory, item.entry.subject) == (body, text.subject)
    ]
    if not signed:
        return SignOff(text, body, "missing")
    now = versions[-1].digest if versions else None
    of_this = [(item, entry) for item, entry in signed if entry.digest == now]
    item, entry = (of_this or signed)[-1]
    if not of_this:
        return SignOff(text, body, "void", item, void_since=_left(entry.digest, versions))
    points = _not_passed(entry, body)
    state: State = "incomplete" if points else "stands"
    return SignOff(text, body, state, item, points=points, tone=_answers(entry, body).get("tone"))


def _left(digest: str, versions: Sequence[Version]) -> datetime | None:
    """When a text stopped having a digest, for good."""
    since = None
    for version in reversed(versions):
        if version.digest == digest:
            break
        since = version.since
    return since


def _answers(entry: SignedOff, body: Body) -> dict[str, str | None]:
    points = CHECKLISTS.get(entry.edition or "", {}).get(body, ())
    return {point.id: point.given(entry.answers.get(point.id)) for point in points}


def _not_passed(entry: SignedOff, body: Body) -> tuple[Point, ...]:
    """The points that were left or failed: all of the latest edition where no edition is named that there is."""
    lists = CHECKLISTS.get(entry.edition or "")
    if lists is None:
        return CHECKLISTS[LATEST][body]
    answers = _answers(entry, body)
    return tuple(point for point in lists[body] if answers[point.id] not in point.passes)


def open_texts(
    plan: Protocol, versions: Mapping[str, Sequence[Version]], recorded: Sequence[Recorded]
) -> tuple[Open, ...]:
    """What is still to be written, and to be signed, before the texts of a plan can go out; in the plan's order."""
    unwritten = tuple(
        Open("text_missing", "blocks", text.where, f"{text.arm} has no text", "write what customers get", "designer")
        for text in planned_texts(plan)
        if not text.name
    )
    return (*unwritten, *(found for sign_off in sign_offs(plan, versions, recorded) for found in _open(sign_off)))


def _open(sign_off: SignOff) -> Iterator[Open]:
    text, body, record = sign_off.text, sign_off.body, sign_off.record
    name, which = NAMES[body], f"the {LANGUAGES[text.language]} text of {text.arm}"
    if record is None:
        remedy = "ask for it"
        if text.todays and text.in_use is None:
            remedy += f"; where it is the wording in use today, name that too ({text.language}_in_use)"
        elif text.todays:
            remedy += f"; what was declared as in use ({text.language}_in_use) were other words, or none yet"
        yield Open("sign_off_missing", "blocks", text.where, f"{name} has not signed {which}", remedy, body)
    elif sign_off.state == "void":
        since = f" on {in_words(sign_off.void_since)}" if sign_off.void_since else ""
        problem = f"{name} signed {which} on {in_words(record.entry.on)}; it changed{since}, and the sign-off is void"
        yield Open("sign_off_void", "blocks", text.where, problem, "have the text signed as it is now", body)
    elif isinstance(record.entry, SignedOff):
        for point in sign_off.points:
            answer = point.given(record.entry.answers.get(point.id))
            said = "without an answer" if answer is None else f"with the answer \u201c{answer}\u201d"
            problem = f"{name} signed {which} {said} to \u201c{point.asks}\u201d"
            remedy = "have it answered" if answer is None else "change the text, and have it signed again"
            yield Open("sign_off_incomplete", "blocks", text.where, problem, remedy, body)


def refuse_sign_off(entry: SignedOff, plan: Protocol, versions: Mapping[str, Sequence[Version]], today: date) -> None:
    """Refuse a sign-off of a text that says nothing: of no text, of another version, or to no checklist.

    Points that are left or failed are no reason to refuse it: what a body said is put on record.

    Raises:
        DesignRefused: Naming what is wrong with it.
    """
    texts = {text.subject: text for text in planned_texts(plan) if text.name}
    text = texts.get(entry.subject)
    if text is None:
        rule = "a sign-off names a text of the plan"
        remedy = f"name one of {', '.join(texts)}" if texts else "write the text first"
        raise DesignRefused(f"the plan has no {entry.subject}", where=entry.subject, rule=rule, remedy=remedy)
    body = next((each for each in bodies_of(text.language) if each == entry.signatory), None)
    if body is None:
        rule = "texts are signed by TAA and COPGU, and those in Welsh by communications too"
        problem = f"this body does not sign texts in {LANGUAGES[text.language]}"
        raise DesignRefused(problem, where=entry.signatory, rule=rule, remedy="name one that does")
    now = versions.get(text.subject, ())
    if not now or now[-1].digest != entry.digest:
        rule, remedy = "a sign-off is of the text as it is now", "read the text as it is now, and sign that"
        raise DesignRefused("what was signed is not the text of the plan", where=text.where, rule=rule, remedy=remedy)
    if entry.on > today:
        raise DesignRefused(f"{in_words(entry.on)} is not here yet", where=text.where, remedy="give the day it was")
    refuse_answers(entry, {edition: lists[body] for edition, lists in CHECKLISTS.items()}, NAMES[body])


def refuse_answers(entry: SignedOff, checklists: Mapping[str, tuple[Point, ...]], who: str) -> None:
    """Refuse answers to no edition of a body's checklist, to points that it does not have, or that are none.

    Args:
        entry: The sign-off.
        checklists: The body's points by edition.
        who: What the body is called.

    Raises:
        DesignRefused: It is so.
    """
    if entry.edition is None or entry.edition not in checklists:
        known = ", ".join(checklists)
        rule = "a sign-off answers an edition of the checklist"
        raise DesignRefused("this edition is not known", where=entry.edition, rule=rule, remedy=f"name one of {known}")
    points = {point.id: point for point in checklists[entry.edition]}
    for name, answer in entry.answers.items():
        if name not in points:
            remedy = f"answer {', '.join(points)}"
            raise DesignRefused(f"{who}'s checklist has no such point", where=name, remedy=remedy)
        if points[name].given(answer) is None:
            remedy = f"answer {', '.join(points[name].answers)}"
            raise DesignRefused(f"\u201c{answer}\u201d is no answer to it", where=name, remedy=remedy)
