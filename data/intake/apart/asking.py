"""The side that asks: it has a process started, takes what comes, and says in words how the process ended."""

from __future__ import annotations

import pickle
import signal

from data.apart import OUT_OF_TIME, Allowance, Broken
from data.errors import DataRefused
from data.intake.apart.limits import allowance
from data.intake.apart.starting import start_reader
from data.intake.apart.wire import receive
from data.intake.result import UNDAMAGED, Reading
from data.intake.source import Source
from data.schema import FileContract


def read_apart(source: Source, contract: FileContract, kind: str) -> Reading:
    """Read a file in a process of its own, whose memory and time are bounded by the file's size.

    The process ends with this call, however the call ends, and with this process, and leaves nothing behind.

    Args:
        source: The file.
        contract: What it must hold.
        kind: What its reader takes: ``workbook``, ``parquet`` or ``stata``.

    Raises:
        DataRefused: Its reader refused it, needed more memory or time than a file of this size may take, or broke.
    """
    may_take = allowance(kind, source.size)
    request = pickle.dumps((str(source.path), contract, kind, may_take))
    try:
        reader = start_reader(kind)
    except OSError as error:
        raise _not_started(error, source) from error
    try:
        reader.ask(request)
        reading, digest = receive(reader.said)
    except (Broken, ConnectionResetError):  # the latter where it ended before it had read what it was asked
        try:
            status = reader.status()
        except OSError as error:
            raise _not_started(error, source) from error
        raise _why(status, may_take, source) from None
    finally:
        reader.end()
    source.settle(digest)
    return reading


def _not_started(error: OSError, source: Source) -> DataRefused:
    return DataRefused(
        f"no process could be started to open the file ({error.strerror})",
        where=source.name,
        remedy="free memory, then load it again",
    )


def _why(status: int, allowed: Allowance, source: Source) -> DataRefused:
    if status in OUT_OF_TIME:
        return DataRefused(
            f"opening the file takes more than {allowed.seconds:,} seconds of the processor",
            where=source.name,
            rule=f"a file of {source.size:,} bytes is read within that time",
            remedy="export the table again, as CSV",
        )
    ended = signal.Signals(-status).name if status < 0 else f"status {status}"
    return DataRefused(
        f"the file cannot be opened: its reader ended ({ended})",
        where=source.name,
        rule=f"{UNDAMAGED}, and one of {source.size:,} bytes within {allowed.memory >> 20:,} MiB of memory",
        remedy="export the table again, as CSV",
    )
