"""What was amended, beside what was planned: the same data by the plan as it was amended after the draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import analysis.evaluate
from analysis.evaluate.unplanned import AT_THE_END, LATER, NOT_ESTIMATED, unplanned
from analysis.results import AmendmentInForce, Evaluation, Look, Unplanned
from analysis.wording.phrases import listed
from data.engine import Engine
from data.errors import Refused
from data.snapshots import SnapshotStore
from designs.protocol import Protocol, outcomes_contract
from designs.protocol.columns import columns_of
from trials.frames.allocated_here import frame_of
from trials.frames.sources import Sources


def with_amendments(
    engine: Engine, snapshots: SnapshotStore, sources: Sources, planned: Evaluation, looks: Sequence[Look],
    scratch: Path,
) -> Evaluation:  # fmt: skip
    """An evaluation by the plan of the draw, with the amendments in force and what is unplanned for them.

    The verdict, and all that it rests on, is the planned one's.

    Args:
        engine: Where the rows are counted.
        snapshots: The store.
        sources: What is evaluated.
        planned: The evaluation by the plan of the draw.
        looks: Those taken before, in their order.
        scratch: A private folder.
    """
    trial = sources.trial
    if not trial.amendments:
        return planned
    notes = tuple(
        AmendmentInForce(
            number=record.number,
            effect=record.effect,
            reason=record.reason,
            proposed_by=record.proposed_by,
            confirmed_by=record.confirmed_by or "",
            in_force_since=record.confirmed_at or record.proposed_at,
            changes=tuple(place.where for place in record.changes),
            protocol_digest=record.digest,
        )
        for record in trial.amendments
    )
    beside = None if trial.amended is None else _beside(engine, snapshots, sources, planned, looks, scratch)
    return replace(planned, amendments=notes, unplanned=beside)


def _beside(
    engine: Engine, snapshots: SnapshotStore, sources: Sources, planned: Evaluation, looks: Sequence[Look],
    scratch: Path,
) -> Unplanned:  # fmt: skip
    amended = sources.trial.amended
    assert amended is not None  # it was asked for
    if planned.look is not None and not planned.look.final:
        return Unplanned(amended.digest, reason=AT_THE_END)
    if not planned.shows_effects:
        return Unplanned(amended.digest, reason=LATER)
    there = engine.scan(snapshots.opened(sources.outcomes.digests[0])).collect_schema().names()
    protocol, missing = _as_far_as_there(amended.protocol, there)
    room = scratch / "amended"
    room.mkdir(mode=0o700)
    by_amended = replace(sources, trial=replace(sources.trial, plan=replace(amended, protocol=protocol)))
    try:
        frame = frame_of(engine, snapshots, by_amended, room)
        evaluation = analysis.evaluate.evaluate(frame, protocol, protocol_digest=amended.digest, looks=looks)
    except Refused:  # whose words may tell of customers
        return Unplanned(amended.digest, reason=NOT_ESTIMATED)
    found = unplanned(planned, evaluation)
    return found if found.reason is not None or missing is None else replace(found, reason=missing)


def _as_far_as_there(protocol: Protocol, there: Sequence[str]) -> tuple[Protocol, str | None]:
    """The amended plan without outcomes that no file has brought yet, and which these are."""
    known = {column.name for column in outcomes_contract(protocol).columns if column.name in there}
    absent = [of for of in protocol.outcomes if not known.issuperset(columns_of(of))]
    if not absent:
        return protocol, None
    gone = {of.id for of in absent}
    decision = protocol.decision
    if decision is not None:
        benefits, costs = (
            tuple(of for of in valued if of.outcome not in gone) for valued in (decision.benefits, decision.costs)
        )
        decision = decision.model_copy(update={"benefits": benefits, "costs": costs})
    left = protocol.model_copy(
        update={"outcomes": tuple(of for of in protocol.outcomes if of.id not in gone), "decision": decision}
    )
    labels = listed([of.label or of.id for of in absent])
    return left, f"no outcomes were loaded yet, since the amendment, that say: {labels}"
