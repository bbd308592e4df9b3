"""What must be signed again before an amendment is in force: what it touches of what had been signed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from designs.amending.changes import Effect
from designs.consultation.bodies import STEERING_GROUP
from designs.consultation.gateways import gateway_standings
from designs.consultation.route import own_approval, route_of
from designs.entries import GatewayDecided, OwnRouteApproved, Recorded
from designs.finding import Open
from designs.gates import Facts, Gate, missing_before_lock


def to_sign_again(
    amended: Facts, in_force: Facts, locked_at: datetime, proposed: Recorded, effect: Effect
) -> tuple[Open, ...]:
    """What is missing for the amended plan that was not missing for the plan in force when that was locked.

    A signature names what it signs, so that one of a text, of the size of the sample or of an answer is void where the
    amendment changes that. Who approved the design as a whole does so again where anything changes that was planned. A
    plan outside the route of approval has nothing to be signed.

    Args:
        amended: The amended plan, with everything on record.
        in_force: The plan in force, with the same.
        locked_at: When the plan in force was.
        proposed: That the amendment was proposed.
        effect: What the amendment is.
    """
    if effect == "record":
        return ()
    before = replace(
        in_force,
        recorded=tuple(each for each in in_force.recorded if each.at <= locked_at),
        versions={
            subject: tuple(version for version in had if version.since <= locked_at)
            for subject, had in in_force.versions.items()
        },
    )
    missing_then = {_known_by(gate, each, before) for gate, each in missing_before_lock(before)}
    passed = {"gateway_1"} if effect == "plan" else {"gateway_1", "gateway_2"}
    again = tuple(_approved_before(amended, before, proposed)) if effect == "plan" else ()
    touched = [
        each
        for gate, each in missing_before_lock(amended)
        if gate.name not in passed and _known_by(gate, each, amended) not in missing_then
        if not (again and each.code == "approval_void")  # which the amendment's own word says
    ]
    return (*touched, *again)


def _known_by(gate: Gate, each: Open, facts: Facts) -> tuple[str, ...]:
    """By what a thing that is missing is the same before and after an amendment: who clears it, and what it is about.

    An arm is known by its id, since an amendment may move it. What the plan and its texts alone say against themselves
    is another thing wherever it is said otherwise.
    """
    arms = () if facts.plan is None else facts.plan.arms or ()
    found = re.match(r"arms\[(\d+)\]", each.where)
    where = f"arms[{arms[int(found[1])].id}]{each.where[found.end() :]}" if found else each.where
    said = each.problem if gate.name == "designed" else ""
    return gate.name, each.code, where, each.clears, said


def _approved_before(amended: Facts, before: Facts, proposed: Recorded) -> Iterator[Open]:
    """That whoever approved the design approved what it was before the amendment."""
    route, on = route_of(amended.plan).kind, proposed.entry.on
    later = [each.entry for each in amended.recorded if each.number > proposed.number and each.entry.on >= on]
    group = route == "steering_group" and gateway_standings(before.recorded)[1].passed_on is not None
    if group and not any(isinstance(entry, GatewayDecided) and entry.gateway == 2 for entry in later):
        problem = "the Campaigns Steering Group approved the design as it was before the amendment"
        remedy = "take the amended paper to the group, and record what it decides at gateway 2"
        yield Open("approved_before_amendment", "blocks", "gateway_2", problem, remedy, STEERING_GROUP)
    own = route == "own" and own_approval(before.recorded) is not None
    if own and not any(isinstance(entry, OwnRouteApproved) for entry in later):
        problem = "the directorate approved the design as it was before the amendment"
        remedy = "have it approve the amended design, and record that"
        yield Open("approved_before_amendment", "blocks", "directorate", problem, remedy, "manager")
