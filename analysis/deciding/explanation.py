"""From a decided verdict to its sentences: one for the trial, one for each arm, and the reasons for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.verdict import Decided, Judgement
from analysis.inference.intervals import Effect
from analysis.results import ArmFinding, Check, FindingCode, Segment, Verdict
from analysis.wording.naming import approach, behaviour, change_in_behaviour, doing_nothing, treated
from analysis.wording.numbers import gained, large_pounds, per_thousand
from analysis.wording.phrases import capitalised, listed
from designs.protocol.capacity import capacity
from designs.protocol.models import Protocol


def explain(
    protocol: Protocol,
    trial: TrialEvidence,
    rules: DecisionRules,
    decided: Decided,
    *,
    failed: Sequence[Check] = (),
    changes: tuple[str, ...] = (),
) -> Verdict:
    """Put a verdict into words.

    Args:
        failed: the checks that block and failed; the first one's detail stands in the sentence.
        changes: what would change the verdict, as :mod:`analysis.deciding.threshold_analysis` finds it.
    """
    findings = tuple(
        _finding(protocol, evidence, judgement, rules, decided)
        for evidence, judgement in zip(trial.arms, decided.arms, strict=True)
    )
    return Verdict(
        code=decided.code,
        sentence=_sentence(protocol, trial, decided, failed),
        arm=decided.arm,
        segment=decided.cell.segment if decided.cell else None,
        reasons=_reasons(protocol, trial, decided, rules, failed),
        arms=findings,
        flips=changes,
    )


def _sentence(protocol: Protocol, trial: TrialEvidence, decided: Decided, failed: Sequence[Check]) -> str:
    if decided.code == "invalid":
        why = failed[0].detail if failed else "An integrity check failed."
        return f"This trial is invalid, so no effect is shown as a finding. {why}"
    spoken = decided.cell.evidence if decided.cell else _spoken(trial, decided)
    facts = _facts(protocol, spoken, decided.cell.segment if decided.cell else None) if spoken else ""
    return f"{facts} {_verdict_words(protocol, decided)}".strip()


def _spoken(trial: TrialEvidence, decided: Decided) -> Evidence | None:
    """The arm that the sentence is about: the one to scale, else the most promising."""
    if decided.arm is not None:
        return next(evidence for evidence in trial.arms if evidence.arm == decided.arm)
    known = [evidence for evidence in trial.arms if evidence.effect.estimate is not None]
    return max(known, key=_promise) if known else None


def _promise(evidence: Evidence) -> tuple[float, float]:
    net = evidence.net_benefit.estimate if evidence.net_benefit else None
    return (net if net is not None else float("-inf"), evidence.effect.estimate or 0.0)


def _facts(protocol: Protocol, evidence: Evidence, segment: Segment | None) -> str:
    """For every 1,000 customers: what they did, and what was gained or lost."""
    arm, raw = protocol.arm(evidence.arm), _as_measured(protocol, evidence.effect)
    if raw.estimate is None:
        return ""
    among = f" with {segment}" if segment else ""
    behaved = f"For every 1,000 customers{among} {treated(arm)}, {change_in_behaviour(protocol.primary, raw.estimate)}"
    behaved += f" than with {doing_nothing(protocol)}."
    if evidence.net_benefit is None or evidence.net_benefit.estimate is None:
        return f"{behaved} What that is worth was not declared."
    amount = evidence.net_benefit.estimate
    size = large_pounds(abs(amount) * 1000.0)
    if size == "£0":
        return f"{behaved} After costs the department neither gained nor lost."
    return f"{behaved} After costs the department {'gained' if amount > 0 else 'lost'} {size}."


def _verdict_words(protocol: Protocol, decided: Decided) -> str:
    nothing = doing_nothing(protocol)
    if decided.code == "scale" and decided.arm:
        return f"Scale {approach(protocol.arm(decided.arm))}."
    if decided.code == "scale_segment" and decided.arm and decided.cell:
        named = approach(protocol.arm(decided.arm))
        return f"Scale {named} to customers with {decided.cell.segment}, and to nobody else."
    if decided.code == "no_further_action":
        return f"{capitalised(nothing)} is better: do not scale."
    return f"Not shown to beat {nothing}: do not scale."


def _reasons(
    protocol: Protocol, trial: TrialEvidence, decided: Decided, rules: DecisionRules, failed: Sequence[Check]
) -> tuple[str, ...]:
    if decided.code == "invalid":
        return tuple(check.detail for check in failed)
    reasons: list[str] = []
    if decided.code == "scale" and len(decided.passing) > 1:
        reasons.append(_which_arm_words(protocol, trial, decided))
    if decided.code == "scale_segment":
        others = [cell for cell in decided.passing_cells if cell is not decided.cell]
        reasons += [
            f"{capitalised(approach(protocol.arm(cell.evidence.arm)))} also passes for {cell.segment}."
            for cell in others
        ]
    if decided.barred_by_multiplicity:
        reasons.append(
            "Several approaches were tried without a correction that keeps false alarms rare, so none can be scaled."
        )
    if not rules.valued and decided.code != "scale":
        reasons.append("No value is declared for any outcome, so a gain after costs cannot be shown.")
    if not rules.capacity:
        reasons.append(capacity(protocol).sentence)
    return tuple(reasons)


def _which_arm_words(protocol: Protocol, trial: TrialEvidence, decided: Decided) -> str:
    passing = [evidence for evidence in trial.arms if evidence.arm in decided.passing]
    cheapest = min(passing, key=lambda evidence: evidence.cost)
    names = listed([approach(protocol.arm(evidence.arm)) for evidence in passing])
    chosen = next(evidence for evidence in passing if evidence.arm == decided.arm)
    named = approach(protocol.arm(chosen.arm))
    if chosen.cost > cheapest.cost:
        return f"{capitalised(names)} pass; {named} costs more and is shown to gain more."
    if sum(evidence.cost == chosen.cost for evidence in passing) > 1:
        return f"{capitalised(names)} pass; {named} is no dearer and gained most."
    return f"{capitalised(names)} pass; {named} is the cheapest, and no dearer one is shown to gain more."


_FINDINGS: Mapping[FindingCode, str] = {
    "passes": "Works, and is worth sending.",
    "works_not_worth_sending": "Works, and is not worth sending.",
    "harmful": "Does harm beyond what was declared acceptable.",
    "not_estimable": "Could not be estimated.",
}


def _finding(
    protocol: Protocol, evidence: Evidence, judgement: Judgement, rules: DecisionRules, decided: Decided
) -> ArmFinding:
    nothing = doing_nothing(protocol)
    if decided.code == "invalid":
        return ArmFinding(evidence.arm, "not_estimable", "Not judged: the trial is invalid.")
    sentence = _FINDINGS.get(judgement.code)
    segments = [str(cell.segment) for cell in decided.passing_cells if cell.evidence.arm == evidence.arm]
    if decided.code == "scale_segment" and segments:
        sentence = f"Worth sending to customers with {listed(segments)}, and not to everyone."
    elif judgement.code == "worse_than_nfa":
        sentence = f"Worse than {nothing}."
    elif sentence is None and judgement.effect_shown and not rules.valued:
        sentence = "Changes behaviour; whether that is worth its cost was not declared."
    elif sentence is None:
        sentence = f"Not shown to beat {nothing}."
    return ArmFinding(
        arm=evidence.arm,
        code=judgement.code,
        sentence=sentence,
        reasons=tuple(_arm_reasons(protocol, evidence, judgement, rules)),
        guardrails_passed=judgement.guardrails_passed,
        worse_than_comparison=bool(judgement.worse_by),
    )


def _arm_reasons(protocol: Protocol, evidence: Evidence, judgement: Judgement, rules: DecisionRules) -> list[str]:
    reasons = [_effect_words(protocol, evidence, rules.alpha)]
    if evidence.net_benefit is not None:
        reasons.append(_money_words(evidence.net_benefit, rules.alpha))
    nothing = doing_nothing(protocol)
    if "net_benefit" in judgement.worse_by:
        reasons.append(f"It is shown to lose money against {nothing}.")
    if "break_even" in judgement.worse_by:
        reasons.append("Its effect is shown to lie below the break-even effect that was declared.")
    if "skewness" in judgement.missing:
        why = f" ({evidence.randomisation_reason})" if evidence.randomisation_reason else ""
        reasons.append(
            "A few very large amounts make the range of its gain unreliable, and the test that allows for them "
            f"did not support it{why}."
        )
    if "together" in judgement.missing:
        reasons.append(
            "Its effect and its gain are each shown, and not both together once the other approaches are allowed for."
        )
    for harm in evidence.harms:
        if harm.established:
            reasons.append(f"{capitalised(_outcome_words(protocol, harm.outcome))}: harm is shown beyond the margin.")
        elif harm.reason is not None:
            reasons.append(f"{capitalised(_outcome_words(protocol, harm.outcome))}: not shown safe, {harm.reason}.")
        elif not harm.passed:
            reasons.append(f"{capitalised(_outcome_words(protocol, harm.outcome))}: not shown to stay in its margin.")
    if "capacity" in judgement.missing:
        reasons.append("There is no capacity for the extra contact.")
    return reasons


def _effect_words(protocol: Protocol, evidence: Evidence, alpha: float) -> str:
    raw = _as_measured(protocol, evidence.effect)
    lower, upper = raw.lower(alpha), raw.upper(alpha)
    if raw.estimate is None:
        return f"{capitalised(behaviour(protocol.primary))}: {raw.reason or 'could not be estimated'}."
    words = f"{capitalised(change_in_behaviour(protocol.primary, raw.estimate))} for every 1,000 customers"
    if lower is None or upper is None:
        return f"{words}; {raw.reason or 'its range could not be estimated'}."
    measure = protocol.primary.effect_in
    return f"{words} ({per_thousand(measure, lower)} to {per_thousand(measure, upper)})."


def _money_words(net_benefit: Effect, alpha: float) -> str:
    lower, upper = net_benefit.lower(alpha), net_benefit.upper(alpha)
    if net_benefit.estimate is None:
        return f"Gain after costs: {net_benefit.reason or 'could not be estimated'}."
    words = f"{gained(net_benefit.estimate * 1000.0)} for every 1,000 customers, after costs"
    if lower is None or upper is None:
        return f"{words}; {net_benefit.reason or 'its range could not be estimated'}."
    return f"{words} ({gained(lower * 1000.0)} to {gained(upper * 1000.0)})."


def _as_measured(protocol: Protocol, effect: Effect) -> Effect:
    """Evidence is signed so that better is above zero; people are told what was measured."""
    return effect.reversed() if protocol.primary.better_below_zero else effect


def _outcome_words(protocol: Protocol, outcome_id: str) -> str:
    return behaviour(protocol.outcome(outcome_id))
