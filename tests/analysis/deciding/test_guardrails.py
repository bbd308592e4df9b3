"""The score bound against a second implementation and its size, and the rule that silence is not safety."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from analysis.deciding.evidence import DecisionRules
from analysis.deciding.guardrails import judge
from analysis.inference.intervals import Effect
from analysis.inference.score_bounds import EventCounts, score_bounds


def test_newcombe_1998_table():
    # Newcombe (1998), Statistics in Medicine 17:873, table II, row 5 (Miettinen-Nurminen), the printed digits.
    for arm, comparison, printed in (
        ((56, 70), (48, 80), (0.0528, 0.3382)),
        ((9, 10), (3, 10), (0.1700, 0.8406)),
        ((6, 7), (2, 7), (0.0342, 0.8534)),
        ((10, 10), (0, 20), (0.7156, 1.0000)),
    ):
        ours = score_bounds(EventCounts.of(arm=arm, comparison=comparison), 0.05)
        assert ours == pytest.approx(printed, abs=5.1e-5)


def _direct_score(strata, delta):
    """Each stratum's constrained likelihood maximised numerically, nothing shared with the closed form."""
    weights = np.array([n1 * n0 / (n1 + n0) for _, n1, _, n0 in strata])
    weights /= weights.sum()  # as an additive regression weighs them
    distance, variance = 0.0, 0.0
    for w, (x1, n1, x0, n0) in zip(weights, strata, strict=True):

        def minus(p0, x1=x1, n1=n1, x0=x0, n0=n0):
            return -(stats.binom.logpmf(x1, n1, p0 + delta) + stats.binom.logpmf(x0, n0, p0))

        found = optimize.minimize_scalar(
            minus,
            bounds=(max(0, -delta) + 1e-12, min(1, 1 - delta) - 1e-12),
            method="bounded",
            options={"xatol": 1e-12},
        ).x
        distance += w * (x1 / n1 - x0 / n0 - delta)
        p1 = found + delta
        variance += w**2 * (p1 * (1 - p1) / n1 + found * (1 - found) / n0) * (n1 + n0) / (n1 + n0 - 1)
    return distance / np.sqrt(variance)


# statsmodels 0.15 is no reference here: its score interval of 56/70 against 48/80 is (0.0526, 0.3440), where the
# printed table below and the direct implementation agree on (0.0528, 0.3382).
@pytest.mark.parametrize(
    "strata",
    [
        [(56, 70, 48, 80)],
        [(3, 200, 1, 600)],
        [(0, 50, 4, 60)],
        [(30, 20_000, 60, 60_000)],
        [(4, 120, 2, 300), (9, 80, 20, 260), (0, 40, 3, 100), (25, 60, 70, 200)],
    ],
)
@pytest.mark.parametrize("alpha", [0.05, 0.0125])
def test_bounds_solve_the_score_equation_of_a_direct_implementation(strata, alpha):
    counts = EventCounts(*(np.array(column, dtype=float) for column in zip(*strata, strict=True)))
    lower, upper = score_bounds(counts, alpha)
    assert _direct_score(strata, lower) == pytest.approx(stats.norm.isf(alpha / 2), abs=1e-4)
    assert _direct_score(strata, upper) == pytest.approx(-stats.norm.isf(alpha / 2), abs=1e-4)


shares = st.tuples(st.integers(1, 400), st.floats(0, 1)).map(lambda pair: (round(pair[0] * pair[1]), pair[0]))


@given(arm=shares, comparison=shares)
def test_bounds_are_ordered_and_mirror_when_the_arms_change_places(arm, comparison):
    lower, upper = score_bounds(EventCounts.of(arm=arm, comparison=comparison), 0.05)
    assert -1.0 <= lower <= arm[0] / arm[1] - comparison[0] / comparison[1] <= upper <= 1.0
    mirrored = score_bounds(EventCounts.of(arm=comparison, comparison=arm), 0.05)
    assert mirrored == pytest.approx((-upper, -lower), abs=1e-9)


def test_the_bound_holds_its_size_for_rare_events_and_unequal_arms():
    """True harm exactly at the margin: a pass is the error, exact over every table, at most 2.5% and a little."""
    n1, n0, p0, margin = 300, 900, 0.005, 0.01
    passed = 0.0
    for x1, x0 in itertools.product(range(18), range(18)):
        chance = stats.binom.pmf(x1, n1, p0 + margin) * stats.binom.pmf(x0, n0, p0)
        if chance < 1e-4:  # together under 0.01
            passed += chance
            continue
        counts = EventCounts.of(arm=(x1, n1), comparison=(x0, n0))
        harm = judge("c", margin, counts, harm_is="increase", level=0.05, level_established=0.05)
        passed += chance * harm.passed
    assert 0.01 < passed < 0.035


def _judge(evidence, *, harm_is="increase", margin=0.002):
    return judge("complaint", margin, evidence, harm_is=harm_is, level=0.05, level_established=0.05)


@pytest.mark.parametrize("every", [False, True])
def test_where_everybody_is_alike_there_is_still_a_score_bound(every):
    n_arm, n_comparison = 50_000, 20_000
    counts = EventCounts.of(arm=(n_arm * every, n_arm), comparison=(n_comparison * every, n_comparison))
    z = stats.norm.isf(0.025)
    risen, fallen = _judge(counts), _judge(counts, harm_is="decrease")
    n_up, n_down = (n_comparison, n_arm) if every else (n_arm, n_comparison)
    assert risen.upper == pytest.approx(z**2 / (n_up + z**2), rel=1e-3)
    assert fallen.upper == pytest.approx(z**2 / (n_down + z**2), rel=1e-3)
    assert (risen.passed, risen.established) == (True, False)


@pytest.mark.parametrize("margin", [0.0002, 0.0005, 0.002])
def test_one_more_event_in_the_arm_never_makes_it_safer(margin):
    uppers = [
        _judge(EventCounts.of(arm=(events, 20_000), comparison=(0, 20_000)), margin=margin).upper for events in range(6)
    ]
    assert uppers == sorted(uppers)
    assert len(set(uppers)) == 6


def test_several_guardrails_at_their_margins_rarely_establish_harm():
    """Each is a route of its own: one level shared by all of them called harm in 6.8% of such trials.

    The chance that one guardrail of 2,000 against 2,000 customers establishes harm is a sum over every pair of counts
    that matters: for each count of the comparison, the least count of the arm that does.
    """
    n, margin, share, guardrails = 2_000, 0.02, 0.03, 5
    rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=guardrails, capacity=None)

    def chance(level: float) -> float:
        of_arm, of_comparison = stats.binom(n, share + margin), stats.binom(n, share)
        counts = np.arange(int(of_comparison.ppf(1e-6)), int(of_comparison.ppf(1 - 1e-6)) + 1)
        total, least = 0.0, 0
        for count in counts:
            while not established(least, int(count), level):
                least += 1
            total += float(of_comparison.pmf(count) * of_arm.sf(least - 1))
        return total

    def established(of_arm: int, of_comparison: int, level: float) -> bool:
        counts = EventCounts.of(arm=(of_arm, n), comparison=(of_comparison, n))
        if counts.difference <= margin:
            return False
        return judge("c", margin, counts, harm_is="increase", level=0.05, level_established=level).established

    each, shared = chance(rules.level_worse), chance(rules.alpha / 2)
    assert 0.015 < 1 - (1 - each) ** guardrails <= 0.025
    assert 1 - (1 - shared) ** guardrails > 0.05


def test_not_significant_is_not_safe():
    harm = _judge(EventCounts.of(arm=(2, 400), comparison=(1, 400)))
    assert not harm.passed
    assert not harm.established
    assert harm.lower < 0 < harm.upper


def test_established_harm_lies_wholly_above_the_margin():
    harm = _judge(EventCounts.of(arm=(400, 20_000), comparison=(100, 60_000)))
    assert harm.established
    assert not harm.passed


def test_harm_may_be_a_decrease():
    counts = EventCounts.of(arm=(8_000, 10_000), comparison=(9_000, 10_000))
    harm = _judge(counts, harm_is="decrease", margin=0.02)
    assert harm.estimate == pytest.approx(0.1)
    assert harm.established
    assert _judge(counts, harm_is="increase", margin=0.02).passed


def test_other_kinds_use_their_own_interval():
    effect = Effect(0.5, 0.2, 40.0)
    harm = _judge(effect, margin=1.0)
    assert harm.upper == pytest.approx(effect.upper(0.05))
    assert harm.passed
    assert _judge(Effect(1.0, 0.0), margin=2.0).passed is False
    assert _judge(Effect(None, None, reason="the arm is empty"), margin=2.0).reason == "the arm is empty"


def test_without_a_margin_or_evidence_nothing_passes():
    assert _judge(EventCounts.of(arm=(1, 100), comparison=(1, 100)), margin=None).reason == "no margin is declared"
    assert _judge("clusters were dealt").passed is False


def test_a_stratum_with_an_empty_arm_is_not_estimable():
    counts = EventCounts(np.array([1.0, 0.0]), np.array([50.0, 0.0]), np.array([1.0, 1.0]), np.array([50.0, 9.0]))
    assert "no customers in one of the arms" in _judge(counts).reason
