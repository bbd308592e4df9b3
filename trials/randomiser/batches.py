"""Batches that are made at random when a population is loaded, and the contact that each day of them brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import narwhals as nw
import numpy as np
import pyarrow as pa

from data.schema import FileContract
from designs.protocol import Protocol
from designs.protocol.conditions import exclusions
from designs.surge import at_random, forecast
from designs.surge.open import over_capacity, ways_out
from trials.errors import TrialRefused
from trials.registry.identities.pseudonyms import LEDGER_ID


def _made_here(protocol: Protocol) -> str | None:
    """The column of batches that the load makes; None where there are none, or the file names them."""
    batches = protocol.randomisation.batches
    return batches.column if batches is not None and batches.at_random else None


def asked_of_the_file(protocol: Protocol, contract: FileContract) -> FileContract:
    """The contract without the column that the load makes itself."""
    made = _made_here(protocol)
    return replace(contract, columns=tuple(column for column in contract.columns if column.name != made))


def refuse_batches_of_its_own(protocol: Protocol, names: Sequence[str]) -> None:
    """Refuse a file that has the column of batches already: which of the two was meant is not for the load to say.

    Raises:
        TrialRefused: It has.
    """
    made = _made_here(protocol)
    if made in names:
        raise TrialRefused(
            f"the file has a column {made!r}",
            where="randomisation.batches.at_random",
            rule="batches at random are made when the population is loaded",
            remedy="name another column, or leave at_random out and let the file say who is in which batch",
        )


def in_batches(protocol: Protocol, table: pa.Table, customers: pa.Table) -> pa.Table:
    """The customers with the batch of each, where batches are made at random; as they are where they are not.

    Args:
        protocol: The plan.
        table: The rows as read, by whose values the plan's conditions say who takes part.
        customers: The same rows in the same order under ledger ids, of customers and of clusters.
    """
    batches, made = protocol.randomisation.batches, _made_here(protocol)
    if batches is None or made is None:
        return customers
    numbered = nw.from_native(table, eager_only=True).with_row_index("otm:row")
    for _, test in exclusions(protocol):
        numbered = numbered.filter(~test)
    takes_part = np.zeros(table.num_rows, np.bool_)
    takes_part[numbered.get_column("otm:row").to_numpy()] = True
    cluster = protocol.cluster
    groups = None if cluster is None else customers.column(cluster).cast(pa.string())
    ids = customers.column(LEDGER_ID).cast(pa.string())
    return customers.append_column(made, at_random(protocol.id, ids, takes_part, tuple(batches.issue_on), groups))


def refuse_over_capacity(protocol: Protocol, units: pa.Table) -> None:
    """Refuse customers who would bring more contact on some day than colleagues can take.

    Args:
        protocol: The plan; one that predicts no contact, or declares no capacity, refuses nothing.
        units: Those who can be assigned.

    Raises:
        TrialRefused: Some day is above capacity.
    """
    expected = forecast(protocol, units.num_rows, _by_batch(protocol, units))
    if expected is not None and expected.over:
        raise TrialRefused(
            f"with the {units.num_rows:,} customers who can be assigned, {over_capacity(expected)}",
            where="suitability.operations.surge",
            rule="no day brings more contact than can be taken",
            remedy=ways_out(expected),
        )


def _by_batch(protocol: Protocol, units: pa.Table) -> dict[str, int] | None:
    """Customers of each batch that the file names; None where batches are made equal, or there are none."""
    batches = protocol.randomisation.batches
    if batches is None or batches.at_random or batches.column not in units.column_names:
        return None
    counted = units.column(batches.column).cast(pa.string()).value_counts().to_pylist()
    return {str(each["values"]): int(each["counts"]) for each in counted if each["values"] in batches.issue_on}
