"""What an approach has to show beside its effect before it is scaled, and how often a trial of a size shows it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.planning.power import plan
from analysis.planning.verdict_size import ceilings, passing_at, size_for_verdict
from tests.analysis.evaluations import declared

PAID = {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "baseline": 0.34,
        "minimum_effect": 0.02}  # fmt: skip
COMPLAINED = {"id": "complained", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.002,
              "baseline": 0.01}  # fmt: skip
WORTH = {"benefits": [{"outcome": "paid_23", "value": 50}]}
ARMS = [
    {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
    {"id": "letter", "kind": "otm", "label": "Letter", "share": 1, "channel": "letter", "cost_per_customer": 0.85},
]


def audited(**changes):
    return declared(**{"outcomes": [PAID, COMPLAINED], "arms": ARMS, "decision": WORTH, **changes})


def test_the_audited_trial_can_hardly_ever_end_in_scale():
    """8,925 an arm find 34% against 36% in 80% of trials, and show a complaint margin of 0.2 points in 27.5% (3.2) and
    the net benefit in fewer still: it was scaled in 1.0% (0.7) of simulated trials."""
    trial = audited()
    rows = (*plan(trial, 17_850), *size_for_verdict(trial, 17_850))
    by = {row.to_show: row for row in rows}
    assert (by["effect"].n_per_arm, by["effect"].power) == (8_925, pytest.approx(0.8, abs=1e-3))
    assert by["within_margin"].power == pytest.approx(0.275, abs=2 * 0.032)
    assert by["net_benefit"].power == pytest.approx(0.062, abs=0.002)
    (bound,) = ceilings(trial, rows)
    assert (bound.arm, bound.held_by, bound.at_most) == ("letter", "net_benefit:central", by["net_benefit"].power)
    assert bound.needed_in_arm == max(row.n_per_arm for row in rows)


def test_the_size_it_names_has_the_power_it_is_for():
    trial = audited()
    for row in size_for_verdict(trial, None):
        assert row.n_per_arm is not None
        for fewer, least, most in ((0, 0.8, 0.8001), (50, 0.75, 0.8)):
            (again,) = [
                each for each in size_for_verdict(trial, 2 * (row.n_per_arm - fewer)) if each.to_show == row.to_show
            ]
            assert least <= again.power <= most


def test_as_a_simulation_of_the_bounds_finds():
    rng, n = np.random.default_rng(20260101), 8_925
    arm, comparison = (rng.binomial(n, 0.01, 200_000) / n for _ in range(2))
    error = np.sqrt((arm * (1 - arm) + comparison * (1 - comparison)) / n)
    within = arm - comparison + stats.norm.ppf(0.975) * error < 0.002
    (row,) = [each for each in size_for_verdict(audited(), 2 * n) if each.to_show == "within_margin"]
    assert row.power == pytest.approx(within.mean(), abs=0.01)


def test_money_as_a_simulation_of_customers_finds():
    rng, n = np.random.default_rng(20260102), 40_000
    arm, comparison = (rng.binomial(n, share, 100_000) / n for share in (0.36, 0.34))
    gain = 50 * (arm - comparison) - 0.85
    error = 50 * np.sqrt((arm * (1 - arm) + comparison * (1 - comparison)) / n)
    shown = gain > stats.norm.ppf(0.975) * error
    (row,) = [each for each in size_for_verdict(audited(), 2 * n) if each.to_show == "net_benefit"]
    assert row.power == pytest.approx(shown.mean(), abs=4 * np.sqrt(0.25 / 100_000))


@pytest.mark.parametrize(("margin", "error", "df"), [(0.002, 0.0015, None), (0.05, 0.02, 4.0), (0.3, 0.1, 11.0)])
def test_the_chance_is_that_of_a_noncentral_t(margin, error, df):
    edge = stats.norm.ppf(0.975) if df is None else stats.t.ppf(0.975, df)
    expected = stats.norm.sf(edge - margin / error) if df is None else stats.nct.sf(edge, df, margin / error)
    assert passing_at(margin, error, alpha=0.05, df=df) == pytest.approx(expected, rel=1e-9)


@pytest.mark.requirement("S20")
def test_the_effect_at_which_an_approach_gains_what_it_costs_follows_from_the_plan():
    (row,) = [each for each in size_for_verdict(audited(), None) if each.to_show == "net_benefit"]
    assert row.break_even == pytest.approx(0.85 / 50)


def test_an_approach_that_costs_more_than_it_gains_has_no_size():
    dear = [ARMS[0], {**ARMS[1], "cost_per_customer": 1.5}]
    trial = audited(arms=dear)
    (row,) = [each for each in size_for_verdict(trial, 17_850) if each.to_show == "net_benefit"]
    assert (row.n_per_arm, row.power) == (None, None)
    assert "gains nothing: -0.50 pounds" in row.reason
    assert row.break_even == pytest.approx(0.03)
    assert row.gain == pytest.approx(-0.5)


def test_what_is_gained_is_a_figure_of_the_money_alone():
    rows = (*plan(audited(), None), *size_for_verdict(audited(), None))
    assert {row.to_show: row.gain for row in rows} == {
        "effect": None, "within_margin": None, "net_benefit": pytest.approx(0.15)
    }  # fmt: skip


def test_what_is_not_declared_is_said():
    amount = {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"}
    trial = audited(
        outcomes=[PAID, {key: value for key, value in COMPLAINED.items() if key != "baseline"}, amount],
        decision={"benefits": [{"outcome": "collected", "value": 1}]},
    )
    by = {row.to_show: row for row in size_for_verdict(trial, 17_850)}
    assert "collected" in by["net_benefit"].reason
    assert "baseline" in by["within_margin"].reason
    assert all(row.power is None for row in by.values())


def test_a_plan_that_values_nothing_has_no_row_of_money():
    assert {row.to_show for row in size_for_verdict(audited(decision=None), None)} == {"within_margin"}


def test_several_approaches_share_the_level_of_money_and_not_that_of_guardrails():
    third = {**ARMS[1], "id": "sms", "label": "SMS", "channel": "sms"}
    one = {row.to_show: row for row in size_for_verdict(audited(), 20_000)}
    several = [row for row in size_for_verdict(audited(arms=[*ARMS, third]), 30_000) if row.arm == "sms"]
    by = {row.to_show: row for row in several}
    assert by["within_margin"].n_per_arm == one["within_margin"].n_per_arm
    assert by["net_benefit"].n_per_arm > one["net_benefit"].n_per_arm


def test_a_guardrail_of_which_nothing_is_expected_has_no_size():
    """At a baseline of none its spread is nothing, which no customers were said to show."""
    trial = audited(outcomes=[PAID, {**COMPLAINED, "baseline": 0.0}])
    (row,) = [each for each in size_for_verdict(trial, 17_850) if each.to_show == "within_margin"]
    assert (row.n_per_arm, row.power) == (None, None)
    assert "nothing varies" in row.reason


@pytest.mark.parametrize(("customers", "known"), [(1, False), (3, False), (4, True)])
def test_an_arm_of_fewer_than_two_customers_shows_nothing(customers, known):
    rows = (*plan(audited(), customers), *size_for_verdict(audited(), customers))
    assert {row.power is not None for row in rows} == {known}
    if not known:
        assert all("fewer than two" in row.reason for row in rows)
