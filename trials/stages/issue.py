"""Issue: one arm's list for one channel, with the manifest that says what it must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from data.errors import Refused
from data.spreadsheet_safety import changed_cells
from designs.protocol.day_zero import earliest_day_zero, not_before
from designs.protocol.models import Arm
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.dispatch import issue_list, list_and_manifest, refuse_taken
from trials.field.due import DueList, asked_for, due_of, file_name
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.identities.ledger_key import export_key
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan, plan_allocated_under, refuse_edited_file
from trials.registry.records import AllocationRecord, WaveRecord
from trials.registry.tables.columns import now


@dataclass(frozen=True, slots=True)
class Issued:
    """One list, written."""

    path: Path
    manifest_path: Path
    manifest: dict[str, Any]


def issue(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    arm: str,
    out: str | Path,
    *,
    columns: Sequence[str] = (),
    wave: int | None = None,
    batch: str | None = None,
    reason: str | None = None,
) -> Issued:
    """Write the one list that :func:`issue_lists` would write.

    Raises:
        TrialRefused: There are several, one a batch; or as :func:`issue_lists` refuses.
    """
    lists = _lists(registry, actor, trial_id, arm, out, columns, wave, batch, reason, None, None)
    first = next(lists)
    if next(lists, None) is not None:
        raise TrialRefused(
            "several batches have not been issued",
            where=trial_id,
            rule="each batch has a list of its own, with its own date",
            remedy="name the batch",
        )
    return first()


def issue_lists(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    arm: str,
    out: str | Path,
    *,
    columns: Sequence[str] = (),
    wave: int | None = None,
    batch: str | None = None,
    reason: str | None = None,
    remark: Callable[[str], None] | None = None,
    job: str | None = None,
) -> tuple[Issued, ...]:
    """Write one arm's issue lists and their manifests into a folder: of who is on none; of all again where all are.

    Where nobody of the arm is in a batch or wave no list is made.

    Args:
        registry: Where the trial is.
        actor: Who issues.
        trial_id: The trial.
        arm: The arm's id; the lists hold its customers and nobody else.
        out: The folder; the registry's own only for a job, whose it is until they are taken out.
        columns: Columns of the population that the supplier needs beside the export id.
        wave: Only this wave, from 1; else every wave that was allocated, on one list.
        batch: Only this batch; else each, on a list of its own, in order of their dates.
        reason: Why, where that is more than that it was due; it is recorded.
        remark: Told of a batch or wave of which no list is made.
        job: The job that writes them, where one does; it is recorded.

    Raises:
        TrialRefused: Nothing was allocated, the protocol has no such arm, wave or batch, the arm is not contacted, the
            population has no such column, nobody of the arm is in what is asked for, the folder is the registry's own,
            or a file is there already. Of lists that were written before one could not be, it says that they stand.
    """
    issued: list[Issued] = []
    try:
        for write in _lists(registry, actor, trial_id, arm, out, columns, wave, batch, reason, remark, job):
            issued.append(write())
    except Refused as refusal:
        if not issued:
            raise
        stand = ", ".join(str(each.path) for each in issued)
        raise TrialRefused(
            refusal.problem,
            where=refusal.where,
            rule=refusal.rule,
            remedy=f"{'' if refusal.remedy is None else f'{refusal.remedy}; '}these were written before, are on record "
            f"and stand: {stand}",
        ) from refusal
    return tuple(issued)


def _lists(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    arm: str,
    out: str | Path,
    columns: Sequence[str],
    wave: int | None,
    batch: str | None,
    reason: str | None,
    remark: Callable[[str], None] | None,
    job: str | None,
) -> Iterator[Callable[[], Issued]]:
    """What writes each list that is due, in order; nothing is written before every one can have its name."""
    if job is None and not _is_worked_on(registry, out):
        registry.settings.require_outside(out)
    columns = tuple(dict.fromkeys(columns))
    with registry.inspect(actor, "issue", trial_id) as session:
        plan, waves, allocations = _allocated(session, trial_id)
        on_lists = _on_lists(session, trial_id, arm)
    declared = _contacted_arm(plan, arm)
    _refuse_unknown_columns(plan, columns)
    of_waves = {found.wave: (waves[found.wave - 1], found) for found in allocations}
    asked = asked_for(plan, tuple(of_waves), wave, batch)
    customers = {
        (number, name): _in_batch(registry, plan, of_waves[number][0], name, rows)
        for number, (_, found) in of_waves.items()
        for rows in [_customers(registry, found, arm)]
        for name in {name for _, name in asked}
    }
    due = due_of(_of_somebody(plan, arm, asked, customers, remark), on_lists)
    for listed in due:
        refuse_taken(Path(out) / file_name(plan, declared, listed))
    for listed in due:
        of = [(*of_waves[number], customers[number, listed.batch]) for number in listed.waves]
        yield partial(_write, registry, actor, plan, declared, listed, of, Path(out), columns, reason, job)


def _of_somebody(
    plan: Plan,
    arm: str,
    asked: list[tuple[tuple[int, ...], str | None]],
    customers: Mapping[tuple[int, str | None], pa.Table],
    remark: Callable[[str], None] | None,
) -> list[tuple[tuple[int, ...], str | None]]:
    """Of what is asked for, that in which somebody is of the arm.

    Raises:
        TrialRefused: Nobody is.
    """
    held = [(tuple(n for n in waves if customers[n, name].num_rows), name) for waves, name in asked]
    empty = [name for waves, name in held if not waves and name is not None]
    named = ", ".join(map(repr, empty))
    if not any(waves for waves, _ in held):
        where = f" of batch {named}" if empty else ""
        raise TrialRefused(
            f"nobody{where} is in arm {arm!r}, so there is no list to make",
            where=plan.trial,
            rule="a list is of customers",
            remedy="otm certificate says who was drawn" if not empty else "name another batch, or none",
        )
    if remark is not None:
        for name in empty:
            remark(f"nobody of batch {name!r} is in arm {arm!r}, and no list is made for it")
    return [(waves, name) for waves, name in held if waves]


def _on_lists(session: Session, trial_id: str, arm: str) -> frozenset[tuple[int, str | None]]:
    """The wave and batch of whoever is on a list of this arm; those on a list of all batches are in batch None."""
    return frozenset(
        (number, manifest.get("batch"))
        for manifest in queries.manifests_of(session, trial_id, arm)
        for number in queries.waves_of_list(manifest)
    )


def _write(
    registry: Registry,
    actor: Actor,
    plan: Plan,
    arm: Arm,
    listed: DueList,
    of: list[tuple[WaveRecord, AllocationRecord, pa.Table]],
    out: Path,
    columns: Sequence[str],
    reason: str | None,
    job: str | None,
) -> Issued:
    key = export_key(registry.key(), plan.trial)
    parts = [issue_list(customers, _population(registry, wave, columns), key, columns) for wave, _, customers in of]
    table = pa.concat_tables(parts)
    path = out / file_name(plan, arm, listed)
    with list_and_manifest(path) as written:
        digest = written.write_list(table)
        manifest = _manifest(plan, arm, listed, tuple(allocation for _, allocation, _ in of), table, path, digest)
        written.write_manifest(manifest)
        _record(registry, actor, plan, arm, listed, manifest, reason, job, written.require_free)
        written.finish()
    return Issued(path, path.with_suffix(".manifest.json"), manifest)


def _in_batch(registry: Registry, plan: Plan, wave: WaveRecord, batch: str | None, customers: pa.Table) -> pa.Table:
    scheme = plan.protocol.randomisation.batches
    if scheme is None or batch is None:
        return customers
    rows = registry.snapshots.read(wave.population.digest, [LEDGER_ID, scheme.column])
    of_batch = rows.filter(pc.equal(rows.column(scheme.column).cast(pa.string()), batch))
    return customers.filter(pc.is_in(customers.column(LEDGER_ID), value_set=of_batch.column(LEDGER_ID)))


def _day_of_issue(plan: Plan, listed: DueList, allocation: AllocationRecord) -> str | None:
    scheme = plan.protocol.randomisation.batches
    if scheme is None or listed.batch is None:
        return allocation.index_date.isoformat() if allocation.index_date else None
    synthetic = plan.population is not None and plan.population.synthetic
    earliest = earliest_day_zero(plan.protocol, allocation.allocated_at.date(), synthetic=synthetic)
    return not_before(scheme.issue_on[listed.batch], earliest).isoformat()


def _is_worked_on(registry: Registry, out: str | Path) -> bool:
    """Whether lists go into the room of somebody who works within the registry's scratch, and leaves nothing there."""
    return Path(out).resolve().is_relative_to(registry.scratch_room.resolve())


def _allocated(session: Session, trial_id: str) -> tuple[Plan, tuple[WaveRecord, ...], tuple[AllocationRecord, ...]]:
    refuse_edited_file(session, trial_id)
    require(queries.standing_of(session, trial_id), "issue")
    plan = plan_allocated_under(session, trial_id)
    return plan, queries.waves_of(session, trial_id), queries.allocations_of(session, trial_id)


def _contacted_arm(plan: Plan, arm: str) -> Arm:
    for declared in plan.protocol.arms:
        if declared.id == arm:
            if declared.channel is None:
                raise TrialRefused(
                    f"the customers of arm {arm!r} are not contacted",
                    where=plan.trial,
                    rule="a list is issued for an arm with a channel",
                )
            return declared
    raise TrialRefused(
        f"the protocol has no arm {arm!r}",
        where=plan.trial,
        rule=f"one of {', '.join(declared.id for declared in plan.protocol.arms)}",
    )


def _refuse_unknown_columns(plan: Plan, columns: Sequence[str]) -> None:
    # A group's id is the same in every trial, which an export must not be.
    known = [name for name in (plan.population.kinds if plan.population else {}) if name != plan.protocol.cluster]
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise TrialRefused(
            f"the population has no column {unknown[0]!r}",
            where=plan.trial,
            rule=f"one of {', '.join(known)}",
            remedy="declare the column under population.columns before the population is loaded",
        )


def _customers(registry: Registry, allocation: AllocationRecord, arm: str) -> pa.Table:
    rows = registry.snapshots.read(allocation.snapshot_digest, [LEDGER_ID, "arm"])
    return rows.filter(pc.equal(rows.column("arm"), arm))


def _population(registry: Registry, wave: WaveRecord, columns: Sequence[str]) -> pa.Table:
    return registry.snapshots.read(wave.population.digest, [LEDGER_ID, *columns])


def _manifest(
    plan: Plan,
    arm: Arm,
    listed: DueList,
    allocations: tuple[AllocationRecord, ...],
    table: pa.Table,
    path: Path,
    digest: str,
) -> dict[str, Any]:
    return {
        "schema": 1,
        "trial": plan.trial,
        "protocol_digest": plan.digest,
        "allocation_digests": [allocation.digest for allocation in allocations],
        "arm": arm.id,
        "channel": arm.channel,
        "waves": list(listed.waves),
        "batch": listed.batch,
        "reissue": listed.again,
        "customers": table.num_rows,
        "columns": table.column_names,
        "file": path.name,
        "sha256": digest,
        "marked_cells": changed_cells(table),
        "issue_on": _day_of_issue(plan, listed, allocations[-1]),
        "text": None if arm.text is None else {"en": arm.text.en, "cy": arm.text.cy},
        "idms99_version": arm.idms99_version,
        "contact_number": arm.contact_number,
        "synthetic": plan.population is not None and plan.population.synthetic,
    }


def _record(
    registry: Registry,
    actor: Actor,
    plan: Plan,
    arm: Arm,
    listed: DueList,
    manifest: dict[str, Any],
    reason: str | None,
    job: str | None,
    require_free: Callable[[], None],
) -> None:
    """Record a list before its file has its name: one that nobody knows of must not reach a supplier."""
    with registry.write(actor, "issue", plan.trial) as work:
        require(queries.standing_of(work.session, plan.trial), "issue")
        taken = {(number, batch) for number in listed.waves for batch in (listed.batch, None)}
        if not listed.again and taken & _on_lists(work.session, plan.trial, arm.id):
            raise TrialRefused(
                "somebody else issued these customers meanwhile", where=plan.trial, rule="nobody is on two lists unseen"
            )
        work.add(
            tables.IssueList(
                trial_id=plan.trial,
                number=queries.next_number(work.session, tables.IssueList, plan.trial),
                arm=arm.id,
                channel=arm.channel,
                customers=manifest["customers"],
                file_digest=manifest["sha256"],
                manifest=manifest,
                issued_at=now(),
                issued_by=actor.name,
            )
        )
        said = {name: manifest[name] for name in ("arm", "waves", "batch", "reissue", "customers")}
        said |= {"reason": reason.strip()} if reason and reason.strip() else {}
        said |= {} if job is None else {"job": job}  # where it lies until it is taken out
        require_free()
        work.commit({**said, "file_digest": manifest["sha256"], "salt": token_hex(16)})  # its hash tells no arm of few
