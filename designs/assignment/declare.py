"""The scheme that a protocol promises, and the units that it is carried out on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from designs.assignment.population.strata import cross, labelled
from designs.assignment.population.units import Units, as_array, levels
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial
from designs.assignment.schemes.matched_pairs import MatchedPairs
from designs.assignment.schemes.rerandomised import Rerandomised
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.scheme import Bar, BaseScheme, least_units, whole_weights
from designs.assignment.schemes.simple import Simple
from designs.errors import DesignRefused
from designs.protocol.columns import column_kinds
from designs.protocol.models import Protocol

Scheme = Simple | Complete | Factorial | MatchedPairs | Rerandomised | TwoStage
_Given = TypeVar("_Given")


def declare(protocol: Protocol, algorithm: str = "") -> Scheme:
    """The scheme that a protocol promises.

    Args:
        protocol: Of a trial randomised here.
        algorithm: By which an allocation was made, where it is repeated; the latest for a new one.

    Raises:
        DesignRefused: The trial is randomised elsewhere, or what it declares cannot be promised.
    """
    declared = protocol.randomisation
    terms = _common_terms(protocol) | {"algorithm": algorithm}
    match declared.method:
        case "external":
            raise DesignRefused(
                "this trial is randomised elsewhere",
                where="randomisation.method",
                rule="an external allocation is registered as it came, never drawn here",
            )
        case "simple":
            return Simple(**terms)
        case "complete":
            return Complete(**terms)
        case "factorial":
            factors = tuple((declared.factors or {}).items())
            levels_of = [arm.levels or {} for arm in protocol.arms]
            return Factorial(
                **terms,
                factors=factors,
                levels=tuple(tuple(arm[name] for name, _ in factors) if arm else () for arm in levels_of),
            )
        case "matched_pairs":
            return MatchedPairs(**terms, pairs=_declared(declared.pairs, "pairs"))
        case "rerandomised":
            balance = _declared(declared.rerandomise, "rerandomise")
            return Rerandomised(**terms, covariates=balance.covariates, threshold=Fraction(str(balance.threshold)))
        case "saturation":
            return TwoStage(
                **terms,
                saturations=tuple((level.id, Fraction(str(level.treated))) for level in declared.saturations),
                saturation_weights=whole_weights([level.share for level in declared.saturations]),
            )


def _common_terms(protocol: Protocol) -> dict[str, Any]:
    declared, kinds = protocol.randomisation, column_kinds(protocol)
    shares = [_declared(arm.share, f"share of {arm.id}") for arm in protocol.arms] if protocol.randomised_here else []
    return {
        "arms": tuple(arm.id for arm in protocol.arms),
        "weights": whole_weights(shares) if shares else (),
        "comparison": protocol.comparison.id,
        "strata": declared.strata,
        "merge": declared.merge,
        "cluster": protocol.cluster,
        "bars": tuple(
            Bar(arm.id, exclusion.conditions, tuple(kinds[condition.column] for condition in exclusion.conditions))
            for arm in protocol.arms
            for exclusion in arm.not_for
        ),
        "hold_out": Fraction(str(declared.hold_out or 0)),
    }


def _declared(value: _Given | None, what: str) -> _Given:
    if value is None:
        raise DesignRefused(f"{what}: this is missing", where="randomisation", rule="the method needs it")
    return value


def gather(scheme: Scheme, table: Any, unit: str) -> Units:
    """The units of a scheme, from the columns of a population.

    Args:
        scheme: What was declared.
        table: An Arrow table, one row a customer.
        unit: Name of the id column.

    Raises:
        DesignRefused: A column is missing, or holds what nobody can be assigned by.
    """
    refuse_absent((unit, *scheme.columns), table.column_names)
    cluster = table.column(scheme.cluster) if scheme.cluster else None
    return Units(
        ids=table.column(unit),
        strata=_strata(scheme, table, cluster) if scheme.strata else None,
        cluster=cluster,
        barred=barred_arms(scheme, table) if scheme.bars else None,
        tuple_of=table.column(scheme.pairs) if isinstance(scheme, MatchedPairs) else None,
        covariates=_numbers(table, scheme.covariates) if isinstance(scheme, Rerandomised) else None,
    )


def refuse_absent(needed: Sequence[str], present: Sequence[str], where: str = "population") -> None:
    """Refuse a population that lacks a column."""
    absent = [name for name in needed if name not in present]
    if absent:
        raise DesignRefused(f"the population has no column {absent[0]!r}", where=where, rule="the draw needs it")


def _strata(scheme: BaseScheme, table: Any, cluster: Any | None) -> Any:
    columns = {name: table.column(name) for name in scheme.strata}
    return merged_strata(columns, cluster, scheme.merge, scheme.least_per_stratum)


def merged_strata(columns: Mapping[str, Any], cluster: Any | None, merge: Sequence[str], least: int) -> Any:
    """Each customer's stratum as it is assigned within, small ones merged: n texts, dictionary-encoded.

    Args:
        columns: Name and n values of each stratum variable.
        cluster: n texts, where whole clusters are assigned.
        merge: The variables given up in turn.
        least: How many units a stratum needs.

    Raises:
        DesignRefused: A customer has no stratum or cluster.
    """
    crossing = cross(columns)
    sizes = crossing.sizes
    if cluster is not None:
        # Clusters are what is assigned, so they are what a stratum must hold enough of.
        group = levels(cluster, "cluster")
        pairs = np.unique(crossing.codes * len(group.names) + group.codes)
        sizes = np.bincount(pairs // len(group.names), minlength=len(crossing.rows))
    return labelled(crossing, sizes.tolist(), merge, least)


def strata_as_assigned(
    protocol: Protocol, table: Any, *, arms: Mapping[str, int] | None = None, algorithm: str = ""
) -> Any:
    """Each customer's stratum as they were assigned in it, small strata merged in the declared order.

    Args:
        protocol: One with ``randomisation.merge``.
        table: Everybody who was assigned in one draw, with the columns of the strata and of the cluster.
        arms: Customers by arm, of a trial randomised elsewhere: where it declares no shares, these stand for them, and
            a stratum that was not known of a customer is one of its own.
        algorithm: By which an allocation was made here.

    Returns:
        A dictionary-encoded Arrow array of n texts.
    """
    declared = protocol.randomisation
    cluster = table.column(protocol.cluster) if protocol.cluster else None
    columns = {name: table.column(name) for name in declared.strata}
    if protocol.randomised_here:
        return merged_strata(columns, cluster, declared.merge, declare(protocol, algorithm).least_per_stratum)
    shares = declared.shares or {arm.id: arm.share for arm in protocol.arms if arm.share}
    weights = list((shares or arms or {}).values())
    least = least_units([weight for weight in weights if weight > 0] or [1] * len(protocol.arms))
    known = {name: _with_unknown(column) for name, column in columns.items()}
    return merged_strata(known, cluster, declared.merge, least)


def _with_unknown(column: Any) -> Any:
    """A column as text, with a level of its own for who has none."""
    text = as_array(column).cast(pa.string())
    if not text.null_count:
        return text
    name = "not known"
    while pc.is_in(pa.scalar(name), value_set=text).as_py():
        name += " "
    return pc.fill_null(text, name)


def barred_arms(scheme: BaseScheme, table: Any) -> Any:
    """The arms that each customer may not get, as text: the ids sorted, separated by spaces."""
    arms = sorted({bar.arm for bar in scheme.bars})
    tests = [
        reduce(or_, (bar.test for bar in scheme.bars if bar.arm == arm)).alias(str(at)) for at, arm in enumerate(arms)
    ]
    frame = nw.from_native(table, eager_only=True).select(*tests)
    pattern = np.zeros(len(table), np.int64)
    for at in range(len(arms)):
        pattern |= frame[str(at)].to_numpy().astype(np.int64) << at
    present, codes = np.unique(pattern, return_inverse=True)
    texts = [" ".join(arm for at, arm in enumerate(arms) if mask >> at & 1) for mask in present.tolist()]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(texts, pa.string()))


def _numbers(table: Any, names: Sequence[str]) -> NDArray[np.float64]:
    """n × q doubles; a missing value is a NaN, which the criterion refuses by name."""
    columns = [as_array(table.column(name).cast(pa.float64())).to_numpy(zero_copy_only=False) for name in names]
    return np.column_stack(columns)
