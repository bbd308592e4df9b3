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
    "title": "Letters randomised by a colleague",
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


SATURATIONS = [{"id": "low", "treated": 0.2, "share": 1}, {"id": "high", "treated": 0.8, "share": 1}]
FACTORS = {"tone": ["plain", "norm"], "channel": ["letter", "sms"]}


def cells() -> list[dict[str, Any]]:
    made = [
        {"id": f"{tone}-{channel}", "kind": "otm", "share": 1, "levels": {"tone": tone, "channel": channel}}
        for tone in FACTORS["tone"]
        for channel in FACTORS["channel"]
    ]
    return [{"id": "nfa", "kind": "nfa", "share": 1}, *made]


FACTORIAL = changed(HERE, ("randomisation", {"method": "factorial", "factors": FACTORS}), ("arms", cells()))
SATURATED = changed(
    HERE,
    ("randomisation", {"method": "saturation", "cluster": "area", "saturations": SATURATIONS}),
    ("analysis.standard_errors", "CR2"),
)
PAIRED = changed(HERE, ("randomisation", {"method": "matched_pairs", "pairs": "pair"}), ("arms[2].share", 1))
REDRAWN = changed(
    HERE,
    ("randomisation", {"method": "rerandomised", "rerandomise": {"covariates": ["age_days"], "threshold": 0.1}}),
    ("arms[2].share", 1),
)
CLUSTERED = changed(HERE, ("population.cluster", "household"), ("analysis.standard_errors", "CR2"))
BY_BAU = changed(HERE, ("arms[0].kind", "bau"), ("nfa_waived", "the law requires the letter"))
ANSWER = {"answer": "yes", "evidence": "a report", "confidence": "confident"}
COST = {"administration": 1, "exchequer_loss": 2, "evidence": "a ledger", "confidence": "in_doubt"}
QUESTIONS = ("customers", "behaviour", "same_reason", "message", "reaction", "follow_up", "operations")
BEHAVED = changed(HERE, ("behaviour", {"who": "all", "action": "files", "by_day": 30, "observed_in": "returns"}))
ANSWERED = changed(HERE, ("suitability", {"cost": COST, **{question: dict(ANSWER) for question in QUESTIONS}}))


class Case:
    """One protocol broken by one rule."""

    def __init__(
        self,
        protocol: dict[str, Any],
        changes: dict[str, Any],
        problem: str,
        rule: str,
        *,
        at: str | None = None,
        allowed: str = "",
    ) -> None:
        self.protocol = changed(protocol, *changes.items())
        self.path = at or next(iter(changes))
        self.problem, self.rule, self.allowed = problem, rule, allowed

    def hold(self, folder: Path) -> None:
        """Load it, and find that one rule named in full."""
        errors = errors_of(folder, self.protocol)
        assert [error.path for error in errors] == [self.path], [str(error) for error in errors]
        (error,) = errors
        assert self.problem in error.problem
        assert self.rule in error.rule
        assert self.allowed in ", ".join(error.allowed)
        assert error.line is not None
