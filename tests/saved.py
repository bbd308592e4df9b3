"""A table as a file of every format that intake reads."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd


def saved(data: pd.DataFrame, path: Path) -> Path:
    """Write a table in the format that the file's name ends in."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(data.to_csv(index=False).encode()))
    elif path.suffix == ".parquet":
        data.to_parquet(path, index=False)
    elif path.suffix == ".dta":
        data.to_stata(path, write_index=False)
    elif path.suffix == ".xlsx":
        data.to_excel(path, index=False)
    else:
        data.to_csv(path, index=False)
    return path
