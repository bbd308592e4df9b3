"""Whether a verdict says by itself that the customers without an outcome could undo it, where they could."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.results import Check, TippingPoint, Verdict
from analysis.wording.naming import approach, doing_nothing, outcome_label
from analysis.wording.phrases import listed
from analysis.wording.verdicts import would_be_in_words
from designs.protocol.models import Protocol
from designs.protocol.words import column_words


def with_what_is_missing(
    protocol: Protocol, verdict: Verdict, tipping: Sequence[TippingPoint], checks: Sequence[Check]
) -> Verdict:
    """The verdict with one more reason where the missing could plausibly have behaved so that it would be another.

    A share of them may be whatever it is; an amount or a count is thought of from nothing up to twice what is assumed.
    The nearest tipping point is said. Of a time to an event there is none: how many were not followed is said.
    """
    near = [
        (abs(row.shift) / (abs(row.assumed or 0.0) or 1.0), row, row.becomes)
        for row in tipping
        if row.shift is not None and row.becomes is not None and _plausible(protocol, row)
    ]
    reasons = []
    if near:
        _, row, becomes = min(near, key=lambda found: found[0])
        outcome = next(outcome for outcome in protocol.outcomes if outcome.id == row.outcome)
        without = sum(other.missing for other in tipping if other.outcome == row.outcome)
        who = doing_nothing(protocol) if row.arm == protocol.comparison.id else approach(protocol.arm(row.arm))
        then = would_be_in_words(
            becomes, lambda name: approach(protocol.arm(name)), doing_nothing(protocol), column_words(protocol)
        )
        reasons.append(
            f"{without:,} customers lack “{outcome_label(outcome)}”, and what the {row.missing:,} of them with {who} "
            f"did could make the verdict another: {then}."
        )
    reasons += _without_their_pair(protocol, tipping)
    reasons += _not_followed(protocol, checks)
    return replace(verdict, reasons=(*reasons, *verdict.reasons)) if reasons else verdict


def _without_their_pair(protocol: Protocol, tipping: Sequence[TippingPoint]) -> list[str]:
    """Of matched pairs, where what the missing could change is not computed: said, so that nobody takes it for none."""
    if protocol.randomisation.pairs is None:
        return []
    lacking: dict[str, int] = {}
    for row in tipping:
        lacking[row.outcome] = lacking.get(row.outcome, 0) + row.missing
    return [
        f"{missing:,} customers lack “{outcome_label(protocol.outcome(name))}”, and their pairs are left out of the "
        "estimate. What they did could make the verdict another; how much it takes is not known."
        for name, missing in lacking.items()
        if missing
    ]


def _plausible(protocol: Protocol, row: TippingPoint) -> bool:
    kind = next(outcome.kind for outcome in protocol.outcomes if outcome.id == row.outcome)
    return kind == "binary" or abs(row.shift or 0.0) <= abs(row.assumed or 0.0)


def _not_followed(protocol: Protocol, checks: Sequence[Check]) -> list[str]:
    """Of a primary that is a time to an event; checks count by arm whose follow-up ended early."""
    primary = protocol.primary
    retained = next((check for check in checks if check.kind == "retention"), None)
    if primary.kind != "time_to_event" or retained is None:
        return []
    early = {arm.id: int(retained.figures.get(f"early_{arm.id}") or 0) for arm in protocol.arms}
    if not any(early.values()):
        return []
    by_arm = listed([f"{protocol.arm(arm).label} {n:,}" for arm, n in early.items()])
    return [
        f"{sum(early.values()):,} customers were followed for less than {primary.horizon:g} days without the event "
        f"({by_arm}). They are taken to be like those who were followed; what would change the verdict is not known."
    ]
