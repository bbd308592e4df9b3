"""The analysis frame of a trial run here: one row per allocated customer, nobody missing, arms from the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw

from analysis.estimators.as_designed import open_rows, some_are_barred
from analysis.frame import ARM_COLUMN, WAVE_COLUMN
from analysis.integrity import checks
from analysis.integrity.checks import ArmShare
from analysis.results import Check
from data.engine import Engine
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.field.allocated import AllocatedTrial
from trials.field.kinds.contacts import CHANNEL, RECEIVED
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import MatchRecord, ReturnedFileRecord

PROBABILITY = "_probability"
MATCHED = "_matched"  # true of customers that the file of outcomes speaks of, null of the others


@dataclass(frozen=True, slots=True)
class Sources:
    """The snapshots that make one frame."""

    trial: AllocatedTrial
    outcomes: ReturnedFileRecord
    contacts: tuple[ReturnedFileRecord, ...]  # each supplier sends its own


def assemble(engine: Engine, snapshots: SnapshotStore, sources: Sources, scratch: Path) -> nw.LazyFrame[Any]:
    """Join population and outcomes to the allocation, m:1 on the ledger id, and lay the rows down once.

    Args:
        engine: Where the rows will be.
        snapshots: The store.
        sources: What is joined.
        scratch: A private folder; the frame is a file there, so that each pass of the analysis reads, never joins.
    """
    trial = sources.trial
    outcomes = engine.scan(snapshots.path(sources.outcomes.digest))
    after = [name for name in outcomes.collect_schema().names() if name != LEDGER_ID]
    parts = [
        _wave(engine, snapshots, allocation.snapshot_digest, wave.population.digest, dropped=after)
        for wave, allocation in zip(trial.waves, trial.allocations, strict=True)
    ]
    if len(parts) > 1:
        parts = [_told_apart(part, f"wave {n}", trial.plan.protocol) for n, part in enumerate(parts, start=1)]
    rows = nw.concat(parts, how="vertical") if len(parts) > 1 else parts[0]
    rows = rows.join(outcomes.with_columns(nw.lit(True).alias(MATCHED)), on=LEDGER_ID, how="left")
    received = trial.plan.protocol.analysis.complier
    if received is not None and received.received not in after:
        rows = _with_receipt(engine, snapshots, rows, sources.contacts, received.received)
    # In order of id, so that the same trial gives the same file, and the same sums, wherever it is evaluated.
    path = scratch / "frame.parquet"
    engine.write(rows.sort(LEDGER_ID), path)
    return engine.scan(path)


def _wave(
    engine: Engine, snapshots: SnapshotStore, allocation: str, population: str, *, dropped: Sequence[str]
) -> nw.LazyFrame[Any]:
    dealt = engine.scan(snapshots.path(allocation)).select(
        nw.col(LEDGER_ID), nw.col("arm").alias(ARM_COLUMN), nw.col("probability").alias(PROBABILITY)
    )
    known = engine.scan(snapshots.path(population))
    # What the file of outcomes brings stands for what was known before under the same name.
    known = known.select(*(name for name in known.collect_schema().names() if name not in dropped))
    return dealt.join(known, on=LEDGER_ID, how="left")


def _told_apart(rows: nw.LazyFrame[Any], wave: str, protocol: Protocol) -> nw.LazyFrame[Any]:
    """Shares may differ by wave, so the wave is a stratum; and a pair's label is its own wave's."""
    pairs = protocol.randomisation.pairs
    own = [] if pairs is None else [nw.concat_str([nw.lit(wave), nw.col(pairs)], separator=": ").alias(pairs)]
    return rows.with_columns(nw.lit(wave).alias(WAVE_COLUMN), *own)


def _with_receipt(
    engine: Engine,
    snapshots: SnapshotStore,
    rows: nw.LazyFrame[Any],
    contacts: Sequence[ReturnedFileRecord],
    name: str,
) -> nw.LazyFrame[Any]:
    """Receipt from the contacts: any contact received counts; in a complete feed, no contact is none received."""
    if not contacts:
        return rows.with_columns(nw.lit(None, nw.Boolean).alias(name))
    any_received = (
        _sent(engine, snapshots, contacts)
        .group_by(LEDGER_ID)
        .agg(nw.col(RECEIVED).fill_null(False).cast(nw.Int8).max().alias(name))
    )
    joined = rows.join(any_received, on=LEDGER_ID, how="left")
    return joined.with_columns((nw.col(name).fill_null(0) == 1).alias(name))


def _sent(engine: Engine, snapshots: SnapshotStore, contacts: Sequence[ReturnedFileRecord]) -> nw.LazyFrame[Any]:
    return nw.concat([engine.scan(snapshots.path(file.digest)) for file in contacts], how="vertical")


def frame_checks(
    engine: Engine, snapshots: SnapshotStore, rows: nw.LazyFrame[Any], sources: Sources
) -> tuple[Check, ...]:
    """What only the registry can check: everybody is there in the arm dealt, once, and got that arm's contact."""
    trial, protocol = sources.trial, sources.trial.plan.protocol
    counted = engine.collect(rows.group_by(ARM_COLUMN).agg(nw.len().alias("n")))
    found = dict(zip(counted[ARM_COLUMN].to_pylist(), map(int, counted["n"].to_pylist()), strict=True))
    distinct = engine.collect(rows.select(nw.col(LEDGER_ID).n_unique().alias("n")))["n"][0].as_py()
    registered: dict[str, int] = {}
    for allocation in trial.allocations:
        for arm, customers in allocation.counts.items():
            registered[arm] = registered.get(arm, 0) + customers
    unknown = {arm: n for arm, n in found.items() if arm not in {declared.id for declared in protocol.arms}}
    made = [
        checks.allocation_counts(registered, found, labels=protocol.labels),
        checks.duplicate_ids(sum(found.values()), int(distinct)),
        checks.arm_labels(unknown),
        _match(engine, rows, sources.outcomes.matched, protocol),
    ]
    if sources.contacts:
        made.append(_dispatch(engine, snapshots, rows, sources.contacts, protocol))
    if sources.outcomes.matured is not None:
        made.append(_maturity(matured=sources.outcomes.matured, day=protocol.primary.day))
    return tuple(made)


def _match(engine: Engine, rows: nw.LazyFrame[Any], matched: Sequence[MatchRecord], protocol: Protocol) -> Check:
    """Found in the file of outcomes, arm by arm; where arms are closed to some, among those who could get every arm."""
    counts = {row.arm: (row.allocated, row.matched) for row in matched}
    if some_are_barred(protocol):
        alike = rows.filter(open_rows(protocol)).group_by(ARM_COLUMN)
        table = engine.collect(alike.agg(nw.len().alias("n"), nw.col(MATCHED).count().alias("matched")))
        counts = {row[ARM_COLUMN]: (int(row["n"]), int(row["matched"])) for row in table.to_pylist()}
    shares = [ArmShare(arm.id, *counts.get(arm.id, (0, 0)), label=arm.label) for arm in protocol.arms]
    return checks.retention(shares, protocol.comparison.id, kind="match", what="are in the file of outcomes")


def _dispatch(
    engine: Engine,
    snapshots: SnapshotStore,
    rows: nw.LazyFrame[Any],
    contacts: Sequence[ReturnedFileRecord],
    protocol: Protocol,
) -> Check:
    sent = _sent(engine, snapshots, contacts).select(LEDGER_ID, CHANNEL).unique()
    seen = rows.select(LEDGER_ID, ARM_COLUMN).join(sent, on=LEDGER_ID, how="inner")
    table = engine.collect(seen.group_by(ARM_COLUMN, CHANNEL).agg(nw.len().alias("n")))
    channels = _channels(protocol)
    counts = [(row[ARM_COLUMN], row[CHANNEL], int(row["n"])) for row in table.to_pylist()]
    wrong = sum(n for arm, channel, n in counts if channels.get(arm) != channel)
    return checks.dispatch(sum(n for _, _, n in counts), wrong, protocol.analysis.dispatch_tolerance or 0.0)


def _channels(protocol: Protocol) -> Mapping[str, str | None]:
    return {arm.id: arm.channel for arm in protocol.arms}


def _maturity(*, matured: bool, day: int | None) -> Check:
    detail = (
        f"Every customer had reached day {day} when the outcomes were loaded."
        if matured
        else f"The outcomes were loaded before every customer had reached day {day}."
    )
    return Check("maturity", matured, detail, "warns")
