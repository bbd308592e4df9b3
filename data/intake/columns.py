"""One column at a time: what the file holds, made into what the contract says.

Every function returns the column and its faults. A value at fault is never repaired: its row is rejected by
the caller, so what stands in its place here does not matter.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused
from data.intake.result import Fault, shown
from data.schema import ColumnContract

MISSING_TOKENS = ("", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null")
_LONGEST_TOKEN = max(map(len, MISSING_TOKENS))
EXACT_INTEGERS = 2.0**53  # beyond it a double skips integers
_LARGEST = np.finfo(np.float64).max
NUMBER_PATTERN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_BOOLEANS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}

Conformed = tuple[pa.ChunkedArray, list[Fault]]


def as_text(values: pa.ChunkedArray, name: str, where: str, *, may_be_empty: bool = True) -> pa.ChunkedArray:
    """Text as written; empty text is missing. Whole numbers of a typed file become their digits.

    Args:
        may_be_empty: False when the reader has already made empty text missing.

    Raises:
        DataRefused: The file holds lists, structures or undecodable bytes in this column.
    """
    kind = values.type
    if pa.types.is_string(kind):
        text = values
    elif pa.types.is_floating(kind):
        whole = pc.all(pc.equal(pc.floor(values), values)).as_py() is not False
        text = _cast(values, pa.int64() if whole else pa.string(), name, where)
        text = text.cast(pa.string())
    elif pa.types.is_nested(kind):
        raise not_a(kind, name, where, "text")
    else:
        text = _cast(values, pa.string(), name, where)
    if not may_be_empty:
        return text
    empty = pc.equal(text, "")
    return pc.if_else(empty, None, text) if pc.any(empty).as_py() else text


def as_number(values: pa.ChunkedArray, contract: ColumnContract, where: str) -> Conformed:
    """Finite doubles within the contract's bounds.

    Raises:
        DataRefused: The file marks this column as something that is no number (a date, a list).
    """
    kind = values.type
    faults: list[Fault] = []
    if is_text(kind) or pa.types.is_dictionary(kind):
        numbers, faults = parse_numbers(values.cast(pa.string()), contract.name)
    elif pa.types.is_integer(kind):
        numbers, faults = _widen_integers(values, contract.name)
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        numbers = values.cast(pa.float64())
    elif pa.types.is_boolean(kind):
        numbers = values.cast(pa.uint8()).cast(pa.float64())
    else:
        raise not_a(kind, contract.name, where, "number")
    low, high = contract.minimum, contract.maximum
    if all_within(numbers, -np.inf if low is None else low, np.inf if high is None else high):
        return numbers, faults
    numbers = nan_is_missing(numbers)
    return numbers, faults + _out_of_bounds(numbers, contract, {fault.position for fault in faults})


def as_boolean(values: pa.ChunkedArray, name: str, where: str) -> Conformed:
    """Truth values: 0, 1, true and false in any capitals; 0.0 and 1.0, which is how some tools write them.

    Raises:
        DataRefused: The file marks this column as a date or a list.
    """
    kind = values.type
    if pa.types.is_boolean(kind):
        return values, []
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = nan_is_missing(values.cast(pa.float64(), safe=False))
        wrong = pc.invert(pc.is_in(numbers, pa.array([0.0, 1.0, None])))
        faults = [_fault(values, i, name, "is not 0, 1, true or false") for i in positions(wrong)]
        return pc.equal(numbers, 1.0), faults
    if not (is_text(kind) or pa.types.is_dictionary(kind)):
        raise not_a(kind, name, where, "boolean")
    # Two or three spellings stand for a million rows, so the spellings are judged and the rows looked up.
    spelled = values.cast(pa.string()).combine_chunks()
    coded = spelled.dictionary_encode()
    words = coded.dictionary.to_pylist()
    known = [_BOOLEANS.get(word.strip().lower()) for word in words]
    bad = [i for i, word in enumerate(words) if known[i] is None and word.strip() not in MISSING_TOKENS]
    truth = pa.array(known, pa.bool_()).take(coded.indices)
    if not bad:
        return pa.chunked_array([truth]), []
    wrong = pc.is_in(coded.indices, pa.array(bad, coded.indices.type))
    faults = [_fault(values, i, name, "is not 0, 1, true or false") for i in positions(wrong)]
    return pa.chunked_array([truth]), faults


def is_text(kind: pa.DataType) -> bool:
    """Whether a column's values are text, whatever they are packed in."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def without_tokens(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text with the marks of a missing value made missing."""
    shortest = pc.min_max(pc.binary_length(values))["min"].as_py()
    if shortest is None or shortest > _LONGEST_TOKEN:
        return values
    missing = pc.is_in(values, pa.array(MISSING_TOKENS))
    return pc.if_else(missing, None, values) if pc.any(missing).as_py() else values


def nan_is_missing(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Not-a-number is how typed files spell a missing value."""
    nan = pc.is_nan(values)
    return pc.if_else(nan, None, values) if pc.any(nan).as_py() else values


def all_within(numbers: pa.ChunkedArray, low: float, high: float) -> bool:
    """Whether every value is certainly finite and from ``low`` to ``high``; a quick look, so ``False`` means ask.

    It reads the raw doubles, what stands in the places of missing values included.
    """
    for chunk in numbers.chunks:
        doubles = np.frombuffer(chunk.buffers()[1], np.float64)[chunk.offset : chunk.offset + len(chunk)]
        if len(doubles) and not (max(low, -_LARGEST) <= doubles.min() and doubles.max() <= min(high, _LARGEST)):
            return False
    return True


def positions(mask: pa.ChunkedArray | pa.Array) -> list[int]:
    """Where a mask is true; null is not true."""
    places: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return places


def parse_numbers(texts: pa.ChunkedArray, name: str) -> Conformed:
    """Numbers from text, strictly: no thousands separators, no words, nothing that a double cannot hold exactly."""
    faults: list[Fault] = []
    try:
        numbers = texts.cast(pa.float64())
    except pa.ArrowInvalid:
        numbers = None
    # The cast takes every spelling of infinity and of not-a-number, which are for the pattern to judge.
    if numbers is None or not all_within(numbers, -_LARGEST, _LARGEST):
        texts = without_tokens(pc.ascii_trim_whitespace(texts))
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(texts, NUMBER_PATTERN)), False)
        faults = [_fault(texts, i, name, _why_no_number(texts[i].as_py())) for i in positions(wrong)]
        numbers = pc.if_else(wrong, None, texts).cast(pa.float64())
    for i in positions(pc.greater_equal(pc.abs(numbers), EXACT_INTEGERS)):
        if not _exact(texts[i].as_py(), numbers[i].as_py()):
            faults.append(_fault(texts, i, name, "is an integer too long to be kept exactly (above 2^53)"))
    return numbers, faults


def _why_no_number(text: str) -> str:
    if "," in text and text.replace(",", "").replace(".", "", 1).lstrip("+-").isdigit():
        return "is not a number (thousands separators and decimal commas are not taken)"
    if text.lstrip("+-").lower() in {"inf", "infinity"}:
        return "is infinite"
    return "is not a number"


def _exact(text: str, number: float) -> bool:
    if number in (float("inf"), float("-inf")):
        return True  # told apart by its bounds
    try:
        return Decimal(text.strip()) == Decimal(number)
    except InvalidOperation:
        return False


def _widen_integers(values: pa.ChunkedArray, name: str) -> Conformed:
    try:
        return values.cast(pa.float64()), []
    except pa.ArrowInvalid:
        numbers = values.cast(pa.float64(), safe=False)
        faults = [
            _fault(values, i, name, "is an integer too long to be kept exactly (above 2^53)")
            for i in positions(pc.greater_equal(pc.abs(numbers), EXACT_INTEGERS))
            if Decimal(values[i].as_py()) != Decimal(numbers[i].as_py())
        ]
        return numbers, faults


def _out_of_bounds(numbers: pa.ChunkedArray, contract: ColumnContract, known: set[int]) -> list[Fault]:
    extremes = pc.min_max(numbers).as_py()
    if extremes["min"] is None:
        return []
    low, high = contract.minimum, contract.maximum
    faults = []
    if extremes["max"] == np.inf or extremes["min"] == -np.inf:
        infinite = positions(pc.is_inf(numbers))
        faults += [_fault(numbers, i, contract.name, "is infinite") for i in infinite if i not in known]
        known = known | set(infinite)
    if low is not None and extremes["min"] < low:
        below = positions(pc.less(numbers, low))
        faults += [_fault(numbers, i, contract.name, f"is below {low:g}") for i in below if i not in known]
    if high is not None and extremes["max"] > high:
        above = positions(pc.greater(numbers, high))
        faults += [_fault(numbers, i, contract.name, f"is above {high:g}") for i in above if i not in known]
    return faults


def _fault(values: pa.ChunkedArray, position: int, name: str, reason: str) -> Fault:
    value = values[position].as_py()
    written = str(int(value)) if isinstance(value, float) and value.is_integer() else shown(value)
    return Fault(position, name, f"{written} {reason}")


def _cast(values: pa.ChunkedArray, kind: pa.DataType, name: str, where: str) -> pa.ChunkedArray:
    try:
        return values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise not_a(values.type, name, where, "text") from error


def not_a(kind: pa.DataType, name: str, where: str, wanted: str) -> DataRefused:
    """The refusal of a file that marks a column as something else altogether."""
    return DataRefused(
        f"the file marks this column as {kind}",
        where=f"{where}, {name}",
        rule=f"the protocol needs {wanted} here",
        remedy="export the column in that form",
    )
