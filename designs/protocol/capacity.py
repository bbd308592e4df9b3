"""Whether operational colleagues can take the contact that a roll-out brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from designs.protocol.models import ExpectedContact, Protocol


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the declared figures say.

    Attributes:
        finding: ``not_tested`` where the plan does not declare both figures.
        sentence: the finding and its figures, for a manager.
    """

    finding: Literal["enough", "not_enough", "not_tested"]
    sentence: str


def capacity(protocol: Protocol) -> Capacity:
    """Peak expected contact at roll-out against capacity a day (both from the eighth suitability question).

    Contact can be issued over several days; the peak that is declared already allows for that.
    """
    answer = protocol.suitability.operations.answer if protocol.suitability else None
    contact = answer if isinstance(answer, ExpectedContact) else ExpectedContact()
    peak, limit = contact.peak_contacts_per_day, contact.capacity_per_day
    if peak is None and limit is None:
        return Capacity(
            "not_tested",
            "Capacity for extra contact was not declared, so it was not tested.",
        )
    if peak is None:
        return Capacity(
            "not_tested",
            f"Capacity for extra contact was not tested: {limit:,.10g} contacts a day can be taken, "
            "and how many to expect on the busiest day at roll-out is not declared.",
        )
    if limit is None:
        return Capacity(
            "not_tested",
            f"Capacity for extra contact was not tested: {peak:,.10g} contacts are expected on the busiest day at "
            "roll-out, and how many can be taken in a day is not declared.",
        )
    figures = f"{peak:,.10g} contacts are expected on the busiest day at roll-out, and {limit:,.10g} can be taken"
    if peak > limit:
        return Capacity("not_enough", f"There is no capacity for the extra contact: {figures}.")
    return Capacity("enough", f"There is capacity for the extra contact: {figures}.")
