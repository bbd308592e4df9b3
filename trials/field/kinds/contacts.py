"""What the field says it sent: one row a contact, as often as there were contacts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import REASON_PREFIX
from data.intake.dates import NOT_A_DAY
from data.schema import ColumnContract, FileContract
from designs.literals import Channel
from designs.protocol import Protocol
from designs.protocol.codes import DELIVERED, codes_of, codes_of_delivery
from designs.protocol.rules.dates import A_DAY, FIRST_DAY, LAST_DAY
from trials.field.kinds.kind import Breach, FileKind
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import EXPORT_ID

CHANNEL = "channel"
SENT_ON = "sent_on"
RECEIVED = "received"
VERSION = "letter_version"
NUMBER = "contact_number"
LIST = "list_digest"
MARKS = (VERSION, NUMBER, LIST)
"""What may say which letter it was: its version, the number in it, or the issue list that it came from."""
_ALSO = {"idms99_version": VERSION, "sha256": LIST}  # what the manifest of a list calls them
_CHANNELS = get_args(Channel)


def _contract(protocol: Protocol) -> FileContract:
    """A customer may have several contacts, so no column is a key."""
    codes = codes_of_delivery(protocol)
    columns = [
        ColumnContract(protocol.population.unit, "text", required=False),
        ColumnContract(EXPORT_ID, "text", required=False),
        ColumnContract(CHANNEL, "text"),
        ColumnContract(SENT_ON, "date", bad_cells="missing"),
        ColumnContract(DELIVERED, "boolean", required=False, bad_cells="missing", codes=codes),
        *(ColumnContract(name, "text", required=False, bad_cells="missing") for name in (*MARKS, *_ALSO)),
    ]
    received = _received(protocol)
    if received not in (None, DELIVERED):
        codes = codes_of(protocol, received)
        columns.append(ColumnContract(received, "boolean", required=False, bad_cells="missing", codes=codes))
    return FileContract(None, tuple(columns))


def _received(protocol: Protocol) -> str | None:
    return protocol.analysis.complier.received if protocol.analysis.complier else None


def _breaches(table: pa.Table, _: Protocol) -> Iterator[Breach]:
    yield Breach(CHANNEL, pc.is_null(_channel(table)), f"not one of {', '.join(_CHANNELS)}")
    no_day, why = pc.is_null(table.column(SENT_ON)), REASON_PREFIX + SENT_ON
    if why in table.column_names:
        yield Breach(SENT_ON, no_day, pc.fill_null(table.column(why).cast(pa.string()), NOT_A_DAY))
    else:
        yield Breach(SENT_ON, no_day, NOT_A_DAY)
    days = table.column(SENT_ON)
    absurd = pc.or_(pc.less(days, pa.scalar(FIRST_DAY)), pc.greater(days, pa.scalar(LAST_DAY)))
    yield Breach(SENT_ON, pc.fill_null(absurd, False), f"not a day on which anything was sent: {A_DAY}")


def _channel(table: pa.Table) -> pa.ChunkedArray:
    """The channel without regard to capitals and blanks; null where it is none of them."""
    written = pc.utf8_lower(pc.utf8_trim_whitespace(table.column(CHANNEL).cast(pa.string())))
    return pc.if_else(pc.is_in(written, value_set=pa.array(_CHANNELS)), written, None)


def _content(table: pa.Table, protocol: Protocol) -> pa.Table:
    """Channel, day, delivered and received, the last two null where the file does not say, or cannot be read."""
    received = _received(protocol)
    columns = {
        CHANNEL: _channel(table),
        CONTACT_ON: table.column(SENT_ON),
        DELIVERED: _boolean(table, DELIVERED),
        RECEIVED: _boolean(table, received),
    }
    columns |= {mark: table.column(name) for mark, name in _marks(table).items()}
    for name, field in ((DELIVERED, DELIVERED), (RECEIVED, received)):
        if f"{REASON_PREFIX}{field}" in table.column_names:
            columns[REASON_PREFIX + name] = table.column(f"{REASON_PREFIX}{field}")
    return pa.table(columns)


def _marks(table: pa.Table) -> dict[str, str]:
    """By mark, the column that holds it; its own name goes before a manifest's."""
    named = {mark: name for name, mark in _ALSO.items() if name in table.column_names}
    return named | {mark: mark for mark in MARKS if mark in table.column_names}


def _boolean(table: pa.Table, name: str | None) -> pa.ChunkedArray | pa.Array:
    return table.column(name) if name in table.column_names else pa.nulls(table.num_rows, pa.bool_())


CONTACTS = FileKind(
    name="contacts",
    use_case="load_contacts",
    row="contact",
    contract=_contract,
    id_columns=lambda protocol: (protocol.population.unit, EXPORT_ID),
    breaches=_breaches,
    content=_content,
    due_day=lambda _: None,
)
