"""What people put on record about a design: one frozen model for each kind of entry.

A design is approved by what happened around it: who was asked and what they said, who signed which text, what the
steering group decided. Each such thing is an entry, recorded once and never changed; what holds now follows from all of
them in their order. A signature names the digest of what was signed: another digest, and it is
void.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from designs.literals import ID_PATTERN
from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.reading import Document
from designs.protocol.sections.scalars import Declared, Identifier, Scalar, Text
from designs.protocol.validation import Vocabulary, explained

Digest = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{64}$"),
    Field(description="a digest: 64 characters, each a digit or one of a to f"),
]  # fmt: skip
Subject = Annotated[
    str, StringConstraints(pattern=rf"^(sample_size|plan|text/{ID_PATTERN}/(en|cy))$"),
    Field(description="what can be signed: sample_size, plan, or a text such as text/letter/en"),
]  # fmt: skip
Revision = Annotated[int, Field(ge=1, description="the number of a revision of the draft, from 1")]
Grade = Literal["grade_7", "deputy_director"]
Response = Literal["agreed", "agreed_with_conditions", "no_comment", "objected"]
GatewayDecision = Literal["approved", "approved_with_conditions", "deferred", "rejected"]
Confirmation = Literal["gateway_1", "gateway_2", "lock"]
"""The gates at which every answer is given again."""

Signatory = Literal["taa", "copgu", "kai", "communications"]
Instead = Literal["something_else", "no_further_action"]


class _Entry(Declared):
    """What every entry has: the day on which it happened, which may lie before the day on which it is recorded."""

    on: date


class StakeholderAdded(_Entry):
    """Somebody whose input is needed.

    Attributes:
        body: One of those that must be involved, or an id of its own.
        name: What people call it.
        contact: How it is reached: a team's mailbox, not a person's.
        input_needed: What is asked of it.
        needed_by: When at the latest.
    """

    kind: Literal["stakeholder_added"]
    body: Identifier
    name: Text
    contact: Text
    input_needed: Text
    needed_by: date


class StakeholderChanged(_Entry):
    """What is asked of a stakeholder, by when, or how it is reached, is not what it was; None leaves it so."""

    kind: Literal["stakeholder_changed"]
    body: Identifier
    contact: Text | None = None
    input_needed: Text | None = None
    needed_by: date | None = None
    reason: Text


class StakeholderRetired(_Entry):
    """Somebody whose input is not needed any more."""

    kind: Literal["stakeholder_retired"]
    body: Identifier
    reason: Text


class Consulted(_Entry):
    """A stakeholder was asked."""

    kind: Literal["consulted"]
    body: Identifier


class Responded(_Entry):
    """What a stakeholder said."""

    kind: Literal["responded"]
    body: Identifier
    outcome: Response
    note: Text | None = None


class LineSignedOff(_Entry):
    """The directorate's own line agrees: the sponsor at grade 7, then the deputy director.

    Attributes:
        directorate: Whose line it is; that of the plan on that day. For another one it does not count.
        revision: Of the draft that it is about; where it is not named, the one that stood on that day.
    """

    kind: Literal["line_signed_off"]
    grade: Grade
    signed_by: Text
    directorate: Text | None = None
    revision: Revision | None = None


class DoubtOverridden(_Entry):
    """An approver lets a design go on although questions are in doubt.

    Attributes:
        answers: What each of the questions was answered with, as a digest: another answer, and this is void.
        rests_on: What each of those answers, and what it rests on, is when the entry is recorded, as a digest: another,
            and this is void.
    """

    kind: Literal["doubt_overridden"]
    answers: Annotated[dict[Identifier, Digest], Field(min_length=1)]
    reason: Text
    rests_on: dict[Identifier, Digest] = Field(default_factory=dict)


class AnswersConfirmed(_Entry):
    """Every answer was looked at again, and still holds.

    Attributes:
        gate: Before which.
        rests_on: What each answer, and what it rests on, was at the time, as a digest: another, and it is stale.
    """

    kind: Literal["answers_confirmed"]
    gate: Confirmation
    rests_on: Annotated[dict[Identifier, Digest], Field(min_length=1)]


class Reading(Declared):
    """How hard a text reads, as it was measured.

    Attributes:
        edition: How it was measured.
        score: The grade; None where nothing is measured, as of Welsh.
        age: The reading age in years.
        words: How many there are.
        sentences: How many there are.
    """

    edition: Text
    score: float | None = None
    age: float | None = None
    words: Annotated[int, Field(ge=0)]
    sentences: Annotated[int, Field(ge=0)]


class SignedOff(_Entry):
    """A body signs what it answers for.

    Attributes:
        signatory: Which body.
        subject: What is signed.
        digest: Of exactly what was signed.
        edition: Of the checklist that was answered; None where there is none.
        answers: To each point of the checklist.
        signed_by: Who signed, as that body names them.
        reading: How hard that version of the text reads. It is measured when the entry is recorded.
        customers: Of the size of the sample, how many customers take part, as far as that was known.
    """

    kind: Literal["signed_off"]
    signatory: Signatory
    subject: Subject
    digest: Digest
    edition: Text | None = None
    answers: dict[Identifier, Scalar] = Field(default_factory=dict)
    signed_by: Text
    reading: Reading | None = None
    customers: Annotated[int, Field(ge=0)] | None = None


class GatewayDecided(_Entry):
    """What the Campaigns Steering Group decided at a meeting; ``on`` is the day of the meeting.

    Attributes:
        conditions: Of an approval with conditions; or what a deferred paper is to bring.
        plan: Digest of the plan that was decided on, where there was one.
        extraordinary: Why it met on a day that is not in its calendar.
        directorate: Whose approach it is; that of the plan on that day.
        approves: Of an approval at gateway 2 without conditions, each part of the plan that was decided on as a digest:
            where one is another, the approval is void.
        revision: Of the draft that was decided on; where it is not named, the one that stood on that day.
    """

    kind: Literal["gateway_decided"]
    gateway: Literal[1, 2]
    decision: GatewayDecision
    conditions: tuple[Text, ...] = ()
    plan: Digest | None = None
    extraordinary: Text | None = None
    directorate: Text | None = None
    approves: dict[Identifier, Digest] = Field(default_factory=dict)
    revision: Revision | None = None


class ConditionMet(_Entry):
    """A condition of a gateway's approval is met; ``condition`` is its place in the decision, from 1.

    Attributes:
        approves: At gateway 2, each part of the plan on that day as a digest: what a condition asked for changes the
            plan, and the approval is of the plan that meets it.
        revision: Of the draft that meets it; where it is not named, the one that stood on that day.
    """

    kind: Literal["condition_met"]
    gateway: Literal[1, 2]
    condition: Annotated[int, Field(ge=1)]
    how: Text
    approves: dict[Identifier, Digest] = Field(default_factory=dict)
    revision: Revision | None = None


class OwnRouteApproved(_Entry):
    """A directorate whose approaches do not go to the steering group approves by its own route.

    Attributes:
        directorate: Which; that of the plan on that day. A plan that names another one is not approved.
        approves: Each part of the plan that was approved as a digest: where one is another, this is void.
        revision: Of the draft that was approved; where it is not named, the one that stood on that day.
    """

    kind: Literal["own_route_approved"]
    route: Text
    approved_by: Text
    directorate: Text | None = None
    approves: dict[Identifier, Digest] = Field(default_factory=dict)
    revision: Revision | None = None


class SetAside(_Entry):
    """The design ends without a trial: something else is done, or nothing."""

    kind: Literal["set_aside"]
    instead: Instead
    what: Text
    reason: Text


class LockedOutside(_Entry):
    """The plan is locked although gates of its route are open: an administrator's decision, and shown for ever.

    Attributes:
        open: What was open at the time, in words.
    """

    kind: Literal["locked_outside"]
    reason: Text
    open: tuple[Text, ...] = ()


class AmendmentProposed(_Entry):
    """A locked plan is to be another: the original stays, and it is in force once a second person has confirmed it.

    Attributes:
        version: Of the plan, as it is to be.
        amends: The version in force when it was proposed.
        plan: Digest of the plan as it is to be.
        stage: Whether customers had been assigned.
        effect: What it is: a correction of the record, another plan before the draw, or an addition after it.
    """

    kind: Literal["amendment_proposed"]
    version: Annotated[int, Field(ge=2)]
    amends: Annotated[int, Field(ge=1)]
    plan: Digest
    stage: Literal["locked", "drawn", "closed"]
    effect: Literal["record", "plan", "unplanned"]
    reason: Text


class AmendmentConfirmed(_Entry):
    """An amendment is in force, by the word of another person than who proposed it."""

    kind: Literal["amendment_confirmed"]
    amendment: Annotated[int, Field(ge=1)]


class AmendmentWithdrawn(_Entry):
    """An amendment was taken back before it was in force."""

    kind: Literal["amendment_withdrawn"]
    amendment: Annotated[int, Field(ge=1)]
    reason: Text


Entry = Annotated[
    StakeholderAdded | StakeholderChanged | StakeholderRetired | Consulted | Responded | LineSignedOff | DoubtOverridden
    | AnswersConfirmed | SignedOff | GatewayDecided | ConditionMet | OwnRouteApproved | SetAside | LockedOutside
    | AmendmentProposed | AmendmentConfirmed | AmendmentWithdrawn,
    Field(discriminator="kind"),
]  # fmt: skip
EntryKind = Literal[
    "stakeholder_added", "stakeholder_changed", "stakeholder_retired", "consulted", "responded", "line_signed_off",
    "doubt_overridden", "answers_confirmed", "signed_off", "gateway_decided", "condition_met", "own_route_approved",
    "set_aside", "locked_outside", "amendment_proposed", "amendment_confirmed", "amendment_withdrawn",
]  # fmt: skip
ENTRY_KINDS: Final[tuple[EntryKind, ...]] = get_args(EntryKind)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it was recorded.

    Attributes:
        number: Its place among those of the design, from 1.
        entry: What was recorded.
        at: When it was recorded.
        by: Who recorded it.
        role: As what.
        changed: What is another now than it was given for, as keys of the plan or ids of questions; empty while it
            holds, and where nothing says what it was given for. It follows from the plan as it stands
            (:mod:`designs.gates.held`) and is not stored.
    """

    number: int
    entry: Entry
    at: datetime
    by: str
    role: str
    changed: tuple[str, ...] = ()


def entry_document(entry: Entry) -> dict[str, object]:
    """An entry as plain values, for storage.

    Examples:
        >>> entry_document(Consulted(kind="consulted", body="kai", on=date(2026, 2, 2)))
        {'on': '2026-02-02', 'kind': 'consulted', 'body': 'kai'}
    """
    document: dict[str, object] = entry.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in document.items() if key not in _HELD or value}


_HELD: Final = ("rests_on", "approves")  # empty, they say nothing: an entry of before has neither


def read_entry(document: Document, *, where: str | None = None) -> Entry:
    """An entry that somebody has written down, or everything that is wrong with it.

    Args:
        document: As :func:`designs.protocol.reading.parse_document` reads it.
        where: What to call it in a refusal.

    Raises:
        ProtocolRefused: With each error at its key.
    """
    kind = document.value.get("kind")
    errors = list(document.errors)
    if not isinstance(kind, str) or kind not in _MODELS:
        problem = "this is missing" if kind is None else f"{json.dumps(kind, default=str)} is not one of the options"
        errors.append(ProtocolError("kind", problem, "one of the kinds of entry", ENTRY_KINDS))
        raise ProtocolRefused(errors, where=where)
    model = _MODELS[kind]
    try:
        entry: Entry = model.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        vocabulary = Vocabulary(model.model_json_schema())
        errors += [explained(details, document.lines, vocabulary) for details in error.errors()]
        raise ProtocolRefused(errors, where=where) from error
    if errors:
        raise ProtocolRefused(errors, where=where)
    return entry


def parse_entry(document: Mapping[str, object]) -> Entry:
    """An entry back from plain values.

    Raises:
        ValueError: They are none.
    """
    try:
        entry: Entry = _ADAPTER.validate_json(json.dumps(document))
    except ValidationError as error:
        raise ValueError(str(error)) from error
    return entry


_ADAPTER: TypeAdapter[Entry] = TypeAdapter(Entry)
_MODELS: Final[Mapping[str, type[Any]]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Entry)[0])
}
