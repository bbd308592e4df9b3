"""A proposal put into a draft: its batches as the plan declares them, and a stratum of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from itertools import count
from typing import Any

from designs.surge.proposal import Proposal


def with_batches(
    document: Mapping[str, Any], proposal: Proposal, first: date, taken: Collection[str] = ()
) -> dict[str, Any]:
    """A draft with the proposed batches, made at random; those that it had before are not kept.

    Args:
        document: The draft.
        proposal: Which batches.
        first: The day on which the first is issued.
        taken: Columns of the population, whose names the column of batches must not have.

    Examples:
        >>> drafted = with_batches({"randomisation": {"method": "complete", "strata": ["region"]}},
        ...     Proposal(2, 3, 500, 40.0, 40.0), date(2026, 3, 2))
        >>> drafted["randomisation"]["strata"], drafted["randomisation"]["batches"]["issue_on"]
        (['region', 'batch'], {'batch_01': '2026-03-02', 'batch_02': '2026-03-05'})
    """
    drafted = without_batches(document)
    scheme = drafted.get("randomisation")
    scheme = dict(scheme) if isinstance(scheme, Mapping) else {}
    strata = scheme.get("strata")
    strata = list(strata) if isinstance(strata, list) else []
    column = _free({*taken, *(name for name in strata if isinstance(name, str))})
    days = {name: day.isoformat() for name, day in proposal.issue_on(first).items()}
    scheme["strata"] = [*strata, column]
    scheme["batches"] = {"column": column, "at_random": True, "issue_on": days}
    return {**drafted, "randomisation": scheme}


def without_batches(document: Mapping[str, Any]) -> dict[str, Any]:
    """A draft in which everybody is issued on one day: without its batches, and without their stratum.

    Examples:
        >>> without_batches({"randomisation": {"strata": ["region", "batch"], "merge": ["batch"],
        ...     "batches": {"column": "batch", "issue_on": {"one": "2026-03-02"}}}})
        {'randomisation': {'strata': ['region']}}
    """
    scheme = document.get("randomisation")
    if not isinstance(scheme, Mapping) or "batches" not in scheme:
        return dict(document)
    batches = scheme["batches"]
    column = batches.get("column") if isinstance(batches, Mapping) else None
    kept = {key: value for key, value in scheme.items() if key != "batches"}
    for key in ("strata", "merge"):
        if isinstance(kept.get(key), list):
            kept[key] = [name for name in kept[key] if name != column]
            if not kept[key]:
                del kept[key]
    return {**document, "randomisation": kept}


def _free(taken: Collection[str]) -> str:
    names = (f"batch{'' if number == 1 else f'_{number}'}" for number in count(1))
    return next(name for name in names if name not in taken)
