"""The kind of a column that nobody declared, in a file that carries no types."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from data.intake.bad_cells import BadCells, bad_cells, emptied, no_bad_cells
from data.intake.columns import (
    EXACT_INTEGERS,
    NUMBER_PATTERN,
    all_within,
    as_boolean,
    error_codes,
    nan_is_missing,
    parse_numbers,
    positions,
    without_tokens,
)
from data.intake.result import shown
from data.schema import ColumnContract

_SAMPLE = 5000
_LONGEST_CODE_LIST = 60
_RARE = 0.05
_NUMBERS_AS_TEXT = (
    "the file marks it as text, and it holds numbers alone: it is read as a number, as in a file without types; "
    "as: category in the protocol makes it one"
)
_PHONE = r"^\+\d{7,}$"
_BADLY_WRITTEN = (
    r"(?i)^[='’]?[-+(\x{2212}]?\s*(?:[£$€]|GBP|EUR|USD)?\s*[-+\x{2212}]?\p{Nd}[\p{Nd}.,\x{a0}\x{202f}'’ ]*\)?"
    r"\s*(?:[£$€%pkm-]|GBP|EUR|USD|[CD]R|e[-+]?\d+)?$"
)
_NOT_KNOWN = r"(?i)^(\W+|[\[(<*]\s*[a-z]+\s*[\])>*]|n\W?[aks]\W?|nil|none|null|unknown|not known|missing|#.*)$"
Found = tuple[pa.ChunkedArray, BadCells, str | None]


def as_found(values: pa.ChunkedArray, contract: ColumnContract, *, untyped: bool) -> Found:
    """A column whose kind nobody declared, its cells that cannot be read, and a warning where its values disagree.

    In a file without types, a column in which every value is a number becomes numbers, and true/false becomes
    boolean. A leading zero (``007``) makes it text: a code is not a quantity. So does a number too long to be exact.
    In a file with types text stays text, save where a quantity is asked for: a covariate is the same in every format.

    Args:
        values: As read.
        contract: The column's: whether one that is mostly numbers is one of numbers, and whether ``NA`` and the like
            are words where the others are.
        untyped: Whether text may be numbers that the file could not mark as such.
    """
    kind, name = values.type, contract.name
    categories = pa.types.is_dictionary(kind)  # as the file says
    if categories or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        values = values.cast(pa.string())
    if not pa.types.is_string(values.type):
        return (nan_is_missing(values) if pa.types.is_floating(kind) else values), no_bad_cells(name), None
    if categories or not (untyped or contract.numeric) or values.null_count == len(values):
        return values, no_bad_cells(name), None
    numbers = _as_plain_numbers(values)
    if numbers is not None:
        said = None if untyped or pa.types.is_string(numbers.type) else f"{name}: {_NUMBERS_AS_TEXT}"
        return numbers, no_bad_cells(name), said
    errors = error_codes(values, name)
    found, bad, warning = _judged_by_words(emptied(values, errors.positions), contract)
    return found, errors.and_also(bad), warning


def _as_plain_numbers(values: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The usual column of numbers, by one conversion; ``None`` where anything asks for a closer look."""
    try:
        values.slice(0, _SAMPLE).cast(pa.float64())  # tells most text without a look at the rest
        numbers = values.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    if not all_within(numbers, 1 - EXACT_INTEGERS, EXACT_INTEGERS - 1):
        return None
    return values if _has_leading_zero(values) else _whole_or_double(numbers)


def _judged_by_words(written: pa.ChunkedArray, contract: ColumnContract) -> Found:
    """A column with missing marks, or not of numbers. A few thousand rows tell most text for what it is."""
    name, numeric = contract.name, contract.numeric
    good, values = no_bad_cells(name), without_tokens(written)
    as_text = written if contract.marks_are_words else values
    if values.null_count == len(values):
        return values, good, None
    words, numbers = _words(values.slice(0, _SAMPLE))
    if numeric or numbers.true_count == len(words) or _are_truths(words):
        words, numbers = _words(values)
    if _are_truths(words):
        return as_boolean(values, name, "")[0], good, None
    if numbers.true_count < len(words) and not (numeric and _are_a_quantity(values, words, numbers)):
        return as_text, good, _disagreement(values, words, numbers, name)
    if _has_leading_zero(values):
        return as_text, good, None
    doubles, bad = parse_numbers(values, name)
    bad = bad.and_also(bad_cells(values, positions(pc.is_inf(doubles)), name, "is infinite"))
    if len(bad) and not numeric:
        return as_text, good, f"{name}: read as text, because {bad.reasons[0].as_py()}"
    return _whole_or_double(emptied(doubles, bad.positions)), bad, None


def _are_a_quantity(values: pa.ChunkedArray, words: pa.Array, numbers: pa.BooleanArray) -> bool:
    """Whether a column with words in it is one of numbers all the same.

    It is when most cells of which something is known are numbers, well or badly written (``1.234,50``, ``£12``), and
    the rest either says that something is not known (``n.k.``, ``[x]``, ``-``), or is rare, or stands among more
    numbers than a code list has.
    """
    meant = pc.or_(numbers, pc.match_substring_regex(words, _BADLY_WRITTEN))
    other = words.filter(pc.invert(meant))
    not_known = pc.match_substring_regex(other, _NOT_KNOWN)
    strange = other.filter(pc.invert(not_known))
    known = len(values) - values.null_count - (pc.sum(pc.is_in(values, other.filter(not_known))).as_py() or 0)
    count = pc.sum(pc.is_in(values, words.filter(meant))).as_py() or 0
    if count <= 0.5 * known:
        return False
    if meant.true_count > _LONGEST_CODE_LIST:
        return True
    return bool((pc.sum(pc.is_in(values, strange)).as_py() or 0) <= _RARE * known)


def says_not_known(word: str) -> bool:
    """Whether a word says that a value is not known, as people write it.

    Examples:
        >>> [word for word in ("n.k.", "[x]", "-", "..", "nil", "part", "2") if says_not_known(word)]
        ['n.k.', '[x]', '-', '..', 'nil']
    """
    return re.search(_NOT_KNOWN, word) is not None


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
    """Whether some value is a code by its zeros in front, or a phone number by its plus (+447700900026)."""
    zero = pc.and_(pc.starts_with(values, "0"), pc.greater(pc.binary_length(values), 1))
    if pc.any(zero).as_py():
        second = pc.utf8_slice_codeunits(values.filter(zero), 1, 2)
        if pc.any(pc.ascii_is_decimal(second)).as_py():
            return True
    plus = pc.starts_with(values, "+")
    return bool(pc.any(plus).as_py()) and bool(pc.any(pc.match_substring_regex(values.filter(plus), _PHONE)).as_py())


def _whole_or_double(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return numbers.cast(pa.int64())  # refuses to cut anything off
    except pa.ArrowInvalid:
        return numbers
