"""Half-written decisions, kept through a reload. They are nobody's record: the registry gets the finished one only."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

Draft = dict[str, str]


def read_draft(folder: Path, person: str, trial_id: str) -> Draft:
    """What this person has typed about this trial; empty where there is nothing, or nothing readable."""
    try:
        draft = json.loads(_place(folder, person, trial_id).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(text) for name, text in draft.items()} if isinstance(draft, dict) else {}


def write_draft(folder: Path, person: str, trial_id: str, draft: Draft) -> None:
    """Keep a draft in place of the one before; readable by the service's own account only."""
    folder.mkdir(parents=True, exist_ok=True)
    place = _place(folder, person, trial_id)
    half = place.with_suffix(f".{os.getpid()}.part")
    half.touch(mode=0o600)
    half.write_text(json.dumps(draft), encoding="utf-8")
    half.replace(place)


def drop_draft(folder: Path, person: str, trial_id: str) -> None:
    _place(folder, person, trial_id).unlink(missing_ok=True)


def _place(folder: Path, person: str, trial_id: str) -> Path:
    # Named by a digest: a person's name or a trial's id from an address must never become a path.
    key = json.dumps([person, trial_id])
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
