"""One analysis of one trial, exactly as its protocol declared it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from analysis.deciding import net_benefit
from analysis.deciding.caveats import with_caveats
from analysis.deciding.evidence import DecisionRules
from analysis.deciding.invalid import invalid
from analysis.deciding.looks import at_look, no_look
from analysis.deciding.not_due import not_due
from analysis.errors import AnalysisRefused
from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate import specify
from analysis.evaluate.complier_rows import complier_rows
from analysis.evaluate.evidence.rules import rules_of
from analysis.evaluate.factorial_rows import factorial_rows
from analysis.evaluate.families import family, family_over_levels
from analysis.evaluate.fits import Fits, SubgroupFits
from analysis.evaluate.follow_up import counted_as_followed, follow_ups
from analysis.evaluate.integrity import (
    balance_rows,
    compared_columns,
    integrity_checks,
    maturity_of,
    observed_value,
)
from analysis.evaluate.itt_rows import interaction_rows, itt_rows
from analysis.evaluate.judgement import judge
from analysis.evaluate.known_before import known_before
from analysis.evaluate.looks import Looking, look_of, looked_at
from analysis.evaluate.notes import notes_of
from analysis.evaluate.quantile_groups import cut_levels
from analysis.evaluate.saturation import Compared, bar_of, compared, located
from analysis.evaluate.saturation_rows import saturation_rows
from analysis.evaluate.size import refuse_too_many_effects
from analysis.evaluate.tallies import ArmTally, tally_arms
from analysis.evaluate.time_to_event_rows import times_to_event
from analysis.evaluate.unreadable import tally_unreadable, with_unreadable
from analysis.fit import Regression
from analysis.frame import STRATUM_COLUMN, AnalysisFrame, open_to_every_arm
from analysis.results import (
    DATA_INVALID,
    ArmFlow,
    Balance,
    Check,
    Estimate,
    Evaluation,
    Flow,
    Interaction,
    Look,
    Maturity,
    Variant,
    Verdict,
    ended_at,
    next_look,
    planned_customers,
)
from analysis.specification import Levels, Specification
from analysis.wording.saturation import bar_words, comparison_notes
from designs.protocol.eligibility import ELIGIBLE_ARMS, closes_an_arm
from designs.protocol.models import Protocol

ANALYSIS_VERSION = "1"


def evaluate(
    frame: AnalysisFrame, protocol: Protocol, *, protocol_digest: str, looks: Sequence[Look] = ()
) -> Evaluation:
    """Estimate everything that the protocol declares, check what can be checked, and judge.

    Args:
        frame: one row per allocated customer, every column that the protocol uses present.
        protocol: as locked.
        protocol_digest: SHA-256 of its canonical form. It seeds what is redrawn, so that a verdict can be repeated.
        looks: the looks that were taken before, ascending.

    Raises:
        AnalysisRefused: the frame is empty, or a column cannot be analysed as declared.
    """
    if closes_an_arm(protocol) and ELIGIBLE_ARMS not in frame.laid_strata:
        raise AnalysisRefused(
            "the rows do not say which arms each customer could get",
            rule="an arm that is closed to somebody is compared among those who could have got it",
            remedy="lay them down with designs.protocol.eligibility.with_eligible_arms",
        )
    matured = maturity_of(frame, protocol)
    looking = Looking(look_of(protocol, matured, looks), tuple(looks))
    frame = looked_at(frame, protocol, looking.look)
    if not protocol.randomisation.saturations:
        return _evaluate(Compared(frame, protocol), protocol_digest, matured, looking)
    frame = located(frame, protocol)
    evaluation = _evaluate(compared(frame, protocol), protocol_digest, matured, looking)
    counted = {outcome.id: observed_value(outcome) for outcome in protocol.outcomes}
    beside = saturation_rows(frame, protocol) if evaluation.estimates else ()  # none where no effect may be shown
    return replace(
        evaluation,
        flow=_flow(frame.flow, protocol, tally_arms(frame, counted, (), ())),
        estimates=(*evaluation.estimates, *beside),
        notes=(*evaluation.notes, *comparison_notes(protocol, bar_of(protocol))),
    )


def _evaluate(of: Compared, protocol_digest: str, matured: Maturity | None, looking: Looking) -> Evaluation:
    """One analysis of what is compared, as if it were the whole trial."""
    frame, protocol = of.frame, of.protocol
    kinds = specify.column_kinds(frame)
    if protocol.randomisation.merge and STRATUM_COLUMN not in kinds:
        raise AnalysisRefused(
            "the rows do not say in which stratum each customer was assigned",
            rule="where small strata are merged, the merged ones are those of the analysis",
            remedy="lay them down with designs.assignment.strata_as_assigned",
        )
    specification = specify.specification_of(frame, protocol, kinds)
    numbers, categories = compared_columns(protocol, specification, kinds)
    observed = {outcome.id: observed_value(outcome) for outcome in protocol.outcomes}
    arms = tally_arms(frame, observed, numbers, categories)
    if not arms:
        raise AnalysisRefused(
            "no customer is left to analyse", rule="an analysis needs at least one allocated customer"
        )
    # Arms are alike only among those who could get every one of them.
    alike = open_to_every_arm(frame, protocol)
    followed = follow_ups(alike, protocol)
    of_alike = arms if alike is frame else tally_arms(alike, observed, numbers, categories)
    of_alike = counted_as_followed(of_alike, followed)
    balance = balance_rows(alike, protocol, of_alike, numbers, categories)
    everybody = counted_as_followed(arms, followed if alike is frame else follow_ups(frame, protocol))
    made = integrity_checks(alike, protocol, of_alike, balance, everybody, followed, looking.due(matured))
    made += known_before(frame, protocol, numbers, categories)
    checks = with_unreadable(made, protocol, {arm: arms[arm].customers for arm in arms}, tally_unreadable(frame))
    health = _health(frame, protocol, protocol_digest, arms, checks, balance)
    health = replace(health, maturity=matured, looks_before=looking.earlier)
    if matured is not None and not matured.complete and looking.look is None:
        return _not_due(health, protocol, matured, looking)
    rules = replace(rules_of(protocol), bar=of.bar)
    failed = [check for check in checks if check.severity == "blocks" and check.passed is False]
    if failed:
        return _invalid(health, protocol, rules, failed, looking)
    subgroups = [specify.levels_of(frame, subgroup) for subgroup in protocol.analysis.subgroups]
    refuse_too_many_effects(protocol, subgroups)
    whole = regress_as_designed(
        frame, protocol, specification, specify.responses_of(protocol, capped=True), skewness=True
    )
    fits = Fits(whole, tuple(_subgroup(frame, protocol, specification, by) for by in subgroups))
    timed = times_to_event(frame, protocol, protocol_digest, [subgroup.by for subgroup in fits.subgroups])
    fits, rules = looking.judging(protocol, fits, rules)
    judged = timed.beside(fits)
    judgement = judge(of, protocol_digest, specification, judged, rules, arms)
    verdict = with_caveats(protocol, judgement.verdict, judgement.tipping_points, checks)
    health = replace(health, verdict=verdict, look=judgement.look)
    if not health.shows_effects:
        return health
    return replace(
        health,
        estimates=of.told(
            (
                *_estimates(protocol, fits),
                *complier_rows(frame, protocol, specification, kinds),
                *timed.rows,
                *factorial_rows(frame, protocol),
            )
        ),
        sensitivity=of.told(_capped(protocol, whole)),
        net_benefit=judgement.net_benefit,
        net_benefit_reason=bar_words(protocol, of.bar) if of.bar else net_benefit.why_unvalued(protocol),
        interactions=tuple(test for subgroup in judged.subgroups for test in subgroup.interactions),
        cut_levels=tuple(level for subgroup in judged.subgroups for level in cut_levels(subgroup.by)),
        curves=timed.curves,
        dropped_columns=_dropped(whole),
        notes=notes_of(protocol, fits),
        thresholds=judgement.thresholds,
        tipping_points=judgement.tipping_points,
    )


def _health(
    frame: AnalysisFrame,
    protocol: Protocol,
    protocol_digest: str,
    arms: Mapping[str, ArmTally],
    checks: tuple[Check, ...],
    balance: tuple[Balance, ...],
) -> Evaluation:
    """The field's health, and no effect."""
    return Evaluation(
        trial=protocol.id,
        title=protocol.title,
        protocol_digest=protocol_digest,
        data_digest=frame.data_digest,
        flow=_flow(frame.flow, protocol, arms),
        checks=checks,
        estimates=(),
        sensitivity=(),
        verdict=Verdict("not_due", "No verdict yet."),
        alpha=protocol.analysis.alpha,
        net_benefit_reason="outcomes are not due yet",
        balance=balance,
        unreadable=frame.unreadable,
        versions=_versions(frame),
    )


def _not_due(health: Evaluation, protocol: Protocol, matured: Maturity, looking: Looking) -> Evaluation:
    """The field's health alone: whatever compares the arms' outcomes is not even computed."""
    failed = [check for check in health.checks if check.severity == "blocks" and check.passed is False]
    verdict = not_due(protocol, matured, failed=[check for check in failed if check.kind != "maturity"])
    looks = protocol.analysis.looks
    if looks is not None:
        planned = planned_customers(looks, matured)
        why = no_look(looks, matured, planned, next_look(looks, looking.taken), ended_at(looking.taken))
        verdict = replace(verdict, reasons=(why, *looking.stopped(protocol), *verdict.reasons))
    return replace(health, verdict=verdict)


def _invalid(
    health: Evaluation, protocol: Protocol, rules: DecisionRules, failed: Sequence[Check], looking: Looking
) -> Evaluation:
    """The field's health, and which checks failed: no effect is computed of data that cannot support one."""
    verdict = invalid(protocol, rules, failed, customers=health.flow.allocated)
    verdict = replace(verdict, reasons=(*verdict.reasons, *looking.stopped(protocol)))
    look = None if looking.look is None else replace(looking.look, action="not_taken")
    verdict = verdict if look is None else at_look(verdict, look)
    return replace(health, verdict=verdict, look=look, net_benefit_reason=DATA_INVALID)


def _subgroup(frame: AnalysisFrame, protocol: Protocol, specification: Specification, by: Levels) -> SubgroupFits:
    regression = regress_as_designed(
        frame, protocol, specification, specify.responses_of(protocol, capped=False), by=by, skewness=True
    )
    tested = regression
    if specification.standard_errors in ("CR0", "CR1"):  # few clusters are allowed for by CR2 of the whole constraint
        plain = [specify.response_of(outcome) for outcome in specify.regressed(protocol)]
        tested = regress_as_designed(frame, protocol, replace(specification, standard_errors="CR2"), plain, by=by)
    tests: list[Interaction] = []
    for outcome in specify.regressed(protocol):
        fits = [regression.fits[outcome.id, name] for name in by.names]
        tests += interaction_rows(outcome, by, fits, tested.joint_covariance.get(outcome.id))
    return SubgroupFits(by, regression, tuple(tests))


def _estimates(protocol: Protocol, fits: Fits) -> tuple[Estimate, ...]:
    """The declared row of every outcome, contrast and subgroup level."""
    rows: list[Estimate] = []
    for outcome in specify.regressed(protocol):
        fit = fits.whole.fits[outcome.id, None]
        seen = fits.seen(outcome.id)
        rows += itt_rows(protocol, outcome, fit, family(protocol, fit, seen), seen=seen)
    for subgroup in fits.subgroups:
        by = subgroup.by
        for outcome in specify.regressed(protocol):
            of_levels = [subgroup.regression.fits[outcome.id, level] for level in by.names]
            adjusted = family_over_levels(protocol, of_levels)
            for level, fit, of_level in zip(by.names, of_levels, adjusted, strict=True):
                rows += itt_rows(protocol, outcome, fit, of_level, subgroup=by.column, level=level)
    return tuple(rows)


def _capped(protocol: Protocol, whole: Regression) -> tuple[Estimate, ...]:
    """Amounts with what lies above the declared cap cut off: beside the headline, never instead of it."""
    rows: list[Estimate] = []
    for outcome in specify.regressed(protocol):
        if outcome.cap:
            fit = whole.fits[specify.response_of(outcome, capped=True).id, None]
            variant = Variant("capped", outcome.measured_in, cap=outcome.cap)
            rows += itt_rows(protocol, outcome, fit, family(protocol, fit), variant=variant)
    return tuple(rows)


def _flow(flow: Flow, protocol: Protocol, arms: Mapping[str, ArmTally]) -> Flow:
    """Every arm's customers, with and without the primary outcome."""
    primary = protocol.primary.id
    rows = []
    for arm in protocol.arms:
        tally = arms.get(arm.id)
        allocated, observed = (tally.customers, tally.observed[primary]) if tally else (0, 0)
        rows.append(ArmFlow(arm.id, allocated, observed, allocated - observed))
    return replace(flow, analysed=sum(row.observed for row in rows), arms=tuple(rows))


def _dropped(whole: Regression) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(term) for fit in whole.fits.values() for term in fit.dropped))


def _versions(frame: AnalysisFrame) -> dict[str, str]:
    return {
        "analysis": ANALYSIS_VERSION,
        "engine": f"{frame.engine.name} {frame.engine.version}",
        "narwhals": version("narwhals"),
        "numpy": version("numpy"),
    }
