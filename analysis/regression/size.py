"""Whether a regression can be held: its matrices are counted before the first of them is made."""

from __future__ import annotations

from analysis.errors import AnalysisRefused

MOST_COLUMNS = 5_000
"""Of one regression: a matrix of 200 MB, of which half a dozen are held at once."""

MOST_SUMS = 60_000_000
"""Sums of cells, of 8 bytes each, that are held at once."""


def refuse_large(columns: int, regressions: int, levels: int) -> None:
    """Refuse matrices of more numbers than one of the most columns has.

    Args:
        columns: of each regression.
        regressions: that are fitted together: one, or one an arm.
        levels: of a subgroup, in each of which they are fitted again.

    Raises:
        AnalysisRefused: there are more.

    Examples:
        >>> refuse_large(5000, 1, 1)
        >>> refuse_large(1800, 12, 1)
        Traceback (most recent call last):
            ...
        analysis.errors.AnalysisRefused: the plan's analysis: adjusting takes 1,800 columns in each of 12 regressions...
    """
    numbers = columns * columns * regressions * levels
    if numbers <= MOST_COLUMNS**2:
        return
    each = f" in each of {regressions * levels:,} regressions" if regressions * levels > 1 else ""
    raise AnalysisRefused(
        f"adjusting takes {columns:,} columns{each}, which is {numbers:,} numbers",
        where="the plan's analysis",
        rule=f"a regression has at most {MOST_COLUMNS**2:,} numbers ({MOST_COLUMNS:,} columns, each by each); each "
        "value of a category and each stratum is a column, in every arm with adjustment: lin, in every level of a "
        "subgroup",
        remedy="declare coarser covariates or strata, fewer of them, or fewer levels of the subgroup",
    )


def sums_of(cells: int, numbers: int, responses: int) -> int:
    """How many sums cells have: each numeric covariate meets each other and every response."""
    return cells * (numbers * numbers + numbers * responses + 3 * responses)


def refuse_many_sums(cells: int, numbers: int, responses: int) -> None:
    """Refuse the sums of cells where they would not be held.

    Args:
        cells: combinations of what is discrete: arms, levels, strata, categories.
        numbers: numeric covariates.
        responses: what is regressed.

    Raises:
        AnalysisRefused: there are more than are held at once.
    """
    sums = sums_of(cells, numbers, responses)
    if sums > MOST_SUMS:
        raise AnalysisRefused(
            f"the customers have {cells:,} combinations of arm, stratum and category, with {numbers:,} numeric "
            f"covariates and {responses:,} outcomes: {sums:,} sums",
            where="the plan's analysis",
            rule=f"at most {MOST_SUMS:,} sums are held at once",
            remedy="declare coarser categories or strata, or fewer covariates",
        )
