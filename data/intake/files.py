"""From a path to an intake: which format, its bytes once, its digest, its rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.errors import DataRefused
from data.intake.conform import conform
from data.intake.delimited import read_delimited
from data.intake.result import Intake, Reading
from data.intake.source import Source
from data.schema import FileContract

Reader = Callable[[Source, FileContract], Reading]


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
    source = Source(path)
    reading = _reader(path)(source, contract)
    conformed = conform(reading, contract, source.name)
    return Intake(
        table=conformed.table,
        read=reading.read,
        rejections=conformed.rejections,
        digest=source.digest,
        source=source.name,
        warnings=(*reading.warnings, *conformed.warnings),
        unreadable=conformed.unreadable,
    )


def _reader(path: Path) -> Reader:
    name = path.name.lower()
    for ending, reader in _READERS.items():
        if name.endswith(ending):
            return reader
    raise DataRefused(
        "the format cannot be told from the file's name",
        where=path.name,
        rule=f"a name ends in one of {', '.join(_READERS)}",
    )


def _read_parquet(source: Source, contract: FileContract) -> Reading:
    from data.intake.parquet import read_parquet

    return read_parquet(source, contract)


def _read_workbook(source: Source, contract: FileContract) -> Reading:
    from data.intake.workbook import read_workbook

    return read_workbook(source, contract)


def _read_stata(source: Source, contract: FileContract) -> Reading:
    from data.intake.stata import read_stata

    return read_stata(source, contract)


_READERS: dict[str, Reader] = {
    ".csv": read_delimited,
    ".csv.gz": read_delimited,
    ".parquet": _read_parquet,
    ".xlsx": _read_workbook,
    ".dta": _read_stata,
}
