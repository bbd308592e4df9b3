"""What the process that opens a file may take: by the size of the file, so that a small one cannot become large."""

from __future__ import annotations

from data.apart import Allowance
from data.intake.machine import memory_of_machine

_MIB = 1 << 20
_MEMORY = 768 * _MIB  # of address space: an empty table takes about 400 MiB of it, most of it the libraries' files
_SECONDS = 6  # of processor
# Bytes of memory a byte of the file, and seconds a mebibyte. Workbooks pack a cell into a byte or two.
_BY_SIZE = {"workbook": (40, 6.0), "parquet": (4, 2.0), "stata": (12, 2.0)}


def allowance(kind: str, size: int) -> Allowance:
    """What opening a file may take.

    Args:
        kind: Of the format: ``workbook``, ``parquet`` or ``stata``.
        size: Of the file, in bytes.

    Examples:
        >>> allowance("parquet", 50_000)
        Allowance(memory=805506368, seconds=6)
    """
    memory, seconds = _BY_SIZE[kind]
    asked = _MEMORY + memory * size
    return Allowance(min(asked, max(_MEMORY, memory_of_machine() // 2)), round(_SECONDS + seconds * size / _MIB))
