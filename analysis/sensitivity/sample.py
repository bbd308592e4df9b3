"""A random sample of a trial's customers, drawn by whole clusters or whole strata, so that it is a trial of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pyarrow as pa

from analysis.frame import AnalysisFrame, strata_of
from analysis.randomisation.in_memory import labelled_generator
from designs.protocol.models import Protocol

_KEY, _CUSTOMERS = "_sample_unit", "_customers"


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows that were drawn, and what to call them.

    Attributes:
        frame: the sampled customers.
        customers: how many they are.
        words: as it stands behind "on".
    """

    frame: AnalysisFrame
    customers: int
    words: str


def sampled(frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, at_most: int) -> Sample | str:
    """At most so many customers, or the reason why they cannot be drawn by whole units.

    Args:
        frame: one row per allocated customer.
        protocol: as locked; clusters where it has them, otherwise strata.
        protocol_digest: it seeds the sample.
        at_most: customers.
    """
    cluster = protocol.errors_cluster
    kind, columns = ("clusters", (cluster,)) if cluster else ("strata", strata_of(frame, protocol))
    if not columns:
        return "there are neither strata nor clusters to draw a sample by"
    # A level may be missing; as text it is a level like another.
    parts = [nw.col(column).cast(nw.String).fill_null("\x00") for column in columns]
    keyed = frame.rows.with_columns(nw.concat_str(parts, separator="\x1f").alias(_KEY))
    counted = frame.engine.collect(keyed.group_by(_KEY).agg(nw.len().alias(_CUSTOMERS)).sort(_KEY))
    sizes = counted[_CUSTOMERS].to_numpy().astype(np.int64)
    order = labelled_generator(protocol_digest, "second opinion sample").permutation(sizes.size)
    drawn = order[np.cumsum(sizes[order]) <= at_most]
    if drawn.size < 2:
        return f"fewer than two {kind} are small enough for a sample of {at_most:,} customers"
    chosen = frame.engine.companion(pa.table({_KEY: counted[_KEY].take(pa.array(np.sort(drawn)))}))
    rows = keyed.join(chosen, on=_KEY, how="inner").drop(_KEY)
    customers = int(sizes[drawn].sum())
    words = f"a random sample of {customers:,} customers, {drawn.size:,} of {sizes.size:,} {kind} whole"
    return Sample(replace(frame, rows=rows), customers, words)
