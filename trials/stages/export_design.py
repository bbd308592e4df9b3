"""Export design: a draft written as the protocol file that it is, with its texts beside it."""

from __future__ import annotations

from pathlib import Path

from data.private import make_private, write_private
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
        TrialRefused: There is no such design or revision, a file is there already, or the disk refused; what was
            written before that stays.
        DesignRefused: A text's path leads out of the folder.
    """
    with registry.inspect(actor, "read", trial_id) as session:
        revision = queries.revision_of_draft(session, trial_id, number)
        kept = queries.texts_of_design(session, trial_id, revision.draft.texts.values())
    files = files_of(revision.draft, kept)
    folder = Path(out)
    for name in files:
        if (folder / name).exists():
            raise TrialRefused(
                "a file of that name is there already", where=str(folder / name), remedy="choose another folder"
            )
    try:
        for name, content in files.items():
            make_private((folder / name).parent)
            write_private(folder / name, content)
    except OSError as error:
        raise TrialRefused(
            f"the plan cannot be written ({error.strerror or error})", where=str(error.filename or folder)
        ) from error
    return revision.number, folder / PROTOCOL_FILE
