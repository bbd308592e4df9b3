"""What must hold of every allocation of any population, through the protocol that declares it."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine import open_engine
from designs.assignment import Assignment, allocation_digest, conduct, declare, gather
from designs.protocol import Protocol, load_protocol
from designs.protocol.eligibility import ELIGIBLE_ARMS, with_eligible_arms
from tests.designs.assignment.chance import seed_of


def protocol_of(arms: list[dict[str, Any]], randomisation: dict[str, Any], **more: Any) -> Protocol:
    raw = {
        "schema": 1,
        "id": "any-trial",
        "title": "Any trial",
        "hypothesis": "A message brings payment.",
        "population": {"unit": "customer_id", **more},
        "arms": arms,
        "randomisation": randomisation,
        "outcomes": [{"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}],
        "analysis": {"standard_errors": "CR2" if "cluster" in more else "HC2"},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "protocol.yaml"
        path.write_text(json.dumps(raw), encoding="utf-8")
        return load_protocol(path).protocol


def assigned(protocol: Protocol, table: pa.Table, number: int) -> Assignment:
    scheme = declare(protocol)
    return conduct(scheme, gather(scheme, table, "customer_id"), seed_of(f"property {number}"), protocol.id)


def arms_with(shares: list[Decimal | int], **of_first: Any) -> list[dict[str, Any]]:
    first = {"id": "nfa", "kind": "nfa", "share": float(shares[0])}
    rest = [{"id": f"arm-{at}", "kind": "otm", "share": float(share)} for at, share in enumerate(shares[1:], start=1)]
    rest[0].update(of_first)
    return [first, *rest]


shares = st.lists(st.decimals(Decimal("0.01"), Decimal(20), places=2), min_size=2, max_size=8)
numbers = st.integers(0, 10**6)


@pytest.mark.requirement("S08")
@settings(max_examples=60)
@given(shares, st.lists(st.integers(0, 60), min_size=1, max_size=6).filter(any), numbers)
def test_counts_match_shares_within_every_stratum(arm_shares: list[Decimal], sizes: list[int], number: int) -> None:
    """Two to eight arms, unequal shares: stratum totals exact, every cell and arm within 1 of its target."""
    strata = [f"stratum {at}" for at, size in enumerate(sizes) for _ in range(size)]
    table = pa.table({"customer_id": [f"{at:04d}" for at in range(len(strata))], "band": strata})
    protocol = protocol_of(arms_with([*arm_shares]), {"method": "complete", "strata": ["band"]})
    assignment = assigned(protocol, table, number)
    exact = [Fraction(share) / sum(map(Fraction, arm_shares)) for share in arm_shares]
    counts = Counter(zip(strata, assignment.arm.tolist(), strict=True))
    for at, size in enumerate(sizes):
        row = [counts[f"stratum {at}", arm] for arm in range(len(exact))]
        assert sum(row) == size
        assert all(abs(count - size * share) < 1 for count, share in zip(row, exact, strict=True))
    totals = Counter(assignment.arm.tolist())
    assert all(abs(totals[arm] - len(strata) * share) < 1 for arm, share in enumerate(exact))
    assert assignment.probability.tolist() == [float(exact[arm]) for arm in assignment.arm.tolist()]


customer = st.fixed_dictionaries(
    {
        "phone_status": st.sampled_from(["present", "traced", "none"]),
        "trust": st.booleans(),
        "needs_support": st.booleans(),
        "household": st.integers(0, 12),
    }
)
populations = st.lists(customer, min_size=1, max_size=80)


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    names = ["phone_status", "trust", "needs_support", "household"]
    columns = {name: [row[name] for row in rows] for name in names}
    columns["household"] = [str(value) for value in columns["household"]]
    return pa.table({"customer_id": [f"{at:03d}" for at in range(len(rows))], **columns})


LETTER = {
    "id": "letter",
    "channel": "letter",
    "idms99_version": "IDMS99-1",
    "not_for": [{"when": {"column": "trust", "equals": True}, "reason": "a trust is worked by the DTO"}],
}
CALL = {"id": "call", "kind": "otm", "share": 1, "channel": "call"}


@pytest.mark.requirement("D09")
@settings(max_examples=60)
@given(populations, numbers, st.booleans(), st.sampled_from(["complete", "simple"]))
def test_no_trust_is_assigned_the_automatic_letter(
    rows: list[dict[str, Any]], number: int, clustered: bool, method: str
) -> None:
    """Nor, where households are assigned as a whole, anybody in a household that holds one."""
    arms = [*arms_with([2, 1], **LETTER), CALL]
    more = {"cluster": "household"} if clustered else {}
    assignment = assigned(protocol_of(arms, {"method": method}, **more), table_of(rows), number)
    closed = {row["household"] for row in rows if row["trust"]} if clustered else set()
    for row, arm, probability in zip(rows, assignment.labels.to_pylist(), assignment.probability, strict=True):
        barred = row["trust"] or row["household"] in closed
        assert not (barred and arm == "letter")
        shares = {"nfa": 2 / 3, "call": 1 / 3} if barred else {"nfa": 0.5, "letter": 0.25, "call": 0.25}
        assert probability == pytest.approx(shares[arm], rel=1e-15)


@pytest.mark.requirement("S07")
@settings(max_examples=40)
@given(populations, numbers)
def test_no_customer_in_hardship_is_assigned_an_arm_that_is_closed_to_them(
    rows: list[dict[str, Any]], number: int
) -> None:
    closed = [{"when": {"column": "needs_support", "equals": True}, "reason": "the tone warns of consequences"}]
    arms = [*arms_with([1, 1], id="consequences", channel="letter", not_for=closed), CALL]
    assignment = assigned(protocol_of(arms, {"method": "complete", "strata": ["phone_status"]}), table_of(rows), number)
    for row, arm in zip(rows, assignment.labels.to_pylist(), strict=True):
        assert not (row["needs_support"] and arm == "consequences")


TRUSTS_WHO_NEED_SUPPORT = [{"column": "trust", "equals": True}, {"column": "needs_support", "equals": True}]


@pytest.mark.requirement("S07")
@settings(max_examples=60)
@given(populations, numbers, st.booleans(), st.sampled_from(["complete", "simple"]))
def test_two_conditions_close_an_arm_to_those_of_whom_both_are_true(
    rows: list[dict[str, Any]], number: int, clustered: bool, method: str
) -> None:
    """Who has one of the two flags may get every arm; in a household that is assigned as a whole one member closes it.
    What the analysis later says of who could get the arm is what the draw went by."""
    closed = [{"when": TRUSTS_WHO_NEED_SUPPORT, "reason": "a trustee is written to by hand"}]
    arms = [*arms_with([2, 1], id="letter", channel="letter", not_for=closed), CALL]
    more = {"cluster": "household"} if clustered else {}
    protocol, table = protocol_of(arms, {"method": method}, **more), table_of(rows)
    assignment = assigned(protocol, table, number)
    both = [row["trust"] and row["needs_support"] for row in rows]
    households = {row["household"] for row, flagged in zip(rows, both, strict=True) if flagged} if clustered else set()
    barred = [flagged or row["household"] in households for row, flagged in zip(rows, both, strict=True)]
    for closed_to, arm, probability in zip(barred, assignment.labels.to_pylist(), assignment.probability, strict=True):
        shares = {"nfa": 2 / 3, "call": 1 / 3} if closed_to else {"nfa": 0.5, "letter": 0.25, "call": 0.25}
        assert probability == pytest.approx(shares[arm], rel=1e-15)
    engine = open_engine(threads=1)
    listed = engine.collect(with_eligible_arms(engine.scan(table), protocol).select("customer_id", ELIGIBLE_ARMS))
    could = dict(zip(listed["customer_id"].to_pylist(), listed[ELIGIBLE_ARMS].to_pylist(), strict=True))
    named = [could[customer] for customer in table["customer_id"].to_pylist()]
    assert named == ["nfa call" if closed_to else "nfa letter call" for closed_to in barred]


@pytest.mark.requirement("D08")
@settings(max_examples=40)
@given(populations, numbers)
def test_the_call_arm_is_assigned_alike_whether_a_customer_has_a_phone(rows: list[dict[str, Any]], number: int) -> None:
    """Phone status is a stratum and never a bar: each status gives the call its share, the unreachable too."""
    arms = [*arms_with([2, 1], id="letter", channel="letter"), CALL]
    assignment = assigned(protocol_of(arms, {"method": "complete", "strata": ["phone_status"]}), table_of(rows), number)
    for status in {row["phone_status"] for row in rows}:
        mine = [row["phone_status"] == status for row in rows]
        calls = sum(own and arm == "call" for own, arm in zip(mine, assignment.labels.to_pylist(), strict=True))
        assert abs(calls - sum(mine) / 4) < 1


@settings(max_examples=40)
@given(populations, numbers, st.floats(0.01, 0.5))
def test_the_hold_out_is_its_share_of_everybody(rows: list[dict[str, Any]], number: int, share: float) -> None:
    hold_out = round(share, 2)
    arms = [*arms_with([2, 1], **LETTER), CALL]
    assignment = assigned(protocol_of(arms, {"method": "complete", "hold_out": hold_out}), table_of(rows), number)
    assert assignment.held_out is not None
    assert abs(assignment.held_out.sum() - len(rows) * hold_out) < 1
    assert set(assignment.arm[assignment.held_out].tolist()) <= {0}
    for row, arm, probability in zip(rows, assignment.labels.to_pylist(), assignment.probability, strict=True):
        nfa = hold_out + (1 - hold_out) * (2 / 3 if row["trust"] else 1 / 2)
        expected = {"nfa": nfa, "letter": (1 - hold_out) / 4, "call": (1 - nfa) if row["trust"] else (1 - hold_out) / 4}
        assert probability == pytest.approx(expected[arm], rel=1e-12)


@settings(max_examples=40)
@given(populations, numbers)
def test_clusters_are_never_parted(rows: list[dict[str, Any]], number: int) -> None:
    arms = [*arms_with([1, 1], id="letter", channel="letter"), CALL]
    assignment = assigned(protocol_of(arms, {"method": "complete"}, cluster="household"), table_of(rows), number)
    arm_of = dict(zip((row["household"] for row in rows), assignment.arm.tolist(), strict=True))
    assert [arm_of[row["household"]] for row in rows] == assignment.arm.tolist()
    sizes = Counter(arm_of.values())
    assert all(abs(sizes[arm] - len(arm_of) / 3) < 1 for arm in range(3))


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["nfa", "letter", "sms"]), min_size=2, max_size=30), st.data())
def test_any_two_customers_who_change_places_are_seen(arms: list[str], data: st.DataObject) -> None:
    ids = [f"{at:03d}" for at in range(len(arms))]
    one, other = data.draw(st.integers(0, len(arms) - 1)), data.draw(st.integers(0, len(arms) - 1))
    swapped = list(arms)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert (allocation_digest(ids, swapped) == allocation_digest(ids, arms)) == (swapped == arms)
