"""Take out: that rows of customers leave in a file is in the audit chain before the file is there."""

from __future__ import annotations

from trials.access import Actor, UseCase
from trials.registry import Registry


def note_taken_out(
    registry: Registry,
    actor: Actor,
    use_case: UseCase,
    trial_id: str | None,
    *,
    what: str,
    rows: int,
    reason: str | None = None,
) -> None:
    """Record who takes rows out, of what, how many and why; never whose they are.

    Args:
        registry: What they are taken out of.
        actor: Who takes them.
        use_case: What it is a part of, whose right it needs.
        trial_id: The trial, where they belong to one.
        what: What the rows are, in words.
        rows: How many.
        reason: Why, where that is more than the use case says.

    Raises:
        AccessRefused: The actor's role does not hold the use case.
        RegistryRefused: It could not be recorded; then nothing may leave.
    """
    with registry.write(actor, use_case, trial_id) as work:
        work.commit_taken_out(what, rows, reason)
