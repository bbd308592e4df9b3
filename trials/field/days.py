"""What the days in a returned file cannot be, and columns of days that nobody reads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from designs.protocol.day_zero import planned_days
from trials.field.allocated import AllocatedTrial, KnownCustomers
from trials.field.day_zero import drawn_on
from trials.field.kinds.contacts import SENT_ON
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import AllocationRecord

_LOOKED_AT: Final = 1_000  # cells of a column that show what it holds
_MOST: Final = 0.9
_DAY: Final = (
    r"^\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]([A-Za-z]{3,9}|\d{1,2})[-/. ]\d{2,4})([ T]\d{1,2}:\d{2}.*)?\s*$"
)


def contacts_out_of_time(
    trial: AllocatedTrial, customers: KnownCustomers, content: pa.Table, rows: pa.Array, today: date
) -> list[str]:
    """Contacts before their customer was in an arm, or on a day to come: they are taken, and said with the first.

    Args:
        trial: Whose contacts they are.
        customers: Everybody allocated.
        content: Ledger id and day of each contact.
        rows: Where each of them is in the file.
        today: The day of the load.
    """
    days = content.column(CONTACT_ON)
    drawn = _drawn(trial, customers, content)
    found = (
        (pc.greater(days, pa.scalar(today)), f"after {today.isoformat()}, a day to come"),
        (pc.less(days, drawn), "before their customer was drawn"),
    )
    warnings = []
    for strange, why in found:
        at = rows.filter(strange)
        if len(at):
            first = f"row {at[0].as_py()}, {SENT_ON}, {days.filter(strange)[0].as_py().isoformat()}"
            since = drawn.filter(strange)[0].as_py() if why.startswith("before") else None
            first += f", where the draw was on {since.isoformat()}" if since else ""
            contacts = f"{len(at):,} contacts are" if len(at) > 1 else "1 contact is"
            warnings.append(f"{contacts} dated {why}; the first: {first}")
    return warnings


def _drawn(trial: AllocatedTrial, customers: KnownCustomers, content: pa.Table) -> pa.Array:
    """The day of each row's customer's draw; null where the row is nobody's."""
    days = np.array([day_of_draw(trial, allocation) for allocation in trial.allocations], "datetime64[D]")
    sizes = [sum(allocation.counts.values()) for allocation in trial.allocations]
    place = pc.index_in(content.column(LEDGER_ID), value_set=customers.ids)
    return pa.array(np.repeat(days, sizes)).cast(pa.date32()).take(place)


def day_of_draw(trial: AllocatedTrial, allocation: AllocationRecord) -> date:
    """The day of a draw. Invented customers without a clock live in the days that their plan names, if it names any."""
    drawn = drawn_on(trial, allocation)
    if drawn is not None:
        return drawn
    return min([allocation.allocated_at.date(), *planned_days(trial.plan.protocol, allocation.wave)])


def unread_days(table: pa.Table, declared: Collection[str]) -> list[str]:
    """A remark on every column of a file of outcomes that holds days and that nobody reads."""
    return [
        f"column {name!r} holds days and is not read: an outcome counts whenever it happened, also before the "
        "customer's day 0 and after the outcome's day, unless the file was made otherwise: happened_on "
        "in the plan names a column of days"
        for name in table.column_names
        if name not in declared and not name.startswith("_") and _holds_days(table.column(name))
    ]


def _holds_days(column: pa.ChunkedArray) -> bool:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return bool(column.null_count < len(column))
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    values: Any = pc.drop_null(column)
    values = values.filter(pc.greater(pc.utf8_length(values), 0)).slice(0, _LOOKED_AT)
    like_days = pc.sum(pc.match_substring_regex(values, _DAY)).as_py() or 0
    return bool(len(values) and like_days >= _MOST * len(values))
