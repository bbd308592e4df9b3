"""What a rule over several keys is, and what it says when it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from designs.protocol.errors import KeyPath
from designs.protocol.models import Condition, Protocol


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule broken, at a path given as keys and positions."""

    path: KeyPath
    problem: str
    rule: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A check, and the top-level keys without which it cannot be asked."""

    reads: frozenset[str]
    check: Callable[[Protocol], Iterator[Breach]]


def rule(*reads: str) -> Callable[[Callable[[Protocol], Iterator[Breach]]], Rule]:
    """Make a check into a rule that reads these top-level keys."""
    return lambda check: Rule(frozenset(reads), check)


def repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Position and name of everything that stood before.

    Examples:
        >>> list(repeated(["a", "b", "a"]))
        [(2, 'a')]
    """
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            yield position, name
        seen.add(name)


def conditions(protocol: Protocol) -> Iterator[tuple[KeyPath, Condition]]:
    """Every condition of a protocol with its path."""
    for position, condition in enumerate(protocol.population.where):
        yield ("population", "where", position), condition
    for position, exclusion in enumerate(protocol.population.exclude):
        yield ("population", "exclude", position, "when"), exclusion.when
    for number, arm in enumerate(protocol.arms):
        for position, exclusion in enumerate(arm.not_for):
            yield ("arms", number, "not_for", position, "when"), exclusion.when
