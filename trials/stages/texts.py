"""Texts: what each arm is sent, written out again as the protocol names it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from data.private import make_private, write_private
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.registry.kept_texts import texts_of


def write_texts(registry: Registry, actor: Actor, trial_id: str, out: str | Path) -> tuple[Path, ...]:
    """Write every text that is kept of a trial into a folder, under the paths that its protocol's file gives them.

    A path that two versions of the plan gave to two texts has each under its digest too.

    Raises:
        TrialRefused: There is no such trial, none of its texts is kept, a file is there already, a text's name leads
            out of the folder, or the disk refused.
    """
    with registry.inspect(actor, "read", trial_id) as session:
        queries.require_trial(session, trial_id)
        texts = texts_of(session, trial_id)
    if not texts:
        raise TrialRefused(
            "no text of this trial is kept",
            where=trial_id,
            rule="texts are kept when a protocol that names them is registered, and with otm migrate where they lie",
            remedy="register the protocol again with its texts beside it",
        )
    names = [text.name for text in texts]
    paths: list[Path] = []
    try:
        for text in texts:
            name = text.name if names.count(text.name) == 1 else f"{text.digest[:12]}-{PurePosixPath(text.name).name}"
            paths.append(_inside(Path(out), name))
            if os.path.lexists(paths[-1]):
                raise TrialRefused(
                    "a file of that name is there already", where=str(paths[-1]), remedy="choose another folder"
                )
        for path, text in zip(paths, texts, strict=True):
            make_private(path.parent)
            write_private(path, text.content)
    except OSError as error:
        raise TrialRefused(
            f"a text cannot be written ({error.strerror or error})", where=str(error.filename or out)
        ) from error
    return tuple(paths)


def _inside(out: Path, name: str) -> Path:
    """Where a text goes.

    Raises:
        TrialRefused: Its name, or a link in the folder, leads out of the folder.
    """
    path = out / name
    if PurePosixPath(name).is_absolute() or not path.resolve().is_relative_to(out.resolve()):
        raise TrialRefused(
            "a text would be written outside the folder",
            where=str(path),
            rule="texts are written into the folder that was named, and nowhere else",
            remedy="name a new folder; where it is new, run otm verify, for a text's name was edited",
        )
    return path
