"""Forest plots: one outcome across approaches, and one approach across segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analysis.results import Estimate
from analysis.wording.numbers import decimal, point_places, pounds
from analysis.wording.phrases import capitalised, listed, sentence_case, uncapitalised
from trials.reporting.charts.figure import Bar, Chart, Figure, Ink, interval_chart, pounds_axis
from trials.reporting.results.effects import effects, segments
from trials.reporting.words.names import Names

_POINTS: Final = "replace(format(datum.value, '.3~f'), '-', '−')"


def effect_figure(rows: Sequence[Estimate], names: Names, ink: Ink) -> Figure | None:
    """One outcome, every approach against the comparison. ``None`` when no row could be estimated."""
    places = _places(rows, names)
    bars = [bar for row in rows if (bar := _bar(row, names, names.arm(row.arm), places)) is not None]
    if not bars:
        return None
    outcome = names.outcome(rows[0].outcome)
    title = f"{outcome}: difference from {names.comparison_label}"
    conclusion = _conclusion(rows, names)
    caption = f"{sentence_case(rows[0].role)} outcome. {conclusion} Lines are {names.confidence} intervals."
    table = effects(rows, names, f"{outcome}, {rows[0].role} outcome")
    return Figure(title, caption, _alt(title, bars, conclusion), _chart(bars, rows[0], names, ink), table)


def segment_figure(rows: Sequence[Estimate], names: Names, ink: Ink) -> Figure | None:
    """One approach in each level of one segment column. ``None`` when no level could be estimated."""
    places = _places(rows, names)
    levels = names.levels(rows[0].subgroup or "", (row.level or "" for row in rows)) if rows else {}
    bars = [bar for row in rows if (bar := _bar(row, names, levels[row.level or ""], places)) is not None]
    if not bars:
        return None
    first = rows[0]
    column = names.column(first.subgroup or "")
    title = f"{names.arm(first.arm)}: {uncapitalised(names.outcome(first.outcome))}, by {column}"
    kind = "Planned before the draw." if first.phase == "planned" else "Exploratory: not planned before the draw."
    caption = f"{kind} Lines are {names.confidence} intervals within each segment."
    table = segments(rows, names, title)
    return Figure(title, caption, _alt(title, bars, kind), _chart(bars, first, names, ink), table)


def _bar(row: Estimate, names: Names, label: str, places: int) -> Bar | None:
    if row.estimate is None or row.ci_lower is None or row.ci_upper is None:
        return None
    factor = _factor(row, names)
    estimate = row.estimate * factor
    words = pounds(estimate, sign=True, pence=True) if _is_money(row, names) else decimal(estimate, places, sign=True)
    return Bar(label, row.arm, estimate, row.ci_lower * factor, row.ci_upper * factor, words)


def _is_money(row: Estimate, names: Names) -> bool:
    return names.measure_of(row) == "pounds"


def _factor(row: Estimate, names: Names) -> float:
    return 100.0 if names.measure_of(row) == "share" else 1.0


def _places(rows: Sequence[Estimate], names: Names) -> int:
    """Decimals for the figures beside the points: enough to tell rare outcomes apart."""
    if rows[0].estimand == "rmst_difference":
        return 1
    if _factor(rows[0], names) == 100.0:
        return point_places(*(row.estimate for row in rows))
    return 2


def _axis_title(row: Estimate, names: Names) -> str:
    if _is_money(row, names):
        return "Pounds a customer"
    if _factor(row, names) == 100.0:
        return "Percentage points"
    if row.estimand == "log_hazard_ratio":
        return "Log hazard ratio"
    measure = names.measure_of(row)
    return measure.capitalize() if measure in ("minutes", "days") else names.outcome(row.outcome)


def _chart(bars: Sequence[Bar], row: Estimate, names: Names, ink: Ink) -> Chart:
    axis_format = pounds_axis(bars) if _is_money(row, names) else _POINTS
    return interval_chart(bars, names, ink, _axis_title(row, names), axis_format)


def _conclusion(rows: Sequence[Estimate], names: Names) -> str:
    """Which approaches differ from the comparison with certainty, in one sentence.

    The simultaneous interval speaks where there is one: a caption makes one claim about all arms.
    """
    above, below = [], []
    for row in rows:
        lower = row.ci_lower if row.ci_lower_simultaneous is None else row.ci_lower_simultaneous
        upper = row.ci_upper if row.ci_upper_simultaneous is None else row.ci_upper_simultaneous
        if lower is not None and lower > 0:
            above.append(names.approach(row.arm))
        elif upper is not None and upper < 0:
            below.append(names.approach(row.arm))
    parts = []
    if above:
        parts.append(f"higher with {listed(above)}")
    if below:
        parts.append(f"lower with {listed(below)}")
    if not parts:
        return f"No difference from {names.comparison_label} is shown."
    return f"{capitalised(parts[0])}{', ' + parts[1] if len(parts) > 1 else ''} than with {names.comparison_label}."


def _alt(title: str, bars: Sequence[Bar], conclusion: str) -> str:
    listed_bars = "; ".join(f"{bar.label} {bar.words}" for bar in bars)
    return f"{title}. {listed_bars}. {conclusion}"
