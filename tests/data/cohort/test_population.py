"""Synthetic customers: what is declared of them is what they are."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.cohort import Kind, population
from data.cohort.population import MEDIAN_DEBT, REASON_SHARES, REASONS
from data.errors import DataRefused
from data.intake.ids import id_faults, repeated_ids

N = 40_000
KINDS = get_args(Kind)


@pytest.fixture(scope="module")
def people() -> pa.Table:
    return population(11, N, "self_assessment")


def near(share: float, expected: float, n: int = N) -> bool:
    return abs(share - expected) < 4.5 * (expected * (1 - expected) / n) ** 0.5


def test_the_same_seed_gives_the_same_customers_and_another_gives_others() -> None:
    assert population(3, 500, "small_debts").equals(population(3, 500, "small_debts"))
    assert not population(3, 500, "small_debts").equals(population(4, 500, "small_debts"))
    assert not population(3, 500, "self_assessment").equals(population(3, 500, "late_returns"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 61, 5000])
def test_ids_are_what_intake_takes_and_say_that_nobody_is_real(kind: Kind, n: int) -> None:
    ids = population(1, n, kind).column("customer_id")
    assert len(ids) == n
    assert repeated_ids(ids) is None
    assert id_faults(ids, "customer_id") == []
    assert pc.all(pc.starts_with(ids, "SYN")).as_py()


def test_ids_say_nothing_of_the_row(people: pa.Table) -> None:
    digits = pc.utf8_slice_codeunits(people.column("customer_id"), 3).cast(pa.int64()).to_numpy()
    assert abs(np.corrcoef(digits, np.arange(N))[0, 1]) < 0.025
    assert abs(np.corrcoef(digits, people.column("log_principal").to_numpy())[0, 1]) < 0.025


def test_shares_are_those_declared(people: pa.Table) -> None:
    reasons = people.column("reason").to_numpy(zero_copy_only=False)
    for name, share in zip(REASONS, REASON_SHARES, strict=True):
        assert near((reasons == name).mean(), share)
    phones = people.column("phone_status").to_numpy(zero_copy_only=False)
    for name, share in {"present": 0.70, "traced": 0.15, "none": 0.15}.items():
        assert near((phones == name).mean(), share)
    flags = {"welsh": 0.015, "trust": 0.01, "hnw_expat": 0.01, "needs_support": 0.05, "other_campaign": 0.04}
    for name, share in flags.items():
        assert near(people.column(name).to_numpy().mean(), share)
    assert near(1 - people.column("agent_id").null_count / N, 0.35)


def test_debts_are_lognormal_by_reason_above_their_floor(people: pa.Table) -> None:
    reasons = people.column("reason").to_numpy(zero_copy_only=False)
    debts = people.column("principal").to_numpy()
    assert debts.min() >= 25.0
    for name in REASONS:
        logs = np.log(debts[reasons == name])
        assert abs(np.median(debts[reasons == name]) / MEDIAN_DEBT[name] - 1) < 0.08
        assert 1.05 < logs.std() < 1.25
    assert np.allclose(people.column("log_principal").to_numpy(), np.log(debts))


def test_small_debts_are_small_and_some_lie_outside_the_trial() -> None:
    debts = population(5, 20_000, "small_debts").column("principal").to_numpy()
    assert 25.0 <= debts.min() < 32.0
    assert 250.0 <= debts.max() <= 260.0
    assert ((debts >= 32) & (debts < 250)).mean() > 0.95


def test_bands_follow_the_debt(people: pa.Table) -> None:
    bands = people.column("debt_band").to_numpy(zero_copy_only=False)
    debts = people.column("principal").to_numpy()
    assert np.array_equal(bands == "under 500", debts < 500)
    assert np.array_equal(bands == "2000 and over", debts >= 2000)


def test_numbers_are_within_their_ranges(people: pa.Table) -> None:
    for name, low, high in [("prior_late", 0, 5), ("risk_score", 0, 100), ("age_days", 30, 1400), ("years_late", 0, 4)]:
        extremes = pc.min_max(people.column(name)).as_py()
        assert low <= extremes["min"] < extremes["max"] <= high
    assert pc.all(pc.greater_equal(people.column("interest"), 0)).as_py()


def test_each_site_has_its_own_office(people: pa.Table) -> None:
    pairs = people.group_by(["dmtc_site", "dto"]).aggregate([([], "count_all")])
    assert pairs.num_rows == 3


def test_households_are_shared_by_a_few(people: pa.Table) -> None:
    sizes = people.group_by("household_id").aggregate([([], "count_all")]).column("count_all").to_numpy()
    assert sizes.max() <= 4
    assert 0.15 < (sizes > 1).mean() < 0.21


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataRefused, match="at least 1, of small_debts"):
        population(1, 0, "small_debts")
    with pytest.raises(DataRefused, match="of kind 'companies'"):
        population(1, 10, "companies")  # type: ignore[arg-type]
