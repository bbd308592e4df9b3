"""The twelve bombs that were tried on the service and got through, each as small as it was then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from tests.bombs import packed, workbooks
from tests.bombs.typed import in_row_groups, one_text_again, zeros_again
from tests.bombs.workbooks import HEADER, MIB, written

_FAR = HEADER + '<row r="1048574"><c {before}r="{place}"><v>1</v></c></row>'


def _far(before: str = "", place: str = "XFD1048574") -> bytes:
    return _FAR.format(before=before, place=place).encode()


def _strings(folder: Path) -> Path:
    rows = '<row><c t="s"><v>0</v></c></row>' * 20_000
    return written(folder, (HEADER + rows).encode(), texts=b"<si><t>" + b"x" * (MIB - 64) + b"</t></si>")


def _dictionary(folder: Path) -> Path:
    return in_row_groups(folder / "dictbomb.parquet", one_text_again(2_000, MIB))


def _runs(folder: Path) -> Path:
    return in_row_groups(folder / "rle.parquet", zeros_again(), times=60)


def _span26(folder: Path) -> Path:
    return written(folder, _far(place="Z1048574"))


AUDITED: Mapping[str, Callable[[Path], Path]] = {
    "span": lambda folder: written(folder, _far()),
    "span26": _span26,
    "span_case": lambda folder: written(
        folder, _far(), path="xl/Worksheets/sheet1.xml", target="Worksheets/sheet1.xml"
    ),
    "span_path": lambda folder: written(folder, _far(), path="xl/other/sheet1.xml", target="other/sheet1.xml"),
    "span_lower": lambda folder: written(folder, _far(place="xfd1048574")),
    "span_gt": lambda folder: written(folder, _far(before='s=">" ')),
    "span_ent": lambda folder: written(folder, _far(place="&#88;FD1048574")),
    "bomb": lambda folder: workbooks.a_part_without_end(folder, Random(1)),
    "strings": _strings,
    "dictbomb": _dictionary,
    "rle": _runs,
    "gz": lambda folder: packed.repeated_rows(folder, Random(3)),
}
