"""Contact by day and batch, against capacity; the fewest batches that fit; and who is in which."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.surge import Forecast, forecast, open_in_surge, propose, sentences
from tests.designs.protocol.examples import Change, changed
from tests.designs.suitability.plans import SETTLED, plan_of

AT = "suitability.operations.surge"
SURGE: dict[str, Any] = {
    "customers": 40_000,
    "by_day": [0.1, 0.5, 0.3, 0.1],
    "arms": {"letter": {"call": 0.05, "write": 0.02, "amend": 0.01}, "sms": {"call": 0.02}},
}
SURGING = changed(SETTLED, (AT, SURGE))


def expected(*changes: Change, **known: Any) -> Forecast:
    found = forecast(plan_of(SURGING, *changes), **known)
    assert found is not None
    return found


@pytest.mark.requirement("S16")
def test_contacts_are_counted_by_way_and_day() -> None:
    found = expected()  # a quarter, 10,000, get the letter and half, 20,000, the text message
    assert [(round(day.calls, 9), round(day.post, 9), round(day.amended, 9)) for day in found.days] == [
        (90, 20, 10), (450, 100, 50), (270, 60, 30), (90, 20, 10)
    ]  # fmt: skip
    assert (found.peak.day, round(found.peak.contacts, 9), found.capacity) == (1, 600, 400)
    assert [day.day for day in found.over] == [1]
    assert found.contacts == pytest.approx(1200)


def test_half_the_customers_bring_half_the_contact_and_who_is_held_out_brings_the_comparisons() -> None:
    assert expected(customers=20_000).contacts == pytest.approx(600)
    held = expected(("randomisation.hold_out", 0.5), (f"{AT}.arms.nfa", {"call": 0.001}))
    # 0.5 held out and 0.125 beside it are left alone; 0.125 get the letter, 0.25 the message
    assert held.contacts == pytest.approx(40_000 * (0.625 * 0.001 + 0.125 * 0.08 + 0.25 * 0.02))


def test_a_segment_reacts_otherwise_in_the_arms_that_it_names() -> None:
    late = {"late": {"share": 0.25, "arms": {"letter": {"call": 0.2}}}}
    # of the letter's 10,000 a quarter call at 0.2; the message's are as before
    assert expected((f"{AT}.segments", late)).contacts == pytest.approx(7_500 * 0.08 + 2_500 * 0.2 + 400)


@pytest.mark.requirement("S16")
def test_a_peak_above_capacity_blocks_and_the_designer_clears_it() -> None:
    (found,) = open_in_surge(plan_of(SURGING))
    assert (found.code, found.severity, found.where, found.clears) == ("over_capacity", "blocks", AT, "designer")
    assert found.problem.startswith("600 contacts are expected on 1 day after the first issue, and 400 can be taken")
    assert "2 batches of at most 20,000 customers, 2 days apart" in found.remedy
    assert not tuple(open_in_surge(plan_of(SURGING, (f"{AT}.customers", 26_666))))
    assert not tuple(open_in_surge(plan_of(SETTLED)))


def test_a_peak_at_capacity_fits_and_one_just_above_does_not_read_as_if_it_did() -> None:
    capacity = "suitability.operations.answer.capacity_per_day"
    assert not expected((capacity, 600)).over
    above = expected((capacity, 599.9))
    assert above.over
    assert next(sentences(expected((f"{AT}.customers", 40_001), (capacity, 600)))).endswith("with 601.")


def test_undeclared_capacity_warns_that_nothing_was_held_against_it() -> None:
    plan = plan_of(SURGING, ("suitability.operations.answer", "there is room"))
    assert [(each.code, each.severity) for each in open_in_surge(plan)] == [("capacity_not_declared", "warns")]
    found = forecast(plan)
    assert found is not None
    assert (found.capacity, found.over, found.proposal) == (None, (), None)
    assert list(sentences(found))[-1].endswith("held against nothing.")


@pytest.mark.requirement("S16")
def test_declared_batches_are_counted_on_their_days_and_the_proposed_ones_fit() -> None:
    proposal = expected().proposal
    assert proposal is not None
    assert (proposal.batches, proposal.days_between, proposal.customers) == (2, 2, 20_000)
    days = proposal.issue_on(date(2026, 3, 2))
    assert days == {"batch_01": date(2026, 3, 2), "batch_02": date(2026, 3, 4)}
    batches = {"column": "batch", "at_random": True, "issue_on": {name: str(day) for name, day in days.items()}}
    parted: tuple[Change, ...] = (
        ("randomisation.batches", batches), ("randomisation.strata", ["region", "batch"])
    )  # fmt: skip
    found = expected(*parted)
    assert [round(day.contacts, 9) for day in found.days] == [60, 300, 240, 360, 180, 60]
    assert found.days[2].by_part == pytest.approx({"batch_01": 180, "batch_02": 60})
    assert (found.days[3].on, found.over, found.peak.contacts) == (date(2026, 3, 5), (), pytest.approx(proposal.peak))
    assert not tuple(open_in_surge(plan_of(SURGING, *parted)))
    uneven = expected(*parted, in_batches={"batch_01": 30_000, "batch_02": 10_000})
    assert uneven.over
    assert uneven.customers == 40_000


def test_waves_are_moved_by_their_planner() -> None:
    waves = [{"id": "one", "issue_on": "2026-03-02"}, {"id": "two", "issue_on": "2026-03-03"}]
    found = expected(("randomisation.waves", waves))
    assert ([day.day for day in found.over], found.proposal) == ([2], None)


CURVES = st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any)


@given(CURVES, st.integers(2, 400), st.integers(1, 80))
def test_no_fewer_batches_and_no_fewer_days_between_would_fit(curve: list[int], customers: int, capacity: int) -> None:
    by_day = [height / sum(curve) for height in curve]

    def busiest(batches: int, between: int) -> float:
        size, total = -(-customers // batches), Counter[int]()
        for number, (day, share) in product(range(batches), enumerate(by_day)):
            total[number * between + day] += size * share
        return max(total.values())

    found = propose(customers, 1.0, by_day, capacity)
    fits = next((n for n in range(1, customers + 1) if busiest(n, len(by_day)) <= capacity + 1e-6), None)
    assert (found.batches if found else None) == fits
    if found and found.batches > 1:
        assert busiest(found.batches, found.days_between) == pytest.approx(found.peak)
        assert found.peak <= capacity + 1e-6
        assert all(busiest(found.batches, days) > capacity for days in range(1, found.days_between))


def test_nothing_fits_where_nobody_can_take_a_contact() -> None:
    assert propose(100, 0.1, [1.0], 0.0) is None
    assert propose(10**9, 1.0, [1.0], 1.0) is None


RANGED = {"call": {"low": 0.02, "central": 0.05, "high": 0.12}, "write": 0.02, "amend": 0.01}


@pytest.mark.requirement("S10", "S16")
def test_reactions_that_are_not_known_exactly_give_the_busiest_day_a_range() -> None:
    ranged = expected((f"{AT}.arms.letter", RANGED))
    plain = expected()
    assert (plain.peaks, ranged.days, ranged.over) == (None, plain.days, plain.over)  # the central ones are the plan
    # Half of those who get in touch do so on the busiest day: of 10,000 letters 0.05 and 0.15 do, of 20,000 texts 0.02.
    assert ranged.peaks == pytest.approx((450, 950))
    said = "It has 450 where customers react as low as is declared, and 950 where they react as high."
    assert said in sentences(ranged)
    nobody_expected = expected((f"{AT}.arms", {"letter": {"call": {"low": 0, "central": 0, "high": 0.1}}, "sms": {}}))
    assert (nobody_expected.contacts, nobody_expected.peaks) == (0, pytest.approx((0, 500)))


@pytest.mark.parametrize(
    ("capacity", "found"),
    [
        (599.0, [("over_capacity", "blocks")]),
        (600.0, [("over_capacity_if_high", "warns")]),
        (949.0, [("over_capacity_if_high", "warns")]),
        (950.0, []),
    ],
)
@pytest.mark.requirement("S10", "S16")
def test_a_peak_above_capacity_only_where_customers_react_as_high_as_declared_warns(
    capacity: float, found: list[tuple[str, str]]
) -> None:
    changes = ((f"{AT}.arms.letter", RANGED), ("suitability.operations.answer", {"capacity_per_day": capacity}))
    opened = list(open_in_surge(plan_of(SURGING, *changes)))
    assert [(each.code, each.severity) for each in opened] == found
    said = " ".join(sentences(expected(*changes)))
    assert ("every day is at or under capacity as expected, and not where" in said) == (capacity in (600.0, 949.0))
    if found and found[0][1] == "warns":
        assert opened[0].problem.startswith("where customers react as high as is declared, 950 contacts are expected")
