"""When two written values mean the same: the one rule for arm labels and for conditions."""

from __future__ import annotations

import re

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
