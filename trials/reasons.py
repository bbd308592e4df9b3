"""Why somebody does what is recorded for ever: a reason that is given, and that can be kept."""

from __future__ import annotations

from data.text import unstorable
from trials.errors import TrialRefused


def require_reason(reason: str, where: str, rule: str) -> None:
    """Refuse a reason that says nothing, or holds what no database keeps.

    Args:
        reason: As it was typed.
        where: What it is about.
        rule: Why there must be one.

    Raises:
        TrialRefused: It is so.
    """
    if not reason.strip():
        raise TrialRefused("no reason is given", where=where, rule=rule)
    strange = unstorable(reason)
    if strange is not None:
        raise TrialRefused(
            f"the reason holds {strange}",
            where=where,
            rule="text that is typed is Unicode, without NUL",
            remedy="type it again without that character; nothing was changed",
        )
