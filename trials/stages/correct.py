"""Correct: a finding or a look whose files turned out wrong gives its place to a later one, when two people signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pyarrow as pa
from sqlalchemy.orm import Session

from data.engine import open_engine
from data.private import scratch_in
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.allocated import allocated_trial
from trials.field.corrected import changed_outcomes
from trials.field.whole import files_of, whole_of
from trials.frames.looked_at import customers_looked_at
from trials.frames.sources import Sources
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.records import CorrectionRecord
from trials.registry.tables.columns import now
from trials.seen import Read, require_read


def request_correction(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    reason: str,
    evaluation: int | None = None,
    in_place_of: Read | None = None,
) -> CorrectionRecord:
    """Ask that a later evaluation take the place of the finding, or of a look. Until it is confirmed, nothing changes.

    A look taken again takes the place of that look, whether or not that ended the trial. An attempt takes the
    finding's place only where it is named: the true files can support no finding.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial.
        reason: What was wrong with the files.
        evaluation: The number of the later evaluation; needed where several could take the place.
        in_place_of: The finding or look that was read, by number or digest; needed where one was corrected before.

    Raises:
        TrialRefused: There is nothing to replace or to replace it by, both read the same files or the same outcomes of
            every customer, a correction was asked for already, no reason is given, or what was read is not what would
            be replaced now.
    """
    if not reason.strip():
        raise TrialRefused("a correction needs a reason", where=trial_id)
    with registry.inspect(actor, "request_correction", trial_id) as session:
        require(queries.standing_of(session, trial_id), "request_correction")
        asked = _pair(session, trial_id, evaluation)
        if in_place_of is not None or any(row.holds for row in queries.corrections_of(session, trial_id)):
            require_read(session, trial_id, "correction", read=in_place_of, rests_on=asked.replaced)
        look = _look(session, trial_id, asked)
    # Files are compared after the read is over: on SQLite a reader that holds on stalls writers.
    among = _looked_at(registry, look) if look else None
    changed = changed_outcomes(registry.snapshots, asked.before, asked.after, among)
    if not changed.customers:
        whom = "every customer" if look is None else "everybody who was due at that look"
        raise TrialRefused(
            f"evaluation {asked.replacing} read the same outcomes of {whom} as evaluation {asked.replaced}",
            where=trial_id,
            rule="an evaluation is corrected where its outcomes were wrong for somebody; its verdict rests on no "
            "contacts, and what does (who was reached) is told by the update",
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
    """What is replaced and what is to take its place, with the digests of the outcomes that each read."""

    replaced: int
    replacing: int
    before: str
    after: str


def _pair(session: Session, trial_id: str, wanted: int | None) -> _Pair:
    replaced, replacing = _replaced_and_replacing(session, trial_id, wanted)
    before, after = (queries.evaluation_numbered(session, trial_id, number) for number in (replaced, replacing))
    if before.data_digest == after.data_digest:
        raise TrialRefused(
            f"evaluation {replacing} read the same files as evaluation {replaced}",
            where=trial_id,
            rule="an evaluation is corrected where its files turned out wrong",
            remedy="load the corrected files, then evaluate",
        )
    files = files_of(queries.returned_of(session, trial_id), "outcomes")
    digests = {file.version: file.whole_digest or file.digest for file in files}
    return _Pair(replaced, replacing, digests[before.outcomes_version], digests[after.outcomes_version])


def _look(session: Session, trial_id: str, asked: _Pair) -> Sources | None:
    """What the look read that is corrected, as at its own day; None where it is no look."""
    if queries.looks_again(session, trial_id).get(asked.replacing) != asked.replaced:
        return None
    outcomes = whole_of(queries.returned_of(session, trial_id), "outcomes")
    as_at = queries.evaluation_numbered(session, trial_id, asked.replacing).as_at
    if outcomes is None or as_at is None:
        return None
    return Sources(allocated_trial(session, trial_id, "evaluate"), outcomes, None, as_at)


def _replaced_and_replacing(session: Session, trial_id: str, wanted: int | None) -> tuple[int, int]:
    made, looks = queries.evaluations_of(session, trial_id), queries.looks_taken(session, trial_id)
    finding = next((row.number for row in made if row.role == "finding"), None)
    again = {number: look for number, look in queries.looks_again(session, trial_id).items() if look in looks}
    # A look that ended the trial is put right as that look: what came in after allows for its having ended it.
    later = [row for row in made if finding is not None and finding not in looks and row.number > finding]
    named = [row.number for row in later if row.role in ("update", "attempt")]
    offered = [row.number for row in later if row.role == "update"]
    offered += [row.number for row in made if row.number in again and row.verdict_code != "invalid"]
    if wanted is None and len(offered) > 1:
        several = " and ".join(str(number) for number in sorted(offered))
        raise TrialRefused(
            f"evaluations {several} could take its place, and which of them was read is not said",
            where=trial_id,
            rule="a correction rests on the result that its person read",
            remedy=f"read them, then name one: --evaluation {max(offered)}",
        )
    replacing = wanted if wanted is not None else max(offered, default=None)
    if replacing in again:
        return again[replacing], replacing
    if finding is not None and replacing in named:
        return finding, replacing
    raise TrialRefused(
        "there is no later update" if wanted is None else f"evaluation {wanted} cannot take another's place",
        where=trial_id,
        rule="what takes the finding's place is due and later; what takes a look's place is that look, taken again",
        remedy="load the corrected files, then evaluate; a look is taken again with --as-at and its day",
    )


def _looked_at(registry: Registry, look: Sources) -> pa.ChunkedArray:
    with scratch_in(registry.scratch_room) as scratch:
        engine = open_engine(registry.settings.engine, scratch=scratch)
        return customers_looked_at(engine, registry.snapshots, look, scratch)


def confirm_correction(
    registry: Registry, actor: Actor, trial_id: str, *, evaluation: Read | None = None
) -> CorrectionRecord:
    """Confirm a correction that somebody else asked for: from here on it holds, and what it replaces is kept.

    Args:
        registry: Where the trial is.
        actor: Who confirms, another person.
        trial_id: The trial.
        evaluation: The one that was read as what takes the place, by number or digest; needed where a correction was
            confirmed before, for then another may have been asked for since.

    Raises:
        TrialRefused: Nobody asked for it, the same person did, or what was read is not what takes the place.
    """
    with registry.write(actor, "confirm_correction", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "confirm_correction", by=actor.name)
        corrections = queries.corrections_of(work.session, trial_id)
        asked = next(row for row in corrections if not row.holds)
        if evaluation is not None or len(corrections) > 1:
            require_read(work.session, trial_id, "correction", read=evaluation, rests_on=asked.replacing)
        work.add(
            tables.CorrectionConfirmation(
                trial_id=trial_id,
                number=asked.number,
                requested_by=asked.requested_by,
                confirmed_at=now(),
                confirmed_by=actor.name,
                evaluations=max(queries.places_of(work.session, trial_id)),
            )
        )
        record = queries.corrections_of(work.session, trial_id)[-1]
        said = {"old_finding": asked.replaced, "new_finding": asked.replacing, "requested_by": asked.requested_by}
        work.commit(said | {"reason": asked.reason})
    return record
