"""The process that has a format's reader ready, and forks one for each file: it never sees a file, nor what one holds.

What a file does to its reader ends with that reader; the next one is as this process was before any file. It has one
thread, and waits for four things only: a request, a reader's end, that nobody waits for a reader any more, and the end
of the process that asks.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
from dataclasses import dataclass
from typing import Final, NoReturn

from data.apart import end_with
from data.arrow import postpone_pandas, recall_pandas
from data.intake.apart.confined import open_confined
from data.intake.apart.opening import reader_of

CONTROL: Final = 0  # the descriptor through which requests come, each two open sockets; 1 and 2 lead nowhere
_REQUEST = 2


@dataclass(frozen=True, slots=True)
class _Forked:
    """A reader: its number, a descriptor that is readable once it has ended, and the socket for how it ended."""

    number: int
    ends: int
    told: int


def fork_readers(kind: str, asker: int) -> None:
    """Fork a reader for each request, until the process that asks has ended or closed its side.

    Args:
        kind: Of the format: ``workbook``, ``parquet`` or ``stata``. A process for each, so that what a reader may take
            does not depend on which files came before.
        asker: The process that asks.
    """
    asker_ends = os.pidfd_open(asker)
    if os.getppid() != asker:  # it ended before this was said
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is interrupted, and says what becomes of the reader
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, as that is handed down, nobody's end is told
    postpone_pandas()
    reader_of(kind)
    if kind == "stata":
        recall_pandas()
    gc.freeze()  # what is here is looked through by no reader, and stays shared with it
    with socket.socket(fileno=CONTROL) as control:
        _wait(control, asker_ends)


def _wait(control: socket.socket, asker_ends: int) -> None:
    readers: dict[int, _Forked] = {}  # by each of the two descriptors of its end
    waiting = select.poll()
    for descriptor in (CONTROL, asker_ends):
        waiting.register(descriptor, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        if asker_ends in ready:
            return  # and each reader with this process
        for descriptor in ready & readers.keys():
            reader = readers.get(descriptor)
            if reader is None:  # both of its descriptors were ready, and it has been seen to
                continue
            if descriptor == reader.told:
                signal.pidfd_send_signal(reader.ends, signal.SIGKILL)
                waiting.unregister(reader.told)
                del readers[reader.told]
                continue
            for each in (reader.ends, reader.told):
                if readers.pop(each, None) is not None:
                    waiting.unregister(each)
            _tell_end(reader)
        if CONTROL in ready:
            message, passed, _, _ = socket.recv_fds(control, 1, _REQUEST)
            if not message:
                return
            if len(passed) != _REQUEST:  # there are no more descriptors; whoever asked sees the end of those
                for each in passed:
                    os.close(each)
                continue
            forked = _fork(*passed)
            if forked is not None:
                for each in (forked.ends, forked.told):
                    readers[each] = forked
                    waiting.register(each, select.POLLIN)


def _fork(talk: int, told: int) -> _Forked | None:
    """A reader that reads its request from ``talk`` and answers there; None where the system gives no process."""
    parent = os.getpid()
    try:
        number = os.fork()
        if number == 0:
            _read_and_end(parent, talk)
        return _Forked(number, _end_of(number), told)
    except OSError as error:
        _send(told, f"errno {error.errno}")
        os.close(told)
        return None
    finally:
        os.close(talk)


def _end_of(number: int) -> int:
    try:
        return os.pidfd_open(number)
    except OSError:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        raise


def _read_and_end(parent: int, talk: int) -> NoReturn:
    """What a reader does. It keeps no descriptor but that of its own request, and never returns."""
    status = 1
    try:
        end_with(parent)
        os.dup2(talk, 1)
        os.dup2(2, CONTROL)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        with open(os.dup(1), "rb") as asked, open(1, "wb", closefd=False) as pipe:  # noqa: PTH123 descriptors
            open_confined(asked, pipe)
        status = 0
    finally:
        os._exit(status)


def _tell_end(reader: _Forked) -> None:
    _, status = os.waitpid(reader.number, 0)
    _send(reader.told, f"status {os.waitstatus_to_exitcode(status)}")
    os.close(reader.ends)
    os.close(reader.told)


def _send(told: int, what: str) -> None:
    try:
        os.write(told, what.encode())
    except OSError:
        return  # whoever asked has gone on
