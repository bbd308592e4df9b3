"""Units in an order that follows from what they hold and from nothing else.

Redraws are uniform over assignments whatever the order, so any order gives a valid test; but the numbers drawn fall on
units by place. Were that place the row's in the file, or its name's in the alphabet, the same data sorted otherwise
would get other redraws, and where a verdict is close another verdict. So units are put in order by stratum, arm and
values, and strata by what their units hold.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def canonical_order(
    stratum: Integers, treated: NDArray[np.bool_], *columns: Floats, count: Integers | None = None
) -> tuple[Integers, Integers]:
    """Units stratum by stratum, in an order that the names of strata and the order of rows do not change.

    Nor does an effect that is taken off the treated, which come last in their stratum, change it, unless two strata
    are alike in everybody else.

    Args:
        stratum: shape (n,), any codes.
        treated: shape (n,), whether the unit is in the first arm.
        columns: each of shape (n,), what else is known of a unit; units alike in everything keep no order.
        count: shape (n,), how many units each row stands for; one where absent.

    Returns:
        The order of the rows, and the codes of their strata in it, from zero, ascending.

    Examples:
        >>> y, treated = np.array([1.0, 5.0, 2.0, 0.0]), np.array([True, False, False, True])
        >>> order, code = canonical_order(np.array([7, 3, 7, 3]), treated, y)
        >>> sorted([y[order[:2]].tolist(), y[order[2:]].tolist()]), code.tolist()
        ([[2.0, 1.0], [5.0, 0.0]], [0, 0, 1, 1])
    """
    code = np.unique(stratum, return_inverse=True)[1].reshape(-1)
    size = np.bincount(code)
    place = 2 * code + treated
    if len(columns) == 1:  # by value, then stably by small whole numbers: much less than a sort by several keys
        order = np.argsort(columns[0])
        narrow = place.astype(np.int16) if size.size < 2**14 else place
        order = order[np.argsort(narrow[order], kind="stable")]
    else:
        order = np.lexsort((*reversed(columns), place))
    if size.size == 1:
        return order, np.zeros(order.size, dtype=np.int64)
    held = np.column_stack([treated, *columns])[order] + 0.0  # minus zero is zero
    ends, rows = np.cumsum(size), np.ones(order.size, dtype=np.int64) if count is None else count[order]
    parts = [slice(end - n, end) for n, end in zip(size.tolist(), ends.tolist(), strict=True)]
    keys = [_content(held[part], rows[part]) for part in parts]
    ranked = sorted(range(size.size), key=keys.__getitem__)
    return np.concatenate([order[parts[j]] for j in ranked]), np.repeat(np.arange(size.size), size[ranked])


def _content(held: Floats, count: Integers) -> tuple[bytes, bytes]:
    """What the untreated of a stratum hold, and the treated: distinct rows and how many units are like each."""
    first = np.ones(len(held), dtype=bool)
    first[1:] = (held[1:] != held[:-1]).any(axis=1)
    distinct, alike = held[first], np.add.reduceat(count, np.flatnonzero(first))
    split = int(np.searchsorted(distinct[:, 0], 1.0))
    untreated, treated = (
        hashlib.blake2b(distinct[part].tobytes() + alike[part].astype(np.int64).tobytes()).digest()
        for part in (slice(None, split), slice(split, None))
    )
    return untreated, treated


def sums_of(y: Floats, member: Integers) -> Floats:
    """Sum of each member's values, shape (G,), the same to the last digit in whatever order they come.

    Args:
        member: shape (n,), codes 0 to G - 1.
    """
    order = np.argsort(y)
    return np.bincount(member[order], y[order]).astype(np.float64)
