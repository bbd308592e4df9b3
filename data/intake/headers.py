"""The header row: names present, unlike each other, and those that the contract needs."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from data.errors import DataRefused
from data.schema import FileContract


def check_header(names: Sequence[str], contract: FileContract, where: str) -> None:
    """Refuse a header that cannot be read in one way only, or that lacks what the contract needs.

    Raises:
        DataRefused: No names, a name twice (capitals do not tell two names apart: engines fold them), or a
            required column missing.
    """
    if not names or all(not name.strip() for name in names):
        raise DataRefused("the header row is empty", where=where, rule="the first row holds the columns' names")
    twice = [name for name, times in Counter(name.casefold() for name in names).items() if times > 1]
    if twice:
        spelled = [name for name in names if name.casefold() in twice]
        raise DataRefused(
            f"columns share a name: {_listed(spelled)}",
            where=where,
            rule="every column has a name of its own, capitals not counted",
            remedy="rename them in the file",
        )
    missing = [name for name in contract.required_names if name not in names]
    if missing:
        raise DataRefused(
            f"required columns are missing: {'; '.join(_missing(name, names, contract) for name in missing)}; "
            f"the columns found are {_listed(names)}",
            where=where,
            rule=f"the file needs {_listed(contract.required_names)}",
            remedy="export the file with these columns, or correct the names in the protocol",
        )


def named(names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Names as they will be kept: a column without one is called by its place, and a warning says so."""
    labels = [name if name.strip() else f"column_{place}" for place, name in enumerate(names, start=1)]
    warnings = tuple(
        f"column {place} has no name and is kept as {new}"
        for place, (old, new) in enumerate(zip(names, labels, strict=True), start=1)
        if old != new
    )
    return labels, warnings


def _missing(name: str, names: Sequence[str], contract: FileContract) -> str:
    """A column's name, where it is asked for, and the likely spelling in the file."""
    places = contract.named_in.get(name, ())
    wanted = f"{name}, named in {' and '.join(places)}" if places else name
    folded = {present.strip().casefold(): present for present in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f"{wanted} (is it {folded[near[0]]!r}?)" if near else wanted


def _listed(names: Sequence[str], most: int = 40) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
