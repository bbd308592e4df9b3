"""A paper for Word: real headings and headers of tables, its properties, any text, and the same bytes each time."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trials.reporting.papers.examples import DAY, HOSTILE, SEEN, paper_of
from trials.reporting.papers import paper_docx


def read(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def test_a_file_has_its_headings_its_properties_and_headers_of_tables():
    document = read(paper_docx(paper_of("Letters of May"), DAY))
    properties = document.core_properties
    assert (properties.title, properties.author, properties.language) == ("Letters of May", "Letters of May", "en-GB")
    assert f"{properties.created:%Y-%m-%d}" == "2026-11-30"
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    assert (styles.count("Title"), styles.count("Heading 1"), styles.count("List Bullet")) == (1, 1, 2)
    (table,) = document.tables
    header, *rows = table.rows
    assert header._tr.trPr.find(qn("w:tblHeader")) is not None
    assert [row._tr.trPr.find(qn("w:tblHeader")) for row in rows] == [None] * 3
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == "Letters of May"
    assert [cell.text for cell in rows[0].cells] == ["Letters of May", "1,234"]
    languages = {each.get(qn("w:val")) for each in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}
    foot = document.sections[0].footer.paragraphs[0]._p
    assert [field.get(qn("w:instr")) for field in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_a_text_is_text_whatever_it_looks_like():
    document = read(paper_docx(paper_of(HOSTILE), DAY))
    title = next(paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Title")
    assert title.startswith(SEEN)
    assert title.endswith("中 😀 ŵŷ £")
    assert document.tables[0].rows[1].cells[0].text == title


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400))
def test_any_text_makes_a_file(text: str):
    assert len(read(paper_docx(paper_of(text), DAY)).tables) == 1


def test_the_same_paper_and_day_give_the_same_bytes(monkeypatch):
    first = paper_docx(paper_of("Letters of May"), DAY)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert paper_docx(paper_of("Letters of May"), DAY) == first
