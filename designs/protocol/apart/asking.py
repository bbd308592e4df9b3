"""The side that asks: two questions about one file, and in words how the process ended that had not answered."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from data.apart import OUT_OF_TIME, Allowance, Broken, Started, command_of
from designs.errors import DesignRefused
from designs.protocol.apart import wire
from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.loading import CheckedProtocol

# The largest files that may be sent take some seconds and 200 MiB of address space, most of it the libraries.
ALLOWED: Final = Allowance(memory=512 << 20, seconds=6)


class ProtocolReader:
    """A process that reads one protocol.

    Args:
        process: The process, told what it may take.
        where: What the file is called in a refusal.
    """

    def __init__(self, process: Started, where: str) -> None:
        self._process = process
        self._where = where

    def named_texts(self, content: bytes) -> tuple[PurePosixPath, ...]:
        """As :func:`designs.protocol.named_texts`.

        Raises:
            ProtocolRefused: The process came to its limits.
        """
        self._process.ask(pickle.dumps(content))
        try:
            return wire.receive_names(self._process.said, self._where)
        except Broken:
            raise self._ended() from None

    def check(self, path: Path) -> CheckedProtocol:
        """What :func:`designs.protocol.check` finds.

        Raises:
            ProtocolRefused: The file is no protocol, or the process came to its limits.
        """
        self._process.ask(pickle.dumps(path.absolute()))
        try:
            return wire.receive_checked(self._process.said, self._where)
        except Broken:
            raise self._ended() from None

    def _ended(self) -> ProtocolRefused:
        status = self._process.status()
        ended = signal.Signals(-status).name if status < 0 else f"status {status}"
        problem = f"the file cannot be checked: its reader ended ({ended})"
        if status in OUT_OF_TIME:
            problem = f"checking the file takes more than {ALLOWED.seconds} seconds of the processor"
        rule = f"a protocol is checked within {ALLOWED.seconds} seconds and {ALLOWED.memory >> 20} MiB of memory"
        return ProtocolRefused([ProtocolError("", problem, rule)], where=self._where)


@contextmanager
def protocol_reader(where: str) -> Iterator[ProtocolReader]:
    """A process that reads one protocol; it ends with this call, however that ends.

    Args:
        where: What the file is called in a refusal.

    Raises:
        DesignRefused: The system starts no process.
    """
    try:
        process = Started(command_of("designs.protocol.apart"))
    except OSError as error:
        raise DesignRefused(
            f"no process could be started to check the file ({error.strerror})",
            where=where,
            remedy="free memory, then send it again",
        ) from error
    try:
        process.ask(pickle.dumps(ALLOWED))
        yield ProtocolReader(process, where)
    finally:
        process.end()
