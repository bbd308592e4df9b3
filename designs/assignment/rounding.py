"""Whole numbers out of shares, without favour: unbiased controlled rounding of a table.

Cox (1987), "A constructive procedure for unbiased controlled rounding", Journal of the American Statistical
Association 82:520-524. Each cell, and each column's total, becomes one of the two whole numbers next to it; each
row's total is kept; and each cell's expectation is exactly the fraction it began as, so that every customer's
probability of each arm is exactly the declared share.

The table is a network: row → column → the grand total. Fractional arcs are taken one at a time into a forest.
An arc that would close a cycle is settled there: round the cycle, one arc up and the next down, by the largest step
that keeps each between its two whole numbers, in one direction or the other, with probabilities that leave every
expectation as it was. At least one arc of the cycle is then whole and leaves it. A network whose nodes balance
has no fractional arc without a cycle, so none is left at the end. Everything is counted in whole numbers of
1/denominator: no floating point.
"""

from __future__ import annotations

from collections.abc import Sequence

from designs.assignment.stream import Uniform

Node = tuple[str, int]
_TOTAL: Node = ("total", 0)


class _Forest:
    """Arcs that are still fractional; no cycles among them."""

    def __init__(self, denominator: int, source: Uniform) -> None:
        self.denominator = denominator
        self.source = source
        self.part: dict[tuple[Node, Node], int] = {}  # each arc's fractional part, 0 to denominator
        self.neighbours: dict[Node, dict[Node, tuple[Node, Node]]] = {}

    def add(self, tail: Node, head: Node, part: int) -> None:
        """Take an arc in, settling the cycle that it closes, if any."""
        arc = (tail, head)
        self.part[arc] = part
        if part == 0:
            return
        way_back = self._path(head, tail)
        if way_back is not None:
            self._settle([(arc, 1), *way_back])
        if 0 < self.part[arc] < self.denominator:
            self.neighbours.setdefault(tail, {})[head] = arc
            self.neighbours.setdefault(head, {})[tail] = arc

    def _path(self, start: Node, end: Node) -> list[tuple[tuple[Node, Node], int]] | None:
        """The arcs from one node to another, each with the sign of its direction; None where they are not joined."""
        steps: dict[Node, list[tuple[tuple[Node, Node], int]]] = {start: []}
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node == end:
                return steps[node]
            for neighbour, arc in self.neighbours.get(node, {}).items():
                if neighbour not in steps:
                    steps[neighbour] = [*steps[node], (arc, 1 if arc[0] == node else -1)]
                    waiting.append(neighbour)
        return None

    def _settle(self, cycle: list[tuple[tuple[Node, Node], int]]) -> None:
        forwards = min(self.denominator - self.part[arc] if sign > 0 else self.part[arc] for arc, sign in cycle)
        backwards = min(self.part[arc] if sign > 0 else self.denominator - self.part[arc] for arc, sign in cycle)
        # Forwards with probability backwards / (forwards + backwards): the expected step is nought.
        step = forwards if self.source.below(forwards + backwards) < backwards else -backwards
        for arc, sign in cycle:
            self.part[arc] += sign * step
            if self.part[arc] in (0, self.denominator):
                tail, head = arc
                self.neighbours.get(tail, {}).pop(head, None)
                self.neighbours.get(head, {}).pop(tail, None)


def controlled_rounding(table: Sequence[Sequence[int]], denominator: int, source: Uniform) -> list[list[int]]:
    """Round a two-way table of fractions to whole numbers, unbiased.

    Args:
        table: J rows of K numerators, all over ``denominator``; each row's sum is a multiple of ``denominator``.
        denominator: The common denominator, 1 or more.
        source: Where the random whole numbers come from.

    Returns:
        J rows of K whole numbers: each row keeps its total, each cell and each column's total is one of the two
        whole numbers next to its target, and each cell's expectation is its target.

    Raises:
        ValueError: A row does not add to a whole number, or a cell is below nought.

    Examples:
        Three customers, two arms: two of one arm and one of the other.

        >>> from designs.assignment.stream import Stream
        >>> controlled_rounding([[3, 3]], 2, Stream("ab" * 32, "trial", "rounding"))
        [[2, 1]]
    """
    for row in table:
        if sum(row) % denominator or min(row) < 0:
            raise ValueError("each row must be of cells at or above nought that add to a whole number")
    forest = _Forest(denominator, source)
    for j, row in enumerate(table):
        for k, cell in enumerate(row):
            forest.add(("row", j), ("column", k), cell % denominator)
    for k, column in enumerate(zip(*table, strict=True)):
        forest.add(("column", k), _TOTAL, sum(column) % denominator)
    return [
        [cell // denominator + (forest.part[("row", j), ("column", k)] == denominator) for k, cell in enumerate(row)]
        for j, row in enumerate(table)
    ]
