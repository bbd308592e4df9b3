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


def capacity(protocol: Protocol) -> Capacity:
    """Peak expected contact at roll-out against capacity a day (both from the eighth suitability question).

    Contact can be issued over several days; the peak that is declared already allows for that.
    """
    answer = protocol.suitability.operations.answer if protocol.suitability else None
    contact = answer if isinstance(answer, ExpectedContact) else ExpectedContact()
    peak, limit = contact.peak_contacts_per_day, contact.capacity_per_day
    if limit is None:
        if peak is None:
            return Capacity("not_tested", "Capacity for extra contact was not declared, so it was not tested.")
        return Capacity(
            "not_tested",
            f"Capacity for extra contact was not tested: {_contacts(peak)} contacts are expected on the busiest day at "
            "roll-out, and how many can be taken in a day is not declared.",
        )
    if peak is None:
        return Capacity(
            "not_tested",
            f"Capacity for extra contact was not tested: {_contacts(limit)} contacts a day can be taken, "
            "and how many to expect on the busiest day at roll-out is not declared.",
        )
    expected, taken = _contacts(peak), _contacts(limit)
    figures = f"{expected} contacts are expected on the busiest day at roll-out, and {taken} can be taken"
    if peak > limit:
        return Capacity("not_enough", f"There is no capacity for the extra contact: {figures}.")
    return Capacity("enough", f"There is capacity for the extra contact: {figures}.")


def _contacts(number: float) -> str:
    """A number of contacts with every digit that it was declared with: what differs must not read alike.

    >>> _contacts(12500.0), _contacts(100.0000000001), _contacts(2e12)
    ('12,500', '100.0000000001', '2,000,000,000,000')
    """
    return f"{Decimal(repr(number)):,f}".removesuffix(".0")
