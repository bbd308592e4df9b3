"""Load what came back from the field: outcomes, contacts, whichever kind; the arm comes from the registry alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from secrets import token_hex

from sqlalchemy.orm import Session

from trials.access import Actor
from trials.concealment import sees_arms
from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial, allocated_trial
from trials.field.cut import cut_of_load
from trials.field.kinds import FileKind, kind_named
from trials.field.loads import Made, load_onto, withdraw_from
from trials.field.matching import as_one
from trials.field.reasons import without_values
from trials.field.taking import TakenFile, take
from trials.field.whole import files_of
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.identities.pseudonyms import keep_rejections
from trials.registry.records import (
    CoverageRecord,
    FileAccount,
    LoadMode,
    RejectionRecord,
    ReturnedFileRecord,
    UnreadableRecord,
)
from trials.registry.tables.columns import now


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A load that was taken back.

    Attributes:
        withdrawn: The load.
        version: Of the withdrawal, which is a version of its kind too.
        reason: Why.
        before, after: How many customers what is there speaks of.
        standing: The loads that it is made of now, in order.
    """

    withdrawn: ReturnedFileRecord
    version: int
    reason: str
    before: CoverageRecord
    after: CoverageRecord
    standing: tuple[ReturnedFileRecord, ...]


def load_returned_file(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    kind_name: str,
    file: str | Path,
    *,
    as_at: date | None = None,
    mode: LoadMode | None = None,
) -> FileAccount:
    """Load a returned file of one kind.

    The first of a kind is what is there. A later one says what becomes of that: it is a further part, its customers'
    rows replace their earlier ones, or it replaces everything. Every load is kept as it came, with all that was there
    after it, which is what an evaluation reads. Contacts feed the contact ledger and the check of dispatch. How many
    customers of each arm a file speaks of is told to the randomiser alone, until the draw is released; so is why a row
    of somebody else is not a customer's of the trial.

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
        mode: What becomes of what is there; needed where something is.

    Raises:
        DataRefused: The whole file is refused.
        TrialRefused: There is no such kind, nothing was allocated, the file has a column of arms, no row matches,
            the outcomes of real customers were cut on a day to come; or the mode is missing or does not fit.
    """
    kind = kind_named(kind_name)
    with registry.inspect(actor, kind.use_case, trial_id) as session:
        trial = allocated_trial(session, trial_id, kind.use_case)
        files = files_of(queries.returned_of(session, trial_id), kind.name)
    cut = _cut(trial, kind.name, as_at)
    taken = take(registry, trial, kind, Path(file), cut)
    rows = without_values(taken.table)
    made = load_onto(registry.snapshots, trial, files, taken, rows, mode, cut)
    digest = registry.snapshots.write(rows)
    whole_digest = digest if made.whole is rows else registry.snapshots.write(made.whole)
    rejections_digest = keep_rejections(registry.snapshots, taken.rejections, taken.turned_away)
    with registry.write(actor, kind.use_case, trial_id) as work:
        require(queries.standing_of(work.session, trial_id), kind.use_case)
        _refuse_changed(work.session, trial_id, kind, files)
        shown = sees_arms(actor) or queries.release_of(work.session, trial_id) is not None
        work.add(_row(actor, trial_id, taken, made, digest, whole_digest, rejections_digest, cut))
        # A salt: what was sent to few is not to be known by the hash of the event.
        said = {"salt": token_hex(16)} if kind.name != "outcomes" else {"as_at": cut.isoformat()}
        work.commit(
            {
                "digest": digest,
                "read": taken.intake.read,
                "loaded": taken.loaded,
                **said,
                "version": made.version,
                "mode": made.mode,
                "whole_digest": whole_digest,
                "customers": {"before": made.before.customers, "after": made.after.customers},
            }
        )
    rejections = taken.rejections if shown else as_one(taken.rejections)
    return FileAccount(
        name=kind.name,
        read=taken.intake.read,
        loaded=taken.loaded,
        rejected=taken.rejected,
        rejections=tuple(RejectionRecord(r.row, r.field, r.reason) for r in rejections),
        digest=digest,
        file_digest=taken.intake.digest,
        warnings=(*taken.warnings, *made.warnings),
        matched=taken.by_arm if shown else (),
        as_at=cut if kind.name == "outcomes" else None,
        unreadable=tuple(UnreadableRecord(cell.row, cell.field, cell.reason) for cell in taken.unreadable),
        version=made.version,
        mode=made.mode,
        before=made.before,
        after=made.after,
    )


def withdraw_returned_file(
    registry: Registry, actor: Actor, trial_id: str, kind_name: str, *, reason: str, version: int | None = None
) -> Withdrawal:
    """Take one load back. It is kept, and what is there follows from the other loads, in their order.

    Args:
        registry: Where the trial is.
        actor: Who takes it back; whoever may load the kind.
        trial_id: The trial.
        kind_name: ``outcomes`` or ``contacts``.
        reason: What was wrong with it.
        version: Which load; the last one that was not withdrawn where it is not given, and is the actor's own or the
            only one that there ever was.

    Raises:
        TrialRefused: There is no such kind or load, it was withdrawn already, no reason is given, or it is not said
            which of several.
    """
    kind = kind_named(kind_name)
    if not reason.strip():
        raise TrialRefused("a withdrawal needs a reason", where=trial_id)
    with registry.inspect(actor, kind.use_case, trial_id) as session:
        trial = allocated_trial(session, trial_id, kind.use_case)
        files = files_of(queries.returned_of(session, trial_id), kind.name)
    made, goes = withdraw_from(registry.snapshots, trial, kind.name, files, version, actor.name)
    whole_digest = registry.snapshots.write(made.whole)
    with registry.write(actor, kind.use_case, trial_id) as work:
        require(queries.standing_of(work.session, trial_id), kind.use_case)
        _refuse_changed(work.session, trial_id, kind, files)
        work.add(_withdrawal(actor, trial_id, goes, made, whole_digest, reason.strip()))
        said = {"withdraws": goes.version, "reason": reason.strip(), "version": made.version, "mode": "withdraw"}
        covered = {"before": made.before.customers, "after": made.after.customers}
        work.commit(said | {"whole_digest": whole_digest, "customers": covered})
    return Withdrawal(goes, made.version, reason.strip(), made.before, made.after, made.loads)


def _refuse_changed(session: Session, trial_id: str, kind: FileKind, files: Sequence[ReturnedFileRecord]) -> None:
    if files_of(queries.returned_of(session, trial_id), kind.name) != list(files):
        raise TrialRefused(
            f"somebody else loaded or withdrew {kind.name} meanwhile",
            where=trial_id,
            rule="what becomes of what is there is said by somebody who knows what is",
            remedy="look again, then load again",
        )


def _cut(trial: AllocatedTrial, kind_name: str, as_at: date | None) -> date:
    if as_at is not None and kind_name != "outcomes":
        raise TrialRefused(
            f"a file of {kind_name} is not as at a day", where="--as-at", rule="outcomes are cut on a day"
        )
    return cut_of_load(trial, as_at, now().date())


def _row(
    actor: Actor,
    trial_id: str,
    taken: TakenFile,
    made: Made,
    digest: str,
    whole_digest: str,
    rejections_digest: str | None,
    cut: date,
) -> tables.ReturnedFile:
    of_outcomes = taken.kind.name == "outcomes"
    return tables.ReturnedFile(
        trial_id=trial_id,
        kind=taken.kind.name,
        version=made.version,
        digest=digest,
        file_name=taken.intake.source,
        file_digest=taken.intake.digest,
        rows_read=taken.intake.read,
        loaded=taken.loaded,
        rejected=taken.rejected,
        rejections_digest=rejections_digest,
        matched=[asdict(arm) for arm in taken.by_arm],
        matured=taken.matured,
        as_at=cut if of_outcomes else None,
        loaded_at=now(),
        loaded_by=actor.name,
        mode=made.mode,
        whole_digest=whole_digest,
        whole_as_at=made.as_at if of_outcomes else None,
        customers=made.after.customers,
        observed=made.after.observed,
    )


def _withdrawal(
    actor: Actor, trial_id: str, goes: ReturnedFileRecord, made: Made, whole_digest: str, reason: str
) -> tables.ReturnedFile:
    """A version of no rows, under the name of the file that it takes back."""
    of_outcomes = goes.kind == "outcomes"
    return tables.ReturnedFile(
        trial_id=trial_id,
        kind=goes.kind,
        version=made.version,
        digest=whole_digest,
        file_name=goes.file_name,
        file_digest=goes.file_digest,
        rows_read=0,
        loaded=0,
        rejected=0,
        rejections_digest=None,
        matched=[],
        matured=None,
        as_at=made.as_at if of_outcomes else None,
        loaded_at=now(),
        loaded_by=actor.name,
        mode="withdraw",
        whole_digest=whole_digest,
        whole_as_at=made.as_at if of_outcomes else None,
        customers=made.after.customers,
        observed=made.after.observed,
        withdraws=goes.version,
        reason=reason,
    )
