"""Correct: a finding whose files turned out wrong gives its place to a later evaluation, when two people signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.corrected import changed_outcomes
from trials.field.whole import files_of
from trials.findings import Place
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.records import CorrectionRecord
from trials.registry.tables.columns import now


def request_correction(
    registry: Registry, actor: Actor, trial_id: str, *, reason: str, evaluation: int | None = None
) -> CorrectionRecord:
    """Ask that an update take the finding's place. Until somebody else confirms it, nothing changes.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial.
        reason: What was wrong with the finding's files.
        evaluation: The number of the update; the latest where it is not given.

    Raises:
        TrialRefused: There is no finding or no update, the update read the finding's own files or the same outcomes of
            every customer, a correction was asked for already, or no reason is given.
    """
    if not reason.strip():
        raise TrialRefused("a correction needs a reason", where=trial_id)
    with registry.inspect(actor, "request_correction", trial_id) as session:
        require(queries.standing_of(session, trial_id), "request_correction")
        asked = _pair(session, trial_id, evaluation)
    # Files are compared after the read is over: on SQLite a reader that holds on stalls writers.
    changed = changed_outcomes(registry.snapshots, asked.before, asked.after)
    if not changed.customers:
        raise TrialRefused(
            f"evaluation {asked.replacing} read the same outcomes of every customer as the finding, evaluation "
            f"{asked.replaced}",
            where=trial_id,
            rule="a finding is corrected where its outcomes were wrong for somebody; its verdict rests on no contacts, "
            "and what does (who was reached) is told by the update",
            remedy="load the corrected outcomes, then evaluate",
        )
    with registry.write(actor, "request_correction", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "request_correction")
        if _pair(work.session, trial_id, evaluation) != asked:
            raise TrialRefused(
                "somebody else evaluated while the files were compared", where=trial_id, remedy="ask again"
            )
        work.add(
            tables.CorrectionRequest(
                trial_id=trial_id,
                number=queries.next_number(work.session, tables.CorrectionRequest, trial_id),
                replaced=asked.replaced,
                replacing=asked.replacing,
                reason=reason.strip(),
                requested_at=now(),
                requested_by=actor.name,
            )
        )
        said = {"old_finding": asked.replaced, "new_finding": asked.replacing, "reason": reason.strip()}
        work.commit(said | {"changed": asdict(changed)})
    with registry.inspect(actor, "request_correction", trial_id) as session:
        return queries.corrections_of(session, trial_id)[-1]


@dataclass(frozen=True, slots=True)
class _Pair:
    """The finding and the update that is to take its place, with the digests of the outcomes that each read."""

    replaced: int
    replacing: int
    before: str
    after: str


def _pair(session: Session, trial_id: str, wanted: int | None) -> _Pair:
    of = queries.places_of(session, trial_id)
    replaced = next(number for number, place in of.items() if place.role == "finding")
    replacing = _update(trial_id, of, replaced, wanted)
    finding, update = (queries.evaluation_numbered(session, trial_id, number) for number in (replaced, replacing))
    if finding.data_digest == update.data_digest:
        raise TrialRefused(
            f"evaluation {replacing} read the same files as the finding, evaluation {replaced}",
            where=trial_id,
            rule="a finding is corrected where its files turned out wrong",
            remedy="load the corrected files, then evaluate",
        )
    files = files_of(queries.returned_of(session, trial_id), "outcomes")
    digests = {file.version: file.whole_digest or file.digest for file in files}
    return _Pair(replaced, replacing, digests[finding.outcomes_version], digests[update.outcomes_version])


def _update(trial_id: str, of: dict[int, Place], finding: int, wanted: int | None) -> int:
    updates = [number for number, place in of.items() if place.role == "update" and number > finding]
    if wanted is None and updates:
        return updates[-1]
    if wanted not in updates:
        raise TrialRefused(
            "there is no later update" if wanted is None else f"evaluation {wanted} is no update of the finding",
            where=trial_id,
            rule="what takes the finding's place is due, of data that pass their checks, and later",
            remedy="load the corrected files, then evaluate",
        )
    return wanted


def confirm_correction(registry: Registry, actor: Actor, trial_id: str) -> CorrectionRecord:
    """Confirm a correction that somebody else asked for: from here on it is the finding, and the old one is kept.

    Raises:
        TrialRefused: Nobody asked for it, or the same person did.
    """
    with registry.write(actor, "confirm_correction", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "confirm_correction", by=actor.name)
        asked = next(row for row in queries.corrections_of(work.session, trial_id) if not row.holds)
        work.add(
            tables.CorrectionConfirmation(
                trial_id=trial_id,
                number=asked.number,
                requested_by=asked.requested_by,
                confirmed_at=now(),
                confirmed_by=actor.name,
            )
        )
        record = queries.corrections_of(work.session, trial_id)[-1]
        said = {"old_finding": asked.replaced, "new_finding": asked.replacing, "requested_by": asked.requested_by}
        work.commit(said | {"reason": asked.reason})
    return record
