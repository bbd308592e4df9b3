"""Conduct a declared scheme: the one function that assigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.hashing import MANY, first_words
from designs.assignment.declare import Scheme
from designs.assignment.drawn import as_doubles, drawn_for_customers, strata_warnings
from designs.assignment.keyed.keys import LEAF, digest_of_leaves, refuse_repeats
from designs.assignment.keyed.order import IdsOf, ids_among
from designs.assignment.keyed.stream import Randomness
from designs.assignment.population.clusters import clusters
from designs.assignment.population.units import Units, checked_ids, levels
from designs.assignment.result import Assignment, tabulated
from designs.assignment.schemes.matched_pairs import MatchedPairs, matched
from designs.assignment.schemes.rerandomised import Rerandomised, criterion, redraw
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.scheme import BaseScheme
from designs.assignment.schemes.simple import Simple, assign_simply
from designs.assignment.schemes.stratified import Blocks, assign_within_strata, block_units
from designs.errors import DesignRefused


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
        DesignRefused: An id, stratum or cluster that cannot be assigned, by name. Nobody is assigned then.
    """
    randomness = Randomness(seed, trial_id, scope)
    ids = checked_ids(units.ids)
    _refuse_unequal(units)
    leaves = first_words([LEAF], ids)[0]
    refuse_repeats(leaves, ids)
    if scheme.cluster and units.cluster is None:
        raise DesignRefused(
            f"clusters by {scheme.cluster!r} are declared, and the units carry none",
            rule="the unit declared is the unit assigned",
        )
    units = replace(units, ids=ids)
    if isinstance(scheme, TwoStage):
        return _two_stage(scheme, units, randomness, leaves)
    collapsed = clusters(units) if scheme.cluster else None
    cell, blocks, draws = _draw(scheme, units if collapsed is None else collapsed.units, randomness)
    drawn = drawn_for_customers(scheme, blocks, cell, None if collapsed is None else collapsed.member_of)
    return Assignment(
        arms=scheme.arms,
        arm=drawn.arm,
        probability=drawn.shares[drawn.stratum, drawn.arm],
        counts=drawn.counts,
        unit_counts=drawn.unit_counts,
        digest=digest_of_leaves(leaves, drawn.arm, scheme.arms),
        algorithm=scheme.algorithm,
        warnings=drawn.warnings,
        held_out=drawn.cell == len(scheme.arms) if scheme.hold_out else None,
        draws=draws,
    )


def _draw(scheme: Scheme, units: Units, randomness: Randomness) -> tuple[NDArray[np.int8], Blocks, int]:
    """Each unit's cell, the strata that the units are counted by, and how many draws it took."""
    ids = checked_ids(units.ids)

    def draw(blocks: Blocks, within: Randomness, many: bool | None = None) -> NDArray[np.int8]:
        keyed = first_words([within.key_prefix], ids, many=many)[0]
        return assign_blocks(scheme, blocks, keyed, ids_among(ids), within)

    blocks = block_units(units, scheme)
    if isinstance(scheme, MatchedPairs):
        return draw(block_units(matched(units, scheme), scheme), randomness), blocks, 1
    if isinstance(scheme, Rerandomised):
        if units.covariates is None or any(barred for _, barred in blocks.rows):
            raise DesignRefused(
                "rerandomisation without covariates, or with an arm barred to some customers",
                where="randomisation.rerandomise",
                rule="everybody can get every arm, and everybody's covariates are known",
            )
        balance = criterion(units.covariates, scheme.covariates)
        # Hundreds of draws are likely, so compiling pays long before one draw is large.
        many = len(ids) * 20 >= MANY
        cell, draws = redraw(scheme, balance, randomness, lambda within: draw(blocks, within, many))
        return cell, blocks, draws
    return draw(blocks, randomness), blocks, 1


def assign_blocks(
    scheme: Scheme, blocks: Blocks, keyed: NDArray[np.uint64], ids_of: IdsOf, randomness: Randomness
) -> NDArray[np.int8]:
    """The cell of every unit, from the units' keys and strata."""
    if isinstance(scheme, Simple):
        return assign_simply(blocks, keyed)
    return assign_within_strata(blocks, keyed, ids_of, randomness, scheme.groups)


def _two_stage(scheme: TwoStage, units: Units, randomness: Randomness, leaves: NDArray[np.uint64]) -> Assignment:
    """Assign clusters to saturations; then, cluster by cluster, customers to arms."""
    names = tuple(name for name, _ in scheme.saturations)
    first_stage = BaseScheme(arms=names, weights=scheme.saturation_weights)
    collapsed = clusters(replace(units, barred=None, covariates=None))
    cluster_blocks = block_units(collapsed.units, first_stage)
    saturation = _draw_within(cluster_blocks, collapsed.units, randomness.within("saturations"))
    strata = block_units(units, scheme)
    cluster = levels(units.cluster, "cluster")
    present, codes = np.unique(cluster.codes * len(strata.rows) + strata.codes, return_inverse=True)
    pairs = [divmod(code, len(strata.rows)) for code in present.tolist()]
    within = Blocks(
        rows=tuple((cluster.names[group], strata.rows[at][1]) for group, at in pairs),
        codes=codes.astype(np.int64),
        weights=tuple(scheme.weights_at(int(saturation[group]), strata.rows[at][1]) for group, at in pairs),
    )
    arm = _draw_within(within, units, randomness)
    marginal = as_doubles(tuple(scheme.marginal(barred) for _, barred in strata.rows))
    return Assignment(
        arms=scheme.arms,
        arm=arm,
        probability=marginal[strata.codes, arm],
        counts=tabulated(strata.codes, arm, strata.rows, scheme.arms),
        unit_counts=tabulated(cluster_blocks.codes, saturation, cluster_blocks.rows, names),
        digest=digest_of_leaves(leaves, arm, scheme.arms),
        algorithm=scheme.algorithm,
        warnings=strata_warnings(cluster_blocks),
        conditional=as_doubles(within.shares)[within.codes, arm],
        saturation=saturation[collapsed.member_of],
    )


def _draw_within(blocks: Blocks, units: Units, randomness: Randomness) -> NDArray[np.int8]:
    ids = checked_ids(units.ids)
    keyed = first_words([randomness.key_prefix], ids)[0]
    return assign_within_strata(blocks, keyed, ids_among(ids), randomness)


def _refuse_unequal(units: Units) -> None:
    n = len(units)
    columns: Sequence[Any] = (units.strata, units.cluster, units.barred, units.tuple_of, units.covariates)
    if n == 0:
        raise DesignRefused("the population is empty", rule="a draw needs at least one customer")
    if any(column is not None and len(column) != n for column in columns):
        raise DesignRefused("the columns of the population differ in length", rule="one row a customer in each")
