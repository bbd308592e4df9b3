"""Small protocols to break."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from designs.protocol import LoadedProtocol, ProtocolError, ProtocolRefused, load_protocol

HERE: dict[str, Any] = {
    "schema": 1,
    "id": "late-returns",
    "title": "A nudge for late returns",
    "hypothesis": "A letter brings returns in.",
    "population": {
        "unit": "customer_id",
        "where": [{"column": "years_late", "at_least": 1}],
        "exclude": [{"when": {"column": "trust", "equals": True}, "reason": "trusts are worked by hand"}],
    },
    "arms": [
        {"id": "nfa", "kind": "nfa", "share": 1},
        {"id": "letter", "kind": "otm", "share": 1, "channel": "letter", "cost_per_customer": 0.85},
        {"id": "sms", "kind": "otm", "share": 2, "channel": "sms", "cost_per_customer": 0.05},
    ],
    "randomisation": {"method": "complete", "strata": ["region"]},
    "outcomes": [
        {"id": "filed_30", "role": "primary", "kind": "binary", "direction": "increase", "day": 30},
        {"id": "paid", "role": "secondary", "kind": "amount", "cap": 500},
        {
            "id": "days_to_file",
            "role": "secondary",
            "kind": "time_to_event",
            "time": "days",
            "event": "f",
            "horizon": 90,
        },
        {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.002},
    ],
    "analysis": {"covariates": ["age_days"], "adjustment": "lin", "subgroups": [{"column": "reason"}]},
    "decision": {"benefits": [{"outcome": "paid", "value": 1}]},
}
ELSEWHERE: dict[str, Any] = {
    "schema": 1,
    "id": "letters-elsewhere",
    "title": "Letters dealt by a colleague",
    "hypothesis": "A letter brings returns in.",
    "population": {"unit": "row"},
    "arms": [{"id": "control", "kind": "nfa", "value": 0}, {"id": "letter", "kind": "otm", "value": 1}],
    "randomisation": {"method": "external", "arm_column": "treated", "shares": {"control": 1, "letter": 1}},
    "outcomes": [{"id": "filed", "role": "primary", "kind": "binary"}],
    "analysis": {},
}
ABSENT = object()
Change = tuple[str, Any]


def changed(protocol: dict[str, Any], *changes: Change) -> dict[str, Any]:
    """A copy with values set at paths such as ``arms[1].share``.

    ``ABSENT`` removes a key, a position one past the end appends, and mappings on the way are made.
    """
    protocol = copy.deepcopy(protocol)
    for path, value in changes:
        *above, last = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)]
        place: Any = protocol
        for step in above:
            place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
        if value is ABSENT:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return protocol


def loaded(folder: Path, protocol: dict[str, Any]) -> LoadedProtocol:
    """Load a protocol from a file; JSON is YAML too."""
    return load_protocol(written(folder, protocol))


def written(folder: Path, protocol: dict[str, Any]) -> Path:
    path = folder / "protocol.yaml"
    path.write_text(json.dumps(protocol, indent=1), encoding="utf-8")
    return path


def errors_of(folder: Path, protocol: dict[str, Any]) -> tuple[ProtocolError, ...]:
    """Why a protocol is refused; empty when it is not."""
    try:
        loaded(folder, protocol)
    except ProtocolRefused as refused:
        return refused.errors
    return ()


def errors_of_text(folder: Path, text: str | bytes) -> tuple[ProtocolError, ...]:
    path = folder / "protocol.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        load_protocol(path)
    except ProtocolRefused as refused:
        return refused.errors
    return ()
