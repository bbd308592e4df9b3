"""Times to an event, each estimand adjusted over the planned contrasts; loaded only where one is declared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import narwhals as nw

from analysis.evaluate.families import by_family
from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to
from analysis.inference.estimates import with_notes, within_family
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted, adjust
from analysis.results import Estimate, SurvivalCurve
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Protocol


def time_to_event_rows(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str
) -> tuple[tuple[Estimate, ...], tuple[SurvivalCurve, ...]]:
    """Hazard ratio, survival and restricted mean of every time-to-event outcome, and its curves."""
    outcomes = [outcome for outcome in protocol.outcomes if outcome.kind == "time_to_event"]
    if not outcomes:
        return (), ()
    from analysis.survival.time_to_event import time_to_event

    rows: list[Estimate] = []
    curves: list[SurvivalCurve] = []
    for outcome in outcomes:
        seed = int.from_bytes(hashlib.sha256(f"{protocol_digest}:{outcome.id}".encode()).digest()[:8], "big")
        of_outcome: list[Estimate] = []
        for among, of_arms in _compared_together(frame, protocol):
            part = time_to_event(among, of_arms, outcome, seed=seed)
            of_outcome += part.estimates
            drawn = {curve.arm for curve in curves if curve.outcome == outcome.id}
            curves += [curve for curve in part.curves if curve.arm not in drawn]
        of_outcome += _across_parts(protocol, of_outcome)
        for estimand in dict.fromkeys(row.estimand for row in of_outcome):
            rows += _adjusted(protocol, [row for row in of_outcome if row.estimand == estimand])
    return tuple(rows), tuple(curves)


def _compared_together(frame: AnalysisFrame, protocol: Protocol) -> Iterator[tuple[AnalysisFrame, Protocol]]:
    """Customers and arms that one model can hold: those open to all, and each closed arm with its comparison."""
    if not closes_an_arm(protocol):
        yield frame, protocol
        return
    comparison = protocol.comparison
    closed = [arm for arm in protocol.arms if arm != comparison and (arm.not_for or comparison.not_for)]
    groups = [tuple(arm for arm in protocol.arms if arm not in closed), *((comparison, arm) for arm in closed)]
    for arms in groups:
        if len(arms) > 1:
            names = [arm.id for arm in arms]
            among = open_to(frame, protocol, names)
            among = replace(among, rows=among.rows.filter(nw.col(ARM_COLUMN).is_in(names)))
            yield among, protocol.model_copy(update={"arms": arms})


def _across_parts(protocol: Protocol, rows: list[Estimate]) -> list[Estimate]:
    """Contrasts of two arms that no part holds together."""
    known = {(row.arm, row.comparison) for row in rows}
    reason = "an arm is closed to some customers: its times are compared with the comparison arm's only"
    return [
        replace(row, arm=arm, comparison=comparison, estimate=None, std_error=None, statistic=None, p_value=None,
                ci_lower=None, ci_upper=None, n_arm=0, n_comparison=0, reason=reason, note=None)
        for arm, comparison in protocol.contrasts if (arm, comparison) not in known
        for row in rows if (row.arm, row.comparison) == (rows[0].arm, rows[0].comparison)
    ]  # fmt: skip


def _adjusted(protocol: Protocol, rows: list[Estimate]) -> list[Estimate]:
    """One estimand's contrasts, family by family. Dunnett needs a covariance these do not carry: Holm stands in."""
    method, effects = protocol.analysis.multiplicity, [Effect(row.estimate, row.std_error, row.df) for row in rows]
    note = "adjusted by Holm, for Dunnett needs a covariance" if method == "dunnett" else None
    used = "holm" if method == "dunnett" else method

    def of_family(places: tuple[int, ...]) -> tuple[Adjusted, ...]:
        return adjust([effects[i] for i in places], used, protocol.analysis.alpha)

    adjusted = by_family(protocol, [row.arm for row in rows], of_family)
    return [with_notes(within_family(row, of_row), [note]) for row, of_row in zip(rows, adjusted, strict=True)]
