"""What a plan calls its columns, their levels and its days, for sentences that people read; JSON keeps the names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from designs.protocol.models import ColumnDeclaration, Protocol
from designs.protocol.values import Value, same_code

_CUSTOMERS = "customers "


def in_words(day: date) -> str:
    """A day as people read it.

    Examples:
        >>> in_words(date(2026, 11, 1))
        '1 November 2026'
    """
    return f"{day.day} {day:%B %Y}"


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """The declared words of columns. A column that has none is called by its name.

    Attributes:
        declared: What is declared of columns, by name.
        cut: The columns whose levels are groups between quantiles.
    """

    declared: Mapping[str, ColumnDeclaration] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()

    def label(self, column: str) -> str | None:
        """What a column is called within a sentence; None where nothing is declared."""
        return self.declared[column].label if column in self.declared else None

    def level(self, column: str, value: Value) -> str | None:
        """What a level is called within a sentence, or who has it; None where nothing is declared.

        Examples:
            >>> trust = ColumnDeclaration(levels={"true": "customers in a trust"})
            >>> ColumnWords({"trust": trust}).level("trust", True)
            'customers in a trust'
        """
        levels = (self.declared[column].levels if column in self.declared else None) or {}
        return next((words for code, words in levels.items() if same_code(code, value)), None)

    def column(self, column: str) -> str:
        """A column within a sentence: its label, else its name."""
        return self.label(column) or column

    def customers(self, column: str, level: Value) -> str | None:
        """Who has a level, within a sentence; None where neither the column nor the level has words.

        Examples:
            >>> reason = ColumnDeclaration(label="reason for not paying", levels={"forgot": "customers who forgot"})
            >>> words = ColumnWords({"reason": reason, "debt": ColumnDeclaration(label="debt")}, frozenset({"debt"}))
            >>> words.customers("reason", "forgot"), words.customers("reason", "confused")
            ('customers who forgot', 'customers whose reason for not paying is confused')
            >>> words.customers("debt", "Q1"), words.customers("region", "Wales")
            ('customers in Q1 of debt', None)
        """
        named = self.level(column, level)
        if named is not None and says_who(named):
            return named
        if not self._has_words(column):
            return None
        if named is None and column in self.cut:
            return f"customers in {level} of {self.column(column)}"
        return f"customers whose {self.column(column).replace('_', ' ')} is {named or self.as_written(column, level)}"

    def value(self, column: str, level: Value) -> str | None:
        """A level as a thing in a list, with its column; None where neither has words.

        Examples:
            >>> reason = ColumnDeclaration(label="reason for not paying", levels={"forgot": "customers who forgot"})
            >>> words = ColumnWords({"reason": reason})
            >>> words.value("reason", "forgot"), words.value("reason", "confused")
            ('customers who forgot', 'reason for not paying: confused')
        """
        named = self.level(column, level)
        if named is not None and says_who(named):
            return named
        if not self._has_words(column):
            return None
        return f"{self.column(column).replace('_', ' ')}: {named or self.as_written(column, level)}"

    def _has_words(self, column: str) -> bool:
        return column in self.declared and bool(self.declared[column].label or self.declared[column].levels)

    def as_written(self, column: str, level: Value) -> str:
        """A level without words, in quotes where another level is called so.

        Examples:
            >>> reason = ColumnDeclaration(levels={"F": "forgot"})
            >>> [ColumnWords({"reason": reason}).as_written("reason", level) for level in ("X", "Forgot")]
            ['X', '“Forgot”']
        """
        levels = (self.declared[column].levels if column in self.declared else None) or {}
        text = str(level).lower() if isinstance(level, bool) else str(level)
        return f"“{text}”" if text.casefold() in {words.casefold() for words in levels.values()} else text


def says_who(words: str) -> bool:
    """Whether a level's words say who has it, and not only what it is called.

    Examples:
        >>> says_who("customers who forgot"), says_who("Wales")
        (True, False)
    """
    return words.lower().startswith(_CUSTOMERS)


def any_of(words: Iterable[str]) -> str:
    """Words of levels of which one holds.

    Examples:
        >>> any_of(["customers who forgot", "customers who were confused", "customers who cannot pay"])
        'customers who forgot, customers who were confused or customers who cannot pay'
    """
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def column_words(protocol: Protocol) -> ColumnWords:
    """The words of a plan's columns."""
    population, analysis = protocol.population, protocol.analysis
    cut = {subgroup.column for subgroup in analysis.subgroups if subgroup.quantiles is not None} if analysis else set()
    return ColumnWords(population.columns if population is not None else {}, frozenset(cut))
