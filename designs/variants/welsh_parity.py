"""Which arms those who prefer Welsh were assigned to: none in English alone, and the others by their shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from designs.finding import Open
from designs.protocol.columns import column_kinds
from designs.protocol.conditions import all_hold
from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True)
class WelshInArm:
    """Those who prefer Welsh in one arm.

    Attributes:
        arm: Its id.
        label: What people call it.
        english_only: Whether it has no Welsh text, and nobody who prefers Welsh may be in it.
        customers: Everybody in it.
        preferring: Those in it who prefer Welsh.
        expected: How many of them there would be had the arms that they may get shared them by their shares; None
            where the plan declares none, as for a trial that is randomised elsewhere.
    """

    arm: str
    label: str
    english_only: bool
    customers: int
    preferring: int
    expected: float | None


def welsh_by_arm(plan: Protocol, table: Any, arms: Sequence[str]) -> tuple[WelshInArm, ...]:
    """Those who prefer Welsh, by arm; empty where the plan does not say who they are.

    Whoever is barred from an arm by something else as well is expected there all the same: where that matters, the
    exact check is the allocation's own.

    Args:
        plan: Whole.
        table: Those who were assigned, eager, one row a customer, with the columns that the plan uses.
        arms: Their arms, by id, in the order of the rows.

    Raises:
        ValueError: There are not as many arms as rows.
    """
    welsh = plan.population.welsh
    if welsh is None:
        return ()
    rows = nw.from_native(table, eager_only=True)
    if len(rows) != len(arms):
        raise ValueError(f"{len(arms)} arms are given for {len(rows)} customers")
    prefers = rows.select(all_hold(welsh.conditions, column_kinds(plan)).alias("prefers"))["prefers"].to_list()
    everybody = Counter(arms)
    preferring = Counter(arm for arm, prefer in zip(arms, prefers, strict=True) if prefer)
    shares = {arm.id: arm.share for arm in plan.arms if not arm.english_only and arm.share is not None}
    whole, total = sum(shares.values()), sum(preferring.values())
    return tuple(
        WelshInArm(
            arm.id,
            arm.label,
            arm.english_only,
            everybody[arm.id],
            preferring[arm.id],
            None if not whole else total * shares.get(arm.id, 0.0) / whole,
        )
        for arm in plan.arms
    )


def open_allocation(found: Sequence[WelshInArm]) -> Iterator[Open]:
    """Arms in English alone that hold customers who prefer Welsh, however they came to be there."""
    for arm in found:
        if arm.english_only and arm.preferring:
            problem = f"{arm.label} has no Welsh text, and holds {arm.preferring:,} of those who prefer Welsh"
            yield Open("welsh_in_english", "blocks", arm.arm, problem, "issue nothing to them in English", "designer")
