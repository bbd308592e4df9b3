"""Uploaded protocol files, kept under names that this service makes."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from designs.protocol import named_texts

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
