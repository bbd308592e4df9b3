"""Whole numbers out of shares, without favour: unbiased controlled rounding of a table.

Cox (1987), "A constructive procedure for unbiased controlled rounding", Journal of the American Statistical
Association 82:520-524. Each cell, and each column's total, becomes one of the two whole numbers next to it; each
row's total is kept; and each cell's expectation is exactly the fraction it began as, so that every customer's
probability of each arm is exactly the declared share.

Columns may also stand in groups (the levels of one factor): then each group's total, in every row and overall, is
within 1 too. Groups that cut across one another could not be promised (Budish, Che, Kojima and Milgrom 2013, American
Economic Review 103:585-623: two nested families are what can be).

The table is a network: row → the row's part in a group → column → the group's total → the grand total. Fractional
arcs are taken one at a time into a forest. An arc that would close a cycle is settled there: round the cycle, arcs
with it go up and arcs against it down, by the largest step that keeps each between its two whole numbers, in one
direction or the other, with probabilities that leave every expectation as it was. At least one arc of the cycle is
then whole and leaves it. A network whose nodes balance has no fractional arc without a cycle, so none is left at the
end. Everything is counted in whole numbers of 1/denominator: no floating point.
"""

from __future__ import annotations

from collections.abc import Sequence

from designs.assignment.keyed.stream import Uniform

Node = tuple[str, int, int]
Arc = tuple[Node, Node]


class _Forest:
    """Arcs that are still fractional; no cycles among them."""

    def __init__(self, denominator: int, source: Uniform) -> None:
        self.denominator = denominator
        self.source = source
        self.part: dict[Arc, int] = {}  # each arc's fractional part, 0 to denominator
        self.neighbours: dict[Node, dict[Node, Arc]] = {}

    def add(self, tail: Node, head: Node, flow: int) -> None:
        """Take an arc in, settling the cycle that it closes, if any."""
        arc = (tail, head)
        self.part[arc] = flow % self.denominator
        if self.part[arc] == 0:
            return
        way_back = self._path(head, tail)
        if way_back is not None:
            self._settle([(arc, 1), *way_back])
        if 0 < self.part[arc] < self.denominator:
            self.neighbours.setdefault(tail, {})[head] = arc
            self.neighbours.setdefault(head, {})[tail] = arc

    def _path(self, start: Node, end: Node) -> list[tuple[Arc, int]] | None:
        """The arcs from one node to another, each with the sign of its direction; None where they are not joined."""
        steps: dict[Node, list[tuple[Arc, int]]] = {start: []}
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

    def _settle(self, cycle: list[tuple[Arc, int]]) -> None:
        forwards = min(self.denominator - self.part[arc] if sign > 0 else self.part[arc] for arc, sign in cycle)
        backwards = min(self.part[arc] if sign > 0 else self.denominator - self.part[arc] for arc, sign in cycle)
        # Forwards with probability backwards / (forwards + backwards): the expected step is zero.
        step = forwards if self.source.below(forwards + backwards) < backwards else -backwards
        for arc, sign in cycle:
            self.part[arc] += sign * step
            if self.part[arc] in (0, self.denominator):
                tail, head = arc
                self.neighbours.get(tail, {}).pop(head, None)
                self.neighbours.get(head, {}).pop(tail, None)


def controlled_rounding(
    table: Sequence[Sequence[int]], denominator: int, source: Uniform, groups: Sequence[int] | None = None
) -> list[list[int]]:
    """Round a two-way table of fractions to whole numbers, unbiased.

    Args:
        table: J rows of K numerators, all over ``denominator``; each row's sum is a multiple of ``denominator``.
        denominator: The common denominator, 1 or more.
        source: Where the random whole numbers come from.
        groups: K codes, the group of each column; by default all are in one.

    Returns:
        J rows of K whole numbers: each row keeps its total; each cell, each column's total, and each group's total
        in every row and overall is one of the two whole numbers next to its target; and each cell's expectation is
        its target.

    Raises:
        ValueError: A row does not add to a whole number, or a cell is below zero.

    Examples:
        Three customers, two arms: two of one arm and one of the other.

        >>> from designs.assignment.keyed.stream import Stream
        >>> controlled_rounding([[3, 3]], 2, Stream("ab" * 32, "trial", "rounding"))
        [[2, 1]]
    """
    for row in table:
        if sum(row) % denominator or min(row) < 0:
            raise ValueError("each row must be of cells at or above zero that add to a whole number")
    columns = range(len(table[0]))
    members = groups or [0 for _ in columns]
    forest = _Forest(denominator, source)
    for j, row in enumerate(table):
        for group in sorted(set(members)):
            forest.add(("row", j, 0), ("part", j, group), sum(row[k] for k in columns if members[k] == group))
        for k in columns:
            forest.add(("part", j, members[k]), ("column", k, 0), row[k])
    totals = [sum(row[k] for row in table) for k in columns]
    for k in columns:
        forest.add(("column", k, 0), ("group", members[k], 0), totals[k])
    for group in sorted(set(members)):
        forest.add(("group", group, 0), ("total", 0, 0), sum(totals[k] for k in columns if members[k] == group))
    up = {
        (j, k): forest.part[("part", j, members[k]), ("column", k, 0)] == denominator
        for j in range(len(table))
        for k in columns
    }
    return [[cell // denominator + up[j, k] for k, cell in enumerate(row)] for j, row in enumerate(table)]
