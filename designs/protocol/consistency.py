"""What a rule about several keys of a protocol is, and what it says when it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from designs.protocol.errors import KeyPath
from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule broken, at a path given as keys and positions."""

    path: KeyPath
    problem: str
    rule: str
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsistencyRule:
    """A check of keys against each other, and the top-level keys without which it cannot be asked."""

    reads: frozenset[str]
    check: Callable[[Protocol], Iterator[Breach]]


def reads(*keys: str) -> Callable[[Callable[[Protocol], Iterator[Breach]]], ConsistencyRule]:
    """Make a check into a rule that reads these top-level keys."""
    return lambda check: ConsistencyRule(frozenset(keys), check)


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
