"""From a path to an intake: which format, its bytes once, its digest, its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.errors import DataRefused
from data.intake.apart import read_apart
from data.intake.columns import with_plain_decimals
from data.intake.content import check_content, unknown_ending
from data.intake.result import Intake, Reading, RejectedFor, Rejection, rejected_for
from data.intake.source import Source
from data.intake.unfolding import refuse_many_rows
from data.schema import FileContract


def read_file(path: Path, contract: FileContract) -> Intake:
    """Read a CSV (also .gz), Parquet, Excel or Stata file as its contract says.

    Every data row is either in the table or rejected with a reason. Text is kept byte for byte; ids that a
    spreadsheet or a conversion has touched are rejected, never repaired. Another cell that cannot be read costs its
    row, or is a missing value with a reason, as the contract says.

    Args:
        path: The file. Its name's ending says its format.
        contract: What it must hold.

    Raises:
        DataRefused: The whole file is refused: not readable, not of a format taken, damaged, no rows, a header
            without the columns required, repeated ids where the contract refuses them, or a column of which no
            cell can be read where the contract makes such cells missing.

    Examples:
        >>> import tempfile
        >>> from data.schema import ColumnContract
        >>> path = Path(tempfile.mkdtemp()) / "people.csv"
        >>> _ = path.write_text("customer_id,principal\\n0071,32.50\\n1E+13,40\\n0072,none\\n")
        >>> intake = read_file(path, FileContract("customer_id", (ColumnContract("principal", "number"),)))
        >>> intake.table.to_pylist()
        [{'customer_id': '0071', 'principal': 32.5}]
        >>> for rejection in intake.rejections:
        ...     print(rejection.row, rejection.field, rejection.reason)
        2 customer_id the id '1E+13' is a number that a spreadsheet has rounded
        3 principal 'none' is not a number
    """
    from data.intake.conform import conform  # the process that opens a file for this one has no use for it

    source = Source(path)
    reading = _read(source, contract)
    conformed = conform(reading, contract, source.name)
    if not conformed.table.num_rows:
        refuse_all_rejected(conformed.rejections, reading.read, source.name)
    return Intake(
        table=conformed.table,
        read=reading.read,
        rejections=conformed.rejections,
        digest=source.digest,
        source=source.name,
        warnings=(*reading.warnings, *conformed.warnings),
        unreadable=conformed.unreadable,
    )


def refuse_all_rejected(rejections: Sequence[Rejection], read: int, where: str) -> None:
    """Turn away a file of which not one row can be taken, the commonest reason first.

    Raises:
        DataRefused: Always.
    """
    first, *others = rejected_for(rejections)
    also = "; ".join(f"{_named(cause)} ({_rows(cause.rows)})" for cause in others[:3])
    raise DataRefused(
        f"not one of the {_rows(read)} can be taken: {_named(first)} "
        f"({_rows(first.rows)}, the first is row {first.first_row:,})" + (f"; then {also}" if also else ""),
        where=where if first.field is None else f"{where}, {first.field}",
        rule="a file without a row that can be used is not loaded",
        remedy="export the file again in the form that is asked for",
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _named(cause: RejectedFor) -> str:
    return cause.reason if cause.field is None else f"{cause.field}: {cause.reason}"


def _read(source: Source, contract: FileContract) -> Reading:
    """The rows of a file. What can unfold into more than it seems is opened by a process of its own."""
    kind = _kind(source)
    if kind in _IN_PLACE:
        from data.intake.delimited import read_delimited

        check_content(source, kind)
        if kind == "gzip":
            source.check_growth()
        reading = read_delimited(source, contract)
        if kind == "gzip":
            refuse_many_rows(reading.read, source.size, source.name)
        return reading
    reading = read_apart(source, contract, kind)
    return replace(reading, table=with_plain_decimals(reading.table))


def _kind(source: Source) -> str:
    """What the content of a name's ending must be."""
    name = source.name.lower()
    for ending, kind in _KINDS.items():
        if name.endswith(ending):
            return kind
    raise unknown_ending(source, ", ".join(_KINDS))


_KINDS = {".csv": "text", ".csv.gz": "gzip", ".parquet": "parquet", ".xlsx": "workbook", ".dta": "stata"}
_IN_PLACE = ("text", "gzip")
