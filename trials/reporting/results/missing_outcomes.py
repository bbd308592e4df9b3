"""What the customers without an outcome would have to be like for the verdict to be another."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import TippingPoint
from analysis.wording.numbers import decimal, level, point_places
from analysis.wording.phrases import listed
from analysis.wording.verdicts import would_be_in_words
from trials.reporting.results.table import Cell, Table
from trials.reporting.words.names import Names


def tipping_lines(rows: Sequence[TippingPoint], names: Names) -> list[str]:
    """A sentence for each arm and outcome whose missing customers could undo the verdict, and one for the others."""
    lines = [_line(row, names) for row in rows if row.shift is not None]
    held: dict[str, list[str]] = {}
    for row in rows:
        if row.shift is None and row.reason is None:
            held.setdefault(row.outcome, []).append(f"{row.missing:,} with {_arm(row.arm, names)}")
    lines += [
        f"Nothing that the customers without “{names.outcome(outcome)}” could have done by themselves would change the "
        f"verdict: {listed(arms)}."
        for outcome, arms in held.items()
    ]
    return lines


def _line(row: TippingPoint, names: Names) -> str:
    who = f"of the {row.missing:,} without “{names.outcome(row.outcome)}” with {_arm(row.arm, names)}"
    return f"If, {who}, {_how_many(row, names)}, the verdict would be: {_then(row, names)}."


def _how_many(row: TippingPoint, names: Names) -> str:
    measure, shift = names.measure(row.outcome), row.shift or 0.0
    assumed = level(measure, row.assumed)
    if measure == "share":
        size = decimal(abs(shift) * 100.0, point_places(shift))
        return f"{size} points {'fewer' if shift < 0 else 'more'} had it than is assumed ({assumed})"
    size = level(measure, abs(shift))
    return f"each had {size} {'less' if shift < 0 else 'more'} on average than is assumed ({assumed})"


def _turning_at(row: TippingPoint, names: Names) -> str:
    """The mean of the missing, beside the one that is assumed, at which the verdict is another."""
    if row.shift is None or row.assumed is None:
        return row.reason or "nowhere"
    return level(names.measure(row.outcome), row.assumed + row.shift)


def _then(row: TippingPoint, names: Names) -> str:
    if row.assumed is None and row.reason is not None:
        return "not known"
    return (
        "as it is"
        if row.becomes is None
        else would_be_in_words(row.becomes, names.approach, names.nothing, names.columns)
    )


def _arm(arm: str, names: Names) -> str:
    return names.comparison_label if arm == names.comparison else names.approach(arm)


def tipping_points(rows: Sequence[TippingPoint], names: Names) -> Table:
    """Who lacks an outcome that the verdict rests on, and how unlike the others they would have to be to undo it."""
    body = tuple(
        (
            names.outcome(row.outcome),
            names.arm(row.arm),
            Cell(row.missing, "customers"),
            Cell(row.assumed, names.measure(row.outcome)),
            _turning_at(row, names),
            _then(row, names),
        )
        for row in rows
    )  # fmt: skip
    columns = ("Outcome", "Arm", "Without it", "Assumed of them", "Another verdict at", "The verdict there")
    return Table("How unlike the others the missing would have to be", columns, body, frozenset({2, 3, 4}))
