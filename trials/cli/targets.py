"""Where a command may write what it found: a file or folder of its own, never the registry's, through a link or over
what it reads.

What is written is for its owner alone, and is there as a whole or as it was before. Every option and argument that is
a path says by its callback what the command does with it.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Literal, TypeVar

import typer

from data.whole_files import replace_whole
from trials.errors import TrialRefused

TO_STANDARD_OUTPUT = "-"
FOLDER = "DIR"  # what the help calls a folder that a command makes
_Use = Literal["reads", "writes", "writes into"]
_Given = TypeVar("_Given", str, Path, None)


def writes(context: typer.Context, target: _Given) -> _Given:
    """An option's file, or ``-``, that the command writes: asked about before anything is done.

    Raises:
        TrialRefused: As :func:`require_fit`; no file can be there; or the command reads that file too, or writes it
            twice.
    """
    if target is not None and target != TO_STANDARD_OUTPUT:
        require_fit(Path(target))
        _require_place(context, Path(target))
        _note(context, "writes", Path(target))
    return target


def writes_into(context: typer.Context, folder: Path | None) -> Path | None:
    """An option's or argument's folder that the command makes, or writes files of its own into.

    Raises:
        TrialRefused: As :func:`require_fit`; or the command reads what is there, or writes a result over it.
    """
    if folder is not None:
        require_fit(folder)
        _note(context, "writes into", folder)
        for use, target in _noted(context):
            if use == "writes":
                _require_place(context, target)
    return folder


def writes_copy(context: typer.Context, place: Path | None) -> Path | None:
    """A file, or a folder for one, whose stage has words of its own where it is the registry's or a link to a file.

    Raises:
        TrialRefused: A link to a folder is there, or the command writes another result there.
    """
    if place is not None:
        if place.is_dir() and place.is_symlink():
            raise _a_link(place)
        from trials.registry.storage.folder import CHAIN_HEAD

        _note(context, "writes", place / CHAIN_HEAD if place.is_dir() else place)
    return place


def reads(context: typer.Context, file: Path | None) -> Path | None:
    """An argument's or option's file, or folder, that the command reads.

    Raises:
        TrialRefused: The command would write over it.
    """
    if file is not None:
        _note(context, "reads", file)
    return file


def _noted(context: typer.Context) -> list[tuple[_Use, Path]]:
    """What the paths of this command were found to be so far."""
    known: list[tuple[_Use, Path]] = context.meta.setdefault(__name__, [])
    return known


def _note(context: typer.Context, use: _Use, path: Path) -> None:
    """Whichever of two is named last is compared with the other."""
    known = _noted(context)
    for other_use, other in known:
        if (use, other_use) != ("reads", "reads") and _are_one(path, other):
            twice = "reads" not in (use, other_use)
            raise _refused(
                path,
                "two results would be written there" if twice else "the command reads this file",
                "each result has a file of its own" if twice else "what came is kept as it came",
            )
    known.append((use, path))


def require_fit(target: Path) -> None:
    """Ask whether a result may be written into a file.

    Raises:
        TrialRefused: It is the registry's own, or a link is there.
    """
    try:
        found = target.lstat()
    except OSError:
        found = None
    if found is not None and stat.S_ISLNK(found.st_mode) and not _leads_to_a_stream(target):
        raise _a_link(target)
    if _is_the_registrys(target):
        raise _refused(target, "it is the registry's own", "what is in OTM_HOME only the registry writes")


def _require_place(context: typer.Context, target: Path) -> None:
    """A file can be made or replaced there: what a command did stays done where its result then has no place.

    Raises:
        TrialRefused: A folder is there, or no folder for it and the command makes none.
    """
    if target.is_dir():
        raise _refused(target, "a folder is there", "a result is a file")
    makes = [path for use, path in _noted(context) if use == "writes into"]
    named_later = not makes and any(option.metavar == FOLDER for option in context.command.params)
    if not (target.parent.is_dir() or named_later or any(_are_one(target.parent, folder) for folder in makes)):
        raise _refused(target, "there is no such folder", "a result is written into a folder that is there")


def require_apart(result: str | None, folder: Path, begins: str, endings: tuple[str, ...]) -> None:
    """Ask whether a result's file could be one of those that the command writes into a folder.

    Raises:
        TrialRefused: It lies there, and its name begins and ends as theirs do.
    """
    target = Path(result or TO_STANDARD_OUTPUT)
    if target.name.startswith(begins) and target.name.endswith(endings) and _are_one(target.parent, folder):
        raise _refused(target, "the command writes such a file there itself", "each result has a file of its own")


def write_result(target: Path, content: bytes) -> None:
    """Write a file that takes the place of what is there, for its owner only; a device or a pipe is written into.

    Raises:
        TrialRefused: As :func:`require_fit`.
        OSError: It could not be written; then what was there is as it was.
    """
    require_fit(target)
    replace_whole(target, content)


def _refused(target: Path, problem: str, rule: str) -> TrialRefused:
    return TrialRefused(
        f"the result cannot be written there: {problem}",
        where=str(target),
        rule=rule,
        remedy="name another file, or - of --json for standard output; nothing was done",
    )


def _a_link(target: Path) -> TrialRefused:
    return _refused(target, "a link is there", "what is written is written where it is asked for")


def _leads_to_a_stream(target: Path) -> bool:
    """Whether a link is one of the system's names for what is open, as /dev/stdout is, and leads to no file."""
    return target.absolute().is_relative_to("/dev") and target.exists() and not target.is_file()


def _is_the_registrys(target: Path) -> bool:
    from trials.settings import load_settings

    return load_settings().holds(target)


def _are_one(target: Path, other: Path) -> bool:
    try:
        return target.samefile(other)
    except OSError:
        return target.resolve() == other.resolve()
