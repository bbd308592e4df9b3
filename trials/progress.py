"""How long work says how far it is, to whoever watches: a bar on a terminal, a row of the registry, nobody."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""What is being done, steps done, steps in all. A stage calls it between its transactions, never inside one: whoever
watches may write, and a writer waits for its turn."""


def in_silence(_doing: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""
