"""What may be put on record about a design as it stands: one door for every kind of entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from designs.consultation.recording import refuse as refuse_consultation
from designs.entries import AnswersConfirmed, DoubtOverridden, Entry, SignedOff
from designs.errors import DesignRefused
from designs.gates.days import refuse_day
from designs.gates.facts import Facts
from designs.gates.held import bound
from designs.gates.sample_size import sample_size_digest
from designs.suitability.doubts import doubted
from designs.suitability.staleness import answer_digests, rests_on
from designs.variants.checklists import SIZE_POINTS
from designs.variants.sign_offs import refuse_answers, refuse_sign_off


def refuse_entry(entry: Entry, facts: Facts, since: date | None = None, then: Facts | None = None) -> None:
    """Refuse an entry that does not fit the design as it stands.

    Args:
        entry: What is about to be put on record.
        facts: The design as it stands.
        since: Since when what the entry is about is as it is; None where no record tells.
        then: The design as it stood when what the entry tells of happened; None where that is as it stands.

    Raises:
        DesignRefused: A signature of what is not there or has changed, an override of what is not in doubt, a
            confirmation of answers that are others by now, or what the record, the route or the calendar contradict.
    """
    _refuse_given_for_another(entry, facts if then is None else then)
    refuse_day(entry, facts.recorded, facts.today, since)
    match entry:
        case SignedOff() if entry.signatory == "kai" or entry.subject == "sample_size":
            _refuse_sample(entry, facts)
        case SignedOff():
            if facts.plan is None:
                raise _nothing_to_sign(entry)
            _refuse_customers(entry)
            refuse_sign_off(entry, facts.plan, facts.versions, facts.today)
        case DoubtOverridden():
            _refuse_override(entry, facts)
        case AnswersConfirmed():
            _refuse_confirmation(entry, facts)
        case _:
            refuse_consultation(entry, facts.recorded, facts.plan, facts.today)


_BOUND: Final[Mapping[str, str]] = {
    "directorate": "the directorate of the plan",
    "plan": "the plan",
    "approves": "the plan",
    "rests_on": "an answer, or what it rests on,",
}


def _refuse_given_for_another(entry: Entry, facts: Facts) -> None:
    """Refuse what says itself what it was given for, where that is not the plan as it stands.

    Raises:
        DesignRefused: It is so.
    """
    if isinstance(entry, AnswersConfirmed):
        return  # which is asked answer by answer
    now = bound(entry, facts.plan, facts.texts)
    for key, called in _BOUND.items():
        given = getattr(entry, key, None)
        if given and given != getattr(now, key):
            raise DesignRefused(
                f"{called} is not what this was given for",
                where=key,
                rule="what is put on record is about the plan as it stands, which is added when it is recorded",
                remedy=f"read the plan as it stands, and leave {key} out of the entry",
            )


def _nothing_to_sign(entry: SignedOff) -> DesignRefused:
    return DesignRefused(
        "there is nothing to sign yet", where=entry.subject, rule="a sign-off is of something", remedy="plan it first"
    )


def _refuse_customers(entry: SignedOff) -> None:
    if entry.customers is not None:
        raise DesignRefused(
            "a sign-off of a text names no number of customers",
            where=entry.subject,
            rule="only the size of the sample is signed for a number of customers",
            remedy="leave customers out of the entry",
        )


def _refuse_sample(entry: SignedOff, facts: Facts) -> None:
    if entry.signatory != "kai" or entry.subject != "sample_size":
        raise DesignRefused(
            f"{entry.signatory.upper()} does not sign {entry.subject}",
            where=entry.subject,
            rule="KAI signs the size of the sample, and nobody else does",
            remedy="name what this body signs",
        )
    digest = None if facts.plan is None else sample_size_digest(facts.plan)
    if digest is None:
        raise _nothing_to_sign(entry)
    if entry.digest != digest:
        raise DesignRefused(
            "what was signed is not the size of the sample as the plan has it now",
            where=entry.subject,
            rule="a sign-off is of what the size follows from, as it is now",
            remedy=f"look at it as it is now, and sign that: {digest}",
        )
    now = facts.customers
    if entry.customers != now:
        known = "nobody knows yet how many customers take part" if now is None else f"{now:,} customers take part"
        raise DesignRefused(
            "it is not said for how many customers the sample was looked at, or they are others",
            where=entry.subject,
            rule="a sign-off of the sample is of its size, and so of the customers who take part",
            remedy=f"look at it as it is now ({known}), and "
            + ("leave customers out of the entry" if now is None else f"name them: customers: {now}"),
        )
    refuse_answers(entry, SIZE_POINTS, "KAI")


def _refuse_override(entry: DoubtOverridden, facts: Facts) -> None:
    now = {} if facts.plan is None else answer_digests(facts.plan)
    in_doubt = () if facts.plan is None else doubted(facts.plan)
    for question, digest in entry.answers.items():
        if question not in in_doubt:
            raise DesignRefused(
                "this answer is not in doubt",
                where=f"suitability.{question}",
                rule="only a doubt is overridden",
                remedy=f"name those in doubt: {', '.join(in_doubt) or 'there are none'}",
            )
        if now[question] != digest:
            raise DesignRefused(
                "the answer has changed since it was read",
                where=f"suitability.{question}",
                rule="an override is of the answer as it stands",
                remedy="read it again, then override it",
            )


def _refuse_confirmation(entry: AnswersConfirmed, facts: Facts) -> None:
    now = {} if facts.plan is None else rests_on(facts.plan, facts.texts)
    for question in sorted(set(entry.rests_on) | set(now)):
        if entry.rests_on.get(question) != now.get(question):
            raise DesignRefused(
                "an answer, or what it rests on, is not what was confirmed",
                where=f"suitability.{question}",
                rule="every answer is confirmed as it stands, at each gate",
                remedy="look at all of them as they are now, then confirm them",
            )
