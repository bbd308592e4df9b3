"""The regression that the way of assignment asks for.

Most trials are one model with all arms. Matched pairs are compared within pairs. Where a customer may be barred from
an arm, each contrast keeps to those who could get both its arms, and the pattern of eligible arms is a stratum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.estimators.paired import regress_pairs
from analysis.fit import Regression
from analysis.frame import AnalysisFrame, open_to
from analysis.regression import regress
from analysis.regression.leaving import together
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
    skewness: bool = False,
) -> Regression:
    """Fit every response as the protocol's assignment demands.

    Args:
        frame: one row per allocated customer.
        protocol: as locked.
        specification: the declared regression, its strata among them.
        responses: what is regressed.
        by: subgroup levels.
        skewness: whether the skewness of every estimate is wanted.
    """
    pairs = protocol.randomisation.pairs
    if protocol.randomisation.method == "matched_pairs" and pairs is not None:
        return regress_pairs(frame, specification, responses, pairs=pairs, by=by)
    if not closes_an_arm(protocol):
        return regress(frame, specification, responses, by=by, skewness=skewness)
    parts = [
        regress(
            open_to(frame, protocol, pair), replace(specification, contrasts=(pair,)), responses, by=by,
            skewness=skewness,
        )
        for pair in specification.contrasts
    ]  # fmt: skip
    return together([((number,), part) for number, part in enumerate(parts)])
