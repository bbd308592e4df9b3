"""From a decided verdict to the trial's sentence and its reasons; each arm's own are in :mod:`findings`."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.findings import arm_findings, as_measured, segment_findings
from analysis.deciding.harm import harm_reasons
from analysis.deciding.looks import as_observed
from analysis.deciding.ranges import spoken_money_range
from analysis.deciding.verdict import Decided
from analysis.results import Check, DecidingRange, Look, Segment, Verdict
from analysis.wording.naming import approach, change_in_behaviour, doing_nothing
from analysis.wording.numbers import gain_range, large_pounds
from analysis.wording.phrases import capitalised, listed
from analysis.wording.saturation import assigned_in, bar_words, to_whom
from analysis.wording.segments import customers_with, segment_within
from designs.protocol.capacity import capacity
from designs.protocol.models import Protocol
from designs.protocol.words import column_words


def explain(
    protocol: Protocol,
    trial: TrialEvidence,
    rules: DecisionRules,
    decided: Decided,
    *,
    failed: Sequence[Check] = (),
    changes: tuple[str, ...] = (),
    look: Look | None = None,
) -> Verdict:
    """Put a verdict into words.

    Args:
        failed: the checks that block and failed; the first one's detail stands in the sentence.
        changes: what would change the verdict, as :mod:`analysis.deciding.threshold_analysis` finds it.
        look: the one that gave the verdict, where looks are declared.
    """
    return Verdict(
        code=decided.code,
        sentence=_sentence(protocol, trial, rules, decided, failed, look),
        arm=decided.arm,
        segment=decided.cell.segment if decided.cell else None,
        reasons=_reasons(protocol, trial, decided, rules, failed, look),
        arms=arm_findings(protocol, trial, rules, decided),
        segments=segment_findings(protocol, rules, decided),
        flips=changes,
        barred_by=None if decided.code == "invalid" else rules.bar,
    )


def _sentence(
    protocol: Protocol,
    trial: TrialEvidence,
    rules: DecisionRules,
    decided: Decided,
    failed: Sequence[Check],
    look: Look | None,
) -> str:
    if decided.code == "invalid":
        why = failed[0].detail if failed else "An integrity check failed."
        return f"This trial is invalid, so no effect is shown as a finding. {why}"
    segment = decided.cell.segment if decided.cell else None
    spoken = decided.cell.evidence if decided.cell else _spoken(trial, decided)
    facts = f"{_effect_facts(protocol, spoken, segment)} " if spoken else ""
    if spoken and facts.strip():
        facts += f"{_money_facts(spoken, spoken_money_range(trial, rules, spoken, segment))} "
        facts += f"{as_observed(protocol, look, spoken.arm)} " if look is not None else ""
    return f"{facts.rstrip()} {_verdict_words(protocol, decided)}".strip()


def _spoken(trial: TrialEvidence, decided: Decided) -> Evidence | None:
    """The arm that the sentence is about: the one to scale, else the most promising."""
    if decided.arm is not None:
        return next(evidence for evidence in trial.arms if evidence.arm == decided.arm)
    known = [evidence for evidence in trial.arms if evidence.effect.estimate is not None]
    return max(known, key=_promise) if known else None


def _promise(evidence: Evidence) -> tuple[float, float]:
    net = evidence.net_benefit.estimate if evidence.net_benefit else None
    return (net if net is not None else float("-inf"), evidence.effect.estimate or 0.0)


def _effect_facts(protocol: Protocol, evidence: Evidence, segment: Segment | None) -> str:
    """For every 1,000 customers assigned the approach, what they did."""
    arm, raw = protocol.arm(evidence.arm), as_measured(protocol, evidence.effect)
    if raw.estimate is None:
        return ""
    among = customers_with(column_words(protocol), [segment]) if segment else "customers"
    behaved = change_in_behaviour(protocol.primary, raw.estimate)
    who = f"For every 1,000 {among} {assigned_in(protocol, arm)}"
    return f"{who}, {behaved} than with {doing_nothing(protocol)}."


def _money_facts(evidence: Evidence, span: DecidingRange) -> str:
    """What the department is estimated to gain or to lose, with its range."""
    if evidence.net_benefit is None or evidence.net_benefit.estimate is None:
        return "What that is worth was not declared."
    amount = evidence.net_benefit.estimate * 1000.0
    size, (lower, upper) = large_pounds(abs(amount)), span
    within = "" if lower is None or upper is None else f" ({gain_range(lower * 1000.0, upper * 1000.0)})"
    earlier = large_pounds(evidence.only_earlier * 1000.0) if evidence.only_earlier > 0.0 else "£0"
    of_which = "" if earlier == "£0" else f"; {earlier} of its benefits only comes earlier, and is not extra"
    if size == "£0":
        return f"After costs the department is estimated neither to gain nor to lose{within}{of_which}."
    return f"After costs the department is estimated to {'gain' if amount > 0 else 'lose'} {size}{within}{of_which}."


def _verdict_words(protocol: Protocol, decided: Decided) -> str:
    nothing = doing_nothing(protocol)
    if decided.code == "scale" and decided.arm:
        return f"Scale {approach(protocol.arm(decided.arm))}{to_whom(protocol)}."
    if decided.code == "scale_segment":
        return f"Scale {listed(_where_to_scale(protocol, decided))}, and to nobody else."
    if decided.code == "no_further_action":
        return f"{capitalised(nothing)} is better: do not scale."
    return f"Not shown to beat {nothing}: do not scale."


def _where_to_scale(protocol: Protocol, decided: Decided) -> list[str]:
    """Every approach with all the segments to which it may be scaled."""
    by_arm: dict[str, list[Segment]] = {}
    for cell in decided.to_segments:
        by_arm.setdefault(cell.evidence.arm, []).append(cell.segment)
    words = column_words(protocol)
    return [
        f"{approach(protocol.arm(arm))} to {customers_with(words, segments, 'or')}" for arm, segments in by_arm.items()
    ]


def _reasons(
    protocol: Protocol, trial: TrialEvidence, decided: Decided, rules: DecisionRules, failed: Sequence[Check],
    look: Look | None,
) -> tuple[str, ...]:  # fmt: skip
    if decided.code == "invalid":
        return tuple(check.detail for check in failed)
    reasons: list[str] = []
    if rules.bar is not None:
        reasons.append(f"{capitalised(bar_words(protocol, rules.bar))}. So no approach can be scaled on this trial.")
    reasons += harm_reasons(protocol, trial, decided, look)
    if decided.code == "scale" and len(decided.passing) > 1:
        reasons.append(_which_arm_words(protocol, trial, decided))
    if decided.code == "scale_segment":
        words = column_words(protocol)
        others = [cell for cell in decided.passing_cells if cell not in decided.to_segments]
        reasons += [
            f"{capitalised(approach(protocol.arm(cell.evidence.arm)))} also passes for "
            f"{segment_within(words, cell.segment)}: it costs more "
            "there, or is not shown to gain more."
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
