"""Whether the trial can be trusted: every check, and the balance before allocation."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Balance, Check, UnreadableCell
from analysis.wording.numbers import decimal
from analysis.wording.phrases import capitalised, sentence_case
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import check_result, check_title

SHOWN_CELLS = 10


def checks(rows: Sequence[Check], names: Names) -> Table:
    """Every integrity check in one line."""
    body = tuple((check_title(row, names), check_result(row), row.detail) for row in rows)
    return Table("Integrity checks", ("Check", "Result", "What was found"), body)


def unreadable(cells: Sequence[UnreadableCell]) -> Table:
    """The first cells that are missing because they could not be read; the checks count them all, by arm."""
    body = tuple((str(cell.row), cell.field, cell.reason) for cell in cells[:SHOWN_CELLS])
    return Table("Cells that could not be read, the first of them", ("Row", "Column", "Why"), body, frozenset({0}))


def _covariate(row: Balance, names: Names) -> str:
    """What is compared, as a heading."""
    words = None if row.level is None else names.columns.value(row.covariate, row.level)
    if words is not None:
        return capitalised(words)
    label = names.columns.label(row.covariate)
    plain = sentence_case(row.covariate) if label is None else capitalised(label)
    return plain + (f": {row.level}" if row.level else "")


def balance(rows: Sequence[Balance], names: Names) -> Table:
    """Covariates before allocation, as standardised differences."""
    body = tuple(
        (
            _covariate(row, names),
            names.arm(row.arm),
            decimal(row.mean_arm, 3),
            decimal(row.mean_comparison, 3),
            decimal(row.standardised_difference, 3, sign=True),
        )
        for row in rows
    )
    columns = ("Covariate", "Arm", "Mean, arm", "Mean, comparison", "Standardised difference")
    return Table("Balance before allocation", columns, body, frozenset({2, 3, 4}))
