"""What the rules over several keys let through, and what they may read; what each refuses is told in rules/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from designs.protocol import Protocol, parse_canonical
from designs.protocol.rules import breaches
from tests.designs.protocol.examples import (
    ABSENT,
    ANSWERED,
    BEHAVED,
    BY_BAU,
    CLUSTERED,
    ELSEWHERE,
    FACTORIAL,
    HERE,
    PAIRED,
    REDRAWN,
    SATURATED,
    changed,
    errors_of,
    loaded,
)


@pytest.mark.parametrize(
    "protocol",
    [HERE, ELSEWHERE, FACTORIAL, SATURATED, PAIRED, REDRAWN, CLUSTERED, BY_BAU, ANSWERED],
    ids=["here", "elsewhere", "factorial", "saturated", "paired", "redrawn", "clustered", "by_bau", "answered"],
)
def test_the_examples_themselves_load(tmp_path: Path, protocol: dict[str, Any]) -> None:
    assert [str(error) for error in errors_of(tmp_path, protocol)] == []


@pytest.mark.parametrize("key", list(Protocol.model_fields))
def test_a_rule_reads_no_section_but_those_it_names(tmp_path: Path, key: str) -> None:
    """Without one section, the rules that do not read it are asked all the same, and none of them stumbles."""
    for protocol in (HERE, ELSEWHERE, FACTORIAL, SATURATED, PAIRED, REDRAWN, CLUSTERED, BY_BAU, BEHAVED, ANSWERED):
        whole = loaded(tmp_path, protocol).protocol
        name = "schema_" if key == "schema" else key
        breaches(whole.model_copy(update={name: None}), unread=frozenset({key}))


@pytest.mark.requirement("D02")
def test_a_campaign_names_its_site(tmp_path: Path) -> None:
    campaign = {"dmtc_site": "Site A", "dto": "DTO North"}
    protocol = changed(HERE, ("campaign", campaign))
    assert loaded(tmp_path, protocol).protocol.campaign is not None
    for site in (ABSENT, None, "", " "):
        errors = errors_of(tmp_path, changed(protocol, ("campaign.dmtc_site", site)))
        assert [error.path for error in errors] == ["campaign.dmtc_site"]


@pytest.mark.parametrize("key", ["who", "action", "observed_in"])
@pytest.mark.parametrize("blank", [ABSENT, None, "", "  \n"])
def test_a_blank_or_unmeasurable_behaviour_is_refused(tmp_path: Path, key: str, blank: object) -> None:
    behaviour = {"who": "late filers", "action": "file", "by_day": 30, "observed_in": "returns received"}
    protocol = changed(HERE, ("behaviour", behaviour))
    assert errors_of(tmp_path, protocol) == ()
    errors = errors_of(tmp_path, changed(protocol, (f"behaviour.{key}", blank)))
    assert [error.path for error in errors] == [f"behaviour.{key}"]


@pytest.mark.requirement("S11")
def test_exactly_one_primary_outcome_with_its_horizon(tmp_path: Path) -> None:
    none = errors_of(tmp_path, changed(HERE, ("outcomes[0].role", "secondary")))
    two = errors_of(tmp_path, changed(HERE, ("outcomes[1].role", "primary"), ("outcomes[1].day", 30)))
    timeless = errors_of(tmp_path, changed(HERE, ("outcomes[0].day", ABSENT)))
    assert [error.path for error in (*none, *two, *timeless)] == ["outcomes", "outcomes[1].role", "outcomes[0].day"]
    assert loaded(tmp_path, HERE).protocol.primary.id == "filed_30"


@pytest.mark.requirement("D03")
@pytest.mark.parametrize("channel", ["letter", "sms", "email", "call"])
def test_each_channel_makes_the_round_trip(tmp_path: Path, channel: str) -> None:
    protocol = changed(HERE, ("arms[1].channel", channel))
    assert parse_canonical(loaded(tmp_path, protocol).canonical).arm("letter").channel == channel


@pytest.mark.parametrize(
    ("kind", "unit", "measured_in"),
    [
        ("amount", None, "pounds"),
        ("amount", "pounds", "pounds"),
        ("amount", "minutes", "minutes"),
        ("amount", "days", "days"),
        ("amount", "number", "number"),
        ("count", None, "number"),
        ("count", "number", "number"),
        ("binary", None, "share"),
    ],
)
def test_each_outcome_says_what_it_is_measured_in(
    tmp_path: Path, kind: str, unit: str | None, measured_in: str
) -> None:
    outcome = {"id": "paid", "role": "secondary", "kind": kind, "unit": unit}
    protocol = loaded(tmp_path, changed(HERE, ("outcomes[1]", outcome))).protocol
    assert protocol.outcome("paid").measured_in == measured_in
    assert protocol.outcome("days_to_file").measured_in == "days"


def test_arms_may_differ_by_letter_version_alone(tmp_path: Path) -> None:
    protocol = changed(
        HERE,
        ("arms[1].idms99_version", "V1"),
        ("arms[2].idms99_version", "V2"),
        ("arms[2].channel", "letter"),
    )
    assert errors_of(tmp_path, protocol) == ()
