"""Times to an event, each estimand adjusted over the planned contrasts; loaded only where one is declared."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from analysis.frame import AnalysisFrame
from analysis.intervals import Effect
from analysis.multiplicity import adjust
from analysis.results import Estimate, SurvivalCurve
from designs.protocol.models import Protocol


def timed_rows(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str
) -> tuple[tuple[Estimate, ...], tuple[SurvivalCurve, ...]]:
    """Hazard ratio, survival and restricted mean of every time-to-event outcome, and its curves."""
    outcomes = [outcome for outcome in protocol.outcomes if outcome.kind == "time_to_event"]
    if not outcomes:
        return (), ()
    from analysis.time_to_event import time_to_event

    rows: list[Estimate] = []
    curves: list[SurvivalCurve] = []
    for outcome in outcomes:
        seed = int.from_bytes(hashlib.sha256(f"{protocol_digest}:{outcome.id}".encode()).digest()[:8], "big")
        found = time_to_event(frame, protocol, outcome, seed=seed)
        curves += found.curves
        for estimand in dict.fromkeys(row.estimand for row in found.estimates):
            rows += _adjusted(protocol, [row for row in found.estimates if row.estimand == estimand])
    return tuple(rows), tuple(curves)


def _adjusted(protocol: Protocol, rows: list[Estimate]) -> list[Estimate]:
    """One estimand's contrasts as a family. Dunnett needs a covariance that these do not carry: Holm stands in."""
    method = protocol.analysis.multiplicity
    stand_in = method == "dunnett"
    effects = [Effect(row.estimate, row.std_error, row.df) for row in rows]
    adjusted = adjust(effects, "holm" if stand_in else method, protocol.analysis.alpha)
    notes = [note for note in ("adjusted by Holm, for Dunnett needs a covariance",) if stand_in]
    return [
        replace(
            row,
            p_adjusted=within.p_adjusted,
            ci_lower_simultaneous=within.ci_lower_simultaneous,
            ci_upper_simultaneous=within.ci_upper_simultaneous,
            note="; ".join([*([row.note] if row.note else []), *notes]) or None,
        )
        for row, within in zip(rows, adjusted, strict=True)
    ]
