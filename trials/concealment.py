"""What is kept from whoever is not the randomiser until the draw is released: counts by arm, and what they lead to.

A file of one customer has one arm, and so has a stratum of one: whoever sees how many of it are in each arm has been
told theirs. So others see that a check passed or failed, and of a finding no row of fewer than ten customers of an arm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from analysis.results import Check, Estimate, Evaluation, Maturity, SurvivalCurve
from analysis.wording.phrases import day, listed
from trials.access import Actor, roles_allowed

SMALL: Final = 10
"""Fewer customers than this, of one arm, are shown to nobody but the randomiser."""

WITHHELD: Final = "counts by arm are the randomiser's until the draw is released"
FEW: Final = f"fewer than {SMALL} customers of an arm: shown once the draw is released"

_NOT_BY_ARM: Final = frozenset({
    "duplicate_ids", "arm_labels", "rows_taken", "contacts_taken", "maturity", "planned_day", "only_yes",
    "clusters_enough", "clusters_whole", "balance", "second_opinion",
})  # fmt: skip
_FIGURES: Final = (
    "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "ci_lower", "ci_upper",
    "ci_lower_simultaneous", "ci_upper_simultaneous", "n_arm", "n_comparison", "mean_comparison", "adjusted_mean_arm",
    "adjusted_mean_comparison",
)  # fmt: skip


def sees_arms(actor: Actor) -> bool:
    """Whether somebody knows who is in which arm before the release: who may be told it of any customer.

    Examples:
        >>> sees_arms(Actor("A", "randomiser")), sees_arms(Actor("A", "analyst"))
        (True, False)
    """
    return actor.role in roles_allowed("whois")


def concealed(evaluation: Evaluation) -> Evaluation:
    """An evaluation as others than the randomiser see it before the release.

    Of data that were not due or are invalid no count by arm is left, nor what leads to one. A finding keeps what its
    verdict says, without the flow by arm and without rows of few customers.
    """
    told = {check.detail: _told(check) for check in evaluation.checks}
    verdict = evaluation.verdict
    if verdict.code == "not_due" and evaluation.maturity is not None:
        reasons = (*_due(evaluation.maturity), *(told[said] for said in verdict.reasons if said in told))
    else:
        reasons = tuple(told.get(said, said) for said in verdict.reasons)
    return replace(
        evaluation,
        flow=replace(evaluation.flow, arms=()),
        checks=tuple(
            check if check.kind in _NOT_BY_ARM else replace(check, detail=_told(check), figures={})
            for check in evaluation.checks
        ),
        verdict=replace(verdict, reasons=reasons),
        maturity=None if evaluation.maturity is None else replace(evaluation.maturity, shares=()),
        balance=evaluation.balance if evaluation.shows_effects else (),
        estimates=tuple(map(_without_few, evaluation.estimates)),
        sensitivity=tuple(map(_without_few, evaluation.sensitivity)),
        curves=tuple(map(_without_tail, evaluation.curves)),
    )


def concealed_certificate(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate without its counts by arm and stratum, which come with the seed."""
    return {**certificate, "strata": [], "withheld": WITHHELD}


def concealed_event(action: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """What an event of the audit chain says, without counts by arm; its hash is that of the whole."""
    hidden = {"counts"} if action != "issue" else {"customers"}
    return {name: value for name, value in detail.items() if name not in hidden}


def _told(check: Check) -> str:
    if check.kind in _NOT_BY_ARM:
        return check.detail
    result = {True: "Passed", False: "Failed", None: "Could not be tested"}[check.passed]
    return f"{result}: {WITHHELD}."


def _due(maturity: Maturity) -> list[str]:
    """How much was due over all arms together."""
    by_day: dict[int, tuple[int, int]] = {}
    for row in maturity.shares:
        if row.outcome == next(of.outcome for of in maturity.shares if of.day == row.day):
            due, customers = by_day.get(row.day, (0, 0))
            by_day[row.day] = due + row.due, customers + row.customers
    shares = [
        f"{due / customers:.1%} of what is counted on day {after}"
        for after, (due, customers) in sorted(by_day.items())
        if customers
    ]
    return [f"Due so far, as at {day(maturity.as_at)}: {listed(shares)}."] if shares else []


def _without_few(row: Estimate) -> Estimate:
    counts = [count for count in (row.n_arm, row.n_comparison) if count is not None]
    if not counts or min(counts) >= SMALL:
        return row
    gone: dict[str, Any] = dict.fromkeys(_FIGURES)
    return replace(row, **gone, n_left_out=0, reason=FEW, note=None)


def _without_tail(curve: SurvivalCurve) -> SurvivalCurve:
    """A curve as long as at least so many are at risk: a step of a smaller group is a customer's."""
    length = next((place for place, count in enumerate(curve.at_risk) if count < SMALL), len(curve.at_risk))
    return replace(
        curve,
        days=curve.days[:length],
        surviving=curve.surviving[:length],
        at_risk=curve.at_risk[:length],
        ci_lower=curve.ci_lower[:length],
        ci_upper=curve.ci_upper[:length],
    )
