"""Every durable call that this project makes, counted: each write, fsync, rename, link and commit.

A child process installs this, runs one piece of work, and is killed, or refused by its disk, at the call it was told.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

CALLS = ("write", "fsync", "rename", "link")
COMMIT = "commit"


@dataclass
class Interruptions:
    """What happens at which point.

    Attributes:
        kill_at: The point, counted from 1, at which the process ends as by a power cut; None: it goes on.
        fail_at: The call of the operating system, counted from 1, that fails; None: none does.
        error: The error number it fails with.
        points: Names of the points passed: before and after each call, and the middle of each write.
        calls: Names of the calls of the operating system made.
    """

    kill_at: int | None = None
    fail_at: int | None = None
    error: int = 0
    points: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def pass_point(self, name: str) -> None:
        self.points.append(name)
        if len(self.points) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Wrap the calls, for the rest of this process's life."""
        for name in CALLS:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        commit = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            self.pass_point("before commit")
            commit(dialect, connection)
            self.pass_point("after commit")

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) == self.fail_at:
                raise OSError(self.error, os.strerror(self.error))
            self.pass_point(f"before {name}")
            if name == "write" and len(self.points) + 1 == self.kill_at:
                call(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if name == "write":
                self.pass_point("half a write")
            done = call(*arguments, **options)
            self.pass_point(f"after {name}")
            return done

        return wrapped
