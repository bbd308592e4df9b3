"""What the field says it sent: one row a contact, as often as there were contacts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

import pyarrow as pa
import pyarrow.compute as pc

from data.intake import Intake, Rejection
from data.schema import ColumnContract, FileContract
from designs.literals import Channel
from designs.protocol import Protocol
from trials.errors import TrialRefused
from trials.field.matching import file_rows
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import EXPORT_ID

CHANNEL = "channel"
SENT_ON = "sent_on"
DELIVERED = "delivered"
RECEIVED = "received"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts as they came.

    Args:
        table: Channel, day, delivered and received (null where the file does not say), n rows.
        ids: n ids, in the column named by ``id_column``.
        rows: n row numbers in the file.
        id_column: The customers' own id, or the export id.
        rejections: Rows that say nothing usable.
    """

    table: pa.Table
    ids: pa.Array
    rows: pa.Array
    id_column: str
    rejections: tuple[Rejection, ...]


def contract(protocol: Protocol) -> FileContract:
    """What a file of contacts must hold; a customer may have several, so no column is a key."""
    received = protocol.analysis.complier.received if protocol.analysis.complier else None
    columns = [
        ColumnContract(protocol.population.unit, "text", required=False),
        ColumnContract(EXPORT_ID, "text", required=False),
        ColumnContract(CHANNEL, "text"),
        ColumnContract(SENT_ON, "text"),
        ColumnContract(DELIVERED, "boolean", required=False),
    ]
    if received is not None:
        columns.append(ColumnContract(received, "boolean", required=False))
    return FileContract(None, tuple(columns))


def read_contacts(intake: Intake, protocol: Protocol) -> Contacts:
    """Contacts from an intake by :func:`contract`.

    Raises:
        TrialRefused: The file names customers in no way, or in two.
    """
    id_column = _id_column(intake.table.column_names, protocol.population.unit)
    rows = file_rows(intake)
    ids = intake.table.column(id_column).combine_chunks()
    channel = intake.table.column(CHANNEL).combine_chunks()
    written = intake.table.column(SENT_ON).combine_chunks()
    day = pc.strptime(
        pc.if_else(pc.match_substring_regex(written, _DATE), written, None),
        format="%Y-%m-%d",
        unit="s",
        error_is_null=True,
    ).cast(pa.date32())
    faults = {
        id_column: (pc.is_null(ids), "a contact without a customer"),
        CHANNEL: (
            pc.invert(pc.is_in(channel, value_set=pa.array(get_args(Channel)))),
            f"not one of {', '.join(get_args(Channel))}",
        ),
        SENT_ON: (pc.is_null(day), "not a day written like 2026-02-02"),
    }
    good = pa.array([True] * len(rows))
    rejections: list[Rejection] = []
    for field, (fault, reason) in faults.items():
        rejections += [Rejection(row, field, reason) for row in rows.filter(fault).to_pylist()]
        good = pc.and_(good, pc.invert(fault))
    received = protocol.analysis.complier.received if protocol.analysis.complier else None
    table = pa.table(
        {
            CHANNEL: channel,
            CONTACT_ON: day,
            DELIVERED: _boolean(intake.table, DELIVERED),
            RECEIVED: _boolean(intake.table, received),
        }
    )
    return Contacts(table.filter(good), ids.filter(good), rows.filter(good), id_column, tuple(rejections))


def _boolean(table: pa.Table, name: str | None) -> pa.ChunkedArray | pa.Array:
    return table.column(name) if name in table.column_names else pa.nulls(table.num_rows, pa.bool_())


def _id_column(names: Collection[str], unit: str) -> str:
    found = [name for name in (unit, EXPORT_ID) if name in names]
    if len(found) != 1:
        raise TrialRefused(
            "the file names customers in no column" if not found else "the file names customers in two columns",
            where=" and ".join(found) or None,
            rule=f"one of {unit} (the customers' own id) and {EXPORT_ID} (the id on the issue list)",
        )
    return found[0]
