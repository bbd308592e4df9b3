"""Drafts that an earlier program kept as files in the home: read once, put into their table, and removed."""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from data.text import unstorable

log = logging.getLogger(__name__)

_NAME = re.compile(r"([0-9a-f]{64})\.json")


def drafts_in_files(folder: Path) -> dict[str, dict[str, str]]:
    """Every draft that can be read, by its key, which is the file's name."""
    found: dict[str, dict[str, str]] = {}
    damaged = 0
    for path in sorted(folder.glob("*.json")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        fields = _fields(path)
        if fields is None:
            damaged += 1
        else:
            found[name[1]] = fields
    if damaged:
        noun = "draft is damaged and stays" if damaged == 1 else "drafts are damaged and stay"
        log.warning("%d old %s in %s; remove what nobody needs", damaged, noun, folder)
    return found


def _fields(path: Path) -> dict[str, str] | None:
    """What one file holds; ``None`` of a damaged draft, which is no draft."""
    fields: Any = None
    with suppress(OSError, ValueError, RecursionError):
        fields = json.loads(path.read_text("utf-8")) if path.is_file() else None  # a pipe would be read for ever
    if not isinstance(fields, dict):
        return None
    texts = {str(field): str(text) for field, text in fields.items()}
    return None if any(unstorable(text) for text in (*texts, *texts.values())) else texts


def remove_draft_files(folder: Path, keys: set[str]) -> None:
    """Remove the files of these drafts, and the folder once it is empty."""
    with suppress(OSError):
        for key in keys:
            (folder / f"{key}.json").unlink(missing_ok=True)
        folder.rmdir()
