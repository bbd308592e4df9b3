"""Customers put into batches of equal size at random: who is issued on which day is nobody's choice."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence
from itertools import groupby
from typing import Final

_LABEL: Final = b"otm/batches/1"


def at_random(
    trial: str,
    ids: Sequence[str],
    takes_part: Sequence[bool],
    batches: Sequence[str],
    clusters: Sequence[str | None] | None = None,
) -> list[str]:
    """The batch of each customer, in the order given; the same for the same customers in whatever order.

    Units go by the SHA-256 of their pseudonym under a label and the trial's id: no order of a file, and nothing known
    of a customer, has to do with it. Each joins the batch that has the fewest so far, those who take part first, so
    that batches of these differ in size by one customer at most, or by the size of a cluster. Arms are drawn
    afterwards, within each batch, by the seed that was committed to.

    Args:
        trial: Its id.
        ids: Each customer's pseudonym.
        takes_part: Whether the plan's conditions let them take part.
        batches: Names, in order.
        clusters: The pseudonym of those who are assigned together; None for a customer alone.
    """
    label = b"\x00".join((_LABEL, trial.encode()))
    names = (
        ids
        if clusters is None
        else [f"c:{group}" if group else f"i:{own}" for own, group in zip(ids, clusters, strict=True)]
    )
    keys = {name: hashlib.sha256(b"\x00".join((label, name.encode()))).digest() for name in set(names)}
    leading = {name for name, part in zip(names, takes_part, strict=True) if part}
    order = sorted(range(len(names)), key=lambda at: (names[at] not in leading, keys[names[at]], names[at]))
    result = [""] * len(names)
    fill = [(0, number) for number in range(len(batches))]
    for _, members in groupby(order, key=lambda at: names[at]):
        together = list(members)
        size, number = heapq.heappop(fill)
        for at in together:
            result[at] = batches[number]
        heapq.heappush(fill, (size + (sum(takes_part[at] for at in together) or len(together)), number))
    return result
