"""Columns whose values are the levels of a category: that they are levels, and each is written in one way."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused
from data.intake.columns import NUMBER_PATTERN
from data.intake.result import Rows, shown
from data.schema import LevelRule

_FEW_LEVELS = 20
_MOST_COMPARED = 20_000
_NAMED = 5
# Of the customers with a value; beyond it each has a level of their own, nearly. Strata may be as small as pairs are.
_MOST_LEVELS = {"where_text": 0.5, "category": 0.5, "stratum": 0.75}
_TIME = r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_STYLES = tuple(
    rf"(?i)^{day}{time}$"
    for day in (
        r"\d{4}-\d{1,2}-\d{1,2}",
        *(rf"\d{{1,2}}{mark}\d{{1,2}}{mark}{year}" for mark in ("/", r"\.", "-") for year in (r"\d{4}", r"\d{2}")),
        rf"\d{{1,2}}[ -]{_MONTH}[ -]\d{{2}}(?:\d{{2}})?",
    )
    for time in ("", _TIME)
)
_DAY_FIRST, _MONTH_FIRST = r"^(1[3-9]|2\d|3[01])[/.-]\d{1,2}[/.-]", r"^\d{1,2}[/.-](1[3-9]|2\d|3[01])[/.-]"


def check_levels(values: pa.ChunkedArray, rule: LevelRule, rows: Rows, name: str, where: str) -> str | None:
    """Turn away a category that is none, and warn of levels that people read as one.

    Args:
        values: The column, shape (n,).
        rule: Of what it is a category.
        rows: Row numbers in the file, shape (n,).
        name: The column.
        where: The file.

    Raises:
        DataRefused: Its levels are dates in two styles, or in more than twenty spellings where it is no stratum; or it
            has more than twenty, and nearly as many as there are customers.
    """
    kind = values.type
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind) or (numeric and rule in ("where_text", "label")):
        return None
    if rule == "label" and len(pc.unique(values.slice(0, 5 * _MOST_COMPARED))) > _MOST_COMPARED:
        return None
    levels = pc.unique(values).drop_null()
    if rule == "label":
        return _alike(levels.cast(pa.string()), name)
    if numeric:
        _refuse_nearly_all(levels, values, rule, rows, name, where)
        return None
    spelled = levels.cast(pa.string())
    _refuse_dates(spelled, values, rule, rows, name, where)
    _refuse_nearly_all(levels, values, rule, rows, name, where)
    return _alike(spelled, name)


def _refuse_nearly_all(
    levels: pa.Array, values: pa.ChunkedArray, rule: LevelRule, rows: Rows, name: str, where: str
) -> None:
    known = len(values) - values.null_count
    if len(levels) <= _FEW_LEVELS or len(levels) <= _MOST_LEVELS[rule] * known:
        return
    remedy = "declare it as a number if it is one, group its levels, or leave it out of the analysis"
    if rule == "stratum":
        remedy = "group its levels, such as into bands of an amount or months of a date, and name that column"
    raise DataRefused(
        f"{name} has {len(levels):,} different values among {known:,} customers, such as "
        f"{_with_row(levels[0], values, rows)}",
        where=f"{where}, {name}",
        rule=f"a {'stratum' if rule == 'stratum' else 'category'} has far fewer levels than there are customers",
        remedy=remedy,
    )


def _refuse_dates(
    levels: pa.Array, values: pa.ChunkedArray, rule: LevelRule, rows: Rows, name: str, where: str
) -> None:
    styled = [pc.match_substring_regex(levels, style) for style in _STYLES]
    styles = [(int(found.true_count), levels.filter(found)) for found in styled if found.true_count]
    dates = sum(count for count, _ in styles)
    if 2 * dates <= len(levels):
        return
    day_first, month_first = (levels.filter(pc.match_substring_regex(levels, p)) for p in (_DAY_FIRST, _MONTH_FIRST))
    apart = [texts[0] for _, texts in styles[:2]] if len(styles) > 1 else []
    if len(day_first) and len(month_first):
        apart = [day_first[0], month_first[0]]
    if apart and (rule == "stratum" or len(levels) <= _FEW_LEVELS):
        first, second = (_with_row(level, values, rows) for level in apart)
        raise DataRefused(
            f"the dates of {name} are written in two ways, such as {first} and {second}",
            where=f"{where}, {name}",
            rule="a level is written in one way: one day in two spellings would be two levels",
            remedy="export the column again, every day as 2026-02-02",
        )
    if rule != "stratum" and len(levels) > _FEW_LEVELS:
        known = len(values) - values.null_count
        raise DataRefused(
            f"{name} holds dates in {len(levels):,} spellings among {known:,} customers, such as "
            f"{_with_row(levels[0], values, rows)}",
            where=f"{where}, {name}",
            rule="dates are no categories, and of 01/02/2026 nobody knows which is the month",
            remedy="export the days since some date as a number, or the month or year as a category",
        )


def _with_row(level: pa.Scalar, values: pa.ChunkedArray, rows: Rows) -> str:
    """A level as a message quotes it, with the first row that holds it."""
    at = pc.index(values.cast(pa.string()), level.cast(pa.string())).as_py()
    return f"{shown(level.as_py())} (row {int(rows[at]):,})"


def _alike(levels: pa.Array, name: str) -> str | None:
    """A warning of levels that differ only by capitals, width, blanks or the way a number is written."""
    if not 1 < len(levels) <= _MOST_COMPARED:
        return None
    groups: dict[str | float, list[str]] = {}
    for level in levels.to_pylist():
        groups.setdefault(_folded(level), []).append(level)
    alike = [" and ".join(shown(level) for level in group[:3]) for group in groups.values() if len(group) > 1]
    if not alike:
        return None
    more = f" and {len(alike) - _NAMED:,} more" if len(alike) > _NAMED else ""
    return (
        f"{name}: values differ only by capitals, width, blanks or the way a number is written, and each stands for "
        f"itself: {'; '.join(alike[:_NAMED])}{more}"
    )


def _folded(level: str) -> str | float:
    plain = unicodedata.normalize("NFKC", level).strip()
    return float(plain) if re.match(NUMBER_PATTERN, plain, re.ASCII) else " ".join(plain.casefold().split())
