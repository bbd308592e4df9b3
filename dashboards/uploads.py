"""Uploaded protocol files, kept under names that this service makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from data.errors import DataRefused
from data.private import make_private, scratch_in, settle, write_private
from designs.protocol import CheckedProtocol, ProtocolError, ProtocolRefused

PROTOCOL_NAME: Final = "protocol.yaml"
LONGEST_PART: Final = 255  # bytes, as most file systems have it
LONGEST_PATH: Final = 1000


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as a browser sent it. Its name is a label, never a path to write to."""

    name: str
    content: bytes


class Reader(Protocol):
    """Who reads a protocol for whoever keeps it."""

    def named_texts(self, content: bytes) -> tuple[PurePosixPath, ...]:
        """The texts that a file names."""
        ...

    def check(self, path: Path) -> CheckedProtocol:
        """What is recorded of a file, if it may be registered."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An upload that was checked and is kept.

    Attributes:
        path: The protocol.
        checked: What its reader found.
        new: Whether it was not there before.
    """

    path: Path
    checked: CheckedProtocol
    new: bool


def keep(uploads: Path, scratch: Path, protocol: Upload, texts: tuple[Upload, ...], reader: Reader) -> Kept:
    """Lay the files out as the protocol names its texts, have them checked, and keep what may be registered.

    A text is matched by the last part of the path that the protocol gives it; what the protocol does not name is left
    aside. The folder is named by a digest of everything in it, so the same upload lands in the same place.

    Args:
        uploads: Where they are kept.
        scratch: The room in which they lie until they are checked.
        protocol: The protocol.
        texts: What was sent with it.
        reader: Who reads it.

    Raises:
        ProtocolRefused: It is no protocol, or a text has a path at which no file can lie beside it and the others.
        DataRefused: Two different files have one name that the protocol asks for, or the disk does not take them.
    """
    paths = reader.named_texts(protocol.content)
    wrong = tuple(_unusable(paths))
    if wrong:
        raise ProtocolRefused(wrong, where=protocol.name)
    placed = _placed(paths, texts)
    digest = hashlib.sha256(protocol.content)
    for path, text in sorted(placed.items()):
        digest.update(f"\0{path}\0{hashlib.sha256(text.content).hexdigest()}".encode())
    home = uploads / digest.hexdigest()
    with scratch_in(scratch) as room:
        half = room / "upload"
        with _on_disk(protocol):
            _lay_out(half, protocol, placed)
        checked = reader.check(half / PROTOCOL_NAME)
        with _on_disk(protocol):
            return Kept(home / PROTOCOL_NAME, checked, settle(half, home))


@contextmanager
def _on_disk(protocol: Upload) -> Iterator[None]:
    try:
        yield
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


def _lay_out(folder: Path, protocol: Upload, placed: Mapping[PurePosixPath, Upload]) -> None:
    make_private(folder)
    write_private(folder / PROTOCOL_NAME, protocol.content)
    for path, text in placed.items():
        make_private((folder / path).parent)
        write_private(folder / path, text.content)
