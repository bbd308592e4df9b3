"""The side that asks starts a process for each file.

On Linux it is forked by one that has the format's reader ready, which the first file of the format starts: that takes a
third of a second, a fork some milliseconds. Elsewhere, and where the kernel is older than 5.3, each is started anew.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from typing import IO, Final, Protocol

from data.apart import Started, command_of, environment

_GONE: Final = (BrokenPipeError, ConnectionResetError)


class Reader(Protocol):
    """A process that opens one file."""

    said: IO[bytes]

    def ask(self, request: bytes) -> None:
        """Tell it what to open."""

    def status(self) -> int:
        """How it ended, once it has: an exit status, or a signal as a negative number.

        Raises:
            OSError: The system gave no process.
        """

    def end(self) -> None:
        """End it, wherever it is, and wait until it has ended."""


def start_reader(kind: str) -> Reader:
    """A process for one file of a format.

    Raises:
        OSError: The system gives none.
    """
    return _forked(kind) if can_fork() else Started(_command())


@cache
def can_fork() -> bool:
    """Whether this system tells a process of the end of another, of which the one that forks makes sure."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


class Forked:
    """A process that was forked for its file by one that is ready."""

    def __init__(self, ready: Ready, talk: socket.socket, told: socket.socket) -> None:
        self._ready, self._talk, self._told = ready, talk, told
        self._status = b""
        self.said: IO[bytes] = open(talk.fileno(), "rb", closefd=False)  # noqa: SIM115 closed in `end`

    def ask(self, request: bytes) -> None:
        with suppress(*_GONE):  # it ended at once, which its status tells
            self._talk.sendall(request)
            self._talk.shutdown(socket.SHUT_WR)

    def status(self) -> int:
        while piece := self._told.recv(64):
            self._status += piece
        if not self._status:  # the one that forks has ended
            return self._ready.forget()
        what, number = self._status.split()
        if what == b"errno":
            raise OSError(int(number), os.strerror(int(number)))
        return int(number)

    def end(self) -> None:
        try:
            self._told.shutdown(socket.SHUT_WR)  # at which it is killed
            with suppress(OSError):
                self.status()
        finally:
            self.said.close()
            self._talk.close()
            self._told.close()


class Ready:
    """The process that has the reader of a format ready, and the socket through which it is asked for a fork."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self.process = subprocess.Popen(  # noqa: S603
                    [*_command(), kind],
                    env=environment(),
                    cwd="/",  # it keeps no folder from being removed
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError:
                self._control.close()
                raise

    def send(self, talk: socket.socket, told: socket.socket) -> None:
        socket.send_fds(self._control, [b"1"], [talk.fileno(), told.fileno()])

    def end(self) -> int:
        self.process.kill()
        status = self.process.wait()
        self._control.close()
        return status

    def forget(self) -> int:
        """End it, so that the next file starts another; how it ended."""
        with _lock:
            if _ready.get(self.kind) is self:
                del _ready[self.kind]
        return self.end()

    def disown(self) -> None:
        """It is another process's child."""
        self._control.close()
        self.process.returncode = 0


_ready: dict[str, Ready] = {}
_lock = threading.Lock()


def _forked(kind: str) -> Forked:
    talk, its_talk = socket.socketpair()
    told, its_told = socket.socketpair()
    with its_talk, its_told:
        try:
            return Forked(_asked(kind, its_talk, its_told), talk, told)
        except OSError:
            talk.close()
            told.close()
            raise


def _asked(kind: str, talk: socket.socket, told: socket.socket) -> Ready:
    """The process that has been asked for a fork; another one where the last has ended."""
    with _lock:
        ready = _ready.get(kind)
        if ready is not None:
            try:
                ready.send(talk, told)
            except _GONE:
                ready.end()
            else:
                return ready
        _ready[kind] = ready = Ready(kind)
        with suppress(*_GONE):  # which its status tells
            ready.send(talk, told)
        return ready


@atexit.register
def end_ready() -> None:
    """End the processes that are ready. The next file of a format starts another."""
    with _lock:
        for ready in _ready.values():
            ready.end()
        _ready.clear()


def _disown() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have held it
    for ready in _ready.values():
        ready.disown()
    _ready.clear()


os.register_at_fork(after_in_child=_disown)


def _command() -> list[str]:
    return command_of("data.intake.apart")
