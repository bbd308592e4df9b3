"""Drafts that an earlier program kept as files in the home: read once, put into their table, and removed."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

_NAME = re.compile(r"([0-9a-f]{64})\.json")


def drafts_in_files(folder: Path) -> dict[str, dict[str, str]]:
    """Every draft that can be read, by its key, which is the file's name."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.json")):
        name = _NAME.fullmatch(path.name)
        with suppress(OSError, ValueError):  # a damaged draft is no draft
            fields = json.loads(path.read_text("utf-8"))
            if name is not None and isinstance(fields, dict):
                found[name[1]] = {str(field): str(text) for field, text in fields.items()}
    return found


def remove_draft_files(folder: Path, keys: set[str]) -> None:
    """Remove the files of these drafts, and the folder once it is empty."""
    with suppress(OSError):
        for key in keys:
            (folder / f"{key}.json").unlink(missing_ok=True)
        folder.rmdir()
