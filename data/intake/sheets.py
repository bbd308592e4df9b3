"""Which parts of a workbook are its sheets, by its relations, and whether they unfold into more than a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.errors import DataRefused
from data.intake.archives import MAXIMUM_RATIO, RATIO_COUNTS_FROM, Archive, part_name
from data.intake.sheet_events import Part, look_through, shared_indices
from data.intake.unfolding import MAXIMUM_CELL

_SPARSE, _SPREAD = 20, 1_000_000  # cells laid out for each that is written, and beyond
_WORKBOOK = "xl/workbook.xml"


def checked_sheets(data: bytes, where: str) -> Mapping[str, Part]:
    """Look through an Excel workbook before a reader unpacks it.

    Args:
        data: The file.
        where: What to call it.

    Returns:
        What each sheet holds, by its name.

    Raises:
        DataRefused: Damaged, or a bomb: parts that unpack to far more than their size, whatever size they claim; sheets
            whose few cells span so wide a range that a reader would lay out billions; one long text in many cells.
    """
    archive = Archive(data, where)
    parts: dict[str, Part] = {}
    twice = None
    for name, pieces in archive.parts():
        part = look_through(pieces)
        twice = name if name in parts else twice
        parts[name] = part
        if part.rows * part.columns > _SPARSE * part.cells + _SPREAD:
            raise DataRefused(
                f"{part.cells:,} cells are spread over {part.rows:,} rows and {part.columns:,} columns",
                where=where,
                rule="a table without wide gaps, its header in the first row",
                remedy="copy the table to a new workbook",
            )
    if twice is not None:
        raise archive.damaged(f"two parts are called {twice[:60]}")
    book = _target(archive, parts, "_rels/.rels", "", "officeDocument") or _WORKBOOK
    sheets = _sheets(archive, parts, book)
    texts = _target(archive, parts, _relations_of(book), book, "sharedStrings")
    if texts is not None:
        _check_texts(archive, _usable(archive, parts, texts), {name: parts[name] for name in set(sheets.values())})
    return {name: parts[of] for name, of in sheets.items()}


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def _target(archive: Archive, parts: Mapping[str, Part], relations: str, beside: str, kind: str) -> str | None:
    """The part that a relation of some kind leads to."""
    if relations not in parts:
        return None
    known = _usable(archive, parts, relations).relations.values()
    found = [part_name(target, beside) for of, target in known if of == kind]
    if len(set(found)) > 1:
        raise archive.damaged(f"it has several parts of the kind {kind}")
    return found[0] if found else None


def _usable(archive: Archive, parts: Mapping[str, Part], name: str) -> Part:
    part = parts.get(name)
    if part is None:
        raise archive.damaged(f"it has no part {name[:60]}")
    if part.wrong is not None:
        raise archive.damaged(f"{name[:60]}: {part.wrong}")
    return part


def _sheets(archive: Archive, parts: Mapping[str, Part], book: str) -> dict[str, str]:
    """The part of each sheet of cells, by the sheet's name."""
    relations = _usable(archive, parts, _relations_of(book)).relations
    sheets: dict[str, str] = {}
    for name, relation in _usable(archive, parts, book).sheets:
        kind, target = relations.get(relation, ("", ""))
        if kind != "worksheet":  # a chart
            continue
        part = part_name(target, book)
        _usable(archive, parts, part)
        if name in sheets or part in sheets.values():
            raise archive.damaged(f"two sheets are one, or are called {name[:60]!r}")
        sheets[name] = part
    return sheets


def _check_texts(archive: Archive, texts: Part, sheets: Mapping[str, Part]) -> None:
    """Refuse shared texts that are longer than a cell, or that the cells repeat until they fill the memory."""
    sizes = np.diff(np.asarray(texts.texts, np.int64))  # with their tags, and so never too small
    longest = int(sizes.max(initial=0))
    if longest > MAXIMUM_CELL:
        raise DataRefused(
            f"a text that cells share holds {longest:,} bytes",
            where=archive.where,
            rule=f"a cell holds at most {MAXIMUM_CELL:,} bytes",
            remedy="leave the column out, or shorten the value",
        )
    most = max(RATIO_COUNTS_FROM, MAXIMUM_RATIO * archive.size)
    if longest * sum(sheet.shared for sheet in sheets.values()) <= most:
        return
    shown = 0

    def count(index: int) -> None:
        nonlocal shown
        shown += int(sizes[index]) if index < len(sizes) else 0
        if shown > most:
            raise DataRefused(
                f"cells that share their texts hold more than {most:,} bytes of it",
                where=archive.where,
                rule=f"at most {MAXIMUM_RATIO} times the size of the file, where that is more than "
                f"{RATIO_COUNTS_FROM >> 20} MiB",
                remedy="bring the table as CSV",
            )

    for name in sheets:
        shared_indices(archive.pieces_of(name), count)
