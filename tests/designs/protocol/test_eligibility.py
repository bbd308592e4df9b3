"""The arms that a customer could get, against a reading of the reasons one customer at a time."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from data.engine import open_engine
from designs.protocol.eligibility import ELIGIBLE_ARMS, closes_an_arm, could_get, with_eligible_arms
from designs.protocol.models import Protocol

WELSH = {"when": {"column": "welsh", "equals": True}, "reason": "there is no Welsh text"}
SMALL = {"when": {"column": "debt", "below": 100}, "reason": "a call costs too much"}
ROWS = [
    {"household": "a", "welsh": True, "debt": 50.0},
    {"household": "a", "welsh": False, "debt": 500.0},
    {"household": "b", "welsh": False, "debt": 99.0},
    {"household": "b", "welsh": None, "debt": None},
    {"household": "c", "welsh": False, "debt": 100.0},
]


def protocol(closed: dict[str, list[dict[str, Any]]], **sections: Any) -> Protocol:
    names = ("nfa", "sms", "sms-2", "call")
    document = {
        "schema": 1,
        "id": "eligibility",
        "title": "Eligibility",
        "hypothesis": "None.",
        "population": {"unit": "customer"},
        "arms": [
            {"id": name, "kind": "otm" if name != "nfa" else "nfa", "share": 1, "not_for": closed.get(name, [])}
            for name in names
        ],
        "randomisation": {"method": "complete"},
        "outcomes": [{"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}],
        "analysis": {},
    }
    return Protocol.model_validate_json(json.dumps({**document, **sections}))


def laid_down(declared: Protocol) -> list[dict[str, Any]]:
    engine = open_engine(threads=1)
    rows = with_eligible_arms(engine.scan(pa.Table.from_pylist(ROWS)), declared)
    named = {arm.id: could_get(arm.id) for arm in declared.arms}
    found = engine.collect(rows.with_columns(**{f"could get {arm}": test for arm, test in named.items()})).to_pylist()
    place = {(row["household"], row["debt"]): number for number, row in enumerate(ROWS)}
    return sorted(found, key=lambda row: place[row["household"], row["debt"]])


CLOSED = {"sms": [WELSH], "call": [SMALL, WELSH]}


def test_each_customer_has_the_arms_that_no_reason_closes() -> None:
    rows = laid_down(protocol(CLOSED))
    assert [row[ELIGIBLE_ARMS] for row in rows] == [
        "nfa sms-2", "nfa sms sms-2 call", "nfa sms sms-2", "nfa sms sms-2 call", "nfa sms sms-2 call",
    ]  # fmt: skip


@pytest.mark.parametrize("clustered", [False, True])
def test_an_arm_is_listed_exactly_where_it_could_be_got(clustered: bool) -> None:
    """An id that begins like another is not taken for it."""
    sections = {"population": {"unit": "customer", "cluster": "household"}} if clustered else {}
    for row in laid_down(protocol(CLOSED, **sections)):
        for name in ("nfa", "sms", "sms-2", "call"):
            assert row[f"could get {name}"] == (name in row[ELIGIBLE_ARMS].split()), (name, row)


def test_a_reason_bars_the_whole_cluster_where_clusters_are_assigned_whole() -> None:
    clustered = {"population": {"unit": "customer", "cluster": "household"}}
    rows = laid_down(protocol(CLOSED, **clustered))
    assert [row[ELIGIBLE_ARMS] for row in rows] == ["nfa sms-2"] * 2 + ["nfa sms sms-2"] * 2 + ["nfa sms sms-2 call"]
    saturation = {"method": "saturation", "saturations": [{"id": "all", "treated": 1, "share": 1}]}
    one_by_one = laid_down(protocol(CLOSED, **clustered, randomisation=saturation))
    assert one_by_one[1][ELIGIBLE_ARMS] == "nfa sms sms-2 call"


def test_conditions_in_a_list_all_hold() -> None:
    """A debt below £100 *and* Welsh; a value that is not known satisfies nothing."""
    both = {"when": [SMALL["when"], WELSH["when"]], "reason": "a call in Welsh costs too much"}
    rows = laid_down(protocol({"call": [both]}))
    assert ["call" in row[ELIGIBLE_ARMS].split() for row in rows] == [False, True, True, True, True]
    either = laid_down(protocol({"call": [both, SMALL]}))
    assert ["call" in row[ELIGIBLE_ARMS].split() for row in either] == [False, True, False, True, True]


def test_whether_an_arm_is_closed_to_anybody() -> None:
    assert closes_an_arm(protocol(CLOSED))
    assert not closes_an_arm(protocol({}))
