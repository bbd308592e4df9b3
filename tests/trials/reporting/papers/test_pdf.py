"""A paper as PDF: it can be read out, shows what it is given as text alone, and is the same each time."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pypdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.trials.reporting.papers.examples import DAY, HOSTILE, SEEN, paper_of
from trials.reporting.papers import Paragraph, Section, Table, paper_pdf
from trials.reporting.papers.characters import covered, spelt_out


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def words(content: bytes) -> str:
    """All that is in a file, without its line breaks: a word that is too long for its line breaks within."""
    return "".join("".join(page.extract_text() for page in read(content).pages).split())


def tags(content: bytes) -> Counter[str]:
    """How often each kind of element stands in the tree that is read out."""
    found: Counter[str] = Counter()

    def walk(element: Any) -> None:
        element = element.get_object()
        if isinstance(element, list):
            for child in element:
                walk(child)
        elif isinstance(element, dict):
            if "/S" in element and element.get("/Type") != "/MCR":
                found[str(element["/S"]).lstrip("/")] += 1
            if "/K" in element:
                walk(element["/K"])

    walk(read(content).trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def test_a_file_says_what_it_is_and_has_its_headings_lists_and_headers_of_tables():
    content = paper_pdf(paper_of("Letters of May"), DAY)
    reader = read(content)
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert bool(root["/MarkInfo"]["/Marked"])
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Letters of May", "Letters of May")
    counts = tags(content)
    assert (counts["H1"], counts["Table"], counts["L"], counts["LI"]) == (1, 1, 1, 2)
    assert (counts["TH"], counts["TR"], counts["TD"], counts["Caption"]) == (2, 4, 6, 1)


def test_a_text_is_text_whatever_it_looks_like():
    said = words(paper_pdf(paper_of(HOSTILE), DAY))
    assert "".join(SEEN.split()) in said
    assert "[U+4E2D][U+1F600]ŵŷ£" in said
    assert "\u202e" not in said


@settings(max_examples=40, deadline=None)
@example(" ")
@example("\x1f")
@given(st.text(max_size=120))
def test_any_text_makes_a_file(text: str):
    assert paper_pdf(paper_of(text or "x"), DAY).startswith(b"%PDF")


def test_the_font_has_a_shape_for_whatever_it_is_said_to_cover():
    shown = [chr(code) for code in sorted(covered()) if spelt_out(chr(code), covered()) == chr(code)]
    assert len(shown) > 1500
    assert {"ŵ", "ŷ", "£", "“", "–", "−", "€"} <= set(shown)
    fonts = set()
    paper = replace(paper_of("x"), opening=(Paragraph(" ".join(shown)),))
    for page in read(paper_pdf(paper, DAY)).pages:
        resources: Any = page["/Resources"]
        fonts |= {str(font.get_object()["/BaseFont"]).split("+")[1] for font in resources["/Font"].values()}
    assert fonts <= {"SourceSans3-Regular", "SourceSans3-Semibold"}  # none of typst's own, and none of the machine's


def test_the_same_paper_and_day_give_the_same_bytes():
    paper = paper_of("Letters of May")
    assert paper_pdf(paper, DAY) == paper_pdf(paper, DAY)
    assert paper_pdf(paper, DAY) != paper_pdf(paper, date(2026, 11, 29))


@pytest.mark.parametrize("rows", [3, 200])
def test_no_row_of_a_table_is_lost_and_headers_come_again_on_every_page(rows: int):
    table = Table("Rows", ("Name", "Number"), tuple((f"row-{row}-", str(row)) for row in range(rows)))
    paper = replace(paper_of("x"), sections=(Section("Rows", (table,)),))
    pages = [page.extract_text() for page in read(paper_pdf(paper, DAY)).pages]
    assert all(f"row-{row}-" in "".join(pages) for row in range(rows))
    assert all("Name" in page for page in pages if "row-" in page)
    assert [f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)


def places(page: Any) -> list[tuple[float, float, float]]:
    """Where each piece of text of a page starts, and how far it reaches at least."""
    found: list[tuple[float, float, float]] = []

    def note(text: str, cm: Any, tm: Any, _: Any, size: float) -> None:
        x, y = (tm[4] * cm[place] + tm[5] * cm[place + 2] + cm[place + 4] for place in (0, 1))
        if text.strip():
            found.append((x, y, x + 0.4 * size * max(map(len, text.replace("\u200b", "").split("\n")))))

    page.extract_text(visitor_text=note)
    return found


@pytest.mark.parametrize("tables", [(), (Table("Long", ("A", "B", "C"), (("x" * 900, "y" * 300, "z" * 90),) * 2),)])
def test_what_is_too_long_for_its_line_breaks_and_stays_on_the_page(tables: tuple[Table, ...]):
    paper = replace(paper_of("w" * 400), sections=(Section("v" * 300, (*tables, Paragraph("u" * 500))),))
    for page in read(paper_pdf(paper, DAY)).pages:
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        pieces = places(page)
        assert len(pieces) > 3
        # What stands beside each other in a table is one piece to the reader, whose end says nothing.
        wrong = [(x, y, end) for x, y, end in pieces if min(x, y) < 0 or y > height or (x if tables else end) > width]
        assert wrong == []
    said = words(paper_pdf(paper, DAY)).replace("\u200b", "")
    assert "v" * 300 in said
    assert "u" * 500 in said


def test_a_table_has_a_cell_for_each_header():
    with pytest.raises(ValueError, match="one cell for each header"):
        Table("Short", ("A", "B"), (("only one",),))
