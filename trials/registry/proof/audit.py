"""The audit chain: each event carries the hash of the one before it.

Editing, deleting, inserting or swapping events breaks a link. Cutting off the tail, or rewriting the whole chain, does
not; those are found by the chain head, which :mod:`trials.registry.proof.chain_head` keeps outside the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from trials.registry.records import AuditEvent
from trials.registry.tables.columns import canonical, instant_text

GENESIS = "0" * 64


def event_hash(
    sequence: int,
    at: datetime,
    actor: str,
    role: str,
    action: str,
    trial: str | None,
    detail: dict[str, Any],
    previous_hash: str,
) -> str:
    """SHA-256 of the canonical JSON of everything an event says, the previous hash included."""
    said = {
        "sequence": sequence,
        "at": instant_text(at),
        "actor": actor,
        "role": role,
        "action": action,
        "trial": trial,
        "detail": detail,
        "previous_hash": previous_hash,
    }
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def broken_links(events: Sequence[AuditEvent]) -> list[str]:
    """Every fault of a chain, in words; empty when it is whole.

    Args:
        events: The whole chain in order of sequence.
    """
    faults: list[str] = []
    expected_sequence, previous = 1, GENESIS
    for event in events:
        if event.sequence != expected_sequence:
            faults.append(f"audit event {_missing(expected_sequence, event.sequence)}: deleted")
        elif event.previous_hash != previous:
            faults.append(f"audit event {event.sequence}: does not follow event {event.sequence - 1}")
        said = event_hash(
            event.sequence, event.at, event.actor, event.role, event.action, event.trial, event.detail,
            event.previous_hash,
        )  # fmt: skip
        if said != event.hash:
            faults.append(f"audit event {event.sequence}: edited, it no longer says what its hash was made of")
        expected_sequence, previous = event.sequence + 1, event.hash
    return faults


def _missing(first: int, found: int) -> str:
    return f"{first}" if found - first == 1 else f"{first} to {found - 1}"
