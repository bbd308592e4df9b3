"""Clusters as units: a household, an agent's clients or a company group gets one arm together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment.population.units import Levels, Units, levels
from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True)
class Clusters:
    """The clusters as units, and who belongs to which.

    Args:
        units: G clusters: the cluster's id as id, with its stratum, barred arms, tuple and covariates.
        member_of: n codes into the clusters.
    """

    units: Units
    member_of: NDArray[np.int64] = field(repr=False)


def clusters(units: Units) -> Clusters:
    """Collapse customers to clusters.

    A cluster's barred arms are those barred for any member: it gets one arm, which must be open to all.

    Raises:
        DesignRefused: A stratum, tuple or covariate varies within a cluster; the cluster is named.
    """
    level = levels(units.cluster, "cluster")
    first = first_member(level)
    collapsed = Units(
        ids=pa.array(level.names, pa.string()),
        strata=_constant(units.strata, level, first, "stratum"),
        barred=_barred_for_any(units.barred, level),
        tuple_of=_constant(units.tuple_of, level, first, "matched tuple"),
        covariates=_constant_numbers(units.covariates, level, first),
    )
    return Clusters(collapsed, level.codes)


def first_member(cluster: Levels) -> NDArray[np.int64]:
    """The row of each cluster's first member."""
    _, first = np.unique(cluster.codes, return_index=True)
    return first.astype(np.int64)


def varying_clusters(codes: NDArray[np.int64], cluster: Levels) -> NDArray[np.int64]:
    """The clusters whose members do not all have the same code."""
    same = codes == codes[first_member(cluster)][cluster.codes]
    return np.unique(cluster.codes[~same])


def _constant(column: Any | None, cluster: Levels, first: NDArray[np.int64], what: str) -> Any | None:
    if column is None:
        return None
    level = levels(column, what)
    varying = varying_clusters(level.codes, cluster)
    if len(varying):
        name = cluster.names[int(varying[0])]
        values = sorted({level.names[code] for code in level.codes[cluster.codes == varying[0]].tolist()})
        raise DesignRefused(
            f"the {what} varies within {len(varying)} clusters, first within {name!r}: {', '.join(values[:4])}",
            where=f"cluster {name}",
            rule=f"a cluster is assigned as a whole, so its members share one {what}",
            remedy="stratify by something that the whole cluster shares, or correct the cluster ids",
        )
    return pa.array(level.names, pa.string()).take(pa.array(level.codes[first]))


def _constant_numbers(
    values: NDArray[np.float64] | None, cluster: Levels, first: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    if values is None:
        return None
    same = (values == values[first][cluster.codes]).all(axis=1)
    if not same.all():
        name = cluster.names[int(cluster.codes[np.flatnonzero(~same)[0]])]
        raise DesignRefused(
            "a covariate of the draw varies within a cluster",
            where=f"cluster {name}",
            rule="clusters are balanced or matched on what the whole cluster shares",
            remedy="give every member the cluster's own value, such as its mean",
        )
    return values[first]


def _barred_for_any(barred: Any | None, cluster: Levels) -> Any | None:
    if barred is None:
        return None
    level = levels(barred, "barred-arms text")
    closed: list[set[str]] = [set() for _ in cluster.names]
    pairs = np.unique(cluster.codes * len(level.names) + level.codes)
    for pair in pairs.tolist():
        at, pattern = divmod(pair, len(level.names))
        closed[at] |= set(level.names[pattern].split())
    return pa.array([" ".join(sorted(arms)) for arms in closed], pa.string())
