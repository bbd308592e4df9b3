"""An evaluation on the terminal: the verdict first, then how it came about."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from analysis.results import ArmMoney, Check, Estimate, Evaluation, Money
from analysis.wording import confidence, variant_words
from trials.cli.output import show_table


def show_evaluation(evaluation: Evaluation) -> None:
    """Verdict, flow, checks, effects, money."""
    typer.echo(evaluation.title)
    typer.echo("")
    typer.echo(evaluation.verdict.sentence)
    for reason in evaluation.verdict.reasons:
        typer.echo(f"  {reason}")
    _flow(evaluation)
    show_table(("check", "", "detail"), map(_check, evaluation.checks), title="Checks")
    planned = [row for row in evaluation.estimates if row.subgroup is None]
    _estimates("Effects on everyone assigned", planned)
    _estimates("By subgroup", [row for row in evaluation.estimates if row.subgroup is not None])
    _estimates("Sensitivity", list(evaluation.sensitivity))
    if evaluation.net_benefit is not None:
        level = f"{confidence(evaluation.alpha)} interval" if evaluation.alpha else "interval"
        show_table(
            ("arm", "low", "central", "high"),
            map(_arm_money, evaluation.net_benefit.arms),
            title=f"Net benefit, pounds per 1,000 customers assigned ({level} of the central)",
        )
    elif evaluation.net_benefit_reason:
        typer.echo(f"Net benefit: not stated, because {evaluation.net_benefit_reason}.")
    for note in evaluation.notes:
        typer.echo(f"Note: {note}")
    typer.echo(f"Protocol {evaluation.protocol_digest}")
    typer.echo(f"Data     {evaluation.data_digest}")


def _flow(evaluation: Evaluation) -> None:
    flow = evaluation.flow
    rows = [("rows read", flow.rows_read), ("rejected", flow.rejected)]
    rows += [(exclusion.reason, exclusion.customers) for exclusion in flow.excluded]
    rows += [("allocated", flow.allocated), ("with the primary outcome", flow.analysed)]
    show_table(("customers", ""), ((name, f"{count:,}") for name, count in rows), title="Flow")


def _check(check: Check) -> tuple[str, str, str]:
    if check.passed is None:
        state = "not tested"
    else:
        state = "passed" if check.passed else "FAILED" if check.severity == "blocks" else "warning"
    return check.name.replace("_", " "), state, check.detail


def _estimates(title: str, rows: Iterable[Estimate]) -> None:
    listed = [_estimate(row) for row in rows]
    if listed:
        show_table(
            ("outcome", "level", "contrast", "estimand", "estimate", "interval", "p adjusted", "n", "how"),
            listed,
            title=title,
        )


def _estimate(row: Estimate) -> tuple[str, ...]:
    counts = "" if row.n_arm is None else f"{row.n_arm:,} / {row.n_comparison:,}"
    estimate = row.reason or "" if row.estimate is None else f"{row.estimate:.5g}"
    return (
        row.outcome if row.variant is None else f"{row.outcome} ({variant_words(row.variant)})",
        "" if row.segment is None else str(row.segment),
        f"{row.arm} − {row.comparison}",
        row.estimand.replace("_", " "),
        estimate,
        _interval(row.ci_lower, row.ci_upper),
        "" if row.p_adjusted is None else f"{row.p_adjusted:.3f}",
        counts,
        f"{row.method.replace('_', ' ')}, {row.standard_errors}",
    )


def _interval(lower: float | None, upper: float | None) -> str:
    return "" if lower is None or upper is None else f"{lower:.5g} to {upper:.5g}"


def _arm_money(money: ArmMoney) -> tuple[str, str, str, str]:
    central = _pounds(money.central)
    if money.central.ci_lower is not None and money.central.ci_upper is not None:
        central += f" ({1000 * money.central.ci_lower:,.0f} to {1000 * money.central.ci_upper:,.0f})"
    return money.arm, _pounds(money.low), central, _pounds(money.high)


def _pounds(money: Money) -> str:
    return money.reason or "" if money.estimate is None else f"{1000 * money.estimate:,.0f}"
