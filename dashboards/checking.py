"""Whose turn it is: protocols that were sent are checked one at a time, beside the server and behind everybody's pages.

However many are sent, their checks take one processor, and that only while no page wants it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from data.errors import DataRefused
from designs.protocol.apart import ProtocolReader, protocol_reader

PATIENCE: Final = 60.0  # seconds that somebody waits for their turn; a check takes a second, and six at most
_turn: Final = threading.Lock()


@contextmanager
def checking(name: str) -> Iterator[ProtocolReader]:
    """A process that reads one uploaded protocol, when it is its turn.

    Args:
        name: What the protocol's file is called.

    Raises:
        DataRefused: Others' checks took too long.
        DesignRefused: The system starts no process.
    """
    if not _turn.acquire(timeout=PATIENCE):
        raise DataRefused(
            "it was not looked at, because others' protocols are still being checked",
            where=name,
            rule="one is checked at a time, so that pages stay quick",
            remedy="send it again in a minute; nothing was kept",
        )
    try:
        with protocol_reader(name) as reader:
            yield reader
    finally:
        _turn.release()
