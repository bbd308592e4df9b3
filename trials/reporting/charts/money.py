"""Net benefit of each approach, per 1,000 customers."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import ArmMoney
from analysis.wording.numbers import gain_or_loss
from analysis.wording.phrases import capitalised, listed
from trials.reporting.charts.figure import Bar, Figure, Ink, interval_chart, pounds_axis
from trials.reporting.results.money import scenarios
from trials.reporting.words.names import Names


def net_benefit_figure(rows: Sequence[ArmMoney], names: Names, ink: Ink) -> Figure | None:
    """Net benefit against the comparison, with its interval; ticks mark the low and the high values.

    ``None`` when no approach's net benefit could be estimated.
    """
    bars = [bar for row in rows if (bar := _bar(row, names)) is not None]
    if not bars:
        return None
    title = f"Net benefit per 1,000 customers, against {names.comparison_label}"
    conclusion = _conclusion(rows, names)
    caption = (
        f"{conclusion} Lines are {names.confidence} ranges; ticks are the low and high values of benefits and costs."
    )
    described = "; ".join(f"{bar.label} {bar.words}" for bar in bars)
    chart = interval_chart(bars, names, ink, "Pounds gained or lost per 1,000 customers", pounds_axis(bars))
    return Figure(title, caption, f"{title}. {described}. {conclusion}", chart, scenarios(rows, names))


def _bar(row: ArmMoney, names: Names) -> Bar | None:
    central = row.central
    if central.estimate is None or central.ci_lower is None or central.ci_upper is None:
        return None
    ticks = tuple(money.estimate * 1000 for money in (row.low, row.high) if money.estimate is not None)
    return Bar(
        names.arm(row.arm), row.arm, central.estimate * 1000, central.ci_lower * 1000, central.ci_upper * 1000,
        gain_or_loss(central.estimate * 1000), ticks,
    )  # fmt: skip


def _conclusion(rows: Sequence[ArmMoney], names: Names) -> str:
    gains = [_name(row, names) for row in rows if row.central.ci_lower is not None and row.central.ci_lower > 0]
    losses = [_name(row, names) for row in rows if row.central.ci_upper is not None and row.central.ci_upper < 0]
    unsure = [_name(row, names) for row in rows if _name(row, names) not in (*gains, *losses)]
    parts = []
    if gains:
        parts.append(f"{capitalised(listed(gains))} {'gains' if len(gains) == 1 else 'gain'} money.")
    if losses:
        parts.append(f"{capitalised(listed(losses))} {'loses' if len(losses) == 1 else 'lose'} money.")
    if unsure:
        parts.append(f"For {listed(unsure)} the range reaches both sides of zero.")
    return " ".join(parts)


def _name(row: ArmMoney, names: Names) -> str:
    return names.approach(row.arm)
