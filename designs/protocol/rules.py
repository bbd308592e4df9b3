"""The rules that span several keys of a protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule broken, at a path given as keys and positions."""

    path: tuple[str | int, ...]
    problem: str
    rule: str
    allowed: tuple[str, ...] = ()


Check = Callable[[Protocol], Iterator[Breach]]
_RULES: list[tuple[frozenset[str], Check]] = []


def breaches(protocol: Protocol, *, unread: frozenset[str] = frozenset()) -> tuple[Breach, ...]:
    """Every rule that a protocol breaks; rules that read a section in ``unread`` are not asked."""
    return tuple(breach for reads, check in _RULES if not reads & unread for breach in check(protocol))
