"""First the directorate's own line, then the E&C Strategy Unit, then the others."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from designs.consultation.order import line_of, order_findings, refuse_line
from designs.entries import Entry
from tests.designs.consultation.records import (
    EVERYBODY,
    TODAY,
    added,
    consulted,
    day,
    decided,
    line,
    recorded,
    refused,
    retired,
)

UNIT = "ec_strategy_unit"
LINE = (line("grade_7", day(1, 5)), line("deputy_director", day(1, 6)))


def findings(*entries: Entry) -> list[tuple[str, str, str]]:
    return [(lack.code, lack.severity, lack.where) for lack in order_findings(recorded(*entries), TODAY)]


@pytest.mark.requirement("K04")
@pytest.mark.parametrize("body", [body for body in EVERYBODY if body != UNIT] + ["press_office"])
def test_the_strategy_unit_is_asked_on_the_day_of_the_others_or_before(body: str) -> None:
    for unit_on, other_on in product((day(2, 2), day(2, 3), day(2, 4)), repeat=2):
        entries = (*LINE, added(UNIT), added(body), consulted(UNIT, unit_on), consulted(body, other_on))
        expected = [] if unit_on <= other_on else [("before_strategy_unit", "warns", body)]
        assert findings(*entries) == expected


@pytest.mark.requirement("K04")
def test_nobody_is_asked_before_a_strategy_unit_that_was_not_asked_at_all() -> None:
    (lack,) = order_findings(recorded(*LINE, added("kai"), consulted("kai", day(2, 3))), TODAY)
    assert (lack.code, lack.where) == ("before_strategy_unit", "kai")
    assert "has not been asked" in lack.problem


def test_asking_again_mends_the_order() -> None:
    entries = (
        *LINE, added(UNIT), added("kai"), consulted("kai", day(2, 2)), consulted(UNIT, day(2, 9)),
    )  # fmt: skip
    (lack,) = order_findings(recorded(*entries), TODAY)
    assert "2 February 2026" in lack.problem
    assert "9 February 2026" in lack.problem
    assert findings(*entries, consulted("kai", day(2, 10))) == []
    # A later question to the Strategy Unit does not unmake the first.
    assert findings(*entries, consulted("kai", day(2, 10)), consulted(UNIT, day(2, 20))) == []


def test_a_meeting_is_a_question_and_a_retired_stakeholder_none() -> None:
    entries = (*LINE, added(UNIT), consulted(UNIT, day(2, 20)))
    assert findings(*entries, decided(1, day(2, 11))) == [("before_strategy_unit", "warns", "camsg")]
    assert findings(*entries, decided(1, day(2, 11)), decided(1, day(3, 1))) == []
    press = (added("press"), consulted("press", day(2, 3)))
    assert findings(*entries, *press) == [("before_strategy_unit", "warns", "press")]
    assert findings(*entries, *press, retired("press", day(2, 23))) == []


@pytest.mark.requirement("K06")
@pytest.mark.parametrize("asked", [(), (added(UNIT), consulted(UNIT, day(2, 2)))])
def test_a_missing_signature_of_the_line_blocks(asked: tuple[Entry, ...]) -> None:
    g7, dd = ("line_not_signed", "blocks", "grade_7"), ("line_not_signed", "blocks", "deputy_director")
    assert findings(*asked) == [g7, dd]
    assert findings(LINE[0], *asked) == [dd]
    assert findings(LINE[1], *asked) == [g7]
    assert findings(*LINE, *asked) == []


@pytest.mark.requirement("K06")
def test_the_line_signs_before_the_strategy_unit_is_asked() -> None:
    asked = (added(UNIT), consulted(UNIT, day(2, 2)))
    late = (line("grade_7", day(1, 5)), line("deputy_director", day(2, 3)))
    assert findings(*late, *asked) == [("line_after_strategy_unit", "warns", UNIT)]
    assert findings(*late, *asked, consulted(UNIT, day(2, 3))) == []
    assert findings(line("grade_7", day(2, 2)), line("deputy_director", day(2, 2)), *asked) == []


@pytest.mark.parametrize(
    ("entry", "history", "words"),
    [
        (line("deputy_director", day(2, 2)), (), "has not signed"),
        (line("deputy_director", day(2, 2)), (line("grade_7", day(2, 3)),), "3 February 2026, which is later"),
        (line("grade_7", day(3, 3)), (), "yet to come"),
        (LINE[0], LINE, "already"),
    ],
)
def test_the_sponsor_signs_first(entry: Any, history: tuple[Entry, ...], words: str) -> None:
    refused(lambda: refuse_line(entry, recorded(*history), TODAY), words)


def test_a_wrong_day_of_the_sponsor_can_be_mended() -> None:
    history = (line("grade_7", day(2, 10)), line("grade_7", day(2, 1)))
    refuse_line(line("deputy_director", day(2, 5)), recorded(*history), TODAY)
    assert [signed.on for signed in line_of(recorded(*history))] == [day(2, 1)]
