"""A paper for Word, with real headings, table headers and properties, so that it can be read out and edited."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from trials.reporting.papers.characters import on_one_line
from trials.reporting.papers.document import Block, Bullets, Missing, Paper, Paragraph, Table

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as Written

_FONT: Final = "Arial"  # which is on every machine that has Word
_LONGEST: Final = 255  # characters of a property, by the format
_ALL_OF_IT: Final = 9026  # twentieths of a point between the margins of A4


def paper_docx(paper: Paper, day: date) -> bytes:
    """A paper as a Word file. The same paper and day give the same bytes.

    Args:
        paper: What it says.
        day: The day that it bears, also in the file's own properties.
    """
    import docx

    document = docx.Document()
    _prepare(document, paper, day)
    document.add_paragraph(shown(paper.title), style="Title")
    if paper.subtitle is not None:
        document.add_paragraph(shown(paper.subtitle), style="Subtitle")
    for notice in paper.notices:
        document.add_paragraph().add_run(shown(notice)).bold = True
    for block in paper.opening:
        _add(document, block)
    for section in paper.sections:
        document.add_heading(shown(section.title), level=1)
        for block in section.blocks:
            _add(document, block)
    made = io.BytesIO()
    document.save(made)
    return _without_the_clock(made.getvalue(), day)


def shown(text: str) -> str:
    """A text on one line, with what nobody would see written out: Word finds other fonts itself."""
    return on_one_line(text)


def _prepare(document: Document, paper: Paper, day: date) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    at = datetime.combine(day, time(), UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title, properties.author = shown(paper.title)[:_LONGEST], shown(paper.author or "")[:_LONGEST]
    properties.language, properties.comments = "en-GB", ""
    properties.created = properties.modified = at
    properties.last_modified_by = ""
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(25.4)
    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Caption", "List Bullet"):
        font: Any = document.styles[name].font
        font.name = _FONT
        fonts = font.element.rPr.rFonts
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    document.styles["Normal"].font.size = Pt(10.5)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    page.header.paragraphs[0].text = shown(paper.banner or "")
    foot = page.footer.paragraphs[0]
    foot.add_run(f"{shown(paper.footer)}\tPage ")
    _add_field(foot, "PAGE")
    foot.add_run(" of ")
    _add_field(foot, "NUMPAGES")


def _add_field(paragraph: Written, name: str) -> None:
    """Something that Word counts itself."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _add(document: Document, block: Block) -> None:
    match block:
        case Paragraph():
            document.add_paragraph(shown(block.text))
        case Bullets():
            for item in block.items:
                document.add_paragraph(shown(item), style="List Bullet")
        case Missing():
            label, *rest = block.sentences
            paragraph = document.add_paragraph()
            paragraph.add_run(label).bold = True
            paragraph.add_run(f" {shown(' '.join(rest))}")
        case Table():
            _add_table(document, block)


def _add_table(document: Document, block: Table) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Twips

    caption = document.add_paragraph(shown(block.caption), style="Caption")
    caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(block.headers), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    described = OxmlElement("w:tblCaption")
    described.set(qn("w:val"), shown(block.caption)[:_LONGEST])
    table._tbl.tblPr.append(described)
    widths = block.widths or (1,) * len(block.headers)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Twips(_ALL_OF_IT * width // sum(widths))
    for place, row in enumerate((block.headers, *block.rows)):
        line = table.add_row()
        properties = line._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(line.cells, row, strict=True)):
            cell.width = table.columns[column].width
            _fill(cell, text, bold=place == 0, right=column in block.numeric)
    document.add_paragraph()


def _fill(cell: _Cell, text: str, *, bold: bool, right: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = cell.paragraphs[0]
    paragraph.add_run(shown(text)).bold = bold
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _without_the_clock(content: bytes, day: date) -> bytes:
    """The same archive, each of whose entries bears the day given and not the moment of writing."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as written, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept:
        for entry in written.infolist():
            kept.writestr(
                zipfile.ZipInfo(entry.filename, (max(day.year, 1980), day.month, day.day, 0, 0, 0)),
                written.read(entry),
                zipfile.ZIP_DEFLATED,
            )
    return made.getvalue()
