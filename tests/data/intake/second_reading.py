"""Intake's rules once more, a value at a time in plain Python: the second opinion of the tests."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections import Counter
from decimal import Decimal

from data.intake.inference import says_not_known
from data.schema import ColumnContract, FileContract

MISSING = {"", "NA", "N/A", "NaN", "nan", "NULL", "null"}
MISSING_IDS = MISSING | {"#N/A", "None", "none"}


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


MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)"
WORDS = {
    "total",
    "totals",
    "subtotal",
    "subtotals",
    "grandtotal",
    "grandtotals",
    "sum",
    "count",
    "average",
    "mean",
    "end",
    "eof",
    "unknown",
    "none",
}
WORDS |= {"true", "false", "yes", "no", "not known", "missing", "nil", "null", "blank", "empty", "na", "n/a", "nk"}
WORDS |= {"n.k.", "n.k", "nk.", "tbc", "tba", "test", "dummy", "example", "sample", "abc"}


def never_an_id(text: str) -> bool:
    lines = r"(page|report|printed|run|extracted|exported|generated|produced|sources?|notes?|created)[ :]"
    totals = r"(grand|sub|overall|report|column)[ -]totals?\b|totals?[ :]|(sum|count|average|mean) (of|total)"
    ends = r"end of (the )?(report|file|list|table|data|extract|export)|\(?\d+ (rows?|records?|customers?)\b"
    return (
        text[:1] in ("=", "'")
        or re.fullmatch(r"#[A-Z0-9/_]+[!?]?|[-.?*_/\\]+|\[\w{1,3}\]", text, re.ASCII) is not None
        or re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text, re.ASCII) is not None
        or any(re.match(rule, text, re.IGNORECASE | re.ASCII) for rule in (lines, totals, ends))
    )


def doubtful_id(text: str) -> bool:
    day_first = rf"\d{{1,2}}[-/ .]?{MONTH}[a-z]*([-/ .]\d{{2,4}})?"
    dated = rf"{day_first}|{MONTH}[a-z]*[-/ .]\d{{1,4}}|\d{{1,2}}\.\d{{1,2}}\.(\d{{2}}|\d{{4}})"
    return (
        text.lower() in WORDS
        or re.fullmatch(dated, text, re.IGNORECASE | re.ASCII) is not None
        or re.fullmatch(r"\d+[eE]\d+|[xX]{2,}", text, re.ASCII) is not None
    )


def shape(text: str) -> str:
    return "".join("0" if c in "0123456789" else "A" if unicodedata.category(c)[0] == "L" else c for c in text)


def ids_of_nobody(ids: list[str]) -> set[str]:
    """Those that are none, or that are none among ids built otherwise."""
    doubt = {text for text in ids if never_an_id(text) or doubtful_id(text)}
    sure = [shape(text) for text in ids if text != "" and text not in doubt]
    usual = {of for of, times in Counter(sure).items() if times >= max(2, 0.05 * len(sure))}
    return {text for text in doubt if never_an_id(text) or shape(text) not in usual}


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
        nobody = ids_of_nobody(
            [values[header.index(contract.id_column)] for values in rows if len(values) == len(header)]
        )
        for place, values in enumerate(rows, start=1):
            if place in taken and values[header.index(contract.id_column)] in nobody:
                at_fault.setdefault(place, set()).add(contract.id_column)
    return len(rows), at_fault, [values for place, values in taken.items() if place not in at_fault]


def half_read(content: str, contract: FileContract) -> bool:
    """Whether of a column of truths only one can be read, and others are words."""
    header, *rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    whole = [values for values in rows if len(values) == len(header) and any(values)]
    for column in contract.columns:
        if column.kind != "boolean":
            continue
        read, words = set(), 0
        for values in whole:
            value = values[header.index(column.name)]
            try:
                read |= {boolean_of(value)} - {None}
            except ValueError:
                words += not says_not_known(value)
        if len(read) == 1 and words:
            return True
    return False


def _written(header: list[str], rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(header, values, strict=True)) for values in rows if len(values) == len(header)]


def unseen(character: str) -> bool:
    """A control that is no line end and no tab, or a format character other than the joiners of some scripts."""
    category = unicodedata.category(character)
    return (category == "Cc" and character not in "\t\r\n") or (
        character in "\u00ad\u200b\u200e\u200f\ufeff"
        or "\u202a" <= character <= "\u202e"
        or "\u2060" <= character <= "\u2069"
    )


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
    if column.kind == "text" and any(unseen(character) for character in value):
        raise ValueError(value)
    return value or None
