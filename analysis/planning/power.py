"""How many customers a trial needs, and what it can find with those it has.

Unpooled variances, each planned contrast at α/m, whole customers rounded up. Shares are judged by the normal
approximation, amounts and counts by Student's noncentral t on their customers less two. A time to an event is the share
with the event by the horizon, for that is how it is judged; a count that varies more than a Poisson's does so as a
negative binomial. Clusters multiply the variance by 1 + ((1 + CV²)m − 1)ρ (Kish 1965; Eldridge, Ashby & Kerry 2006,
International Journal of Epidemiology 35:1292), with the declared mean m of their sizes, the coefficient of variation CV
of these, and correlation ρ; they are whole, at least two an arm, and judged by t on the clusters less two, for it is
they that are assigned. Clusters at saturations, each of which holds several arms, are not counted so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, floor, inf, isfinite, isnan, sqrt
from typing import Final, Literal

from scipy.optimize import brentq
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from analysis.errors import AnalysisRefused
from designs.literals import OutcomeKind
from designs.protocol.models import Outcome, Protocol
from designs.protocol.shares import shares_of_everybody

ToShow = Literal["effect", "within_margin", "net_benefit"]


@dataclass(frozen=True, slots=True)
class PowerRow:
    """One outcome and arm. A figure that the protocol does not allow is ``None``, and ``reason`` says why.

    ``to_show`` is what the row is for: an effect, that a guardrail which does no harm stays within its margin, or that
    money is gained. ``n_per_arm`` is the arm's own size at which the declared minimum effect is found with the declared
    power, of whole clusters where they are assigned; ``n_comparison`` goes with it, and ``clusters`` and
    ``clusters_comparison`` say how many clusters these are. ``power`` and
    ``minimum_detectable_effect`` are at the customers expected. ``break_even`` is the primary's effect at which an
    approach gains what it costs, and ``gain`` what it gains at the declared effects in pounds a customer.
    """

    outcome: str
    arm: str
    comparison: str
    n_per_arm: int | None = None
    n_comparison: int | None = None
    power: float | None = None
    minimum_detectable_effect: float | None = None
    expected_in_arm: int | None = None
    reason: str | None = None
    to_show: ToShow = "effect"
    break_even: float | None = None
    gain: float | None = None
    clusters: int | None = None
    clusters_comparison: int | None = None


Variance = Callable[[float], tuple[float, float]]


def _proportions(baseline: float) -> Variance:
    """Variances in the arm and the comparison of a share that an effect moves."""

    def at(effect: float) -> tuple[float, float]:
        with_effect = min(max(baseline + effect, 0.0), 1.0)
        return with_effect * (1 - with_effect), baseline * (1 - baseline)

    return at


def sample_size(
    variance: Variance, effect: float, *, alpha: float, power: float, ratio: float = 1.0, inflation: float = 1.0
) -> int:
    """Customers needed in the arm; the comparison has ``ratio`` times as many.

    Args:
        variance: from an effect to the variances of one customer's outcome in the arm and in the comparison.
        effect: the difference to find, in the outcome's unit.
        alpha: two-sided, already divided by the number of contrasts.
        power: wanted.
        ratio: comparison customers for each customer in the arm.
        inflation: the design effect of clusters.

    Examples:
        >>> sample_size(_proportions(0.34), 0.02, alpha=0.05, power=0.8)
        8925
    """
    if effect == 0:
        raise AnalysisRefused("no sample can find an effect of zero", where="minimum_effect")
    z = float(ndtri(1 - alpha / 2) + ndtri(power))
    arm, comparison = variance(effect)
    size = z**2 * inflation * (arm + comparison / ratio) / effect**2 if effect**2 else inf
    if not isfinite(size):
        raise AnalysisRefused(
            "no sample is large enough to be counted",
            where="analysis.alpha, analysis.power, minimum_effect",
            rule="a size follows from an error, a power and an effect that are within reach of arithmetic",
            remedy="declare a larger error, a lower power or a larger effect",
        )
    return ceil(size - 1e-9)


def students_sample_size(
    variance: Variance, effect: float, *, alpha: float, power: float, ratio: float = 1.0, inflation: float = 1.0,
    size: float = 1.0,
) -> tuple[int, int]:  # fmt: skip
    """Units needed in the arm and in the comparison, at least two in each, judged by Student's t on units less two.

    Args:
        variance, effect, alpha, power, ratio, inflation: as for :func:`sample_size`.
        size: customers in a unit: 1, or the size of the clusters that are assigned.

    Examples:
        >>> students_sample_size(lambda _: (1.0, 1.0), 2.0, alpha=0.05, power=0.8)
        (6, 6)
    """
    normal = sample_size(variance, effect, alpha=alpha, power=power, ratio=ratio, inflation=inflation)
    units = max(2, ceil(normal / size - 1e-9))  # t needs no fewer
    while True:
        others = max(2, ceil(units * ratio - 1e-9))
        found = power_at(
            variance, effect, units * size, others * size, alpha=alpha, inflation=inflation, df=units + others - 2
        )
        if found >= power:
            return units, others
        units += 1


def power_at(
    variance: Variance, effect: float, n_arm: float, n_comparison: float, *, alpha: float, inflation: float = 1.0,
    df: float | None = None,
) -> float:  # fmt: skip
    """Chance of a two-sided rejection when the effect is as stated; by Student's t where it has degrees of freedom."""
    arm, comparison = variance(effect)
    error = sqrt(inflation * (arm / n_arm + comparison / n_comparison))
    if error == 0.0:
        return 1.0 if effect else alpha
    away = abs(effect) / error
    if df is not None:
        edge = float(stdtrit(df, 1 - alpha / 2))
        found = float(1.0 - nctdtr(df, away, edge) + nctdtr(df, away, -edge))
        if not isnan(found):  # so far away that its sum has no digits left, where the normal one says 1 too
            return min(found, 1.0)
    z = float(ndtri(1 - alpha / 2))
    return float(ndtr(away - z) + ndtr(-away - z))


def minimum_detectable_effect(
    variance: Variance, n_arm: float, n_comparison: float, *, alpha: float, power: float, sign: float, largest: float,
    inflation: float = 1.0, df: float | None = None,
) -> float | None:  # fmt: skip
    """The smallest effect found with the wanted power; ``None`` when even ``largest`` is not."""

    def shortfall(size: float) -> float:
        return power_at(variance, sign * size, n_arm, n_comparison, alpha=alpha, inflation=inflation, df=df) - power

    if largest <= 0 or shortfall(largest) < 0:
        return None
    return sign * float(brentq(shortfall, 1e-12 * largest, largest, xtol=1e-12))


def plan(protocol: Protocol, customers: int | None) -> tuple[PowerRow, ...]:
    """Every outcome that declares what it takes, against the comparison; guardrails are sized apart.

    Args:
        protocol: with ``baseline`` and ``minimum_effect`` on the outcomes to size.
        customers: how many are expected in all arms together; ``None`` where nobody has counted yet.
    """
    rows: list[PowerRow] = []
    shares = shares_of_everybody(protocol)
    contrasts = [pair for pair in protocol.contrasts if pair[1] == protocol.comparison.id]
    alpha = level_of_a_contrast(protocol)
    for outcome in protocol.outcomes:
        if outcome.margin is not None:  # which is sized for its margin, by what an approach needs to be scaled
            continue
        if outcome.kind == "time_to_event" and outcome.role != "primary" and outcome.minimum_effect is None:
            continue
        for arm, comparison in contrasts:
            rows.append(_row(protocol, outcome, arm, comparison, shares, alpha, customers))
    return tuple(rows)


def level_of_a_contrast(protocol: Protocol) -> float:
    """The two-sided level of one planned contrast: alpha, divided by their number where the plan adjusts for it."""
    alpha = protocol.analysis.alpha
    adjusted = protocol.analysis.multiplicity not in ("none", "benjamini_hochberg")
    return alpha / len(protocol.contrasts) if adjusted else alpha


def _row(
    protocol: Protocol, outcome: Outcome, arm: str, comparison: str, shares: dict[str, float], alpha: float,
    customers: int | None,
) -> PowerRow:  # fmt: skip
    variance, problem = declared_variance(outcome)
    inflation, cluster_problem = inflation_of(protocol, outcome)
    problem = problem or cluster_problem
    if variance is None or inflation is None:
        return PowerRow(outcome.id, arm, comparison, reason=problem)
    sign = -1.0 if outcome.better_below_zero else 1.0
    effect = None if outcome.minimum_effect is None else sign * outcome.minimum_effect
    needed: tuple[int | None, int | None] = (None, None)
    power = detectable = None
    reasons = []
    if effect is None:
        reasons.append("no minimum_effect is declared, so no size follows")
    else:
        needed = needed_for(protocol, outcome, variance, effect, alpha, shares[comparison] / shares[arm])
    allotted = allot(protocol, outcome, shares[arm], shares[comparison], customers)
    if allotted.problem is not None:
        reasons.append(allotted.problem)
    else:
        in_arm, in_comparison, df = allotted.in_arm, allotted.in_comparison, allotted.df
        if effect is not None:
            power = power_at(variance, effect, in_arm, in_comparison, alpha=alpha, inflation=inflation, df=df)
        detectable = minimum_detectable_effect(
            variance, in_arm, in_comparison, alpha=alpha, power=protocol.analysis.power, sign=sign,
            largest=_largest(outcome, sign), inflation=inflation, df=df,
        )  # fmt: skip
    row = PowerRow(
        outcome.id, arm, comparison, *needed, power, detectable, allotted.expected, "; ".join(reasons) or None
    )
    return with_clusters(protocol, row)


def with_clusters(protocol: Protocol, row: PowerRow) -> PowerRow:
    """The row with how many whole clusters its sizes are, where clusters are assigned whole."""
    size = protocol.population.cluster_size
    if not protocol.cluster or protocol.randomisation.saturations or size is None:
        return row
    numbers = [None if n is None else floor(n / size + 1e-9) for n in (row.n_per_arm, row.n_comparison)]
    return replace(row, clusters=numbers[0], clusters_comparison=numbers[1])


@dataclass(frozen=True, slots=True)
class Allotted:
    """Of so many customers in all, those in an arm and in its comparison that a test counts.

    Attributes:
        in_arm, in_comparison: Customers; of clusters those in whole ones.
        df: Degrees of freedom of Student's t; None where the normal approximation judges.
        expected: Whole customers in the arm; None where nobody has counted yet.
        problem: Why no power follows; None where it does.
    """

    in_arm: float = 0.0
    in_comparison: float = 0.0
    df: float | None = None
    expected: int | None = None
    problem: str | None = None


def allot(
    protocol: Protocol, outcome: Outcome, share_arm: float, share_comparison: float, customers: int | None
) -> Allotted:
    """Who is in an arm and in its comparison, by their shares of everybody."""
    if not customers:
        return Allotted(problem="the number of customers is not known yet, so no power follows")
    in_arm, in_comparison = customers * share_arm, customers * share_comparison
    expected, size = int(in_arm + 1e-9), _size_of_units(protocol, outcome)
    units = [floor(count / (size or 1.0) + 1e-9) for count in (in_arm, in_comparison)]
    if min(units) < 2:
        what = "customers" if (size or 1.0) == 1 else "clusters"
        return Allotted(expected=expected, problem=f"{min(units)} whole {what} in an arm are fewer than two")
    if size is not None and size > 1:
        in_arm, in_comparison = (count * size for count in units)
    return Allotted(in_arm, in_comparison, sum(units) - 2.0 if size is not None else None, expected)


def needed_for(
    protocol: Protocol, outcome: Outcome, variance: Variance, effect: float, alpha: float, ratio: float
) -> tuple[int, int]:
    """Customers needed in the arm and in the comparison, which is ``ratio`` times as large.

    Args:
        protocol: With the power that is wanted.
        outcome: Whose clusters and correlation count.
        variance: Of one customer, as for :func:`sample_size`.
        effect: To be shown.
        alpha: Two-sided.
        ratio: Comparison customers for each customer in the arm.
    """
    wanted, size = protocol.analysis.power, _size_of_units(protocol, outcome)
    inflation = inflation_of(protocol, outcome)[0] or 1.0
    if size is None:
        arm = sample_size(variance, effect, alpha=alpha, power=wanted, ratio=ratio, inflation=inflation)
        return arm, ceil(arm * ratio - 1e-9)
    units = students_sample_size(
        variance, effect, alpha=alpha, power=wanted, ratio=ratio, inflation=inflation, size=size
    )
    return ceil(units[0] * size - 1e-9), ceil(units[1] * size - 1e-9)


def _size_of_units(protocol: Protocol, outcome: Outcome) -> float | None:
    """Customers in each unit that Student's t counts; None where the normal approximation judges."""
    if protocol.randomisation.saturations or not protocol.cluster:
        return None if outcome.kind in SHARES or protocol.cluster else 1.0
    return float(protocol.population.cluster_size or 1.0)


def declared_variance(outcome: Outcome) -> tuple[Variance | None, str | None]:
    """The variance of one customer, by effect, as the plan declares it; or None and why it does not follow."""
    if outcome.kind in SHARES:
        return _of_share(outcome)
    if outcome.standard_deviation is None:
        return None, "no standard_deviation is declared: how much the outcome varies between customers"
    variance = outcome.standard_deviation**2
    if outcome.kind == "count" and outcome.baseline and variance >= _AS_POISSON * outcome.baseline:
        return _counts(outcome.baseline, variance), None
    return (lambda _: (variance, variance)), None


SHARES: Final[tuple[OutcomeKind, ...]] = ("binary", "time_to_event")
_AS_POISSON: Final = 0.99  # of its mean: the variance of a count whose spread was declared in a few digits


def _of_share(outcome: Outcome) -> tuple[Variance | None, str | None]:
    by = "" if outcome.kind == "binary" else f" with the event by day {outcome.horizon or 0:g}"
    if outcome.baseline is None:
        return None, f"no baseline is declared: the share expected without contact{by}"
    if outcome.kind == "time_to_event":  # which plans may have in days, for nothing read it as a share
        effect = outcome.minimum_effect or 0.0
        reached = outcome.baseline - effect if outcome.better_below_zero else outcome.baseline + effect
        if not (outcome.baseline <= 1.0 and 0.0 <= reached <= 1.0):
            return None, (
                f"a time to an event is judged by the share{by}: baseline and minimum_effect are shares, and come to "
                "one from 0 to 1"
            )
    return _proportions(outcome.baseline), None


def _counts(baseline: float, variance: float) -> Variance:
    """Variances of a count that an effect moves: a Poisson's mean, and a negative binomial's α times its square."""
    dispersion = max(variance - baseline, 0.0) / baseline**2

    def at(effect: float) -> tuple[float, float]:
        mean = max(baseline + effect, 0.0)
        return mean + dispersion * mean**2, baseline + dispersion * baseline**2

    return at


def inflation_of(protocol: Protocol, outcome: Outcome) -> tuple[float | None, str | None]:
    """The design effect of clusters, 1 without; or None and why it does not follow."""
    if not protocol.cluster:
        return 1.0, None
    if outcome.intracluster_correlation is None or protocol.population.cluster_size is None:
        return None, "clusters need population.cluster_size and the outcome's intracluster_correlation"
    variation = protocol.population.cluster_size_cv or 0.0
    counted = (1.0 + variation**2) * protocol.population.cluster_size
    return 1.0 + (counted - 1.0) * outcome.intracluster_correlation, None


def _largest(outcome: Outcome, sign: float) -> float:
    if outcome.kind in SHARES and outcome.baseline is not None:
        return 1.0 - outcome.baseline if sign > 0 else outcome.baseline
    if outcome.kind == "count" and sign < 0 and outcome.baseline:
        return outcome.baseline
    return 20.0 * float(outcome.standard_deviation or 1.0)
