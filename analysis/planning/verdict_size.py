"""What else a trial has to show before an approach is scaled: money gained, and every guardrail within its margin.

The size for the effect alone promises less than people take it to: at a power of 80% for the effect an approach may
still never be scaled, for its net benefit or one of its guardrails takes many more customers. As the verdict judges
them: the net benefit at the effect's own level, each guardrail unadjusted, one-sided at alpha / 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from analysis.deciding.net_benefit import composite, response_id, why_unvalued
from analysis.planning.power import (
    PowerRow,
    allot,
    declared_variance,
    inflation_of,
    level_of_a_contrast,
    needed_for,
    with_clusters,
)
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol
from designs.protocol.shares import shares_of_everybody


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most often that an approach can be scaled, at the effects that the plan declares.

    Attributes:
        arm: Its id.
        at_most: The least of its chances, which the chance of all of them together cannot exceed.
        held_by: The outcome whose chance that is, or the net benefit.
        needed_in_arm: Customers of the arm at which each alone has the declared power; None where one is unknown.
    """

    arm: str
    at_most: float
    held_by: str
    needed_in_arm: int | None


def size_for_verdict(protocol: Protocol, customers: int | None) -> tuple[PowerRow, ...]:
    """What each approach needs to be scaled beside its effect: a row for its net benefit, and one for each guardrail.

    Args:
        protocol: With what the effect is worth, and for guardrails their ``margin`` and ``baseline``.
        customers: How many are expected in all arms together; ``None`` where nobody has counted yet.
    """
    rows = []
    for arm, comparison in protocol.contrasts:
        if comparison == protocol.comparison.id:
            rows += [
                _net_benefit(protocol, arm, comparison, customers),
                *(
                    _guardrail(protocol, outcome, arm, comparison, customers)
                    for outcome in protocol.outcomes
                    if outcome.margin is not None
                ),
            ]
    return tuple(row for row in rows if row is not None)


def decisive(protocol: Protocol, rows: Sequence[PowerRow]) -> tuple[PowerRow, ...]:
    """The rows on which scaling rests: of the primary's effect, the net benefit and the guardrails."""
    return tuple(row for row in rows if row.to_show != "effect" or row.outcome == protocol.primary.id)


def ceilings(protocol: Protocol, rows: Sequence[PowerRow]) -> tuple[Ceiling, ...]:
    """For each approach of which chances are known, what bounds the chance that it is scaled.

    Args:
        protocol: The plan.
        rows: Of the effect, the net benefit and the guardrails.
    """
    found = []
    scaling = decisive(protocol, rows)
    for arm in dict.fromkeys(row.arm for row in rows):
        own = [row for row in scaling if row.arm == arm]
        known = [(row.power, row.outcome) for row in own if row.power is not None]
        if known:
            least, outcome = min(known)
            sizes = [row.n_per_arm for row in own if row.n_per_arm is not None]
            found.append(Ceiling(arm, least, outcome, max(sizes) if len(sizes) == len(own) else None))
    return tuple(found)


def passing_at(margin: float, error: float, *, alpha: float, df: float | None = None) -> float:
    """Chance that a bound one-sided at alpha / 2 shows what lies ``margin`` away: that a guardrail whose outcome does
    not move stays within its margin, or that a gain of so much is above zero.

    Examples:
        >>> round(passing_at(0.002, 0.00148937, alpha=0.05), 3)
        0.269
    """
    if error == 0.0:
        return 1.0
    away = margin / error
    if df is None:
        return float(ndtr(away - ndtri(1 - alpha / 2)))
    return float(1.0 - nctdtr(df, away, stdtrit(df, 1 - alpha / 2)))


def _guardrail(protocol: Protocol, outcome: Outcome, arm: str, comparison: str, customers: int | None) -> PowerRow:
    blank = PowerRow(outcome.id, arm, comparison, to_show="within_margin")
    variance, problem = declared_variance(outcome)
    if variance is None or not outcome.margin:
        return replace(blank, reason=problem or "a margin of nothing is not shown by any number of customers")
    here, _ = variance(0.0)
    if here <= 0.0:
        return replace(blank, reason="a baseline at which nothing varies says nothing of what customers will do")

    def chance(error: float, df: float | None) -> float:
        return passing_at(outcome.margin or 0.0, error, alpha=protocol.analysis.alpha, df=df)

    return _sized(protocol, blank, outcome, (here, here), outcome.margin, protocol.analysis.alpha, customers, chance)


def _net_benefit(protocol: Protocol, arm: str, comparison: str, customers: int | None) -> PowerRow | None:
    """At the declared effects, with all that is valued moving together, which asks for the most customers."""
    if protocol.decision is None or why_unvalued(protocol) is not None:
        return None
    blank = PowerRow(response_id("central"), arm, comparison, to_show="net_benefit")
    response = composite(protocol, "central")
    weights, primary = dict(response.terms), protocol.primary
    gain, spread_arm, spread_comparison, unknown = response.offsets[arm] - response.offsets[comparison], 0.0, 0.0, []
    own_weight = 0.0
    for outcome in protocol.outcomes:
        weight = weights.get(column_of(outcome), 0.0)
        if not weight:
            continue
        variance, _ = declared_variance(outcome)
        benefit = any(valued.outcome == outcome.id for valued in protocol.decision.benefits)
        if variance is None or (benefit and outcome.minimum_effect is None):
            unknown.append(outcome.id)
            continue
        sign = -1.0 if outcome.better_below_zero else 1.0
        effect = sign * (outcome.minimum_effect or 0.0) if benefit else 0.0
        with_it, without = variance(effect)
        gain += weight * effect
        spread_arm += abs(weight) * sqrt(with_it)
        spread_comparison += abs(weight) * sqrt(without)
        own_weight = weight * sign if outcome.id == primary.id else own_weight
    if unknown:
        return replace(
            blank, reason=f"what {', '.join(unknown)} adds is not known: declare its baseline or spread, and its effect"
        )
    even = primary.minimum_effect - gain / own_weight if primary.minimum_effect and own_weight > 0.0 else None
    blank = PowerRow(blank.outcome, arm, comparison, to_show="net_benefit", break_even=even, gain=gain)
    if gain <= 0.0:
        return replace(blank, reason=f"at the declared effect it gains nothing: {gain:+.2f} pounds a customer")
    alpha = level_of_a_contrast(protocol)

    def chance(error: float, df: float | None) -> float:
        return passing_at(gain, error, alpha=alpha, df=df)

    spread = spread_arm**2, spread_comparison**2
    return _sized(protocol, blank, primary, spread, gain, alpha, customers, chance)


def _sized(
    protocol: Protocol, blank: PowerRow, outcome: Outcome, variances: tuple[float, float], away: float, alpha: float,
    customers: int | None, chance: Callable[[float, float | None], float],
) -> PowerRow:  # fmt: skip
    """A row with its size and, for the customers expected, its chance by the error and the degrees of freedom."""
    inflation, problem = inflation_of(protocol, outcome)
    if inflation is None:
        return replace(blank, reason=problem)
    shares = shares_of_everybody(protocol)
    share_arm, share_comparison = shares[blank.arm], shares[blank.comparison]
    needed = needed_for(protocol, outcome, lambda _: variances, away, alpha, share_comparison / share_arm)
    allotted = allot(protocol, outcome, share_arm, share_comparison, customers)
    found = None
    if allotted.problem is None:
        error = sqrt(inflation * (variances[0] / allotted.in_arm + variances[1] / allotted.in_comparison))
        found = chance(error, allotted.df)
    row = replace(
        blank, n_per_arm=needed[0], n_comparison=needed[1], power=found, expected_in_arm=allotted.expected,
        reason=allotted.problem,
    )  # fmt: skip
    return with_clusters(protocol, row)
