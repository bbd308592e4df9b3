"""The head of the audit chain, kept in a file outside the database.

One line an event, ``sequence hash``, appended after its commit and synced. A crash between the commit and the append
leaves the file behind the chain, never ahead of it; the next writer fills the gap. So a chain that is shorter than the
file, or says something else where the file has a line, has been cut or rewritten.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from trials.errors import RegistryRefused


class ChainHead:
    """The lines of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> dict[int, str]:
        """Every witnessed event: sequence → hash. A last line cut short by a crash is not one yet.

        Raises:
            RegistryRefused: A line is not ``sequence hash``, or two lines disagree.
        """
        if not self.path.exists():
            return {}
        seen: dict[int, str] = {}
        content = self.path.read_text("ascii", errors="replace")
        for number, line in enumerate(content[: content.rfind("\n") + 1].splitlines(), start=1):
            sequence, _, digest = line.partition(" ")
            if not sequence.isdecimal() or len(digest) != 64 or seen.setdefault(int(sequence), digest) != digest:
                raise self._damaged(f"line {number}")
        return seen

    def _damaged(self, where: str) -> RegistryRefused:
        return RegistryRefused(
            "the chain head is damaged",
            where=f"{self.path}, {where}",
            rule="one line an event, its sequence and its hash",
            remedy="restore the file from a backup, then run otm verify",
        )

    def last(self) -> tuple[int, str] | None:
        """The last whole line, read from the end of the file: what a writer compares with before it adds to a chain."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 4096))
            tail = file.read()
        lines = tail[: tail.rfind(b"\n") + 1].decode("ascii", errors="replace").splitlines()
        if not lines:
            return None
        sequence, _, digest = lines[-1].partition(" ")
        if not sequence.isdecimal() or len(digest) != 64:
            raise self._damaged("last line")
        return int(sequence), digest

    def append(self, hashes: Mapping[int, str]) -> None:
        """Witness events, in order of sequence, durably.

        Raises:
            OSError: The file could not be written or synced.
        """
        text = "".join(f"{sequence} {hashes[sequence]}\n" for sequence in sorted(hashes))
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _drop_partial_line(descriptor)
            remaining = text.encode("ascii")
            while remaining:
                remaining = remaining[os.write(descriptor, remaining) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def disagreements(head: Mapping[int, str], chain: Mapping[int, str]) -> list[str]:
    """What the head shows about a chain (sequence → hash), in words; empty when they agree."""
    faults: list[str] = []
    cut = [sequence for sequence in head if sequence not in chain]
    if cut:
        faults.append(f"audit events {_span(cut)}: cut off the end of the chain, which its head outside has seen")
    rewritten = [sequence for sequence, digest in head.items() if chain.get(sequence, digest) != digest]
    if rewritten:
        faults.append(f"audit events {_span(rewritten)}: rewritten, its head outside has seen others")
    return faults


def _span(sequences: Iterable[int]) -> str:
    ordered = sorted(sequences)
    return f"{ordered[0]}" if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def _drop_partial_line(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, min(size, 256), max(0, size - 256))
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(descriptor, size - (len(tail) - (tail.rfind(b"\n") + 1)))
