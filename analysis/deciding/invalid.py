"""The verdict on data that fail a check which blocks: there is none, and nothing that customers did is read for it."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.explanation import explain
from analysis.deciding.verdict import decide
from analysis.deciding.what_would_change import what_would_change
from analysis.inference.intervals import Effect
from analysis.results import Check, Thresholds, Verdict
from designs.protocol.models import Protocol


def invalid(protocol: Protocol, rules: DecisionRules, failed: Sequence[Check], *, customers: int) -> Verdict:
    """Which checks failed, and what would be needed; every arm is said not to be judged.

    Args:
        protocol: as locked.
        rules: of the protocol's verdict.
        failed: the checks that block and failed, at least one.
        customers: allocated in this trial, all arms.
    """
    unknown = Effect(None, None, reason="the data failed a check")
    arms = tuple(Evidence(arm.id, unknown, None) for arm in protocol.otm_arms)
    trial = TrialEvidence(tuple(check.name for check in failed), arms)
    decided = decide(trial, rules)
    changes = what_would_change(protocol, trial, rules, decided, found=Thresholds(), customers=customers)
    return explain(protocol, trial, rules, decided, failed=failed, changes=changes)
