"""What each customer does under the arm assigned. Potential outcomes belong to the customer, not to the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.cohort.draws import Draws, Floats
from data.cohort.population import MEAN_PRIOR_LATE, REASONS
from data.cohort.world import Approach, World
from data.errors import DataRefused

YEAR = 365
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
_UNCONTACTED_CALLS = 0.02
_UNCONTACTED_COMPLAINTS = 0.0006
_ARRANGEMENTS = {"forgot": 0.01, "cannot_pay": 0.12, "confused": 0.03, "deliberate": 0.02}
_HARDSHIP = {"forgot": 0.002, "cannot_pay": 0.02, "confused": 0.004, "deliberate": 0.002}
_ARRANGEMENT_KEPT = 0.70
_MEAN_CALL_MINUTES = 8.0
_CALLS_SOON = np.array([2.0, 6.0, 13.0, 17.0, 15.0, 11.0, 9.0, 7.0, 6.0, 5.0, 4.0, 3.0, 1.0, 1.0])
"""Of the calls that an approach prompts, how many come on each day from day 1 on."""


@dataclass(frozen=True, slots=True)
class _Customers:
    """Who they are, their latent numbers, and the approach that reached them (its place in the world; −1: none)."""

    table: pa.Table
    draws: Draws
    reason: Places
    received: Places
    undelivered: Flags

    def number(self, column: str) -> Floats:
        values: Floats = self.table.column(column).to_numpy().astype(np.float64)
        return values

    def by_reason(self, values: Mapping[str, float]) -> Floats:
        figures: Floats = np.array([values[name] for name in REASONS])[self.reason]
        return figures

    def by_approach(self, planted: list[Mapping[str, float]]) -> Floats:
        """A figure by approach received and reason; nothing where none was received."""
        figures = np.array([[values.get(name, 0.0) for name in REASONS] for values in [*planted, {}]])
        of_each: Floats = figures[self.received, self.reason]  # −1 is the last row
        return of_each


def outcomes(population: pa.Table, arms: npt.ArrayLike, seed: int, world: World) -> pa.Table:
    """Everything observed about a year of each customer, under the arm assigned to them.

    A customer's latent numbers depend on the seed and their id alone. So the order of rows changes nothing, and a
    customer assigned to another arm differs only by what that arm does.

    Args:
        population: As :func:`data.cohort.population` gives it, shape (n,).
        arms: Arm ids, shape (n,).
        seed: Of these outcomes; independent of the population's.
        world: What is planted.

    Returns:
        ``customer_id`` and outcomes, rows in the order given, without the arm. For debts ``paid_{day}``,
        ``days_to_pay`` and ``paid`` (censored at 365 days), ``collected_12m`` (pounds), arrangements and states;
        for returns ``returned_{day}``, ``days_to_return``, ``returned``. For both ``inbound_minutes``, ``days_to_call``
        (of the first call; none for who does not),
        ``complaint``, ``hardship_contact``, ``undelivered``, ``verified_contact``.

    Raises:
        DataRefused: Arms and customers differ in number.
    """
    assigned = np.asarray(arms)
    if assigned.shape != (population.num_rows,):
        raise DataRefused(f"{population.num_rows} customers but arms of shape {assigned.shape}", rule="one arm each")
    customers = _contacted(population, assigned, seed, world)
    days = _days(customers, world)
    columns: dict[str, Any] = {"customer_id": population.column("customer_id")}
    if world.behaviour == "pay":
        columns |= _payments(customers, days, world)
    else:
        columns |= {
            f"returned_{world.primary_day}": days <= world.primary_day,
            "days_to_return": np.minimum(days, YEAR),
            "returned": days <= YEAR,
        }
    return pa.table(columns | _reactions(customers, world))


def lose_tail(outcomes: pa.Table, arms: npt.ArrayLike, arm: str, share: float) -> pa.Table:
    """Outcomes as they come back when the end of one arm's file is cut off.

    Args:
        outcomes: As :func:`outcomes` gives them.
        arms: Arm ids, same order.
        arm: Whose file it is.
        share: Part of that arm's rows that is lost, from the end.
    """
    places = np.flatnonzero(np.asarray(arms) == arm)
    keep = np.ones(outcomes.num_rows, bool)
    keep[places[len(places) - round(share * len(places)) :]] = False
    return outcomes.filter(pa.array(keep))


def _contacted(population: pa.Table, assigned: npt.NDArray[Any], seed: int, world: World) -> _Customers:
    draws = Draws(seed, population.column("customer_id"))
    approaches = list(world.approaches.values())
    sent = np.full(len(assigned), -1, np.int64)
    for place, arm in enumerate(world.approaches):
        sent[assigned == arm] = place
    astray = draws.chance("astray", world.non_compliance)
    sent = np.where(astray, np.where(sent >= 0, -1, 0), sent)
    telephone = pc.not_equal(population.column("phone_status"), "none").to_numpy()
    verified = draws.chance("verified", world.verified_calls)
    lost = draws.chance("undelivered", world.undelivered)
    by_channel = {"letter": ~lost, "email": ~lost, "sms": telephone & ~lost, "call": telephone & verified}
    arrives, undelivered = np.zeros(len(assigned), bool), np.zeros(len(assigned), bool)
    for place, approach in enumerate(approaches):
        arrives |= (sent == place) & by_channel[approach.channel]
        undelivered |= (sent == place) & lost & _has_address(approach, telephone)
    reason = pc.index_in(population.column("reason"), pa.array(REASONS)).to_numpy().astype(np.int64)
    return _Customers(population, draws, reason, np.where(arrives, sent, -1), undelivered)


def _has_address(approach: Approach, telephone: Flags) -> Flags:
    """Whether a message can be sent at all; a call is made or not, never undelivered."""
    if approach.channel == "sms":
        return telephone
    return np.full(len(telephone), approach.channel != "call")


def _days(customers: _Customers, world: World) -> Places:
    """Day on which each customer acts; beyond the year for those who do not."""
    draws = customers.draws
    effect = customers.by_approach([approach.effect for approach in world.approaches.values()])
    early = draws.uniform("early") < _propensity(customers, world) + effect
    soon = np.where(
        customers.received >= 0,
        draws.day("soon", _early_weights(world.primary_day, contacted=True)),
        draws.day("soon", _early_weights(world.primary_day, contacted=False)),
    )
    later = world.primary_day + draws.day("later", _late_weights(world))
    never = draws.chance("never", customers.by_reason(world.never))
    return np.where(early, soon, np.where(never, YEAR + 1, later))


def _propensity(customers: _Customers, world: World) -> Floats:
    """Chance of acting by the primary day when left alone: the reason's, tilted by what is known of the customer.

    Each tilt is about its own mean given the reason, so that the reason's share stays what was declared.
    """
    base = customers.by_reason(world.untreated)
    prior = customers.number("prior_late")
    risk = (customers.number("risk_score") - 45.0 - 6.0 * prior) / 14.0
    debt = customers.number("log_principal") - np.log(customers.by_reason(world.usual_debt))
    tilt = 0.25 * risk + 0.12 * debt + 0.10 * (prior - customers.by_reason(MEAN_PRIOR_LATE))
    odds = base / (1.0 - base) * np.exp(-tilt)
    chance: Floats = odds / (1.0 + odds)
    return chance


def _early_weights(day: int, *, contacted: bool) -> Floats:
    """Days 1 to the primary day. Payments bunch on days 5 to 12 after contact; without it they fall off slowly."""
    days = np.arange(1, day + 1)
    weights: Floats = np.exp(-days / 30.0)
    if contacted:
        weights *= np.where((days >= 5) & (days <= 12), 3.0, np.where(days < 4, 0.3, 0.8))
    return weights


def _late_weights(world: World) -> Floats:
    """Days after the primary day to the end of the year: a slow decline with bunches just after penalty dates."""
    days = np.arange(world.primary_day + 1, YEAR + 1)
    weights: Floats = np.exp(-days / 120.0)
    for penalty in world.penalty_days:
        since = days - penalty
        weights *= np.where((since >= 0) & (since <= 5), 5.0 - 0.6 * since, 1.0)
    return weights


def _payments(customers: _Customers, days: Places, world: World) -> dict[str, Any]:
    """Money and states. An arrangement is neither payment nor failure: the customer is at risk until cleared."""
    draws = customers.draws
    principal = customers.number("principal")
    extra = customers.by_approach([approach.arrangements for approach in world.approaches.values()])
    arranged = (days > world.primary_day) & draws.chance("arrangement", customers.by_reason(_ARRANGEMENTS) + extra)
    kept = arranged & draws.chance("kept", _ARRANGEMENT_KEPT)
    instalments_end = 150 + draws.day("instalments", np.ones(200))
    days = np.where(kept, instalments_end, np.where(arranged, YEAR + 1, days))
    part = np.where(arranged, 0.4, np.where(draws.chance("part", 0.12), 0.05 + 0.55 * draws.uniform("part paid"), 0.0))
    paid = days <= YEAR
    return {
        f"paid_{world.primary_day}": days <= world.primary_day,
        "days_to_pay": np.minimum(days, YEAR),
        "paid": paid,
        "collected_12m": np.round(np.where(paid, principal, part * principal), 2),
        "ttp_agreed": arranged,
        "ttp_kept": kept,
        "state_90": pc.if_else(days <= 90, "paid", pc.if_else(arranged, "arrangement", "outstanding")),
        "state_365": pc.if_else(paid, "paid", "outstanding"),
    }


def _reactions(customers: _Customers, world: World) -> dict[str, Any]:
    draws = customers.draws
    approaches = world.approaches.values()
    inbound = np.array([*(approach.inbound for approach in approaches), 0.0])[customers.received]
    minutes = np.round(-_MEAN_CALL_MINUTES * np.log1p(-draws.uniform("minutes")), 1)
    complaints = _UNCONTACTED_COMPLAINTS + customers.by_approach([approach.complaints for approach in approaches])
    calls = draws.chance("calls in", _UNCONTACTED_CALLS + inbound)
    # Who would have called anyway does so on any day of the year; whom the approach made call, in the days after it.
    prompted = draws.uniform("prompted") < inbound / (_UNCONTACTED_CALLS + inbound)
    of_year = draws.day("calls on", np.ones(YEAR))
    days = np.where(prompted, draws.day("calls soon", _CALLS_SOON), of_year)
    return {
        "inbound_minutes": np.where(calls, minutes, 0.0),
        "days_to_call": pc.if_else(pa.array(calls), pa.array(days), None),
        "complaint": draws.chance("complains", complaints),
        "hardship_contact": draws.chance("hardship", customers.by_reason(_HARDSHIP)),
        "undelivered": customers.undelivered,
        "verified_contact": customers.received >= 0,
    }
