"""Pounds per customer assigned: benefits less costs, as one composite outcome through the primary's own estimator.

Every customer's composite is a weighted sum of outcomes less what the arm itself costs, so its error already holds
how benefits and costs move together. ``low`` is pessimistic (low benefits with high costs), ``high`` optimistic.
Amounts enter uncapped. Set-up is spread over the customers of the roll-out and is a constant, never estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from analysis.inference.cautions import lopsided
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted
from analysis.inference.redrawn import Redrawn
from analysis.inference.skewness import interval
from analysis.results import ArmMoney, Money, MoneyComponent, Scenario
from analysis.specification import Response
from designs.protocol.columns import column_of
from designs.protocol.models import Decision, Protocol, Range, Valuation

SCENARIOS: tuple[Scenario, ...] = ("low", "central", "high")
_COST_SIDE: Mapping[Scenario, Scenario] = {"low": "high", "central": "central", "high": "low"}


def response_id(scenario: Scenario) -> str:
    """The composite's name among the responses; no outcome can have it, for ids hold no colon."""
    return f"net_benefit:{scenario}"


def why_unvalued(protocol: Protocol) -> str | None:
    """Why a protocol gives no net benefit, or ``None`` where it does."""
    decision = protocol.decision
    if decision is None:
        return "the protocol declares no decision: no value is put on any outcome"
    if not decision.benefits and not decision.costs:
        return "the protocol puts no value on any outcome"
    if decision.set_up.high > 0 and decision.roll_out_customers is None:
        return "the protocol declares a set-up cost and no roll-out customers to spread it over"
    timed = [v.outcome for v in _valuations(decision) if protocol.outcome(v.outcome).kind == "time_to_event"]
    if timed:
        return f"the protocol puts a value on a time to event ({', '.join(timed)}), which has no total"
    return None


def composite(protocol: Protocol, scenario: Scenario) -> Response:
    """The net benefit of one customer under one scenario.

    Args:
        protocol: one for which :func:`why_unvalued` is ``None``.

    Returns:
        Terms in outcome columns (pounds per unit, costs negative) and each arm's own cost as a negative offset.
    """
    decision = _declared(protocol)
    weights: dict[str, float] = {}
    for valuation in decision.benefits:
        column = column_of(protocol.outcome(valuation.outcome))
        weights[column] = weights.get(column, 0.0) + in_scenario(valuation.value, scenario)
    for valuation in decision.costs:
        column = column_of(protocol.outcome(valuation.outcome))
        weights[column] = weights.get(column, 0.0) - in_scenario(valuation.value, _COST_SIDE[scenario])
    offsets = {arm.id: -own_cost(protocol, arm.id, scenario) for arm in protocol.arms}
    return Response(response_id(scenario), tuple(weights.items()), offsets)


def own_cost(protocol: Protocol, arm: str, scenario: Scenario) -> float:
    """Pounds that assigning one customer to an arm costs, before anybody reacts: contact, and a share of set-up."""
    contact = in_scenario(protocol.arm(arm).cost_per_customer, _COST_SIDE[scenario])
    return contact + set_up_per_customer(protocol, arm, scenario)


def whole_cost(protocol: Protocol, arm: str, scenario: Scenario, difference: Callable[[str], float | None]) -> float:
    """Pounds that one customer of an arm costs in all: contact, set-up, and everything that is valued as a cost.

    Args:
        protocol: the declared values.
        arm: its id.
        scenario: of which values and costs.
        difference: outcome id -> difference from the comparison in the outcome's unit; one that is unknown costs
            nothing.
    """
    decision = protocol.decision
    observed = 0.0
    for valuation in decision.costs if decision is not None else ():
        observed += in_scenario(valuation.value, _COST_SIDE[scenario]) * (difference(valuation.outcome) or 0.0)
    return own_cost(protocol, arm, scenario) + observed


def only_earlier(protocol: Protocol, scenario: Scenario, difference: Callable[[str], float | None]) -> float:
    """Pounds per customer of an arm's benefits that the plan says only come earlier; zero where it says none do.

    Args:
        protocol: the declared values.
        scenario: of which values.
        difference: outcome id -> difference from the comparison in the outcome's unit.
    """
    benefits = protocol.decision.benefits if protocol.decision is not None else ()
    return sum(
        in_scenario(valuation.value, scenario) * (difference(valuation.outcome) or 0.0)
        for valuation in benefits
        if valuation.money == "earlier"
    )


def set_up_per_customer(protocol: Protocol, arm: str, scenario: Scenario) -> float:
    """Set-up ÷ roll-out customers; zero for arms that are not new approaches."""
    decision = protocol.decision
    if decision is None or decision.roll_out_customers is None or protocol.arm(arm).kind != "otm":
        return 0.0
    return in_scenario(decision.set_up, _COST_SIDE[scenario]) / decision.roll_out_customers


def money(effect: Effect, adjusted: Adjusted | None, alpha: float, family: int = 1) -> Money:
    """An effect in pounds with its pointwise and simultaneous intervals; by redraws where it leans and there are any.

    Args:
        adjusted: the effect within its family.
        family: how many contrasts are in that, for a simultaneous interval by redraws: Bonferroni.
    """
    pointwise = interval(effect, alpha)
    redrawn = pointwise is not None and pointwise.by_redraws
    p_value = effect.p_value
    together = (adjusted.ci_lower_simultaneous, adjusted.ci_upper_simultaneous) if adjusted else (None, None)
    if redrawn and isinstance(effect.redrawn, Redrawn):
        p_value = min(1.0, 2.0 * min(effect.redrawn.p_greater(), effect.redrawn.p_less()))
        wider = pointwise if family == 1 else interval(effect, alpha / family)
        together = (wider.lower, wider.upper) if wider and adjusted else together
    return Money(
        estimate=effect.estimate,
        std_error=effect.std_error,
        df=effect.df,
        p_value=p_value,
        ci_lower=pointwise.lower if pointwise else None,
        ci_upper=pointwise.upper if pointwise else None,
        ci_lower_simultaneous=together[0],
        ci_upper_simultaneous=together[1],
        reason=effect.reason,
        by_redraws=redrawn,
        note=None if redrawn else lopsided(effect.skewness, alpha),
    )


def components(protocol: Protocol, difference: Callable[[str], float | None]) -> tuple[MoneyComponent, ...]:
    """Each valued outcome's part at central values.

    Args:
        protocol: the declared values.
        difference: outcome id -> difference from the comparison in the outcome's unit, ``None`` where unknown.

    Returns:
        One row a valuation; pounds are signed as they enter, so that with nothing missing they add up to the net
        benefit before contact and set-up.
    """
    decision = _declared(protocol)
    rows: list[MoneyComponent] = []
    sides: tuple[tuple[Literal["benefit", "cost"], float], ...] = (("benefit", 1.0), ("cost", -1.0))
    for side, sign in sides:
        for valuation in decision.benefits if side == "benefit" else decision.costs:
            effect, value = difference(valuation.outcome), valuation.value.central
            pounds = None if effect is None else sign * value * effect
            rows.append(MoneyComponent(valuation.outcome, side, effect, value, pounds, valuation.money))
    return tuple(rows)


def declared_break_even(protocol: Protocol) -> float | None:
    """The declared break-even effect, in the primary's own units, where it decides anything.

    It stands in for pounds where the benefits are none. With an amount among them the net benefit says what it would.
    """
    decision = protocol.decision
    if decision is None or any(protocol.outcome(v.outcome).kind == "amount" for v in decision.benefits):
        return None
    return decision.break_even


def idle_break_even(protocol: Protocol) -> bool:
    """Whether a break-even effect is declared that decides nothing."""
    declared = protocol.decision.break_even if protocol.decision else None
    return declared is not None and declared_break_even(protocol) is None


def break_even_effect(protocol: Protocol, arm: str, primary: Effect, central: Effect) -> float | None:
    """The effect on the primary at which the arm's central net benefit is zero, in the primary's unit.

    Declared where the protocol declares it. Cost ÷ value where the primary is all that has a value. Otherwise what
    the arm returned for each unit of its effect is taken to hold for other effects too; ``None`` where it returned
    nothing.
    """
    decision, declared = _declared(protocol), declared_break_even(protocol)
    if declared is not None:
        return declared
    cost = own_cost(protocol, arm, "central") - own_cost(protocol, protocol.comparison.id, "central")
    valued = _valuations(decision)
    if len(valued) == 1 and len(decision.benefits) == 1 and valued[0].outcome == protocol.primary.id:
        value = valued[0].value.central
        return cost / value if value != 0.0 else None
    if primary.estimate is None or central.estimate is None or primary.estimate == 0.0:
        return None
    returned = (central.estimate + cost) / primary.estimate
    wanted = -1.0 if protocol.primary.better_below_zero else 1.0
    return cost / returned if returned * wanted > 0.0 else None


def arm_money(
    protocol: Protocol,
    arm: str,
    *,
    by_scenario: Mapping[Scenario, Effect],
    adjusted: Adjusted | None,
    primary: Effect,
    difference: Callable[[str], float | None],
    superpopulation_variance: float = 0.0,
    family: int = 1,
    subgroup: str | None = None,
    level: str | None = None,
) -> ArmMoney:
    """All that is said about one arm's money, for everyone or for one subgroup level.

    Args:
        by_scenario: the composite's effect under each scenario.
        adjusted: the central effect within its family.
        primary: the arm's effect on the primary outcome, in its own unit.
        difference: outcome id -> difference, for the components.
        family: how many contrasts the central effect is adjusted with.
        superpopulation_variance: what is added to the variance for customers other than these (the roll-out's range).
        subgroup, level: the cell, or ``None``; a cell has no roll-out figure, for its size there is not declared.
    """
    decision, alpha = _declared(protocol), protocol.analysis.alpha
    central = by_scenario["central"]
    customers = decision.roll_out_customers if subgroup is None else None
    wider = central
    if central.std_error is not None and superpopulation_variance > 0.0:
        wider = replace(central, std_error=(central.std_error**2 + superpopulation_variance) ** 0.5)
    at_roll_out = interval(wider, alpha) if customers is not None else None
    return ArmMoney(
        arm=arm,
        comparison=protocol.comparison.id,
        low=money(by_scenario["low"], None, alpha),
        central=money(central, adjusted, alpha, family),
        high=money(by_scenario["high"], None, alpha),
        components=components(protocol, difference),
        cost_per_customer=protocol.arm(arm).cost_per_customer.central,
        set_up_per_customer=set_up_per_customer(protocol, arm, "central"),
        break_even_effect=break_even_effect(protocol, arm, primary, central),
        roll_out_customers=customers,
        roll_out_estimate=_times(central.estimate, customers),
        roll_out_lower=_times(at_roll_out.lower if at_roll_out else None, customers),
        roll_out_upper=_times(at_roll_out.upper if at_roll_out else None, customers),
        subgroup=subgroup,
        level=level,
    )


def in_scenario(value: Range, scenario: Scenario) -> float:
    """One end of a declared range, or its middle."""
    return {"low": value.low, "central": value.central, "high": value.high}[scenario]


def _times(value: float | None, customers: int | None) -> float | None:
    return None if value is None or customers is None else value * customers


def _valuations(decision: Decision) -> Sequence[Valuation]:
    return (*decision.benefits, *decision.costs)


def _declared(protocol: Protocol) -> Decision:
    if protocol.decision is None:
        raise ValueError("net benefit was asked of a protocol without a decision")
    return protocol.decision
