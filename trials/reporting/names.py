"""Labels, units and days of one trial's arms and outcomes, read from the plan that was locked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.deciding.sentences import approach
from analysis.wording import (
    Unit,
    confidence,
    decimal,
    difference,
    gain_or_loss,
    gain_range,
    inside_sentence,
    more_per_thousand,
    people_range,
    percentage,
    pounds,
    range_of,
    sentence_case,
)
from designs.protocol.models import Arm

# Amounts are pounds unless their id says what else they count.
_NOT_MONEY = ("minutes", "days", "hours", "calls", "visits")


@dataclass(frozen=True, slots=True)
class OutcomeName:
    """One outcome as a person says it."""

    id: str
    label: str
    unit: Unit
    role: str
    day: int | None = None
    cap: float | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What to call the arms and outcomes of one trial.

    Build it with :func:`names_of`.
    """

    arms: Mapping[str, str] = field(default_factory=dict)
    spoken: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, OutcomeName] = field(default_factory=dict)
    comparison: str | None = None
    alpha: float = 0.05

    def arm(self, arm_id: str) -> str:
        return self.arms.get(arm_id, sentence_case(arm_id))

    def approach(self, arm_id: str) -> str:
        """An arm inside a sentence, as the verdict's own sentence says it."""
        return self.spoken.get(arm_id) or f"the {inside_sentence(self.arm(arm_id))}"

    def outcome(self, outcome_id: str) -> str:
        known = self.outcomes.get(outcome_id)
        return known.label if known else sentence_case(outcome_id)

    def event_share(self, outcome_id: str) -> str:
        """What a curve of a time-to-event outcome counts."""
        known = self.outcomes.get(outcome_id)
        if known and known.event in ("paid", "filed"):
            return f"Share who {known.event}"
        return f"{self.outcome(outcome_id)}: share with the event"

    def unit(self, outcome_id: str) -> Unit:
        known = self.outcomes.get(outcome_id)
        return known.unit if known else "number"

    @property
    def approaches(self) -> tuple[str, ...]:
        """The ids of every arm but the comparison, in the plan's order."""
        return tuple(arm for arm in self.arms if arm != self.comparison)

    @property
    def primary(self) -> OutcomeName | None:
        return next((outcome for outcome in self.outcomes.values() if outcome.role == "primary"), None)

    @property
    def confidence(self) -> str:
        return confidence(self.alpha)

    @property
    def comparison_label(self) -> str:
        return inside_sentence(self.arm(self.comparison)) if self.comparison else "no further action"

    def effect(self, outcome_id: str, estimate: float | None, lower: float | None, upper: float | None) -> str:
        """A difference in the outcome's own unit, with its range."""
        return difference(self.unit(outcome_id), estimate, lower, upper)

    def per_thousand(self, outcome_id: str, estimate: float | None, lower: float | None, upper: float | None) -> str:
        """A difference among 1,000 customers, as a manager hears it."""
        unit = self.unit(outcome_id)
        if unit == "share":
            return more_per_thousand(estimate, lower, upper)
        scaled = tuple(None if figure is None else figure * 1000 for figure in (estimate, lower, upper))
        if unit == "pounds":
            return gain_or_loss(*scaled)
        span = "" if scaled[1] is None or scaled[2] is None else f" ({range_of(scaled[1], scaled[2], 0)})"
        return f"{decimal(scaled[0], 0, sign=True)}{span}"

    def per_thousand_range(self, outcome_id: str, lower: float, upper: float) -> str:
        """The range of a difference among 1,000 customers."""
        unit = self.unit(outcome_id)
        if unit == "share":
            return people_range(lower, upper)
        return gain_range(lower * 1000, upper * 1000) if unit == "pounds" else range_of(lower * 1000, upper * 1000, 0)

    def mean(self, outcome_id: str, value: float | None) -> str:
        """The level of an outcome in one arm."""
        unit = self.unit(outcome_id)
        if unit == "share":
            return percentage(value)
        return pounds(value, pence=True) if unit == "pounds" else decimal(value, 2)


def names_of(protocol: Mapping[str, Any]) -> Names:
    """The labels of a trial, from its protocol in canonical form (a mapping of the file's keys)."""
    arms = {arm["id"]: arm.get("label") or sentence_case(arm["id"]) for arm in protocol.get("arms", ())}
    spoken = {
        arm["id"]: approach(Arm(id=arm["id"], kind=arm["kind"], label=arms[arm["id"]], channel=arm.get("channel")))
        for arm in protocol.get("arms", ())
    }
    kinds = {arm["id"]: arm.get("kind") for arm in protocol.get("arms", ())}
    comparison = next((arm for kind in ("nfa", "bau") for arm, own in kinds.items() if own == kind), None)
    outcomes = {outcome["id"]: _outcome_name(outcome) for outcome in protocol.get("outcomes", ())}
    alpha = (protocol.get("analysis") or {}).get("alpha") or 0.05
    return Names(arms=arms, spoken=spoken, outcomes=outcomes, comparison=comparison, alpha=float(alpha))


def _outcome_name(outcome: Mapping[str, Any]) -> OutcomeName:
    kind = outcome.get("kind")
    identifier = outcome["id"]
    is_money = kind == "amount" and not any(word in identifier for word in _NOT_MONEY)
    unit: Unit = "share" if kind == "binary" else "pounds" if is_money else "number"
    label = outcome.get("label") or _readable(identifier, outcome.get("day"))
    return OutcomeName(
        identifier,
        label,
        unit,
        outcome.get("role", "secondary"),
        outcome.get("day"),
        outcome.get("cap"),
        outcome.get("event"),
    )


def _readable(identifier: str, due: int | None) -> str:
    """An outcome's id as a phrase: a number that repeats its day becomes "by day N", ``12m`` becomes months.

    >>> _readable("paid_23", 23), _readable("collected_12m", 365), _readable("inbound_minutes", None)
    ('Paid by day 23', 'Collected in 12 months', 'Inbound minutes')
    """
    if due is not None and identifier.endswith(f"_{due}"):
        return f"{sentence_case(identifier.removesuffix(f'_{due}'))} by day {due}"
    months = re.fullmatch(r"(.+)_(\d+)m", identifier)
    if months:
        return f"{sentence_case(months[1])} in {months[2]} months"
    return sentence_case(identifier)
