"""What only the registry can check of a frame: everybody is there once, in the arm allocated, and got its contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from analysis.evaluate.looks import due_now
from analysis.evaluate.saturation import compared, direct, interior, levels_of
from analysis.evaluate.tallies import tally_shares
from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to_every_arm, strata_of
from analysis.inference.multiplicity import holm
from analysis.integrity import checks
from analysis.integrity.shares_by_stratum import ShareCounts
from analysis.results import Check
from analysis.wording.naming import outcome_label
from analysis.wording.phrases import day as in_words
from data.snapshots import SnapshotStore
from designs.literals import Severity
from designs.protocol import Protocol
from designs.protocol.columns import column_of
from designs.protocol.models import Wave
from trials.field.day_zero import passed_before_the_draw, waves_not_drawn
from trials.field.happened import dated
from trials.field.matching import NOT_OF_THE_TRIAL
from trials.field.whole import Whole
from trials.frames.alike import alike, compared_arms
from trials.frames.contact_days import contact_days
from trials.frames.dispatch import dispatch, letters
from trials.frames.in_their_days import days_checked, outside
from trials.frames.losses import TOLERATED, of_somebody, rows_lost
from trials.frames.sources import Sources
from trials.registry.identities.pseudonyms import LEDGER_ID

_IN_THE_FILE = "are in the file of outcomes"
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
    made += _more_than_payers(due_now(frame, protocol), protocol)
    made += days_checked(due_now(frame, protocol), protocol)
    made += [_planned_day(planned, drawn) for planned, drawn in passed_before_the_draw(trial)]
    made += [_not_drawn(wave) for wave in waves_not_drawn(trial, sources.as_at)]
    if sources.contacts is not None:
        made.append(dispatch(engine, snapshots, rows, sources.contacts, protocol))
        made += _contacts_taken(snapshots, sources.contacts)
        made += contact_days(frame, snapshots, sources, sources.contacts)
        named = letters(engine, snapshots, rows, sources.contacts, trial)
        made += [] if named is None else [named]
    return tuple(made)


def _more_than_payers(frame: AnalysisFrame, protocol: Protocol) -> list[Check]:
    """Whether the file holds only those who did what a yes or no asks: then who lacks it did not, and is no loss.

    Where everybody who has the outcome has it as yes, and others lack it, no share of customers can be told.
    """
    names = {outcome.id: column_of(outcome) for outcome in protocol.outcomes if outcome.kind == "binary"}
    if not names:
        return []
    counts = [nw.col(name).count().alias(f"{key} known") for key, name in names.items()]
    at_all = {of.id: outside(of) for of in dated(protocol)}  # what was not in its days is a yes of the file too
    for key, name in names.items():
        total = nw.col(name).cast(nw.Int64).sum()
        counts.append((total + at_all[key] if key in at_all else total).alias(f"{key} yes"))
    row = frame.engine.collect(frame.rows.select(nw.len().alias("n"), *counts)).to_pylist()[0]
    judged, made = {outcome.id for outcome in protocol.judged}, []
    for outcome in protocol.outcomes:
        if outcome.id not in names:
            continue
        known, yes = int(row[f"{outcome.id} known"]), int(row[f"{outcome.id} yes"] or 0)
        lacking = int(row["n"]) - known
        if known and yes == known and lacking > TOLERATED * row["n"]:
            detail = (
                f"Every one of the {known:,} customers who have “{outcome_label(outcome)}” has it as yes, and "
                f"{lacking:,} have none: the file seems to hold only those who did, and who did not is to be in it too."
            )
            severity: Severity = "blocks" if outcome.id in judged else "warns"
            made.append(Check("only_yes", False, detail, severity, {"yes": yes, "missing": lacking}, outcome.id))
    return made


def _planned_day(planned: date, drawn: date) -> Check:
    """A day 0 that had passed before anybody was in an arm cannot be one: what is due is counted from the draw."""
    detail = (
        f"Day 0 was planned for {in_words(planned)} and customers were assigned on {in_words(drawn)}: what is due is "
        "counted from then."
    )
    return Check("planned_day", False, detail, "warns", {"planned": planned.isoformat(), "drawn": drawn.isoformat()})


def _not_drawn(wave: Wave) -> Check:
    """A wave that the plan declares, whose day came and went: the trial is of fewer customers than were planned."""
    detail = (
        f"Wave {wave.id} was planned for {in_words(wave.issue_on)}, and nobody was assigned in it: what is said is "
        "of the waves that were."
    )
    return Check("planned_day", False, detail, "warns", {"wave": wave.id, "planned": wave.issue_on.isoformat()})


def _rows_taken(snapshots: SnapshotStore, outcomes: Whole) -> tuple[Check, ...]:
    """Whether rows of the files were lost, of which nobody knows whose they are; those of other people are no loss."""
    rows, first = 0, None
    for load in outcomes.loads:
        if load.rejections_digest is None:
            continue
        table = of_somebody(snapshots.read(load.rejections_digest), load.rows_read)
        lost = table.filter(pc.invert(pc.is_in(table["reason"], pa.array(NOT_OF_THE_TRIAL)))).sort_by("row")
        rows += pc.count_distinct(lost["row"]).as_py()
        if first is None and lost.num_rows:
            first = lost.slice(0, 1).to_pylist()[0]
    if first is None:
        return ()
    taken = sum(load.loaded for load in outcomes.loads)
    return (rows_lost(taken + rows, rows, first["row"], first["field"], first["reason"]),)


def _contacts_taken(snapshots: SnapshotStore, contacts: Whole) -> tuple[Check, ...]:
    """Rows of contacts of which nobody in the trial is known: somebody else was sent something, or was not told whom.

    Rows that name a customer and could not be read in full are of the check of dispatch.
    """
    strangers, nameless, first = 0, 0, None
    for load in contacts.loads:
        if load.rejections_digest is None:
            strangers += load.rejected  # so many that none was told by its row
            continue
        told = snapshots.read(load.rejections_digest)
        strangers += load.rejected - int(pc.count_distinct(told["row"]).as_py())
        table = of_somebody(told, load.rows_read)
        if LEDGER_ID in table.column_names:
            known = pc.unique(table.filter(table[LEDGER_ID].is_valid())["row"])
            table = table.filter(pc.invert(pc.is_in(table["row"], value_set=known)))
        of_others = pc.is_in(table["reason"], pa.array(NOT_OF_THE_TRIAL))
        strangers += pc.count_distinct(table.filter(of_others)["row"]).as_py()
        nameless += pc.count_distinct(table.filter(pc.invert(of_others))["row"]).as_py()
        if first is None and table.num_rows:
            first = table.sort_by("row").slice(0, 1).to_pylist()[0]
    if not strangers + nameless:
        return ()
    rows = sum(load.loaded for load in contacts.loads) + strangers + nameless
    said = [f"{strangers:,} are of nobody in the trial"] if strangers else []
    said += [f"{nameless:,} do not say whose they are"] if nameless else []
    detail = f"Of {rows:,} rows of contacts {' and '.join(said)}"
    if first is not None:
        where = f"row {first['row']}, {first['field']}" if first["field"] else f"row {first['row']}"
        detail += f"; the first: {where}, {first['reason']}"
    detail += "."
    figures = {"rows": rows, "not_of_the_trial": strangers, "nameless": nameless}
    return (Check("contacts_taken", False, detail, "warns", figures),)


def _match(frame: AnalysisFrame, protocol: Protocol) -> Check:
    """Found in the file of outcomes, arm by arm; where arms are closed to some, among those who could get every arm.

    Where looks are declared a file need speak only of those who are due. In a saturation trial treated customers are in
    the clusters of high saturations, so that arms pooled over saturations would compare clusters: compared are those
    whom the verdict compares, and treated with untreated customers of one saturation.
    """
    if protocol.randomisation.saturations:
        return _match_of_saturations(frame, protocol)
    counts = _matched(open_to_every_arm(frame, protocol), protocol)
    return alike(counts, protocol, kind="match", what=_IN_THE_FILE)


def _match_of_saturations(frame: AnalysisFrame, protocol: Protocol) -> Check:
    judged = compared(frame, protocol)
    parts = [judged]
    if judged.estimand == "total" and (between := interior(protocol)):
        parts.append(direct(frame, protocol, between))
    counts = [_matched(part.frame, part.protocol) for part in parts]
    found = [compared_arms(of, protocol) for of in counts]
    family = [(number, arm) for number, of in enumerate(found) for arm in of]
    p_values = holm([row.p_value if (row := found[number][arm]) else None for number, arm in family])
    adjusted = dict(zip(family, p_values, strict=True))
    made = []
    for number, part in enumerate(parts):
        names = {arm.id: arm.label for arm in protocol.arms}
        if part.estimand == "total":
            treated, untreated = (levels_of(protocol)[at].ids[0] for at in (-1, 0))
            names = {arm: f"saturation {untreated if arm == protocol.comparison.id else treated}" for arm in names}
        of_part = {arm: adjusted[number, arm] for arm in found[number]}
        made.append(
            alike(
                counts[number],
                protocol,
                kind="match",
                what=_IN_THE_FILE,
                names=names,
                compared=found[number],
                adjusted=of_part,
            )
        )
    failed = [check for check in made if check.passed is False]
    first = (failed or made)[0]
    of_direct = {f"{name}_direct": value for check in made[1:] for name, value in check.figures.items()}
    details = " ".join(check.detail for check in failed or made)
    return replace(first, detail=details, figures={**made[0].figures, **of_direct})


def _matched(frame: AnalysisFrame, protocol: Protocol) -> ShareCounts:
    return tally_shares(frame, {MATCHED: nw.col(MATCHED)}, strata_of(frame, protocol), protocol.cluster)[MATCHED]
