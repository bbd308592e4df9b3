"""What a page of a design asks: fields, and members of a list, each at its path in the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Path = tuple[str | int, ...]
Kind = Literal[
    "line", "words", "number", "percent", "percents", "choice", "truth", "day", "range", "reactions", "lines", "wording"
]  # fmt: skip
"""How a value is typed: a line or more of text, a number, one in percent or several of them, one of some options, yes
or no, a day, a low, central and high figure, who calls, writes and amends in percent, one text a line, or the wording
of a letter, which lies beside the plan."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked.

    Attributes:
        path: Where it stands, from the plan's root or from the member that it belongs to.
        label: What is asked, in words.
        kind: How it is typed.
        hint: What helps to answer.
        options: Of a choice: each value with its words.
        asked_where: A key beside it, its steps parted by /, and the values of that key with which it is asked; None
            where it always is.
    """

    path: Path
    label: str
    kind: Kind = "line"
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    asked_where: tuple[str, tuple[Any, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """A list of things of one kind, such as arms; each is asked the same.

    Attributes:
        path: Where the list stands.
        one: What one of them is called: ``approach``.
        called: The key of a member that names it on the page.
        fields: What is asked of each.
        new: What one begins with.
    """

    path: Path
    one: str
    called: str
    fields: tuple[Field | Members, ...]
    new: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under a heading of their own."""

    title: str
    fields: tuple[Field | Members, ...]
    intro: str = ""


Asked = Field | Members
