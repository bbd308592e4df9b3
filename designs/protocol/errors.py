"""How a protocol is refused: every error at once, each at its path in the file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from designs.errors import DesignRefused

KeyPath = tuple[str | int, ...]
MOST_SHOWN = 500  # a hostile file may hold tens of thousands


def path_text(path: KeyPath) -> str:
    """A path as a reader of the file would say it.

    Examples:
        >>> path_text(("arms", 1, "share"))
        'arms[1].share'
        >>> path_text(("population", "columns", "date of birth", "kind"))
        'population.columns["date of birth"].kind'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[\w-]+", step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def nearest(word: object, options: Iterable[str]) -> str:
    """The option that was probably meant, as the end of a sentence; empty where none is near.

    Examples:
        >>> nearest("capacity_a_day", ("capacity_per_day", "peak"))
        '; did you mean capacity_per_day'
    """
    written = {option.lower(): option for option in options}
    close = difflib.get_close_matches(str(word).lower(), written, n=1)
    return f"; did you mean {written[close[0]]}" if close else ""


@dataclass(frozen=True, slots=True)
class ProtocolError:
    """One thing that is wrong.

    Attributes:
        path: Where it stands in the file, such as ``arms[1].share``; empty for the file as a whole.
        problem: What is wrong, without a final stop.
        rule: The rule that forbids it.
        allowed: What may stand there, one entry an option; empty where the rule says it all.
        line: The line of the file, counted from 1, where it is known.

    Examples:
        >>> print(ProtocolError("arms[1].kind", "'control' is not known", "one of the kinds", ("nfa", "otm"), 12))
        arms[1].kind (line 12): 'control' is not known. Rule: one of the kinds. Allowed: nfa, otm.
    """

    path: str
    problem: str
    rule: str
    allowed: tuple[str, ...] = ()
    line: int | None = None

    def __str__(self) -> str:
        place = self.path or "the file"
        if self.line is not None:
            place += f" (line {self.line})"
        sentence = f"{place}: {self.problem}. Rule: {self.rule}."
        if self.allowed:
            sentence += f" Allowed: {', '.join(self.allowed)}."
        return sentence


class ProtocolRefused(DesignRefused):
    """A protocol file that cannot be loaded; ``errors`` holds everything that is wrong with it.

    Args:
        errors: What is wrong.
        where: The file.
        count: How many errors there are, where ``errors`` are only the first of them.
    """

    def __init__(self, errors: Iterable[ProtocolError], *, where: str | None = None, count: int | None = None) -> None:
        self.errors = tuple(errors)
        self.count = len(self.errors) if count is None else count
        super().__init__(
            f"the protocol is refused for {'1 error' if self.count == 1 else f'{self.count} errors'}", where=where
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """The errors in words, one each, as many as somebody can be shown."""
        more = self.count - MOST_SHOWN
        rest = [f"and {more:,} more; mend these first"] if more > 0 else []
        return (*map(str, self.errors[:MOST_SHOWN]), *rest)

    def _sentence(self) -> str:
        head = f"{self.where}: {self.problem}" if self.where else self.problem
        return "\n".join([f"{head}:", *(f"  {line}" for line in self.lines)])
