"""The verdict while outcomes are not due: there is none yet, and what is shown is the field's health alone."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import ArmFinding, Check, Maturity, Verdict
from analysis.wording.naming import outcome_label
from analysis.wording.phrases import day, listed
from designs.protocol.models import Protocol


def not_due(protocol: Protocol, maturity: Maturity, *, failed: Sequence[Check] = ()) -> Verdict:
    """No verdict, the day on which there can be one, and how much is due by outcome and arm.

    Args:
        protocol: As locked.
        maturity: Not complete.
        failed: Checks of the data that block and failed: they are said, though nothing is judged.
    """
    sentence = (
        f"No verdict yet: not every outcome is due for every customer before {day(maturity.due_on)}, and the data are "
        f"as at {day(maturity.as_at)}."
    )
    return Verdict(
        code="not_due",
        sentence=sentence,
        reasons=(*_shares(protocol, maturity), *(check.detail for check in failed)),
        arms=tuple(
            ArmFinding(arm.id, "not_estimable", "Not judged: outcomes are not due yet.") for arm in protocol.otm_arms
        ),
    )


def _shares(protocol: Protocol, maturity: Maturity) -> list[str]:
    """Of each outcome, how much of each arm was due; outcomes that are due on one day are told together."""
    told: dict[int, list[str]] = {}
    for outcome in dict.fromkeys(row.outcome for row in maturity.shares):
        told.setdefault(next(r.day for r in maturity.shares if r.outcome == outcome), []).append(outcome)
    reasons = []
    for after, outcomes in sorted(told.items()):
        rows = [row for row in maturity.shares if row.outcome == outcomes[0]]
        arms = listed([f"{row.due / row.customers:.1%} of {protocol.labels[row.arm]}" for row in rows if row.customers])
        names = listed([outcome_label(protocol.outcome(outcome)) for outcome in outcomes])
        reasons.append(f"Due so far, of what is counted on day {after} ({names}): {arms}.")
    return reasons
