"""Small designs in full: the exact distribution over all assignments, against what was declared.

Three things are random in a draw: the order of the keys, the rounding, and which arm takes which run of keys. The
last two are enumerated through the real code, from a source that is taken apart. Every order of the keys is equally
likely; the smallest designs are drawn with each of them, the others use that a draw depends on the order alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations, product
from math import factorial, prod
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.special import chdtrc

from designs.assignment.conduct import conduct
from designs.assignment.declare import Scheme
from designs.assignment.keyed.order import assign_along_order, permuted_arms
from designs.assignment.population.clusters import clusters
from designs.assignment.population.units import Units
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial
from designs.assignment.schemes.matched_pairs import MatchedPairs, matched
from designs.assignment.schemes.rerandomised import Rerandomised, criterion
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.scheme import BaseScheme
from designs.assignment.schemes.simple import Simple, thresholds
from designs.assignment.schemes.stratified import Blocks, block_units, rounded_counts
from tests.designs.assignment.chance import distribution, seed_of

Cells = tuple[int, ...]
Exact = dict[Cells, Fraction]
THREE = ("nfa", "letter", "sms")


def drawn(block: Blocks, keyed: Sequence[int], groups: Sequence[int] | None) -> Exact:
    """The exact distribution of the cells for one order of the keys."""
    rounded = distribution(lambda source: as_tuples(rounded_counts(block.sizes, block.weights, source, groups)))
    shape = len(block.rows), len(block.weights[0])
    orders = distribution(lambda source: as_tuples(permuted_arms(*shape, source)))
    exact: Exact = defaultdict(Fraction)
    for (counts, p), (order, q) in product(rounded.items(), orders.items()):
        keys = np.array(keyed, np.uint64)
        cells = assign_along_order(keys, block.codes, np.array(counts), np.array(order, np.int8), lambda rows: [])
        exact[tuple(cells.tolist())] += p * q
    return exact


def as_tuples(table: NDArray[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, table.tolist()))


def every_order(block: Blocks, groups: Sequence[int] | None = None) -> Exact:
    exact: Exact = defaultdict(Fraction)
    n = len(block.codes)
    for keyed in permutations(range(n)):
        for cells, probability in drawn(block, keyed, groups).items():
            exact[cells] += probability / factorial(n)
    return dict(exact)


def by_order(block: Blocks, groups: Sequence[int] | None = None) -> Exact:
    """The same from one order: within a stratum, every arrangement of what it assigned is as likely as another."""
    exact: Exact = defaultdict(Fraction)
    strata = [np.flatnonzero(block.codes == j).tolist() for j in range(len(block.rows))]
    for cells, probability in drawn(block, range(len(block.codes)), groups).items():
        each = [list(arrangements([cells[row] for row in rows])) for rows in strata]
        for combination in product(*each):
            placed = list(cells)
            for rows, arranged in zip(strata, combination, strict=True):
                for row, cell in zip(rows, arranged, strict=True):
                    placed[row] = cell
            exact[tuple(placed)] += probability / prod(map(len, each))
    return dict(exact)


def arrangements(cells: list[int]) -> Iterator[Cells]:
    if not cells:
        yield ()
    for first in sorted(set(cells)):
        rest = list(cells)
        rest.remove(first)
        yield from ((first, *tail) for tail in arrangements(rest))


def assert_as_declared(block: Blocks, exact: Exact) -> None:
    """Probabilities exactly the shares; cells and totals within 1; nothing but the counts tells assignments apart."""
    assert sum(exact.values()) == 1
    cells = len(block.weights[0])
    for row, stratum in enumerate(block.codes.tolist()):
        for cell in range(cells):
            found = sum((p for assigned_cells, p in exact.items() if assigned_cells[row] == cell), Fraction(0))
            assert found == block.shares[stratum][cell]
    sizes = block.sizes.tolist()
    targets = [sum(n * share[cell] for n, share in zip(sizes, block.shares, strict=True)) for cell in range(cells)]
    by_counts: dict[tuple[tuple[tuple[int, int], int], ...], set[Fraction]] = defaultdict(set)
    for assigned_cells, probability in exact.items():
        counts = Counter(zip(block.codes.tolist(), assigned_cells, strict=True))
        for stratum, cell in product(range(len(sizes)), range(cells)):
            assert abs(counts[stratum, cell] - sizes[stratum] * block.shares[stratum][cell]) < 1
        assert all(abs(assigned_cells.count(cell) - target) < 1 for cell, target in enumerate(targets))
        by_counts[tuple(sorted(counts.items()))].add(probability)
    assert all(len(probabilities) == 1 for probabilities in by_counts.values())


def population(strata: str, *, barred: Sequence[str] | None = None, cluster: str | None = None) -> Units:
    """One customer a letter, which is the stratum."""
    return Units(
        ids=pa.array([f"customer {at}" for at in range(len(strata))]),
        strata=pa.array(list(strata)),
        cluster=None if cluster is None else pa.array(list(cluster)),
        barred=None if barred is None else pa.array(barred),
    )


DESIGNS: dict[str, tuple[BaseScheme, Units]] = {
    **{
        f"complete, {n} customers, 2 arms": (Complete(arms=("nfa", "letter"), weights=(1, 1)), population("x" * n))
        for n in range(1, 9)
    },
    **{
        f"complete, {n} customers, 3 arms 2:1:1": (Complete(arms=THREE, weights=(2, 1, 1)), population("x" * n))
        for n in range(1, 9)
    },
    "complete, shares .3 .7": (Complete(arms=("nfa", "letter"), weights=(3, 7)), population("x" * 7)),
    "stratified, 3 and 5": (Complete(arms=("nfa", "letter"), weights=(1, 1)), population("xxxyyyyy")),
    "stratified, 1, 2 and 3": (Complete(arms=THREE, weights=(1, 1, 1)), population("xyyzzz")),
    "stratified, five of one": (Complete(arms=("nfa", "letter"), weights=(1, 2)), population("stuvw")),
    "arms barred to some": (
        Complete(arms=THREE, weights=(2, 1, 1)),
        population("xxxxxyy", barred=["", "", "", "sms", "sms", "", "letter"]),
    ),
    "an arm alone": (
        Complete(arms=THREE, weights=(1, 1, 1)),
        population("xxxxx", barred=["", "", "", "letter sms", "letter sms"]),
    ),
    "hold-out of a fifth": (
        Complete(arms=("nfa", "letter"), weights=(1, 1), comparison="nfa", hold_out=Fraction(1, 5)),
        population("xxxxyyy"),
    ),
    "hold-out and barred arms": (
        Complete(arms=THREE, weights=(1, 1, 1), comparison="nfa", hold_out=Fraction(1, 10)),
        population("xxxxx", barred=["", "", "", "sms", "sms"]),
    ),
    "factorial, two by two": (
        Factorial(
            arms=("a", "b", "c", "d"),
            weights=(1, 1, 1, 1),
            factors=(("norm", ("no", "yes")), ("channel", ("letter", "sms"))),
            levels=(("no", "letter"), ("no", "sms"), ("yes", "letter"), ("yes", "sms")),
        ),
        population("xxxyyy"),
    ),
    "factorial beside no further action": (
        Factorial(
            arms=("nfa", "a", "b", "c", "d"),
            weights=(2, 1, 1, 1, 1),
            factors=(("norm", ("no", "yes")), ("channel", ("letter", "sms"))),
            levels=((), ("no", "letter"), ("yes", "letter"), ("no", "sms"), ("yes", "sms")),
        ),
        population("xxxxx"),
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_exact_distribution(name: str) -> None:
    scheme, units = DESIGNS[name]
    block = block_units(units, scheme)
    exact = by_order(block, scheme.groups)
    assert_as_declared(block, exact)
    if isinstance(scheme, Factorial):
        first = scheme.factors[0][1]
        for level in first:
            arms = [k for k, levels in enumerate(scheme.levels) if levels and levels[0] == level]
            target = sum(
                n * share[k] for n, share in zip(block.sizes.tolist(), block.shares, strict=True) for k in arms
            )
            assert all(abs(sum(cells.count(k) for k in arms) - target) < 1 for cells in exact)


@pytest.mark.parametrize(
    "name",
    [
        "complete, 4 customers, 2 arms",
        "complete, 3 customers, 3 arms 2:1:1",
        "complete, 4 customers, 3 arms 2:1:1",
        "an arm alone",
    ],
)
def test_every_order_of_the_keys_drawn(name: str) -> None:
    scheme, units = DESIGNS[name]
    block = block_units(units, scheme)
    assert every_order(block, scheme.groups) == by_order(block, scheme.groups)


def test_one_stratum_is_complete_randomisation_as_the_books_have_it() -> None:
    exact = by_order(block_units(population("x" * 8), Complete(arms=("nfa", "letter"), weights=(1, 1))))
    assert exact == {cells: Fraction(1, 70) for cells in product((0, 1), repeat=8) if sum(cells) == 4}


def test_clusters_are_assigned_whole_with_the_declared_probability() -> None:
    """Customers of clusters a, b and c: the distribution is that over clusters, and nothing parts a cluster."""
    scheme = Complete(arms=("nfa", "letter"), weights=(1, 2), cluster="household")
    collapsed = clusters(population("xxxxxx", cluster="aaabbc"))
    block = block_units(collapsed.units, scheme)
    exact = by_order(block)
    assert_as_declared(block, exact)
    assert exact == {cells: Fraction(1, 3) for cells in product((0, 1), repeat=3) if sum(cells) == 2}
    customers = {tuple(np.array(cells)[collapsed.member_of].tolist()) for cells in exact}
    assert customers == {(0, 0, 0, 1, 1, 1), (1, 1, 1, 0, 0, 1), (1, 1, 1, 1, 1, 0)}


def test_a_cluster_is_barred_from_what_any_member_is() -> None:
    scheme = Complete(arms=THREE, weights=(1, 1, 1), cluster="household")
    collapsed = clusters(population("xxxxxx", cluster="aabbcc", barred=["", "sms", "", "", "sms", "letter"]))
    block = block_units(collapsed.units, scheme)
    assert collapsed.units.barred.to_pylist() == ["sms", "", "letter sms"]
    assert_as_declared(block, by_order(block))


@pytest.mark.parametrize(("tuples", "arms"), [("aabbccdd", 2), ("aaabbb", 3), ("aaaabbbb", 4)])
def test_matched_tuples_give_each_arm_once_in_every_way(tuples: str, arms: int) -> None:
    scheme = MatchedPairs(arms=tuple("wxyz"[:arms]), weights=(1,) * arms, pairs="pair")
    units = Units(ids=pa.array([str(at) for at in range(len(tuples))]), tuple_of=pa.array(list(tuples)))
    block = block_units(matched(units, scheme), scheme)
    exact = by_order(block)
    assert_as_declared(block, exact)
    assert len(exact) == factorial(arms) ** len(set(tuples))
    assert len(set(exact.values())) == 1


@pytest.mark.parametrize("weights", [(1, 1), (3, 1), (1, 2, 4), (1, 1, 1, 1, 1, 1, 1), (333, 667)])
def test_simple_probabilities_are_the_shares_to_the_last_key(weights: tuple[int, ...]) -> None:
    """Each key is as likely as another, so a probability is a count of keys: within one key of the share."""
    cuts = [0, *thresholds(weights), 2**64]
    for weight, low, high in zip(weights, cuts, cuts[1:], strict=False):
        assert abs(Fraction(high - low, 2**64) - Fraction(weight, sum(weights))) < Fraction(1, 2**64)


def two_stage() -> tuple[TwoStage, Units]:
    scheme = TwoStage(
        arms=("nfa", "letter"),
        weights=(1, 1),
        comparison="nfa",
        cluster="office",
        saturations=(("none", Fraction(0)), ("some", Fraction(1, 3)), ("most", Fraction(3, 4))),
        saturation_weights=(1, 1, 2),
    )
    return scheme, population("xxxxxxxx", cluster="aaabbccc")


def test_two_stages_multiply_to_the_declared_probability() -> None:
    """Saturations are assigned to clusters exactly; then customers within, given each way that may fall out."""
    scheme, units = two_stage()
    first = BaseScheme(arms=("none", "some", "most"), weights=scheme.saturation_weights)
    offices = block_units(clusters(units).units, first)
    chosen = by_order(offices)
    assert_as_declared(offices, chosen)
    member = clusters(units).member_of
    treated = np.array([Fraction(0)] * 8)
    for saturations, probability in chosen.items():
        weights = tuple(scheme.weights_at(saturation, "") for saturation in saturations)
        within = Blocks(tuple((str(office), "") for office in range(3)), member, weights)
        exact = by_order(within)
        assert_as_declared(within, exact)
        for cells, conditional in exact.items():
            treated += probability * conditional * np.array(cells)
    assert set(treated.tolist()) == {scheme.marginal("")[1]}
    assert scheme.marginal("") == (1 - Fraction(11, 24), Fraction(11, 24))


def redrawn() -> tuple[Rerandomised, Units]:
    scheme = Rerandomised(arms=("nfa", "letter"), weights=(1, 1), covariates=("age", "debt"), threshold=Fraction(1))
    covariates = np.array([[1.0, 5], [2, 3], [3, 8], [4, 1], [5, 9], [6, 2], [7, 7], [9, 4]])
    return scheme, Units(ids=pa.array([f"customer {at}" for at in range(8)]), covariates=covariates)


def acceptable(scheme: Rerandomised, units: Units) -> list[Cells]:
    """Every assignment of four and four within the threshold, by the textbook formula in floating point."""
    x = units.covariates
    assert x is not None
    inverse = np.linalg.inv(np.cov(x.T))
    found = []
    for cells in product((0, 1), repeat=8):
        arm = np.array(cells)
        if arm.sum() == 4:
            apart = x[arm == 1].mean(axis=0) - x[arm == 0].mean(axis=0)
            distance = 4 * 4 / 8 * apart @ inverse @ apart
            assert distance == pytest.approx(float(criterion(x).distance(arm.astype(np.int8), 2)), rel=1e-4)
            if distance <= float(scheme.threshold):
                found.append(cells)
    return found


def test_acceptable_draws_give_every_customer_each_arm_equally_often() -> None:
    accepted = acceptable(*redrawn())
    assert 10 < len(accepted) < 60
    assert set(np.mean(accepted, axis=0).tolist()) == {0.5}
    assert {tuple(1 - cell for cell in cells) for cells in accepted} == set(accepted)


def conducted_exactly() -> dict[str, tuple[Scheme, Units, Exact]]:
    """Whole draws whose distribution is known."""
    cases: dict[str, tuple[Scheme, Units, Exact]] = {}
    for name in ("complete, 5 customers, 2 arms", "stratified, 1, 2 and 3", "arms barred to some", "an arm alone"):
        scheme, units = DESIGNS[name]
        assert isinstance(scheme, Complete)
        cases[name] = (scheme, units, by_order(block_units(units, scheme), scheme.groups))
    scheme, units = DESIGNS["factorial beside no further action"]
    assert isinstance(scheme, Factorial)
    cases["factorial"] = (scheme, units, by_order(block_units(units, scheme), scheme.groups))
    simple = Simple(arms=THREE, weights=(2, 1, 1))
    shares = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))
    every = {cells: prod((shares[cell] for cell in cells), start=Fraction(1)) for cells in product(range(3), repeat=3)}
    cases["simple"] = (simple, population("xxx"), every)
    redraw, redraw_units = redrawn()
    accepted = acceptable(redraw, redraw_units)
    cases["rerandomised"] = (redraw, redraw_units, dict.fromkeys(accepted, Fraction(1, len(accepted))))
    pairs = MatchedPairs(arms=("nfa", "letter"), weights=(1, 1), pairs="pair")
    paired = Units(ids=pa.array(list("123456")), tuple_of=pa.array(list("aabbcc")))
    flips = {(a, 1 - a, b, 1 - b, c, 1 - c): Fraction(1, 8) for a, b, c in product((0, 1), repeat=3)}
    cases["matched pairs"] = (pairs, paired, flips)
    grouped = Complete(arms=("nfa", "letter"), weights=(1, 2), cluster="household")
    whole = dict.fromkeys([(0, 0, 0, 1, 1, 1), (1, 1, 1, 0, 0, 1), (1, 1, 1, 1, 1, 0)], Fraction(1, 3))
    cases["clustered"] = (grouped, population("xxxxxx", cluster="aaabbc"), whole)
    return cases


CONDUCTED = conducted_exactly()


@pytest.mark.parametrize("name", CONDUCTED)
def test_conducted_draws_follow_the_exact_distribution(name: str) -> None:
    """300 seeds; nothing outside the exact distribution ever, and a chi-square over all assignments."""
    scheme, units, exact = CONDUCTED[name]
    seen = Counter(
        tuple(conduct(scheme, units, seed_of(f"{name} {number}"), "trial").arm.tolist()) for number in range(300)
    )
    assert set(seen) <= set(exact)
    expected = np.array([float(300 * probability) for probability in exact.values()])
    counts = np.array([seen[cells] for cells in exact])
    # Assignments too rare for the approximation are taken together, a handful at a time.
    pooled = np.cumsum(expected) // 5
    edges = np.flatnonzero(np.diff(pooled, prepend=-1))
    counts, expected = np.add.reduceat(counts, edges), np.add.reduceat(expected, edges)
    assert chdtrc(max(1, len(expected) - 1), ((counts - expected) ** 2 / expected).sum()) > 0.001


@pytest.mark.parametrize("name", CONDUCTED)
def test_the_probability_stored_is_the_exact_one(name: str) -> None:
    scheme, units, exact = CONDUCTED[name]
    for number in range(5):
        assignment = conduct(scheme, units, seed_of(f"{name} {number}"), "trial")
        for row, (arm, stored) in enumerate(zip(assignment.arm.tolist(), assignment.probability.tolist(), strict=True)):
            assert stored == float(sum((p for cells, p in exact.items() if cells[row] == arm), Fraction(0)))


def test_two_stage_draws_are_stored_with_both_probabilities() -> None:
    scheme, units = two_stage()
    member = clusters(units).member_of
    for number in range(20):
        assignment = conduct(scheme, units, seed_of(f"two stages {number}"), "trial")
        assert assignment.saturation is not None
        assert assignment.conditional is not None
        assert all(len(set(assignment.saturation[member == office].tolist())) == 1 for office in range(3))
        for saturation, arm, conditional, marginal in zip(
            assignment.saturation, assignment.arm, assignment.conditional, assignment.probability, strict=True
        ):
            weights = scheme.weights_at(int(saturation), "")
            assert conditional == weights[arm] / sum(weights)
            assert marginal == float(scheme.marginal("")[arm])
        for office in range(3):
            treated = float(scheme.saturations[int(assignment.saturation[member == office][0])][1])
            size = (member == office).sum()
            assert abs((assignment.arm[member == office] == 1).sum() - treated * size) < 1
