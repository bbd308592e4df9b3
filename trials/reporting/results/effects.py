"""Effects: an estimate in its unit, and the tables an analyst reads of a set of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from analysis.results import CutLevel, Estimate, Interaction
from analysis.wording.numbers import count, decimal, difference, interval, p_value, range_of, span
from analysis.wording.phrases import level_labels, sentence_case
from trials.reporting.results.table import Cell, Table
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import METHODS, estimand, factor_words

# Decimals, and the unit behind them, of what is neither a share nor pounds.
_PLACES: Final = {"log_hazard_ratio": (3, ""), "rmst_difference": (1, " days")}


def as_judged(rows: Iterable[Estimate]) -> list[Estimate]:
    """The rows, with differences in survival as what a verdict is about, the share with the event by the horizon, where
    they are a primary's or a segment's: read like any other outcome's effect."""
    return [
        _share_with_event(row)
        if row.estimand == "survival_difference" and (row.role == "primary" or row.subgroup is not None)
        else row
        for row in rows
    ]


def _share_with_event(row: Estimate) -> Estimate:
    def reversed_(value: float | None) -> float | None:
        return None if value is None else 0.0 - value

    return replace(
        row,
        estimand="itt",
        estimate=reversed_(row.estimate),
        statistic=reversed_(row.statistic),
        ci_lower=reversed_(row.ci_upper),
        ci_upper=reversed_(row.ci_lower),
        ci_lower_simultaneous=reversed_(row.ci_upper_simultaneous),
        ci_upper_simultaneous=reversed_(row.ci_lower_simultaneous),
    )


def effect_words(row: Estimate, names: Names, lower: float | None = None, upper: float | None = None) -> str:
    """An estimate in its unit, with a range where both bounds are given; its reason where there is none."""
    if row.estimate is None:
        return row.reason or "not estimated"
    if row.estimand in _PLACES:
        places, days = _PLACES[row.estimand]
        span = "" if lower is None or upper is None else f" ({range_of(lower, upper, places)})"
        return f"{decimal(row.estimate, places, sign=True)}{days}{span}"
    return difference(names.measure_of(row), row.estimate, lower, upper)


def bounds_words(row: Estimate, names: Names, *, simultaneous: bool = False) -> str:
    """The interval of an estimate alone, in its unit; "none" where it was not computed."""
    lower = row.ci_lower_simultaneous if simultaneous else row.ci_lower
    upper = row.ci_upper_simultaneous if simultaneous else row.ci_upper
    if lower is None or upper is None:
        return "none"
    if row.estimand in _PLACES:
        return range_of(lower, upper, _PLACES[row.estimand][0])
    return interval(names.measure_of(row), lower, upper)


def effects(rows: Sequence[Estimate], names: Names, caption: str) -> Table:
    """Everything an analyst reads about one set of estimates."""
    columns = (
        "Approach", f"With {names.comparison_label}", "Difference", f"{names.confidence} interval",
        "Simultaneous interval", "Adjusted p", "Customers, approach", "Customers, comparison", "Method", "Errors", "df",
    )  # fmt: skip
    body = tuple(
        (
            factor_words(row.factors)
            if row.factors
            else names.arm(row.arm) + ("" if row.estimand == "itt" else f", {estimand(row, names)}"),
            Cell(row.mean_comparison, names.measure_of(row)),
            effect_words(row, names),
            bounds_words(row, names),
            bounds_words(row, names, simultaneous=True),
            p_value(row.p_adjusted if row.p_adjusted is not None else row.p_value),
            Cell(row.n_arm, "customers"),
            Cell(row.n_comparison, "customers"),
            METHODS.get(row.method, row.method),
            row.standard_errors,
            f"{row.df:,.1f}" if row.df is not None else "normal" if row.n_arm is not None else "",
        )
        for row in rows
    )
    return Table(caption, columns, body, frozenset({1, 2, 3, 4, 5, 6, 7, 10}))


def segments(rows: Sequence[Estimate], names: Names, caption: str) -> Table:
    """The levels of one subgroup column, approach by approach."""
    columns = (
        "Segment", "Approach", "Difference", f"{names.confidence} interval", "Adjusted p",
        "Customers, approach", "Customers, comparison", "Planned or exploratory",
    )  # fmt: skip
    levels = names.levels(rows[0].subgroup or "", (row.level or "" for row in rows)) if rows else {}
    body = tuple(
        (
            levels[row.level or ""],
            names.arm(row.arm),
            effect_words(row, names),
            bounds_words(row, names),
            p_value(row.p_adjusted if row.p_adjusted is not None else row.p_value),
            Cell(row.n_arm, "customers"),
            Cell(row.n_comparison, "customers"),
            sentence_case(row.phase),
        )
        for row in rows
    )
    return Table(caption, columns, body, frozenset({2, 3, 4, 5, 6}))


def cut_points(levels: Sequence[CutLevel], column: str, names: Names | None = None) -> Table:
    """What the groups of a column hold that was cut at its quantiles.

    Args:
        column: as it stands in a sentence.
        names: of the plan, where it may have words of its own for a group.
    """
    groups = [level.level for level in levels]
    said = names.levels(levels[0].subgroup, groups) if names and levels else level_labels(groups)
    body = tuple((said[row.level], span(row.lower, row.upper), count(row.customers)) for row in levels)
    return Table(f"Groups of {column}", ("Segment", "Values", "Customers"), body, frozenset({1, 2}))


def _df(row: Interaction) -> str:
    """Numerator and denominator; a test by the normal distribution has no end of the second."""
    return f"{row.df_numerator:g} and {'∞' if row.df_denominator is None else f'{row.df_denominator:,.0f}'}"


def interactions(rows: Iterable[Interaction], names: Names, caption: str) -> Table:
    """Whether the effect differs between the levels of a segment: one test for each approach."""
    body = tuple(
        (
            names.arm(row.arm),
            "not tested" if row.statistic is None else decimal(row.statistic, 2),
            "none" if row.df_numerator is None else _df(row),
            p_value(row.p_value) if row.p_value is not None else row.reason or "not tested",
        )
        for row in rows
    )
    return Table(caption, ("Approach", "F", "df", "p"), body, frozenset({1, 2, 3}))
