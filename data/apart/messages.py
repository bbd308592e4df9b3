"""How the asked side speaks: a message is its kind in one byte, its size in eight, and its content."""

from __future__ import annotations

from typing import IO

_SIZE = 8
_MOST = 1 << 34  # bytes of a message


class Broken(Exception):
    """What came is not whole: its sender ended."""


def send(pipe: IO[bytes], kind: bytes, content: bytes | memoryview) -> None:
    """Send one message."""
    pipe.write(kind + memoryview(content).nbytes.to_bytes(_SIZE, "big"))
    pipe.write(content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """The kind and the content of the next message.

    Raises:
        Broken: The sender ended before it had said all of it.
    """
    head = pipe.read(1 + _SIZE)
    if len(head) < 1 + _SIZE:
        raise Broken
    size = int.from_bytes(head[1:], "big")
    content = pipe.read(size) if size <= _MOST else b""
    if len(content) < size:
        raise Broken
    return head[:1], content
