"""Each approach for the manager, in one table."""

from __future__ import annotations

from analysis.results import DecidingRange, Estimate, Evaluation
from analysis.wording.numbers import pounds
from trials.reporting.results.effects import as_judged, effect_words
from trials.reporting.results.money import money_words
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import finding as finding_words


def approaches(evaluation: Evaluation, names: Names) -> Table:
    """Each approach for the manager: finding, effect, cost, net, guardrails."""
    money = {row.arm: row for row in evaluation.net_benefit.arms} if evaluation.net_benefit else {}
    primary = {row.arm: row for row in as_judged(evaluation.estimates) if row.declared and row.role == "primary"}
    rows = []
    for finding in evaluation.verdict.arms:
        effect, benefit = primary.get(finding.arm), money.get(finding.arm)
        rows.append(
            (
                names.arm(finding.arm),
                finding.sentence.removesuffix(".") or finding_words(finding.code, names.nothing),
                effect_words(effect, names, *_range(finding.effect_range, effect)) if effect else "not estimated",
                f"{pounds(benefit.cost_per_customer, pence=True)} a customer" if benefit else "not declared",
                money_words(benefit.central, finding.net_benefit_range) if benefit else "not declared",
                _guardrails(finding.guardrails_passed),
            )
        )
    columns = ("Approach", "Finding", names.outcome(names.primary), "Cost of contact", "Net, per 1,000", "Guardrails")
    return Table(f"Each approach against {names.nothing}", columns, tuple(rows))


def _range(decided: DecidingRange | None, effect: Estimate) -> DecidingRange:
    """What decided; the row's own range in evaluations that were stored without it."""
    return decided if decided is not None else (effect.ci_lower, effect.ci_upper)


def _guardrails(passed: bool | None) -> str:
    return "None declared or tested" if passed is None else "Passed" if passed else "Not passed"
