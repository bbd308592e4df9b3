"""What the issue lists of a plan can hold, and whether whoever gets them could reach the customers by it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from designs.protocol.models import Protocol

_REFERENCE: Final = r"(^|_)(ref|reference)($|_)|(^|_)(letter|account|case|mailing)_(id|no|number)($|_)"
_NUMBER: Final = r"(^|_)(mobile|phone|telephone|tel|cell|msisdn)($|_)|(^|_)contact_number($|_)"
# By channel, the groups of names of which any one will do; of a group each name stands for one thing that is needed.
_ENOUGH: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "letter": (
        {
            "a name": r"(^|_)(name|surname|forename|addressee|salutation|fullname)($|_)",
            "an address": r"(^|_)(address|addr|street|postcode|uprn)($|_|\d)|address_?line",
        },
        {"a reference to them": _REFERENCE},
    ),
    "sms": ({"a telephone number": _NUMBER}, {"a reference to it": _REFERENCE}),
    "call": ({"a telephone number": _NUMBER}, {"a reference to it": _REFERENCE}),
    "email": ({"an email address": r"(^|_)e_?mail($|_)"}, {"a reference to it": _REFERENCE}),
}


@dataclass(frozen=True, slots=True)
class IssueColumns:
    """What one arm's list can hold.

    Attributes:
        arm: The arm's id.
        channel: By which its customers are approached.
        columns: What ``otm issue --column`` can put beside the export id.
        missing: What no column is recognised as, though the channel needs it; None where nothing is missing.
    """

    arm: str
    channel: str
    columns: tuple[str, ...]
    missing: str | None


def issue_columns(protocol: Protocol, kept: Collection[str]) -> tuple[IssueColumns, ...]:
    """The lists of all arms that are approached.

    Args:
        protocol: Of a trial randomised here.
        kept: The columns of the loaded population; a group's id among them is in no list.
    """
    columns = tuple(name for name in kept if name != protocol.cluster)
    return tuple(
        IssueColumns(arm.id, arm.channel, columns, _missing(arm.channel, columns))
        for arm in protocol.arms
        if arm.channel is not None
    )


def _missing(channel: str, columns: Collection[str]) -> str | None:
    lacking = [list(_lacking(needed, columns)) for needed in _ENOUGH.get(channel, ())]
    if not lacking or not all(lacking):
        return None
    return ", or ".join(" and ".join(names) for names in lacking)


def _lacking(needed: dict[str, str], columns: Collection[str]) -> Iterator[str]:
    for thing, pattern in needed.items():
        if not any(re.search(pattern, name, re.IGNORECASE) for name in columns):
            yield thing
