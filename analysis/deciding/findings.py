"""What is said of each approach, among everyone and in every planned segment, and what kept it from passing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.guardrails import Harm
from analysis.deciding.ranges import effect_range, money_range, segment_range
from analysis.deciding.verdict import CellJudgement, Decided, Judgement
from analysis.inference.intervals import Effect
from analysis.results import NOT_JUDGED, ArmFinding, Condition, DecidingRange, SegmentFinding
from analysis.wording.naming import approach, behaviour, change_in_behaviour, doing_nothing
from analysis.wording.numbers import gain_or_loss, gained, per_thousand
from analysis.wording.phrases import capitalised, listed
from analysis.wording.segments import customers_with, segment_within
from analysis.wording.verdicts import FALLS_SHORT, FINDING_SENTENCES, not_to_everyone
from designs.protocol.models import Protocol
from designs.protocol.words import column_words


def arm_findings(
    protocol: Protocol, trial: TrialEvidence, rules: DecisionRules, decided: Decided
) -> tuple[ArmFinding, ...]:
    """One finding an arm, in the order of the plan."""
    return tuple(
        _arm_finding(protocol, trial, evidence, judgement, rules, decided)
        for evidence, judgement in zip(trial.arms, decided.arms, strict=True)
    )


def segment_findings(protocol: Protocol, rules: DecisionRules, decided: Decided) -> tuple[SegmentFinding, ...]:
    """One finding for every arm in every planned segment, whether it passed or not."""
    findings = []
    for judged in decided.cells:
        effect, money = judged.cell.evidence.effect, judged.cell.evidence.net_benefit
        shown = judged.effect_shown, judged.net_benefit_shown
        missed = None if judged.passes else _near_miss(protocol, rules, judged.cell.evidence, shown, judged.failed)
        findings.append(
            SegmentFinding(
                arm=judged.cell.evidence.arm,
                segment=judged.cell.segment,
                customers=judged.cell.customers,
                passes=judged.passes,
                sentence=_segment_sentence(protocol, judged, missed),
                near_miss=f"{capitalised(missed)}." if missed else None,
                failed=judged.failed,
                guardrails=_not_shown_safe(judged.cell.evidence),
                interaction_p=judged.cell.interaction_p,
                scaled=judged.cell in decided.to_segments,
                effect_range=_as_measured_range(protocol, segment_range(effect, rules, len(decided.cells))),
                net_benefit_range=segment_range(money, rules, len(decided.cells)) if money else None,
            )
        )
    return tuple(findings)


def _arm_finding(
    protocol: Protocol,
    trial: TrialEvidence,
    evidence: Evidence,
    judgement: Judgement,
    rules: DecisionRules,
    decided: Decided,
) -> ArmFinding:
    if decided.code == "invalid":
        return ArmFinding(evidence.arm, "not_estimable", NOT_JUDGED, failed=judgement.failed)
    return ArmFinding(
        arm=evidence.arm,
        code=judgement.code,
        sentence=_finding_sentence(protocol, evidence, judgement, rules, decided),
        reasons=tuple(_arm_reasons(protocol, trial, evidence, judgement, rules)),
        guardrails_passed=judgement.guardrails_passed,
        worse_than_comparison=bool(judgement.worse_by),
        failed=judgement.failed,
        guardrails=_not_shown_safe(evidence),
        effect_range=_as_measured_range(protocol, effect_range(trial, rules, evidence)),
        net_benefit_range=money_range(trial, rules, evidence) if evidence.net_benefit else None,
        near_miss=None if judgement.passes else _arm_near_miss(protocol, evidence, judgement, rules),
    )


def _finding_sentence(
    protocol: Protocol, evidence: Evidence, judgement: Judgement, rules: DecisionRules, decided: Decided
) -> str:
    segments = [cell.segment for cell in decided.to_segments if cell.evidence.arm == evidence.arm]
    if segments:
        among = customers_with(column_words(protocol), segments)
        return f"Worth sending to {among}{not_to_everyone(bool(judgement.worse_by))}"
    if judgement.code == "worse_than_nfa":
        return FALLS_SHORT if judgement.effect_shown else f"Worse than {doing_nothing(protocol)}."
    if judgement.code in FINDING_SENTENCES:
        return FINDING_SENTENCES[judgement.code]
    if judgement.effect_shown and not rules.valued:
        return "Changes behaviour; whether that is worth its cost was not declared."
    return f"Not shown to beat {doing_nothing(protocol)}."


def _arm_near_miss(protocol: Protocol, evidence: Evidence, judgement: Judgement, rules: DecisionRules) -> str:
    shown = judgement.effect_shown, judgement.net_benefit_shown
    return f"{capitalised(_near_miss(protocol, rules, evidence, shown, judgement.failed))}."


def _segment_sentence(protocol: Protocol, judged: CellJudgement, missed: str | None) -> str:
    """“The SMS for reason = confused: effect and gain after costs shown; complaint not shown to stay in its margin.”"""
    named = capitalised(approach(protocol.arm(judged.cell.evidence.arm)))
    return f"{named} for {segment_within(column_words(protocol), judged.cell.segment)}: {missed or 'passes'}."


def _near_miss(
    protocol: Protocol,
    rules: DecisionRules,
    evidence: Evidence,
    shown: tuple[bool, bool],
    failed: Sequence[Condition],
) -> str:
    """What was shown, then every condition that was not met."""
    by_name = (("effect", shown[0]), ("gain after costs", shown[1]))
    met = [name for name, is_shown in by_name if is_shown]
    parts = [f"{listed(met)} shown"] if met else []
    claims: tuple[tuple[str, Condition, bool], ...] = (
        ("effect", "effect", shown[0]),
        ("gain", "net_benefit", shown[1]),
    )
    held = [name for name, condition, is_shown in claims if not is_shown and condition not in failed]
    for condition in failed:
        if condition == "skewness":
            parts.append(f"{listed(held)} not supported by the test that allows for a few very large amounts")
            continue
        parts += _unmet(protocol, rules, evidence, condition)
    return "; ".join(parts)


def _unmet(protocol: Protocol, rules: DecisionRules, evidence: Evidence, condition: Condition) -> list[str]:
    if condition == "effect":
        reason = evidence.effect.reason
        return ["effect not shown" if evidence.effect.estimable else f"effect not estimated ({reason})"]
    if condition == "net_benefit":
        return ["gain after costs not shown" if rules.valued else "no value declared, so no gain can be shown"]
    if condition == "guardrail":
        unsafe = [harm for harm in evidence.harms if not harm.passed]
        return [f"{_outcome_words(protocol, harm.outcome)} {_harm_words(harm)}" for harm in unsafe]
    return [_CONDITIONS[condition]]


_CONDITIONS: Mapping[Condition, str] = {
    "together": "effect and gain not shown together once the other approaches are allowed for",
    "interaction": "not shown to work differently here than elsewhere",
    "capacity": "no capacity for the extra contact",
    "worse": "shown to be worse",
    "harm": "shown to do harm among everyone",
    "integrity": "the trial is invalid",
    "design": "the design gives no effect that it could be scaled on",
}


def _harm_words(harm: Harm) -> str:
    if harm.established:
        return "shown to go beyond the limit"
    return f"not shown to stay within the limit{f' ({harm.reason})' if harm.reason else ''}"


def _not_shown_safe(evidence: Evidence) -> tuple[str, ...]:
    return tuple(harm.outcome for harm in evidence.harms if not harm.passed)


def _arm_reasons(
    protocol: Protocol, trial: TrialEvidence, evidence: Evidence, judgement: Judgement, rules: DecisionRules
) -> list[str]:
    reasons = [_effect_words(protocol, evidence, effect_range(trial, rules, evidence))]
    if evidence.net_benefit is not None:
        reasons.append(_money_words(evidence.net_benefit, money_range(trial, rules, evidence)))
    nothing = doing_nothing(protocol)
    if "net_benefit" in judgement.worse_by:
        reasons.append(f"It is shown to lose money against {nothing}.")
    if "break_even" in judgement.worse_by:
        reasons.append("Its effect is shown to fall short of the break-even effect that was declared.")
    reasons += _held_words(evidence, judgement)
    if "together" in judgement.failed:
        reasons.append(
            "Its effect and its gain are each shown, and not both together once the other approaches are allowed for."
        )
    reasons += [_harm_sentence(protocol, harm) for harm in evidence.harms if harm.established or not harm.passed]
    if evidence.arm in rules.barred:
        reasons.append("An earlier look stopped it for harm.")
    if "capacity" in judgement.failed:
        reasons.append("There is no capacity for the extra contact.")
    return reasons


def _harm_sentence(protocol: Protocol, harm: Harm) -> str:
    outcome = capitalised(_outcome_words(protocol, harm.outcome))
    if harm.established:
        return f"{outcome}: harm is shown beyond the margin."
    if harm.reason is not None:
        return f"{outcome}: not shown safe, {harm.reason}."
    why = ", for it leans too far to one side for its range" if harm.held_by_skewness else ""
    return f"{outcome}: not shown to stay in its margin{why}."


def _held_words(evidence: Evidence, judgement: Judgement) -> list[str]:
    """What a bound alone would have shown, of an outcome that leans too much for it."""

    def why(effect: Effect | None) -> str:
        return f" ({effect.redrawn})" if effect is not None and isinstance(effect.redrawn, str) else ""

    said = {
        "effect": "The outcome leans too far to one side for arms of these sizes, and the test that allows for that "
        f"did not support its effect{why(evidence.effect)}.",
        "net_benefit": "A few very large amounts make the range of its gain unreliable, and the test that allows for "
        f"them did not support it{why(evidence.net_benefit)}.",
        "worse": "A few very large amounts make the range of its gain unreliable, and the test that allows for them "
        f"did not show a loss{why(evidence.net_benefit)}.",
    }
    return [said[claim] for claim in judgement.held_by_skewness]


def _effect_words(protocol: Protocol, evidence: Evidence, span: DecidingRange) -> str:
    raw, (lower, upper) = as_measured(protocol, evidence.effect), _as_measured_range(protocol, span)
    if raw.estimate is None:
        return f"{capitalised(behaviour(protocol.primary))}: {raw.reason or 'could not be estimated'}."
    words = f"{capitalised(change_in_behaviour(protocol.primary, raw.estimate))} for every 1,000 customers"
    if lower is None or upper is None:
        return f"{words}; {raw.reason or 'its range could not be estimated'}."
    measure = protocol.primary.effect_in
    return f"{words} ({per_thousand(measure, lower)} to {per_thousand(measure, upper)})."


def _money_words(net_benefit: Effect, span: DecidingRange) -> str:
    lower, upper = span
    if net_benefit.estimate is None:
        return f"Gain after costs: {net_benefit.reason or 'could not be estimated'}."
    if lower is None or upper is None:
        why = net_benefit.reason or "its range could not be estimated"
        return f"An estimated {gained(net_benefit.estimate * 1000.0)} for every 1,000 customers, after costs; {why}."
    words = gain_or_loss(net_benefit.estimate * 1000.0, lower * 1000.0, upper * 1000.0)
    return f"For every 1,000 customers, after costs, an estimated {words}."


def as_measured(protocol: Protocol, effect: Effect) -> Effect:
    """Evidence is signed so that better is above zero; people are told what was measured."""
    return effect.reversed() if protocol.primary.better_below_zero else effect


def _as_measured_range(protocol: Protocol, span: DecidingRange) -> DecidingRange:
    lower, upper = span
    if not protocol.primary.better_below_zero:
        return span
    return None if upper is None else -upper, None if lower is None else -lower


def _outcome_words(protocol: Protocol, outcome_id: str) -> str:
    return behaviour(protocol.outcome(outcome_id))
