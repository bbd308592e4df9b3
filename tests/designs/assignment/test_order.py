"""Assigning along the keyed order: cutting large populations gives what sorting gives, equal keys included."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from designs.assignment.keyed import order as keyed_order
from designs.assignment.keyed.order import assign_along_order, permuted_arms
from designs.assignment.keyed.stream import Stream
from tests.designs.assignment.chance import seed_of


def in_plain_python(
    keyed: list[int], stratum: list[int], counts: list[list[int]], order: list[list[int]], ids: list[str]
) -> list[int]:
    arm = [-1] * len(keyed)
    for j, row in enumerate(counts):
        queue = [a for a in order[j] for _ in range(row[a])]
        ranked = sorted((k, i, at) for at, (k, i, s) in enumerate(zip(keyed, ids, stratum, strict=True)) if s == j)
        for (_, _, at), a in zip(ranked, queue, strict=True):
            arm[at] = a
    return arm


@st.composite
def any_draw(draw: st.DrawFn) -> tuple[list[int], list[int], list[list[int]], list[list[int]]]:
    """Keys from so few values that many meet at a cut; the lowest and the highest there are among them."""
    strata, arms = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    counts = [[draw(st.integers(0, 6)) for _ in range(arms)] for _ in range(strata)]
    stratum = [j for j, row in enumerate(counts) for _ in range(sum(row))]
    values = st.sampled_from([0, 1, 2, 2**50, 2**50 + 1, 2**63, 2**64 - 2, 2**64 - 1])
    keyed = draw(st.lists(values, min_size=len(stratum), max_size=len(stratum)))
    order = [draw(st.permutations(range(arms))) for _ in range(strata)]
    return keyed, stratum, counts, order


@pytest.mark.parametrize("large", [False, True])
@settings(max_examples=100)
@given(case=any_draw(), shuffled=st.randoms())
def test_sorting_and_cutting_assign_alike(large: bool, case: Any, shuffled: Any) -> None:
    keyed, stratum, counts, order = case
    places = list(range(len(keyed)))
    shuffled.shuffle(places)
    keyed, stratum = [keyed[at] for at in places], [stratum[at] for at in places]
    ids = [f"{at:03d}" for at in range(len(keyed))]
    shuffled.shuffle(ids)
    with pytest.MonkeyPatch.context() as patch:
        if large:
            patch.setattr(keyed_order, "MANY", 0)
            patch.setattr(keyed_order, "_CUTTING_PAYS_FROM", 0)
        found = assign_along_order(
            np.array(keyed, np.uint64),
            np.array(stratum, np.int64),
            np.array(counts, np.int64),
            np.array(order, np.int8),
            lambda rows: [ids[row] for row in rows.tolist()],
        )
    assert found.tolist() == in_plain_python(keyed, stratum, counts, order, ids)


def test_half_a_million_with_every_key_met_twice() -> None:
    rng = np.random.default_rng(5)
    n = 500_000
    keyed = rng.integers(0, n // 2, n, dtype=np.uint64) << np.uint64(44)
    stratum = rng.integers(0, 9, n)
    sizes = np.bincount(stratum)
    counts = np.stack([sizes // 2, sizes // 3, sizes - sizes // 2 - sizes // 3], axis=1)
    order = permuted_arms(9, 3, Stream(seed_of("half a million"), "trial", "intervals"))
    ids = rng.permutation(n)

    def ids_of(rows: NDArray[np.int64]) -> list[str]:
        return [f"{ids[row]:07d}" for row in rows.tolist()]

    found = assign_along_order(keyed, stratum, counts, order, ids_of)
    ranked = np.lexsort((ids, keyed, stratum))
    expected = np.concatenate([np.repeat(order[j], counts[j][order[j]]) for j in range(9)])
    assert (found[ranked] == expected).all()


def test_ids_are_asked_for_only_where_keys_meet() -> None:
    def never(rows: NDArray[np.int64]) -> list[str]:
        raise AssertionError(rows)

    keyed = np.random.default_rng(2).permutation(300_000).astype(np.uint64) << np.uint64(40)
    counts = np.array([[100_000, 200_000]])
    found = assign_along_order(keyed, np.zeros(300_000, np.int64), counts, np.array([[1, 0]], np.int8), never)
    assert Counter(found.tolist()) == {0: 100_000, 1: 200_000}
    assert (found[np.argsort(keyed)[:200_000]] == 1).all()
