"""Load a population: every row accounted for, every customer under a ledger id, the whole frozen under its digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import narwhals as nw
import pyarrow as pa
from sqlalchemy.orm import Session

from data.intake import Intake, read_file
from data.plain_files import own_name
from data.private import scratch_in, write_private
from data.schema import ColumnContract, FileContract, Kind
from designs.assignment import declare
from designs.assignment.findings.draw import undeclared_groups
from designs.assignment.findings.flags import undeclared_flags
from designs.drafting import judge_draft
from designs.profile import FoundColumn, found_columns
from designs.protocol import LoadedProtocol, Protocol, load_protocol, population_contract
from designs.protocol.conditions import exclusions
from designs.protocol.models import Analysis, Randomisation
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.respelt import refuse_respelt
from trials.progress import Progress, in_silence
from trials.randomiser.batches import asked_of_the_file, in_batches, refuse_batches_of_its_own
from trials.randomiser.index_dates import refuse_invented_time
from trials.registry import Registry, queries, tables
from trials.registry.design_facts import refuse_set_aside
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import keep_rejections, pseudonymised
from trials.registry.plan import plan_of, refuse_other_than_locked
from trials.registry.records import FileAccount, RejectionRecord
from trials.registry.tables.columns import now

_MOST_NAMED: Final = 20
_NOT_LOOKED_FOR: Final = (
    "it was loaded while the plan was not complete, so nobody looked for households, agents and flags that the plan "
    "does not name: load it again once it is"
)


def load_population(
    registry: Registry, actor: Actor, file: str | Path, protocol_path: str | Path, *, synthetic: bool = False
) -> FileAccount:
    """Load a population file under the name that the protocol gives it.

    A name may be loaded again: each load is a version, also of rows that were loaded before, and the lock takes the
    last. Its rows are named by their digest.

    Args:
        registry: Where it goes.
        actor: Who loads it.
        file: CSV (also .gz), Parquet, Excel or Stata.
        protocol_path: What the file must hold.
        synthetic: The customers are invented. They get the declared demonstration key, and every screen says so.

    Raises:
        DataRefused: The whole file is refused.
        ProtocolRefused: The protocol file is no protocol.
        TrialRefused: The trial has no ids, was randomised elsewhere, is locked with another protocol, or declares a
            clock for customers who are not synthetic; its design was set aside; or ids are those of an earlier wave in
            another spelling.
    """
    path = Path(protocol_path).absolute()
    loaded = load_protocol(path)
    _refuse_unfit(loaded.protocol)
    plan = _Plan(loaded.protocol, lambda session: _refuse_changed_lock(session, loaded, path))
    return _load(registry, actor, Path(file), plan, population_contract(loaded.protocol), synthetic=synthetic)


def load_population_of_draft(
    registry: Registry,
    actor: Actor,
    file: str | Path,
    trial_id: str,
    *,
    keep: Mapping[str, Kind] | None = None,
    synthetic: bool = False,
    progress: Progress = in_silence,
) -> FileAccount:
    """Load a population file for a design whose draft need not be a whole plan yet.

    Args:
        registry: Where it goes.
        actor: Who loads it.
        file: CSV (also .gz), Parquet, Excel or Stata.
        trial_id: The design.
        keep: Columns that rules may be made of, beside those that the draft uses or declares, each as it is read.
        synthetic: The customers are invented.
        progress: Told before each step.

    Raises:
        DataRefused: The whole file is refused.
        TrialRefused: There is no such design, its draft names no column of ids, its plan is locked, it was set aside,
            or as :func:`load_population`.
    """
    progress("reading the draft", 0, 3)
    with registry.inspect(actor, "load_population", trial_id) as session:
        refuse_set_aside(queries.entries_of(session, trial_id), trial_id)
        draft = queries.revision_of_draft(session, trial_id).draft
    judged = judge_draft(draft, day=now().date())
    protocol = judged.protocol
    if protocol is None or protocol.population is None:
        raise TrialRefused(
            "the draft does not say which column names each customer",
            where=trial_id,
            rule="a population is loaded under the customers' ids, and under the name that the draft gives it",
            remedy="name the column, save the page, then load the file",
        )
    # Sections that are not there yet ask for no column.
    whole = protocol.model_copy(
        update={
            "arms": protocol.arms or (),
            "outcomes": protocol.outcomes or (),
            "analysis": protocol.analysis or Analysis(),
            "randomisation": protocol.randomisation or Randomisation(method="complete"),
        }
    )
    _refuse_unfit(whole)
    contract = population_contract(whole)
    kept = [ColumnContract(name, kind, required=False) for name, kind in (keep or {}).items()]
    contract = replace(contract, columns=(*contract.columns, *(of for of in kept if of.name not in contract.names)))
    progress("reading the file, and looking through it", 1, 3)
    plan = _Plan(whole, lambda session: _refuse_locked(session, trial_id), complete=judged.loaded is not None)
    return _load(registry, actor, Path(file), plan, contract, synthetic=synthetic)


def look_into(registry: Registry, actor: Actor, name: str, content: bytes) -> tuple[FoundColumn, ...]:
    """What a file of customers holds, column by column; nothing of it is kept.

    Args:
        registry: In whose folder it lies meanwhile.
        actor: Who asks.
        name: What the file is called; its ending says its format.
        content: Its bytes.

    Raises:
        DataRefused: The whole file is refused.
        AccessRefused: The actor may not load a population.
    """
    registry.permit(actor, "load_population")
    with scratch_in(registry.scratch_room) as room:
        file = room / own_name(name)
        write_private(file, content)
        names = read_file(file, FileContract(None)).table.column_names
        # A reader says what a column holds of those that it is asked for alone.
        return found_columns(read_file(file, FileContract(None, tuple(map(ColumnContract, names)))).table)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a population is loaded for: a plan, and what must not have happened to it meanwhile.

    ``complete`` is whether every section of it is there, so that what it leaves out of sight is known.
    """

    protocol: Protocol
    refuse: Callable[[Session], None]
    complete: bool = True


def _load(
    registry: Registry, actor: Actor, file: Path, plan: _Plan, contract: FileContract, *, synthetic: bool
) -> FileAccount:
    protocol = plan.protocol
    refuse_invented_time(protocol, synthetic=synthetic)
    name = queries.population_name(protocol)
    with registry.inspect(actor, "load_population", protocol.id) as session:
        plan.refuse(session)
        waves = queries.waves_of(session, protocol.id)
        latest = queries.latest_population(session, name)
    intake = read_file(file, asked_of_the_file(protocol, contract))
    refuse_batches_of_its_own(protocol, intake.table.column_names)
    key = SYNTHETIC_KEY if synthetic else registry.key()
    respelt = refuse_respelt(registry, intake, protocol, key, waves, latest)
    customers = in_batches(protocol, intake.table, _customers(intake, protocol, contract, key))
    findings = _findings(intake.table, protocol) if plan.complete else [_NOT_LOOKED_FOR]
    digest = registry.snapshots.write(customers)
    rejections_digest = keep_rejections(registry.snapshots, intake.rejections)
    with registry.write(actor, "load_population", protocol.id) as work:
        plan.refuse(work.session)
        version = queries.next_population_version(work.session, name)
        work.add(
            tables.PopulationVersion(
                name=name,
                version=version,
                digest=digest,
                file_name=intake.source,
                file_digest=intake.digest,
                rows_read=intake.read,
                loaded=intake.loaded,
                rejected=intake.rejected,
                rejections_digest=rejections_digest,
                kinds={column: contract.kind_of(column) for column in customers.column_names[1:]},
                findings=findings,
                synthetic=synthetic,
                loaded_at=now(),
                loaded_by=actor.name,
            )
        )
        work.commit(
            {"population": name, "version": version, "digest": digest, "read": intake.read, "loaded": intake.loaded}
        )
    not_kept = _not_kept(intake.table.column_names, customers, protocol.population.unit)
    return FileAccount(
        name=name,
        read=intake.read,
        loaded=intake.loaded,
        rejected=intake.rejected,
        rejections=tuple(RejectionRecord(r.row, r.field, r.reason) for r in intake.rejections),
        digest=digest,
        file_digest=intake.digest,
        warnings=(*intake.warnings, *respelt, *findings, *not_kept),
    )


def _refuse_locked(session: Session, trial_id: str) -> None:
    if queries.is_registered(session, trial_id) and queries.standing_of(session, trial_id).locked:
        raise TrialRefused(
            "the plan is locked, and its population with it",
            where=trial_id,
            rule="a population is loaded from the browser while its plan is a draft",
            remedy="a later wave is loaded with otm population load",
        )


def _refuse_unfit(protocol: Protocol) -> None:
    if not protocol.randomised_here:
        raise TrialRefused(
            "this trial was randomised elsewhere",
            where=protocol.id,
            rule="a population is loaded to be randomised here",
            remedy="otm analyse PROTOCOL DATA",
        )
    if protocol.population.unit == "row":
        raise TrialRefused(
            "the population has no id column",
            where="population.unit",
            rule="a customer allocated here is known by an id, in every file that follows",
        )


def _customers(intake: Intake, protocol: Protocol, contract: FileContract, key: bytes) -> pa.Table:
    """The declared columns only, under ledger ids: what no use is declared for is not kept."""
    unit = protocol.population.unit
    declared = [column.name for column in contract.columns if column.name != unit]
    table = intake.table.select([unit, *(name for name in declared if name in intake.table.column_names)])
    groups = {protocol.cluster} if protocol.cluster else set[str]()
    return pseudonymised(table, key, unit, groups=groups)


def _not_kept(names: Sequence[str], customers: pa.Table, unit: str) -> list[str]:
    """What the file holds and the registry does not: an issue list could not hold it later."""
    gone = [name for name in names if name != unit and name not in customers.column_names]
    if not gone:
        return []
    listed = ", ".join(gone[:_MOST_NAMED]) + (f" and {len(gone) - _MOST_NAMED:,} more" if gone[_MOST_NAMED:] else "")
    columns = "1 column is" if len(gone) == 1 else f"{len(gone):,} columns are"
    return [
        f"{columns} not kept, for nothing in the plan uses {'it' if len(gone) == 1 else 'them'}: {listed}. "
        "What an issue list is to hold is declared under population.columns"
    ]


def _findings(table: pa.Table, protocol: Protocol) -> list[str]:
    """Households, agents and flags that the protocol does not name, among those who take part.

    Looked for here, because the columns that show them are not kept.
    """
    frame = nw.from_native(table, eager_only=True)
    for _, test in exclusions(protocol):
        frame = frame.filter(~test)
    eligible = frame.to_native()
    groups = undeclared_groups(eligible, protocol.population.unit, declare(protocol))
    return [str(finding) for finding in (*groups, *undeclared_flags(protocol, eligible))]


def _refuse_changed_lock(session: Session, loaded: LoadedProtocol, path: Path) -> None:
    refuse_set_aside(queries.entries_of(session, loaded.protocol.id), loaded.protocol.id)
    if queries.is_registered(session, loaded.protocol.id):
        refuse_other_than_locked(plan_of(session, loaded.protocol.id), loaded.digest, path)
