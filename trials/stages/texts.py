"""Texts: what each arm is sent, written out again as the protocol names it."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from data.text import printable
from data.whole_files import write_new_files
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.registry.kept_texts import texts_of
from trials.registry.records import TextRecord

_DEVICES: Final = frozenset({
    "CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10)),
})  # fmt: skip
_UNUSUAL: Final = re.compile(r"""[<>:"|?*\\\x01-\x1f\x7f]""")


def write_texts(registry: Registry, actor: Actor, trial_id: str, out: str | Path) -> tuple[Path, ...]:
    """Write every text that is kept of a trial into a folder, under the paths that its protocol's file gives them.

    A path that two versions of the plan gave to two texts has each under its digest too; so has one that some disk
    takes for another's, or does not take.

    Raises:
        TrialRefused: There is no such trial, none of its texts is kept, the folder is the registry's own, a file is
            there already, a text's name leads out of the folder, or the disk refused; nothing was written.
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
    folder, names = Path(out), _names(texts)
    for name in names:
        path = _inside(folder, name)
        registry.settings.require_outside(path)
        if os.path.lexists(path):
            raise TrialRefused("a file of that name is there already", where=str(path), remedy="choose another folder")
    try:
        return write_new_files(folder, {name: text.content for name, text in zip(names, texts, strict=True)})
    except OSError as error:
        raise TrialRefused(
            f"a text cannot be written ({error.strerror or error})",
            where=str(error.filename or out),
            rule="all of them are written, or none",
        ) from error


def _names(texts: Sequence[TextRecord]) -> list[str]:
    """Under which name each text is written: its own, or where that will not do with its digest before it."""
    folded = [_as_any_disk(text.name) for text in texts]
    folders = {str(above) for name in folded for above in PurePosixPath(name).parents}
    return [
        f"{text.digest[:12]}-{_UNUSUAL.sub('_', PurePosixPath(text.name).name)}"
        if (folded.count(name) > 1 or name in folders or any(map(_is_taken, PurePosixPath(text.name).parts)))
        and PurePosixPath(text.name).name
        else text.name
        for text, name in zip(texts, folded, strict=True)
    ]


def _as_any_disk(name: str) -> str:
    """As a disk may tell names apart: without capitals, and letters with their accents as one."""
    return str(PurePosixPath(unicodedata.normalize("NFC", name).casefold()))


def _is_taken(part: str) -> bool:
    """Whether some system keeps a name for itself, or changes it."""
    stem = part.split(".")[0].strip().upper()
    odd = part.endswith((" ", ".")) and part not in (".", "..")
    return stem in _DEVICES or odd or _UNUSUAL.search(part.strip("/")) is not None


def _inside(out: Path, name: str) -> Path:
    """Where a text goes.

    Raises:
        TrialRefused: Its name, or a link in the folder, leads out of the folder.
    """
    path, own = out / name, PurePosixPath(name)
    nowhere = own.is_absolute() or own.name in ("", "..") or ".." in own.parts or "\0" in name
    if nowhere or not path.resolve().is_relative_to(out.resolve()):
        raise TrialRefused(
            "a text would be written outside the folder",
            where=printable(str(path)),
            rule="texts are written into the folder that was named, and nowhere else",
            remedy="name a new folder; where it is new, run otm verify, for a text's name was edited",
        )
    return path
