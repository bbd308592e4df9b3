"""What customers did: one row a customer, under the customers' own id."""

from __future__ import annotations

import pyarrow as pa

from analysis.frame import REASON_PREFIX
from analysis.integrity.due import days_due
from designs.protocol import Protocol, outcomes_contract
from trials.field.kinds.kind import FileKind


def _content(table: pa.Table, protocol: Protocol) -> pa.Table:
    """The declared columns only, and why a cell of them could not be read."""
    declared = [column.name for column in outcomes_contract(protocol).columns]
    names = [*declared, *(REASON_PREFIX + name for name in declared)]
    return table.select([name for name in names if name in table.column_names])


OUTCOMES = FileKind(
    name="outcomes",
    use_case="load_outcomes",
    row="row",
    contract=outcomes_contract,
    id_columns=lambda protocol: (protocol.population.unit,),
    breaches=lambda _table, _protocol: (),
    content=_content,
    due_day=lambda protocol: max(days_due(protocol).values(), default=None),
)
