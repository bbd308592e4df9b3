"""Every rule about outcomes and what they are worth refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs.protocol.examples import ABSENT, ELSEWHERE, HERE, Case

BROKEN = [
    Case(
        HERE,
        {"outcomes[1].kind": "count", "outcomes[1].cap": ABSENT, "outcomes[1].happened_on": "paid_on"},
        "count has no happened_on",
        "happened once",
        at="outcomes[1].happened_on",
    ),
    Case(
        HERE,
        {"outcomes[0].column": "complaint", "outcomes[0].happened_on": "filed_on"},
        "the column of another outcome",
        "a column of its own",
        at="outcomes[0].happened_on",
    ),
    Case(ELSEWHERE, {"outcomes[0].happened_on": "visited_on"}, "from which day", "randomisation.allocation_date"),
    Case(HERE, {"outcomes[2].coverage": 0.8}, "no verdict rests on", "valued or guards", at="outcomes[2].coverage"),
    Case(HERE, {"outcomes[0].standard_deviation": 0.4}, "binary is not sized", "amount or a count"),
    Case(HERE, {"outcomes[0].intracluster_correlation": 0.1}, "no cluster", "assigned in clusters"),
    Case(HERE, {"population.cluster_size": 2}, "no cluster", "assigned in clusters"),
    Case(HERE, {"population.cluster_size_cv": 0.5}, "no cluster_size is declared", "how much cluster_size varies"),
    Case(HERE, {"outcomes[0].unit": "number"}, "binary has no unit", "percentage points"),
    Case(HERE, {"outcomes[2].unit": "minutes"}, "not measured in minutes", "in days", allowed="days"),
    Case(
        HERE,
        {"outcomes[1].kind": "count", "outcomes[1].cap": ABSENT, "outcomes[1].unit": "pounds"},
        "count is not measured in pounds",
        "kind: amount",
        at="outcomes[1].unit",
        allowed="number",
    ),
    Case(HERE, {"outcomes[0].role": "secondary"}, "no outcome is the primary", "exactly one", at="outcomes"),
    Case(
        HERE,
        {"outcomes[1].role": "primary", "outcomes[1].day": 30},
        "a second outcome",
        "exactly one",
        at="outcomes[1].role",
        allowed="secondary",
    ),
    Case(
        HERE,
        {"decision": ABSENT, "outcomes[1].id": "filed_30", "outcomes[1].column": "paid"},
        "already",
        "a different id",
        at="outcomes[1].id",
    ),
    Case(HERE, {"outcomes[0].day": ABSENT}, "missing", "by which day"),
    Case(HERE, {"outcomes[2].time": ABSENT}, "missing", "time, event and horizon"),
    Case(HERE, {"outcomes[2].event": ABSENT}, "missing", "time, event and horizon"),
    Case(HERE, {"outcomes[2].horizon": ABSENT}, "missing", "time, event and horizon"),
    Case(HERE, {"outcomes[2].event": "days"}, "one column", "two columns"),
    Case(HERE, {"outcomes[0].competing": [2]}, "binary has no competing", "time_to_event"),
    Case(HERE, {"outcomes[1].event_codes": [2]}, "amount has no event_codes", "time_to_event"),
    Case(HERE, {"outcomes[2].competing": ["remitted"]}, "text and numbers are mixed", "without event_codes"),
    Case(
        HERE,
        {"outcomes[2].event_codes": [1, "paid"]},
        "text and numbers are mixed",
        "all text or all whole numbers",
    ),
    Case(HERE, {"outcomes[2].competing": [2, 2]}, '"2" stands twice', "once", at="outcomes[2].competing[1]"),
    Case(HERE, {"outcomes[2].competing": [2, 1]}, '"1" is the event too', "neither", at="outcomes[2].competing[1]"),
    Case(HERE, {"outcomes[2].cap": 5}, "has no cap", "time_to_event has"),
    Case(HERE, {"outcomes[0].horizon": 5}, "binary has no horizon", "time_to_event"),
    Case(HERE, {"outcomes[1].time": "days"}, "amount has no time", "time_to_event"),
    Case(HERE, {"outcomes[1].marks": {"penalty": 30}}, "amount has no marks", "time_to_event"),
    Case(HERE, {"outcomes[2].marks": {"penalty": 400}}, "day 400 is not shown", "day", at="outcomes[2].marks.penalty"),
    Case(HERE, {"outcomes[0].cap": 5}, "binary has no cap", "only an amount"),
    Case(HERE, {"outcomes[3].margin": ABSENT}, "missing", "by how much"),
    Case(HERE, {"outcomes[3].direction": ABSENT}, "missing", "which direction"),
    Case(HERE, {"outcomes[3].margin": 2}, "2 is above 1", "2 points are 0.02"),
    Case(HERE, {"outcomes[0].baseline": 36}, "36 is above 1", "proportions"),
    Case(
        HERE,
        {"outcomes[0].baseline": 0.9, "outcomes[0].minimum_effect": 0.2},
        "0.2 from a baseline of 0.9 would be 1.1",
        "between 0 and 1",
        at="outcomes[0].minimum_effect",
    ),
    Case(
        HERE,
        {"outcomes[3].baseline": 0.01, "outcomes[3].minimum_effect": 0.02},
        "would be -0.01",
        "between 0 and 1",
        at="outcomes[3].minimum_effect",
    ),
    Case(HERE, {"outcomes[1].margin": 2}, "secondary has no margin", "guardrail"),
    Case(
        HERE, {"outcomes[2].role": "guardrail"}, "not time_to_event", "margin", at="outcomes[2].kind", allowed="amount"
    ),
    Case(HERE, {"decision.benefits[0].outcome": "fled"}, '"fled"', "declared", allowed="paid"),
    Case(HERE, {"decision.benefits[0].outcome": "days_to_file"}, "time_to", "added up", allowed="paid"),
    Case(
        HERE,
        {"decision.benefits[1]": {"outcome": "paid", "value": 1}},
        "twice",
        "once",
        at="decision.benefits[1].outcome",
    ),
    Case(HERE, {"decision": {"break_even": 0.01}}, "nothing is valued", "at least one"),
    Case(HERE, {"decision.break_even": 2}, "2 is no difference of shares", "2 points are 0.02"),
    Case(
        HERE,
        {"outcomes[0].role": "secondary", "outcomes[2].role": "primary", "decision.break_even": -5},
        "-5 is no difference of shares",
        "by its horizon",
        at="decision.break_even",
    ),
    Case(HERE, {"decision.set_up": 500}, "missing", "shared over", at="decision.roll_out_customers"),
    Case(
        HERE,
        {"behaviour": {"who": "all", "action": "files", "by_day": 60, "observed_in": "returns"}},
        "day 60 is not day 30",
        "same day",
        at="behaviour.by_day",
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)
