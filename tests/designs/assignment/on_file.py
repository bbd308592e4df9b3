"""A population's file assigned into another: what the registry does with a snapshot, without the registry."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from designs.assignment import Scheme
from designs.assignment.files.assign import FileAssignment, assign_file


def conduct_file(
    scheme: Scheme,
    source: Path,
    unit: str,
    seed: str,
    trial_id: str,
    destination: Path,
    *,
    scope: str = "",
    threads: int | None = None,
) -> FileAssignment:
    """Assign the customers of one Parquet file into another; arguments as in ``assign_file``."""
    assigned = assign_file(scheme, source, unit, seed, trial_id, scope=scope, threads=threads)
    coded = [name for name in assigned.schema.names if name != unit]
    with pq.ParquetWriter(
        destination, assigned.schema, compression="snappy", use_dictionary=coded, write_statistics=False
    ) as writer:
        for batch in assigned.batches():
            writer.write_batch(batch)
    return assigned.assignment
