"""From a path to an intake: which format, its bytes once, its digest, its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from data.errors import DataRefused
from data.intake.conform import conform
from data.intake.delimited import read_delimited
from data.intake.result import Intake, Reading
from data.schema import FileContract

Reader = Callable[[bytes, FileContract, str], Reading]
MAXIMUM_BYTES = 16 << 30


def read_file(path: Path, contract: FileContract) -> Intake:
    """Read a CSV (also .gz), Parquet, Excel or Stata file as its contract says.

    Every data row is either in the table or rejected with a reason. Text is kept byte for byte; ids that a
    spreadsheet or a conversion has touched are rejected, never repaired.

    Args:
        path: The file. Its name's ending says its format.
        contract: What it must hold.

    Raises:
        DataRefused: The whole file is refused: not readable, not of a format taken, damaged, no rows, a header
            without the columns required, or repeated ids where the contract refuses them.

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
    where = path.name
    reader = _reader(path)
    data = _contents(path)
    with ThreadPoolExecutor(1) as pool:
        digest = pool.submit(lambda: hashlib.sha256(data).hexdigest())
        reading = reader(data, contract, where)
        table, rejections, warnings = conform(reading, contract, where)
    return Intake(
        table=table,
        read=reading.read,
        rejections=tuple(rejections),
        digest=digest.result(),
        source=where,
        warnings=(*reading.warnings, *warnings),
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


def _contents(path: Path) -> bytes:
    """The file's bytes, read once, so that what is hashed is what is parsed."""
    try:
        if path.is_dir():
            raise DataRefused("this is a folder", where=path.name, remedy="name one file in it")
        if not path.is_file():
            raise DataRefused("there is no such file", where=str(path))
        if path.stat().st_size > MAXIMUM_BYTES:
            raise DataRefused("the file is larger than 16 GiB", where=path.name, remedy="bring it as Parquet, in parts")
        data = path.read_bytes()
    except OSError as error:
        raise DataRefused(f"the file could not be read ({error.strerror})", where=path.name) from error
    if not data:
        raise DataRefused("the file is empty", where=path.name, remedy="export it again")
    return data


_READERS: dict[str, Reader] = {".csv": read_delimited}
