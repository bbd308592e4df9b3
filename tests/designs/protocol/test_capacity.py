"""Capacity is the busiest day at roll-out against what a day can take; without both figures it is not tested."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from designs.library import templates
from designs.protocol import load_protocol, parse_canonical
from designs.protocol.capacity import capacity
from designs.protocol.models import ExpectedContact
from tests.designs.protocol.examples import ANSWERED, HERE, changed, loaded

OPERATIONS = "suitability.operations.answer"


@pytest.mark.parametrize(
    ("answer", "finding", "words"),
    [
        ({"peak_contacts_per_day": 640, "capacity_per_day": 900}, "enough", "640 contacts are expected"),
        ({"peak_contacts_per_day": 900, "capacity_per_day": 900}, "enough", "900 can be taken"),
        ({"peak_contacts_per_day": 1200.5, "capacity_per_day": 900}, "not_enough", "1,200.5 contacts are expected"),
        ({"peak_contacts_per_day": 1, "capacity_per_day": 0}, "not_enough", "0 can be taken"),
        ({"peak_contacts_per_day": 0, "capacity_per_day": 0}, "enough", "0 contacts are expected"),
        ({"capacity_per_day": 900, "inbound_calls_per_1000": 40}, "not_tested", "900 contacts a day can be taken"),
        ({"peak_contacts_per_day": 640}, "not_tested", "640 contacts are expected"),
        ({"inbound_calls_per_1000": 40}, "not_tested", "was not declared"),
        ({}, "not_tested", "was not declared"),
        ("agreed with the DMTC", "not_tested", "was not declared"),
        (900, "not_tested", "was not declared"),
    ],
)
def test_the_busiest_day_is_held_against_what_a_day_can_take(
    tmp_path: Path, answer: Any, finding: str, words: str
) -> None:
    result = capacity(loaded(tmp_path, changed(ANSWERED, (OPERATIONS, answer))).protocol)
    assert (result.finding, words in result.sentence) == (finding, True), result.sentence


def test_without_the_eight_questions_capacity_is_not_tested(tmp_path: Path) -> None:
    assert capacity(loaded(tmp_path, HERE).protocol).finding == "not_tested"


def test_a_new_figure_makes_a_new_promise_and_free_text_makes_the_round_trip(tmp_path: Path) -> None:
    before = loaded(tmp_path, changed(ANSWERED, (OPERATIONS, {"capacity_per_day": 900})))
    after = loaded(tmp_path, changed(ANSWERED, (OPERATIONS, {"capacity_per_day": 900, "peak_contacts_per_day": 1})))
    assert before.digest != after.digest
    assert "peak_contacts_per_day" not in before.canonical
    text = loaded(tmp_path, changed(ANSWERED, (OPERATIONS, "agreed with the DMTC")))
    returned = parse_canonical(text.canonical)
    assert returned.suitability is not None
    assert returned.suitability.operations.answer == "agreed with the DMTC"


def test_a_plan_locked_before_the_figures_had_names_can_still_be_read(tmp_path: Path) -> None:
    stored = json.loads(loaded(tmp_path, ANSWERED).canonical)
    stored["suitability"]["operations"]["answer"] = {"calls": 40, "capacity_per_day": 900}
    returned = parse_canonical(json.dumps(stored))
    assert returned.suitability is not None
    assert returned.suitability.operations.answer == {"calls": 40, "capacity_per_day": 900}
    assert capacity(returned).finding == "not_tested"


def test_the_shared_protocol_gives_figures_that_are_read(reference_data: Path) -> None:
    shared = load_protocol(reference_data.parent / "protocols" / "small-debts.yaml").protocol
    for protocol in (shared, *(template.loaded.protocol for template in templates())):
        if protocol.suitability is not None:
            assert isinstance(protocol.suitability.operations.answer, ExpectedContact)
            assert protocol.suitability.operations.answer.inbound_calls_per_1000 is not None


@pytest.mark.parametrize(
    ("peak", "limit"), [(100.0000000001, 100), (100, 99.99999999999), (12345678901.5, 12345678901)]
)
def test_figures_that_differ_never_read_alike(tmp_path: Path, peak: float, limit: float) -> None:
    answer = {"peak_contacts_per_day": peak, "capacity_per_day": limit}
    result = capacity(loaded(tmp_path, changed(ANSWERED, (OPERATIONS, answer))).protocol)
    assert result.finding == "not_enough"
    expected, taken = re.findall(r"\d[\d,]*(?:\.\d+)?", result.sentence)
    assert float(expected.replace(",", "")) > float(taken.replace(",", ""))
