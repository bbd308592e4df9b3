"""The header row: names present, unlike each other, and those that the contract needs."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from data.errors import DataRefused
from data.intake.content import separator_of
from data.schema import FileContract

Rows = Sequence[Sequence[str]]
LOOKED_AT = 20  # rows below the first that are searched for a header
_UNSEEN = ("Cc", "Cf")  # controls, and blanks of no width
_FIRST_ROW = "the first row holds the columns' names"
# A number, a date or nothing: what a cell of a customer holds, and no column is called.
_NO_NAME = re.compile(r"^([-+(£$€]*\d[\d.,:/ T-]*\)?%?|)$")


def check_header(names: Sequence[str], contract: FileContract, where: str, below: Rows = ()) -> None:
    """Refuse a header that cannot be read in one way only, or that lacks what the contract needs.

    Args:
        names: The first row.
        contract: What the file must hold.
        where: The file.
        below: The first rows after it, where the format has no header of its own: a title above the header, and a
            file without one, are told by them.

    Raises:
        DataRefused: No names, a name twice (neither capitals nor blanks nor width tell two names apart), a first row
            that is a title or a customer, or a required column missing.
    """
    lacking = [name for name in contract.required_names if name not in names]
    if lacking and below:
        _refuse_title(names, contract, where, below)
        _refuse_customer(names, where, below)
    if not names or all(not name.strip() for name in names):
        raise DataRefused(
            "the header row is empty",
            where=where,
            rule=_FIRST_ROW,
            remedy="put the names of the columns in the first row",
        )
    _refuse_one_name_twice(names, where)
    if lacking:
        raise DataRefused(
            f"required columns are missing: {'; '.join(_missing(name, names, contract) for name in lacking)}; "
            f"the columns found are {_listed(names)}",
            where=where,
            rule=f"the file needs {_listed(contract.required_names)}",
            remedy=_remedy(names),
        )


def _remedy(names: Sequence[str]) -> str:
    separator = separator_of(names[0]) if len(names) == 1 else None
    if separator is not None:
        return separated_otherwise(separator)
    return "export the file with these columns, or correct the names in the protocol"


def separated_otherwise(separator: str) -> str:
    """What to do with a file that is not separated by commas."""
    return f"its values seem to be separated by {separator}: save it separated by commas, as CSV UTF-8"


def _refuse_one_name_twice(names: Sequence[str], where: str) -> None:
    """Two names that people read as one: which of the columns is meant, nobody can say."""
    folded = [_folded(name) for name in names]
    twice = [name for name, times in Counter(folded).items() if times > 1 and name]
    if twice:
        spelled = [name for name, fold in zip(names, folded, strict=True) if fold in twice]
        raise DataRefused(
            f"columns share a name: {_listed(spelled)}",
            where=where,
            rule="every column has a name of its own; capitals, blanks and the width of letters are not counted",
            remedy="rename them in the file, or leave out the one that is not meant",
        )
    unnamed = {f"column_{place}" for place, name in enumerate(names, start=1) if not name.strip()}
    if unnamed & set(names):
        raise DataRefused(
            f"a column without a name stands beside one called {_listed(sorted(unnamed & set(names)))}",
            where=where,
            rule="a column without a name is called by its place",
            remedy="give every column a name",
        )


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in plain if unicodedata.category(letter) not in _UNSEEN and not letter.isspace())


def _refuse_title(names: Sequence[str], contract: FileContract, where: str, below: Rows) -> None:
    """A title, a date of the report or ``sep=;`` above the row that holds the names."""
    wanted = {_folded(name) for name in contract.required_names}
    in_first = len(wanted & {_folded(name) for name in names})
    for line, values in enumerate(below, start=2):
        found = len(wanted & {_folded(value) for value in values})
        if found * 2 > len(wanted) and found > in_first:  # else the header comes again further down
            shown = next((name for name in names if name.strip()), "")
            raise DataRefused(
                f"the first row is a title ({shown!r}), and the header is in row {line}"
                if shown
                else f"the first row is blank, and the header is in row {line}",
                where=where,
                rule=_FIRST_ROW,
                remedy="delete the rows above the header",
            )


def _refuse_customer(names: Sequence[str], where: str, below: Rows) -> None:
    """A file without a header: its first row looks like the rows below it, and like no names."""
    same_width = [values for values in below if len(values) == len(names)]
    data_like = sum(bool(_NO_NAME.match(name.strip())) for name in names)
    if data_like * 2 < max(1, len(names)) or not same_width:
        return
    raise DataRefused(
        f"the first row looks like data, not like names: {_listed(names)}",
        where=where,
        rule=_FIRST_ROW,
        remedy="put a header row above the first customer, or export the file with one",
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
