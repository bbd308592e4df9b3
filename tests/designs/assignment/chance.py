"""Chance taken apart: every outcome of a random procedure, each with its exact probability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from fractions import Fraction
from hashlib import sha256
from typing import Any, TypeVar

Outcome = TypeVar("Outcome", bound=Hashable)


class Undecided:
    """A uniform whole number that is decided only as far as it is looked at: compared, it is below or not.

    No subclass of int: an index would then take the int's own value and never ask.
    """

    def __init__(self, source: Scripted, bound: int) -> None:
        self.source, self.bound = source, bound
        self.decided: int | None = None

    def __lt__(self, other: int) -> bool:
        return self.source.branch([Fraction(other, self.bound), 1 - Fraction(other, self.bound)]) == 0

    def __index__(self) -> int:
        if self.decided is None:
            self.decided = self.source.branch([Fraction(1, self.bound)] * self.bound)
        return self.decided


class Scripted:
    """A source that follows a script of branches, then takes the first of each, and keeps the path's probability."""

    def __init__(self, script: list[int]) -> None:
        self.script = script
        self.options: list[int] = []
        self.probability = Fraction(1)

    def below(self, bound: int) -> Any:
        return Undecided(self, bound)

    def branch(self, probabilities: list[Fraction]) -> int:
        choice = self.script[len(self.options)] if len(self.options) < len(self.script) else 0
        self.options.append(len(probabilities))
        self.probability *= probabilities[choice]
        return choice


def distribution(procedure: Callable[[Scripted], Outcome]) -> dict[Outcome, Fraction]:
    """The exact distribution of what a procedure makes of a source of uniform whole numbers."""
    found: dict[Outcome, Fraction] = defaultdict(Fraction)
    script: list[int] = []
    while True:
        source = Scripted(script)
        outcome = procedure(source)
        found[outcome] += source.probability
        path = script + [0] * (len(source.options) - len(script))
        while path and path[-1] + 1 == source.options[len(path) - 1]:
            path.pop()
        if not path:
            return {outcome: probability for outcome, probability in found.items() if probability}
        path[-1] += 1
        script = path


def seed_of(name: str) -> str:
    """A seed declared by what it is for: nobody chose it for what it gives."""
    return sha256(f"seed of the test {name}".encode()).hexdigest()
