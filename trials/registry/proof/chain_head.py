"""The head of the audit chain, kept in a file outside the database.

One line an event, ``sequence hash``. Before a commit its event stands at the end as ``sequence hash?``, synced; after
it the sign gives way to the end of the line. So a crash leaves at most an event that is announced, which the chain has
or not, and a chain that has an event of which the file knows nothing has lost a part of its head. A chain that is
shorter than the file, or says something else where the file has a line, has been cut or rewritten.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from data.private import fsync_folder
from trials.errors import RegistryRefused

HEAD_LOST = "head_lost"  # in the detail of the event that found it so: the first and the last event that was lost
_ANNOUNCED = re.compile(r"(\d+) ([0-9a-f]{64})\?")


class ChainHead:
    """The lines of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> dict[int, str]:
        """Every witnessed event: sequence → hash. A last line cut short by a crash is not one yet.

        Raises:
            RegistryRefused: It is no file, a line is not ``sequence hash``, or two lines disagree.
        """
        seen: dict[int, str] = {}
        content = self._text()
        for number, line in enumerate(content[: content.rfind("\n") + 1].splitlines(), start=1):
            sequence, _, digest = line.partition(" ")
            if not sequence.isdecimal() or len(digest) != 64 or seen.setdefault(int(sequence), digest) != digest:
                raise self._damaged(f"line {number}")
        return seen

    def announced(self) -> dict[int, str]:
        """The event that was about to be committed, if any: the chain has it, or a crash came first."""
        content = self._text()
        return _announced(content[content.rfind("\n") + 1 :])

    def seen(self) -> dict[int, str]:
        """Every event that it has seen, the announced one too: what a copy of it holds as far as the chain goes."""
        return self.announced() | self.lines()

    def written_at(self) -> datetime:
        """When the file was last written, by the clock of whoever keeps it.

        Raises:
            OSError: It cannot be looked at.
        """
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)

    def _text(self) -> str:
        with self._reading():
            if not self.path.exists():
                return ""
            self._require_file()
            return self.path.read_text("ascii", errors="replace")

    def _require_file(self) -> None:
        if not stat.S_ISREG(self.path.stat().st_mode):  # a pipe would be read for ever
            raise self._damaged("which is no file")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RegistryRefused(
                f"the chain head cannot be read ({error.strerror})",
                where=str(self.path),
                remedy="give this account the right to read it, or restore it from a backup",
            ) from error

    def _damaged(self, where: str) -> RegistryRefused:
        return RegistryRefused(
            "the chain head is damaged",
            where=f"{self.path}, {where}",
            rule="one line an event, its sequence and its hash",
            remedy="restore the file from a backup, then run otm verify",
        )

    def last(self) -> tuple[int, str] | None:
        """The last whole line, read from the end of the file: what a writer compares with before it adds to a chain."""
        with self._reading():
            if not self.path.exists():
                return None
            self._require_file()
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 4096))
                tail = file.read()
        return self._last_of(tail)

    def _last_of(self, tail: bytes) -> tuple[int, str] | None:
        lines = tail[: tail.rfind(b"\n") + 1].decode("ascii", errors="replace").splitlines()
        if not lines:
            return None
        sequence, _, digest = lines[-1].partition(" ")
        if not sequence.isdecimal() or len(digest) != 64:
            raise self._damaged("last line")
        return int(sequence), digest

    def announce(self, hashes: Mapping[int, str]) -> None:
        """Say durably which event is about to be committed, the last of these; those before it are witnessed.

        Raises:
            OSError: The file could not be written or synced.
        """
        with self._held() as descriptor:
            missing = self._missing(descriptor, hashes)
            if not missing:  # it has seen events of this number already: not this chain's
                raise self._damaged("last line")
            *before, last = missing
            text = "".join(f"{sequence} {hashes[sequence]}\n" for sequence in before) + f"{last} {hashes[last]}?"
            _write(descriptor, text)

    def append(self, hashes: Mapping[int, str]) -> None:
        """Witness events that are committed, in order of sequence: what was announced stands.

        Raises:
            OSError: The file could not be written or synced.
        """
        with self._held() as descriptor:
            missing = self._missing(descriptor, hashes, keep=True)
            if missing:
                _write(descriptor, "".join(f"{sequence} {hashes[sequence]}\n" for sequence in missing))

    @contextmanager
    def _held(self) -> Iterator[int]:
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)
        if new:
            fsync_folder(self.path.parent)

    def _missing(self, descriptor: int, hashes: Mapping[int, str], *, keep: bool = False) -> list[int]:
        """Which of these events the file has no line of, once an announcement of one that stands is a line.

        Nothing is left after its last line, unless another process's announcement is to be kept: then none is missing,
        for whoever announced has written all before it.
        """
        size = os.fstat(descriptor).st_size
        start = max(0, size - 4096)
        tail = os.pread(descriptor, size - start, start)
        rest = tail[tail.rfind(b"\n") + 1 :].decode("ascii", errors="replace")
        announced = _announced(rest)
        if announced and announced.items() <= hashes.items() and (keep or max(announced) < max(hashes)):
            os.pwrite(descriptor, b"\n", size - 1)  # one byte: there is no moment at which the event is not there
            tail = tail[:-1] + b"\n"
        elif announced and keep:
            return []
        elif rest:
            os.ftruncate(descriptor, size - len(rest))
            tail = tail[: len(tail) - len(rest)]
        last = self._last_of(tail)
        return sorted(sequence for sequence in hashes if last is None or sequence > last[0])


def _announced(rest: str) -> dict[int, str]:
    match = _ANNOUNCED.fullmatch(rest)
    return {int(match[1]): match[2]} if match else {}


def _write(descriptor: int, text: str) -> None:
    os.lseek(descriptor, 0, os.SEEK_END)
    remaining = text.encode("ascii")
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]
    os.fsync(descriptor)


def disagreements(head: Mapping[int, str], chain: Mapping[int, str]) -> list[str]:
    """What the head shows about a chain (sequence → hash), in words; empty when they agree."""
    faults: list[str] = []
    cut = [sequence for sequence in head if sequence not in chain]
    if cut:
        faults.append(f"audit events {span(cut)}: cut off the end of the chain, which its head outside has seen")
    rewritten = [sequence for sequence, digest in head.items() if chain.get(sequence, digest) != digest]
    if rewritten:
        faults.append(f"audit events {span(rewritten)}: rewritten, its head outside has seen others")
    return faults


def proved_to(copy: Mapping[int, str], chain: Mapping[int, str]) -> int:
    """The last event that a copy proves, 0 for none: each event's hash holds all that went before it."""
    return max((sequence for sequence, digest in copy.items() if chain.get(sequence) == digest), default=0)


def span(sequences: Iterable[int]) -> str:
    """The first and the last of them, in words."""
    ordered = sorted(sequences)
    return f"{ordered[0]}" if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"
