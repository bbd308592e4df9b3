"""Arrow without pandas, for a process that must start quickly."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

import numpy as np
import pyarrow as pa


class _OutOfSight(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is postponed", name=fullname)


def postpone_pandas() -> None:
    """Keep pyarrow from importing pandas until something of pandas is asked for.

    pyarrow looks for pandas when it makes its first array, only to know a Series when it sees one. Here it looks once
    while pandas is out of sight, which saves `otm analyse` a quarter of a second: 1.2 s of processor time instead of
    1.5 s for 20,000 rows of CSV, 1.7 s instead of 2.0 s for a million, where the goal is twice a plain reading (row P8
    of `otm bench`). Nothing else of that process needs pandas. Call :func:`recall_pandas` before a Series or a
    DataFrame is handed to pyarrow. For a process with one job: a list that holds ``pandas.NA`` is not understood any
    more.

    Does nothing where pandas is already there.
    """
    if "pandas" in sys.modules:
        return
    out_of_sight = _OutOfSight()
    sys.meta_path.insert(0, out_of_sight)
    try:
        pa.array(np.empty(0))  # Arrow's Python looks here,
        pa.array(["text"])  # and its C++ here
    finally:
        sys.meta_path.remove(out_of_sight)


def recall_pandas() -> None:
    """Undo :func:`postpone_pandas`: import pandas, and let pyarrow know its classes."""
    pa.nulls(0).to_pandas()
