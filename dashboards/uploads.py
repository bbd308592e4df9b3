"""Uploaded protocol files, kept under names that this service makes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from data.errors import DataRefused
from data.private import make_private, write_private
from designs.protocol import ProtocolError, ProtocolRefused, named_texts

PROTOCOL_NAME: Final = "protocol.yaml"
LONGEST_PART: Final = 255  # bytes, as most file systems have it
LONGEST_PATH: Final = 1000


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as a browser sent it. Its name is a label, never a path to write to."""

    name: str
    content: bytes


def keep(folder: Path, protocol: Upload, texts: tuple[Upload, ...]) -> tuple[Path, bool]:
    """Lay the files out as the protocol names its texts.

    A text is matched by the last part of the path that the protocol gives it; what the protocol does not name is left
    aside. The folder is named by a digest of everything in it, so the same upload lands in the same place.

    Returns:
        The path of the protocol, and whether this call made its folder.

    Raises:
        ProtocolRefused: A text has a path at which no file can lie beside the protocol and the other texts.
        DataRefused: Two different files have one name that the protocol asks for, or the disk does not take them.
    """
    paths = named_texts(protocol.content)
    wrong = tuple(_unusable(paths))
    if wrong:
        raise ProtocolRefused(wrong, where=protocol.name)
    placed = _placed(paths, texts)
    digest = hashlib.sha256(protocol.content)
    for path, text in sorted(placed.items()):
        digest.update(f"\0{path}\0{hashlib.sha256(text.content).hexdigest()}".encode())
    home = folder / digest.hexdigest()
    try:
        return home / PROTOCOL_NAME, _lay_out(home, protocol, placed)
    except OSError as error:
        raise DataRefused(
            f"the files could not be kept ({error.strerror or 'the disk gave no reason'})",
            where=protocol.name,
            remedy="ask who looks after the service to look at its disk, then send them again; nothing was kept",
        ) from error


def _unusable(paths: tuple[PurePosixPath, ...]) -> Iterator[ProtocolError]:
    for path in paths:
        broken = _broken_rule(path) or _in_the_way(path, paths)
        if broken is not None:
            shown = str(path) if len(str(path)) <= 60 else f"{str(path)[:57]}…"
            yield ProtocolError("arms", f'no text can be kept at "{shown}"', broken)


def _broken_rule(path: PurePosixPath) -> str | None:
    parts = path.parts
    if not parts:
        return "a text's path names a file"
    if parts[0].casefold() == PROTOCOL_NAME:
        return f"{PROTOCOL_NAME} is the protocol's own name here, and no text or folder has it"
    if len(str(path).encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_PART for part in parts):
        return f"a name has at most {LONGEST_PART} bytes, and a path {LONGEST_PATH}"
    if not all(part.isprintable() and part == part.strip() and not part.endswith(".") for part in parts):
        return "a name is plain text, without spaces at its ends or a dot at its end"
    return None


def _in_the_way(path: PurePosixPath, paths: tuple[PurePosixPath, ...]) -> str | None:
    below = next((text for text in paths if path in text.parents), None)
    return None if below is None else "a text is a file, and no folder of another text"


def _placed(paths: tuple[PurePosixPath, ...], texts: tuple[Upload, ...]) -> dict[PurePosixPath, Upload]:
    placed: dict[PurePosixPath, Upload] = {}
    for path in paths:
        sent = [text for text in texts if text.name == path.name]
        if len({text.content for text in sent}) > 1:
            raise DataRefused(
                f"{len(sent)} different files have this name, and the protocol does not tell which it means",
                where=path.name,
                remedy="give each text a name of its own, in the protocol too, then send them again",
            )
        if sent:
            placed[path] = sent[0]
    return placed


def _lay_out(home: Path, protocol: Upload, placed: Mapping[PurePosixPath, Upload]) -> bool:
    """Write everything, or nothing; whether it was not there yet."""
    if home.exists():
        return False
    make_private(home.parent)
    # Under another name until it is whole: an interrupted upload must not pass for this one.
    half = Path(tempfile.mkdtemp(dir=home.parent))
    try:
        write_private(half / PROTOCOL_NAME, protocol.content)
        for path, text in placed.items():
            make_private((half / path).parent)
            write_private(half / path, text.content)
        half.rename(home)
    except BaseException as error:
        shutil.rmtree(half, ignore_errors=True)
        if isinstance(error, OSError) and home.exists():  # the same upload was sent twice at once
            return False
        raise
    return True
