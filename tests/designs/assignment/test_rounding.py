"""Controlled rounding: exact over every outcome of small tables, kept to its promises on any table."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.assignment.keyed.rounding import controlled_rounding
from designs.assignment.keyed.stream import Stream
from tests.designs.assignment.chance import distribution, seed_of

Table = tuple[tuple[int, ...], ...]


def numerators(sizes: Sequence[int], weights: Sequence[Sequence[int]]) -> tuple[list[list[int]], int]:
    denominator = lcm(*(sum(row) for row in weights))
    table = [[n * weight * denominator // sum(row) for weight in row] for n, row in zip(sizes, weights, strict=True)]
    return table, denominator


def assert_promises(table: list[list[int]], whole: int, rounded: Table, groups: Sequence[int]) -> None:
    def near(count: int, target: Fraction) -> bool:
        return abs(count - target) < 1

    for row, counts in zip(table, rounded, strict=True):
        assert sum(counts) == Fraction(sum(row), whole)
        assert all(near(count, Fraction(cell, whole)) for count, cell in zip(counts, row, strict=True))
    columns = range(len(groups))
    for group in set(groups):
        members = [k for k in columns if groups[k] == group]
        for row, counts in zip(table, rounded, strict=True):
            assert near(sum(counts[k] for k in members), Fraction(sum(row[k] for k in members), whole))
        assert near(
            sum(counts[k] for counts in rounded for k in members),
            Fraction(sum(row[k] for row in table for k in members), whole),
        )
    for k in columns:
        assert near(sum(counts[k] for counts in rounded), Fraction(sum(row[k] for row in table), whole))


SMALL = [
    ((3,), [(1, 1)], (0, 0)),
    ((5,), [(1, 1, 1)], (0, 0, 0)),
    ((7,), [(3, 1, 1, 2)], (0, 0, 0, 0)),
    ((3, 5), [(1, 1), (1, 1)], (0, 0)),
    ((1, 1, 1), [(1, 1), (1, 1), (1, 1)], (0, 0)),
    ((1, 2, 2), [(2, 1), (2, 1), (2, 1)], (0, 0)),
    ((2, 3, 2), [(1, 1, 1)] * 3, (0, 0, 0)),
    ((4, 3), [(3, 1, 1), (3, 0, 1)], (0, 0, 0)),
    ((5, 1), [(1, 2, 3), (0, 1, 1)], (0, 0, 0)),
    ((1, 1, 1, 1), [(1, 1, 1)] * 4, (0, 0, 0)),
    ((3,), [(1, 1, 1, 1)], (0, 0, 1, 1)),
    ((3, 3), [(1, 1, 1, 1)] * 2, (0, 0, 1, 1)),
    ((1, 2, 1), [(1, 1, 1, 1)] * 3, (0, 0, 1, 1)),
    ((2, 3), [(2, 1, 1, 1, 1)] * 2, (2, 0, 0, 1, 1)),
]


@pytest.mark.parametrize(("sizes", "weights", "groups"), SMALL)
def test_every_outcome_keeps_the_promises_and_the_mean_is_exact(
    sizes: tuple[int, ...], weights: list[tuple[int, ...]], groups: tuple[int, ...]
) -> None:
    table, whole = numerators(sizes, weights)

    def rounded(source: object) -> Table:
        return tuple(map(tuple, controlled_rounding(table, whole, source, groups)))  # type: ignore[arg-type]

    exact = distribution(rounded)
    assert sum(exact.values()) == 1
    for outcome in exact:
        assert_promises(table, whole, outcome, groups)
    for j, row in enumerate(table):
        for k, cell in enumerate(row):
            assert sum(p * outcome[j][k] for outcome, p in exact.items()) == Fraction(cell, whole)


def test_rounding_one_stratum_reaches_every_outcome_it_may() -> None:
    """One row of thirds, 5 units: whichever arm is short must be possible, each equally."""
    exact = distribution(lambda source: tuple(controlled_rounding([[5, 5, 5]], 3, source)[0]))
    assert exact == {outcome: Fraction(1, 3) for outcome in [(1, 2, 2), (2, 1, 2), (2, 2, 1)]}


@st.composite
def any_table(draw: st.DrawFn) -> tuple[list[list[int]], int, list[int]]:
    arms = draw(st.integers(2, 8))
    rows = draw(st.integers(1, 12))
    row = st.lists(st.integers(0, 9), min_size=arms, max_size=arms).filter(any)
    drawn = [draw(row) for _ in range(rows)]
    table, whole = numerators([draw(st.integers(0, 50)) for _ in range(rows)], drawn)
    return table, whole, draw(st.lists(st.integers(0, 3), min_size=arms, max_size=arms))


@given(any_table(), st.integers(0, 10**9))
def test_any_table_keeps_the_promises(case: tuple[list[list[int]], int, list[int]], number: int) -> None:
    table, whole, groups = case
    rounded = controlled_rounding(table, whole, Stream(seed_of("rounding"), f"trial {number}", "rounding"), groups)
    assert_promises(table, whole, tuple(map(tuple, rounded)), groups)


def test_ten_thousand_strata_take_no_longer_each_than_ten() -> None:
    """Settled cycles leave the network, so what is searched stays as small as the number of arms."""
    table, whole = numerators([1 + j % 7 for j in range(10_000)], [(3, 1, 1, 2)] * 10_000)
    rounded = controlled_rounding(table, whole, Stream(seed_of("many strata"), "trial", "rounding"))
    assert_promises(table, whole, tuple(map(tuple, rounded)), (0, 0, 0, 0))


@pytest.mark.parametrize("table", [[[1, 1]], [[3, -1]]])
def test_a_row_that_cannot_be_kept_is_refused(table: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="whole number"):
        controlled_rounding(table, 3 if table == [[1, 1]] else 2, Stream(seed_of("x"), "t", "l"))
