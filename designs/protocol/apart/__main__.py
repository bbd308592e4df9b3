"""The process that reads protocols: it answers questions on its standard input until there are no more."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import IO

from data.apart import Allowance, end_with, limit
from designs.protocol.apart import wire
from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.loading import check
from designs.protocol.texts import named_texts


def main(asker: int) -> None:
    """Answer ``asker``, without which this process ends. The first word is what it may take."""
    end_with(asker)
    questions = sys.stdin.buffer
    allowed: Allowance = pickle.load(questions)  # noqa: S301 from the process that started this one
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as pipe:
        limit(allowed)
        while True:
            try:
                asked: bytes | Path = pickle.load(questions)  # noqa: S301
            except EOFError:
                return
            _answer(pipe, asked, allowed)


def _answer(pipe: IO[bytes], asked: bytes | Path, allowed: Allowance) -> None:
    """Of a file's bytes, the texts that they name; of its path, what is found of it."""
    try:
        if isinstance(asked, bytes):
            wire.send_names(pipe, named_texts(asked))
        else:
            wire.send_checked(pipe, check(asked).checked)
    except ProtocolRefused as refused:
        wire.send_refusal(pipe, refused)
    except MemoryError:
        wire.send_refusal(pipe, _too_large(allowed))
    except Exception:  # noqa: BLE001 whoever asked raises it
        wire.send_failure(pipe, traceback.format_exc())


def _too_large(allowed: Allowance) -> ProtocolRefused:
    problem = f"checking the file takes more than {allowed.memory >> 20:,} MiB of memory"
    return ProtocolRefused([ProtocolError("", problem, "a protocol of 256 KiB at most is checked in less")])


if __name__ == "__main__":
    main(int(sys.argv[1]))
