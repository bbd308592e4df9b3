"""Load what came back from the field: outcomes, contacts, whichever kind; the arm comes from the registry alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial, allocated_trial
from trials.field.cut import cut_of_load
from trials.field.kinds import kind_named
from trials.field.reasons import without_values
from trials.field.taking import TakenFile, take
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.identities.pseudonyms import keep_rejections
from trials.registry.records import FileAccount, RejectionRecord, UnreadableRecord
from trials.registry.tables.columns import now


def load_returned_file(
    registry: Registry, actor: Actor, trial_id: str, kind_name: str, file: str | Path, *, as_at: date | None = None
) -> FileAccount:
    """Load a returned file of one kind.

    A later file of outcomes is another cut of the data: both are kept, and the next evaluation uses the later. Files
    of contacts add up, for each supplier sends its own; they feed the contact ledger and the check of dispatch.

    Args:
        registry: Where the trial is.
        actor: Who loads.
        trial_id: The trial.
        kind_name: ``outcomes``: the customers' own id and the columns of the outcomes, one row a customer.
            ``contacts``: that id or the export id, ``channel``, ``sent_on`` (2026-02-02), and where known
            ``delivered`` and the protocol's ``complier.received``, any number of rows a customer.
        file: CSV (also .gz), Parquet, Excel or Stata.
        as_at: The day on which the outcomes were cut; that of the clock of synthetic customers, else today, where it
            is not given. Contacts have none: each has a day of its own.

    Raises:
        DataRefused: The whole file is refused.
        TrialRefused: There is no such kind, nothing was allocated, the file has a column of arms, no row matches,
            or the outcomes of real customers were cut on a day to come.
    """
    kind = kind_named(kind_name)
    with registry.inspect(actor, kind.use_case, trial_id) as session:
        trial = allocated_trial(session, trial_id, kind.use_case)
    cut = _cut(trial, kind.name, as_at)
    taken = take(registry, trial, kind, Path(file), cut)
    digest = registry.snapshots.write(without_values(taken.table))
    rejections_digest = keep_rejections(registry.snapshots, taken.rejections, taken.turned_away)
    with registry.write(actor, kind.use_case, trial_id) as work:
        require(queries.standing_of(work.session, trial_id), kind.use_case)
        work.add(_row(work.session, actor, trial_id, taken, digest, rejections_digest, cut))
        said = {} if kind.name != "outcomes" else {"as_at": cut.isoformat()}
        work.commit({"digest": digest, "read": taken.intake.read, "loaded": taken.loaded, **said})
    return FileAccount(
        name=kind.name,
        read=taken.intake.read,
        loaded=taken.loaded,
        rejected=taken.rejected,
        rejections=tuple(RejectionRecord(r.row, r.field, r.reason) for r in taken.rejections),
        digest=digest,
        file_digest=taken.intake.digest,
        warnings=taken.warnings,
        matched=taken.by_arm,
        as_at=cut if kind.name == "outcomes" else None,
        unreadable=tuple(UnreadableRecord(cell.row, cell.field, cell.reason) for cell in taken.unreadable),
    )


def _cut(trial: AllocatedTrial, kind_name: str, as_at: date | None) -> date:
    if as_at is not None and kind_name != "outcomes":
        raise TrialRefused(
            f"a file of {kind_name} is not as at a day", where="--as-at", rule="outcomes are cut on a day"
        )
    return cut_of_load(trial, as_at, now().date())


def _row(
    session: Session,
    actor: Actor,
    trial_id: str,
    taken: TakenFile,
    digest: str,
    rejections_digest: str | None,
    cut: date,
) -> tables.ReturnedFile:
    return tables.ReturnedFile(
        trial_id=trial_id,
        kind=taken.kind.name,
        version=queries.next_number(session, tables.ReturnedFile, trial_id, kind=taken.kind.name),
        digest=digest,
        file_name=taken.intake.source,
        file_digest=taken.intake.digest,
        rows_read=taken.intake.read,
        loaded=taken.loaded,
        rejected=taken.rejected,
        rejections_digest=rejections_digest,
        matched=[asdict(arm) for arm in taken.by_arm],
        matured=taken.matured,
        as_at=cut if taken.kind.name == "outcomes" else None,
        loaded_at=now(),
        loaded_by=actor.name,
    )
