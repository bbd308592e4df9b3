"""Take out: that rows of customers leave in a file is in the audit chain before the file is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Final

from trials.access import Actor, UseCase
from trials.errors import TrialRefused
from trials.life import require
from trials.registry import Registry, queries
from trials.registry.records import FileAccount, IssueRecord

MANIFEST: Final = ".manifest.json"
"""How the name of what stands beside a list ends."""


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


def note_lists_taken_out(registry: Registry, actor: Actor, trial_id: str, files: Mapping[str, bytes]) -> None:
    """Record that issue lists leave, each of which is as it was recorded when it was issued; none of a void draw.

    Args:
        registry: As for :func:`note_taken_out`.
        actor: Likewise.
        trial_id: The trial.
        files: What leaves, by name: lists, and beside each its manifest.

    Raises:
        AccessRefused: The actor may not issue.
        TrialRefused: The draw is void, or a file is none that was issued, or was edited since.
        RegistryRefused: It could not be recorded; then nothing may leave.
    """
    with registry.write(actor, "issue", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "issue")
        issued = queries.issues_of(work.session, trial_id)
        leaving = [_as_issued(name, files, issued) for name in files if not name.endswith(MANIFEST)]
        names = ", ".join(each.manifest["file"] for each in leaving)
        work.commit_taken_out(f"issue lists {names}", sum(each.manifest["customers"] for each in leaving), None)


def _as_issued(name: str, files: Mapping[str, bytes], issued: Iterable[IssueRecord]) -> IssueRecord:
    """The record of a list, which has its name, its bytes and its manifest; of one issued again, that one."""
    digest, beside = hashlib.sha256(files[name]).hexdigest(), files.get(name.removesuffix(".csv") + MANIFEST)
    for each in issued:
        if each.file_digest == digest and each.manifest["file"] == name and _says(beside, each.manifest):
            return each
    raise TrialRefused(
        "a list is not as it was issued",
        where=name,
        rule="what is sent to customers is what was recorded, byte for byte",
        remedy="ask who else may write to the registry's folder, remove these lists and issue them again",
    )


def _says(beside: bytes | None, manifest: Mapping[str, object]) -> bool:
    try:
        return beside is None or bool(json.loads(beside) == manifest)
    except ValueError:
        return False
