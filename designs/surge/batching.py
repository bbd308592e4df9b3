"""Customers put into batches of equal size at random: who is issued on which day is nobody's choice."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.hashing import first_words
from designs.assignment.population.units import as_array

_LABEL: Final = "otm/batches/1"


def at_random(
    trial: str, ids: Any, takes_part: NDArray[np.bool_], batches: Sequence[str], clusters: Any | None = None
) -> pa.Array:
    """The batch of each customer, in the order given; the same for the same customers in whatever order.

    Units go by the SHA-256 of their pseudonym under a label and the trial's id: no order of a file, and nothing known
    of a customer, has to do with it. Each joins the batch that has the fewest so far, those who take part first, so
    that batches of these differ in size by one customer at most, or by the size of a cluster. Arms are drawn
    afterwards, within each batch, by the seed that was committed to.

    Args:
        trial: Its id.
        ids: n texts, each customer's pseudonym.
        takes_part: n, whether the plan's conditions let them take part.
        batches: Names, in order.
        clusters: n texts, the pseudonym of those who are assigned together; null or empty for a customer alone.

    Returns:
        n texts.
    """
    units = _units(as_array(ids), None if clusters is None else as_array(clusters)).dictionary_encode()
    unit = units.indices.to_numpy()
    everybody = np.bincount(unit, minlength=len(units.dictionary))
    taking_part = np.bincount(unit[takes_part], minlength=len(units.dictionary))
    order = _order(trial, units.dictionary, taking_part == 0)
    batch = np.empty(len(order), np.int64)
    batch[order] = _filled(np.where(taking_part > 0, taking_part, everybody)[order], len(batches))
    return pa.DictionaryArray.from_arrays(pa.array(batch[unit]), pa.array(list(batches), pa.string())).cast(pa.string())


def _units(ids: pa.Array, clusters: pa.Array | None) -> pa.Array:
    """What goes to a batch as one: a cluster, or a customer alone; what their names begin with tells the two apart."""
    if clusters is None:
        return ids
    together = pc.fill_null(pc.not_equal(clusters, ""), fill_value=False)
    return pc.if_else(together, _joined("c:", clusters), _joined("i:", ids))


def _joined(beginning: str, texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(beginning, texts.type), texts, pa.scalar("", texts.type))


def _order(trial: str, units: pa.Array, last: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Units by their digests, ``last`` ones after all others."""
    under_label = _joined(f"{_LABEL}\x00{trial}\x00", units)
    words = first_words([b""], under_label)[0]
    order = np.lexsort((words, last))
    words, last_in_order = words[order], last[order]
    if not np.any((words[1:] == words[:-1]) & (last_in_order[1:] == last_in_order[:-1])):
        return order
    # Two digests begin alike, which hardly ever happens: the rest of them decides.
    digests = [sha256(text.encode()).digest() for text in under_label.to_pylist()]
    return np.array(sorted(range(len(digests)), key=lambda at: (last[at], digests[at])), np.int64)


def _filled(sizes: NDArray[np.int64], batches: int) -> NDArray[np.int64]:
    """Which batch each unit joins, one after the other: the first of those that have the fewest customers so far."""
    if len(sizes) == 0 or sizes.min() == sizes.max():
        return np.arange(len(sizes)) % batches  # units of one size take turns
    fill = [(0, number) for number in range(batches)]
    joined = np.empty(len(sizes), np.int64)
    for at, size in enumerate(sizes.tolist()):
        so_far, number = fill[0]
        joined[at] = number
        heapq.heapreplace(fill, (so_far + size, number))
    return joined
