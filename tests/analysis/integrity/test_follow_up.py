"""Follow-up that ends early: a log-rank test of the loss, which no effect on the event can set off."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.integrity.follow_up import FROM_THE_START, TO_THE_HORIZON, FollowUp, compare_follow_up
from analysis.integrity.shares_by_stratum import ShareCounts, compare_shares

HORIZON = 60.0


def cells(arm, until, lost, stratum=None, cluster=None):
    """One entry for each customer."""
    n = len(arm)
    strata = np.zeros(n, dtype=np.int64) if stratum is None else stratum
    return FollowUp(np.asarray(arm), strata, np.asarray(until), np.asarray(lost), np.ones(n), cluster)


def drawn(rng, n, rates, share_censored, clusters=None):
    """Customers whose event comes at a rate of their arm's, some of whom are followed for less than the horizon."""
    arm = np.where(np.arange(n) % 2 == 0, "nfa", "letter")
    if clusters:
        arm = np.where(np.arange(n) % clusters % 2 == 0, "nfa", "letter")
    event = rng.exponential(np.where(arm == "letter", rates[1], rates[0]))
    end = np.where(rng.random(n) < share_censored, rng.uniform(0, HORIZON, n), np.inf)
    lost = (end < event) & (end < HORIZON)
    until = np.where(lost, end, np.where(event <= HORIZON, event, TO_THE_HORIZON))
    return cells(arm, until, lost, cluster=np.arange(n) % clusters if clusters else None)


def test_without_losses_on_the_way_it_is_the_comparison_of_shares():
    rng = np.random.default_rng(1)
    arm = rng.choice(["nfa", "letter"], 400)
    stratum = rng.integers(0, 3, 400)
    lost = rng.random(400) < np.where(arm == "letter", 0.1, 0.02)
    until = np.where(lost, FROM_THE_START, rng.exponential(40, 400))
    for cluster in (None, np.arange(400) // 4):
        found = compare_follow_up(cells(arm, until, lost, stratum, cluster), "letter", "nfa")
        known = ShareCounts(arm, stratum, np.ones(400), (~lost).astype(float), cluster)
        reference = compare_shares(known, "letter", "nfa")
        assert (found.difference, found.p_value) == pytest.approx((reference.difference, reference.p_value))


def test_it_is_the_log_rank_test_of_the_loss():
    found = drawn(np.random.default_rng(2), 3_000, (150.0, 150.0), 0.3)
    extra = (found.arm == "letter") & (found.until == TO_THE_HORIZON) & (np.arange(3_000) % 8 == 1)
    until, lost = np.where(extra, 30.5, found.until), found.lost | extra
    ours = compare_follow_up(cells(found.arm, until, lost), "letter", "nfa")
    times = np.minimum(until, HORIZON)
    of = [stats.CensoredData(uncensored=times[lost & (found.arm == a)], right=times[~lost & (found.arm == a)])
          for a in ("letter", "nfa")]  # fmt: skip
    assert ours.p_value == pytest.approx(stats.logrank(*of).pvalue, rel=0.35)  # exact against a normal distribution
    assert ours.difference < -0.05


@pytest.mark.parametrize("clusters", [None, 60])
def test_what_the_message_does_sets_off_no_alarm(clusters):
    """Honest ends of follow-up, alike in both arms, where the letter doubles the rate: the share who lack the outcome
    differs by points, and the chance to be lost does not."""
    rng = np.random.default_rng(3)
    alarms, apart = 0, []
    for _ in range(200):
        found = drawn(rng, 4_000, (60.0, 25.0), 0.25, clusters)
        alarms += compare_follow_up(found, "letter", "nfa").p_value < 0.01
        apart.append(np.mean(found.lost[found.arm == "nfa"]) - np.mean(found.lost[found.arm == "letter"]))
    assert np.mean(apart) > 0.04
    assert alarms <= 8  # 2 of 200 expected


@pytest.mark.parametrize("day", [0.0, 20.0, 59.0])
@pytest.mark.parametrize("clusters", [None, 60])
def test_non_payers_who_are_dropped_on_some_day_are_found(day, clusters):
    found = drawn(np.random.default_rng(4), 6_000, (150.0, 150.0), 0.1, clusters)
    rows = np.flatnonzero((found.arm == "letter") & (found.until == TO_THE_HORIZON))[::4]
    until, lost = found.until.copy(), found.lost.copy()
    until[rows], lost[rows] = day, True
    compared = compare_follow_up(cells(found.arm, until, lost, cluster=found.cluster), "letter", "nfa")
    assert compared.p_value < 1e-4
    assert compared.difference < -0.1


def test_arms_of_no_common_stratum_are_not_compared():
    arm = np.array(["nfa", "letter"])
    assert compare_follow_up(cells(arm, [1.0, 1.0], [True, False], np.array([0, 1])), "letter", "nfa") is None
