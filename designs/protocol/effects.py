"""How many effects a plan asks for: each is worked out, held and written, so one analysis has a bound of them."""

from __future__ import annotations

from collections.abc import Sequence

from designs.protocol.models import Protocol

MOST_EFFECTS = 20_000
"""Of one analysis: a plan of five approaches, ten outcomes and six subgroups of ten levels asks for 3,050."""

MOST_TOGETHER = 4_000
"""Comparisons in the levels of one subgroup, or among everybody: they have one covariance together."""

_BY_VALUES = 2  # levels of a subgroup that is not cut, at least: its values are in the data
RULE_EFFECTS = f"one analysis estimates at most {MOST_EFFECTS:,} effects"
RULE_TOGETHER = f"at most {MOST_TOGETHER:,} comparisons are estimated together"
FEWER = "declare fewer outcomes or subgroups, or fewer levels of them"
FEWER_TOGETHER = "compare each approach with the comparison alone, or declare fewer levels"


def declared_levels(protocol: Protocol) -> tuple[int, ...]:
    """Levels of each subgroup, as far as the plan says: of one by its values, two."""
    return tuple(subgroup.quantiles or _BY_VALUES for subgroup in protocol.analysis.subgroups)


def effects_asked(protocol: Protocol, levels: Sequence[int]) -> int:
    """Comparisons × outcomes × everybody and each level.

    Args:
        protocol: Its arms, contrasts and outcomes.
        levels: How many each subgroup has.
    """
    return comparisons(protocol) * len(protocol.outcomes) * (1 + sum(levels))


def effects_in_words(protocol: Protocol, levels: Sequence[int]) -> str:
    """The number and what it is made of."""
    of_levels = f"{sum(levels):,} levels of its subgroups, and everybody"
    return (
        f"it asks for {effects_asked(protocol, levels):,} effects: {comparisons(protocol):,} comparisons of arms × "
        f"{len(protocol.outcomes):,} outcomes × {1 + sum(levels):,} ({of_levels})"
    )


def together(protocol: Protocol, levels: Sequence[int]) -> int:
    """Comparisons that share a covariance, where most do."""
    return comparisons(protocol) * max((1, *levels))


def comparisons(protocol: Protocol) -> int:
    """How many pairs of arms are compared; none is listed, for a hostile plan may have tens of thousands."""
    others = len(protocol.arms) - 1
    return others * (others + 1) // 2 if protocol.analysis.contrasts == "all_pairs" else others
