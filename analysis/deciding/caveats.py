"""What a verdict that stands says against itself: customers without an outcome, and contacts that went astray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.deciding.what_is_missing import with_what_is_missing
from analysis.results import Check, TippingPoint, Verdict
from analysis.wording.naming import doing_nothing
from designs.protocol.models import Protocol


def with_caveats(
    protocol: Protocol, verdict: Verdict, tipping: Sequence[TippingPoint], checks: Sequence[Check]
) -> Verdict:
    """The verdict with a reason more for everything that may have made it another."""
    verdict = with_what_is_missing(protocol, verdict, tipping, checks)
    if verdict.code == "not_due":  # at a look that goes on: nothing is shown that they could have moved
        return verdict
    return replace(verdict, reasons=(*verdict.reasons, *contact_reasons(protocol, checks)))


def contact_reasons(protocol: Protocol, checks: Sequence[Check]) -> tuple[str, ...]:
    """What came of contacts that were not as planned, although their checks let the verdict stand.

    Everybody counts as the arm they were assigned to. Whoever got what another arm gets, or got it too late, makes the
    arms more alike than the approaches do.
    """
    of = {check.kind: check for check in checks}
    reasons: list[str] = []
    if (dispatch := of.get("dispatch")) is not None:
        reasons += _astray(protocol, dispatch)
    if (letters := of.get("letters")) is not None:
        reasons += _mixed_up(letters)
    if (days := of.get("contact_days")) is not None and days.passed is False:
        reasons.append(
            f"{days.detail} Their customers count as assigned all the same, so what contacts in time do may be another "
            "effect."
        )
    if (lost := of.get("contacts_taken")) is not None and lost.passed is False:
        reasons.append(lost.detail)
    return tuple(reasons)


def _astray(protocol: Protocol, dispatch: Check) -> list[str]:
    wrong = {arm.id: _count(dispatch, f"wrong_{arm.id}") for arm in protocol.arms}
    of_comparison, reasons = wrong.pop(protocol.comparison.id), []
    if of_comparison:
        reasons.append(
            f"{_contacts(of_comparison)} not meant for them went to customers with {doing_nothing(protocol)}. They "
            "count as assigned all the same, so the difference that is shown may be smaller than the approaches make."
        )
    if others := sum(wrong.values()):
        reasons.append(
            f"{_contacts(others)} not meant for them went to customers of an approach, who count as assigned all the "
            "same."
        )
    unread, doubtful = _count(dispatch, "unread"), _count(dispatch, "doubtful")
    if unread:
        what = f", and what {doubtful:,} of them were sent is not known" if doubtful else ""
        reasons.append(f"The contacts of {unread:,} customers could not be read in full{what}.")
    return reasons


def _mixed_up(letters: Check) -> list[str]:
    named, wrong, doubtful = (_count(letters, name) for name in ("named", "wrong", "doubtful"))
    reasons = []
    if wrong:
        reasons.append(
            f"{wrong:,} of {named:,} customers whose contacts name a letter were sent another arm's. They count as "
            "assigned all the same, so the letters may differ by more than is shown."
        )
    if doubtful:
        reasons.append(f"Which letter {doubtful:,} customers were sent is not known.")
    return reasons


def _contacts(number: int) -> str:
    return "1 contact" if number == 1 else f"{number:,} contacts"


def _count(check: Check, figure: str) -> int:
    return int(check.figures.get(figure) or 0)
