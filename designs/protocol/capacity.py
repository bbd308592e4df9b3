"""Whether operational colleagues can take the contact that a roll-out brings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
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


def expected_contact(plan: Protocol) -> ExpectedContact:
    """The figures of the eighth suitability question; none of them where it has no answer, or one in words."""
    answer = plan.suitability.operations.answer if plan.suitability else None
    return answer if isinstance(answer, ExpectedContact) else ExpectedContact()


def capacity(protocol: Protocol) -> Capacity:
    """Peak expected contact at roll-out against capacity a day (both from the eighth suitability question).

    Contact can be issued over several days; the peak that is declared already allows for that.
    """
    contact = expected_contact(protocol)
    peak, limit = contact.peak_contacts_per_day, contact.capacity_per_day
    if limit is None:
        if peak is None:
            return Capacity("not_tested", "Capacity for extra contact was not declared, so it was not tested.")
        return Capacity(
            "not_tested",
            f"Capacity for extra contact was not tested: {contacts(peak)} contacts are expected on the busiest day at "
            "roll-out, and how many can be taken in a day is not declared.",
        )
    if peak is None:
        return Capacity(
            "not_tested",
            f"Capacity for extra contact was not tested: {contacts(limit)} contacts a day can be taken, "
            "and how many to expect on the busiest day at roll-out is not declared.",
        )
    expected, taken = contacts(peak), contacts(limit)
    figures = f"{expected} contacts are expected on the busiest day at roll-out, and {taken} can be taken"
    if peak > limit:
        return Capacity("not_enough", f"There is no capacity for the extra contact: {figures}.")
    return Capacity("enough", f"There is capacity for the extra contact: {figures}.")


def contacts(number: float) -> str:
    """A number of contacts with every digit that it was declared with: what differs must not read alike.

    >>> contacts(12500.0), contacts(100.0000000001), contacts(2e12)
    ('12,500', '100.0000000001', '2,000,000,000,000')
    """
    return f"{Decimal(repr(number)):,f}".removesuffix(".0")
