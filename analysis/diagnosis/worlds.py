"""The model of what is true, read off a plan: who the customers are, what they would do, and what an approach adds.

Everything that the plan declares is taken from it; everything else is an :class:`Assumption`, and is said. Effects are
those of being assigned, so that delivery has diluted them already.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from analysis.diagnosis.customers import Customers, customers_of
from analysis.diagnosis.doings import Doing, doings_of
from analysis.diagnosis.expected import expected_customers, truths_of
from analysis.diagnosis.results import Assumption, TruthName
from analysis.errors import AnalysisRefused
from designs.protocol.models import Protocol

TRUTHS: Final[tuple[TruthName, ...]] = ("none", "low", "central", "high")
_LEAST: Final = 20  # customers of a simulated trial
_MOST: Final = 5_000_000


@dataclass(frozen=True)
class World:
    """A plan that can be simulated, and what is true in it.

    Attributes:
        plan: The declared plan with what its verdict rests on, drawn here.
        customers: Of each trial.
        effects: By truth, what each arm but the comparison adds to the primary of a customer who is assigned to it.
        missing: Share of customers of whom no outcome comes back, whatever their arm.
        gain: Share of the primary's variation that the first covariate explains, on the scale of its latent normal.
        undelivered: Share whom no contact reaches: they do what they would have done without.
        assumptions: What the plan does not declare.
    """

    plan: Protocol
    customers: int
    effects: Mapping[TruthName, Mapping[str, float]]
    who: Customers
    doings: tuple[Doing, ...]
    missing: float
    undelivered: float
    gain: float
    assumptions: tuple[Assumption, ...]

    def truths(self, truth: TruthName) -> dict[str, float]:
        """The primary's true effects that the analysis estimates, by arm.

        In a saturation trial it compares whole clusters of the highest saturation with those where nobody is treated.
        """
        treated = max((level.treated for level in self.plan.randomisation.saturations), default=1.0)
        return {arm: effect * treated for arm, effect in self.effects[truth].items()}

    def people(self, rng: np.random.Generator) -> pa.Table:
        """Customers with what is known of them before the draw, n rows."""
        return self.who.drawn(self.customers, rng)

    def outcomes(self, people: pa.Table, arms: np.ndarray, truth: TruthName, rng: np.random.Generator) -> pa.Table:
        """What comes back of each customer under the arm assigned, n rows.

        Args:
            people: As :meth:`people` gives them.
            arms: (n,) ids.
            truth: Which effects are true.
            rng: Of this trial.
        """
        reached = rng.random(len(arms)) >= self.undelivered
        scale = 1.0 - self.undelivered  # the effect of being assigned stays what was declared
        lost = rng.random(len(arms)) < self.missing
        columns: dict[str, pa.Array] = {}
        done: dict[str, np.ndarray] = {}
        for doing in self.doings:
            added = np.zeros(len(arms))
            for arm, effect in self.effects[truth].items():
                added[(arms == arm) & reached] = doing.of_primary(effect) / scale
            # Each outcome has a lot of its own within its clusters, so that two outcomes are not one.
            shared = self.who.latent(people, rng) if doing.correlation else None
            told = self._told(people) if doing.primary else None
            for name, values in doing.columns(shared, added, done, rng, told).items():
                columns[name] = pa.array(values, mask=lost)
        return pa.table(columns)

    def _told(self, people: pa.Table) -> np.ndarray | None:
        """(n,) what the first covariate tells of the primary, of variance ``gain``; None where it tells nothing."""
        column = _covariate(self.plan, self.who)
        return math.sqrt(self.gain) * people.column(column).to_numpy() if column is not None and self.gain else None


def _covariate(plan: Protocol, who: Customers) -> str | None:
    """The first covariate that is a number."""
    return next((each.column for each in plan.analysis.covariates if each.column in who.numbers), None)


def declared_world(
    protocol: Protocol,
    *,
    customers: int | None = None,
    missing: float | None = None,
    undelivered: float | None = None,
    gain: float | None = None,
) -> World:
    """The world that a plan declares.

    Args:
        protocol: The plan.
        customers: Of each simulated trial, all arms together; what the plan expects where absent.
        missing: Share of customers without an outcome; none where absent.
        undelivered: Share whom no contact reaches; none where absent.
        gain: Share of the primary's variation that covariates explain; none where absent.

    Raises:
        AnalysisRefused: A share or a number that no trial can have.
    """
    for name, share in (("missing", missing), ("undelivered", undelivered), ("explained", gain)):
        if share is not None and not 0.0 <= share < 1.0:
            raise AnalysisRefused(
                f"a share of {share:g} cannot be {name}", where=name, rule="a share is at least 0 and below 1"
            )
    if protocol.randomisation.saturations and len(protocol.arms) > 2:
        raise AnalysisRefused(
            "a trial of several approaches at saturations is not simulated",
            where="randomisation.saturations",
            rule="clusters in which approaches are mixed show no effect of sending one of them to everyone",
            remedy="diagnose the plan with one approach",
        )
    taken: list[Assumption] = []
    n = expected_customers(protocol, taken) if customers is None else customers
    if not _LEAST <= n <= _MOST:
        raise AnalysisRefused(
            f"a trial of {n:,} customers is not simulated",
            where="customers",
            rule=f"from {_LEAST} to {_MOST:,}, over all arms",
            remedy="name the number of customers to simulate",
        )
    plan = _drawn_here(protocol, taken)
    if plan.randomisation.pairs is not None:
        n -= n % len(plan.arms)  # whole pairs
    who = customers_of(plan, taken)
    doings = doings_of(plan, taken)
    effects = truths_of(plan, n, next(each for each in doings if each.primary), taken)
    if gain and _covariate(plan, who) is None:
        raise AnalysisRefused(
            "covariates explain nothing of a plan that adjusts for no number",
            where="analysis.covariates",
            rule="what is explained is explained by the first covariate that is a number",
            remedy="declare one, or leave the share out",
        )
    _of_the_field(plan, missing, undelivered, taken)
    if plan.analysis.covariates:
        explained = f"explain {gain:.0%}" if gain else "explain nothing"
        taken.append(Assumption("analysis.covariates", f"covariates {explained} of how the primary outcome varies"))
    return World(plan, n, effects, who, doings, missing or 0.0, undelivered or 0.0, gain or 0.0, tuple(taken))


def _drawn_here(protocol: Protocol, taken: list[Assumption]) -> Protocol:
    """The plan as it can be drawn here, in one intake and with one look at its end."""
    from analysis.diagnosis.trial import decisive

    plan, scheme = decisive(protocol), protocol.randomisation
    if not protocol.randomised_here:
        shares = scheme.shares or {arm.id: arm.share or 1.0 for arm in protocol.arms}
        taken.append(
            Assumption("randomisation.method", "randomised elsewhere: simulated with shares kept within strata")
        )
        plan = plan.model_copy(
            update={
                "arms": tuple(arm.model_copy(update={"share": float(shares.get(arm.id, 1.0))}) for arm in plan.arms),
                "randomisation": scheme.model_copy(
                    update={"method": "saturation" if scheme.saturations else "complete", "arm_column": None}
                ),
            }
        )
    if scheme.waves or scheme.batches:
        taken.append(Assumption("randomisation", "all customers come at once: waves and batches are not simulated"))
    if protocol.analysis.looks is not None:
        taken.append(Assumption("analysis.looks", "the last analysis alone: looks before the end are not simulated"))
    return plan.model_copy(
        update={
            "randomisation": plan.randomisation.model_copy(update={"waves": (), "batches": None}),
            "analysis": plan.analysis.model_copy(update={"looks": None}),
        }
    )


def _of_the_field(plan: Protocol, missing: float | None, undelivered: float | None, taken: list[Assumption]) -> None:
    if missing is None:
        taken.append(Assumption("missing", "an outcome comes back of every customer"))
    else:
        taken.append(Assumption("missing", f"{missing:.1%} of customers have no outcome, alike in every arm"))
    if undelivered is None:
        taken.append(Assumption("undelivered", "every contact reaches its customer"))
    else:
        taken.append(
            Assumption("undelivered", f"{undelivered:.1%} of contacts reach nobody; effects are of being assigned")
        )
    if plan.randomisation.saturations:
        taken.append(
            Assumption("effects", "an approach changes what its customers do, and nobody else's in their cluster")
        )
    if len(plan.arms) > 2:
        taken.append(Assumption("effects", "every approach has the same effect"))
    if plan.analysis.subgroups:
        taken.append(Assumption("segments", "effects are the same in every segment"))
