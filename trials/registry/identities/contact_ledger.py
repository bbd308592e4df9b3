"""The contact ledger: who was assigned to what, and contacted when, across all trials of the registry, by ledger id.

There is no ledger table to fall out of step with the trials. The ledger is a view over the snapshots that
allocations, frozen waves and returned contacts name.

Until its seed is public nobody may learn which arm a trial's customers are in from whom another trial leaves out. Each
of them then counts as contacted whenever any of them may have been, and as held out where any may be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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
CONTACTS = "contacts"
RUNNING = ", or part in a trial whose arms are not released"
"""Why somebody may be left out who was not contacted: that nobody learns of others that they were."""

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
        public: Its seed is, released or declared for a demonstration: then what each customer was assigned to counts,
            and else that they were.
    """

    trial: str
    kind: Literal["allocated", "frozen", "contacts"]
    digest: str
    contact_on: date | None
    arms: tuple[str, ...] = ()
    exclusive_with: tuple[str, ...] = ()
    holds_out: bool = False
    public: bool = False


def entries(session: Session, *, today: date, except_for: str | None = None) -> tuple[Entry, ...]:
    """Every snapshot that counts, of all trials or all but one. A draw made void before any issue left no contact."""
    plans = _locked_protocols(session)
    idle = _void_and_never_issued(session)
    public = _with_public_seeds(session)
    allocated = {(row.trial_id, row.wave): row for row in session.scalars(select(tables.Allocation))}
    ledger: list[Entry] = []
    for wave in session.scalars(select(tables.Wave).order_by(tables.Wave.trial_id, tables.Wave.number)):
        if wave.trial_id == except_for or wave.trial_id in idle:
            continue
        plan = plans[wave.trial_id, wave.protocol_version]
        arms = tuple(arm["id"] for arm in plan["arms"] if arm["kind"] == "otm")
        exclusive = tuple(plan["population"].get("mutually_exclusive_with") or ())
        holds_out = plan["randomisation"].get("hold_out") is not None
        more = exclusive, holds_out, wave.trial_id in public
        allocation = allocated.get((wave.trial_id, wave.number))
        if allocation is None:
            ledger.append(Entry(wave.trial_id, "frozen", wave.units_digest, today, arms, *more))
        else:
            digest, day = allocation.snapshot_digest, allocation.index_date
            ledger.append(Entry(wave.trial_id, "allocated", digest, day, arms, *more))
    returned = select(tables.ReturnedFile).where(tables.ReturnedFile.kind == "contacts")
    files = session.scalars(returned.order_by(tables.ReturnedFile.trial_id, tables.ReturnedFile.version))
    for trial, of_trial in groupby(files, key=lambda row: row.trial_id):
        if trial != except_for:
            ledger += [
                Entry(trial, "contacts", digest, None, public=trial in public)
                for digest in _contacts_there(list(of_trial))
            ]
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


def _with_public_seeds(session: Session) -> set[str]:
    """Trials whose arms anybody can work out: nothing of them is left to conceal."""
    declared = select(tables.Draw.trial_id).where(tables.Draw.demonstration.is_(True))
    return {*session.scalars(select(tables.Release.trial_id)), *session.scalars(declared)}


def _void_and_never_issued(session: Session) -> set[str]:
    void = set(session.scalars(select(tables.VoidConfirmation.trial_id)))
    issued = set(session.scalars(select(tables.IssueList.trial_id)))
    returned = set(session.scalars(select(tables.ReturnedFile.trial_id)))
    return void - issued - returned


def _contacts_of(
    engine: Engine, snapshots: SnapshotStore, entries: Sequence[Entry], days: tuple[date, date]
) -> nw.LazyFrame[Any]:
    """Ledger id and day of every contact of some entries within some days, each once."""
    parts = []
    for entry in entries:
        rows = engine.scan(snapshots.opened(entry.digest))
        if entry.kind == "allocated" and entry.public:
            rows = rows.filter(nw.col("arm").is_in(entry.arms))
        day = nw.col(CONTACT_ON) if entry.contact_on is None else nw.lit(entry.contact_on)
        if "index_date" in rows.collect_schema().names():
            day = nw.col("index_date")  # each batch has its own
        parts.append(rows.select(nw.col(LEDGER_ID), day.cast(nw.Date).alias(CONTACT_ON)))
    first, last = days
    within = (nw.col(CONTACT_ON) >= nw.lit(first)) & (nw.col(CONTACT_ON) <= nw.lit(last))
    return nw.concat(parts, how="vertical").filter(within).unique()


def _contacts_by_trial(
    engine: Engine, snapshots: SnapshotStore, ledger: Sequence[Entry], days: tuple[date, date]
) -> nw.LazyFrame[Any] | None:
    """Ledger id and contacts within some days, a row a customer and trial; None where there is no trial.

    Planned and sent may be the same contact, so days are counted, once per trial.
    """
    by_trial: dict[str, list[Entry]] = {}
    for entry in ledger:
        by_trial.setdefault(entry.trial, []).append(entry)
    parts = [_counted(engine, snapshots, entries, days) for entries in by_trial.values()]
    return nw.concat(parts, how="vertical") if parts else None


def _counted(
    engine: Engine, snapshots: SnapshotStore, entries: Sequence[Entry], days: tuple[date, date]
) -> nw.LazyFrame[Any]:
    """How often each customer of one trial was contacted within some days, or may have been while arms are secret."""
    planned = [entry for entry in entries if entry.kind != "contacts"]
    sent = [entry for entry in entries if entry.kind == "contacts"]
    if all(entry.public for entry in entries):
        seen = _contacts_of(engine, snapshots, entries, days)
        return seen.group_by(LEDGER_ID).agg(nw.len().cast(nw.Int64).alias(CONTACTS))
    seen = _contacts_of(engine, snapshots, planned, days)
    counted = seen.group_by(LEDGER_ID).agg(nw.len().cast(nw.Int64).alias(CONTACTS))
    beyond = _sent_beside(engine, snapshots, seen, sent, days) if sent else 0
    if not beyond:
        return counted
    units = [engine.scan(snapshots.opened(entry.digest)).select(LEDGER_ID) for entry in planned]
    everybody = nw.concat(units, how="vertical").unique().with_columns(nw.lit(beyond, nw.Int64).alias(CONTACTS))
    together = nw.concat([counted, everybody], how="vertical")
    return together.group_by(LEDGER_ID).agg(nw.col(CONTACTS).sum().cast(nw.Int64).alias(CONTACTS))


def _sent_beside(
    engine: Engine,
    snapshots: SnapshotStore,
    planned: nw.LazyFrame[Any],
    sent: Sequence[Entry],
    days: tuple[date, date],
) -> int:
    """The most contacts that any one customer was sent on days that were not planned."""
    beside = _contacts_of(engine, snapshots, sent, days).join(planned, on=[LEDGER_ID, CONTACT_ON], how="anti")
    most = beside.group_by(LEDGER_ID).agg(nw.len().alias(CONTACTS)).select(nw.col(CONTACTS).max())
    return int(engine.collect(most).column(CONTACTS)[0].as_py() or 0)


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
        if entry.public and entry.kind == "allocated":
            rows = engine.scan(snapshots.opened(entry.digest)).filter(nw.col("held_out"))
            ids = engine.collect(rows.select(LEDGER_ID)).column(LEDGER_ID)
            excluded.append(("held out for the long run", ids))
        else:
            state = "is being allocated" if entry.kind == "frozen" else "is not released"
            reason = f"may be held out by trial {entry.trial}, which {state}"
            excluded.append((reason, _ids(engine, snapshots, entry)))
    return excluded


def _too_soon(
    engine: Engine,
    snapshots: SnapshotStore,
    ledger: tuple[Entry, ...],
    protocol: Protocol,
    issued: tuple[date, date],
) -> list[LedgerExclusion]:
    """Customers contacted too near the days given, or too often; a contact to come counts as much as one gone by."""
    population = protocol.population
    limits = []
    hidden = any(not entry.public for entry in ledger if entry.kind != "frozen")
    if population.cooling_off_days is not None:
        days = population.cooling_off_days
        limits.append((days, 1, f"another OTM contact within {days} days"))
    if population.contact_limit is not None:
        days, most = population.contact_limit.days, population.contact_limit.contacts
        limits.append((days, most, f"{most} OTM contacts within {days} days already"))
    excluded: list[LedgerExclusion] = []
    for days, most, reason in limits:
        near = issued[0] - timedelta(days=days), issued[1] + timedelta(days=days)
        seen = _contacts_by_trial(engine, snapshots, ledger, near)
        if seen is not None:
            counted = seen.group_by(LEDGER_ID).agg(nw.col(CONTACTS).sum())
            ids = engine.collect(counted.filter(nw.col(CONTACTS) >= most).select(LEDGER_ID)).column(LEDGER_ID)
            excluded.append((f"{reason}{RUNNING}" if hidden else reason, ids))
    return excluded


def _ids(engine: Engine, snapshots: SnapshotStore, entry: Entry) -> pa.ChunkedArray:
    rows = engine.collect(engine.scan(snapshots.opened(entry.digest)).select(LEDGER_ID))
    return rows.column(LEDGER_ID)


def shared_with(engine: Engine, snapshots: SnapshotStore, ledger: tuple[Entry, ...], first: str) -> dict[str, int]:
    """How many customers one trial shares with each other one that has any: one query over all snapshots."""
    parts = [
        engine.scan(snapshots.opened(entry.digest)).select(nw.col(LEDGER_ID), nw.lit(entry.trial).alias("trial"))
        for entry in ledger
        if entry.kind != "contacts"
    ]
    trials = {entry.trial for entry in ledger if entry.kind != "contacts"}
    if first not in trials:
        return {}
    everybody = nw.concat(parts, how="vertical").unique()
    own = everybody.filter(nw.col("trial") == first).select(LEDGER_ID)
    others = everybody.filter(nw.col("trial") != first)
    counted = others.join(own, on=LEDGER_ID, how="inner").group_by("trial").agg(nw.len().alias("customers"))
    found = engine.collect(counted)
    shared = dict(zip(found.column("trial").to_pylist(), found.column("customers").to_pylist(), strict=True))
    return {trial: int(shared.get(trial, 0)) for trial in sorted(trials - {first})}


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
