"""What the record of a consultation refuses."""

from __future__ import annotations

from datetime import date

from designs.errors import DesignRefused
from designs.protocol.rules.dates import A_DAY, FIRST_DAY, LAST_DAY
from designs.protocol.words import in_words


class ConsultationRefused(DesignRefused):
    """An entry that cannot be put on record as it is, or a launch that cannot be planned so."""


def check_days(where: str, today: date, *, happened: date, planned: date | None = None) -> None:
    """Refuse a day that is none of a trial, and one on which something happened that has yet to come."""
    for day in (happened, planned):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ConsultationRefused(f"{day} is no day of a trial", where=where, rule=A_DAY, remedy="correct the year")
    if happened > today:
        raise ConsultationRefused(
            f"{in_words(happened)} has yet to come",
            where=where,
            rule="what is put on record has happened, today or before",
            remedy="record it when it has happened",
        )
