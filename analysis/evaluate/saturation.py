"""Two-stage saturation: who is compared with whom, for each of its effects.

Clusters are assigned to saturations and customers within them to arms, so no one pair of arms is compared. *Total*:
whole clusters of a saturation against clusters where nobody is treated, as if each had been assigned whole.
*Spillover*: the untreated of a saturation against those clusters. *Direct*: treated against untreated customers of one
saturation.
Pooling the arms over saturations would mix all three: with effects d of treatment and b of the cluster's share it
gives d + b Var(s)/(E s (1 - E s)), the effect of nothing that anybody can do.

Each comparison is a frame whose arms are the classes compared, and a plan that says how they were assigned; what is
true of any trial (regressions, guardrails, redraws, segments, net benefit) is then asked of that frame.

Source: Hudgens & Halloran (2008), JASA 103:832; Baird, Bohren, McIntosh & Özler (2018), Review of Economics and
Statistics 100:844.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN, CONDITIONAL_COLUMN, SATURATION_COLUMN, AnalysisFrame, open_to
from analysis.results import AtSaturation, Bar, Estimand, Estimate
from designs.protocol.eligibility import ELIGIBLE_ARMS
from designs.protocol.models import Arm, Protocol, Range, Saturation

WITHIN_ONE = 1.0 - 1e-9  # customers: how far rounding leaves a cluster's treated from its share


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Rows in which the arms are what is compared, and the plan of that comparison.

    Attributes:
        frame: its rows; ``ARM_COLUMN`` holds the class, under the ids of the arms.
        protocol: as locked, but for what differs in this comparison.
        estimand: what a declared row of it estimates.
        saturation: which saturation that is about.
        bar: why no verdict may rest on it.
    """

    frame: AnalysisFrame
    protocol: Protocol
    estimand: Estimand = "itt"
    saturation: AtSaturation | None = None
    bar: Bar | None = None

    def told(self, rows: Iterable[Estimate]) -> tuple[Estimate, ...]:
        """Rows of the comparison, saying what they estimate and of which saturation they are."""
        return tuple(
            replace(row, estimand=self.estimand if row.estimand == "itt" else row.estimand, saturation=self.saturation)
            for row in rows
        )


@dataclass(frozen=True, slots=True)
class Level:
    """A share treated, and the declared saturations that have it."""

    treated: float
    ids: tuple[str, ...]

    def named(self, *, decides: bool = False) -> AtSaturation:
        return AtSaturation(self.ids[0], self.treated, decides)


def compared(frame: AnalysisFrame, protocol: Protocol) -> Compared:
    """What the verdict rests on: the arms as they are; in a saturation trial, the total effect of the highest one.

    Without clusters where nobody is treated, or with more than one approach, there is no total effect; what can still
    be compared, treated with untreated customers of one saturation, then carries no verdict but established harm.
    """
    if not protocol.randomisation.saturations:
        return Compared(frame, protocol)
    frame = located(frame, protocol)
    bar = bar_of(protocol)
    if bar is not None:
        return replace(direct(frame, protocol, interior(protocol) or levels_of(protocol)), bar=bar)
    return total(frame, protocol, levels_of(protocol)[-1], decides=True)


def bar_of(protocol: Protocol) -> Bar | None:
    """Why a saturation trial has no total effect of one approach."""
    if len(_approaches(protocol)) > 1:
        return "several_approaches"
    return None if levels_of(protocol)[0].treated == 0.0 else "no_untreated_clusters"


def levels_of(protocol: Protocol) -> tuple[Level, ...]:
    """The shares treated that are declared, in ascending order."""
    shares = sorted({level.treated for level in protocol.randomisation.saturations})
    return tuple(Level(share, tuple(s.id for s in _declared(protocol) if s.treated == share)) for share in shares)


def interior(protocol: Protocol) -> tuple[Level, ...]:
    """The saturations at which a cluster holds treated and untreated customers."""
    return tuple(level for level in levels_of(protocol) if 0.0 < level.treated < 1.0)


def total(frame: AnalysisFrame, protocol: Protocol, level: Level, *, decides: bool = False) -> Compared:
    """Whole clusters of one saturation against those where nobody is treated, among customers open to both arms.

    Contact costs what it cost: each customer of those clusters bears the share of them who were contacted.
    """
    (approach,), comparison = _approaches(protocol), protocol.comparison
    among, none = _open(frame, protocol), levels_of(protocol)[0]
    share = level.treated if level.treated == 1.0 else _share_treated(among, protocol, level)
    arm = nw.when(nw.col(SATURATION_COLUMN).is_in(list(level.ids))).then(nw.lit(approach.id))
    rows = among.rows.filter(nw.col(SATURATION_COLUMN).is_in([*none.ids, *level.ids]))
    rows = rows.with_columns(arm.otherwise(nw.lit(comparison.id)).alias(ARM_COLUMN))
    changed = _with_cost(protocol, approach, share)
    return Compared(
        replace(among, rows=rows), _plan(changed, (none, level)), "total", level.named(decides=decides)
    )  # fmt: skip


def spillover(frame: AnalysisFrame, protocol: Protocol, level: Level) -> Compared:
    """The untreated of one saturation against clusters where nobody is treated, among customers open to both arms."""
    (approach,), comparison = _approaches(protocol), protocol.comparison
    among, none = _open(frame, protocol), levels_of(protocol)[0]
    rows = among.rows.filter(
        nw.col(SATURATION_COLUMN).is_in([*none.ids, *level.ids]), nw.col(ARM_COLUMN) == comparison.id
    )
    arm = nw.when(nw.col(SATURATION_COLUMN).is_in(list(level.ids))).then(nw.lit(approach.id))
    rows = rows.with_columns(arm.otherwise(nw.lit(comparison.id)).alias(ARM_COLUMN))
    return Compared(replace(among, rows=rows), _plan(protocol, (none, level)), "spillover", level.named())


def direct(frame: AnalysisFrame, protocol: Protocol, levels: Sequence[Level]) -> Compared:
    """Treated against untreated customers within each of these saturations, each weighing as many as its customers.

    Only customers who could have got either arm are compared. Given the cluster's saturation their probability does not
    depend on the strata in which clusters were drawn, so the saturation is the only stratum.
    """
    ids = [name for level in levels for name in level.ids]
    rows = frame.rows.filter(nw.col(SATURATION_COLUMN).is_in(ids))
    if CONDITIONAL_COLUMN in rows.collect_schema() and all(0.0 < level.treated < 1.0 for level in levels):
        rows = rows.filter(nw.col(CONDITIONAL_COLUMN) > 0.0, nw.col(CONDITIONAL_COLUMN) < 1.0)
    laid = (SATURATION_COLUMN, *(name for name in frame.laid_strata if name == ELIGIBLE_ARMS))
    plan = _plan(protocol, levels)
    scheme = plan.randomisation.model_copy(update={"method": "saturation", "strata": (), "merge": ()})
    plan = plan.model_copy(update={"randomisation": scheme})
    only = levels[0].named() if len(levels) == 1 else None
    return Compared(replace(frame, rows=rows, laid_strata=laid), plan, "direct", only)


def located(frame: AnalysisFrame, protocol: Protocol) -> AnalysisFrame:
    """The frame with each customer's saturation, worked out from the clusters' arms where no column holds it.

    A cluster's saturation is known from its arms where rounding leaves one declared share that could have given them.

    Raises:
        AnalysisRefused: a cluster could have had several saturations, or none.
    """
    if SATURATION_COLUMN in frame.rows.collect_schema():
        return frame
    cluster = str(protocol.cluster)
    treated = (nw.col(ARM_COLUMN) != protocol.comparison.id).cast(nw.Int64)
    could = _open(frame, protocol) if len(_approaches(protocol)) == 1 else frame
    counted = could.rows.select(nw.col(cluster), treated.alias("treated")).group_by(cluster)
    table = frame.engine.collect(counted.agg(nw.len().alias("n"), nw.col("treated").sum().alias("treated")))
    n, took = (np.asarray(table[name].to_pylist(), dtype=np.float64) for name in ("n", "treated"))
    levels = levels_of(protocol)
    fits = np.column_stack([np.abs(took - n * level.treated) < WITHIN_ONE for level in levels])
    if (unclear := np.flatnonzero(fits.sum(axis=1) != 1)).size:
        at = int(unclear[0])
        possible = [level.ids[0] for level, fit in zip(levels, fits[at], strict=True) if fit]
        raise AnalysisRefused(
            f"{cluster} {table[cluster][at].as_py()} has {int(took[at]):,} of {int(n[at]):,} customers treated: "
            + (f"its saturation may be {' or '.join(possible)}" if possible else "no declared saturation gives that"),
            where="randomisation.saturations",
            rule="every cluster has one of the declared saturations, and customers are treated in that share",
            remedy="name the column that holds each customer's saturation: randomisation.saturation_column",
        )
    names = pa.array([levels[int(k)].ids[0] for k in fits.argmax(axis=1)], pa.string())
    known = pa.table({cluster: table[cluster], SATURATION_COLUMN: names})
    return replace(frame, rows=frame.rows.join(frame.engine.companion(known), on=cluster, how="inner"))


def _open(frame: AnalysisFrame, protocol: Protocol) -> AnalysisFrame:
    return open_to(frame, protocol, [arm.id for arm in protocol.arms])


def _approaches(protocol: Protocol) -> tuple[Arm, ...]:
    return tuple(arm for arm in protocol.arms if arm.id != protocol.comparison.id)


def _declared(protocol: Protocol) -> tuple[Saturation, ...]:
    return protocol.randomisation.saturations


def _share_treated(frame: AnalysisFrame, protocol: Protocol, level: Level) -> float:
    """As it came out in the clusters of one saturation."""
    treated = (nw.col(ARM_COLUMN) != protocol.comparison.id).cast(nw.Float64).mean().alias("share")
    rows = frame.rows.filter(nw.col(SATURATION_COLUMN).is_in(list(level.ids)))
    share: Any = frame.engine.collect(rows.select(treated))["share"][0].as_py()
    return level.treated if share is None else float(share)


def _plan(protocol: Protocol, levels: Sequence[Level]) -> Protocol:
    """The plan of one comparison: the saturations in it, whole clusters of which were assigned, and CR2."""
    ids = {name for level in levels for name in level.ids}
    update: dict[str, Any] = {"saturations": tuple(s for s in _declared(protocol) if s.id in ids), "shares": None}
    if protocol.randomised_here:
        update["method"] = "complete"
    scheme = protocol.randomisation.model_copy(update=update)
    errors = protocol.analysis.model_copy(update={"standard_errors": "CR2"})
    return protocol.model_copy(update={"randomisation": scheme, "analysis": errors})


def _with_cost(protocol: Protocol, approach: Arm, share: float) -> Protocol:
    if share == 1.0:
        return protocol
    a, c = approach.cost_per_customer, protocol.comparison.cost_per_customer
    low, central, high = (
        share * of_approach + (1.0 - share) * of_comparison
        for of_approach, of_comparison in ((a.low, c.low), (a.central, c.central), (a.high, c.high))
    )
    dearer = approach.model_copy(update={"cost_per_customer": Range(low=low, central=central, high=high)})
    arms = tuple(dearer if arm.id == approach.id else arm for arm in protocol.arms)
    return protocol.model_copy(update={"arms": arms})
