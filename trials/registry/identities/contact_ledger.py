"""The contact ledger: who was assigned to what, and contacted when, across all trials of the registry, by ledger id.

There is no ledger table to fall out of step with the trials. The ledger is a view over the snapshots that
allocations, frozen waves and returned contacts name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal

import narwhals as nw
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.engine import Engine
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.registry import tables
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import standing_loads

CONTACT_ON = "contact_on"
TRIAL = "trial"

LedgerExclusion = tuple[str, pa.ChunkedArray]
"""A reason to leave customers out of a draw, and their ledger ids."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One snapshot that tells of customers and contacts.

    Attributes:
        trial: Whose it is.
        kind: ``allocated``: with a planned contact for the arms named; ``frozen``: about to be allocated, so that
            anybody in it may be contacted; ``contacts``: what the field said it sent.
        digest: The snapshot.
        contact_on: The day of the planned contacts; None where each row has its own.
        arms: The arms that are contacted.
        exclusive_with: The trials that this one declares it shares no customer with.
        holds_out: Whether some of its customers are kept from all contact for the long run.
    """

    trial: str
    kind: Literal["allocated", "frozen", "contacts"]
    digest: str
    contact_on: date | None
    arms: tuple[str, ...] = ()
    exclusive_with: tuple[str, ...] = ()
    holds_out: bool = False


def entries(session: Session, *, today: date, except_for: str | None = None) -> tuple[Entry, ...]:
    """Every snapshot that counts, of all trials or all but one. A draw made void before any issue left no contact."""
    plans = _locked_protocols(session)
    idle = _void_and_never_issued(session)
    allocated = {(row.trial_id, row.wave): row for row in session.scalars(select(tables.Allocation))}
    ledger: list[Entry] = []
    for wave in session.scalars(select(tables.Wave).order_by(tables.Wave.trial_id, tables.Wave.number)):
        if wave.trial_id == except_for or wave.trial_id in idle:
            continue
        plan = plans[wave.trial_id, wave.protocol_version]
        arms = tuple(arm["id"] for arm in plan["arms"] if arm["kind"] == "otm")
        exclusive = tuple(plan["population"].get("mutually_exclusive_with") or ())
        holds_out = plan["randomisation"].get("hold_out") is not None
        allocation = allocated.get((wave.trial_id, wave.number))
        if allocation is None:
            ledger.append(Entry(wave.trial_id, "frozen", wave.units_digest, today, arms, exclusive, holds_out))
        else:
            digest, day = allocation.snapshot_digest, allocation.index_date
            ledger.append(Entry(wave.trial_id, "allocated", digest, day, arms, exclusive, holds_out))
    returned = select(tables.ReturnedFile).where(tables.ReturnedFile.kind == "contacts")
    files = session.scalars(returned.order_by(tables.ReturnedFile.trial_id, tables.ReturnedFile.version))
    for trial, of_trial in groupby(files, key=lambda row: row.trial_id):
        if trial != except_for:
            ledger += [Entry(trial, "contacts", digest, None) for digest in _contacts_there(list(of_trial))]
    return tuple(ledger)


def _contacts_there(files: list[tables.ReturnedFile]) -> list[str]:
    """The snapshots of all that one trial's field said it sent, and that was not withdrawn."""
    whole = files[-1].whole_digest
    return [file.digest for file in standing_loads(files)] if whole is None else [whole]


def _locked_protocols(session: Session) -> dict[tuple[str, int], dict[str, Any]]:
    query = select(tables.ProtocolVersion).join(
        tables.TrialLock,
        (tables.TrialLock.trial_id == tables.ProtocolVersion.trial_id)
        & (tables.TrialLock.protocol_version == tables.ProtocolVersion.version),
    )
    return {(row.trial_id, row.version): json.loads(row.canonical) for row in session.scalars(query)}


def _void_and_never_issued(session: Session) -> set[str]:
    void = set(session.scalars(select(tables.VoidConfirmation.trial_id)))
    issued = set(session.scalars(select(tables.IssueList.trial_id)))
    returned = set(session.scalars(select(tables.ReturnedFile.trial_id)))
    return void - issued - returned


def contacts(engine: Engine, snapshots: SnapshotStore, ledger: tuple[Entry, ...]) -> nw.LazyFrame[Any] | None:
    """One view of every contact: ledger id, trial, day. None where there is none.

    Where the field has said what it sent, that stands beside what was planned.
    """
    parts = [_contacts_of(engine, snapshots, entry) for entry in ledger]
    return nw.concat(parts, how="vertical") if parts else None


def _contacts_of(engine: Engine, snapshots: SnapshotStore, entry: Entry) -> nw.LazyFrame[Any]:
    rows = engine.scan(snapshots.opened(entry.digest))
    if entry.kind == "allocated":
        rows = rows.filter(nw.col("arm").is_in(entry.arms))
    day = nw.col(CONTACT_ON) if entry.contact_on is None else nw.lit(entry.contact_on)
    if "index_date" in rows.collect_schema().names():
        day = nw.col("index_date")  # each batch has its own
    return rows.select(nw.col(LEDGER_ID), nw.lit(entry.trial).alias(TRIAL), day.cast(nw.Date).alias(CONTACT_ON))


def excluded_by_ledger(
    engine: Engine,
    snapshots: SnapshotStore,
    ledger: tuple[Entry, ...],
    protocol: Protocol,
    issued: tuple[date, date],
) -> tuple[LedgerExclusion, ...]:
    """Whom the ledger keeps out of a draw: reasons in the order in which they apply, each with its ledger ids.

    Args:
        engine: What scans the snapshots.
        snapshots: Where they are.
        ledger: Every other trial's entries.
        protocol: The trial to be drawn.
        issued: The first and the last day on which its customers are to be contacted.
    """
    excluded = [
        *_exclusive(engine, snapshots, ledger, protocol),
        *_held_out(engine, snapshots, ledger),
        *_too_soon(engine, snapshots, ledger, protocol, issued),
    ]
    return tuple((reason, ids) for reason, ids in excluded if len(ids))


def _exclusive(
    engine: Engine, snapshots: SnapshotStore, ledger: tuple[Entry, ...], protocol: Protocol
) -> list[LedgerExclusion]:
    declared = set(protocol.population.mutually_exclusive_with)
    return [
        (f"in trial {entry.trial}, which shares no customer with this one", _ids(engine, snapshots, entry))
        for entry in ledger
        if entry.kind != "contacts" and (entry.trial in declared or protocol.id in entry.exclusive_with)
    ]


def _held_out(engine: Engine, snapshots: SnapshotStore, ledger: tuple[Entry, ...]) -> list[LedgerExclusion]:
    """Customers held out, and those of a draw still under way, of whom any may turn out to be."""
    excluded: list[LedgerExclusion] = []
    for entry in ledger:
        if not entry.holds_out:
            continue
        if entry.kind == "frozen":
            reason = f"may be held out by trial {entry.trial}, which is being allocated"
            excluded.append((reason, _ids(engine, snapshots, entry)))
        else:
            rows = engine.scan(snapshots.opened(entry.digest)).filter(nw.col("held_out"))
            ids = engine.collect(rows.select(LEDGER_ID)).column(LEDGER_ID)
            excluded.append(("held out for the long run", ids))
    return excluded


def _too_soon(
    engine: Engine,
    snapshots: SnapshotStore,
    ledger: tuple[Entry, ...],
    protocol: Protocol,
    issued: tuple[date, date],
) -> list[LedgerExclusion]:
    seen = contacts(engine, snapshots, ledger)
    population = protocol.population
    if seen is None:
        return []
    excluded: list[LedgerExclusion] = []
    if population.cooling_off_days is not None:
        near = _within(seen, issued, population.cooling_off_days)
        ids = engine.collect(near.select(LEDGER_ID).unique()).column(LEDGER_ID)
        excluded.append((f"another OTM contact within {population.cooling_off_days} days", ids))
    limit = population.contact_limit
    if limit is not None:
        # Planned and sent may be the same contact, so days are counted, once per trial.
        days = _within(seen, issued, limit.days).select(LEDGER_ID, TRIAL, CONTACT_ON).unique()
        counted = days.group_by(LEDGER_ID).agg(nw.len().alias("contacts"))
        many = engine.collect(counted.filter(nw.col("contacts") >= limit.contacts).select(LEDGER_ID))
        reason = f"{limit.contacts} OTM contacts within {limit.days} days already"
        excluded.append((reason, many.column(LEDGER_ID)))
    return excluded


def _within(seen: nw.LazyFrame[Any], issued: tuple[date, date], days: int) -> nw.LazyFrame[Any]:
    """Contacts at most so many days before or after: a planned one to come counts as much as one gone by."""
    first, last = issued[0] - timedelta(days=days), issued[1] + timedelta(days=days)
    return seen.filter((nw.col(CONTACT_ON) >= nw.lit(first)) & (nw.col(CONTACT_ON) <= nw.lit(last)))


def _ids(engine: Engine, snapshots: SnapshotStore, entry: Entry) -> pa.ChunkedArray:
    rows = engine.collect(engine.scan(snapshots.opened(entry.digest)).select(LEDGER_ID))
    return rows.column(LEDGER_ID)


def overlap(engine: Engine, snapshots: SnapshotStore, ledger: tuple[Entry, ...], first: str, second: str) -> int:
    """Customers that two trials share: one query over their snapshots."""

    def customers(trial: str) -> nw.LazyFrame[Any] | None:
        entries_of_trial = [entry for entry in ledger if entry.trial == trial and entry.kind != "contacts"]
        parts = [engine.scan(snapshots.opened(entry.digest)).select(LEDGER_ID) for entry in entries_of_trial]
        return nw.concat(parts, how="vertical").unique() if parts else None

    of_first, of_second = customers(first), customers(second)
    if of_first is None or of_second is None:
        return 0
    both = of_first.join(of_second, on=LEDGER_ID, how="inner").select(nw.len().alias("customers"))
    return int(engine.collect(both).column("customers")[0].as_py())
