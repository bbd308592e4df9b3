"""The kind of a column that nobody declared, in a file that carries no types."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from data.intake.columns import (
    EXACT_INTEGERS,
    NUMBER_PATTERN,
    all_within,
    as_boolean,
    nan_is_missing,
    parse_numbers,
    without_tokens,
)
from data.intake.result import shown

_SAMPLE = 5000
Found = tuple[pa.ChunkedArray, str | None]


def as_found(values: pa.ChunkedArray, name: str, *, untyped: bool) -> Found:
    """A column whose kind nobody declared, and a warning where its values disagree.

    In a file without types, a column in which every value is a number becomes numbers, and true/false becomes
    boolean. A leading zero (``007``) makes it text: a code is not a quantity. So does a number too long to be exact.
    """
    kind = values.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        values = values.cast(pa.string())
    if not pa.types.is_string(values.type):
        return (nan_is_missing(values) if pa.types.is_floating(kind) else values), None
    if not untyped or values.null_count == len(values):
        return values, None
    return _as_plain_numbers(values) or _judged_by_words(without_tokens(values), name)


def _as_plain_numbers(values: pa.ChunkedArray) -> Found | None:
    """The usual column of numbers, by one conversion; ``None`` where anything asks for a closer look."""
    try:
        values.slice(0, _SAMPLE).cast(pa.float64())  # tells most text without a look at the rest
        numbers = values.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if not all_within(numbers, 1 - EXACT_INTEGERS, EXACT_INTEGERS - 1):
        return None
    return (values, None) if _has_leading_zero(values) else (_whole_or_double(numbers), None)


def _judged_by_words(values: pa.ChunkedArray, name: str) -> Found:
    """A column with missing marks, or not of numbers. A few thousand rows tell most text for what it is."""
    if values.null_count == len(values):
        return values, None
    words, numeric = _words(values.slice(0, _SAMPLE))
    if numeric.true_count == len(words) or _are_truths(words):
        words, numeric = _words(values)
    if _are_truths(words):
        return as_boolean(values, name, "")[0], None
    if numeric.true_count < len(words):
        return values, _disagreement(values, words, numeric, name)
    if _has_leading_zero(values):
        return values, None
    numbers, faults = parse_numbers(values, name)
    if faults:
        return values, f"{name}: read as text, because {faults[0].reason}"
    return _whole_or_double(numbers), None


def _words(values: pa.ChunkedArray) -> tuple[pa.Array, pa.BooleanArray]:
    words = pc.unique(values).drop_null()
    return words, pc.match_substring_regex(words, NUMBER_PATTERN)


def _are_truths(words: pa.Array) -> bool:
    """Whether there are words, and all of them true or false in any capitals."""
    return 0 < len(words) <= 32 and set(pc.utf8_lower(words).to_pylist()) <= {"true", "false"}


def _disagreement(values: pa.ChunkedArray, words: pa.Array, numeric: pa.BooleanArray, name: str) -> str | None:
    """What to say of a column that is mostly numbers; nothing of plain text."""
    if numeric.true_count == 0:
        return None
    odd = words.filter(pc.invert(numeric))
    numbers = pc.sum(pc.is_in(values, words.filter(numeric))).as_py()
    if numbers <= 0.5 * (len(values) - values.null_count):
        return None
    return f"{name}: read as text, because some values are no numbers, such as {shown(odd[0].as_py())}"


def _has_leading_zero(values: pa.ChunkedArray) -> bool:
    zero = pc.and_(pc.starts_with(values, "0"), pc.greater(pc.binary_length(values), 1))
    if not pc.any(zero).as_py():
        return False
    second = pc.utf8_slice_codeunits(values.filter(zero), 1, 2)
    return bool(pc.any(pc.ascii_is_decimal(second)).as_py())


def _whole_or_double(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return numbers.cast(pa.int64())  # refuses to cut anything off
    except pa.ArrowInvalid:
        return numbers
