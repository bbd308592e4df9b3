"""Take out: that rows of customers leave in a file is in the audit chain before the file is there."""

from __future__ import annotations

from trials.access import Actor, UseCase
from trials.registry import Registry
from trials.registry.records import FileAccount


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


def note_reasons_taken_out(
    registry: Registry,
    actor: Actor,
    use_case: UseCase,
    trial_id: str | None,
    account: FileAccount,
    of: str,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Record that the reasons of rejected rows leave, which quote what those hold; as JSON those of cells leave too.

    Args:
        registry: As for :func:`note_taken_out`.
        actor: Likewise.
        use_case: Likewise.
        trial_id: Likewise.
        account: What was said of the file.
        of: What file that was, in words.
        as_csv: Whether they are asked for as a file of their own; then that is recorded of none as well.
        as_json: Whether all that is said of the file is asked for.

    Raises:
        AccessRefused: The actor's role does not hold the use case.
        RegistryRefused: It could not be recorded; then nothing may leave.
    """
    rows, cells = len(account.rejections), len(account.unreadable) if as_json else 0
    if as_csv or (as_json and rows + cells):
        what = f"reasons of rejected rows {'and unreadable cells ' if cells else ''}of {of}"
        note_taken_out(registry, actor, use_case, trial_id, what=what, rows=rows + cells)
