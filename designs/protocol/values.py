"""When two written values mean the same: the one rule for arm labels and for conditions."""

from __future__ import annotations

import re

from data.schema import is_number

Value = bool | int | float | str

# Also a pattern of every engine's regular expressions (RE2, Java), so that a column is read the same way.
NUMBER_PATTERN = r"^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$"


def as_number(value: Value) -> float | None:
    """A value as a number, text that reads as one included; true is 1.

    Examples:
        >>> as_number("1.0"), as_number(True), as_number("Control")
        (1.0, 1.0, None)
    """
    if not isinstance(value, str):
        return float(value)
    return float(value) if re.match(NUMBER_PATTERN, value, re.ASCII) else None


def same_value(left: Value, right: Value) -> bool:
    """Whether two values mean the same.

    Text equals text exactly as written. As soon as one of the two is a number, true or false, both are read as
    numbers: so the label 1 matches ``1``, ``1.0`` and the text ``"1"`` in a file, and ``"01"`` too.

    Examples:
        >>> same_value(1, "1.0"), same_value("1", "1.0"), same_value("Control", "control")
        (True, False, False)
    """
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    numbers = as_number(left), as_number(right)
    return None not in numbers and numbers[0] == numbers[1]


def same_code(left: Value, right: Value) -> bool:
    """Whether two codes of a column are one: numbers by their value however they are written, but for zeros in front,
    true and false in any capitals, and other text as written but for blanks at its ends.

    Examples:
        >>> same_code(1, "1.0"), same_code("01", 1), same_code(True, "TRUE"), same_code("P ", "P"), same_code("p", "P")
        (True, False, True, True, False)
    """
    return _code(left) == _code(right)


def _code(value: Value) -> tuple[str, Value]:
    if isinstance(value, bool) or str(value).strip().lower() in ("true", "false"):
        return "truth", str(value).strip().lower()
    if not isinstance(value, str) or is_number(value):
        return "number", float(value)
    return "text", value.strip()
