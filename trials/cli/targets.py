"""Where a command may write what it found: into a file of its own, never over the registry's or what it reads.

What is written is for its owner alone, and is there as a whole or as it was before.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Literal, TypeVar

import typer

from data.whole_files import unfinished
from trials.errors import TrialRefused

TO_STANDARD_OUTPUT = "-"
_Use = Literal["reads", "writes"]
_Given = TypeVar("_Given", str, Path, None)


def writes(context: typer.Context, target: _Given) -> _Given:
    """An option's file, or ``-``, that the command writes: asked about before anything is done.

    Raises:
        TrialRefused: As :func:`require_fit`; or the command reads that file too, or writes it twice.
    """
    if target is not None and target != TO_STANDARD_OUTPUT:
        require_fit(Path(target))
        _note(context, "writes", Path(target))
    return target


def reads(context: typer.Context, file: Path | None) -> Path | None:
    """An argument's or option's file that the command reads.

    Raises:
        TrialRefused: The command would write over it.
    """
    if file is not None:
        _note(context, "reads", file)
    return file


def _note(context: typer.Context, use: _Use, path: Path) -> None:
    """Whichever of two is named last is compared with the other."""
    known: list[tuple[_Use, Path]] = context.meta.setdefault(__name__, [])
    for other_use, other in known:
        if "writes" in (use, other_use) and _are_one(path, other):
            twice = use == other_use
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
        raise _refused(target, "a link is there", "what is written is written where it is asked for")
    if _is_the_registrys(target):
        raise _refused(target, "it is the registry's own", "what is in OTM_HOME only the registry writes")


def write_result(target: Path, content: bytes) -> None:
    """Write a file that takes the place of what is there, for its owner only; a device or a pipe is written into.

    Raises:
        TrialRefused: As :func:`require_fit`.
        OSError: It could not be written; then what was there is as it was.
    """
    require_fit(target)
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "No such folder", str(target.parent))
    with unfinished(target, replaces=True) as made:
        made.file.write(content)
        made.finish()


def _refused(target: Path, problem: str, rule: str) -> TrialRefused:
    return TrialRefused(
        f"the result cannot be written there: {problem}",
        where=str(target),
        rule=rule,
        remedy="name another file, or - of --json for standard output; nothing was done",
    )


def _leads_to_a_stream(target: Path) -> bool:
    """Whether a link is one of the system's names for what is open, as /dev/stdout is, and leads to no file."""
    return target.absolute().is_relative_to("/dev") and target.exists() and not target.is_file()


def _is_the_registrys(target: Path) -> bool:
    from trials.settings import load_settings

    settings = load_settings()
    place = target.parent.resolve() / target.name
    if place.resolve().is_relative_to(settings.home.resolve()):
        return True
    url = settings.database_url or ""
    if not url.startswith("sqlite"):
        return False
    database = Path(url.partition("///")[2].partition("?")[0]).resolve()
    return place.parent == database.parent and place.name.startswith(database.name)


def _are_one(target: Path, other: Path) -> bool:
    try:
        return target.samefile(other)
    except OSError:
        return target.resolve() == other.resolve()
