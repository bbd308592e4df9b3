"""Uploaded protocol files, kept under names that this service makes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PROTOCOL_NAME: Final = "protocol.yaml"


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
    """
    placed = {path: text for path in named_texts(protocol.content) for text in texts if text.name == path.name}
    digest = hashlib.sha256(protocol.content)
    for path, text in sorted(placed.items()):
        digest.update(f"\0{path}\0{hashlib.sha256(text.content).hexdigest()}".encode())
    home = folder / digest.hexdigest()
    if home.exists():
        return home / PROTOCOL_NAME, False
    folder.mkdir(parents=True, exist_ok=True)
    # Under another name until it is whole: an interrupted upload must not pass for this one.
    half = Path(tempfile.mkdtemp(dir=folder))
    (half / PROTOCOL_NAME).write_bytes(protocol.content)
    for path, text in placed.items():
        (half / path).parent.mkdir(parents=True, exist_ok=True)
        (half / path).write_bytes(text.content)
    half.rename(home)
    return home / PROTOCOL_NAME, True


def named_texts(content: bytes) -> tuple[PurePosixPath, ...]:
    """The relative paths of the texts that a protocol names; whatever cannot be read is left to its own loading.

    >>> named_texts(b"arms: [{text: {en: wording/letter.md, cy: ../../outside.md}}]")
    (PurePosixPath('wording/letter.md'),)
    """
    try:
        document = YAML(typ="safe", pure=True).load(content)
    except (YAMLError, UnicodeDecodeError, ValueError):
        return ()
    arms = document.get("arms") if isinstance(document, dict) else None
    found = [PurePosixPath(text) for text in _texts(arms)]
    return tuple(dict.fromkeys(path for path in found if not path.is_absolute() and ".." not in path.parts))


def _texts(arms: Any) -> Iterator[str]:
    for arm in arms if isinstance(arms, list) else ():
        text = arm.get("text") if isinstance(arm, dict) else None
        for path in text.values() if isinstance(text, dict) else ():
            if isinstance(path, str) and path.strip() and "\0" not in path:
                yield path
