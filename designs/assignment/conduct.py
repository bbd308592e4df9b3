"""Declare a scheme from the protocol, and conduct it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment.clustered import clusters
from designs.assignment.complete import Complete
from designs.assignment.dealing import IdsOf
from designs.assignment.declared import whole_weights
from designs.assignment.keyed import LEAF, digest_of_leaves, first_words, keys, refuse_repeats
from designs.assignment.simple import Simple, deal_simply
from designs.assignment.stratified import Blocks, blocks, deal_within, stratum_labels
from designs.assignment.stream import Randomness
from designs.assignment.units import Assignment, Codes, Units, checked_ids, tabulated
from designs.errors import DesignRefused

if TYPE_CHECKING:
    from designs.protocol.models import Protocol

Scheme = Simple | Complete


def declare(protocol: Protocol) -> Scheme:
    """The scheme that a protocol promises.

    Raises:
        DesignRefused: The trial is randomised elsewhere, or an arm has no share.
    """
    declared = protocol.randomisation
    if declared.method == "external":
        raise DesignRefused(
            "this trial is randomised elsewhere",
            where="randomisation.method",
            rule="an external allocation is registered as it came, never dealt here",
        )
    _refuse_what_is_not_dealt_yet(protocol)
    shares = [_share_of(arm.id, arm.share) for arm in protocol.arms]
    terms: dict[str, Any] = {
        "arms": tuple(arm.id for arm in protocol.arms),
        "weights": whole_weights(shares),
        "strata": declared.strata,
        "cluster": protocol.cluster,
    }
    return Simple(**terms) if declared.method == "simple" else Complete(**terms)


def _refuse_what_is_not_dealt_yet(protocol: Protocol) -> None:
    """A promise that no scheme here keeps is refused, never dealt as something simpler."""
    declared = protocol.randomisation
    promised = {
        f"randomisation.method: {declared.method}": declared.method not in ("simple", "complete"),
        "randomisation.hold_out": declared.hold_out is not None,
        "randomisation.waves": bool(declared.waves),
        "arms.not_for": any(arm.not_for for arm in protocol.arms),
    }
    for key, given in promised.items():
        if given:
            raise DesignRefused("this version cannot deal it", where=key, rule="a trial is dealt exactly as declared")


def _share_of(arm: str, share: float | None) -> float:
    if share is None:
        raise DesignRefused(
            f"arm {arm!r} has no share", where="arms", rule="a trial randomised here gives every arm a share"
        )
    return share


def gather(scheme: Scheme, table: Any, unit: str) -> Units:
    """The units of a scheme from the columns of a table.

    Args:
        scheme: What was declared.
        table: An Arrow table, one row a customer.
        unit: Name of the id column.
    """
    needed = [unit, *scheme.strata, *([scheme.cluster] if scheme.cluster else [])]
    absent = [name for name in needed if name not in table.column_names]
    if absent:
        raise DesignRefused(f"the population has no column {absent[0]!r}", where="population", rule="the draw needs it")
    return Units(
        ids=table.column(unit),
        strata=stratum_labels({name: table.column(name) for name in scheme.strata}) if scheme.strata else None,
        cluster=table.column(scheme.cluster) if scheme.cluster else None,
    )


@dataclass(frozen=True, slots=True)
class _Dealt:
    """Arms of the units that were randomised, and of the customers in them."""

    arm: NDArray[np.int8]
    block: Blocks
    customer: NDArray[np.int64] | None  # the unit of each customer, where clusters were dealt


def conduct(scheme: Scheme, units: Units, seed: str, trial_id: str) -> Assignment:
    """Carry a declared scheme out.

    Args:
        scheme: From :func:`declare`.
        units: The frozen population; rows in any order.
        seed: 64 lower-case hexadecimal characters, drawn after the population was frozen and the protocol locked.
        trial_id: The protocol's id.

    Returns:
        The same assignment for the same (scheme, population, seed, trial), whatever the order of the rows.

    Raises:
        DesignRefused: An id, stratum or cluster that cannot be dealt, by name. Nothing is dealt then.
    """
    randomness = Randomness(seed, trial_id)
    ids = checked_ids(units.ids)
    _refuse_unequal(units)
    leaves = first_words([LEAF], ids)[0]
    refuse_repeats(leaves, ids)
    dealt = _deal(scheme, units, randomness)
    arm, codes = _of_customers(dealt)
    rows, table = dealt.block.rows, dealt.block.probabilities()
    return Assignment(
        arms=scheme.arms,
        arm=arm,
        probability=table[codes, arm],
        counts=tabulated(codes, arm, rows, scheme.arms),
        dealt=tabulated(dealt.block.codes, dealt.arm, rows, scheme.arms),
        digest=digest_of_leaves(leaves, arm, scheme.arms),
        warnings=strata_warnings(dealt.block),
    )


def _deal(scheme: Scheme, units: Units, randomness: Randomness) -> _Dealt:
    if scheme.cluster and units.cluster is None:
        raise DesignRefused(
            f"clusters by {scheme.cluster!r} are declared, and the units carry none",
            rule="the unit declared is the unit dealt",
        )
    collapsed = clusters(units) if scheme.cluster else None
    dealt_units = units if collapsed is None else collapsed.units
    ids = checked_ids(dealt_units.ids)
    block = blocks(dealt_units, scheme.arms, scheme.weights)
    arm = deal_blocks(
        scheme, block, keys(randomness.key_prefix, ids), lambda rows: ids.take(pa.array(rows)).to_pylist(), randomness
    )
    return _Dealt(arm, block, None if collapsed is None else collapsed.member_of)


def deal_blocks(
    scheme: Scheme, block: Blocks, keyed: NDArray[np.uint64], ids_of: IdsOf, randomness: Randomness
) -> NDArray[np.int8]:
    """The arm of every unit of a simple or complete scheme, from the units' keys and strata."""
    if isinstance(scheme, Simple):
        return deal_simply(block, keyed)
    return deal_within(block, keyed, ids_of, randomness)


def _of_customers(dealt: _Dealt) -> tuple[NDArray[np.int8], Codes]:
    if dealt.customer is None:
        return dealt.arm, dealt.block.codes
    return dealt.arm[dealt.customer], dealt.block.codes[dealt.customer]


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
