"""What was made of rows that never change, kept by what it was made of, so that no page makes it twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class Remembered:
    """Results by what they were made of, the latest so many of them; threads may share it.

    Examples:
        >>> doubled = Remembered(1)
        >>> doubled.get(2, lambda: 4), doubled.get(2, lambda: 0), doubled.get(3, lambda: 6), doubled.get(2, lambda: 5)
        (4, 4, 6, 5)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[object, Any] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, key: object, make: Callable[[], Any]) -> Any:
        """What was made under a key, or what ``make`` makes now."""
        with self._turn:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        made = make()
        with self._turn:
            self._results[key] = made
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        return made
