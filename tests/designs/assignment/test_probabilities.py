"""Joint probabilities, against the exact distribution of small designs."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from designs.assignment.result import Counts
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.stratified import block_units
from designs.errors import DesignRefused
from tests.designs.assignment.joint import joint_inclusion, joint_probability
from tests.designs.assignment.test_enumeration import by_order, population


@pytest.mark.parametrize(("n", "weights"), [(2, (1, 1)), (3, (1, 1)), (5, (2, 1, 1)), (7, (1, 2)), (6, (3, 7))])
def test_joint_inclusion_over_the_whole_draw(n: int, weights: tuple[int, ...]) -> None:
    scheme = Complete(arms=tuple("wxyz"[: len(weights)]), weights=weights)
    exact = by_order(block_units(population("x" * n), scheme))
    for arm, share in enumerate(Fraction(weight, sum(weights)) for weight in weights):
        together = sum((p for cells, p in exact.items() if cells[0] == arm == cells[1]), Fraction(0))
        assert together == joint_inclusion(n, share)


def counts_of(cells: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Of the stratum of the first four, and of the rest."""
    return tuple(tuple(part.count(k) for k in range(3)) for part in (cells[:4], cells[4:]))


def test_joint_probability_given_the_counts() -> None:
    scheme = Complete(arms=("nfa", "letter", "sms"), weights=(2, 1, 1))
    units = population("xxxxyyy")
    exact = by_order(block_units(units, scheme))
    for counts in set(map(counts_of, exact)):
        unit_counts = Counts(("x", "y"), ("", ""), scheme.arms, np.array(counts))
        given = {cells: p for cells, p in exact.items() if counts_of(cells) == counts}
        total = sum(given.values())
        for (i, j), rows in {(0, 1): (0, 0), (5, 6): (1, 1), (2, 5): (0, 1)}.items():
            pairs = joint_probability(unit_counts, *rows)
            for a, b in product(range(3), repeat=2):
                share = sum((p for cells, p in given.items() if cells[i] == a and cells[j] == b), Fraction(0)) / total
                assert pairs[a, b] == pytest.approx(float(share), abs=1e-15)


def test_one_unit_has_no_partner() -> None:
    with pytest.raises(DesignRefused, match="no two units"):
        joint_inclusion(1, Fraction(1, 2))
    with pytest.raises(DesignRefused, match="'x' has no two units"):
        joint_probability(Counts(("x",), ("",), ("a", "b"), np.array([[1, 0]])), 0, 0)
