"""Intake's rules once more, a value at a time in plain Python: the second opinion of the tests."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections import Counter
from decimal import Decimal

from data.schema import ColumnContract, FileContract

MISSING = {"", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null"}
MISSING_IDS = MISSING | {"None", "none"}


def good_id(text: str) -> bool:
    categories = {unicodedata.category(character) for character in text}
    return not (
        text in MISSING_IDS
        or len(text.encode()) > 55
        or text != text.strip()
        or unicodedata.normalize("NFC", text) != text
        or categories & {"Cc", "Cf", "Zl", "Zp"}
        or "\ufffd" in text
        or re.fullmatch(r"[+-]?\d+([.,]\d+)?[eE][+-]\d+|[+-]?\d+[.,]\d+[eE]\d+", text, re.ASCII)
        or re.fullmatch(r"[+-]?\d+\.0*", text, re.ASCII)
        or re.fullmatch(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?|\d{1,2}/\d{1,2}/(\d{2}|\d{4})", text, re.ASCII)
    )


def number_of(text: str, column: ColumnContract) -> float | None:
    """The number, ``None`` when missing.

    Raises:
        ValueError: It is not one that the contract takes.
    """
    text = text.strip(" \t\n\v\f\r")
    if text in MISSING:
        return None
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        raise ValueError(text)
    number = float(text)
    if math.isinf(number) or (abs(number) >= 2**53 and Decimal(text) != Decimal(number)):
        raise ValueError(text)
    if column.minimum is not None and number < column.minimum:
        raise ValueError(text)
    if column.maximum is not None and number > column.maximum:
        raise ValueError(text)
    return number


def boolean_of(text: str) -> bool | None:
    text = text.strip()
    if text in MISSING:
        return None
    try:
        return {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}[text.lower()]
    except KeyError as error:
        raise ValueError(text) from error


def second_reading(
    content: str, contract: FileContract
) -> tuple[int, dict[int, set[str | None]], list[dict[str, object]]]:
    """Rows read, fields at fault by rejected row, and the rows taken."""
    header, *rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    while rows and rows[-1] == []:
        rows.pop()
    at_fault: dict[int, set[str | None]] = {}
    taken: dict[int, dict[str, object]] = {}
    for place, values in enumerate(rows, start=1):
        if all(value == "" for value in values) or len(values) != len(header):
            at_fault[place] = {None}
            continue
        taken[place] = {}
        for name, value in zip(header, values, strict=True):
            try:
                taken[place][name] = _taken(name, value, contract)
            except ValueError:
                at_fault.setdefault(place, set()).add(name)
    if contract.id_column is not None:
        ids = Counter(values.get(contract.id_column) for values in _written(header, rows))
        for place, values in enumerate(rows, start=1):
            if place in taken and ids[values[header.index(contract.id_column)]] > 1:
                value = values[header.index(contract.id_column)]
                if value != "":
                    at_fault.setdefault(place, set()).add(contract.id_column)
    return len(rows), at_fault, [values for place, values in taken.items() if place not in at_fault]


def _written(header: list[str], rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(header, values, strict=True)) for values in rows if len(values) == len(header)]


def _taken(name: str, value: str, contract: FileContract) -> object:
    if name == contract.id_column:
        if not good_id(value):
            raise ValueError(value)
        return value
    column = next((column for column in contract.columns if column.name == name), ColumnContract(name))
    if column.kind == "number":
        return number_of(value, column)
    if column.kind == "boolean":
        return boolean_of(value)
    return value or None
