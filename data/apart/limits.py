"""What a process that opens something may take."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Final

OUT_OF_TIME: Final = (-signal.SIGXCPU, -signal.SIGALRM)  # how one ends that has had its seconds


@dataclass(frozen=True, slots=True)
class Allowance:
    """Bytes of address space, and seconds of processor."""

    memory: int
    seconds: int
