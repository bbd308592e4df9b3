"""What a load or a withdrawal makes of what is there: asked for, said, and refused where it would be a slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import REASON_PREFIX
from data.snapshots import SnapshotStore
from trials.access import same_person
from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial
from trials.field.known_as_at import known_as_at
from trials.field.reasons import FILE_ROW
from trials.field.taking import TakenFile
from trials.field.whole import Part, composed, coverage, parts_of, versions_in
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import CoverageRecord, LoadMode, ReturnedFileRecord, ReturnedKind, standing_loads

ASKED = "--add (a further part), --correct (its customers' rows replace theirs) or --replace (all of it)"


@dataclass(frozen=True, slots=True)
class Made:
    """What is there after a load or a withdrawal.

    Attributes:
        version: Of the load.
        mode: Of the load; None of a withdrawal.
        whole: Every row that is there; of nothing, no row.
        loads: The loads that it is made of, in order; a new one is not among them.
        as_at: The day as at which all of it is known.
        before, after: How many customers are spoken of.
        warnings: What became of what was there, where somebody may not have meant it.
    """

    version: int
    mode: LoadMode | None
    whole: pa.Table
    loads: tuple[ReturnedFileRecord, ...]
    as_at: date
    before: CoverageRecord
    after: CoverageRecord
    warnings: tuple[str, ...] = ()


def load_onto(
    snapshots: SnapshotStore,
    trial: AllocatedTrial,
    files: Sequence[ReturnedFileRecord],
    taken: TakenFile,
    rows: pa.Table,
    asked: LoadMode | None,
    cut: date,
) -> Made:
    """What a file makes of what is there.

    Args:
        snapshots: The store.
        trial: Whose file it is.
        files: The loads and withdrawals of the kind so far, in order.
        taken: The file.
        rows: Its rows, as they are stored.
        asked: What is to become of what is there; None where nobody said.
        cut: The day on which the file was cut.

    Raises:
        TrialRefused: Something is there and nobody said what becomes of it, or there is nothing to correct; or a part
            holds customers whose outcomes are there already, or nothing but contacts that are.
    """
    kind, protocol = taken.kind.name, trial.plan.protocol
    standing = standing_loads(files)
    parts = parts_of(snapshots, standing)
    there = composed(kind, parts) if parts else None
    mode = _mode(taken, standing, there, asked)
    version = files[-1].version + 1 if files else 1
    own = Part(version, mode, rows)
    kept = [own] if mode in ("first", "replace") else [*parts, own]
    whole = composed(kind, kept)
    cuts = {load.version: load.as_at for load in standing} | {version: cut}
    as_at = _as_at(snapshots, trial, kind, whole, {part: cuts[part] for part in versions_in(whole, kept)})
    before, after = coverage(there, kind, protocol), coverage(whole, kind, protocol)
    warnings = [] if there is None else _warnings(taken, there, mode)
    warnings += _covers_less(kind, before, after)
    if kind == "outcomes" and mode in ("correct", "replace"):
        warnings += _older(standing, parts, rows, mode, cut)
    if kind == "outcomes" and as_at < cut:
        warnings.append(
            f"the outcomes that are there are known as at {as_at.isoformat()}, the earliest cut among their parts that "
            "had something still to come: what is due later has no verdict until those rows come from a later cut "
            "(--correct), or all do (--replace)"
        )
    loads = () if mode in ("first", "replace") else standing
    return Made(version, mode, whole, loads, as_at, before, after, tuple(warnings))


def withdraw_from(
    snapshots: SnapshotStore,
    trial: AllocatedTrial,
    kind: ReturnedKind,
    files: Sequence[ReturnedFileRecord],
    version: int | None,
    by: str,
) -> tuple[Made, ReturnedFileRecord]:
    """What is there without one load, and that load.

    The loads that came after it stand, each by its own rows: a correction keeps those of its customers, also where what
    it corrected is gone, and where a replacement goes what it replaced is there again.

    Args:
        snapshots: The store.
        trial: Whose they are.
        kind: Of the files.
        files: The loads and withdrawals of the kind so far, in order.
        version: Which load; None for the last that was not withdrawn, where no other can be meant.
        by: Who takes it back.

    Raises:
        TrialRefused: There is no such load, it was withdrawn already, or which is meant is not said and the last is
            somebody else's.
    """
    protocol = trial.plan.protocol
    goes = _load_of(trial.plan.trial, kind, files, version, by)
    before = parts_of(snapshots, standing_loads(files))
    number = files[-1].version + 1
    left = standing_loads([*files, replace(goes, version=number, mode="withdraw", withdraws=goes.version)])
    parts = parts_of(snapshots, left)
    whole = composed(kind, parts) if parts else snapshots.read(goes.digest).slice(0, 0)
    cuts = {load.version: load.as_at for load in left}
    of_parts = {part: cuts[part] for part in versions_in(whole, parts)}
    as_at = _as_at(snapshots, trial, kind, whole, of_parts) if of_parts else goes.as_at
    covered = coverage(composed(kind, before) if before else None, kind, protocol), coverage(whole, kind, protocol)
    return Made(number, None, whole, left, as_at, *covered), goes


def _as_at(
    snapshots: SnapshotStore, trial: AllocatedTrial, kind: ReturnedKind, whole: pa.Table, cuts: Mapping[int, date]
) -> date:
    return known_as_at(snapshots, trial, whole, cuts) if kind == "outcomes" else min(cuts.values())


def _load_of(
    trial: str, kind: ReturnedKind, files: Sequence[ReturnedFileRecord], version: int | None, by: str
) -> ReturnedFileRecord:
    gone = {file.withdraws for file in files}
    loads = {file.version: file for file in files if file.mode != "withdraw" and file.version not in gone}
    if loads and version is None:
        last = loads[max(loads)]
        if len(files) > 1 and not same_person(last.loaded_by, by):
            raise _which(trial, kind, loads)
        return last
    if version in loads:
        return loads[version]
    if version is not None and version in gone:
        problem = f"load {version} of the {kind} was withdrawn already"
    else:
        problem = f"no {kind} are loaded" if not loads else f"there is no load {version} of the {kind}"
    known = ", ".join(f"{number} ({file.file_name})" for number, file in sorted(loads.items()))
    raise TrialRefused(problem, where=trial, rule=f"loads that can be withdrawn: {known or 'none'}")


def _which(trial: str, kind: ReturnedKind, loads: Mapping[int, ReturnedFileRecord]) -> TrialRefused:
    """Whoever means a load that they read must not take back one that came in since."""
    said = (
        f"{n} ({load.file_name}, by {load.loaded_by} at {load.loaded_at:%Y-%m-%d %H:%M} UTC)"
        for n, load in sorted(loads.items())
    )
    return TrialRefused(
        f"the last load of the {kind} is not yours, and which is meant is not said",
        where=trial,
        rule=f"who takes a load back says which; loads that can be withdrawn: {', '.join(said)}",
        remedy="say --version N with it",
    )


def _mode(
    taken: TakenFile, standing: Sequence[ReturnedFileRecord], there: pa.Table | None, asked: LoadMode | None
) -> LoadMode:
    kind = taken.kind.name
    if there is None:
        if asked == "correct":
            raise TrialRefused(
                f"no {kind} are loaded, so there are none to correct",
                where=taken.intake.source,
                rule="--correct gives customers' rows the place of their earlier ones",
                remedy="load the file without it",
            )
        return "first"
    ids = pc.unique(taken.table[LEDGER_ID])
    again = int(pc.sum(pc.is_in(ids, value_set=pc.unique(there[LEDGER_ID]))).as_py() or 0)
    if asked is None or asked == "first":
        files = ", ".join(f"{load.file_name} of {load.loaded_at:%Y-%m-%d}" for load in standing)
        raise TrialRefused(
            f"{kind} are loaded already ({files}); of the {len(ids):,} customers of this file {again:,} have some, and "
            f"{len(ids) - again:,} have none",
            where=taken.intake.source,
            rule=f"a further file says what becomes of what is there: {ASKED}",
            remedy="load it again with one of the three",
        )
    if asked == "add":
        _refuse_again(taken, there, again)
    return asked


def _refuse_again(taken: TakenFile, there: pa.Table, again: int) -> None:
    """A part of outcomes is of other customers; a file of contacts has at least one that is not there."""
    if taken.kind.name == "outcomes":
        if again:
            first = _first_row(taken, pc.is_in(taken.table[LEDGER_ID], value_set=pc.unique(there[LEDGER_ID])))
            raise TrialRefused(
                f"{again:,} customers of this file have outcomes already; the first: row {first}",
                where=taken.intake.source,
                rule="--add is for a part of other customers: a customer has one row",
                remedy="use --correct where these rows are to replace the earlier ones, or --replace where all are",
            )
        return
    if pc.all(_there_already(taken.table, there)).as_py():
        raise TrialRefused(
            f"every one of the {taken.loaded:,} contacts of this file is there already",
            where=taken.intake.source,
            rule="--add is for further contacts",
            remedy="nothing is to be done where this file was loaded before",
        )


def _warnings(taken: TakenFile, there: pa.Table, mode: LoadMode) -> list[str]:
    kind, ids = taken.kind.name, pc.unique(there[LEDGER_ID])
    if mode == "add" and kind == "contacts":
        same = _there_already(taken.table, there)
        many = pc.sum(same).as_py()
        if many:
            first = _first_row(taken, same)
            return [f"{_contacts(many)} there already, each the same in every column; the first: row {first}"]
    if mode == "correct":
        new = pc.invert(pc.is_in(taken.table[LEDGER_ID], value_set=ids))
        customers = pc.count_distinct(taken.table[LEDGER_ID].filter(new)).as_py()
        if customers:
            first = _first_row(taken, new)
            return [f"{_customers(customers)} no {kind} to correct, and their rows are taken; the first: row {first}"]
    if mode == "replace":
        gone = ids.filter(pc.invert(pc.is_in(ids, value_set=pc.unique(taken.table[LEDGER_ID]))))
        if len(gone):
            named = pa.array({of.ledger_id for of in taken.turned_away.values()}, pa.string())
            turned = int(pc.sum(pc.is_in(gone, value_set=named)).as_py() or 0)
            reasons = f"{len(gone) - turned:,} are not in the file, and of {turned:,} no row could be used"
            return [f"{_customers(len(gone))} {kind} no longer: {reasons}"]
    return []


def _contacts(many: int) -> str:
    return "1 contact is" if many == 1 else f"{many:,} contacts are"


def _customers(many: int) -> str:
    return "1 customer has" if many == 1 else f"{many:,} customers have"


def _first_row(taken: TakenFile, rows: pa.ChunkedArray) -> int:
    return int(taken.rows.filter(rows)[0].as_py())


def _covers_less(kind: ReturnedKind, before: CoverageRecord, after: CoverageRecord) -> list[str]:
    if after.customers < before.customers:
        return [f"the {kind} cover {after.customers:,} customers, and covered {before.customers:,} before"]
    if (after.observed or 0) < (before.observed or 0):
        return [f"{after.observed or 0:,} customers have the primary outcome, and {before.observed or 0:,} had before"]
    return []


def _older(
    standing: Sequence[ReturnedFileRecord], parts: Sequence[Part], rows: pa.Table, mode: LoadMode, cut: date
) -> list[str]:
    """A file that is cut earlier than what it takes the place of knows less than that did."""
    ids = pc.unique(rows[LEDGER_ID])
    gives_way = {
        part.version
        for part in parts
        if mode == "replace" or pc.any(pc.is_in(part.rows[LEDGER_ID], value_set=ids)).as_py()
    }
    later = [load for load in standing if load.version in gives_way and load.as_at > cut]
    if not later:
        return []
    latest = max(later, key=lambda load: load.as_at)
    what = "correction" if mode == "correct" else "replacement"
    return [
        f"this {what} is as at {cut.isoformat()}, and older than what it takes the place of: load {latest.version} "
        f"({latest.file_name}) is as at {latest.as_at.isoformat()}, and may know of what happened since"
    ]


def _there_already(table: pa.Table, there: pa.Table) -> pa.ChunkedArray:
    """Which contacts are there with the same in every column."""
    names = [n for n in table.column_names if n != FILE_ROW and not n.startswith(REASON_PREFIX)]
    return pc.is_in(_in_one(table, names), value_set=pc.unique(_in_one(there, names)))


def _in_one(table: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    nothing = pa.nulls(table.num_rows, pa.string())
    columns = [table[name].cast(pa.string()) if name in table.column_names else nothing for name in names]
    return pc.binary_join_element_wise(*columns, "\x1f", null_handling="replace", null_replacement="")
