"""One file, opened within what it may take: which, comes through one pipe, and what it holds goes through another."""

from __future__ import annotations

import pickle
import traceback
from pathlib import Path
from typing import IO

from data.apart import Allowance, limit
from data.arrow import postpone_pandas
from data.errors import DataRefused
from data.intake.apart import wire
from data.intake.apart.opening import reader_of, tell
from data.intake.source import Source
from data.text import shown_name


def open_confined(asked: IO[bytes], pipe: IO[bytes]) -> None:
    """Open the file that ``asked`` names, and tell ``pipe`` of it. For a process that does nothing after."""
    path, contract, kind, allowed = pickle.load(asked)  # noqa: S301 from the process that started this one
    postpone_pandas()  # which the reader of Stata files recalls
    reader = reader_of(kind)
    limit(allowed)
    try:
        tell(pipe, reader, Source(Path(path)), contract, kind)
    except DataRefused as refused:
        wire.send_refusal(pipe, refused)
    except MemoryError:
        wire.send_refusal(pipe, _too_large(Path(path), allowed))
    except Exception:  # noqa: BLE001 whoever asked raises it
        wire.send_failure(pipe, traceback.format_exc())


def _too_large(path: Path, allowed: Allowance) -> DataRefused:
    size = path.stat().st_size
    return DataRefused(
        f"opening the file takes more than {allowed.memory >> 20:,} MiB of memory",
        where=shown_name(path),
        rule=f"a file of {size:,} bytes unfolds into less",
        remedy="export the table again, as CSV",
    )
