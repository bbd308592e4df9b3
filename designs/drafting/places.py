"""Where the texts of a draft may lie: at paths that every system can write, each alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from designs.errors import DesignRefused

PROTOCOL_FILE: Final = "protocol.yaml"
LONGEST_NAME, LONGEST_PATH = 120, 200
"""Bytes of a name, and of a whole path. Systems take 255 and 260, with the folder that it is put into."""

_RESERVED: Final = frozenset({
    "con", "prn", "aux", "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789\u00b9\u00b2\u00b3"),
})  # fmt: skip
_UNWRITABLE: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
_PLAIN: Final = re.compile(r"[^a-z0-9_-]+")


def refuse_places(texts: Mapping[str, str], design: str) -> None:
    """Refuse texts that could not lie where a draft says, or of which one would lie upon another.

    Args:
        texts: The SHA-256 of each text, by its path.
        design: The draft's id.

    Raises:
        DesignRefused: Naming the path, and what is wrong with it.
    """
    files: dict[str, tuple[str, str]] = {_folded(PROTOCOL_FILE): (PROTOCOL_FILE, "")}
    for path, digest in texts.items():
        wrong = _wrong(path) or _upon(path, digest, files)
        if wrong is not None:
            raise _refusal(path, wrong, design)
        files[_folded(path)] = (str(PurePosixPath(path)), digest)
    folders = {parent: path for path in texts for parent in _folders(path)}
    for folded, (path, _) in files.items():
        if folded in folders:
            raise _refusal(folders[folded], f'a file is at "{path}", and cannot be a folder too', design)


def plain_stem(name: str) -> str:
    """A name for a file that every system can write, from any name: what the pages call a text after its arm.

    Examples:
        >>> plain_stem("letter"), plain_stem("Con"), plain_stem("a/b: \u00fc"), plain_stem("../..")
        ('letter', 'text-con', 'a-b', 'text')
    """
    plain = _PLAIN.sub("-", name.lower()).strip("-")[:60] or "text"
    return f"text-{plain}" if plain in _RESERVED else plain


def _refusal(path: str, wrong: str, design: str) -> DesignRefused:
    shown = path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}\u2026"
    return DesignRefused(
        f'no text can be written at "{shown}": {wrong}',
        where=f"{design}, texts" if design else "texts",
        rule=f"a text lies beside {PROTOCOL_FILE} or below it, alone, and its path is relative, with /, of names that "
        "every system can write",
        remedy="give the text another path in the draft, and lay its file there",
    )


def _wrong(path: str) -> str | None:
    """What is wrong with a path by itself; None where nothing is."""
    place = PurePosixPath(path)
    if _UNWRITABLE.search(path):
        return 'a name has a control character, or one of < > : " | ? * \\'
    if not place.parts or place.is_absolute() or ".." in place.parts:
        return "it leads out of the protocol's folder"
    if len(path.encode()) > LONGEST_PATH:
        return f"it is longer than {LONGEST_PATH} bytes"
    return next((wrong for name in place.parts if (wrong := _wrong_name(name)) is not None), None)


def _wrong_name(name: str) -> str | None:
    if len(name.encode()) > LONGEST_NAME:
        return f"a name in it is longer than {LONGEST_NAME} bytes"
    if name.split(".")[0].strip().casefold() in _RESERVED:
        return f'"{name}" is the name of a device on some systems'
    if name != name.strip() or name.endswith("."):
        return "a name begins or ends with a space, or ends with a full stop"
    return None


def _upon(path: str, digest: str, files: Mapping[str, tuple[str, str]]) -> str | None:
    """That another text lies there; two ways of writing one path are one where they hold the same text."""
    there = files.get(_folded(path))
    if there is None or there == (str(PurePosixPath(path)), digest):
        return None
    return f'"{there[0]}" is there, and differs from it by capitals at most' if there[1] else "the protocol is there"


def _folded(path: str) -> str:
    """A path as systems know it that tell neither capitals nor ways of writing an accent apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(PurePosixPath(path))).casefold())


def _folders(path: str) -> Iterable[str]:
    return (_folded(str(parent)) for parent in PurePosixPath(path).parents if str(parent) != ".")
