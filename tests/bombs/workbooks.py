"""Workbooks of a few kilobytes: cells far apart, texts that cells share, parts that unpack without end."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from random import Random

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MIB = 1 << 20


def written(
    folder: Path,
    sheet: bytes,
    *,
    path: str = "xl/worksheets/sheet1.xml",
    target: str = "worksheets/sheet1.xml",
    texts: bytes | None = None,
    parts: Mapping[str, bytes] | None = None,
    sheets: int = 1,
    before: str = "",
) -> Path:
    """The smallest workbook around the XML of a sheet's rows, wherever it lies."""
    file = folder / "bomb.xlsx"
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/worksheet" Target="{target}"/>' for i in range(sheets)
    )
    named = "".join(f'<sheet name="S{i}" sheetId="{i + 1}" r:id="r{i}"/>' for i in range(sheets))
    if texts is not None:
        relations += f'<Relationship Id="t" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'
        )
        archive.writestr(path, before.encode() + _sheet(sheet))
        if texts is not None:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">'.encode() + texts + b"</sst>")
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return file


def _sheet(rows: bytes) -> bytes:
    return f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"


HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>customer_id</t></is></c></row>'


def _far(rng: Random, reference: str, row: str = "") -> bytes:
    before = rng.choice(["", ' s=">"', " s='a>b'", ' cm="1" ', "\n\t"])
    quote = rng.choice("\"'")
    return (
        f"{HEADER}<row{row}><c{before or ' '}{'' if before[-1:].isspace() else ' '}r = {quote}{reference}{quote}>"
        "<v>1</v></c></row>"
    ).encode()


def far_apart(folder: Path, rng: Random) -> Path:
    """Two cells, the second at the end of a sheet, its place written in one of the ways that XML has."""
    column = rng.choice(["XFD", "xfd", "Xfd", "AZZ", "ZZ"])
    row = rng.randrange(900_000, 1_048_577)
    spelled = rng.choice([
        f"{column}{row}", f"&#{ord(column[0])};{column[1:]}{row}", f"&#x{ord(column[0]):x};{column[1:]}{row}",
        f"{column}{str(row)[:-1]}&#{ord(str(row)[-1])};",
    ])  # fmt: skip
    return written(folder, _far(rng, spelled))


def far_apart_elsewhere(folder: Path, rng: Random) -> Path:
    """The same in a sheet that lies under a name of its own."""
    path, target = rng.choice([
        ("xl/Worksheets/sheet1.xml", "Worksheets/sheet1.xml"),
        ("xl/other/sheet1.xml", "other/sheet1.xml"),
        ("xl/worksheets/SHEET1.XML", "worksheets/sheet1.xml"),
        ("elsewhere/a.bin", "/elsewhere/a.bin"),
        ("xl/media/image1.png", "media/image1.png"),
        ("xl/theme", "theme"),
    ])  # fmt: skip
    return written(folder, _far(rng, f"{rng.choice(['XFD', 'xfd'])}{rng.randrange(1_000_000, 1_048_577)}"), path=path,
                   target=target)  # fmt: skip


def far_apart_in_26_columns(folder: Path, rng: Random) -> Path:
    return written(folder, _far(rng, f"{rng.choice('XYZ')}{rng.randrange(1_000_000, 1_048_577)}"))


def far_apart_without_places(folder: Path, rng: Random) -> Path:
    """A cell that says nothing of its place, in a row that does, after as many empty ones as there are columns."""
    row = rng.randrange(1_000_000, 1_048_577)
    cells = "<c/>" * rng.randrange(5_000, 16_000)
    return written(folder, f'{HEADER}<row r="{row}">{cells}<c><v>1</v></c></row>'.encode())


def one_text_in_many_cells(folder: Path, rng: Random) -> Path:
    size = rng.randrange(300_000, MIB - 100)
    cells = rng.randrange(20_000, 60_000)
    index = rng.choice(["0", " 0 ", "00"])
    rows = "".join(f'<row><c t="s"><v>{index}</v></c></row>' for _ in range(cells))
    return written(folder, (HEADER + rows).encode(), texts=b"<si><t>" + b"x" * size + b"</t></si>")


def a_text_beyond_a_cell(folder: Path, rng: Random) -> Path:
    size = rng.randrange(2 * MIB, 40 * MIB)
    row = '<row><c t="s"><v>0</v></c></row>'
    return written(folder, (HEADER + row * 5).encode(), texts=b"<si><t>" + b"y" * size + b"</t></si>")


def a_text_of_its_own_beyond_a_cell(folder: Path, rng: Random) -> Path:
    text = b"z" * rng.randrange(2 * MIB, 40 * MIB)
    return written(folder, HEADER.encode() + b'<row><c t="inlineStr"><is><t>' + text + b"</t></is></c></row>")


def a_part_without_end(folder: Path, rng: Random) -> Path:
    name = rng.choice(["xl/media/a.bin", "xl/styles.xml", "docProps/app.xml", "xl/worksheets/sheet9.xml"])
    content = rng.choice([b"\0", b" ", b"<", b"<a/>"]) * rng.randrange(20, 40) * MIB
    return written(folder, HEADER.encode(), parts={name: content + content})


def rows_without_end(folder: Path, rng: Random) -> Path:
    row = rng.choice([b"<row><c><v>1</v></c></row>", b"<row/>", b"<row><c/><c/><c/></row>", b"<row ht='0'/>"])
    return written(folder, HEADER.encode() + row * (rng.randrange(40, 80) * MIB // len(row)))


def elements_in_elements(folder: Path, rng: Random) -> Path:
    """Tags that never close, to a depth that no reader of trees survives; just below the cap of 32 MiB."""
    return written(
        folder, HEADER.encode() + rng.choice([b"<a>", b"<row>", b"<c>"]) * (rng.randrange(15, 28) * MIB // 5)
    )


def a_document_type(folder: Path, rng: Random) -> Path:
    """Entities of entities, or one from elsewhere."""
    lines = ['<!ENTITY a0 "xxxxxxxxxx">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, rng.randrange(8, 12))]
    outside = '<!ENTITY a1 SYSTEM "file:///etc/passwd">'
    declared = rng.choice(["".join(lines), outside])
    row = '<row><c t="str"><v>&a1;</v></c></row>'
    return written(folder, (HEADER + row).encode(), before=f"<!DOCTYPE worksheet [{declared}]>")


def parts_without_end(folder: Path, rng: Random) -> Path:
    parts = {f"xl/media/{i}.bin": b"" for i in range(rng.randrange(12_000, 30_000))}
    return written(folder, HEADER.encode(), parts=parts)


def one_sheet_under_many_names(folder: Path, rng: Random) -> Path:
    rows = "".join(f"<row><c><v>{i}</v></c></row>" for i in range(20_000))
    return written(folder, (HEADER + rows).encode(), sheets=rng.randrange(200, 2_000))


def laid_out_beyond_memory(folder: Path, rng: Random) -> Path:
    """As many empty cells as keep the rule of gaps, for a span that takes gigabytes to lay out."""
    columns, rows = rng.randrange(2_000, 4_000), rng.randrange(20_000, 30_000)
    empty = "<c/>" * 15_000
    filler = "".join(f'<row r="{r}">{empty}</row>' for r in range(2, columns * rows // 20 // 15_000))
    last = f'<row r="{rows}">{"<c/>" * columns}<c><v>1</v></c></row>'
    return written(folder, (HEADER + filler + last).encode())


KINDS = (
    far_apart, far_apart_elsewhere, far_apart_in_26_columns, far_apart_without_places, one_text_in_many_cells,
    a_text_beyond_a_cell, a_text_of_its_own_beyond_a_cell, a_part_without_end, rows_without_end, elements_in_elements,
    a_document_type, parts_without_end, one_sheet_under_many_names, laid_out_beyond_memory,
)  # fmt: skip
