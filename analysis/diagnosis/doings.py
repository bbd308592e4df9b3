"""What customers do: one outcome each, with its level without contact, and how an effect moves it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaincinv, ndtr, ndtri, owens_t

from analysis.diagnosis.results import Assumption
from analysis.wording.naming import doing_nothing, outcome_in_words, outcome_label
from analysis.wording.phrases import listed
from designs.literals import OutcomeKind
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[np.generic]]
_PRIMARY_SHARE: Final = 0.3
_OTHER_SHARE: Final = 0.1
_EVENT_SHARE: Final = 0.5
_POUNDS: Final = 100.0  # of each customer who pays, where the plan sets no cap


@dataclass(frozen=True, slots=True)
class Doing:
    """One outcome of a world.

    Attributes:
        outcome: As declared.
        primary: Whether it is the primary, which effects are of.
        baseline: Its mean without contact; of a share, the share.
        spread: Its standard deviation between customers.
        correlation: Of two customers of a cluster.
        follows: The primary's id where it is money of those with the primary, and so moves with it.
    """

    outcome: Outcome
    primary: bool
    baseline: float
    spread: float
    correlation: float = 0.0
    follows: str | None = None

    @property
    def as_sized(self) -> OutcomeKind:
        """The kind by which it is sized: a time to an event by the share with it."""
        return "binary" if self.is_share else self.outcome.kind

    @property
    def is_share(self) -> bool:
        return self.outcome.kind in ("binary", "time_to_event")

    def possible(self, effect: float) -> float:
        """The effect, as far as shares allow it."""
        return min(max(self.baseline + effect, 0.0), 1.0) - self.baseline if self.is_share else effect

    def of_primary(self, effect: float) -> float:
        """What an effect on the primary does to this outcome; nothing, unless it is the primary."""
        return effect if self.primary else 0.0

    def with_effect(self, effect: float) -> tuple[float, float]:
        """Mean and standard deviation of one customer with an effect on the primary; amounts spread as they grow.

        Args:
            effect: On the primary, in its unit.
        """
        mean = self.baseline + self.possible(self.of_primary(effect))
        if self.is_share:
            return mean, math.sqrt(mean * (1.0 - mean))
        mean = max(mean, 0.0)
        grown = mean / self.baseline if self.baseline else 1.0
        about = self.outcome.kind == "count" and self.spread**2 > self.baseline
        variance = self.spread**2 * grown**2
        if about:  # a Poisson's about a gamma that grows
            variance = mean + (self.spread**2 - self.baseline) * grown**2
        return mean, math.sqrt(variance)

    def columns(
        self, shared: Floats | None, added: Floats, done: Columns, rng: np.random.Generator, told: Floats | None = None
    ) -> Columns:
        """What comes back, n rows by column; ``done`` takes what others follow.

        Args:
            shared: (n,) standard normal numbers that clusters share.
            added: (n,) what is added to each customer's mean.
            done: What was done so far, by outcome.
            rng: Of this trial.
            told: (n,) normal numbers that a covariate tells of it, of a variance below 1.
        """
        n = len(added)
        if self.follows is not None:
            paid = self.baseline * rng.gamma(4.0, 0.25, n)
            return {column_of(self.outcome): np.where(done[self.follows], paid, 0.0)}
        place = ndtr(self._latent(shared, told, n, rng))
        if self.outcome.kind == "time_to_event":
            return self._times(place, np.clip(self.baseline + added, 0.0, 1.0), rng)
        if self.outcome.kind == "binary":
            happened = place < np.clip(self.baseline + added, 0.0, 1.0)
            done[self.outcome.id] = happened
            return {column_of(self.outcome): happened}
        return {column_of(self.outcome): self._amounts(place, added, rng)}

    def _latent(self, shared: Floats | None, told: Floats | None, n: int, rng: np.random.Generator) -> Floats:
        """(n,) standard normal numbers; who is below the quantile of a share has the outcome."""
        latent, left = np.zeros(n), 1.0
        if shared is not None and self.correlation > 0.0:
            rho = latent_correlation(self.baseline, self.correlation) if self.is_share else self.correlation
            latent, left = latent + math.sqrt(rho) * shared, left - rho
        if told is not None:
            explained = float(np.var(told))
            within = max(min(left, 1.0), 0.0)
            latent, left = latent + math.sqrt(within) * told, left - within * explained
        return np.asarray(latent + math.sqrt(max(left, 0.0)) * rng.standard_normal(n))

    def _amounts(self, place: Floats, added: Floats, rng: np.random.Generator) -> Floats:
        """Amounts are gamma with the declared mean and spread, skewed as amounts are; counts are whole and no less.

        A count that varies more than a Poisson's is one about a gamma. Any other is an amount that is rounded up as
        often as its fraction says, which leaves its mean.
        """
        mean, variance = self.baseline, self.spread**2
        counted = self.outcome.kind == "count"
        about = counted and variance > mean
        shape = mean**2 / (variance - mean if about else variance)
        amounts = gammaincinv(shape, np.clip(place, 1e-12, 1 - 1e-12)) / shape
        values = np.asarray(np.maximum(mean + added, 0.0) * amounts)
        if about:
            return rng.poisson(values).astype(float)
        return np.floor(values + rng.random(len(values))) if counted else values

    def _times(self, place: Floats, share: Floats, rng: np.random.Generator) -> Columns:
        """Days to the event, evenly spread up to the horizon; whoever has none by then is followed until then."""
        assert self.outcome.time is not None
        assert self.outcome.event is not None
        horizon = float(self.outcome.horizon or 365.0)
        happened = place < share
        days = np.where(happened, np.ceil(rng.random(len(place)) * horizon), horizon)
        codes = self.outcome.codes
        event: NDArray[np.generic] = happened
        if codes is not None:
            event = np.where(happened, codes[0][0], 0 if isinstance(codes[0][0], int) else "none")
        return {self.outcome.time: days, self.outcome.event: event}


def latent_correlation(share: float, correlation: float) -> float:
    """The correlation of two normal numbers that gives their being below a quantile this correlation.

    With h the quantile, P(both) = Φ(h) − 2 T(h, √((1 − ρ)/(1 + ρ))), T of Owen 1956 (Annals of Mathematical
    Statistics 27:1075).

    Examples:
        >>> round(latent_correlation(0.5, 1 / 3), 6)
        0.5
    """
    variance = share * (1 - share)
    if variance <= 0.0 or correlation <= 0.0:
        return 0.0
    h = float(ndtri(share))

    def away(rho: float) -> float:
        both = float(ndtr(h)) - 2 * float(owens_t(h, math.sqrt((1 - rho) / (1 + rho))))
        return (both - share**2) / variance - correlation

    return float(brentq(away, 0.0, 1.0 - 1e-9)) if away(1.0 - 1e-9) > 0 else 1.0 - 1e-9


def doings_of(plan: Protocol, taken: list[Assumption]) -> tuple[Doing, ...]:
    """The outcomes that a plan is judged by, the primary first."""
    ordered = sorted(plan.outcomes, key=lambda outcome: outcome.role != "primary")
    found = [_doing(plan, outcome, taken) for outcome in ordered]
    still = [
        outcome_in_words(outcome)
        for outcome in ordered[1:]
        if not any(d.outcome.id == outcome.id and d.follows for d in found)
    ]
    if still:
        taken.append(Assumption("outcomes", f"no approach changes {listed(still)}"))
    return tuple(found)


def _doing(plan: Protocol, outcome: Outcome, taken: list[Assumption]) -> Doing:
    primary, place = outcome.role == "primary", f"outcomes.{outcome.id}"
    name, without = outcome_label(outcome), f"with {doing_nothing(plan)}"
    correlation = outcome.intracluster_correlation
    if plan.cluster and correlation is None:
        taken.append(Assumption(f"{place}.intracluster_correlation", f"{name}: customers of a cluster are not alike"))
    if outcome.kind in ("binary", "time_to_event"):
        share = outcome.baseline if outcome.baseline is not None and outcome.baseline <= 1 else None
        if share is None:
            share, why = _share(plan, outcome, primary)
            taken.append(Assumption(f"{place}.baseline", f"{name}: {_share_in_words(share)} {without}, {why}"))
        return Doing(outcome, primary, share, math.sqrt(share * (1 - share)), correlation or 0.0)
    benefit = plan.decision is not None and any(v.outcome == outcome.id for v in plan.decision.benefits)
    unsaid = outcome.baseline is None and outcome.standard_deviation is None
    if unsaid and benefit and not primary and plan.primary.kind == "binary" and outcome.measured_in == "pounds":
        mean = outcome.cap / 2 if outcome.cap else _POUNDS
        taken.append(
            Assumption(
                place,
                f"{name}: £{mean:g} on average of each customer with {outcome_in_words(plan.primary)}, else nothing",
            )
        )
        return Doing(outcome, primary, mean, mean / 2, follows=plan.primary.id)
    spread = outcome.standard_deviation or outcome.baseline or 1.0
    if outcome.standard_deviation is None:
        taken.append(
            Assumption(
                f"{place}.standard_deviation", f"{name}: it varies by {spread:g} between customers (standard deviation)"
            )
        )
    mean = outcome.baseline or spread
    if outcome.baseline is None:
        taken.append(Assumption(f"{place}.baseline", f"{name}: {mean:g} on average {without}"))
    return Doing(outcome, primary, mean, spread, correlation or 0.0)


def _share_in_words(share: float) -> str:
    return f"{100 * share:.3g}%"


def _share(plan: Protocol, outcome: Outcome, primary: bool) -> tuple[float, str]:
    """A share that nobody declared, and where it is from."""
    reaction = plan.suitability.reaction.answer if plan.suitability is not None else None
    if isinstance(reaction, dict):
        wanted = ("pay", "file") if primary else ("complain",) if "compl" in outcome.id else ()
        for name in wanted:
            share = reaction.get(name)
            if isinstance(share, float) and 0 < share < 1:
                return share, "as the plan expects customers to react"
    if outcome.kind == "time_to_event":
        return _EVENT_SHARE, "by the horizon"
    return (
        _PRIMARY_SHARE if primary else max(outcome.margin or 0.0, 0.001) if outcome.margin else _OTHER_SHARE
    ), "which is nobody's figure"
