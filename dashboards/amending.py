"""Amendments, as :mod:`dashboards.session` has the rest: what a locked plan may still become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import session
from dashboards.uploads import Upload

if TYPE_CHECKING:
    from designs.finding import Open
    from trials.registry.records import AmendmentRecord


def amendments(trial: str) -> tuple[tuple[AmendmentRecord, ...], tuple[Open, ...]]:
    """Every amendment of a trial's plan, and what is still to be signed for the one that is open."""
    with session.registry().read(session.current_user(), trial) as reader:
        return reader.amendments(trial)


def propose(trial: str, protocol: Upload, texts: tuple[Upload, ...], reason: str) -> AmendmentRecord:
    """Propose that a locked plan be the one in a file.

    Raises:
        Refused: The file is no protocol, nothing in it changes or what may not, or no reason is given.
    """
    from trials.stages.amend import amend

    registry, actor = session.registry(), session.current_user()
    registry.permit(actor, "amend")
    with session.sent(registry, protocol, texts) as kept:
        return amend(registry, actor, trial, kept.path, reason=reason).record


def confirm(trial: str, number: int) -> AmendmentRecord:
    """Confirm the amendment that was read: from here on it is in force.

    Raises:
        Refused: The same person proposed it, something is still to be signed, or it is another one by now.
    """
    from trials.stages.amend import confirm_amendment

    return confirm_amendment(session.registry(), session.current_user(), trial, number)


def withdraw(trial: str, number: int, reason: str) -> AmendmentRecord:
    """Take back the amendment that was read.

    Raises:
        Refused: None is open or it is another one by now, or no reason is given.
    """
    from trials.stages.amend import withdraw_amendment

    return withdraw_amendment(session.registry(), session.current_user(), trial, number, reason=reason)
