"""Files as they really come: ids that a spreadsheet spoilt, rows that are nobody, titles, hidden rows, wrong names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from tests.properties.files.made import Cell, Column, Junk, Made, as_text

SPOILT_IDS = (
    "1.23457E+13", "2026-03-01", "12.0", "#N/A", '="000123"', "1,234,567", "#REF!", "n/a", "", "NA", "'000123", "?",
    " C000009", "C000009 ", "C0\u200b01", "C0\x0001", "C0\ufffd1", "null", "..", "-", "05/11/2026", "1.5E+06",
    "#VALUE!", "x" * 60, "e\u0301A1",
)  # fmt: skip
NOBODY = (
    "Total", "TOTAL", "Grand Total", "Sub-total", "Totals:", "End of report", "(40 rows)", "Page 1 of 2", "Sum",
    "Report: debts", "Run: 2 May 2026", "Source: CAMS", "EOF", "Total debt", "Printed: today", "Average",
)  # fmt: skip
_ALIKE: tuple[Callable[[str], str], ...] = (
    str.swapcase,
    lambda text: "0" + text,
    lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text),
    lambda text: text.replace("A", "\u0410").replace("C", "\u0421").replace("k", "\u043a"),
    lambda text: text[:2] + " " + text[2:],
    lambda text: text[:2] + "\u00a0" + text[2:],
)


def ids(made: Made) -> str | None:
    """Ids that a spreadsheet or a conversion has spoilt: no such row is a customer."""
    column = made.id_column
    if column is None:
        return None
    for place in made.some(0.2) if made.customers else ():
        spoilt = made.chance.choice(SPOILT_IDS)
        if made.format in ("xlsx", "dta") and "\x00" in spoilt:
            continue
        column.cells[place].spoil(spoilt)
        made.must_lose.add(place)
    made.refusals += [column.name, "not one of the .* rows can be taken", "no row of the file belongs"]
    return "ids"


def alike(made: Made) -> str | None:
    """One more customer under an id that people read as another's."""
    column = made.id_column
    if column is None or made.role in ("contacts", "outcomes") or not made.customers:
        return None  # there the second id is nobody's
    place = made.chance.randrange(made.customers)
    if column.cells[place].state != "good":
        return None
    first = str(column.cells[place].truth)
    second = made.chance.choice(_ALIKE)(first)
    if second == first:
        return None
    for other in made.columns:
        other.cells.append(Cell(other.cells[place].truth, other.cells[place].written, other.cells[place].state))
    column.cells[-1] = Cell(second, second, "good")
    made.warnings.append(r"only by capitals, width, script, blanks or zeros in front")
    made.lost[made.customers - 1] = "its id"
    made.lost[place] = "its id"
    return "alike"


def repeated(made: Made) -> str | None:
    """A customer's row once more, in another place."""
    column = made.id_column
    if column is None or made.role == "contacts" or not made.customers:
        return None
    place = made.chance.randrange(made.customers)
    if column.cells[place].state != "good":
        return None
    for other in made.columns:
        cell = other.cells[place]
        other.cells.append(Cell(cell.truth, cell.written, cell.state))
    made.must_be_refused = True
    made.refusals += ["more than once", "one row per customer", "not one of the .* rows can be taken"]
    return "repeated"


def nobody(made: Made) -> str | None:
    """A line of a report among the customers, or at the end: its first cell, or with sums."""
    column = made.id_column
    if column is None:
        return None
    values: list[Any] = []
    with_sums = made.chance.random() < 0.5
    for other in made.columns:
        sums = other.kind in ("number", "any number") and with_sums
        total = sum(cell.truth for cell in other.cells if isinstance(cell.truth, float)) if sums else None
        values.append(made.chance.choice(NOBODY) if other is column else total if total is None else round(total, 2))
    place = made.customers if made.chance.random() < 0.8 else made.chance.randrange(made.customers + 1)
    made.junk.append(Junk(place, values, "nobody"))
    made.refusals += ["not one of the .* rows can be taken"]
    return "nobody"


def header_again(made: Made) -> str | None:
    if made.typed:
        return None
    names: list[Any] = [column.name for column in made.columns]
    for place in made.some(0.1):
        if place or not made.no_header:  # or it would be the header
            made.junk.append(Junk(place, names, "the header again"))
    return "header again"


def blank_rows(made: Made) -> str | None:
    if made.typed or len(made.columns) < 2:
        return None
    for place in made.some(0.1):
        if place:
            made.junk.append(Junk(place, [None] * len(made.columns), "blank"))
    return "blank rows"


def ragged(made: Made) -> str | None:
    if made.format != "csv" or not made.customers:
        return None
    for _ in range(made.chance.randrange(1, 3)):
        some: list[Any] = [as_text(column.cells[0].truth) for column in made.columns]
        short = made.chance.random() < 0.5
        values = some[: made.chance.randrange(1, len(some))] if short else [*some, "one more"]
        if values != [""]:
            made.junk.append(Junk(made.chance.randrange(made.customers + 1), values, "ragged"))
    return "ragged"


def title(made: Made) -> str | None:
    if made.typed:
        return None
    width = len(made.columns)
    made.above = made.chance.choice(
        (
            [["Debts of January"]],
            [["Debts of January", *[None] * (width - 1)], ["OFFICIAL-SENSITIVE", *[None] * (width - 1)]],
            [["Report", "run on", "2026-01-05"]],
            [[f"heading {i}" for i in range(width)]],
        )
    )
    made.must_be_refused = True
    made.refusals += ["the first row is a title", "the first row is blank"]
    return "title"


def no_header(made: Made) -> str | None:
    if made.typed:
        return None
    made.no_header = True
    made.junk = [junk for junk in made.junk if junk.place or junk.why != "the header again"]
    made.must_be_refused = True
    made.refusals += ["looks like data", "required columns are missing", "share a name", "the first row is a title"]
    return "no header"


def twin(made: Made) -> str | None:
    """Two columns that people read as one."""
    column = made.chance.choice(made.columns)
    names = ("{} ", " {}", "{}\u00a0", "{}\t", "{}\u3000", "{}\u200b")
    name = made.chance.choice(names).format(column.name) if made.chance.random() < 0.7 else column.name.upper()
    if made.format == "dta":
        return None
    place = made.chance.randrange(len(made.columns) + 1)
    made.columns.insert(place, Column(name, "unused", [Cell(None, "1") for _ in column.cells]))
    made.must_be_refused = True
    made.refusals += ["share a name"]
    return "twin"


def misnamed(made: Made) -> str | None:
    """A required column under another name, or none."""
    required = [
        column
        for column in made.columns
        if column.kind not in ("unused", "mark") and column.name not in ("read", "delivered")
    ]
    column = made.chance.choice(required)
    shown = column.name
    if made.chance.random() < 0.5 and made.format != "dta":
        column.name = made.chance.choice((column.name.upper(), f"{column.name} ", f"the {column.name}"))
    else:
        made.columns.remove(column)
    made.must_be_refused = True
    made.refusals += [f"required columns are missing.*{shown}", "names customers in no column", "looks like data"]
    return "misnamed"


def one_too_many(made: Made) -> str | None:
    """Every row ends in a comma, the header does not."""
    if made.format != "csv":
        return None
    extra = made.rows()
    made.junk = [Junk(place, [*values, None], "one too many") for place, (_, values) in enumerate(extra)]
    for column in made.columns:
        column.cells = []
    made.must_be_refused = True
    made.refusals += ["every row has .* values, and the header has", "not one of", "the file is empty"]
    return "one too many"


def hidden(made: Made) -> str | None:
    if made.format != "xlsx" or not made.customers:
        return None
    way = made.chance.choice(("rows", "filter", "column", "merged", "sheet"))
    first = made.chance.randrange(made.customers)
    used = [place for place, column in enumerate(made.columns) if column.kind != "unused"]
    place = made.chance.choice(used)

    def change(book: Any, sheet: Any, top: int) -> None:
        left = made.dialect.get("first_column", 1)
        letter = sheet.cell(1, left + place).column_letter
        if way in ("rows", "filter"):
            for row in range(top + first, min(top + first + 3, top + made.customers)):
                sheet.row_dimensions[row].hidden = True
            if way == "filter":
                sheet.auto_filter.ref = sheet.dimensions
        elif way == "column":
            sheet.column_dimensions[letter].hidden = True
        elif way == "merged":
            sheet.merge_cells(f"{letter}{top}:{letter}{top + 1}")
        else:
            book.create_sheet("More").cell(1, 1, "customer_id")

    made.dialect.setdefault("sheet", []).append(change)
    made.must_be_refused = True
    made.refusals += ["hidden", "are merged", "several sheets hold something"]
    return f"hidden {way}"


def content(made: Made) -> str | None:
    """A file that is something else than its name says, or damaged."""
    if made.format == "csv":
        ways: tuple[tuple[str, Any], ...] = (
            ("ending", ".xlsx"), ("ending", ".parquet"), ("ending", ".dta"), ("ending", ".txt"), ("ending", ".tsv"),
            ("separator", ";"), ("separator", "\t"), ("separator", "|"), ("encoding", "utf-16"),
            ("encoding", "latin-1"), ("swap packing", None), ("cut", 0.6), ("above", "sep=;"), ("stray quote", None),
        )  # fmt: skip
    else:
        ways = (("ending", ".csv"), ("ending", ".csv.gz"), ("ending", ".xls"), ("cut", 0.6), ("cut", 0.98))
    way, how = made.chance.choice(ways)
    if way == "ending":
        made.dialect["packed"] = made.ending == ".csv.gz"
        made.ending = how
    elif way == "swap packing":
        made.dialect["packed"] = made.ending != ".csv.gz"
    elif way == "cut":
        if made.format == "csv" and made.ending != ".csv.gz":
            return None
        made.dialect["bytes"] = [lambda data: data[: int(len(data) * how)]]
    elif way == "above":
        made.above = [[how]]
        made.dialect["separator"] = ";"
    elif way == "encoding":
        texts = [column for column in made.columns if column.kind in ("any text", "text")]
        if not texts:
            return None
        texts[0].cells[0] = Cell("Ynys Môn", "Ynys Môn")
        if any(ord(c) > 255 for column in made.columns for cell in column.cells for c in as_text(cell.written)):
            how = "utf-16"
        made.dialect["encoding"] = how
        made.refusals.append(texts[0].name)
    elif way == "stray quote":
        return _stray_quote(made)
    else:
        made.dialect[way] = how
    made.must_be_refused = True
    made.refusals += [
        "whatever its name says", "cannot be told from the file's name", "separated by", "UTF-16", "not UTF-8",
        "cut short", "damaged", "title", "has a header and no rows", "required columns are missing", "looks like data",
    ]  # fmt: skip
    return f"content {way} {how}"


def _stray_quote(made: Made) -> str:
    """A quotation mark that is opened and not closed."""
    at = made.chance.random()

    def change(data: bytes) -> bytes:
        ends = [i for i, octet in enumerate(data) if octet == 10]
        place = ends[int(at * (len(ends) - 1))] + 1 if ends else 0
        return data[:place] + b'"' + data[place:]

    made.dialect["bytes"] = [change] if not made.dialect.get("packed", made.ending == ".csv.gz") else []
    if made.dialect["bytes"]:
        made.must_be_refused = True
        made.refusals += ["quotation mark", "cannot be told apart", "header row", "every row has", "required columns"]
        made.refusals += ["title", "looks like data"]
    return "stray quote"


def dialects(made: Made) -> str | None:
    """Ways of writing that change nothing."""
    chance = made.chance
    if made.format == "csv":
        made.dialect |= {
            "line_end": chance.choice(("\n", "\r\n", "\r\n", "mixed")),
            "quotes": chance.choice(("needed", "all", "some")),
            "bom": chance.random() < 0.3, "no_last_end": chance.random() < 0.3,
            "after": chance.choice(("", "", "", "\n\n", "\r\n")),
        }  # fmt: skip
    elif made.format == "xlsx":
        made.dialect |= {"first_row": chance.choice((1, 1, 3)), "first_column": chance.choice((1, 1, 2))}
    elif made.format == "dta":
        made.dialect["version"] = chance.choice((114, 117, 118, 119))
    return "dialect"


def edge(made: Made) -> str | None:
    """A line end inside a value, and in it the end of the parser's first block; seldom, for its size."""
    texts = made.of_kind("any text")
    if made.format != "csv" or not texts or made.customers < 9 or made.chance.random() > 0.15:
        return None
    made.dialect |= {"edge": "at the edge\r\nof a block", "into": made.chance.randrange(8, 16), "quotes": "needed"}
    made.dialect["line_end"] = made.chance.choice(("\n", "\r\n"))
    texts[0].cells[-1] = Cell(made.dialect["edge"], made.dialect["edge"])
    made.columns.append(Column("filler", "unused", [Cell(None, "") for _ in texts[0].cells]))
    return "edge"


_ODD: dict[str, Callable[[int], Any]] = {
    "half": lambda n: pa.array(np.arange(n, dtype=np.float16)),
    "list": lambda n: pa.array([[1, 2]] * n),
    "struct": lambda n: pa.array([{"a": 1}] * n),
    "binary": lambda n: pa.array([b"\xff\x00"] * n),
    "null": lambda n: pa.nulls(n),
    "category": lambda n: pa.array(["a", "b"] * n)[:n].dictionary_encode(),
    "number_category": lambda n: pa.array([1, 2] * n)[:n].dictionary_encode(),
    "time": lambda n: pa.array([1] * n, pa.time32("s")),
    "duration": lambda n: pa.array([1] * n, pa.duration("s")),
    "big_decimal": lambda n: pa.array([1] * n).cast(pa.decimal256(50, 3)),
    "unsigned": lambda n: pa.array([2**63 + 5] * n, pa.uint64()),
    "view": lambda n: pa.array(["a"] * n, pa.string_view()),
    "nan": lambda n: pa.array([float("nan")] * n),
    "instant": lambda n: pa.array([1] * n, pa.timestamp("ns", "UTC")),
    "map": lambda n: pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
}


def odd_types(made: Made) -> str | None:
    """Kinds on columns that nobody uses, which must never stop a load."""
    if made.format == "parquet":
        for name in made.chance.sample(sorted(_ODD), 3):
            made.dialect.setdefault("more", {})[f"odd_{name}"] = _ODD[name]
        return "odd types"
    if made.format == "dta" and made.dialect.get("version", 118) >= 117:
        made.dialect.setdefault("more", {})["labelled"] = lambda n: [float(i % 3) for i in range(n)]
        texts = made.chance.choice(({0: "none", 1: "one"}, {0: "same", 1: "same", 2: "other"}, {0: "é", 2: ""}))
        made.dialect["labels"] = {"labelled": texts}
        return "labels"
    return None


FIRST = (twin, misnamed, edge, ids)  # before what adds rows, which these would spoil
FILES: tuple[Callable[[Made], str | None], ...] = (
    ids, ids, alike, repeated, nobody, nobody, header_again, blank_rows, ragged, title, no_header, twin, misnamed,
    one_too_many, hidden, hidden, edge, edge, content, content, odd_types, odd_types,
)  # fmt: skip
