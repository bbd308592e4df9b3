"""Contacts on days on which they cannot have done what they are taken for."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from analysis.frame import ARM_COLUMN, DAY_ZERO_COLUMN, WAVE_COLUMN, AnalysisFrame
from analysis.results import Check
from analysis.wording.naming import outcome_label
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.field.days import day_of_draw
from trials.field.whole import Whole
from trials.frames.sources import Sources, scan_contacts
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import LEDGER_ID

_DRAWN = "_drawn"


def contact_days(
    frame: AnalysisFrame, snapshots: SnapshotStore, sources: Sources, contacts: Whole
) -> tuple[Check, ...]:
    """A warning of contacts before their customer was in an arm, after the primary outcome was counted, or on a day
    that was still to come when they were loaded; nothing where there are none.

    A letter cannot have been sent for an allocation that was not made, and one that came after the outcome's day
    changed nothing of it: either leaves customers whom the approach did not reach among those who count as sent it.
    """
    protocol = sources.trial.plan.protocol
    names = [LEDGER_ID, ARM_COLUMN, DAY_ZERO_COLUMN]
    customers = frame.rows.select(*names, _drawn(sources).alias(_DRAWN))
    sent = scan_contacts(frame.engine, snapshots, contacts).select(LEDGER_ID, CONTACT_ON)
    day = nw.col(CONTACT_ON)
    loaded = max(load.loaded_at.date() for load in contacts.loads)
    strange = {
        "were dated before their customer was drawn": day < nw.col(_DRAWN),
        f"were dated after {loaded.isoformat()}, when they were loaded": day > nw.lit(loaded, nw.Date),
    }
    if protocol.primary.day is not None:
        last = nw.col(DAY_ZERO_COLUMN).dt.offset_by(f"{protocol.primary.day}d")
        why = f"came after day {protocol.primary.day}, by which “{outcome_label(protocol.primary)}” is counted"
        strange[why] = (day > last) & (day <= nw.lit(loaded, nw.Date))
    counts = [of.cast(nw.Int64).sum().alias(why) for why, of in strange.items()]
    joined = customers.join(sent, on=LEDGER_ID, how="inner")
    by_arm = frame.engine.collect(joined.group_by(ARM_COLUMN).agg(nw.len().alias("n"), *counts)).to_pylist()
    return _said(protocol, by_arm, tuple(strange))


def _drawn(sources: Sources) -> nw.Expr:
    days = [day_of_draw(sources.trial, allocation) for allocation in sources.trial.allocations]
    drawn: nw.Expr = nw.lit(days[0], nw.Date)
    for wave, day in enumerate(days[1:], start=2):
        drawn = nw.when(nw.col(WAVE_COLUMN) == f"wave {wave}").then(nw.lit(day, nw.Date)).otherwise(drawn)
    return drawn


def _said(protocol: Protocol, by_arm: list[dict[str, Any]], strange: tuple[str, ...]) -> tuple[Check, ...]:
    everything = sum(int(row["n"]) for row in by_arm)
    figures: dict[str, float | int | str | None] = {"contacts": everything}
    parts = []
    for word, why in zip(("before", "to_come", "after"), strange, strict=False):
        of_arm = {row[ARM_COLUMN]: int(row[why] or 0) for row in by_arm}
        figures[word] = sum(of_arm.values())
        if figures[word]:
            listed = ", ".join(f"{protocol.labels.get(arm, arm)} {n:,}" for arm, n in sorted(of_arm.items()) if n)
            parts.append(f"{figures[word]:,} {why} ({listed})")
    if not parts:
        return ()
    detail = f"Of {everything:,} contacts {'; '.join(parts)}."
    return (Check("contact_days", False, detail, "warns", figures),)
