"""Everything that stands beside an evaluation, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.deciding.posterior import summarise
from analysis.estimators.amounts import Interval, bootstrap_interval, hurdle, quantile_effects
from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate import declared
from analysis.evaluate.rows import family, itt_rows
from analysis.frame import AnalysisFrame, open_to, open_to_every_arm
from analysis.inference.estimates import row_of
from analysis.integrity.missing_outcomes import Bounds, lee_bounds, worst_case_bounds
from analysis.randomisation.in_memory import Dense, bring, seed_of
from analysis.randomisation.outcomes import randomisation_rows
from analysis.results import Check, Estimate, Evaluation, OutcomeBounds, Posterior, PosteriorArm, Variant
from analysis.sensitivity.logistic import UP_TO as LOGIT_UP_TO
from analysis.sensitivity.logistic import logit_rows
from analysis.sensitivity.second_opinion import UP_TO as SECOND_OPINION_UP_TO
from analysis.sensitivity.second_opinion import another_model, not_a_regression, second_opinion, too_many
from analysis.specification import Specification
from designs.literals import Adjustment, StandardErrors
from designs.protocol.columns import column_of
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Outcome, Protocol

Assumption = Literal["worst_case", "lee"]
IN_MEMORY_UP_TO = 1_000_000  # customers


def with_sensitivity(frame: AnalysisFrame, protocol: Protocol, evaluation: Evaluation) -> Evaluation:
    """Add the second opinion, the sensitivity rows, the bounds for missing outcomes and the posterior summaries.

    What was decided stays as it was: the verdict, the net benefit, the estimates and every check that can block.

    Args:
        frame: the rows that were evaluated.
        protocol: as locked.
        evaluation: what :func:`analysis.evaluate.evaluate` gave for them.
    """
    specification = declared.specification_of(frame, protocol, declared.column_kinds(frame))
    customers = evaluation.flow.allocated
    outcomes = declared.regressed(protocol)
    columns = [*(column_of(outcome) for outcome in outcomes), *(column.name for column in specification.covariates)]
    held = _held(frame, protocol, columns) if customers <= IN_MEMORY_UP_TO else None
    sensitivity = [*evaluation.sensitivity, *_other_choices(frame, protocol, specification)]
    sensitivity += randomisation_rows(frame, protocol, protocol.primary, evaluation.protocol_digest)
    bounds: list[OutcomeBounds] = []
    if held is not None:
        for outcome in outcomes:
            sensitivity += _of_outcome(held, protocol, specification, outcome, evaluation.protocol_digest)
            bounds += _bounds(held, protocol, outcome)
    return replace(
        evaluation,
        checks=(*evaluation.checks, _opinion(held, protocol, specification, evaluation)),
        sensitivity=tuple(sensitivity),
        bounds=tuple(bounds),
        posteriors=_posteriors(frame, protocol, specification, evaluation),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Rows in memory: of those whose arms are alike, and of those who are compared in each contrast."""

    alike: Dense
    compared: Mapping[tuple[str, str], Dense]


def _held(frame: AnalysisFrame, protocol: Protocol, columns: Sequence[str]) -> _Held:
    alike = bring(open_to_every_arm(frame, protocol), protocol, columns)
    if not closes_an_arm(protocol):
        return _Held(alike, dict.fromkeys(protocol.contrasts, alike))
    each = {pair: bring(open_to(frame, protocol, pair), protocol, columns) for pair in protocol.contrasts}
    return _Held(alike, each)


def _opinion(held: _Held | None, protocol: Protocol, specification: Specification, evaluation: Evaluation) -> Check:
    if protocol.primary.kind == "time_to_event":
        return not_a_regression()
    if protocol.randomisation.method == "matched_pairs" or closes_an_arm(protocol):
        return another_model()
    if held is None or evaluation.flow.allocated > SECOND_OPINION_UP_TO:
        return too_many(evaluation.flow.allocated)
    rows = [
        row for row in evaluation.estimates
        if row.outcome == protocol.primary.id and row.estimand == "itt" and row.subgroup is None
    ]  # fmt: skip
    return second_opinion(held.alike, protocol, specification, rows)


def _other_choices(frame: AnalysisFrame, protocol: Protocol, specification: Specification) -> list[Estimate]:
    """The primary outcome with the adjustment and the errors that were not declared."""
    if protocol.randomisation.method == "matched_pairs":
        return []  # pairs are compared within themselves, whatever the model
    if protocol.primary.kind == "time_to_event":
        return []  # a time to an event is not regressed
    kinds: tuple[StandardErrors, ...] = (
        ("CR0", "CR1", "CR2") if protocol.cluster else ("classical", "HC1", "HC2", "HC3")
    )
    others = [replace(specification, standard_errors=kind) for kind in kinds if kind != specification.standard_errors]
    adjustments: tuple[Adjustment, ...] = ("none", "additive", "lin") if specification.covariates else ()
    others += [replace(specification, adjustment=name) for name in adjustments if name != specification.adjustment]
    rows: list[Estimate] = []
    for other in others:
        variant = (
            Variant("standard_errors", standard_errors=other.standard_errors)
            if other.adjustment == specification.adjustment
            else Variant("adjustment", adjustment=other.adjustment)
        )
        changed = protocol.analysis.model_copy(
            update={"standard_errors": other.standard_errors, "adjustment": other.adjustment}
        )
        asked = protocol.model_copy(update={"analysis": changed})
        regression = regress_as_designed(frame, protocol, other, [declared.response_of(protocol.primary)])
        fit = regression.fits[protocol.primary.id, None]
        rows += itt_rows(asked, protocol.primary, fit, family(asked, fit), variant=variant)
    return rows


def _of_outcome(
    held: _Held, protocol: Protocol, specification: Specification, outcome: Outcome, protocol_digest: str
) -> list[Estimate]:
    rows: list[Estimate] = []
    if outcome.kind == "binary" and held.alike.arm.size <= LOGIT_UP_TO:
        rows += logit_rows(
            held.alike, protocol, outcome, specification.covariates if specification.adjustment != "none" else ()
        )
    if outcome.kind == "amount":
        for pair in protocol.contrasts:
            if not (held.compared[pair].number(column_of(outcome)) < 0).any():
                rows += _amount_rows(held.compared[pair], protocol, outcome, pair, protocol_digest)
    return rows


def _amount_rows(
    dense: Dense, protocol: Protocol, outcome: Outcome, pair: tuple[str, str], protocol_digest: str
) -> list[Estimate]:
    """Who paid anything, how much, the quantiles, and a resampled interval of the mean."""
    y = dense.number(column_of(outcome))
    known = ~np.isnan(y) & np.isin(dense.arm, pair)
    y, treated, alpha = y[known], dense.arm[known] == pair[0], protocol.analysis.alpha
    stratum = np.unique(dense.stratum[known], return_inverse=True)[1].astype(np.int64)
    cluster = dense.cluster[known] if dense.cluster is not None else None
    rng = seed_of(protocol_digest, f"amount:{outcome.id}:{pair[0]}:{pair[1]}")
    whole = bootstrap_interval(y, treated, stratum, rng=rng, cluster=cluster, alpha=alpha)
    found: list[tuple[Variant, str, Interval]] = [(Variant("bootstrap_mean"), "bootstrap", whole)]
    if cluster is None:
        parts = hurdle(y, treated, alpha)
        found += [
            (Variant("share_with_any", outcome.measured_in), "unpooled", parts.paid_anything),
            (Variant("mean_with_any", outcome.measured_in), "unpooled", parts.how_much),
        ]
        quantiles = (0.5, 0.75, 0.9)
        effects = quantile_effects(y, treated, quantiles, rng=rng, alpha=alpha)
        found += [
            (Variant("quantile", quantile=q), "bootstrap", effect) for q, effect in zip(quantiles, effects, strict=True)
        ]
    rows = []
    for variant, errors, interval in found:
        row = row_of(
            outcome,
            pair,
            method="difference_in_means",
            standard_errors=errors,
            variant=variant,
            customers=(int(treated.sum()), int((~treated).sum())),
        )
        rows.append(
            replace(
                row,
                estimate=interval.estimate,
                std_error=interval.std_error,
                ci_lower=interval.ci_lower,
                ci_upper=interval.ci_upper,
                reason=interval.reason,
            )
        )
    return rows


def _bounds(held: _Held, protocol: Protocol, outcome: Outcome) -> list[OutcomeBounds]:
    found = []
    for arm, comparison in protocol.contrasts:
        dense = held.compared[arm, comparison]
        y = dense.number(column_of(outcome))
        if not np.isnan(y).any():
            continue
        here = np.isin(dense.arm, (arm, comparison))
        of_pair, treated = y[here], dense.arm[here] == arm
        alpha = protocol.analysis.alpha
        kinds: list[tuple[Assumption, Bounds]] = [("lee", lee_bounds(of_pair, treated, alpha))]
        if outcome.kind == "binary":
            kinds.insert(0, ("worst_case", worst_case_bounds(of_pair, treated, 0.0, 1.0, alpha)))
        found += [
            OutcomeBounds(
                outcome.id, arm, comparison, assumption, bounds.lower, bounds.upper,
                bounds.ci_lower, bounds.ci_upper, bounds.trimmed_share, bounds.reason,
            )
            for assumption, bounds in kinds
        ]  # fmt: skip
    return found


def _posteriors(
    frame: AnalysisFrame, protocol: Protocol, specification: Specification, evaluation: Evaluation
) -> tuple[Posterior, ...]:
    """Under a flat prior: the primary effect and, where outcomes are valued, central net benefit."""
    from analysis.deciding import net_benefit

    comparison = protocol.comparison.id
    responses = [declared.response_of(protocol.primary)] if protocol.primary.kind != "time_to_event" else []
    if net_benefit.why_not(protocol) is None:
        responses.append(net_benefit.composite(protocol, "central"))
    if not responses:
        return ()
    asked = replace(specification, contrasts=tuple((arm.id, comparison) for arm in protocol.otm_arms))
    fits = regress_as_designed(frame, protocol, asked, responses).fits
    found = []
    for response in responses:
        fit = fits[response.id, None]
        is_primary = response.id == protocol.primary.id
        estimates = np.array([np.nan if c.estimate is None else c.estimate for c in fit.contrasts])
        if not (np.isfinite(estimates).all() and np.isfinite(fit.covariance).all()):
            continue
        sign = -1.0 if is_primary and protocol.primary.direction == "decrease" else 1.0
        summary = summarise(
            [arm.id for arm in protocol.otm_arms], sign * estimates, fit.covariance, alpha=protocol.analysis.alpha,
            rng=seed_of(evaluation.protocol_digest, f"posterior:{response.id}"),
        )  # fmt: skip
        arms = [
            PosteriorArm(
                arm.arm, arm.mean, arm.ci_lower, arm.ci_upper, arm.probability_beats_nfa, arm.probability_best,
                arm.expected_loss,
            )
            for arm in summary.arms
        ]  # fmt: skip
        arms.append(
            PosteriorArm(comparison, 0.0, 0.0, 0.0, None, summary.nfa_probability_best, summary.nfa_expected_loss)
        )
        found.append(Posterior("primary_effect" if is_primary else "net_benefit", summary.prior, tuple(arms)))
    return tuple(found)
