"""What has become of amendments: read from what is on record, in its order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from designs.entries import AmendmentConfirmed, AmendmentProposed, AmendmentWithdrawn, Recorded
from designs.gates import of_the_design


@dataclass(frozen=True, slots=True)
class Amendment:
    """An amendment of a locked plan, and what has become of it.

    Attributes:
        number: Its place among those of the trial, from 1.
        proposal: What was proposed.
        proposed: When, by whom.
        confirmed: The second person's word, from which on it is in force; None where there is none.
        withdrawn: That it was taken back before that; None where it was not.
    """

    number: int
    proposal: AmendmentProposed
    proposed: Recorded
    confirmed: Recorded | None = None
    withdrawn: Recorded | None = None

    @property
    def open(self) -> bool:
        """Whether it is neither in force nor taken back."""
        return self.confirmed is None and self.withdrawn is None


def amendments(recorded: Sequence[Recorded]) -> tuple[Amendment, ...]:
    """Every amendment of a trial, in order."""
    found: list[Amendment] = []
    for record in recorded:
        match record.entry:
            case AmendmentProposed() as proposal:
                found.append(Amendment(len(found) + 1, proposal, record))
            case AmendmentConfirmed(amendment=number):
                found[number - 1] = replace(found[number - 1], confirmed=record)
            case AmendmentWithdrawn(amendment=number):
                found[number - 1] = replace(found[number - 1], withdrawn=record)
    return tuple(found)


def open_amendment(recorded: Sequence[Recorded]) -> Amendment | None:
    """The one that waits for a second person; there is one at a time."""
    return next((each for each in amendments(recorded) if each.open), None)


def about_version(recorded: Sequence[Recorded], version: int) -> tuple[Recorded, ...]:
    """What is on record about one version of a locked plan.

    While an amendment is open, who decides decides on the plan as it is to be. What was decided then says nothing of
    the plan before, nor of a later amendment once that one is taken back. A sign-off names what it signs, and counts
    for whatever that is part of.

    Args:
        recorded: Everything on record, in order.
        version: Of the plan.
    """
    others = [each for each in amendments(recorded) if not _counts(each, version)]
    return tuple(
        record
        for record in recorded
        if record.entry.kind == "signed_off"
        or not of_the_design(record.entry)
        or not any(_during(each, record) for each in others)
    )


def _counts(amendment: Amendment, version: int) -> bool:
    """Whether what is decided on an amendment is decided on a version: its own, or a later one of which it is part."""
    of = amendment.proposal.version
    return of == version or (amendment.confirmed is not None and of < version)


def _during(amendment: Amendment, record: Recorded) -> bool:
    end = amendment.confirmed or amendment.withdrawn
    return amendment.proposed.number < record.number and (end is None or record.number < end.number)


def planned_version(version: int, amended: Iterable[Amendment]) -> int:
    """The version that was in force at the draw, of one that may have been amended since.

    An analysis keeps to what was planned before anybody had an arm: what was amended after the draw is not that.
    """
    before = {
        each.proposal.version: each.proposal.amends
        for each in amended
        if each.confirmed is not None and each.proposal.stage == "drawn"
    }
    while version in before:
        version = before[version]
    return version
