"""Amendments: what a plan may still change after its lock, what that makes of it, and what is signed again."""

from __future__ import annotations

from designs.amending.changes import AmendedPlace, Effect, Stage, admit, amended_places
from designs.amending.signing import to_sign_again
from designs.amending.standing import Amendment, about_version, amendments, open_amendment, planned_version

__all__ = [
    "AmendedPlace",
    "Amendment",
    "Effect",
    "Stage",
    "about_version",
    "admit",
    "amended_places",
    "amendments",
    "open_amendment",
    "planned_version",
    "to_sign_again",
]
