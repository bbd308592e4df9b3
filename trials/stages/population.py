"""Load a population: every row accounted for, every customer under a ledger id, the whole frozen under its digest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import narwhals as nw
import pyarrow as pa
from sqlalchemy.orm import Session

from data.intake import Intake, read_file
from designs.assignment import declare
from designs.assignment.findings.draw import undeclared_groups
from designs.assignment.findings.flags import undeclared_flags
from designs.protocol import LoadedProtocol, Protocol, load_protocol, population_contract
from designs.protocol.conditions import exclusions
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.respelt import refuse_respelt
from trials.randomiser.index_dates import refuse_invented_time
from trials.registry import Registry, queries, tables
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import keep_rejections, pseudonymised
from trials.registry.plan import plan_of, refuse_other_than_locked
from trials.registry.records import FileAccount, RejectionRecord
from trials.registry.tables.columns import now

_MOST_NAMED: Final = 20


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
            clock for customers who are not synthetic; or ids are those of an earlier wave in another spelling.
    """
    path = Path(protocol_path).absolute()
    loaded = load_protocol(path)
    _refuse_unfit(loaded.protocol)
    refuse_invented_time(loaded.protocol, synthetic=synthetic)
    with registry.inspect(actor, "load_population", loaded.protocol.id) as session:
        _refuse_changed_lock(session, loaded, path)
        waves = queries.waves_of(session, loaded.protocol.id)
        latest = queries.latest_population(session, queries.population_name(loaded.protocol))
    contract = population_contract(loaded.protocol)
    intake = read_file(Path(file), contract)
    unit = loaded.protocol.population.unit
    key = SYNTHETIC_KEY if synthetic else registry.key()
    respelt = refuse_respelt(registry, intake, loaded.protocol, key, waves, latest)
    customers = _customers(intake, loaded.protocol, key)
    findings = _findings(intake.table, loaded.protocol)
    digest = registry.snapshots.write(customers)
    rejections_digest = keep_rejections(registry.snapshots, intake.rejections)
    name = queries.population_name(loaded.protocol)
    with registry.write(actor, "load_population", loaded.protocol.id) as work:
        _refuse_changed_lock(work.session, loaded, path)
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
    return FileAccount(
        name=name,
        read=intake.read,
        loaded=intake.loaded,
        rejected=intake.rejected,
        rejections=tuple(RejectionRecord(r.row, r.field, r.reason) for r in intake.rejections),
        digest=digest,
        file_digest=intake.digest,
        warnings=(*intake.warnings, *respelt, *findings, *_not_kept(intake.table.column_names, customers, unit)),
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


def _customers(intake: Intake, protocol: Protocol, key: bytes) -> pa.Table:
    """The declared columns only, under ledger ids: what no use is declared for is not kept."""
    unit = protocol.population.unit
    declared = [column.name for column in population_contract(protocol).columns if column.name != unit]
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
    if queries.is_registered(session, loaded.protocol.id):
        refuse_other_than_locked(plan_of(session, loaded.protocol.id), loaded.digest, path)
