"""The one way this service says no.

Every package has its own root under :class:`Refused`, so that a caller at the edge (command line, screen) shows
one kind of message: what was wrong, where, the rule, and what to do next. A refusal has changed nothing.
"""

from __future__ import annotations

from data.text import printable


class Refused(Exception):
    """A request that a rule forbids.

    Args:
        problem: What was wrong, as one sentence without a final stop.
        where: The file, row, field or path in the protocol that it concerns.
        rule: The rule that forbids it.
        remedy: What to do next.

    Examples:
        >>> str(Refused("the file has no rows", where="people.csv", remedy="export it again"))
        'people.csv: the file has no rows. To do: export it again.'
    """

    def __init__(
        self,
        problem: str,
        *,
        where: str | None = None,
        rule: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem = printable(problem)
        self.where = None if where is None else printable(where)
        self.rule = rule
        self.remedy = remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        sentence = f"{self.where}: {self.problem}." if self.where else f"{self.problem}."
        if self.rule:
            sentence += f" Rule: {self.rule}."
        if self.remedy:
            sentence += f" To do: {self.remedy}."
        return sentence


class DataRefused(Refused):
    """A file or a column that cannot be taken as it is."""
