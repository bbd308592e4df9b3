"""The size of the sample as KAI signs it: everything in the plan that the number of customers follows from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from designs.entries import Recorded, SignedOff
from designs.protocol.canonical import as_canonical_json
from designs.protocol.models import Protocol
from designs.variants.checklists import SIZE_POINTS, Point

State = Literal["stands", "incomplete", "fewer", "void", "missing"]


@dataclass(frozen=True, slots=True)
class SizeSignOff:
    """What KAI has said of the size of the sample, as it is now.

    Attributes:
        state: ``stands`` where it is large enough; ``incomplete`` where the size as it is was signed and a point was
            left or failed; ``fewer`` where it was signed for more customers than take part now, or before
            their number was known; ``void`` where another
            size was signed; ``missing`` where none was.
        signed: The signature that decides: of one size, the last.
        points: Those that were left or failed.
    """

    state: State
    signed: SignedOff | None = None
    points: tuple[Point, ...] = ()


def size_sign_off(plan: Protocol | None, recorded: Sequence[Recorded], counted: int | None) -> SizeSignOff:
    """Where KAI's signature on the size of the sample stands.

    A signature that an earlier version of the service recorded says nothing of customers, and is held to none.

    Args:
        plan: As far as it is filled.
        recorded: All that was put on record, in order.
        counted: The customers of the loaded population who take part; None where none is loaded.
    """
    signed = [
        each.entry for each in recorded if isinstance(each.entry, SignedOff) and each.entry.subject == "sample_size"
    ]
    if not signed:
        return SizeSignOff("missing")
    digest = None if plan is None else sample_size_digest(plan)
    of_this = [entry for entry in signed if entry.digest == digest]
    if not of_this:
        return SizeSignOff("void", signed[-1])
    entry = of_this[-1]
    points = _not_passed(entry)
    if points:
        return SizeSignOff("incomplete", entry, points)
    if counted is None or entry.edition is None or (entry.customers is not None and counted >= entry.customers):
        return SizeSignOff("stands", entry)
    return SizeSignOff("fewer", entry)


def _not_passed(entry: SignedOff) -> tuple[Point, ...]:
    """The points that were left or failed. Before there was a checklist, a signature said yes unless it said no."""
    latest = tuple(SIZE_POINTS.values())[-1]
    points = SIZE_POINTS.get(entry.edition or "", latest)
    if entry.edition is None:
        return points if any(str(answer).lower() in ("no", "false") for answer in entry.answers.values()) else ()
    return tuple(point for point in points if point.given(entry.answers.get(point.id)) not in point.passes)


def sample_size_record(plan: Protocol) -> dict[str, Any] | None:
    """What the size follows from: baseline, smallest effect, error and power, arms and shares, clusters.

    None while the plan has no arms, primary outcome, scheme or analysis yet.
    """
    if not plan.arms or not plan.outcomes or plan.randomisation is None or plan.analysis is None:
        return None
    primary = next((outcome for outcome in plan.outcomes if outcome.role == "primary"), None)
    if primary is None:
        return None
    analysis, scheme = plan.analysis, plan.randomisation
    sized = ("id", "kind", "day", "baseline", "minimum_effect", "standard_deviation", "intracluster_correlation")
    record = {
        "primary": {name: getattr(primary, name) for name in sized},
        "alpha": analysis.alpha,
        "power": analysis.power,
        "multiplicity": analysis.multiplicity,
        "contrasts": analysis.contrasts,
        "looks": None if analysis.looks is None else analysis.looks.model_dump(mode="json"),
        "arms": [{"id": arm.id, "kind": arm.kind, "share": arm.share} for arm in plan.arms],
        "method": scheme.method,
        "hold_out": scheme.hold_out,
        "saturations": [each.model_dump(mode="json") for each in scheme.saturations],
        "cluster": plan.cluster if plan.population is not None else None,
        "cluster_size": None if plan.population is None else plan.population.cluster_size,
    }
    if plan.population is not None and plan.population.cluster_size_cv is not None:  # else signatures of before stand
        record["cluster_size_cv"] = plan.population.cluster_size_cv
    return record


def sample_size_digest(plan: Protocol) -> str | None:
    """SHA-256 of the record in its canonical form; None while there is none."""
    record = sample_size_record(plan)
    return None if record is None else hashlib.sha256(as_canonical_json(record).encode()).hexdigest()
