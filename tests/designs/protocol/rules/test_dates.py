"""Every rule about days refuses, at its path: those that there are not, and those that contradict each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.designs.protocol.examples import ABSENT, BEHAVED, ELSEWHERE, HERE, Case, changed, errors_of

BATCHES = {"column": "region", "issue_on": {"north": "2026-03-02", "south": "2026-04-06"}}
WAVES = [{"id": "one", "issue_on": "2026-03-02"}, {"id": "two", "issue_on": "2026-04-06"}]
BATCHED = changed(HERE, ("randomisation.batches", BATCHES))
WAVED = changed(HERE, ("randomisation.waves", WAVES))
CLOCKED = changed(HERE, ("clock", {"drawn_on": "2026-03-02", "cut_on": "2026-09-01"}))
TIMED = changed(
    BEHAVED,
    ("outcomes[0].role", "secondary"),
    ("outcomes[2].role", "primary"),
    ("outcomes[2].direction", "decrease"),
    ("behaviour.by_day", 90),
)
DATES = {
    "randomisation.allocation_date": HERE,
    "randomisation.waves[1].issue_on": WAVED,
    "randomisation.batches.issue_on.south": BATCHED,
    "clock.cut_on": CLOCKED,
}
SPANS = {
    "outcomes[1].day": HERE,
    "outcomes[2].horizon": HERE,
    "population.cooling_off_days": HERE,
    "population.contact_limit.days": changed(HERE, ("population.contact_limit", {"contacts": 2, "days": 60})),
    "behaviour.by_day": changed(BEHAVED, ("outcomes[0].day", 23), ("behaviour.by_day", 23)),
}
BROKEN = [
    *(
        Case(plan, {path: day}, f"{day} is no day", "1990-01-01 to 2100-12-31")
        for path, plan in DATES.items()
        for day in ("9999-12-31", "2101-01-01")
    ),
    Case(HERE, {"randomisation.allocation_date": "0001-01-01"}, "is no day", "1990-01-01"),
    Case(HERE, {"randomisation.allocation_date": "1989-12-31"}, "is no day", "1990-01-01"),
    Case(ELSEWHERE, {"randomisation.allocation_date": "9999-12-31"}, "is no day", "2100-12-31"),
    *(
        Case(plan, {path: 10_000_000}, "10,000,000 days is too long", "ten years")
        for path, plan in SPANS.items()
        if path != "behaviour.by_day"
    ),
    Case(HERE, {"outcomes[0].day": 3661}, "3,661 days is too long", "at most 3,660"),
    Case(ELSEWHERE, {"outcomes[0].day": 10**9}, "too long", "at most 3,660"),
    Case(HERE, {"outcomes[2].day": 10}, "day 10 is not the horizon, day 90", "at its horizon"),
    Case(HERE, {"outcomes[2].day": 100}, "day 100 is not the horizon, day 90", "at its horizon"),
    Case(TIMED, {"behaviour.by_day": 5}, "day 5 is not day 90", "same day"),
    Case(BATCHED, {"randomisation.allocation_date": "2026-03-03"},
         "2026-03-02 is before the draw planned for 2026-03-03", "assigned before",
         at="randomisation.batches.issue_on.north"),
    Case(WAVED, {"randomisation.allocation_date": "2026-03-03"}, "2026-03-02 is before the draw", "assigned before",
         at="randomisation.waves[0].issue_on"),
    Case(CLOCKED, {"randomisation.allocation_date": "2025-06-01"}, "2025-06-01 is not 2026-03-02", "leave"),
    Case(CLOCKED, {"randomisation.allocation_date": "2026-06-01"}, "2026-06-01 is not 2026-03-02", "leave"),
    Case(CLOCKED, {"randomisation.waves": [{"id": "one", "issue_on": "2026-03-01"}]}, "2026-03-01 is before the draw",
         "assigned before", at="randomisation.waves[0].issue_on"),
    Case(BATCHED, {"clock": {"drawn_on": "2026-04-01"}}, "2026-03-02 is before the draw on 2026-04-01",
         "assigned before", at="randomisation.batches.issue_on.north"),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


def test_a_behaviour_far_ahead_is_refused_for_both_reasons(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, changed(BEHAVED, ("behaviour.by_day", 10_000_000)))
    assert sorted(error.rule[:12] for error in errors) == ["a number of ", "the primary "]


@pytest.mark.parametrize(
    "protocol",
    [
        changed(HERE, ("randomisation.allocation_date", "2100-12-31"), ("outcomes[0].day", 3660)),
        changed(HERE, ("outcomes[2].day", 90)),
        changed(TIMED, ("behaviour.by_day", ABSENT)),
        TIMED,
        changed(BATCHED, ("randomisation.allocation_date", "2026-03-02")),
        changed(WAVED, ("randomisation.allocation_date", "2026-01-05")),
        changed(CLOCKED, ("randomisation.allocation_date", "2026-03-02"), ("randomisation.batches", BATCHES)),
        changed(ELSEWHERE, ("randomisation.allocation_date", "2020-01-06")),
    ],
)
def test_days_that_agree_are_let_through(tmp_path: Path, protocol: dict[str, Any]) -> None:
    assert [str(error) for error in errors_of(tmp_path, protocol)] == []
