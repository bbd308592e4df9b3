"""A made file, written: CSV, packed CSV, a workbook, Parquet or Stata."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.properties.files.made import Column, ErrorCell, Made, as_text

BLOCK = 1 << 20  # bytes that the parser takes at once


def write(made: Made, folder: Path) -> Path:
    """The file under its name, in a folder."""
    path = folder / f"{made.role}-{made.seed}{made.ending}"
    writers: dict[str, Callable[[Made], bytes]] = {
        "csv": delimited, "xlsx": workbook, "parquet": parquet, "dta": stata,
    }  # fmt: skip
    content = writers[made.format](made)
    if made.format == "csv" and made.dialect.get("packed", made.ending == ".csv.gz"):
        content = gzip.compress(content, compresslevel=1, mtime=0)
    for change in made.dialect.get("bytes", ()):
        content = change(content)
    path.write_bytes(content)
    return path


def _table(made: Made) -> list[list[Any]]:
    header: list[list[Any]] = [] if made.no_header else [[column.name for column in made.columns]]
    return [*made.above, *header, *(values for _, values in made.rows())]


def delimited(made: Made) -> bytes:
    """The text of a CSV file; where it has an edge, stretched so that the parser's first block ends inside it."""
    if "edge" not in made.dialect:
        return _delimited(made)
    filler = made.column("filler").cells[:-1]
    for cell in filler:
        cell.written = ""
    place = _delimited(made).find(made.dialect["edge"].encode()) + made.dialect["into"]
    if place < made.dialect["into"]:
        return _delimited(made)  # in another encoding
    each, rest = divmod(BLOCK - place, len(filler))
    for number, cell in enumerate(filler):
        cell.written = "x" * (each + (rest if number == 0 else 0))
    return _delimited(made)


def _delimited(made: Made) -> bytes:
    how, chance = made.dialect, Random(made.seed)
    separator, end, quotes = how.get("separator", ","), how.get("line_end", "\n"), how.get("quotes", "needed")
    lines = []
    for values in _table(made):
        texts = [as_text(value) for value in values]
        cells = [_quoted(text, separator, quotes, chance) for text in texts]
        line = separator.join(cells) + how.get("after_row", "")
        lines.append(line if line or len(cells) > 1 else '""')
    ends = [chance.choice(("\n", "\r\n")) if end == "mixed" else end for _ in lines]
    text = "".join(line + ended for line, ended in zip(lines, ends, strict=True))
    if how.get("no_last_end"):
        text = text[: len(text) - len(ends[-1])]
    text += how.get("after", "")
    encoded = text.encode(how.get("encoding", "utf-8"), "surrogatepass")
    return (b"\xef\xbb\xbf" if how.get("bom") else b"") + encoded


def _quoted(text: str, separator: str, quotes: str, chance: Random) -> str:
    needed = any(mark in text for mark in (separator, '"', "\n", "\r"))
    if needed or quotes == "all" or (quotes == "some" and chance.random() < 0.3):
        return '"' + text.replace('"', '""') + '"'
    return text


def workbook(made: Made) -> bytes:
    how = made.dialect
    book = openpyxl.Workbook()
    sheet = book.active
    first = how.get("first_row", 1)
    left = how.get("first_column", 1)
    for row, values in enumerate(_table(made), start=first):
        for place, value in enumerate(values, start=left):
            if value is None or value == "":
                continue
            cell = sheet.cell(row, place)
            if isinstance(value, ErrorCell):
                cell.value, cell.data_type = value.code, "e"
            elif isinstance(value, str):
                cell.value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)
                cell.data_type = "f" if value.startswith("=") and how.get("formulas") else "s"
            else:
                cell.value = value
    for change in how.get("sheet", ()):
        change(book, sheet, first + len(made.above) + (not made.no_header))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def parquet(made: Made) -> bytes:
    chance = Random(made.seed)
    rows = [values for _, values in made.rows()]
    table = pa.table(
        [_arrow(column, [row[i] for row in rows], chance) for i, column in enumerate(made.columns)],
        names=[column.name for column in made.columns],
    )
    for name, values in made.dialect.get("more", {}).items():
        table = table.append_column(name, values(table.num_rows))
    written = io.BytesIO()
    pq.write_table(table, written, row_group_size=chance.choice((None, 7, 1000)))
    return written.getvalue()


def _arrow(column: Column, values: Sequence[Any], chance: Random) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {float}:
        return _arrow_numbers(values, chance)
    if kinds == {bool}:
        kind = chance.choice((pa.bool_(), pa.bool_(), pa.int8(), pa.float64()))
        return pa.array(values, pa.bool_()).cast(pa.int8()).cast(kind)
    if kinds == {date}:
        kind = chance.choice((pa.date32(), pa.date64(), pa.timestamp("us"), pa.timestamp("ns")))
        return pa.array(values, pa.date32()).cast(kind)
    if kinds == {int}:
        return pa.array(values, pa.int64())
    texts = [None if value is None else as_text(value) for value in values]
    made = pa.array(texts, chance.choice((pa.string(), pa.string(), pa.large_string())))
    return made.dictionary_encode() if column.kind != "any number" and chance.random() < 0.25 else made


def _arrow_numbers(values: Sequence[float | None], chance: Random) -> pa.Array:
    whole = all(value is None or value.is_integer() for value in values)
    kinds = [pa.float64(), pa.float64(), *([pa.int64(), pa.int32()] if whole else [pa.decimal128(18, 2)])]
    kind = chance.choice(kinds)
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else Decimal(repr(value)) for value in values], kind)
    return pa.array([value if value is None or not whole else int(value) for value in values]).cast(kind)


def stata(made: Made) -> bytes:
    import pandas as pd

    rows = [values for _, values in made.rows()]
    data = {column.name: _series(column, [row[i] for row in rows]) for i, column in enumerate(made.columns)}
    frame = pd.DataFrame(data)
    for name, values in made.dialect.get("more", {}).items():
        frame[name] = values(len(frame))
    written = io.BytesIO()
    labels = {name: texts for name, texts in made.dialect.get("labels", {}).items() if name in frame}
    version = made.dialect.get("version", 118)
    texts = [*frame.columns, *(text for name in frame.select_dtypes(object) for text in frame[name])]
    if version < 118 and any(ord(character) > 255 for text in texts for character in text):
        version = 118
    frame.to_stata(written, write_index=False, version=version, value_labels=labels or None)
    return written.getvalue()


def _series(column: Column, values: Sequence[Any]) -> Any:
    import pandas as pd

    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {float, bool}:
        return pd.Series([float("nan") if value is None else float(value) for value in values], dtype="float64")
    if kinds == {date} and None not in values:
        return pd.to_datetime(pd.Series(values))
    if not kinds:
        return pd.Series([""] * len(values), dtype=object)
    return pd.Series([as_text(value) for value in values], dtype=object)
