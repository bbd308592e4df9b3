"""The eight that must be involved, as the guidance names them."""

from __future__ import annotations

import csv

import pytest

from designs.consultation.bodies import BODIES, STEERING_GROUP, STRATEGY_UNIT
from tests.places import REQUIREMENTS, ROOT


@pytest.mark.requirement("K03")
def test_the_list_is_that_of_the_requirement() -> None:
    with REQUIREMENTS.open(encoding="utf-8", newline="") as rows:
        wording = next(row["service_must"] for row in csv.DictReader(rows) if row["id"] == "K03")
    named = wording.removeprefix("8 named: ").partition(";")[0].split(", ")
    assert len(named) == len(BODIES.bodies) == 8
    for name, body in zip(named, BODIES.bodies, strict=True):
        assert name in body.name


def test_every_body_is_known_by_one_id_and_asked_something() -> None:
    assert len({body.id for body in BODIES.bodies}) == 8
    assert BODIES.first.id == STRATEGY_UNIT
    assert all(body.asked.endswith("?") and 1 <= body.lead_days <= 60 for body in BODIES.bodies)
    assert BODIES.find(STEERING_GROUP) in BODIES.bodies
    assert BODIES.find("press_office") is None
    assert BODIES.edition
    assert BODIES.source


def test_the_guide_has_the_list_as_it_is() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for body in BODIES.bodies:
        (row,) = (line for line in text.splitlines() if f"`{body.id}`" in line and line.startswith("| "))
        assert row.startswith(f"| {body.name}")
        assert f" {body.lead_days} " in row
    assert f"edition {BODIES.edition}" in text
