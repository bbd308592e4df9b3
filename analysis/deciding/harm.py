"""Why an approach was stopped, or is scaled nowhere, for harm: which guardrail it went beyond, and at which look."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.deciding.evidence import TrialEvidence
from analysis.deciding.verdict import Decided
from analysis.results import Look
from analysis.wording.naming import approach, outcome_label
from analysis.wording.phrases import capitalised, listed
from analysis.wording.segments import customers_with
from designs.protocol.models import Protocol
from designs.protocol.words import column_words


def harm_reasons(protocol: Protocol, trial: TrialEvidence, decided: Decided, look: Look | None) -> tuple[str, ...]:
    """Every approach with harm shown beyond a limit, among everyone or in a planned segment alone.

    Args:
        look: the one that the verdict is of, with what it and those before it stopped; ``None`` without looks.
    """
    before = {harm.arm for harm in look.harms if harm.look < look.looks} if look is not None else set()
    barred = set(look.stopped) if look is not None else set()
    reasons = [] if look is None else list(stopped_reasons(protocol, look))
    words = column_words(protocol)
    harmful = {judgement.arm for judgement in decided.arms if "harm" in judgement.worse_by}
    for evidence in trial.arms:
        shown = [harm.outcome for harm in evidence.harms if harm.established]
        if shown and evidence.arm in harmful and evidence.arm not in before:
            reasons.append(
                f"{capitalised(approach(protocol.arm(evidence.arm)))} does harm: {_beyond(protocol, shown)}."
            )
    for judged in decided.cells:
        evidence = judged.cell.evidence
        shown = [harm.outcome for harm in evidence.harms if harm.established]
        if shown and evidence.arm not in harmful | barred:
            named, among = approach(protocol.arm(evidence.arm)), customers_with(words, [judged.cell.segment])
            reasons.append(f"Among {among}, {named} does harm: {_beyond(protocol, shown)}.")
    return tuple(reasons)


def stopped_reasons(protocol: Protocol, look: Look) -> tuple[str, ...]:
    """What this look and those before it stopped, and for what; the final analysis stops nothing."""
    reasons = []
    for arm in look.stopped:
        harms = [harm for harm in look.harms if harm.arm == arm]
        named = approach(protocol.arm(arm))
        if not harms:  # stored before the guardrails were
            reasons.append(f"An earlier look stopped {named} for harm.")
        elif harms[0].look < look.looks:
            beyond = _beyond(protocol, [harm.guardrail for harm in harms])
            reasons.append(f"Look {harms[0].look} of {look.looks} stopped {named} for harm: {beyond}.")
    return tuple(reasons)


def _beyond(protocol: Protocol, guardrails: Sequence[str]) -> str:
    """“Complaint” is shown to go beyond the limit that the plan declares"""
    names = listed([f"“{outcome_label(protocol.outcome(name))}”" for name in guardrails])
    many = len(guardrails) > 1
    limits = "limits" if many else "limit"
    return f"{names} {'are' if many else 'is'} shown to go beyond the {limits} that the plan declares"
