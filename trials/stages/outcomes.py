"""Load outcomes: one row a customer, joined to the allocation by id; the arm comes from the registry alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa

from data.identifiers import ledger_ids
from data.intake import Intake, read_file
from designs.protocol import Protocol, outcomes_contract
from trials.access import Actor
from trials.field.matching import all_rejections, file_rows, match, refuse_arm_column
from trials.field.returns import Fielded, account_of, fielded, key_of, refuse_nobody, register_of, returned_row
from trials.life import require
from trials.registry import Registry, queries
from trials.registry.identities.pseudonyms import LEDGER_ID, keep_rejections
from trials.registry.records import FileAccount
from trials.registry.tables.columns import now


def load_outcomes(registry: Registry, actor: Actor, trial_id: str, file: str | Path) -> FileAccount:
    """Load a file of outcomes.

    A later file is another cut of the data: both are kept, and the next evaluation uses the later.

    Args:
        registry: Where the trial is.
        actor: Who loads.
        trial_id: The trial.
        file: The customers' own id and the columns of the outcomes. Rows of unknown or repeated ids are rejected.

    Raises:
        DataRefused: The whole file is refused.
        TrialRefused: Nothing was dealt, the file has a column of arms, or not one row matches.
    """
    with registry.inspect(actor, "load_outcomes", trial_id) as session:
        trial = fielded(session, trial_id, "load_outcomes")
    protocol = trial.plan.protocol
    intake = read_file(Path(file), outcomes_contract(protocol))
    refuse_arm_column(intake.table.column_names, protocol.randomisation.arm_column)
    unit = protocol.population.unit
    ids = ledger_ids(key_of(registry, trial), intake.table.column(unit))
    table = _kept(intake, protocol, ids)
    matched = match(table, ids, file_rows(intake), register_of(registry.snapshots, trial), unit)
    refuse_nobody(matched, trial_id, intake)
    rejections = all_rejections(intake.rejections, matched.rejections)
    digest = registry.snapshots.write(matched.table)
    rejections_digest = keep_rejections(registry.snapshots, rejections)
    account = account_of("outcomes", intake, matched, rejections, digest)
    with registry.write(actor, "load_outcomes", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "load_outcomes")
        work.add(
            returned_row(
                work.session,
                trial_id,
                "outcomes",
                intake,
                matched,
                rejected=account.rejected,
                digest=digest,
                rejections_digest=rejections_digest,
                matured=_matured(trial, now().date()),
                actor=actor,
            )
        )
        work.commit({"digest": digest, "read": intake.read, "loaded": account.loaded})
    return account


def _kept(intake: Intake, protocol: Protocol, ids: pa.Array) -> pa.Table:
    """The declared columns only, under ledger ids."""
    declared = [column.name for column in outcomes_contract(protocol).columns]
    present = [name for name in declared if name in intake.table.column_names]
    return intake.table.select(present).add_column(0, LEDGER_ID, ids)


def _matured(trial: Fielded, today: date) -> bool | None:
    """Whether everybody's primary outcome had come due; None where no day is declared or the customers are invented."""
    day = trial.plan.protocol.primary.day
    if day is None or trial.population.synthetic:
        return None
    last = max(allocation.index_date for allocation in trial.allocations if allocation.index_date is not None)
    return today >= last + timedelta(days=day)
