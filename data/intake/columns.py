"""One column at a time: what the file holds, made into what the contract says.

Every function returns the column and its cells that cannot be read. None is repaired: the caller rejects its row or
makes the cell missing, so what stands in its place here does not matter.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused
from data.intake.bad_cells import BadCells, bad_cells, no_bad_cells
from data.intake.result import Rows
from data.pieces import coded
from data.schema import ColumnContract

MISSING_TOKENS = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
_LONGEST_TOKEN = max(map(len, MISSING_TOKENS))
EXACT_INTEGERS = 2.0**53  # beyond it a double skips integers
_LARGEST = np.finfo(np.float64).max
NUMBER_PATTERN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_INVISIBLE = (
    r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{9F}"
    r"\x{AD}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2069}\x{FEFF}]"
)
# What a formula that failed leaves behind, also where its workbook was saved as text.
ERROR_CODE = r"^#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|GETTING_DATA)$"
AN_ERROR = "is an error of the spreadsheet, no value"
_BOOLEANS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}

Conformed = tuple[pa.ChunkedArray, BadCells]
_TOO_LONG = "is an integer too long to be kept exactly (above 2^53)"


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
    """Finite doubles within the contract's bounds, whole ones where it asks for them.

    Raises:
        DataRefused: The file marks this column as something that is no number (a date, a list).
    """
    kind, name = values.type, contract.name
    bad = no_bad_cells(name)
    if is_text(kind) or pa.types.is_dictionary(kind):
        numbers, bad = parse_numbers(values.cast(pa.string()), name)
    elif pa.types.is_integer(kind):
        numbers, bad = _widen_integers(values, name)
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):
        numbers = values.cast(pa.float64())
    elif pa.types.is_boolean(kind):
        numbers = values.cast(pa.uint8()).cast(pa.float64())
    else:
        raise not_a(kind, name, where, "number")
    low, high = contract.minimum, contract.maximum
    if not all_within(numbers, -np.inf if low is None else low, np.inf if high is None else high):
        numbers = nan_is_missing(numbers)
        bad = _and_out_of_bounds(bad, numbers, contract)
    if contract.whole:
        parts = positions(pc.not_equal(pc.floor(numbers), numbers))
        bad = bad.and_also(bad_cells(numbers, parts, name, "is not a whole number"))
    return numbers, bad


def as_boolean(values: pa.ChunkedArray, name: str, where: str) -> Conformed:
    """Truth values: 0, 1, true and false in any capitals; 0.0 and 1.0, which is how some tools write them.

    Raises:
        DataRefused: The file marks this column as a date or a list.
    """
    kind, why = values.type, "is not 0, 1, true or false"
    if pa.types.is_boolean(kind):
        return values, no_bad_cells(name)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = nan_is_missing(values.cast(pa.float64(), safe=False))
        wrong = positions(pc.invert(pc.is_in(numbers, pa.array([0.0, 1.0, None]))))
        return pc.equal(numbers, 1.0), bad_cells(values, wrong, name, why)
    if not (is_text(kind) or pa.types.is_dictionary(kind)):
        raise not_a(kind, name, where, "boolean")
    # Two or three spellings stand for a million rows, so the spellings are judged and the rows looked up.
    codes = coded(values.cast(pa.string()))
    words = codes.dictionary.to_pylist()
    known = [_truth(word.strip().lower()) for word in words]
    strange = [i for i, word in enumerate(words) if known[i] is None and word.strip() not in MISSING_TOKENS]
    truth = pa.array(known, pa.bool_()).take(codes.indices)
    if not strange:
        return pa.chunked_array([truth]), no_bad_cells(name)
    wrong = positions(pc.is_in(codes.indices, pa.array(strange, codes.indices.type)))
    said = bad_cells(values, wrong, name, lambda word: AN_ERROR if is_error_code(word) else why)
    return pa.chunked_array([truth]), said


def _truth(word: str) -> bool | None:
    """What a word in small letters means; 1.00 is how a table of two decimal places writes 1."""
    return _BOOLEANS.get(re.sub(r"(?<=^[01]\.)0+$", "0", word))


def invisible_cells(texts: pa.ChunkedArray, name: str) -> BadCells:
    """Cells with a character that nobody sees: NUL and other controls, blanks of no width. Line ends are text."""
    if not any(_may_hide(chunk) for chunk in texts.chunks):
        return no_bad_cells(name)
    hidden = positions(pc.match_substring_regex(texts, _INVISIBLE))
    return bad_cells(texts, hidden, name, "holds an invisible character")


def _may_hide(texts: pa.StringArray) -> bool:
    """A quick look at the bytes: whether any is a control character, or begins one that is not ASCII."""
    octets = texts.buffers()[2]
    if octets is None:
        return False
    found = np.frombuffer(octets, np.uint8)
    return bool(found.size) and (bool(np.any(found < 32)) or bool(found.max() >= 127))


def error_codes(texts: pa.ChunkedArray, name: str) -> BadCells:
    """Cells that hold the code of a spreadsheet's error, such as ``#REF!``: no word, and no blank."""
    if not pc.any(pc.starts_with(texts, "#")).as_py():
        return no_bad_cells(name)
    return bad_cells(texts, positions(pc.match_substring_regex(texts, ERROR_CODE)), name, AN_ERROR)


def is_error_code(text: str) -> bool:
    """Whether a text is the code of a spreadsheet's error.

    Examples:
        >>> is_error_code("#N/A"), is_error_code("#1")
        (True, False)
    """
    return re.match(ERROR_CODE, text.strip()) is not None


def without_blanks(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text of which cells that hold nothing, or nothing but blanks, are missing."""
    blank = pc.or_(pc.utf8_is_space(texts), pc.equal(texts, ""))
    return pc.if_else(blank, None, texts) if pc.any(blank).as_py() else texts


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


def positions(mask: pa.ChunkedArray | pa.Array) -> Rows:
    """Where a mask is true; null is not true. There may be millions."""
    return np.asarray(pc.indices_nonzero(pc.fill_null(mask, False)), np.int64)


def parse_numbers(texts: pa.ChunkedArray, name: str) -> Conformed:
    """Numbers from text, strictly: no thousands separators, no words, nothing that a double cannot hold exactly."""
    bad = no_bad_cells(name)
    try:
        numbers = texts.cast(pa.float64())
    except pa.ArrowInvalid:
        numbers = None
    # The cast takes every spelling of infinity and of not-a-number, which are for the pattern to judge.
    if numbers is None or not all_within(numbers, -_LARGEST, _LARGEST):
        texts = without_tokens(pc.ascii_trim_whitespace(texts))
        wrong = pc.fill_null(pc.invert(pc.match_substring_regex(texts, NUMBER_PATTERN)), False)
        bad = bad_cells(texts, positions(wrong), name, why_no_number)
        numbers = pc.if_else(wrong, None, texts).cast(pa.float64())
    long = positions(pc.greater_equal(pc.abs(numbers), EXACT_INTEGERS))
    inexact = [i for i in long.tolist() if not _exact(texts[i].as_py(), numbers[i].as_py())]
    return numbers, bad.and_also(bad_cells(texts, inexact, name, _TOO_LONG))


def why_no_number(text: str) -> str:
    """What is wrong with a text that should be a number."""
    if is_error_code(text):
        return AN_ERROR
    if "," in text and text.replace(",", "").replace(".", "").lstrip("+-").isdigit():
        return "is not a number (thousands separators and decimal commas are not taken)"
    if text.lstrip("+-").lower() in {"inf", "infinity"}:
        return "is infinite"
    if text.strip("+-()£$€ ") != text and text.strip("+-()£$€ ")[:1].isdigit() and set(text) & set("£$€"):
        return "is not a number (signs of a currency are not taken)"
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
        return values.cast(pa.float64()), no_bad_cells(name)
    except pa.ArrowInvalid:
        numbers = values.cast(pa.float64(), safe=False)
        inexact = [
            i
            for i in positions(pc.greater_equal(pc.abs(numbers), EXACT_INTEGERS)).tolist()
            if Decimal(values[i].as_py()) != Decimal(numbers[i].as_py())
        ]
        return numbers, bad_cells(values, inexact, name, _TOO_LONG)


def _and_out_of_bounds(bad: BadCells, numbers: pa.ChunkedArray, contract: ColumnContract) -> BadCells:
    extremes = pc.min_max(numbers).as_py()
    if extremes["min"] is None:
        return bad
    low, high, name = contract.minimum, contract.maximum, contract.name
    if extremes["max"] == np.inf or extremes["min"] == -np.inf:
        bad = bad.and_also(bad_cells(numbers, positions(pc.is_inf(numbers)), name, "is infinite"))
    if low is not None and extremes["min"] < low:
        bad = bad.and_also(bad_cells(numbers, positions(pc.less(numbers, low)), name, f"is below {low:g}"))
    if high is not None and extremes["max"] > high:
        bad = bad.and_also(bad_cells(numbers, positions(pc.greater(numbers, high)), name, f"is above {high:g}"))
    return bad


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


def with_plain_decimals(table: pa.Table) -> pa.Table:
    """Decimals of more than 38 digits as 128 bits where all of a column fit, else as the nearest doubles."""
    for place, column in enumerate(table.columns):
        if pa.types.is_decimal(column.type) and not pa.types.is_decimal128(column.type):
            try:
                plain = column.cast(pa.decimal128(38, column.type.scale))
            except pa.ArrowException:
                plain = column.cast(pa.float64())
            table = table.set_column(place, table.schema.names[place], plain)
    return table
