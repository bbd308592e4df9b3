"""What only the registry can check of a frame: everybody is there once, in the arm allocated, and got its contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from analysis.evaluate.looks import due_now
from analysis.evaluate.tallies import tally_shares
from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to_every_arm, strata_of
from analysis.integrity import checks
from analysis.integrity.checks import ArmShare
from analysis.integrity.shares_by_stratum import compare_shares
from analysis.results import Check
from analysis.wording.phrases import day as in_words
from data.engine import Engine
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.field.day_zero import passed_before_the_draw
from trials.field.kinds.contacts import CHANNEL
from trials.field.matching import NOT_OF_THE_TRIAL
from trials.frames.losses import rows_lost
from trials.frames.sources import Sources, scan_contacts
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import ReturnedFileRecord

MATCHED = "_matched"  # true of customers that the file of outcomes speaks of, null of the others


def frame_checks(frame: AnalysisFrame, snapshots: SnapshotStore, sources: Sources) -> tuple[Check, ...]:
    """What only the registry can check: everybody is there once, in the arm allocated, and got that arm's contact."""
    trial, protocol = sources.trial, sources.trial.plan.protocol
    engine, rows = frame.engine, frame.rows
    counted = engine.collect(rows.group_by(ARM_COLUMN).agg(nw.len().alias("n")))
    counts = dict(zip(counted[ARM_COLUMN].to_pylist(), map(int, counted["n"].to_pylist()), strict=True))
    distinct = engine.collect(rows.select(nw.col(LEDGER_ID).n_unique().alias("n")))["n"][0].as_py()
    registered: dict[str, int] = {}
    for allocation in trial.allocations:
        for arm, customers in allocation.counts.items():
            registered[arm] = registered.get(arm, 0) + customers
    unknown = {arm: n for arm, n in counts.items() if arm not in {declared.id for declared in protocol.arms}}
    made = [
        checks.allocation_counts(registered, counts, labels=protocol.labels),
        checks.duplicate_ids(sum(counts.values()), int(distinct)),
        checks.arm_labels(unknown),
        *_rows_taken(snapshots, sources.outcomes),
        _match(due_now(frame, protocol), protocol),
    ]
    made += [_planned_day(planned, drawn) for planned, drawn in passed_before_the_draw(trial)]
    if sources.contacts:
        made.append(_dispatch(engine, snapshots, rows, sources.contacts, protocol))
    return tuple(made)


def _planned_day(planned: date, drawn: date) -> Check:
    """A day 0 that had passed before anybody was in an arm cannot be one: what is due is counted from the draw."""
    detail = (
        f"Day 0 was planned for {in_words(planned)} and customers were assigned on {in_words(drawn)}: what is due is "
        "counted from then."
    )
    return Check("planned_day", False, detail, "warns", {"planned": planned.isoformat(), "drawn": drawn.isoformat()})


def _rows_taken(snapshots: SnapshotStore, outcomes: ReturnedFileRecord) -> tuple[Check, ...]:
    """Whether rows of the file were lost, of which nobody knows whose they are; those of other people are no loss."""
    if outcomes.rejections_digest is None:
        return ()
    table = snapshots.read(outcomes.rejections_digest)
    lost = table.filter(pc.invert(pc.is_in(table["reason"], pa.array(NOT_OF_THE_TRIAL)))).sort_by("row")
    rows = pc.count_distinct(lost["row"]).as_py()
    if rows == 0:
        return ()
    first = lost.slice(0, 1).to_pylist()[0]
    return (rows_lost(outcomes.loaded + rows, rows, first["row"], first["field"], first["reason"]),)


def _match(frame: AnalysisFrame, protocol: Protocol) -> Check:
    """Found in the file of outcomes, arm by arm; where arms are closed to some, among those who could get every arm.

    Where looks are declared a file need speak only of those who are due.
    """
    comparison = protocol.comparison.id
    alike = open_to_every_arm(frame, protocol)
    counts = tally_shares(alike, {MATCHED: nw.col(MATCHED)}, strata_of(frame, protocol), protocol.cluster)[MATCHED]
    shares = [
        ArmShare(arm.id, int(counts.customers[of].sum()), int(counts.count[of].sum()), arm.label)
        for arm in protocol.arms
        for of in [counts.arm == arm.id]
    ]
    return checks.retention(
        shares,
        comparison,
        kind="match",
        what="are in the file of outcomes",
        least_difference=protocol.retention_margin,
        compared={arm.id: compare_shares(counts, arm.id, comparison) for arm in protocol.arms if arm.id != comparison},
    )


def _dispatch(
    engine: Engine,
    snapshots: SnapshotStore,
    rows: nw.LazyFrame[Any],
    contacts: Sequence[ReturnedFileRecord],
    protocol: Protocol,
) -> Check:
    sent = scan_contacts(engine, snapshots, contacts).select(LEDGER_ID, CHANNEL).unique()
    seen = rows.select(LEDGER_ID, ARM_COLUMN).join(sent, on=LEDGER_ID, how="inner")
    table = engine.collect(seen.group_by(ARM_COLUMN, CHANNEL).agg(nw.len().alias("n")))
    channels = _channels(protocol)
    counts = [(row[ARM_COLUMN], row[CHANNEL], int(row["n"])) for row in table.to_pylist()]
    wrong = sum(n for arm, channel, n in counts if channels.get(arm) != channel)
    return checks.dispatch(sum(n for _, _, n in counts), wrong, protocol.analysis.dispatch_tolerance or 0.0)


def _channels(protocol: Protocol) -> Mapping[str, str | None]:
    return {arm.id: arm.channel for arm in protocol.arms}
