"""Export design: a draft written as the protocol file that it is, with its texts beside it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from data.whole_files import write_new_files
from designs.drafting import PROTOCOL_FILE, files_of
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries


def export_design(
    registry: Registry, actor: Actor, trial_id: str, out: str | Path, number: int | None = None
) -> tuple[int, Path]:
    """Write a revision of a design's draft into a folder.

    Returns:
        The revision's number, and the path of the protocol file.

    Raises:
        TrialRefused: There is no such design or revision, the folder is the registry's own, a file is there already, a
            link is on the way, or the disk refused; nothing was written.
        DesignRefused: A text's path leads out of the folder.
    """
    with registry.inspect(actor, "read", trial_id) as session:
        revision = queries.revision_of_draft(session, trial_id, number)
        kept = queries.texts_of_design(session, trial_id, revision.draft.texts.values())
    files = files_of(revision.draft, kept)
    folder = Path(out)
    for name in files:
        registry.settings.require_outside(folder / name)
        _refuse_taken(folder, name)
    try:
        write_new_files(folder, files)
    except OSError as error:
        raise TrialRefused(
            f"the plan cannot be written ({error.strerror or error})",
            where=str(error.filename or folder),
            rule="all of it is written, or nothing",
        ) from error
    return revision.number, folder / PROTOCOL_FILE


def _refuse_taken(folder: Path, name: str) -> None:
    """Refuse a name that is taken, be it by a link that leads nowhere, and one that a link leads elsewhere."""
    path = folder / name
    if os.path.lexists(path):
        raise TrialRefused("a file of that name is there already", where=str(path), remedy="choose another folder")
    ways = [folder / above for above in PurePosixPath(name).parents if above.parts]
    for way in ways:
        if way.is_symlink():
            raise TrialRefused(
                "the plan would be written through a link",
                where=str(way),
                rule="a plan and its texts are written into the folder that was named, and nowhere else",
                remedy="choose another folder",
            )
