"""The side that is asked: the reader of a format opens the file, and what it finds is sent as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from data.intake.apart import wire
from data.intake.content import check_content
from data.intake.source import Source
from data.schema import FileContract

Reader = Callable[[Source, FileContract], wire.Opened]


def reader_of(kind: str) -> Reader:
    """The reader of a format, with all that it imports."""
    if kind == "parquet":
        from data.intake.parquet import open_parquet

        return open_parquet
    if kind == "workbook":
        from data.intake.workbook import read_workbook

        return lambda source, contract: wire.Opened.of(read_workbook(source, contract))
    from data.intake.stata import read_stata

    return lambda source, contract: wire.Opened.of(read_stata(source, contract))


def tell(pipe: IO[bytes], reader: Reader, source: Source, contract: FileContract, kind: str) -> None:
    """Send a file and its account.

    Raises:
        DataRefused: It is not taken. Some of its batches may have been sent.
    """
    check_content(source, kind)
    opened = reader(source, contract)
    wire.send(pipe, opened)
    wire.send_account(pipe, opened, source.digest)
