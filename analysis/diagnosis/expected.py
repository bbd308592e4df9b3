"""How many customers a plan expects, and which effects it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.diagnosis.doings import Doing
from analysis.diagnosis.results import Assumption, TruthName
from analysis.planning.power import plan as power_plan
from analysis.wording.numbers import difference
from designs.protocol.models import Protocol

_PARTS: Final[Mapping[TruthName, float]] = {"none": 0.0, "low": 0.5, "central": 1.0, "high": 1.5}
_NOBODY_SAID: Final = 10_000
_SMALL: Final = 0.1  # of a standard deviation


def expected_customers(protocol: Protocol, taken: list[Assumption]) -> int:
    """Customers in all arms together: those that the plan counts, else those that it needs."""
    if protocol.suitability is not None:
        answer = protocol.suitability.customers.answer
        if isinstance(answer, (int, float)) and not isinstance(answer, bool) and answer >= 1:
            taken.append(Assumption("customers", f"all {answer:,.0f} customers that the plan counts take part"))
            return int(answer)
    rows = [row for row in power_plan(protocol, None) if row.outcome == protocol.primary.id]
    needed = [(row.n_per_arm, row.n_comparison) for row in rows if row.n_per_arm and row.n_comparison]
    if needed:
        others = sum(arm for arm, _ in needed)
        total = others + max(comparison for _, comparison in needed)
        taken.append(Assumption("customers", f"as many as the plan needs for its smallest effect: {total:,}"))
        return total
    taken.append(Assumption("customers", f"{_NOBODY_SAID:,} in all arms together: nobody has counted them yet"))
    return _NOBODY_SAID


def truths_of(
    plan: Protocol, customers: int, primary: Doing, taken: list[Assumption]
) -> dict[TruthName, dict[str, float]]:
    """By truth, the primary's effect of each arm but the comparison, in the outcome's unit."""
    outcome = plan.primary
    sign = -1.0 if outcome.better_below_zero else 1.0
    size = outcome.minimum_effect
    if size is None:
        size = _smallest_found(plan, customers, primary)
        words = difference(outcome.effect_in, size)
        taken.append(
            Assumption(
                f"outcomes.{outcome.id}.minimum_effect",
                f"the smallest worth finding is the smallest found with {plan.analysis.power:.0%} power: {words}",
            )
        )
    taken.append(
        Assumption("truths", "low is half the smallest effect worth finding, central once, high one and a half times")
    )
    truths: dict[TruthName, dict[str, float]] = {}
    for truth, part in _PARTS.items():
        effect = primary.possible(sign * part * size)
        if abs(effect - sign * part * size) > 1e-12:
            taken.append(
                Assumption(
                    "truths",
                    f"{truth}: no share leaves 0 to 1, so the effect is {difference(outcome.effect_in, effect)}",
                )
            )
        truths[truth] = {arm.id: effect for arm in plan.arms if arm.id != plan.comparison.id}
    return truths


def _smallest_found(plan: Protocol, customers: int, primary: Doing) -> float:
    sized = plan.primary.model_copy(
        update={"baseline": primary.baseline, "standard_deviation": primary.spread, "kind": primary.as_sized}
    )
    others = tuple(sized if outcome.role == "primary" else outcome for outcome in plan.outcomes)
    rows = power_plan(plan.model_copy(update={"outcomes": others}), customers)
    found = [
        abs(row.minimum_detectable_effect) for row in rows if row.outcome == sized.id and row.minimum_detectable_effect
    ]
    return max(found) if found else _SMALL * primary.spread
