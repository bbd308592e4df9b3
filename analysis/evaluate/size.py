"""Whether an analysis can be held: the effects that a plan asks for are counted before the first is worked out."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.errors import AnalysisRefused
from analysis.specification import Levels
from designs.protocol.effects import (
    FEWER,
    FEWER_TOGETHER,
    MOST_EFFECTS,
    MOST_TOGETHER,
    RULE_EFFECTS,
    RULE_TOGETHER,
    effects_asked,
    effects_in_words,
    together,
)
from designs.protocol.models import Protocol

MOST_COUNTS = 400_000


def refuse_too_many_effects(protocol: Protocol, subgroups: Sequence[Levels]) -> None:
    """Refuse what would take minutes and the machine's memory, now that the levels are known.

    Args:
        protocol: as locked.
        subgroups: the levels that the data have, by subgroup.

    Raises:
        AnalysisRefused: it asks for more effects than one analysis estimates, or compares more at once.
    """
    levels = [len(by.names) for by in subgroups]
    if effects_asked(protocol, levels) > MOST_EFFECTS:
        raise AnalysisRefused(
            effects_in_words(protocol, levels), where="the plan's analysis", rule=RULE_EFFECTS, remedy=FEWER
        )
    if (of_one := together(protocol, levels)) > MOST_TOGETHER:
        raise AnalysisRefused(
            f"it asks for {of_one:,} comparisons together",
            where="the plan's analysis",
            rule=RULE_TOGETHER,
            remedy=FEWER_TOGETHER,
        )


def refuse_too_many_values(column: str, values: int, arms: int) -> None:
    """Refuse a category of which each value would be counted in each arm, and have a row of the balance.

    Raises:
        AnalysisRefused: it has more than are counted.
    """
    if values * arms > MOST_COUNTS:
        raise AnalysisRefused(
            f"it is a category of {values:,} values, in {arms:,} arms",
            where=f"column {column}",
            rule=f"at most {MOST_COUNTS:,} counts of a category are held: its values × the arms",
            remedy="declare a coarser column in its place, such as a region for a postcode; a number that came as text "
            "is declared with as: number",
        )
