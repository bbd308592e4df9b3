"""Keeping pyarrow from importing pandas, for a process that has one short job to do.

pyarrow asks for pandas the first time that it makes an array from a list, and remembers the answer. Where pandas is
installed that first array costs the import, a third of a second, for a check that nobody here needs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _Absent:
    """A finder that says pandas is not installed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not looked for in this process", name=name)
        return None


def leave_pandas_out() -> None:
    """Let pyarrow settle, once and for this process, that it converts nothing from or to pandas.

    pandas itself can still be imported afterwards. Nothing happens where it has been already. Not for a process that
    reads Stata files or shows data frames: their conversions would then fail.
    """
    if "pandas" in sys.modules:
        return
    finder = _Absent()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(finder)
