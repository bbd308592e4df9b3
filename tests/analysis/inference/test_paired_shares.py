"""Paired score bounds against the likelihood maximised numerically, a published table, and every table there is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

from analysis.deciding.guardrails import EventCounts, judge, score_bounds
from analysis.inference.paired_shares import PairedEvents, paired_score, paired_score_bounds


def direct(b: int, c: int, pairs: int, difference: float) -> float:
    """The statistic of Tango, the likelihood maximised over the share of pairs with the comparison's event alone."""

    def minus(share: float) -> float:
        cells = ((b, share + difference), (c, share), (pairs - b - c, 1.0 - 2.0 * share - difference))
        return -sum(count * math.log(p) for count, p in cells if count)

    ends = (max(0.0, -difference) + 1e-13, (1.0 - difference) / 2.0 - 1e-13)
    share = optimize.minimize_scalar(minus, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
    return float(((b - c) / pairs - difference) / math.sqrt((2 * share + difference * (1 - difference)) / pairs))


@pytest.mark.parametrize(("b", "c", "pairs"), [(12, 2, 50), (0, 1, 44), (5, 7, 90), (3, 0, 4_000), (0, 0, 30)])
@pytest.mark.parametrize("difference", [-0.2, -0.01, 0.004, 0.1, 0.3])
def test_the_closed_form_is_the_most_likely(b, c, pairs, difference):
    ours = paired_score(PairedEvents(b, c, pairs), difference)
    assert ours == pytest.approx(direct(b, c, pairs, difference) * math.sqrt((pairs - 1) / pairs), rel=1e-6)


def test_without_the_factor_it_is_the_interval_of_another_implementation():
    # Complete response before and after therapy: 59, 6, 16, 80 (Cavo et al. 2012, in Fagerland, Lydersen & Laake 2017,
    # chapter 8). Their R package contingencytables gives Tango's interval as -0.1240 to -0.0054.
    events, root = PairedEvents(6, 16, 161), math.sqrt(161 / 160)
    for printed, critical in ((-0.1240, 1.959964), (-0.0054, -1.959964)):
        assert paired_score(events, printed) * root == pytest.approx(critical, abs=2e-3)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(2, 400), st.sampled_from([0.05, 0.01, 0.001]))
def test_each_bound_is_where_the_test_turns(b, c, more, level):
    events = PairedEvents(b, c, b + c + more)
    lower, upper = paired_score_bounds(events, level)
    assert -1.0 <= lower < events.difference < upper <= 1.0 or (b, c) == (0, 0)
    critical = math.sqrt(2.0) * special.erfinv(1.0 - level)
    for bound, sign in ((lower, 1.0), (upper, -1.0)):
        if abs(bound) < 1.0:
            assert paired_score(events, bound) == pytest.approx(sign * critical, abs=1e-5)
    assert paired_score_bounds(events.reversed(), level) == pytest.approx((-upper, -lower), abs=1e-9)


@pytest.mark.parametrize("pairs", [2, 30, 5_000])
def test_silence_has_a_bound(pairs):
    z2 = 1.959963984540054**2
    lower, upper = paired_score_bounds(PairedEvents(0, 0, pairs), 0.05)
    assert upper == pytest.approx(z2 / (pairs - 1 + z2), rel=1e-8)
    assert lower == pytest.approx(-upper)
    harm = judge("complaint", 0.01, PairedEvents(0, 0, pairs), harm_is="increase", level=0.05, level_established=0.05)
    assert harm.passed == (pairs == 5_000)
    assert not harm.established


def _of_every_table(pairs: int, margin: float, other: float) -> float:
    """How often a margin is passed that is the truth: over every (b, c), with ``other`` of the comparison alone."""
    b, c = np.meshgrid(np.arange(pairs + 1), np.arange(pairs + 1), indexing="ij")
    b, c = b[b + c <= pairs], c[b + c <= pairs]
    rest = pairs - b - c
    log = special.gammaln(pairs + 1) - sum(special.gammaln(cell + 1) for cell in (b, c, rest))
    log += special.xlogy(b, other + margin) + special.xlogy(c, other) + special.xlogy(rest, 1 - 2 * other - margin)
    likely = log > -28.0
    passed = [
        paired_score(PairedEvents(int(x), int(y), pairs), margin) < -1.959963984540054
        for x, y in zip(b[likely], c[likely], strict=True)
    ]
    return float(np.exp(log[likely]) @ np.array(passed, dtype=float))


@pytest.mark.parametrize("pairs", [30, 60, 120])
@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("other", [0.0, 0.02, 0.2])
def test_a_margin_that_is_the_truth_is_passed_as_rarely_as_is_said(pairs, margin, other):
    assert _of_every_table(pairs, margin, other) <= 0.0260


def test_in_pairs_that_are_alike_the_size_holds_and_the_power_is_that_of_pairs():
    """Complaints of a pair go together: bounds of independent samples are too wide and find a safe approach seldom."""
    rng, pairs, margin, trials = np.random.default_rng(4), 1_500, 0.02, 2_000
    passed = {"at the margin": 0, "safe": 0, "safe, unpaired": 0}
    for trial in range(trials):
        prone = rng.random(pairs) < 0.15
        nfa = prone & (rng.random(pairs) < 0.9)
        for name, more in (("at the margin", margin), ("safe", 0.0)):
            letter = np.where(prone, rng.random(pairs) < 0.9, rng.random(pairs) < more / 0.85)
            events = PairedEvents(int((letter & ~nfa).sum()), int((nfa & ~letter).sum()), pairs)
            passed[name] += paired_score_bounds(events, 0.05)[1] < margin
        if trial < 300:
            both = EventCounts.of(arm=(int(letter.sum()), pairs), comparison=(int(nfa.sum()), pairs))
            passed["safe, unpaired"] += score_bounds(both, 0.05)[1] < margin
    assert passed["at the margin"] / trials <= 0.025 + 2 * math.sqrt(0.025 * 0.975 / trials)
    assert passed["safe"] / trials > 0.9
    assert passed["safe, unpaired"] / 300 < 0.6
