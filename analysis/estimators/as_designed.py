"""The regression that the way of assignment asks for.

Most trials are one model with all arms. Matched pairs are compared within pairs. Where a customer may be barred from
an arm, each contrast keeps to those who could get both its arms, and the pattern of eligible arms is a stratum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.estimators.paired import regress_pairs
from analysis.fit import Fit, JointCovariance, Regression
from analysis.frame import AnalysisFrame, open_to
from analysis.regression import regress
from analysis.specification import Levels, Response, Specification
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Protocol


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
        specification: the declared regression, its strata among them.
        responses: what is regressed.
        by: subgroup levels.
    """
    pairs = protocol.randomisation.pairs
    if protocol.randomisation.method == "matched_pairs" and pairs is not None:
        return regress_pairs(frame, specification, responses, pairs=pairs, by=by)
    if not closes_an_arm(protocol):
        return regress(frame, specification, responses, by=by)
    parts = [
        regress(open_to(frame, protocol, pair), replace(specification, contrasts=(pair,)), responses, by=by)
        for pair in specification.contrasts
    ]
    return _together(parts, responses, by)


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
