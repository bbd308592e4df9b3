"""What the two sides say to each other: questions are Python's own, answers are JSON, which is values and no more."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import IO, Any

from data.apart import messages
from designs.protocol.errors import MOST_SHOWN, ProtocolError, ProtocolRefused
from designs.protocol.loading import CheckedProtocol

_ANSWER = b"J"


class Failed(Exception):
    """The reader met a fault of its own, which is none of the file's. Holds its traceback."""


def send_names(pipe: IO[bytes], names: tuple[PurePosixPath, ...]) -> None:
    """Answer with the texts that a protocol names."""
    _send(pipe, {"names": [str(name) for name in names]})


def send_checked(pipe: IO[bytes], checked: CheckedProtocol) -> None:
    """Answer with all that is recorded of a protocol."""
    _send(pipe, {"checked": asdict(checked)})


def send_refusal(pipe: IO[bytes], refused: ProtocolRefused) -> None:
    """Answer with why it is none: as many errors as somebody can be shown, and how many there are."""
    errors = [asdict(error) for error in refused.errors[:MOST_SHOWN]]
    _send(pipe, {"refused": errors, "count": refused.count})


def send_failure(pipe: IO[bytes], trace: str) -> None:
    """Answer with what went wrong in the reader itself."""
    _send(pipe, {"failed": trace})


def receive_names(pipe: IO[bytes], where: str) -> tuple[PurePosixPath, ...]:
    """The texts that a protocol names.

    Raises:
        Failed: The reader failed.
        Broken: It ended before it had said all.
    """
    return tuple(PurePosixPath(name) for name in _received(pipe, where)["names"])


def receive_checked(pipe: IO[bytes], where: str) -> CheckedProtocol:
    """What was found of a protocol.

    Raises:
        ProtocolRefused: It is none.
        Failed: The reader failed.
        Broken: It ended before it had said all.
    """
    return CheckedProtocol(**_received(pipe, where)["checked"])


def _send(pipe: IO[bytes], said: dict[str, Any]) -> None:
    messages.send(pipe, _ANSWER, json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _received(pipe: IO[bytes], where: str) -> dict[str, Any]:
    _, content = messages.receive(pipe)
    said: dict[str, Any] = json.loads(content)
    if "refused" in said:
        errors = (ProtocolError(**error | {"allowed": tuple(error["allowed"])}) for error in said["refused"])
        raise ProtocolRefused(errors, where=where, count=said["count"])
    if "failed" in said:
        raise Failed(said["failed"])
    return said
