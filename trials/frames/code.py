"""Which code an evaluation rests on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

from analysis.results import Evaluation

# All that makes a frame of what is stored and judges it: what is read of the registry, too, and what ids are made of.
ROOMS = (
    "data", "designs", "analysis", "trials/field", "trials/frames", "trials/randomiser", "trials/registry/identities",
    "trials/registry/queries", "trials/registry/records", "trials/registry/tables", "trials/registry/plan.py",
    "trials/registry/amended.py", "trials/findings.py", "trials/life.py", "trials/needs.py",
    "trials/stages/evaluate.py", "trials/stages/analyse.py",
)  # fmt: skip


def with_code(evaluation: Evaluation) -> Evaluation:
    """An evaluation that names the code that made it, among its versions."""
    return replace(evaluation, versions={**evaluation.versions, "code": code_digest()})


@cache
def code_digest() -> str:
    """SHA-256 over the source of everything that an evaluation rests on."""
    root = Path(__file__).resolve().parent.parent.parent
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in [root / room] if room.endswith(".py") else sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\x00" + path.read_bytes() + b"\x00")
    return digest.hexdigest()
