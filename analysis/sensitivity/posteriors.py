"""Probabilities for deciding, under a flat prior: of the primary effect and of net benefit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.deciding.net_benefit import composite, why_unvalued
from analysis.deciding.posterior import summarise
from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate.specify import response_of
from analysis.fit import Fit
from analysis.frame import AnalysisFrame
from analysis.randomisation.in_memory import labelled_generator
from analysis.results import Posterior, PosteriorArm
from analysis.specification import Specification
from designs.protocol.models import Protocol


def posteriors(
    frame: AnalysisFrame, protocol: Protocol, specification: Specification, protocol_digest: str
) -> tuple[Posterior, ...]:
    """The posterior of each quantity whose effects and covariance can all be estimated.

    Args:
        specification: the declared regression.
        protocol_digest: it seeds the comparisons between arms.
    """
    responses = [] if protocol.primary.kind == "time_to_event" else [response_of(protocol.primary)]
    if why_unvalued(protocol) is None:
        responses.append(composite(protocol, "central"))
    if not responses:
        return ()
    against_comparison = tuple((arm.id, protocol.comparison.id) for arm in protocol.otm_arms)
    fits = regress_as_designed(frame, protocol, replace(specification, contrasts=against_comparison), responses).fits
    summaries = [_summary(protocol, response.id, fits[response.id, None], protocol_digest) for response in responses]
    return tuple(summary for summary in summaries if summary is not None)


def _summary(protocol: Protocol, response: str, fit: Fit, protocol_digest: str) -> Posterior | None:
    estimates = np.array([np.nan if c.estimate is None else c.estimate for c in fit.contrasts])
    if not (np.isfinite(estimates).all() and np.isfinite(fit.covariance).all()):
        return None
    is_primary = response == protocol.primary.id
    sign = -1.0 if is_primary and protocol.primary.better_below_zero else 1.0
    summary = summarise(
        [arm.id for arm in protocol.otm_arms], sign * estimates, fit.covariance, alpha=protocol.analysis.alpha,
        rng=labelled_generator(protocol_digest, f"posterior:{response}"),
    )  # fmt: skip
    arms = [
        PosteriorArm(
            arm.arm, arm.mean, arm.ci_lower, arm.ci_upper, arm.probability_beats_nfa, arm.probability_best,
            arm.expected_loss,
        )
        for arm in summary.arms
    ]  # fmt: skip
    nothing = PosteriorArm(
        protocol.comparison.id, 0.0, 0.0, 0.0, None, summary.nfa_probability_best, summary.nfa_expected_loss
    )
    return Posterior("primary_effect" if is_primary else "net_benefit", summary.prior, (*arms, nothing))
