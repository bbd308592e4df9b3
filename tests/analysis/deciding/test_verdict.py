"""The verdict, rule by rule, and against a second reading of the same rules over random evidence."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr, stdtr

from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.guardrails import Harm
from analysis.deciding.verdict import decide
from analysis.inference.intervals import Effect

RULES = DecisionRules(0.05, "holm", None, valued=True, guardrails=1, capacity=None)
SAFE = Harm("complaint", 0.002, 0.0, 0.001, -0.001, passed=True, established=False)
UNSURE = Harm("complaint", 0.002, 0.001, 0.003, -0.001, passed=False, established=False)
HARM = Harm("complaint", 0.002, 0.01, 0.012, 0.008, passed=False, established=True)
UP, NIL, DOWN = Effect(4.0, 1.0), Effect(0.2, 1.0), Effect(-4.0, 1.0)


def arm(name="letter", effect=UP, net_benefit=UP, harms=(SAFE,), cost=1.0, **more):
    return Evidence(name, effect, net_benefit, harms, cost, **more)


def trial(*arms, cells=(), failed=(), covariance=None):
    return TrialEvidence(failed, arms, cells, covariance, covariance)


def test_an_arm_that_changed_behaviour_and_gained_money_scales():
    decided = decide(trial(arm()), RULES)
    assert (decided.code, decided.arm, decided.arms[0].code) == ("scale", "letter", "passes")


@pytest.mark.requirement("S19")
def test_a_letter_that_works_and_loses_money_is_not_sent():
    decided = decide(trial(arm(net_benefit=DOWN)), RULES)
    assert decided.code == "no_further_action"
    assert decided.arms[0].code == "works_not_worth_sending"
    assert decided.arms[0].worse_by == ("net_benefit",)


@pytest.mark.requirement("S19")
@pytest.mark.parametrize("unsure", [NIL, Effect(-1.0, 1.0), Effect(1.5, 1.0), Effect(None, None, reason="no amounts")])
def test_a_letter_that_works_is_called_not_worth_sending_only_where_a_loss_is_shown(unsure):
    """No range of net benefit that holds nought says anything of what a letter is worth."""
    decided = decide(trial(arm(net_benefit=unsure)), RULES)
    assert (decided.code, decided.arms[0].code) == ("not_shown", "works_worth_unknown")


def test_a_loss_is_shown_at_the_level_that_all_routes_to_it_share():
    """Five guardrails and money are six routes: below nought at 0.025 alone is no loss that is shown."""
    shared = dataclasses.replace(RULES, guardrails=5)
    below_nought = Effect(-2.2, 1.0)
    assert decide(trial(arm(net_benefit=below_nought)), shared).arms[0].code == "works_worth_unknown"
    assert decide(trial(arm(net_benefit=DOWN)), shared).arms[0].code == "works_not_worth_sending"


def test_an_effect_that_is_shown_and_falls_short_of_the_break_even_is_no_shown_loss_of_money():
    below = dataclasses.replace(RULES, break_even=9.0)
    decided = decide(trial(arm(net_benefit=NIL)), below)
    assert (decided.arms[0].code, decided.arms[0].worse_by) == ("worse_than_nfa", ("break_even",))
    both = decide(trial(arm(net_benefit=DOWN)), below)
    assert both.arms[0].code == "works_not_worth_sending"


def test_money_without_changed_behaviour_does_not_scale():
    decided = decide(trial(arm(effect=NIL)), RULES)
    assert (decided.code, decided.arms[0].code, decided.arms[0].failed) == ("not_shown", "not_shown", ("effect",))


@pytest.mark.parametrize(
    ("harm", "code", "finding"), [(UNSURE, "not_shown", "not_shown"), (HARM, "no_further_action", "harmful")]
)
def test_guardrails_hold_back_and_established_harm_condemns(harm, code, finding):
    decided = decide(trial(arm(harms=(SAFE, harm))), RULES)
    assert (decided.code, decided.arms[0].code) == (code, finding)
    assert "guardrail" in decided.arms[0].failed


def test_no_further_action_needs_every_arm_to_be_worse():
    worse, unclear = arm("a", NIL, DOWN), arm("b", NIL, NIL)
    assert decide(trial(worse, unclear), RULES).code == "not_shown"
    assert decide(trial(worse, arm("b", NIL, DOWN)), RULES).code == "no_further_action"


def test_a_failed_check_makes_the_trial_invalid_and_shows_no_finding():
    decided = decide(trial(arm(), failed=("retention",)), RULES)
    assert decided.code == "invalid"
    assert decided.arms[0].code == "not_estimable"
    assert not decided.arms[0].passes


def test_capacity_that_is_missing_holds_back_and_undeclared_capacity_does_not():
    assert decide(trial(arm()), dataclasses.replace(RULES, capacity=False)).code == "not_shown"
    assert decide(trial(arm()), dataclasses.replace(RULES, capacity=True)).code == "scale"


@pytest.mark.parametrize("method", ["none", "benjamini_hochberg"])
def test_exploratory_multiplicity_with_several_arms_never_scales(method):
    rules = dataclasses.replace(RULES, multiplicity=method)
    decided = decide(trial(arm("a"), arm("b")), rules)
    assert (decided.code, decided.barred_by_multiplicity) == ("not_shown", True)
    assert decide(trial(arm("a")), rules).code == "scale"


def test_without_values_only_established_harm_can_decide():
    rules = dataclasses.replace(RULES, valued=False)
    assert decide(trial(arm(net_benefit=None)), rules).code == "not_shown"
    assert decide(trial(arm(effect=DOWN, net_benefit=None)), rules).code == "not_shown"
    assert decide(trial(arm(net_benefit=None, harms=(HARM,))), rules).code == "no_further_action"


def test_break_even_is_a_route_and_routes_share_the_error_rate():
    just = Effect(0.0, 1.0)
    shown = stats.norm.isf(0.025)  # upper bound of the effect at the full level
    alone = dataclasses.replace(RULES, valued=False, guardrails=0, break_even=shown + 0.01)
    assert decide(trial(arm(effect=just, net_benefit=None)), alone).code == "no_further_action"
    shared = dataclasses.replace(alone, valued=True)
    assert shared.routes == 2
    assert decide(trial(arm(effect=just, net_benefit=NIL)), shared).code == "not_shown"
    further = dataclasses.replace(shared, break_even=stats.norm.isf(0.0125) + 0.01)
    assert decide(trial(arm(effect=just, net_benefit=NIL)), further).arms[0].worse_by == ("break_even",)


def _covariance(*arms):
    errors = np.array([a.net_benefit.std_error for a in arms])
    return 0.5 * np.diag(errors**2) + 0.5 * np.outer(errors, errors)


def test_the_cheapest_passing_arm_unless_a_dearer_one_is_shown_to_gain_more():
    cheap, dear = arm("sms", cost=0.05), arm("call", net_benefit=Effect(5.0, 1.0), cost=7.5)
    assert decide(trial(cheap, dear, covariance=_covariance(cheap, dear)), RULES).arm == "sms"
    better = arm("call", net_benefit=Effect(9.0, 1.0), cost=7.5)
    assert decide(trial(cheap, better, covariance=_covariance(cheap, better)), RULES).arm == "call"
    # Without the covariance nothing is shown, so the cheapest stands.
    assert decide(trial(cheap, better), RULES).arm == "sms"


def test_of_equally_cheap_arms_the_one_that_gained_more():
    one, two = arm("a", cost=0.05), arm("b", net_benefit=Effect(4.5, 1.0), cost=0.05)
    assert decide(trial(one, two, covariance=_covariance(one, two)), RULES).arm == "b"


def cell(name="letter", level="forgot", interaction_p=0.01, customers=100, **evidence):
    return CellEvidence("reason", level, arm(name, **evidence), interaction_p, customers)


def test_a_segment_needs_its_interaction_test_and_a_stricter_bound():
    whole = arm(net_benefit=NIL)
    strong = Effect(4.0, 1.0)
    assert decide(trial(whole, cells=(cell(effect=strong),)), RULES).code == "scale_segment"
    assert decide(trial(whole, cells=(cell(effect=strong, interaction_p=0.06),)), RULES).code == "not_shown"
    assert decide(trial(whole, cells=(cell(effect=strong, interaction_p=None),)), RULES).code == "not_shown"
    just = Effect(stats.norm.isf(0.025 / 2) + 1e-6, 1.0)
    two = (cell(effect=just, net_benefit=just), cell(level="other", effect=NIL, net_benefit=NIL))
    assert decide(trial(whole, cells=two), RULES).cell.level == "forgot"
    assert decide(trial(whole, cells=(*two, cell(level="third", effect=NIL))), RULES).code == "not_shown"


def test_a_whole_trial_result_goes_before_a_segment():
    decided = decide(trial(arm(), cells=(cell(),)), RULES)
    assert (decided.code, decided.cell) == ("scale", None)


def test_established_harm_bars_an_arm_from_its_segments():
    decided = decide(trial(arm(net_benefit=NIL, harms=(HARM,)), cells=(cell(),)), RULES)
    assert decided.code == "no_further_action"


def test_the_segment_that_gains_most_in_all_is_named():
    small, large = cell(level="a", net_benefit=Effect(5, 1), customers=10), cell(level="b", customers=100)
    decided = decide(trial(arm(net_benefit=NIL), cells=(small, large)), RULES)
    assert decided.cell.level == "b"
    assert len(decided.passing_cells) == 2


effects = st.builds(Effect, st.floats(-6, 6), st.floats(0.5, 2), st.one_of(st.none(), st.floats(5, 300)))
evidence = st.builds(
    lambda e, n, h, c: (e, n, (h,), c), effects, effects, st.sampled_from([SAFE, UNSURE, HARM]), st.floats(0, 9)
)


def _tail(effect, statistic):
    return 1 - (ndtr(statistic) if effect.df is None else stdtr(effect.df, statistic))


def _closed_bonferroni(p_values, level):
    """Holm as it is defined: reject what every intersection that holds it rejects by Bonferroni."""
    m = range(len(p_values))
    subsets = [s for size in range(1, len(p_values) + 1) for s in itertools.combinations(m, size)]
    return [all(min(p_values[j] for j in s) <= level / len(s) for s in subsets if i in s) for i in m]


def _second_reading(arms, alpha):
    """The rules of the trial verdict, written again by closed testing."""
    larger = [max(_tail(e, e.estimate / e.std_error) for e in (a.effect, a.net_benefit)) for a in arms]
    shown = _closed_bonferroni(larger, alpha / 2)
    # Two routes are declared, so an upper bound below zero means a lower-tail p-value under alpha / 4.
    worse = [
        1 - _tail(a.net_benefit, a.net_benefit.estimate / a.net_benefit.std_error) < alpha / 4 or a.harms[0].established
        for a in arms
    ]
    passes = [s and a.harms[0].passed and not w for s, a, w in zip(shown, arms, worse, strict=True)]
    if any(passes):
        return "scale", passes
    return ("no_further_action" if all(worse) else "not_shown"), passes


@settings(max_examples=200, deadline=None)
@given(drawn=st.lists(evidence, min_size=1, max_size=4), alpha=st.sampled_from([0.05, 0.1, 0.01]))
def test_a_second_reading_of_the_rules_agrees(drawn, alpha):
    arms = tuple(arm(f"a{i}", *values) for i, values in enumerate(drawn))
    decided = decide(trial(*arms), dataclasses.replace(RULES, alpha=alpha))
    code, passes = _second_reading(arms, alpha)
    assert decided.code == code
    assert [j.passes for j in decided.arms] == passes


@pytest.mark.parametrize("method", ["bonferroni", "dunnett"])
@settings(max_examples=60, deadline=None)
@given(drawn=st.lists(evidence, min_size=2, max_size=3))
def test_a_stricter_declared_method_never_passes_more(method, drawn):
    arms = tuple(arm(f"a{i}", *values) for i, values in enumerate(drawn))
    scale = np.array([a.effect.std_error for a in arms])
    covariance = (0.5 + 0.5 * np.eye(len(arms))) * np.outer(scale, scale)
    by_holm = decide(trial(*arms, covariance=covariance), RULES)
    strict = decide(trial(*arms, covariance=covariance), dataclasses.replace(RULES, multiplicity=method))
    assert set(strict.passing) <= set(by_holm.passing)


RANK = {"no_further_action": 0, "not_shown": 1, "scale_segment": 2, "scale": 3}


@settings(max_examples=300, deadline=None)
@given(drawn=st.lists(evidence, min_size=1, max_size=4), raised=st.floats(0, 8), which=st.integers(0, 3))
def test_raising_an_arms_cost_never_turns_no_further_action_into_scale(drawn, raised, which):
    arms = tuple(arm(f"a{i}", *values) for i, values in enumerate(drawn))
    dearer = tuple(
        dataclasses.replace(
            a,
            cost=a.cost + raised,
            net_benefit=Effect(a.net_benefit.estimate - raised, a.net_benefit.std_error, a.net_benefit.df),
        )
        if i == which
        else a
        for i, a in enumerate(arms)
    )
    before, after = decide(trial(*arms), RULES), decide(trial(*dearer), RULES)
    assert RANK[after.code] <= RANK[before.code]
    assert set(after.passing) <= set(before.passing)


def test_two_arms_with_one_half_of_the_evidence_each_rarely_scale():
    """One pays without an effect, the other has an effect that pays nothing; Holm on each apart scaled 5.8%."""
    rng = np.random.default_rng(23)
    size, strong = 12_000, 12.0
    z = rng.normal(size=(size, 4))
    scaled = sum(
        decide(
            trial(
                arm("a", Effect(a + strong, 1.0), Effect(b, 1.0), (SAFE,)),
                arm("b", Effect(c, 1.0), Effect(d + strong, 1.0), (SAFE,)),
            ),
            RULES,
        ).code == "scale"
        for a, b, c, d in z
    )  # fmt: skip
    assert scaled / size <= 0.025 + 3.29 * np.sqrt(0.025 * 0.975 / size)


def test_shown_apart_and_not_together_is_no_pass_and_says_so():
    sure, just = Effect(5.0, 1.0), Effect(stats.norm.isf(0.02), 1.0)
    decided = decide(trial(arm("a", sure, just), arm("b", just, sure)), RULES)
    assert [(j.effect_shown, j.net_benefit_shown, j.failed) for j in decided.arms] == [(True, True, ("together",))] * 2
    assert decided.code == "not_shown"
    assert decide(trial(arm("a", sure, just)), RULES).code == "scale"


def test_an_arm_that_is_shown_to_be_worse_never_passes():
    below = dataclasses.replace(RULES, break_even=9.0)
    decided = decide(trial(arm()), below)
    assert (decided.code, decided.arms[0].worse_by, decided.arms[0].failed) == (
        "no_further_action", ("break_even",), ("worse",)
    )  # fmt: skip
    assert decided.arms[0].code == "worse_than_nfa"
    segment = decide(trial(arm(net_benefit=NIL), cells=(cell(),)), below)
    assert segment.code == "no_further_action"


def test_every_guardrail_is_a_route_of_its_own():
    assert [dataclasses.replace(RULES, guardrails=n).routes for n in (0, 1, 5)] == [1, 2, 6]


def test_a_quiet_world_rarely_scales():
    """Two settings with nothing to find: A/A at zero cost, and a real effect whose money nets to nothing."""
    rng = np.random.default_rng(7)
    draws, band = 6000, 3.29 * np.sqrt(0.05 * 0.95 / 6000)
    for true_effect in (0.0, 5.0):
        scaled = 0
        shared = rng.normal(size=draws)
        noise = rng.normal(size=(draws, 3))
        for i in range(draws):
            z = (noise[i] + shared[i]) / np.sqrt(2)
            arms = [arm(f"a{k}", Effect(z[k] + true_effect, 1.0), Effect(z[k], 1.0), (SAFE,)) for k in range(3)]
            scaled += decide(trial(*arms), RULES).code == "scale"
        assert scaled / draws <= 0.05 + band
