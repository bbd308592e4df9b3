"""Why a cell could not be read: carried beside its column, from the file to the analysis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import REASON_PREFIX
from analysis.results import UnreadableCell
from data.intake import Intake, UnreadableCells
from data.intake.bad_cells import without_value
from data.pieces import coded

FILE_ROW = "_file_row"  # the data row of the file, counted from 1, where the file has cells that could not be read


def file_rows(intake: Intake) -> pa.Array:
    """The data row in the file, counted from 1, of each row that intake took."""
    return pa.array(intake.file_rows)


def with_reasons(table: pa.Table, unreadable: Sequence[UnreadableCells]) -> pa.Table:
    """The table with a column of reasons for every column that has cells which could not be read."""
    for cells in unreadable:
        coded = cells.reasons.dictionary_encode()
        codes = np.zeros(table.num_rows, np.int32)
        read = np.ones(table.num_rows, bool)
        codes[cells.positions], read[cells.positions] = coded.indices.to_numpy(), False
        reasons = pa.DictionaryArray.from_arrays(pa.array(codes, mask=read), coded.dictionary)
        table = table.append_column(REASON_PREFIX + cells.field, reasons)
    return table


def without_values(table: pa.Table) -> pa.Table:
    """The table as it is stored: reasons without the values that they quote."""
    for place, name in enumerate(table.column_names):
        if name.startswith(REASON_PREFIX):
            codes = coded(table.column(name))
            plain = pa.array([without_value(reason) for reason in codes.dictionary.to_pylist()], pa.string())
            table = table.set_column(place, name, plain.take(codes.indices))
    return table


def cells_of_rows(unreadable: Sequence[UnreadableCells], taken: pa.Table) -> tuple[UnreadableCell, ...]:
    """Every cell that could not be read in the rows of a file that were taken in the end, by row."""
    if not unreadable:
        return ()
    rows = taken.column(FILE_ROW).to_numpy()
    cells: list[UnreadableCell] = []
    for column in unreadable:
        among = np.flatnonzero(np.isin(column.rows, rows))
        reasons = column.reasons.take(pa.array(among)).to_pylist()
        pairs = zip(column.rows[among].tolist(), reasons, strict=True)
        cells += [UnreadableCell(row, column.field, reason) for row, reason in pairs]
    return _by_row(cells)


def stored_cells(table: pa.Table, most: int, load: str) -> tuple[UnreadableCell, ...]:
    """The first cells of a stored file that could not be read, by row.

    Args:
        table: with ``FILE_ROW`` and columns of reasons, where there are any.
        most: how many are wanted.
        load: the column that tells of which load a row is, where there is one.
    """
    cells: list[UnreadableCell] = []
    for name in table.column_names:
        if name.startswith(REASON_PREFIX):
            found = table.filter(pc.is_valid(table.column(name))).sort_by(FILE_ROW).slice(0, most)
            reasons = found[name].to_pylist()
            if load in found.column_names:
                versions = found[load].to_pylist()
                reasons = [f"{why} (load {n})" for why, n in zip(reasons, versions, strict=True)]
            pairs = zip(found[FILE_ROW].to_pylist(), reasons, strict=True)
            cells += [UnreadableCell(row, name.removeprefix(REASON_PREFIX), reason) for row, reason in pairs]
    return _by_row(cells)[:most]


def _by_row(cells: list[UnreadableCell]) -> tuple[UnreadableCell, ...]:
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.field)))
