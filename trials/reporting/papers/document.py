"""What a paper says: sections of paragraphs, lists and tables, in plain text that no layout reads as markup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Things of a kind, one a line."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures or facts in rows.

    Attributes:
        caption: What it shows.
        headers: Of the columns.
        rows: As many cells in each as there are headers.
        numeric: The places of the columns that hold figures.
        widths: Of the columns, beside each other; all alike where there are none.
    """

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    widths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.headers) for row in self.rows) or len(self.widths) not in (0, len(self.headers)):
            raise ValueError(f"a row of the table “{self.caption}” has not one cell for each header")


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the record does not hold.

    Attributes:
        what: What is not there, as a sentence.
        who: Who fills it, within a sentence.
    """

    what: str
    who: str

    @property
    def sentences(self) -> tuple[str, str, str]:
        """How it is said on paper."""
        return "Not on record.", self.what, f"To be filled by {self.who}."


Block = Paragraph | Bullets | Table | Missing


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it.

    Attributes:
        title: With its number, where it has one.
        blocks: In order; none of them is empty.
    """

    title: str
    blocks: tuple[Block, ...]

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What the record does not hold of it."""
        return tuple(block for block in self.blocks if isinstance(block, Missing))


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper.

    Attributes:
        title: What it is called.
        subtitle: A second line; None where there is none.
        author: Who answers for it; None where nobody is named.
        banner: One line that every page has at its head, such as that customers are invented; None where it has none.
        footer: A short line that every page has at its foot, beside its number.
        notices: What has to be known before anything else.
        opening: What stands before the first section.
        sections: In order.
    """

    title: str
    subtitle: str | None
    author: str | None
    banner: str | None
    footer: str
    notices: tuple[str, ...]
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
