"""A plan whose answers are all confident and complete, to change one thing of."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from designs.entries import Recorded, parse_entry
from designs.finding import Open
from designs.protocol import Protocol
from designs.protocol.reading import parse_document
from designs.protocol.validation import examine
from tests.designs.protocol.examples import HERE, Change, changed

TODAY = date(2026, 3, 2)
TEXTS = {"wording/letter.en.md": "a" * 64, "wording/sms.en.md": "b" * 64}
EVIDENCE = {"evidence": "a report", "confidence": "confident"}
FURTHER = ("risk_plan", "legal_requirement", "reputation", "resource", "timing", "support")
SETTLED: dict[str, Any] = changed(
    HERE,
    ("behaviour", {"who": "those who are late", "action": "files", "by_day": 30, "observed_in": "the register"}),
    ("alternatives", [{"option": "a visit to each", "reason": "there are too many"}]),
    ("population.columns", {"filed_30": {"source": "The register"}}),
    ("arms[1].text", {"en": "wording/letter.en.md"}),
    ("arms[2].text", {"en": "wording/sms.en.md"}),
    (
        "suitability",
        {
            "customers": {"answer": 20000, **EVIDENCE},
            "cost": {"administration": 1, "exchequer_loss": 2, **EVIDENCE},
            "behaviour": {"answer": "files", **EVIDENCE},
            "same_reason": {"answer": "yes", **EVIDENCE},
            "message": {"answer": "what to send", "opens_check": False, **EVIDENCE},
            "reaction": {"answer": {"file": 0.4, "call": 0.05}, **EVIDENCE},
            "follow_up": {"answer": "none is asked", "asks_for_review": False, **EVIDENCE},
            "operations": {"answer": {"capacity_per_day": 400}, **EVIDENCE},
        },
    ),
)


def plan_of(document: dict[str, Any], *changes: Change) -> Protocol:
    """A plan as far as it can be read, whether or not it is whole."""
    examined = examine(parse_document(json.dumps(changed(document, *changes)).encode()))
    assert examined.protocol is not None, examined.errors
    return examined.protocol


def recorded(number: int, role: str, kind: str, **entry: Any) -> Recorded:
    parsed = parse_entry({"kind": kind, "on": "2026-02-02", **entry})
    return Recorded(number, parsed, datetime(2026, 2, 2, 9, tzinfo=UTC), "somebody", role)


def codes(found: tuple[Open, ...]) -> list[tuple[str, str, str]]:
    return [(item.code, item.severity, item.where) for item in found]
