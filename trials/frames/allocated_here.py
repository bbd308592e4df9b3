"""The analysis frame of a trial allocated here: everybody who was allocated, once, with the arm in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa

from analysis.frame import (
    ARM_COLUMN,
    CONDITIONAL_COLUMN,
    DAY_ZERO_COLUMN,
    REASON_PREFIX,
    SATURATION_COLUMN,
    STRATUM_COLUMN,
    WAVE_COLUMN,
    AnalysisFrame,
)
from analysis.results import Exclusion, Flow, UnreadableCell
from data.engine import Engine
from data.snapshots import SnapshotStore, read_rows
from designs.assignment import strata_as_assigned
from designs.assignment.files.assign import STRATUM
from designs.protocol import Protocol
from designs.protocol.day_zero import not_before
from designs.protocol.eligibility import ELIGIBLE_ARMS, closes_an_arm, with_eligible_arms
from trials.field.allocated import AllocatedTrial
from trials.field.day_zero import drawn_on
from trials.field.kinds.contacts import RECEIVED
from trials.field.reasons import FILE_ROW, stored_cells
from trials.field.whole import LOAD, Whole
from trials.frames.in_their_days import in_their_days
from trials.frames.integrity import MATCHED, frame_checks
from trials.frames.losses import MOST_LISTED
from trials.frames.sources import Sources, scan_contacts
from trials.registry.identities.pseudonyms import INDEX_DATE, LEDGER_ID
from trials.registry.records import AllocationRecord, WaveRecord
from trials.registry.tables.columns import digest_of

PROBABILITY = "_probability"


def frame_of(engine: Engine, snapshots: SnapshotStore, sources: Sources, scratch: Path) -> AnalysisFrame:
    """Everybody who was allocated, with what came back, what the registry knows of them, and what it can check.

    Args:
        engine: where the rows will be.
        snapshots: the store.
        sources: what is joined.
        scratch: a private folder; the frame is a file there, so that each pass of the analysis reads, never joins.
    """
    trial = sources.trial
    rows = _rows(engine, snapshots, sources, scratch / "frame.parquet")
    laid = [WAVE_COLUMN] if len(trial.allocations) > 1 else []
    laid += [ELIGIBLE_ARMS] if closes_an_arm(trial.plan.protocol) else []
    frame = AnalysisFrame(
        engine=engine,
        rows=rows,
        flow=_flow(trial),
        checks=(),
        data_digest=_data_digest(sources),
        synthetic=trial.population.synthetic,
        laid_strata=tuple(laid),
        as_at=sources.as_at,
        still_to_come=_still_to_come(trial, sources.as_at),
        unreadable=_unreadable(engine, snapshots, sources.outcomes),
    )
    return replace(frame, checks=frame_checks(frame, snapshots, sources))


def _rows(engine: Engine, snapshots: SnapshotStore, sources: Sources, path: Path) -> nw.LazyFrame[Any]:
    """Population and outcomes joined to the allocation, m:1 on the ledger id, and laid down once."""
    trial, protocol = sources.trial, sources.trial.plan.protocol
    outcomes = engine.scan(snapshots.opened(sources.outcomes.digests[0]))
    outcomes = outcomes.select(*(name for name in outcomes.collect_schema().names() if name != LOAD))
    after = [name for name in outcomes.collect_schema().names() if name != LEDGER_ID]
    parts = [
        _wave(engine, snapshots, trial, wave, allocation, replaced=after)
        for wave, allocation in zip(trial.waves, trial.allocations, strict=True)
    ]
    if len(parts) > 1:
        parts = [_of_wave(part, f"wave {n}", protocol) for n, part in enumerate(parts, start=1)]
    rows = nw.concat(parts, how="vertical") if len(parts) > 1 else parts[0]
    rows = rows.join(outcomes.with_columns(nw.lit(True).alias(MATCHED)), on=LEDGER_ID, how="left")
    received = protocol.analysis.complier
    if received is not None and received.received not in after and sources.contacts is not None:
        rows = _with_receipt(engine, snapshots, rows, sources.contacts, received.received)
    rows = in_their_days(rows, protocol)
    # In order of id, so that the same trial gives the same file, and the same sums, wherever it is evaluated.
    engine.write(rows.sort(LEDGER_ID), path)
    return engine.scan(path)


def _wave(
    engine: Engine,
    snapshots: SnapshotStore,
    trial: AllocatedTrial,
    wave: WaveRecord,
    allocation: AllocationRecord,
    *,
    replaced: Sequence[str],
) -> nw.LazyFrame[Any]:
    """One wave's customers: their arm, what was known of them, and the arms that they could get by that."""
    protocol = trial.plan.protocol
    allocated = engine.scan(snapshots.opened(allocation.snapshot_digest))
    kept = [nw.col(LEDGER_ID), nw.col("arm").alias(ARM_COLUMN), nw.col("probability").alias(PROBABILITY)]
    kept.append(_day_zero(allocated, allocation, drawn_on(trial, allocation)).alias(DAY_ZERO_COLUMN))
    if protocol.randomisation.merge:
        if STRATUM not in allocated.collect_schema().names():
            allocated = _with_strata(engine, snapshots, protocol, wave, allocation, allocated)
        kept.append(nw.col(STRATUM).cast(nw.String).alias(STRATUM_COLUMN))
    kept += _of_saturations(protocol)
    rows = allocated.select(*kept).join(engine.scan(snapshots.opened(wave.population.digest)), on=LEDGER_ID, how="left")
    if closes_an_arm(protocol):
        rows = with_eligible_arms(rows, protocol)
    # What the file of outcomes brings stands for what was known before under the same name.
    return rows.select(*(name for name in rows.collect_schema().names() if name not in replaced))


def _with_strata(
    engine: Engine,
    snapshots: SnapshotStore,
    protocol: Protocol,
    wave: WaveRecord,
    allocation: AllocationRecord,
    allocated: nw.LazyFrame[Any],
) -> nw.LazyFrame[Any]:
    """An allocation of before strata were kept with it: merged again from its units, as they were before the draw."""
    units = read_rows(snapshots.opened(wave.units_digest))
    strata = strata_as_assigned(protocol, units, algorithm=allocation.algorithm)
    of_units = pa.table({LEDGER_ID: units.column(LEDGER_ID), STRATUM: strata.cast(pa.string())})
    return allocated.join(engine.scan(of_units), on=LEDGER_ID, how="left")


def _day_zero(drawn: nw.LazyFrame[Any], allocation: AllocationRecord, earliest: date | None) -> nw.Expr:
    """Each customer's day 0: its batch's, where batches are issued on days of their own; never before the draw."""
    if INDEX_DATE not in drawn.collect_schema().names():
        planned = allocation.index_date
        return nw.lit(None if planned is None else not_before(planned, earliest), nw.Date)
    planned_for = nw.col(INDEX_DATE)
    if earliest is None:
        return planned_for
    return nw.when(planned_for < nw.lit(earliest, nw.Date)).then(nw.lit(earliest, nw.Date)).otherwise(planned_for)


def _still_to_come(trial: AllocatedTrial, as_at: date) -> tuple[date, ...]:
    """Day 0 of the waves that the plan declares and that are not allocated yet.

    Where there are looks, the last of them is the last wave's: one that is not drawn has its day ahead at every cut.
    """
    waves = trial.plan.protocol.randomisation.waves[len(trial.allocations) :]
    looks = trial.plan.protocol.analysis.looks
    return tuple(wave.issue_on if looks is None else max(wave.issue_on, as_at) for wave in waves)


def _of_saturations(protocol: Protocol) -> list[nw.Expr]:
    """The id of the saturation that each customer's cluster was assigned, and their arm's probability given it."""
    declared = protocol.randomisation.saturations
    if not declared:
        return []
    name: nw.Expr = nw.lit(None, nw.String)
    for code, saturation in enumerate(declared):
        name = nw.when(nw.col("saturation") == code).then(nw.lit(saturation.id)).otherwise(name)
    return [name.alias(SATURATION_COLUMN), nw.col("conditional_probability").alias(CONDITIONAL_COLUMN)]


def _of_wave(rows: nw.LazyFrame[Any], wave: str, protocol: Protocol) -> nw.LazyFrame[Any]:
    """Shares may differ by wave, so the wave is a stratum; and a pair's label is its own wave's."""
    pairs = protocol.randomisation.pairs
    labels = [] if pairs is None else [nw.concat_str([nw.lit(wave), nw.col(pairs)], separator=": ").alias(pairs)]
    return rows.with_columns(nw.lit(wave).alias(WAVE_COLUMN), *labels)


def _with_receipt(
    engine: Engine,
    snapshots: SnapshotStore,
    rows: nw.LazyFrame[Any],
    contacts: Whole,
    name: str,
) -> nw.LazyFrame[Any]:
    """Receipt from the contacts: any contact received counts; in a complete feed, no contact is none received.

    A contact of which that could not be read leaves it unknown, unless another was received.
    """
    unread = nw.col(REASON_PREFIX + RECEIVED)
    any_received = (
        scan_contacts(engine, snapshots, contacts)
        .group_by(LEDGER_ID)
        .agg(
            nw.col(RECEIVED).fill_null(False).cast(nw.Int8).max().alias(name), unread.max().alias(REASON_PREFIX + name)
        )
    )
    joined = rows.join(any_received, on=LEDGER_ID, how="left")
    # Not known of whoever is not said to have received any, and has a contact of which that could not be read.
    known = nw.col(REASON_PREFIX + name).is_null() | (nw.col(name).fill_null(0) == 1)
    return joined.with_columns(
        nw.when(known).then(nw.col(name).fill_null(0) == 1).alias(name),
        nw.when(~known).then(nw.col(REASON_PREFIX + name)).alias(REASON_PREFIX + name),
    )


def _unreadable(engine: Engine, snapshots: SnapshotStore, outcomes: Whole) -> tuple[UnreadableCell, ...]:
    """The first cells of the outcomes that could not be read; the check of cells counts them all, by arm."""
    digest = outcomes.digests[0]
    names = engine.scan(snapshots.opened(digest)).collect_schema().names()
    reasons = [name for name in names if name.startswith(REASON_PREFIX)]
    if not reasons:
        return ()
    wanted = [name for name in (FILE_ROW, LOAD) if name in names]
    return stored_cells(snapshots.read(digest, [*wanted, *reasons]), MOST_LISTED, LOAD)


def _flow(trial: AllocatedTrial) -> Flow:
    """Every customer accounted for: rows read, rejected, left out by reason, allocated."""
    populations = {wave.population.digest: wave.population for wave in trial.waves}.values()
    left_out: dict[str, int] = {}
    for wave in trial.waves:
        for exclusion in wave.exclusions:
            left_out[exclusion.reason] = left_out.get(exclusion.reason, 0) + exclusion.customers
    return Flow(
        rows_read=sum(population.rows_read for population in populations),
        rejected=sum(population.rejected for population in populations),
        excluded=tuple(Exclusion(reason, customers) for reason, customers in left_out.items()),
        allocated=sum(sum(allocation.counts.values()) for allocation in trial.allocations),
        analysed=0,  # the analysis counts them
    )


def _data_digest(sources: Sources) -> str:
    """SHA-256 over the digests of everything that the frame is made of."""
    return digest_of(
        {
            "populations": [wave.population.digest for wave in sources.trial.waves],
            "allocations": [allocation.digest for allocation in sources.trial.allocations],
            "outcomes": sources.outcomes.digests[0],
            "contacts": [] if sources.contacts is None else list(sources.contacts.digests),
        }
    )
