"""Customers of an earlier load under another spelling of their id: ``1``, where ``000001`` has lost its zeros.

The registry keeps no customer's id, only its pseudonym: the two are told to be one customer while a file is loaded, or
never, and whoever was drawn would be drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.intake import Intake
from data.intake.look_alikes import shown_exactly
from data.intake.result import Rows
from designs.protocol import Protocol
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.identities.pseudonyms import LEDGER_ID, Respelt, respelt
from trials.registry.records import PopulationRecord, WaveRecord

_NAMED: Final = 3


def refuse_respelt(
    registry: Registry,
    intake: Intake,
    protocol: Protocol,
    key: bytes,
    waves: Sequence[WaveRecord],
    latest: PopulationRecord | None,
) -> list[str]:
    """A warning of ids that the load before this one has in another spelling.

    Args:
        registry: Where the earlier loads are.
        intake: The file, with the customers' own ids.
        protocol: Whose population it is.
        key: The ledger key of this load.
        waves: The trial's waves whose units are frozen.
        latest: The load before this one.

    Raises:
        TrialRefused: Some of the ids, or of the clusters, are those of an earlier wave in another spelling.
    """
    loads = dict.fromkeys([*(wave.population.digest for wave in waves), *([latest.digest] if latest else [])])
    if not loads:
        return []
    warnings = []
    for column, stored in ((protocol.population.unit, LEDGER_ID), (protocol.cluster, protocol.cluster)):
        if column is None or stored is None:
            continue
        before = _of(registry, list(loads), stored)
        values = intake.table.column(column).cast(pa.string())
        present = values.is_valid()
        rows = intake.file_rows[present.to_numpy()]
        known = respelt(values.filter(present), key, before)
        drawn = set(_of(registry, [wave.units_digest for wave in waves], stored).to_pylist()) if known and waves else ()
        again = [of for of in known if of.ledger_id in drawn]
        if again:
            raise TrialRefused(
                f"{_counted(again, column)} of an earlier wave in another spelling: {_named(again, rows)}",
                where=f"{intake.source}, {column}",
                rule="an id is kept to the letter: under another spelling whoever was drawn would be drawn again",
                remedy=f"export {column} as text, with its zeros, capitals and blanks as in the earlier file; where "
                "both spellings are customers of their own, a file that holds both is taken",
            )
        if known:
            warnings.append(
                f"{column}: {_counted(known, column)} of the load before in another spelling, and each spelling stands "
                f"for a customer of its own: {_named(known, rows)}"
            )
    return warnings


def _of(registry: Registry, digests: Sequence[str], column: str) -> pa.ChunkedArray:
    """What a column of some snapshots holds, each value once; nothing of those that lack it."""
    with_it = [digest for digest in digests if column in registry.snapshots.names(digest)]
    chunks = [pc.unique(registry.snapshots.read(digest, [column]).column(column)).drop_null() for digest in with_it]
    return pa.chunked_array(chunks, pa.string())


def _counted(known: Sequence[Respelt], column: str) -> str:
    values = len({of.written for of in known})
    return f"1 value of {column} is that" if values == 1 else f"{values:,} values of {column} are those"


def _named(known: Sequence[Respelt], rows: Rows) -> str:
    first = list({of.written: of for of in reversed(known)}.values())[::-1]
    named = "; ".join(
        f"{shown_exactly(of.written)} (row {int(rows[of.position]):,}) was {shown_exactly(of.before)}"
        for of in first[:_NAMED]
    )
    return named + (f" and {len(first) - _NAMED:,} more" if len(first) > _NAMED else "")
