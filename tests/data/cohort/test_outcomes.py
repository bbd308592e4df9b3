"""Outcomes: what is planted is what is found, and it belongs to the customer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from data.cohort import Approach, World, lose_tail, outcomes, population
from data.cohort.demonstrations import LATE_RETURNS, SA_DEBTS, SMALL_DEBTS
from data.cohort.draws import Draws
from data.cohort.world import NEVER_PAY, PAY_UNTREATED
from data.errors import DataRefused

N = 60_000
SURE = World(
    behaviour="pay",
    primary_day=23,
    untreated=PAY_UNTREATED,
    never=NEVER_PAY,
    approaches={
        "letter": Approach("letter", {"forgot": 0.10, "cannot_pay": -0.05, "confused": 0.0, "deliberate": 0.2})
    },
    undelivered=0.0,
    non_compliance=0.0,
)


@pytest.fixture(scope="module")
def people() -> pa.Table:
    return population(21, N, "self_assessment")


def column(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return table.column(name).to_numpy().astype(float)


def of(people: pa.Table, name: str) -> npt.NDArray[np.object_]:
    return people.column(name).to_numpy(zero_copy_only=False)


def everybody(arm: str) -> npt.NDArray[np.str_]:
    return np.full(N, arm)


def test_order_and_company_change_nothing(people: pa.Table) -> None:
    arms = np.array(["nfa", "simple", "norm", "call", "consequences"])[np.arange(N) % 5]
    whole = outcomes(people, arms, 5, SA_DEBTS)
    some = np.random.default_rng(1).permutation(N)[:700]
    part = outcomes(people.take(pa.array(some)), arms[some], 5, SA_DEBTS)
    assert part.equals(whole.take(pa.array(some)).combine_chunks())


def test_another_seed_is_another_year(people: pa.Table) -> None:
    first, second = (outcomes(people, everybody("nfa"), seed, SURE) for seed in (1, 2))
    agreement = (column(first, "paid_23") == column(second, "paid_23")).mean()
    assert 0.55 < agreement < 0.70  # two draws at about 28% agree about 62% of the time


def test_a_customer_differs_between_arms_only_by_what_the_arm_does(people: pa.Table) -> None:
    left_alone, written_to = (outcomes(people, everybody(arm), 9, SURE) for arm in ("nfa", "letter"))
    change = column(written_to, "paid_23") - column(left_alone, "paid_23")
    reason = of(people, "reason")
    for name, planted in SURE.approaches["letter"].effect.items():
        moved = change[reason == name]
        assert abs(moved.mean() - planted) <= 4.5 * (abs(planted) / len(moved)) ** 0.5
        assert set(np.unique(moved)) <= ({0.0} if planted == 0 else {0.0, np.sign(planted)})


def test_left_alone_each_reason_pays_as_declared(people: pa.Table) -> None:
    found = outcomes(people, everybody("nfa"), 3, SURE)
    reason = of(people, "reason")
    for name, share in PAY_UNTREATED.items():
        assert abs(column(found, "paid_23")[reason == name].mean() - share) < 0.02
    assert 0.26 < column(found, "paid_23").mean() < 0.29


def test_arms_converge_but_for_those_who_would_never_have_paid(people: pa.Table) -> None:
    left_alone, written_to = (outcomes(people, everybody(arm), 4, SURE) for arm in ("nfa", "letter"))
    early = column(written_to, "paid_23").mean() - column(left_alone, "paid_23").mean()
    final = column(written_to, "paid").mean() - column(left_alone, "paid").mean()
    assert 0.04 < early < 0.08
    assert 0.15 * early < final < 0.40 * early


def test_payments_bunch_after_contact_and_after_penalties(people: pa.Table) -> None:
    found = outcomes(people, everybody("letter"), 6, SURE)
    days = column(found, "days_to_pay")[column(found, "paid") == 1]
    per_day = np.bincount(days.astype(int), minlength=366)
    assert per_day[5:13].mean() > 2.5 * per_day[1:4].mean()
    for penalty in SURE.penalty_days:
        assert per_day[penalty : penalty + 3].mean() > 2.0 * per_day[penalty - 4 : penalty].mean()


@pytest.mark.parametrize("world", [SA_DEBTS, SMALL_DEBTS, LATE_RETURNS], ids=["A", "B", "C"])
def test_columns_agree_with_each_other(people: pa.Table, world: World) -> None:
    arms = np.array(["nfa", *world.approaches])[np.arange(N) % (1 + len(world.approaches))]
    found = outcomes(people, arms, 7, world)
    day = world.primary_day
    done, days, primary = ("paid", "days_to_pay", f"paid_{day}") if world.behaviour == "pay" else (
        "returned", "days_to_return", f"returned_{day}",
    )  # fmt: skip
    assert found.column("customer_id").equals(people.column("customer_id"))
    assert "arm" not in found.column_names
    assert np.array_equal(column(found, primary) == 1, (column(found, days) <= day) & (column(found, done) == 1))
    assert column(found, days).min() >= 1
    assert column(found, days).max() == 365
    assert np.all(column(found, days)[column(found, done) == 0] == 365)
    assert not np.any((column(found, "undelivered") == 1) & (column(found, "verified_contact") == 1))
    if world.behaviour == "pay":
        principal = people.column("principal").to_numpy()
        assert np.allclose(
            column(found, "collected_12m")[column(found, "paid") == 1], principal[column(found, "paid") == 1]
        )
        assert np.all(column(found, "collected_12m") <= principal)
        assert not np.any((column(found, "ttp_agreed") == 1) & (column(found, "paid_23") == 1))
        assert np.all(column(found, "ttp_agreed") >= column(found, "ttp_kept"))


def test_delivery_is_as_declared_for_each_channel(people: pa.Table) -> None:
    world = replace(SMALL_DEBTS, non_compliance=0.0)
    phone = of(people, "phone_status") != "none"
    letter, sms, call, nfa = (outcomes(people, everybody(arm), 8, world) for arm in ("letter", "sms", "call", "nfa"))
    assert abs(column(letter, "undelivered").mean() - 0.03) < 0.003
    assert abs(column(sms, "undelivered")[phone].mean() - 0.03) < 0.004
    assert column(sms, "verified_contact")[~phone].sum() == 0
    assert column(call, "verified_contact")[~phone].sum() == 0
    assert abs(column(call, "verified_contact")[phone].mean() - world.verified_calls) < 0.01
    assert column(nfa, "verified_contact").sum() == 0


def test_two_in_a_hundred_are_not_treated_as_assigned(people: pa.Table) -> None:
    world = replace(SURE, non_compliance=0.02)
    nfa, letter = (outcomes(people, everybody(arm), 10, world) for arm in ("nfa", "letter"))
    assert abs(column(nfa, "verified_contact").mean() - 0.02) < 0.003
    assert abs(column(letter, "verified_contact").mean() - 0.98) < 0.003


def test_consequences_raise_complaints_among_those_who_cannot_pay(people: pa.Table) -> None:
    nfa, letter = (outcomes(people, everybody(arm), 12, SA_DEBTS) for arm in ("nfa", "consequences"))
    reason = of(people, "reason")
    rise = {
        name: (column(letter, "complaint") - column(nfa, "complaint"))[reason == name].mean() for name in PAY_UNTREATED
    }
    assert max(rise, key=lambda name: rise[name]) == "cannot_pay"
    assert rise["cannot_pay"] > 0.005


def test_a_lost_tail_is_lost_from_one_arm_only(people: pa.Table) -> None:
    arms = np.array(["nfa", "letter"])[np.arange(N) % 2]
    whole = outcomes(people, arms, 13, SURE)
    cut = lose_tail(whole, arms, "letter", 0.05)
    assert whole.num_rows - cut.num_rows == round(0.05 * N / 2)
    lost = set(whole.column("customer_id").to_pylist()) - set(cut.column("customer_id").to_pylist())
    ids = np.array(whole.column("customer_id").to_pylist())
    assert lost == set(ids[arms == "letter"][-len(lost) :])


def test_one_arm_each_is_asked_for(people: pa.Table) -> None:
    with pytest.raises(DataRefused, match="one arm each"):
        outcomes(people, ["nfa"], 1, SURE)


def test_draws_are_uniform_and_independent_between_labels_ids_and_seeds() -> None:
    ids = pa.array([f"SYN{i:09d}" for i in range(20_000)])
    streams = [Draws(seed, ids).uniform(label) for seed in (1, 2) for label in ("early", "never", "later")]
    for stream in streams:
        heights = np.sort(stream)
        distance = np.abs(heights - (np.arange(20_000) + 0.5) / 20_000).max()
        assert distance < 1.95 / 20_000**0.5  # Kolmogorov-Smirnov, p about 0.001
        assert abs(np.corrcoef(stream[1:], stream[:-1])[0, 1]) < 0.03
    correlations = np.corrcoef(streams) - np.eye(len(streams))
    assert np.abs(correlations).max() < 0.032
