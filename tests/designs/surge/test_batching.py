"""Batches at random: equal, of whole clusters, whatever the order of the file, and as the rule is followed by hand."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from itertools import groupby

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.hashing import first_words
from designs.surge import at_random


def drawn(
    trial: str, ids: list[str], part: list[bool], batches: tuple[str, ...], clusters: list[str | None] | None = None
) -> list[str]:
    groups = None if clusters is None else pa.array(clusters, pa.string())
    found = at_random(trial, pa.array(ids, pa.string()), np.array(part, np.bool_), batches, groups)
    return [str(name) for name in found.to_pylist()]


@pytest.mark.requirement("S16")
def test_batches_at_random_are_equal_among_those_who_take_part_and_do_not_follow_the_file() -> None:
    ids = [f"{number:05d}" for number in range(3001)]
    part = [number % 3 != 0 for number in range(3001)]
    names = ("a", "b", "c")
    found = drawn("trial", ids, part, names)
    sizes = Counter(batch for batch, takes in zip(found, part, strict=True) if takes)
    assert max(sizes.values()) - min(sizes.values()) <= 1
    again = drawn("trial", ids[::-1], part[::-1], names)
    assert again[::-1] == found
    assert drawn("other", ids, part, names) != found
    first_half = Counter(found[:1500])
    assert all(abs(first_half[name] - 500) < 100 for name in names)  # five standard deviations and more


def test_clusters_stay_whole_and_batches_remain_alike() -> None:
    ids = [f"{number:05d}" for number in range(3000)]
    groups = [None if number % 10 == 0 else str(number // 7) for number in range(3000)]
    found = drawn("trial", ids, [True] * 3000, ("a", "b"), groups)
    by_group: dict[str, set[str]] = {}
    for group, batch in zip(groups, found, strict=True):
        if group is not None:
            by_group.setdefault(group, set()).add(batch)
    assert all(len(batches) == 1 for batches in by_group.values())
    assert abs(Counter(found)["a"] - 1500) <= 7


def by_hand(
    trial: str, ids: list[str], part: list[bool], batches: tuple[str, ...], clusters: list[str | None] | None = None
) -> list[str]:
    """The rule, one customer at a time: what the first batches at random were made by, and so what all must be."""
    label = b"otm/batches/1\x00" + trial.encode()
    names = ids
    if clusters is not None:
        names = [f"c:{group}" if group else f"i:{own}" for own, group in zip(ids, clusters, strict=True)]
    keys = {name: hashlib.sha256(label + b"\x00" + name.encode()).digest() for name in set(names)}
    leading = {name for name, takes in zip(names, part, strict=True) if takes}
    order = sorted(range(len(names)), key=lambda at: (names[at] not in leading, keys[names[at]], names[at]))
    result = [""] * len(names)
    fill = [(0, number) for number in range(len(batches))]
    for _, members in groupby(order, key=lambda at: names[at]):
        together = list(members)
        size, number = heapq.heappop(fill)
        for at in together:
            result[at] = batches[number]
        heapq.heappush(fill, (size + (sum(part[at] for at in together) or len(together)), number))
    return result


ROWS = st.lists(
    st.tuples(st.text(max_size=4), st.booleans(), st.sampled_from([None, "", "a", "b", "c", "ü\x00"])), max_size=40
)


@given(st.text(max_size=5), ROWS, st.integers(1, 5), st.booleans())
def test_batches_are_those_of_the_rule_to_the_customer(
    trial: str, rows: list[tuple[str, bool, str | None]], batches: int, clustered: bool
) -> None:
    ids, part = [row[0] for row in rows], [row[1] for row in rows]
    clusters = [row[2] for row in rows] if clustered else None
    names = tuple(f"batch_{number}" for number in range(batches))
    assert drawn(trial, ids, part, names, clusters) == by_hand(trial, ids, part, names, clusters)


@pytest.mark.parametrize("clustered", [False, True])
def test_so_many_that_they_are_hashed_side_by_side_are_batched_alike(clustered: bool) -> None:
    number = 210_000
    ids = [f"{each:064x}" for each in range(number)]
    part = [each % 5 != 0 for each in range(number)]
    clusters = [None if each % 25 else f"{each // 50}" for each in range(number)] if clustered else None
    names = ("one", "two", "three")
    assert drawn("trial", ids, part, names, clusters) == by_hand("trial", ids, part, names, clusters)


def test_digests_that_begin_alike_are_told_apart_by_the_rest_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [f"{number:03d}" for number in range(200)]
    part = [number % 3 != 0 for number in range(200)]
    monkeypatch.setattr(
        "designs.surge.batching.first_words", lambda prefixes, texts: first_words(prefixes, texts) >> np.uint64(60)
    )
    assert drawn("trial", ids, part, ("a", "b", "c")) == by_hand("trial", ids, part, ("a", "b", "c"))
