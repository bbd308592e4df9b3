"""Who is to be allocated: the population less those whom the protocol or the contact ledger takes out, counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from data.engine import Engine
from data.pieces import in_one_piece
from data.snapshots import Snapshot, read_rows
from designs.protocol import Protocol
from designs.protocol.columns import uses
from designs.protocol.conditions import exclusions
from designs.protocol.words import column_words
from trials.errors import TrialRefused
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import ExclusionRecord

REASON = "_reason"
# What the draw itself looks at; everything else about a customer stays in the population's snapshot.
_ASSIGNED_BY = frozenset({"cluster", "pair", "stratum", "balance", "not_for"})


@dataclass(frozen=True, slots=True)
class Eligible:
    """A population split in two.

    Args:
        units: Ledger id and the columns that the draw uses, rows in the population's order.
        excluded: Ledger id and reason.
        exclusions: Customers by reason, in the order in which the reasons apply.
    """

    units: pa.Table
    excluded: pa.Table
    exclusions: tuple[ExclusionRecord, ...]


def eligible(
    engine: Engine,
    population: Snapshot | Path,
    protocol: Protocol,
    kept_out: Sequence[tuple[str, pa.ChunkedArray]] = (),
) -> Eligible:
    """Split a population snapshot.

    Args:
        engine: What scans it.
        population: The snapshot's file.
        protocol: ``where`` and ``exclude`` apply first, in their order.
        kept_out: Then earlier waves and the contact ledger: a reason, and the ledger ids it takes out.

    Raises:
        TrialRefused: Nobody is eligible.
    """
    declared = exclusions(protocol)
    names = list(dict.fromkeys([LEDGER_ID, *(use.column for use in uses(protocol) if use.part in _ASSIGNED_BY)]))
    rows = engine.collect(engine.scan(population).select(*names, _first_reason([test for _, test in declared])))
    reasons = [reason for reason, _ in declared]
    codes = in_one_piece(rows.column(REASON), "reasons")
    for reason, ids in kept_out:
        taken = pc.and_(
            pc.is_null(codes), in_one_piece(pc.is_in(rows.column(LEDGER_ID), value_set=ids), "who is left out")
        )
        codes = pc.if_else(taken, pa.scalar(len(reasons), pa.int32()), codes)
        reasons.append(reason)
    eligible_rows = pc.is_null(codes)
    counts = _counts(codes)
    if not pc.any(eligible_rows, min_count=0).as_py():
        raise TrialRefused(
            "nobody is left to allocate",
            where=protocol.id,
            rule="; ".join(f"{reason}: {counts.get(code, 0):,}" for code, reason in enumerate(reasons)),
            remedy="check where and exclude in the protocol against the population",
        )
    out = pc.invert(eligible_rows)
    reason_of = pa.DictionaryArray.from_arrays(codes.filter(out), pa.array(reasons, pa.string()))
    return Eligible(
        units=rows.filter(eligible_rows).select(names),
        excluded=pa.table({LEDGER_ID: rows.column(LEDGER_ID).filter(out), REASON: reason_of}),
        exclusions=_by_reason(reasons, counts),
    )


def assigned_before(
    population: Snapshot | Path, protocol: Protocol, waves: Sequence[Snapshot | Path]
) -> tuple[tuple[str, pa.ChunkedArray], ...]:
    """Whom earlier waves keep out of the next: those allocated, and who has since joined a cluster
    that was allocated whole.

    Args:
        population: The snapshot of the next wave's customers.
        protocol: As locked.
        waves: Snapshots of the units of earlier waves.
    """
    if not waves:
        return ()
    cluster = protocol.cluster
    names = [LEDGER_ID] if cluster is None else [LEDGER_ID, cluster]
    earlier = pa.concat_tables(read_rows(path, names) for path in waves)
    kept_out = [("allocated in an earlier wave", earlier.column(LEDGER_ID))]
    if cluster is not None:
        members = read_rows(population, names)
        joined = members.filter(pc.is_in(members.column(cluster), value_set=earlier.column(cluster), skip_nulls=True))
        reason = f"their {column_words(protocol).column(cluster)} was allocated in an earlier wave"
        kept_out.append((reason, joined.column(LEDGER_ID)))
    return tuple(kept_out)


def _first_reason(tests: Sequence[nw.Expr]) -> nw.Expr:
    """The position of the first test that is true of a row; null where none is."""
    code: nw.Expr = nw.lit(None, nw.Int32)
    for position in reversed(range(len(tests))):
        code = nw.when(tests[position]).then(nw.lit(position, nw.Int32)).otherwise(code)
    return code.cast(nw.Int32).alias(REASON)


def _counts(codes: pa.Array) -> dict[int, int]:
    return {entry["values"].as_py(): entry["counts"].as_py() for entry in pc.value_counts(codes.drop_null())}


def _by_reason(reasons: Sequence[str], counts: Mapping[int, int]) -> tuple[ExclusionRecord, ...]:
    """Every reason that took somebody out; two conditions may share a reason, and are counted together."""
    totals: dict[str, int] = {}
    for code, reason in enumerate(reasons):
        totals[reason] = totals.get(reason, 0) + counts.get(code, 0)
    return tuple(ExclusionRecord(reason, customers) for reason, customers in totals.items() if customers)


def refuse_more_than_planned(protocol: Protocol, units: int) -> None:
    """Refuse a first wave that leaves none of the customers that the looks were planned for to the waves after it.

    Shares of customers who are due would else be counted from too few, and all the error be spent before the end.
    Later waves are not refused: what was spent at the looks is spent, and a wave that is left out would end the trial.

    Args:
        protocol: As locked.
        units: Customers of the first wave.

    Raises:
        TrialRefused: There are as many of them as are planned for all waves, or more.
    """
    looks, waves = protocol.analysis.looks, len(protocol.randomisation.waves)
    if looks is None or looks.customers is None or waves < 2 or units < looks.customers:
        return
    raise TrialRefused(
        f"{looks.customers:,} customers are planned for {waves} waves, and the first alone has {units:,}",
        where="analysis.looks.customers",
        rule="a look counts the share of all waves' customers who are due, so all of them are planned for",
        remedy="give the number that all waves together will have; a plan that is locked already is registered under "
        "another id",
    )
