"""Small files that unfold without end are refused before memory grows; large files that are what they seem are not."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from data.errors import DataRefused
from data.intake import read_file
from data.intake.sheet_events import look_through
from data.schema import ColumnContract, FileContract
from tests.bombs import KINDS, Maker, bomb
from tests.bombs.audited import AUDITED
from tests.bombs.packed import one_customer_again_and_again, repeated_rows
from tests.bombs.reading import Ended, read
from tests.bombs.workbooks import HEADER, written

CONTRACT = FileContract("customer_id", (ColumnContract("principal", "number", required=False),))
MOST = 1_024  # MiB of both processes


def held(ended: list[Ended], files: list[Path]) -> None:
    assert len(ended) == len(files), f"at {files[len(ended) - 1].parent.name}: {ended[-1].said}"
    for end, file in zip(ended, files, strict=True):
        assert end.said is not None, f"{file.parent.name} was taken"
        assert file.name in end.said, "a refusal names its file"
        assert "Rule: " in end.said, file.parent.name
        assert "To do: " in end.said, file.parent.name
        assert end.mebibytes < MOST, f"{file.parent.name} took {end.mebibytes:,} MiB"


def apart(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_the_bombs_of_the_audit_are_refused_within_their_limits(tmp_path: Path) -> None:
    files = [make(apart(tmp_path, name)) for name, make in AUDITED.items()]
    assert max(file.stat().st_size for file in files) < 12 << 20
    held(read(files), files)


@pytest.mark.parametrize(
    ("duplicates", "kinds"), [("refuse", KINDS), ("reject", [one_customer_again_and_again, repeated_rows])]
)
def test_one_of_every_kind_is_refused_within_its_limits(
    tmp_path: Path, duplicates: str, kinds: Sequence[Maker]
) -> None:
    files = [kind(apart(tmp_path, kind.__name__), Random(20_170_401)) for kind in kinds]
    held([end for file in files for end in read([file], duplicates)], files)


def test_one_number_makes_one_bomb(tmp_path: Path) -> None:
    for seed in (0, 3, 4, 14, 26):
        (_, first), (_, again) = (bomb(seed, apart(tmp_path, f"{seed}-{turn}")) for turn in "ab")
        assert first.name == again.name
        assert look(first) == look(again)


def look(file: Path) -> object:
    """The content, without the times at which zip and gzip were written."""
    data = file.read_bytes()
    if file.suffix == ".gz":
        return gzip.decompress(data)
    return len(data) if file.suffix == ".xlsx" else data


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("xl/Worksheets/sheet1.xml", "Worksheets/sheet1.xml"),
        ("xl/other/sheet1.xml", "other/sheet1.xml"),
        ("elsewhere/rows.bin", "/elsewhere/rows.bin"),
        ("xl/WORKSHEETS/Sheet1.xml", "worksheets/sheet1.xml"),
    ],
)
def test_a_sheet_is_found_by_its_relation(tmp_path: Path, path: str, target: str) -> None:
    """Its hidden rows and its errors too, which its reader does not tell."""
    rows = (
        '<row r="2"><c r="a2" t="inlineStr"><is><t>x1</t></is></c></row>'
        '<row r="3"><c s=">" r="A3" t="e"><v>#N/A</v></c></row>'
    )
    file = written(tmp_path, (HEADER + rows).encode(), path=path, target=target)
    assert [(r.row, r.reason) for r in read_file(file, CONTRACT).rejections] == [
        (2, "'#N/A' is an error of the spreadsheet, no value")
    ]
    hidden = written(
        tmp_path, (HEADER + rows.replace('<row r="2"', "<row hidden = '1' r='2'")).encode(), path=path, target=target
    )
    with pytest.raises(DataRefused, match=r"hidden \(in Excel row 2\)"):
        read_file(hidden, CONTRACT)


def test_text_of_a_mebibyte_that_two_cells_share_is_no_bomb(tmp_path: Path) -> None:
    rows = "".join(f'<row><c t="inlineStr"><is><t>C{i}</t></is></c><c t="s"><v>0</v></c></row>' for i in range(30))
    header = HEADER.replace("</row>", '<c t="inlineStr"><is><t>note</t></is></c></row>')
    file = written(tmp_path, (header + rows).encode(), texts=b"<si><t>" + b"x" * 1_000_000 + b"</t></si>")
    table = read_file(file, CONTRACT).table
    assert table.num_rows == 30
    assert {len(text) for text in table.column("note").to_pylist()} == {1_000_000}


def test_rows_without_their_places_are_counted_on() -> None:
    part = look_through(io.BytesIO(b"<w><row><c/><c><v>1</v></c></row><row r='7'><c/></row><row><c t='e'/></row></w>"))
    assert (part.rows, part.columns, part.cells, part.errors) == (1, 2, 4, [(7, 0, "#N/A")])


@pytest.mark.parametrize("place", ["A0", "XFE1", "A1048577", "1A", "A", "", "ÄB1", "A1 ", "AAAA1", "A1:B2"])
def test_a_cell_lies_in_the_sheet(place: str) -> None:
    part = look_through(io.BytesIO(f"<w><row><c r='{place}'><v>1</v></c></row></w>".encode()))
    assert part.wrong is not None


def test_many_rows_of_another_width_are_all_named(tmp_path: Path) -> None:
    """More than threads tell quickly: the rows' numbers are those of the file, with quoted line ends among them too."""
    rng = Random(7)
    for note in ("plain", '"with a\nline end"'):
        rows = [f"C{i},{i}" + (",more" if rng.random() < 0.5 else f",{note},5") for i in range(6_000)]
        path = tmp_path / "people.csv"
        path.write_text("customer_id,principal,a,b\n" + "\n".join(rows) + "\n")
        intake = read_file(path, CONTRACT)
        wrong = [i for i, row in enumerate(rows, start=1) if row.endswith(",more")]
        assert [rejection.row for rejection in intake.rejections] == wrong
        assert intake.read == 6_000


def test_a_packed_table_of_ordinary_text_is_taken_whatever_its_size(tmp_path: Path) -> None:
    rows = "".join(f"C{i:09d},{i * 7919 % 100_003 / 100}\n" for i in range(900_000))
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(("customer_id,principal\n" + rows * 1).encode(), 6))
    assert read_file(path, CONTRACT).loaded == 900_000
