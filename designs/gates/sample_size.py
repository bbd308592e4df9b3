"""The size of the sample as KAI signs it: everything in the plan that the number of customers follows from."""

from __future__ import annotations

import hashlib
from typing import Any

from designs.protocol.canonical import as_canonical_json
from designs.protocol.models import Protocol


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
