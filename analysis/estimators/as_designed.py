"""The regression that the way of assignment asks for.

Most trials are one model with all arms. Matched pairs are compared within pairs. Where a customer may be barred from
an arm, each contrast keeps to those who could get both its arms, and the pattern of eligible arms is a stratum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add, or_

import narwhals as nw
import numpy as np

from analysis.estimators.paired import regress_pairs
from analysis.fit import Fit, JointCovariance, Regression
from analysis.frame import PATTERN_COLUMN, AnalysisFrame
from analysis.regression import regress
from analysis.specification import Levels, Response, Specification
from designs.protocol.columns import column_kinds
from designs.protocol.conditions import expression
from designs.protocol.models import Arm, Protocol


def regress_as_designed(
    frame: AnalysisFrame,
    protocol: Protocol,
    specification: Specification,
    responses: Sequence[Response],
    *,
    by: Levels | None = None,
) -> Regression:
    """Fit every response as the protocol's assignment demands.

    Args:
        frame: one row per allocated customer.
        protocol: as locked.
        design: the declared regression.
        responses: what is regressed.
        by: subgroup levels.
    """
    pairs = protocol.randomisation.pairs
    if protocol.randomisation.method == "matched_pairs" and pairs is not None:
        return regress_pairs(frame, specification, responses, pairs=pairs, by=by)
    if not some_are_barred(protocol):
        return regress(frame, specification, responses, by=by)
    parts = [
        regress(
            eligible_for_both(frame, protocol, pair),
            replace(specification, contrasts=(pair,), strata=(*specification.strata, PATTERN_COLUMN)),
            responses,
            by=by,
        )
        for pair in specification.contrasts
    ]
    return _together(parts, responses, by)


def some_are_barred(protocol: Protocol) -> bool:
    """Whether the protocol closes an arm to some customers."""
    return any(arm.not_for for arm in protocol.arms)


def eligible_for_both(frame: AnalysisFrame, protocol: Protocol, pair: tuple[str, str]) -> AnalysisFrame:
    """The customers who could have got either arm of a contrast, with the pattern of all arms they could get.

    The frame itself where no arm is closed to anybody.
    """
    if not some_are_barred(protocol):
        return frame
    codes = [
        _barred(protocol, arm).cast(nw.Int32) * 2**number for number, arm in enumerate(protocol.arms) if arm.not_for
    ]
    rows = frame.rows.with_columns(reduce(add, codes).cast(nw.String).alias(PATTERN_COLUMN))
    for name in pair:
        if protocol.arm(name).not_for:
            rows = rows.filter(~_barred(protocol, protocol.arm(name)))
    return replace(frame, rows=rows)


def open_to_every_arm(frame: AnalysisFrame, protocol: Protocol) -> AnalysisFrame:
    """The customers to whom no arm is closed: the only ones whose arms are alike. The frame itself where all are."""
    if not some_are_barred(protocol):
        return frame
    return replace(frame, rows=frame.rows.filter(open_rows(protocol)))


def open_rows(protocol: Protocol) -> nw.Expr:
    """True of the customers to whom no arm is closed."""
    return ~reduce(or_, [_barred(protocol, arm) for arm in protocol.arms if arm.not_for], nw.lit(False))


def _barred(protocol: Protocol, arm: Arm) -> nw.Expr:
    """Whether some reason bars a customer from an arm; where clusters are dealt whole, anybody in the cluster."""
    kinds = column_kinds(protocol)
    barred = reduce(or_, [expression(exclusion.when, kinds[exclusion.when.column]) for exclusion in arm.not_for])
    if protocol.cluster is None or protocol.randomisation.method == "saturation":
        return barred
    return barred.cast(nw.Int8).max().over(protocol.cluster) == 1


def _together(parts: Sequence[Regression], responses: Sequence[Response], by: Levels | None) -> Regression:
    """One regression of all contrasts; what one part does not know of another is NaN."""
    names: tuple[str | None, ...] = by.names if by is not None else (None,)
    fits = {(r.id, name): _one_fit([part.fits[r.id, name] for part in parts]) for r in responses for name in names}
    joint = {}
    if by is not None:
        for response in responses:
            joint[response.id] = _one_joint([part.joint_covariance[response.id] for part in parts], by)
    return Regression(fits, joint)


def _one_fit(fits: Sequence[Fit]) -> Fit:
    covariance = np.full((len(fits), len(fits)), np.nan)
    for number, fit in enumerate(fits):
        covariance[number, number] = fit.covariance[0, 0]
    return replace(
        fits[0],
        contrasts=tuple(fit.contrasts[0] for fit in fits),
        covariance=covariance,
        dropped=tuple(dict.fromkeys(column for fit in fits for column in fit.dropped)),
        merged=tuple(dict.fromkeys(level for fit in fits for level in fit.merged)),
        n=max(fit.n for fit in fits),
    )


def _one_joint(joints: Sequence[JointCovariance], by: Levels) -> JointCovariance:
    pairs = tuple((name, number) for name in by.names for number in range(len(joints)))
    matrix = np.full((len(pairs), len(pairs)), np.nan)
    for number, joint in enumerate(joints):
        places = [pairs.index((name, number)) for name, _ in joint.pairs]
        matrix[np.ix_(places, places)] = joint.matrix
    known = [joint.df for joint in joints if joint.df is not None]
    return JointCovariance(pairs, matrix, min(known) if known else None)
