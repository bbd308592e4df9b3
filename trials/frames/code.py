"""Which code an evaluation rests on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

from analysis.results import Evaluation

_PACKAGES = ("data", "designs", "analysis")


def with_code(evaluation: Evaluation) -> Evaluation:
    """An evaluation that names the code that made it, among its versions."""
    return replace(evaluation, versions={**evaluation.versions, "code": code_digest()})


@cache
def code_digest() -> str:
    """SHA-256 over the source of everything that an evaluation rests on."""
    root = Path(__file__).resolve().parent.parent.parent
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\x00" + path.read_bytes() + b"\x00")
    return digest.hexdigest()
