"""Papers to hand in: what one says is made once, and laid out as PDF or for Word."""

from trials.reporting.papers.document import Block, Bullets, Missing, Paper, Paragraph, Section, Table
from trials.reporting.papers.pdf import paper_pdf
from trials.reporting.papers.word import paper_docx

__all__ = ["Block", "Bullets", "Missing", "Paper", "Paragraph", "Section", "Table", "paper_docx", "paper_pdf"]
