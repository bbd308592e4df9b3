"""The chance of each verdict at the effects that a plan declares: estimates are drawn, and the verdict decides on each.

Whole trials say more and take minutes (:mod:`analysis.diagnosis.trial`); this takes a second, and a designer needs it
while a size is chosen. Nothing of the verdict is written again here: thresholds, multiplicity, guardrails, capacity and
segments are those of :func:`analysis.deciding.verdict.decide`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Final

import numpy as np
from scipy.special import fdtrc

from analysis.deciding import net_benefit
from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.guardrails import Harm, judge, judge_many
from analysis.deciding.verdict import Decided, decide
from analysis.diagnosis.customers import CLUSTER_SIZE
from analysis.diagnosis.diagnosands import ENDS, share_of
from analysis.diagnosis.estimates import ArmDraws, Clusters, Floats, drawn_arm
from analysis.diagnosis.results import Assumption, Diagnosand, TruthName
from analysis.diagnosis.worlds import World
from analysis.errors import AnalysisRefused
from analysis.evaluate.evidence.rules import guardrails_of, harm_of, rules_of
from analysis.inference.intervals import Effect
from analysis.inference.score_bounds import EventCounts
from analysis.results.verdicts import VerdictCode
from designs.protocol.columns import column_of
from designs.protocol.models import Protocol
from designs.protocol.shares import shares_of_everybody

DRAWS: Final = 2_000
SLOW_DRAWS: Final = 500  # where each draw integrates a distribution: Dunnett's
SEED: Final = 20_260_101
_PARTS: Final = 64  # of customers, by their segments: beyond these a segment has hardly anybody


@dataclass(frozen=True, slots=True)
class VerdictChances:
    """How often a trial of a size ends in each verdict.

    Attributes:
        truth: Which of the plan's truths is true.
        effects: The primary's true effect by arm, in the outcome's unit.
        customers: In all arms together.
        draws: How many trials' estimates were drawn.
        seed: Of the draws.
        verdicts: By code, every one that the end of a trial can have but ``invalid``, of which nothing is drawn.
        scaled: By arm, how often it is scaled: to everyone, or to a segment.
        assumptions: What the plan does not declare, and what was taken.
    """

    truth: TruthName
    effects: dict[str, float]
    customers: int
    draws: int
    seed: int
    verdicts: dict[VerdictCode, Diagnosand]
    scaled: dict[str, Diagnosand]
    assumptions: tuple[Assumption, ...]


def verdict_chances(
    world: World, *, truth: TruthName = "central", draws: int | None = None, seed: int = SEED
) -> VerdictChances:
    """Draw so many trials' estimates, and decide on each.

    Args:
        world: What the plan declares, and what is assumed where it does not.
        truth: Which effects are true.
        draws: How many; by default 2,000, and 500 where the plan adjusts by Dunnett's method.
        seed: The same gives the same chances.

    Raises:
        AnalysisRefused: The design has effects that no two means give, or too few customers to have an error.
    """
    plan = world.plan
    if plan.randomisation.saturations:
        raise AnalysisRefused(
            "the chance of a verdict is not drawn from means where clusters differ in how many are treated",
            where="randomisation.saturations",
            rule="a total effect is of whole clusters, and is simulated with them",
            remedy="simulate whole trials: otm diagnose",
        )
    wanted = draws or (SLOW_DRAWS if plan.analysis.multiplicity == "dunnett" else DRAWS)
    taken = [*world.assumptions, *_assumed(plan, world)]
    decided = list(_decisions(world, truth, wanted, seed, taken))
    codes = [each.code for each in decided]
    scaled = [each.arm if each.code in ("scale", "scale_segment") else None for each in decided]
    return VerdictChances(
        truth, world.truths(truth), world.customers, wanted, seed,
        {code: share_of([each == code for each in codes]) for code in ENDS if code != "invalid"},
        {arm: share_of([each == arm for each in scaled]) for arm in world.effects[truth]},
        tuple(taken),
    )  # fmt: skip


def customers_for_scale(world: World, power: float, *, draws: int = SLOW_DRAWS, seed: int = SEED) -> int | None:
    """About how many customers in all take a trial to end in scaling something, so often; None where no number does.

    Args:
        world: A plan and what is true; its own number of customers is where the search begins.
        power: How often it is to end in ``scale`` or ``scale_segment``, at the central truth.
        draws, seed: Of each size that is tried; a size is found within a few parts in a hundred.
    """
    sized = _WorldOfSize(world, draws, seed)
    low, high = world.customers, world.customers
    if sized.scales(low) >= power:
        while low > 2 * _FEWEST and sized.scales(low // 2) >= power:
            low //= 2
        low, high = low // 2, low
    else:
        while sized.scales(high) < power:
            low, high = high, 2 * high
            if high > _FURTHEST * world.customers:
                return None
    while high - low > 0.03 * high:
        middle = round((low * high) ** 0.5)
        low, high = (low, middle) if sized.scales(middle) >= power else (middle, high)
    return high


_FEWEST: Final = 20
_FURTHEST: Final = 200


@dataclass(frozen=True, slots=True)
class _WorldOfSize:
    world: World
    draws: int
    seed: int

    def scales(self, customers: int) -> float:
        found = _decisions(replace(self.world, customers=customers), "central", self.draws, self.seed, [])
        return float(np.mean([each.code in ("scale", "scale_segment") for each in found]))


def _assumed(plan: Protocol, world: World) -> Iterator[Assumption]:
    yield Assumption("draws", "estimates lean to neither side, and every trial passes its checks")
    if len(world.doings) > 1:
        own = [each.outcome.id for each in world.doings if each.follows is None]
        if len(own) > 1:
            yield Assumption("outcomes", "what a customer does in one outcome says nothing of another")
    if plan.randomisation.method in ("matched_pairs", "rerandomised") or plan.analysis.covariates:
        yield Assumption("randomisation", "pairs, strata, balance and covariates gain no precision")
    if any(arm.not_for for arm in plan.arms):
        yield Assumption("arms", "every approach is open to everybody")


def _decisions(world: World, truth: TruthName, draws: int, seed: int, taken: list[Assumption]) -> Iterator[Decided]:
    """The verdict on each draw."""
    plan, rules = world.plan, rules_of(world.plan)
    columns, levels = _segments(world, taken)
    parts = list(product(*(range(count) for count in levels.values())))
    groups = [[number for number, part in enumerate(parts) if part[place] == level] for place, level in columns]
    clusters = _clusters(plan)
    shares, arms = shares_of_everybody(plan), [plan.comparison.id, *(arm.id for arm in plan.otm_arms)]
    streams = np.random.default_rng(seed).spawn(len(arms))
    drawn = {}
    for arm, rng in zip(arms, streams, strict=True):
        n = _customers_of_parts(world.customers * shares[arm], len(parts), clusters)
        effect = world.effects[truth].get(arm, 0.0)
        drawn[arm] = drawn_arm(world.doings, effect, n, groups, clusters, draws, rng)
        if drawn[arm][0].units < 2:
            raise AnalysisRefused(
                f"{arm} has fewer than two {'clusters' if clusters else 'customers'}, so nothing has an error",
                where="arms",
                rule="a trial is judged by how much its customers, or their clusters, vary within an arm",
                remedy="name more customers",
            )
    of = {group: _Contrasts(world, rules, {arm: drawn[arm][group] for arm in arms}) for group in range(len(groups) + 1)}
    names = list(levels)
    tests = _interactions(of, columns, levels)
    for draw in range(draws):
        yield decide(
            TrialEvidence(
                (),
                tuple(of[0].evidence(arm.id, draw) for arm in plan.otm_arms),
                tuple(
                    CellEvidence(
                        names[place], str(level), of[group].evidence(arm.id, draw),
                        float(tests[arm.id, place][draw]), of[group].customers, of[group].net_covariance(draw),
                    )
                    for group, (place, level) in enumerate(columns, start=1)
                    for arm in plan.otm_arms
                ),
                of[0].effect_covariance(draw),
                of[0].net_covariance(draw),
            ),
            rules,
        )  # fmt: skip


def _segments(world: World, taken: list[Assumption]) -> tuple[list[tuple[int, int]], dict[str, int]]:
    """(column, level) by number of every segment, and how many levels each planned column has."""
    levels: dict[str, int] = {}
    for subgroup in world.plan.analysis.subgroups:
        if subgroup.column in world.who.groups:
            continue
        levels[subgroup.column] = subgroup.quantiles or len(world.who.levels.get(subgroup.column, ("a", "b")))
    if np.prod(list(levels.values()), dtype=float) > _PARTS:
        taken.append(Assumption("segments", "no segment is scaled alone: there are too many to draw them all"))
        levels = {}
    return [(place, level) for place, count in enumerate(levels.values()) for level in range(count)], levels


def _clusters(plan: Protocol) -> Clusters | None:
    if plan.cluster is None:
        return None
    return Clusters(plan.population.cluster_size or CLUSTER_SIZE, plan.population.cluster_size_cv or 0.0)


def _customers_of_parts(customers: float, parts: int, clusters: Clusters | None) -> list[float]:
    """Customers of an arm in each part, whole ones or whole clusters, as evenly as they go."""
    size = clusters.size if clusters else 1.0
    units = int(customers / size + 1e-9)
    return [size * (units // parts + (number < units % parts)) for number in range(parts)]


class _Contrasts:
    """Every arm against the comparison, in one group of customers, over all draws."""

    def __init__(self, world: World, rules: DecisionRules, drawn: Mapping[str, ArmDraws]) -> None:
        plan = world.plan
        self._plan, self._rules, self._drawn = plan, rules, drawn
        self._comparison, self._place = plan.comparison.id, {d.outcome.id: k for k, d in enumerate(world.doings)}
        self.customers = round(sum(each.n for each in drawn.values()))
        self.arms = [arm.id for arm in plan.otm_arms]
        self._estimable = {arm: min(drawn[arm].units, drawn[self._comparison].units) >= 2 for arm in self.arms}
        sign = -1.0 if plan.primary.better_below_zero else 1.0
        self._effect = self._weighted(world, {plan.primary.id: sign}, {})
        self._net = None
        if rules.valued:
            response = net_benefit.composite(plan, "central")
            terms = dict(response.terms)
            weights = {d.outcome.id: terms.get(column_of(d.outcome), 0.0) for d in world.doings}
            self._net = self._weighted(world, weights, response.offsets)
        self._harms = {arm: self._harms_of(world, arm) for arm in self.arms}

    def _weighted(
        self, world: World, weights: Mapping[str, float], offsets: Mapping[str, float]
    ) -> dict[str, tuple[Floats, Floats]]:
        """By arm, (D,) means and their variances of a weighted sum of outcomes."""
        w = np.array([weights.get(doing.outcome.id, 0.0) for doing in world.doings])
        return {
            arm: (
                drawn.means @ w + offsets.get(arm, 0.0),
                np.einsum("dij,i,j->d", drawn.spreads, w, w) / max(drawn.n, 1.0),
            )
            for arm, drawn in self._drawn.items()
        }

    def _df(self, arm: str) -> float:
        """Satterthwaite's, of what is expected where both arms vary alike: as the analysis has them."""
        a, c = self._drawn[arm].units, self._drawn[self._comparison].units
        return float((1 / a + 1 / c) ** 2 / (1 / (a**2 * (a - 1)) + 1 / (c**2 * (c - 1))))

    def _against(self, of: Mapping[str, tuple[Floats, Floats]], arm: str, draw: int) -> Effect:
        if not self._estimable[arm]:
            return _UNKNOWN
        (mean, variance), (base, spread) = of[arm], of[self._comparison]
        error = float(variance[draw] + spread[draw]) ** 0.5
        return Effect(float(mean[draw] - base[draw]), error if error > 0.0 else None, self._df(arm))

    def difference(self, arm: str, draw: int, outcome: str) -> float | None:
        """Of one outcome's means."""
        k = self._place.get(outcome)
        if k is None:
            return None
        return float(self._drawn[arm].means[draw, k] - self._drawn[self._comparison].means[draw, k])

    def _harms_of(self, world: World, arm: str) -> list[tuple[Harm, ...]]:
        """(D) of every guardrail, judged."""
        guardrails = guardrails_of(self._plan)
        draws = len(self._drawn[arm].means)
        if not guardrails:
            return [()] * draws
        columns = []
        for outcome in guardrails:
            levels = {"level": self._rules.level_passed, "level_established": self._rules.level_established}
            k = self._place[outcome.id]
            first, second = self._drawn[arm], self._drawn[self._comparison]
            if outcome.margin is None or not self._estimable[arm]:
                nothing = judge(outcome.id, outcome.margin, "nobody is here", harm_is=harm_of(outcome), **levels)
                columns.append([nothing] * draws)
            elif outcome.kind == "binary" and self._plan.cluster is None:
                n = np.ones(draws)
                counts = EventCounts(first.events[:, k], n * first.n, second.events[:, k], n * second.n)
                columns.append(judge_many(outcome.id, outcome.margin, counts, harm_is=harm_of(outcome), **levels))
            else:
                of = self._weighted(world, {outcome.id: 1.0}, {})
                columns.append(
                    [
                        judge(
                            outcome.id, outcome.margin, self._against(of, arm, draw), harm_is=harm_of(outcome), **levels
                        )
                        for draw in range(draws)
                    ]
                )
        return list(zip(*columns, strict=True))

    def evidence(self, arm: str, draw: int) -> Evidence:
        """What one draw says of an arm."""
        difference = partial(self.difference, arm, draw)
        return Evidence(
            arm,
            self._against(self._effect, arm, draw),
            None if self._net is None else self._against(self._net, arm, draw),
            self._harms[arm][draw],
            cost=net_benefit.whole_cost(self._plan, arm, "central", difference),
        )

    def effects(self, arm: str) -> tuple[Floats, Floats]:
        """(D,) differences in the primary, better above zero, and their variances."""
        (mean, variance), (base, spread) = self._effect[arm], self._effect[self._comparison]
        return mean - base, variance + spread

    def degrees(self) -> float:
        """Units of all arms less one for each."""
        return float(sum(each.units - 1.0 for each in self._drawn.values()))

    def _covariance(self, of: Mapping[str, tuple[Floats, Floats]], draw: int) -> Floats:
        shared = float(of[self._comparison][1][draw])
        return np.diag([float(of[arm][1][draw]) for arm in self.arms]) + shared

    def effect_covariance(self, draw: int) -> Floats:
        """Of the arms' effects, shape (arms, arms)."""
        return self._covariance(self._effect, draw)

    def net_covariance(self, draw: int) -> Floats | None:
        """Of their net benefits, likewise; None where nothing is valued."""
        return None if self._net is None else self._covariance(self._net, draw)


def _interactions(
    of: Mapping[int, _Contrasts], columns: list[tuple[int, int]], levels: Mapping[str, int]
) -> dict[tuple[str, int], Floats]:
    """(D,) p-values of each arm's effect being the same in all levels of a column: Wald's F, levels independent."""
    found = {}
    for place in range(len(levels)):
        groups = [group for group, (column, _) in enumerate(columns, start=1) if column == place]
        for arm in of[0].arms:
            effects, variances = (
                np.array(each) for each in zip(*(of[group].effects(arm) for group in groups), strict=True)
            )
            weights = 1.0 / np.maximum(variances, 1e-300)
            mean = (weights * effects).sum(axis=0) / weights.sum(axis=0)
            q = len(groups) - 1
            statistic = (weights * (effects - mean) ** 2).sum(axis=0) / q
            found[arm, place] = fdtrc(q, max(sum(of[group].degrees() for group in groups), 1.0), statistic)
    return found


_UNKNOWN: Final = Effect(None, None, reason="fewer than two units in an arm")
