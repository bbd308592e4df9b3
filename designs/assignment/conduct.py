"""Conduct a declared scheme: the one function that deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.hashing import MANY, first_words
from designs.assignment.declare import Scheme
from designs.assignment.keyed.keys import LEAF, digest_of_leaves, refuse_repeats
from designs.assignment.keyed.order import IdsOf
from designs.assignment.keyed.stream import Randomness
from designs.assignment.population.clusters import clusters
from designs.assignment.population.units import Units, checked_ids, levels
from designs.assignment.result import Assignment, tabulated
from designs.assignment.schemes.matched_pairs import MatchedPairs, matched
from designs.assignment.schemes.rerandomised import Rerandomised, criterion, redraw
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.scheme import Declared
from designs.assignment.schemes.simple import Simple, deal_simply
from designs.assignment.schemes.stratified import Blocks, blocks, deal_within
from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True)
class _Dealt:
    """Cells of the units that were dealt, and the strata that they are counted by."""

    cell: NDArray[np.int8]
    block: Blocks
    draws: int = 1


def conduct(scheme: Scheme, units: Units, seed: str, trial_id: str, *, scope: str = "") -> Assignment:
    """Carry a declared scheme out.

    Args:
        scheme: From :func:`designs.assignment.declare`.
        units: The frozen population; rows in any order.
        seed: 64 lower-case hexadecimal characters, drawn after the population was frozen and the protocol locked.
        trial_id: The protocol's id.
        scope: "" for the first wave; :func:`designs.assignment.population.waves.scope_of` names that of a later one.

    Returns:
        The same assignment for the same (scheme, population, seed, trial, scope), whatever the order of the rows.

    Raises:
        DesignRefused: An id, stratum or cluster that cannot be dealt, by name. Nothing is dealt then.
    """
    randomness = Randomness(seed, trial_id, scope)
    ids = checked_ids(units.ids)
    _refuse_unequal(units)
    leaves = first_words([LEAF], ids)[0]
    refuse_repeats(leaves, ids)
    if scheme.cluster and units.cluster is None:
        raise DesignRefused(
            f"clusters by {scheme.cluster!r} are declared, and the units carry none",
            rule="the unit declared is the unit dealt",
        )
    units = replace(units, ids=ids)
    if isinstance(scheme, TwoStage):
        return _two_stage(scheme, units, randomness, leaves)
    collapsed = clusters(units) if scheme.cluster else None
    dealt = _deal(scheme, units if collapsed is None else collapsed.units, randomness)
    cell, codes = dealt.cell, dealt.block.codes
    if collapsed is not None:
        cell, codes = cell[collapsed.member_of], codes[collapsed.member_of]
    arm = scheme.arm_of_cell[cell]
    return Assignment(
        arms=scheme.arms,
        arm=arm,
        probability=as_doubles(arm_shares(scheme, dealt.block.shares))[codes, arm],
        counts=tabulated(codes, arm, dealt.block.rows, scheme.arms),
        dealt=tabulated(dealt.block.codes, dealt.cell, dealt.block.rows, scheme.cells),
        digest=digest_of_leaves(leaves, arm, scheme.arms),
        warnings=strata_warnings(dealt.block),
        held_out=cell == len(scheme.arms) if scheme.hold_out else None,
        draws=dealt.draws,
    )


def _deal(scheme: Scheme, units: Units, randomness: Randomness) -> _Dealt:
    """Deal units of which each gets a cell of its own."""
    ids = checked_ids(units.ids)

    def ids_of(rows: NDArray[np.int64]) -> list[str]:
        texts: list[str] = ids.take(pa.array(rows)).to_pylist()
        return texts

    def once(block: Blocks, drawn: Randomness, many: bool | None = None) -> NDArray[np.int8]:
        keyed = first_words([drawn.key_prefix], ids, many=many)[0]
        return deal_blocks(scheme, block, keyed, ids_of, drawn)

    block = blocks(units, scheme)
    if isinstance(scheme, MatchedPairs):
        return _Dealt(once(blocks(matched(units, scheme), scheme), randomness), block)
    if isinstance(scheme, Rerandomised):
        if units.covariates is None or any(barred for _, barred in block.rows):
            raise DesignRefused(
                "rerandomisation without covariates, or with an arm barred to some customers",
                where="randomisation.rerandomise",
                rule="everybody can get every arm, and everybody's covariates are known",
            )
        balance = criterion(units.covariates, scheme.covariates)
        # Hundreds of draws are likely, so compiling pays long before one draw is large.
        many = len(ids) * 20 >= MANY
        cell, draws = redraw(scheme, balance, randomness, lambda drawn: once(block, drawn, many))
        return _Dealt(cell, block, draws)
    return _Dealt(once(block, randomness), block)


def deal_blocks(
    scheme: Scheme, block: Blocks, keyed: NDArray[np.uint64], ids_of: IdsOf, randomness: Randomness
) -> NDArray[np.int8]:
    """The cell of every unit, from the units' keys and strata."""
    if isinstance(scheme, Simple):
        return deal_simply(block, keyed)
    return deal_within(block, keyed, ids_of, randomness, scheme.groups)


def _two_stage(scheme: TwoStage, units: Units, randomness: Randomness, leaves: NDArray[np.uint64]) -> Assignment:
    """Deal clusters to saturations; then, cluster by cluster, customers to arms."""
    names = tuple(name for name, _ in scheme.saturations)
    first = Declared(arms=names, weights=scheme.saturation_weights)
    whole = clusters(replace(units, barred=None, covariates=None))
    chosen = _deal_plain(first, whole.units, randomness.within("saturations"))
    counted = blocks(units, scheme)
    cluster = levels(units.cluster, "cluster")
    present, codes = np.unique(cluster.codes * len(counted.rows) + counted.codes, return_inverse=True)
    cells = [divmod(code, len(counted.rows)) for code in present.tolist()]
    within = Blocks(
        rows=tuple((cluster.names[group], counted.rows[at][1]) for group, at in cells),
        codes=codes.astype(np.int64),
        weights=tuple(scheme.weights_at(int(chosen.cell[group]), counted.rows[at][1]) for group, at in cells),
    )
    ids = checked_ids(units.ids)
    keyed = first_words([randomness.key_prefix], ids)[0]
    arm = deal_within(within, keyed, lambda rows: ids.take(pa.array(rows)).to_pylist(), randomness)
    marginal = as_doubles(tuple(scheme.marginal(barred) for _, barred in counted.rows))
    return Assignment(
        arms=scheme.arms,
        arm=arm,
        probability=marginal[counted.codes, arm],
        counts=tabulated(counted.codes, arm, counted.rows, scheme.arms),
        dealt=tabulated(chosen.block.codes, chosen.cell, chosen.block.rows, names),
        digest=digest_of_leaves(leaves, arm, scheme.arms),
        warnings=strata_warnings(chosen.block),
        conditional=as_doubles(within.shares)[within.codes, arm],
        saturation=chosen.cell[whole.member_of],
    )


def _deal_plain(scheme: Declared, units: Units, randomness: Randomness) -> _Dealt:
    block, ids = blocks(units, scheme), checked_ids(units.ids)
    keyed = first_words([randomness.key_prefix], ids)[0]
    cell = deal_within(block, keyed, lambda rows: ids.take(pa.array(rows)).to_pylist(), randomness)
    return _Dealt(cell, block)


def arm_shares(scheme: Declared, shares: Sequence[Sequence[Fraction]]) -> tuple[tuple[Fraction, ...], ...]:
    """Probabilities of the arms from those of the cells: the hold-out belongs to the comparison."""
    cells_of = [np.flatnonzero(scheme.arm_of_cell == arm).tolist() for arm in range(len(scheme.arms))]
    return tuple(tuple(sum((row[cell] for cell in cells), Fraction(0)) for cells in cells_of) for row in shares)


def as_doubles(shares: Sequence[Sequence[Fraction]]) -> NDArray[np.float64]:
    """Probabilities as they are stored."""
    return np.array([[float(share) for share in row] for row in shares])


def _refuse_unequal(units: Units) -> None:
    n = len(units)
    columns: Sequence[Any] = (units.strata, units.cluster, units.barred, units.tuple_of, units.covariates)
    if n == 0:
        raise DesignRefused("there is nobody to deal", rule="a draw needs at least one customer")
    if any(column is not None and len(column) != n for column in columns):
        raise DesignRefused("the columns of the population differ in length", rule="one row a customer in each")


def strata_warnings(block: Blocks) -> tuple[str, ...]:
    """What a reader of the allocation should know about its strata."""
    found = []
    for (stratum, barred), size, weights in zip(block.rows, block.sizes.tolist(), block.weights, strict=True):
        name = f"stratum {stratum!r}" + (f" without {barred}" if barred else "")
        open_arms = sum(weight > 0 for weight in weights)
        if open_arms == 1:
            found.append(f"{name}: one arm only is open to its {size} units, so they say nothing about any contrast")
        elif size < open_arms:
            found.append(f"{name}: {size} units for {open_arms} arms, so some arm has none")
    return tuple(found)
