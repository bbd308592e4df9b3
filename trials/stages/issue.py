"""Issue: one arm's list for one channel, with the manifest that says what it must hold."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from data.spreadsheet_safety import changed_cells
from designs.protocol.models import Arm
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.dispatch import issue_list, write_list, write_manifest
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
    registry: Registry, actor: Actor, trial_id: str, arm: str, out: str | Path, *, columns: Sequence[str] = ()
) -> Issued:
    """Write one arm's issue list and its manifest into a folder.

    Args:
        registry: Where the trial is.
        actor: Who issues.
        trial_id: The trial.
        arm: The arm's id; the list holds its customers and nobody else.
        out: The folder.
        columns: Columns of the population that the supplier needs beside the export id.

    Raises:
        TrialRefused: Nothing was allocated, the protocol has no such arm, the arm is not contacted, the population has
            no such column, or the file is there already.
    """
    with registry.inspect(actor, "issue", trial_id) as session:
        plan, waves, allocations = _allocated(session, trial_id)
    declared = _contacted_arm(plan, arm)
    _refuse_unknown_columns(plan, columns)
    key = export_key(registry.key(), trial_id)
    parts = [
        issue_list(_customers(registry, allocation, arm), _population(registry, wave, columns), key, columns)
        for wave, allocation in zip(waves, allocations, strict=False)
    ]
    listed = pa.concat_tables(parts)
    path = Path(out) / f"{trial_id}-{arm}-{declared.channel}.csv"
    digest = write_list(listed, path)
    manifest = _manifest(plan, declared, allocations, listed, path, digest)
    manifest_path = path.with_suffix(".manifest.json")
    try:
        write_manifest(manifest, manifest_path)
        _record(registry, actor, plan, declared, manifest)
    except BaseException:
        # A list that the registry does not know of must not reach a supplier.
        for written in (path, manifest_path):
            with suppress(OSError):
                written.unlink(missing_ok=True)
        raise
    return Issued(path, manifest_path, manifest)


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
    plan: Plan, arm: Arm, allocations: tuple[AllocationRecord, ...], listed: pa.Table, path: Path, digest: str
) -> dict[str, Any]:
    return {
        "schema": 1,
        "trial": plan.trial,
        "protocol_digest": plan.digest,
        "allocation_digests": [allocation.digest for allocation in allocations],
        "arm": arm.id,
        "channel": arm.channel,
        "customers": listed.num_rows,
        "columns": listed.column_names,
        "file": path.name,
        "sha256": digest,
        "marked_cells": changed_cells(listed),
        "issue_on": allocations[-1].index_date.isoformat() if allocations[-1].index_date else None,
        "text": None if arm.text is None else {"en": arm.text.en, "cy": arm.text.cy},
        "idms99_version": arm.idms99_version,
        "contact_number": arm.contact_number,
        "synthetic": plan.population is not None and plan.population.synthetic,
    }


def _record(registry: Registry, actor: Actor, plan: Plan, arm: Arm, manifest: dict[str, Any]) -> None:
    with registry.write(actor, "issue", plan.trial) as work:
        require(queries.standing_of(work.session, plan.trial), "issue")
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
        work.commit({"arm": arm.id, "customers": manifest["customers"], "file_digest": manifest["sha256"]})
