"""Whether customers were sent what another arm should get, by every row of contacts that names one of them."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import ARM_COLUMN
from analysis.integrity import checks
from analysis.integrity.letters import letters as of_letters
from analysis.results import Check
from data.engine import Engine
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.field.allocated import AllocatedTrial
from trials.field.kinds.contacts import CHANNEL, MARKS
from trials.field.letters import sent_by_mark
from trials.field.whole import Whole
from trials.frames.sources import scan_contacts
from trials.registry.identities.pseudonyms import LEDGER_ID

_TAKEN = "_taken"


def dispatch(
    engine: Engine,
    snapshots: SnapshotStore,
    rows: nw.LazyFrame[Any],
    contacts: Whole,
    protocol: Protocol,
) -> Check:
    """The check, of contacts that were taken and of those that were turned away for a cell that could not be read.

    A row that was turned away still says that its customer was sent something. Where the arm gets nothing that is
    wrong whatever it was; where only the channel is not known, it may have been.
    """
    sent = scan_contacts(engine, snapshots, contacts).select(LEDGER_ID, CHANNEL).unique()
    sent = sent.with_columns(nw.lit(True).alias(_TAKEN))
    turned_away = _turned_away(snapshots, contacts, (CHANNEL,))
    if turned_away is not None:
        turned_away = turned_away.append_column(_TAKEN, pa.repeat(pa.scalar(False), turned_away.num_rows))
        sent = nw.concat([sent, engine.scan(turned_away)], how="vertical")
    seen = rows.select(LEDGER_ID, ARM_COLUMN).join(sent, on=LEDGER_ID, how="inner")
    once = seen.group_by(LEDGER_ID, ARM_COLUMN, CHANNEL).agg(nw.col(_TAKEN).cast(nw.Int8).max().alias(_TAKEN))
    table = engine.collect(once.group_by(ARM_COLUMN, CHANNEL, _TAKEN).agg(nw.len().alias("n")))
    channels = {arm.id: arm.channel for arm in protocol.arms}
    doubtful = 0
    wrong, unread = dict.fromkeys(channels, 0), dict.fromkeys(channels, 0)
    for row in table.to_pylist():
        arm, channel, customers = row[ARM_COLUMN], row[CHANNEL], int(row["n"])
        unread[arm] = unread.get(arm, 0) + (0 if row[_TAKEN] else customers)
        if channel is None and channels.get(arm) is not None:
            doubtful += customers
        elif channel is None or channels.get(arm) != channel:
            wrong[arm] = wrong.get(arm, 0) + customers
    everybody = sum(int(row["n"]) for row in table.to_pylist())
    return checks.dispatch(
        everybody,
        sum(wrong.values()),
        protocol.analysis.dispatch_tolerance or 0.0,
        doubtful=doubtful,
        unread={protocol.labels.get(arm, arm): n for arm, n in unread.items()},
        wrong_of=wrong,
    )


def letters(
    engine: Engine, snapshots: SnapshotStore, rows: nw.LazyFrame[Any], contacts: Whole, trial: AllocatedTrial
) -> Check | None:
    """Whether the letters were those of the customers' arms; None where no contact says which letter it was.

    A row that was turned away for its day or channel still says what its customer was sent.
    """
    sent = scan_contacts(engine, snapshots, contacts).select(LEDGER_ID, *MARKS)
    turned_away = _turned_away(snapshots, contacts, MARKS)
    if turned_away is not None:
        sent = nw.concat([sent, engine.scan(turned_away)], how="vertical")
    distinct = rows.select(LEDGER_ID, ARM_COLUMN).join(sent.unique(), on=LEDGER_ID, how="inner")
    table = engine.collect(distinct.group_by(ARM_COLUMN, *MARKS).agg(nw.len().alias("n")))
    tally = ((row[ARM_COLUMN], {mark: row[mark] for mark in MARKS}, int(row["n"])) for row in table.to_pylist())
    found = sent_by_mark(trial, tally)
    if not found.named:
        return None
    tolerance = trial.plan.protocol.analysis.dispatch_tolerance or 0.0
    return of_letters(found.named, found.mixed, tolerance, doubtful=found.doubtful)


def _turned_away(snapshots: SnapshotStore, contacts: Whole, names: tuple[str, ...]) -> pa.Table | None:
    """Customer and some columns of rows that were not taken; files of before they were kept say nothing of them.

    Those of a customer whose contacts were corrected since are not counted: the correction says what was sent.
    """
    found: list[pa.Table] = []
    for load in contacts.loads:
        if load.mode == "correct":
            corrected = pc.unique(snapshots.read(load.digest, [LEDGER_ID])[LEDGER_ID])
            found = [table.filter(pc.invert(pc.is_in(table[LEDGER_ID], value_set=corrected))) for table in found]
        if load.rejections_digest is None:
            continue
        table = snapshots.read(load.rejections_digest)
        if LEDGER_ID in table.column_names:
            nothing = pa.nulls(table.num_rows, pa.string())
            columns = {name: table[name] if name in table.column_names else nothing for name in names}
            kept = pa.table({LEDGER_ID: table[LEDGER_ID], **columns})
            found.append(kept.filter(kept.column(LEDGER_ID).is_valid()))
    if not found:
        return None
    return pa.concat_tables(found).group_by([LEDGER_ID, *names]).aggregate([])
