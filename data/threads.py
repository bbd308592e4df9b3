"""Work on many pieces, a few at a time on threads: for what lets go of Python's lock, as hashing and Arrow do."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")


def each(work: Callable[[_Piece], _Result], pieces: Iterable[_Piece], threads: int | None = None) -> Iterator[_Result]:
    """Every piece's result, in order. No more pieces are asked for, and no more results held, than threads need.

    Args:
        work: What is done with a piece; what it raises is raised here.
        pieces: Asked for one by one, on this thread.
        threads: How many to use; by default one per processor.

    Examples:
        >>> list(each(len, ["a", "bc"]))
        [1, 2]
    """
    threads = threads or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[_Result]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > threads + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
