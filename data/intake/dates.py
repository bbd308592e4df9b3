"""Days and instants: ISO 8601 as text, or the typed dates of Excel, Parquet and Stata. Never a serial number.

As everywhere in intake, a value at fault is never repaired: the caller rejects its row, or makes it missing.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from data.intake.bad_cells import BadCells, bad_cells, no_bad_cells
from data.intake.columns import Conformed, is_text, not_a, positions, without_tokens

_LEAP_YEAR = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_SHORT_OR_LONG_MONTH = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
)
_DAY = r"\d{4}-\d{2}-\d{2}"
_REAL_DAY = rf"(?:\d{{4}}-{_SHORT_OR_LONG_MONTH}|{_LEAP_YEAR}-02-29)"
_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0{1,6})?)?)?"  # how a typed date is often written
_TIME = r"[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
_OFFSET = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
_INSTANT = pa.timestamp("us", "UTC")
_NAIVE = pa.timestamp("us")  # the same number: no table of time zones is asked for
_BOUNDS = (-62_135_596_800_000_000, 253_402_300_800_000_000)  # microseconds to the years 1 and 10000

NOT_A_DAY = "not a day written like 2026-02-02"


def as_date(values: pa.ChunkedArray, name: str, where: str) -> Conformed:
    """Days of the calendar (Arrow's ``date32``), from the year 1 to 9999.

    Args:
        values: Text like ``2026-02-02``, dates, or times without a zone that are all midnight.
        name: The column.
        where: The file.

    Raises:
        DataRefused: The file marks this column as something else: a number, a time in some zone, a list.
    """
    values = _unpacked(values)
    kind = values.type
    if pa.types.is_null(kind) or pa.types.is_date(kind):
        return _of_the_calendar(values.cast(pa.date32()), no_bad_cells(name), name)
    if pa.types.is_timestamp(kind) and kind.tz is None:
        days = pc.floor_temporal(values, unit="day")
        timed = positions(pc.not_equal(days, values))
        texts = values.cast(pa.string())
        bad = bad_cells(texts, timed, name, "has a time of day, where a day is needed")
        return _of_the_calendar(days.cast(pa.date32()), bad, name)
    if not is_text(kind):
        raise not_a(kind, name, where, "a date")
    texts = _trimmed(values)
    wrong = _unlike(texts, f"^{_REAL_DAY}{_MIDNIGHT}$")
    well_formed = f"^{_DAY}{_MIDNIGHT}$"
    reasons = {well_formed: "is not a day of the calendar"}
    bad = bad_cells(texts, positions(wrong), name, lambda text: _why(text, reasons, f"is {NOT_A_DAY}"))
    days = pc.utf8_slice_codeunits(pc.if_else(wrong, None, texts), 0, 10).cast(pa.date32())
    return _of_the_calendar(days, bad, name)


def as_instant(values: pa.ChunkedArray, name: str, where: str) -> Conformed:
    """Instants in UTC, to the microsecond.

    Args:
        values: Text like ``2026-02-02T09:30:00Z`` or with an offset like ``+01:00``, or times in a zone. A time
            without either is two instants in one hour of autumn, so it is none.
        name: The column.
        where: The file.

    Raises:
        DataRefused: The file marks this column as something else, or its times are finer than a microsecond.
    """
    values = _unpacked(values)
    kind = values.type
    if pa.types.is_null(kind):
        return values.cast(_INSTANT), no_bad_cells(name)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        try:
            return _of_the_calendar(values.cast(_INSTANT), no_bad_cells(name), name)
        except pa.ArrowInvalid as error:
            raise not_a(kind, name, where, "a time of microseconds at most") from error
    if not is_text(kind):
        raise not_a(kind, name, where, "a time with its offset from UTC")
    texts = _trimmed(values)
    wrong = _unlike(texts, f"^{_REAL_DAY}{_TIME}{_OFFSET}$")
    reasons = {
        f"^{_DAY}{_TIME}{_OFFSET}$": "is not on a day of the calendar",
        f"^{_DAY}{_TIME}$": "has no offset from UTC: Z, or one like +01:00",
    }
    otherwise = "is not a time written like 2026-02-02T09:30:00Z"
    bad = bad_cells(texts, positions(wrong), name, lambda text: _why(text, reasons, otherwise))
    return _of_the_calendar(pc.if_else(wrong, None, texts).cast(_INSTANT), bad, name)


def _unpacked(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def _trimmed(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return without_tokens(pc.ascii_trim_whitespace(values.cast(pa.string())))


def _unlike(texts: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Where a text is none of the pattern; what is missing is not."""
    return pc.fill_null(pc.invert(pc.match_substring_regex(texts, pattern)), False)


def _why(text: str, reasons: dict[str, str], otherwise: str) -> str:
    """The reason of the first pattern that a text is of."""
    return next((why for pattern, why in reasons.items() if re.match(pattern, text, re.ASCII)), otherwise)


def _of_the_calendar(times: pa.ChunkedArray, bad: BadCells, name: str) -> Conformed:
    """Times of the years 1 to 9999, which every program can hold; another year is a fault more."""
    first, last = (pa.array([bound], _INSTANT).cast(times.type)[0] for bound in _BOUNDS)
    outside = pc.or_(pc.less(times, first), pc.greater_equal(times, last))
    if not pc.any(outside).as_py():
        return times, bad
    texts = (times if pa.types.is_date(times.type) else times.cast(_NAIVE)).cast(pa.string())
    bad = bad.and_also(bad_cells(texts, positions(outside), name, "is not in the years 1 to 9999"))
    return pc.if_else(outside, None, times), bad
