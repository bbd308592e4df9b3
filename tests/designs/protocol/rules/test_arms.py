"""Every rule about arms refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs.protocol.examples import ABSENT, BY_BAU, ELSEWHERE, HERE, Case

BROKEN = [
    Case(HERE, {"arms[0].kind": "otm"}, "no comparison", "nfa_waived", at="arms"),
    Case(HERE, {"arms[0].kind": "bau"}, "no comparison", "nfa_waived", at="arms"),
    Case(HERE, {"arms[0].kind": "otm", "nfa_waived": "why"}, "no arm is of kind bau", "nfa_waived", at="arms"),
    Case(HERE, {"nfa_waived": "no time"}, "an arm is of kind nfa", "comparison"),
    Case(BY_BAU, {"arms[1].kind": "bau"}, "the comparison is not known", "one bau arm", allowed="otm"),
    Case(
        HERE,
        {"arms[3]": {"id": "x", "kind": "nfa", "share": 1}},
        "a second arm",
        "one nfa",
        at="arms[3].kind",
        allowed="bau, otm",
    ),
    Case(HERE, {"arms[2].id": "letter"}, '"letter" is already', "a different id"),
    Case(HERE, {"arms[1].share": ABSENT}, "missing", "relative weight above zero"),
    Case(ELSEWHERE, {"arms[1].share": 1}, "of an external trial", "randomisation.shares"),
    Case(HERE, {"arms[1].value": 1}, "randomised here", "external"),
    Case(ELSEWHERE, {"arms[1].value": "0.0"}, "also the label of control", "numbers match"),
    Case(ELSEWHERE, {"arms[0].value": "letter", "arms[1].value": ABSENT}, "label of control", "", at="arms[1].id"),
    Case(HERE, {"arms[0].channel": "sms"}, "nfa arm has no channel", "no contact"),
    Case(HERE, {"arms[0].cost_per_customer": 1}, "cost", "no contact"),
    Case(HERE, {"arms[2].idms99_version": "V1"}, "channel: sms has no IDMS99", "letter"),
    Case(
        HERE,
        {"arms[1].not_for": [{"when": {"column": "hnw", "equals": True}, "reason": "HNW", "agreement": "HNW team"}]},
        "no effect under not_for",
        "leave not_for out",
        at="arms[1].not_for[0].agreement",
    ),
    Case(
        HERE,
        {"arms[1].contact_number": "0300", "arms[2].contact_number": "0300"},
        "already another arm's",
        "a number per arm",
        at="arms[2].contact_number",
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)
