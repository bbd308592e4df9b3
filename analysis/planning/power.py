"""How many customers a trial needs, and what it can find with those it has.

Normal approximation with unpooled variances, each planned contrast at α/m, whole customers rounded up. Clusters
multiply the variance by 1 + (m − 1)ρ (Kish 1965), with the declared cluster size m and correlation ρ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from analysis.errors import AnalysisRefused
from designs.protocol.models import Outcome, Protocol


@dataclass(frozen=True, slots=True)
class PowerRow:
    """One outcome and arm. A figure that the protocol does not allow is ``None``, and ``reason`` says why.

    ``n_per_arm`` is the arm's own size at which the declared minimum effect is found with the declared power;
    ``n_comparison`` goes with it. ``power`` and ``minimum_detectable_effect`` are at the customers expected.
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
    return ceil(z**2 * inflation * (arm + comparison / ratio) / effect**2 - 1e-9)


def power_at(
    variance: Variance, effect: float, n_arm: float, n_comparison: float, *, alpha: float, inflation: float = 1.0
) -> float:
    """Chance of a two-sided rejection when the effect is as stated."""
    arm, comparison = variance(effect)
    error = sqrt(inflation * (arm / n_arm + comparison / n_comparison))
    z = float(ndtri(1 - alpha / 2))
    if error == 0.0:
        return 1.0 if effect else alpha
    return float(ndtr(abs(effect) / error - z) + ndtr(-abs(effect) / error - z))


def minimum_detectable_effect(
    variance: Variance, n_arm: float, n_comparison: float, *, alpha: float, power: float, sign: float, largest: float,
    inflation: float = 1.0,
) -> float | None:  # fmt: skip
    """The smallest effect found with the wanted power; ``None`` when even ``largest`` is not."""

    def shortfall(size: float) -> float:
        return power_at(variance, sign * size, n_arm, n_comparison, alpha=alpha, inflation=inflation) - power

    if largest <= 0 or shortfall(largest) < 0:
        return None
    return sign * float(brentq(shortfall, 1e-12 * largest, largest, xtol=1e-12))


def plan(protocol: Protocol, customers: int | None) -> tuple[PowerRow, ...]:
    """Every outcome that declares what it takes, against the comparison.

    Args:
        protocol: with ``baseline`` and ``minimum_effect`` on the outcomes to size.
        customers: how many are expected in all arms together; ``None`` where nobody has counted yet.
    """
    rows: list[PowerRow] = []
    shares = shares_of_everybody(protocol)
    contrasts = [pair for pair in protocol.contrasts if pair[1] == protocol.comparison.id]
    alpha = protocol.analysis.alpha
    if protocol.analysis.multiplicity not in ("none", "benjamini_hochberg"):
        alpha /= len(protocol.contrasts)
    for outcome in protocol.outcomes:
        if outcome.kind == "time_to_event":
            if outcome.role == "primary":  # nobody should think that its trial was sized
                rows += [PowerRow(outcome.id, *pair, reason=_not_sized(outcome)) for pair in contrasts]
            continue
        for arm, comparison in contrasts:
            rows.append(_row(protocol, outcome, arm, comparison, shares, alpha, customers))
    return tuple(rows)


def shares_of_everybody(protocol: Protocol) -> dict[str, float]:
    """The share of all customers that each arm can expect, by its id: what a hold-out or saturations leave of it.

    Who is held out is in the comparison, and so are the untreated customers of every cluster; the sum is 1.
    """
    scheme, comparison = protocol.randomisation, protocol.comparison.id
    weights = {arm.id: float(arm.share or (scheme.shares or {}).get(arm.id, 1.0)) for arm in protocol.arms}
    if scheme.saturations:
        clusters = sum(float(saturation.share) for saturation in scheme.saturations)
        treated = sum(float(saturation.share * saturation.treated) for saturation in scheme.saturations) / clusters
        approaches = sum(weight for arm, weight in weights.items() if arm != comparison)
        shares = {arm: treated * weight / approaches for arm, weight in weights.items() if arm != comparison}
        return shares | {comparison: 1.0 - treated}
    held = float(scheme.hold_out or 0.0)
    total = sum(weights.values())
    shares = {arm: (1.0 - held) * weight / total for arm, weight in weights.items()}
    return shares | {comparison: shares[comparison] + held}


def _not_sized(outcome: Outcome) -> str:
    return (
        f"a time to an event is not sized: it is judged by the share with the event by day {outcome.horizon or 0:g}, "
        "so size a binary outcome of that share"
    )


def _row(
    protocol: Protocol, outcome: Outcome, arm: str, comparison: str, shares: dict[str, float], alpha: float,
    customers: int | None,
) -> PowerRow:  # fmt: skip
    variance, problem = _declared_variance(outcome)
    inflation, cluster_problem = _inflation(protocol, outcome)
    problem = problem or cluster_problem
    if variance is None or inflation is None:
        return PowerRow(outcome.id, arm, comparison, reason=problem)
    sign = -1.0 if outcome.direction == "decrease" else 1.0
    ratio = shares[comparison] / shares[arm]
    n_arm = n_comparison = power = detectable = expected = None
    reasons = []
    if outcome.minimum_effect is None:
        reasons.append("no minimum_effect is declared, so no size follows")
    else:
        n_arm = sample_size(
            variance, sign * outcome.minimum_effect, alpha=alpha, power=protocol.analysis.power, ratio=ratio,
            inflation=inflation,
        )  # fmt: skip
        n_comparison = ceil(n_arm * ratio - 1e-9)
    if not customers:
        reasons.append("the number of customers is not known yet, so no power follows")
    else:
        in_arm, in_comparison = (customers * shares[name] for name in (arm, comparison))
        expected = int(in_arm + 1e-9)
        if outcome.minimum_effect is not None:
            power = power_at(
                variance, sign * outcome.minimum_effect, in_arm, in_comparison, alpha=alpha, inflation=inflation
            )
        detectable = minimum_detectable_effect(
            variance, in_arm, in_comparison, alpha=alpha, power=protocol.analysis.power, sign=sign,
            largest=_largest(outcome, sign), inflation=inflation,
        )  # fmt: skip
    return PowerRow(
        outcome.id, arm, comparison, n_arm, n_comparison, power, detectable, expected, "; ".join(reasons) or None
    )


def _declared_variance(outcome: Outcome) -> tuple[Variance | None, str | None]:
    if outcome.kind == "binary":
        if outcome.baseline is None:
            return None, "no baseline is declared: the share expected without contact"
        return _proportions(outcome.baseline), None
    if outcome.standard_deviation is None:
        return None, "no standard_deviation is declared: how much the outcome varies between customers"
    variance = outcome.standard_deviation**2
    return (lambda _: (variance, variance)), None


def _inflation(protocol: Protocol, outcome: Outcome) -> tuple[float | None, str | None]:
    if not protocol.cluster:
        return 1.0, None
    if outcome.intracluster_correlation is None or protocol.population.cluster_size is None:
        return None, "clusters need population.cluster_size and the outcome's intracluster_correlation"
    return 1.0 + (protocol.population.cluster_size - 1.0) * outcome.intracluster_correlation, None


def _largest(outcome: Outcome, sign: float) -> float:
    if outcome.kind == "binary" and outcome.baseline is not None:
        return 1.0 - outcome.baseline if sign > 0 else outcome.baseline
    return 20.0 * float(outcome.standard_deviation or 1.0)
