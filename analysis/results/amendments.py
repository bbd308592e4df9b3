"""What was amended of a plan since its lock, and what the plan as amended after the draw says beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analysis.results.estimates import Estimate, Interaction
from analysis.results.money import NetBenefit


@dataclass(frozen=True, slots=True)
class AmendmentInForce:
    """An amendment that was in force when an evaluation was made.

    Attributes:
        number: its place among those of the trial.
        effect: ``record``: it corrects what is said of the trial. ``plan``: it was made before the draw, which is of
            the plan as amended. ``unplanned``: it was made after the draw, and decides nothing.
        reason: why.
        proposed_by: who proposed it.
        confirmed_by: who confirmed it.
        in_force_since: when that was.
        changes: the places of the plan that it changes, in words.
        protocol_digest: of the plan as amended.
    """

    number: int
    effect: Literal["record", "plan", "unplanned"]
    reason: str
    proposed_by: str
    confirmed_by: str
    in_force_since: datetime
    changes: tuple[str, ...]
    protocol_digest: str


@dataclass(frozen=True, slots=True)
class Unplanned:
    """What the plan as amended after the draw says, where that is not what was planned. No verdict rests on it.

    Attributes:
        protocol_digest: of the plan as amended.
        estimates: rows that the planned analysis has not, or with another figure; each is exploratory.
        interactions: likewise.
        net_benefit: with its values, where they give another figure.
        reason: why there is nothing, or none of some outcomes, yet.
    """

    protocol_digest: str
    estimates: tuple[Estimate, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    net_benefit: NetBenefit | None = None
    reason: str | None = None
