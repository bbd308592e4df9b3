"""A bound that leans needs redraws too: of an effect, a gain, a loss and a guardrail, each at its own level."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.guardrails import judge
from analysis.deciding.verdict import decide
from analysis.inference.intervals import Effect
from analysis.inference.redrawn import Redrawn
from analysis.inference.skewness import bounds_unsafe, interval, skewness

RULES = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=None)
LEANS = 0.2  # too much at 0.05


def redrawn(effect: float, *, wide: float = 1.0, draws: int = 20_000) -> Redrawn:
    """Redraws of an estimate with error 1 whose statistic is spread ``wide`` times a normal one."""
    t = wide * np.random.default_rng(3).standard_normal(draws)
    return Redrawn(
        effect, 1.0, np.column_stack([t, np.zeros(draws)]), np.tile([1.0, 0.0, 0.0], (draws, 1)), exact=False
    )


def leaning(estimate: float, of: Redrawn | str | None = None) -> Effect:
    return Effect(estimate, 1.0, skewness=LEANS, redrawn=of)


UP = Effect(4.0, 1.0)


def decided(effect: Effect = UP, gain: Effect = UP, rules: DecisionRules = RULES):
    return decide(TrialEvidence((), (Evidence("letter", effect, gain),)), rules)


@pytest.mark.parametrize("which", ["effect", "gain"])
def test_an_effect_and_a_gain_that_lean_need_redraws(which):
    for of, code, missing in (
        ("not redrawn", "not_shown", ("skewness",)),
        (None, "not_shown", ("skewness",)),
        (redrawn(4.0, wide=3.0), "not_shown", ("skewness",)),
        (redrawn(4.0), "scale", ()),
    ):
        found = decided(**{which: leaning(4.0, of)})
        assert (found.code, found.arms[0].failed) == (code, missing)
    assert decided(**{which: Effect(4.0, 1.0, skewness=0.01)}).code == "scale"


def test_a_gain_below_zero_that_leans_is_no_loss_before_redraws_say_so():
    nothing, worse = "not_shown", "no_further_action"
    for of, code in (("not redrawn", nothing), (redrawn(-4.0, wide=3.0), nothing), (redrawn(-4.0), worse)):
        found = decided(gain=leaning(-4.0, of))
        assert found.code == code
        assert ("worse" in found.arms[0].held_by_skewness) == (code == "not_shown")


def test_an_effect_below_its_break_even_is_held_against_redraws_less_that():
    rules = DecisionRules(0.05, "holm", 6.0, valued=False, guardrails=0, capacity=None)
    assert decided(leaning(2.0, redrawn(2.0)), UP, rules).code == "no_further_action"
    assert decided(leaning(2.0, redrawn(2.0, wide=3.0)), UP, rules).code == "not_shown"
    assert decided(leaning(2.0), UP, rules).code == "not_shown"


@pytest.mark.parametrize("harm_is", ["increase", "decrease"])
def test_a_guardrail_of_an_amount_is_held_against_redraws_less_its_margin(harm_is):
    def of(harm: float, redraws: Redrawn | str | None):
        effect = leaning(harm, redraws)
        effect = effect if harm_is == "increase" else effect.reversed()
        return judge("calls", 4.0, effect, harm_is=harm_is, level=0.05, level_established=0.05)

    assert of(1.0, redrawn(1.0)).passed
    held = of(1.0, redrawn(1.0, wide=3.0))
    assert (held.passed, held.established, held.held_by_skewness) == (False, False, True)
    assert of(1.0, None).held_by_skewness
    assert of(7.0, redrawn(7.0)).established
    assert not of(7.0, redrawn(7.0, wide=3.0)).established
    assert not of(3.9, redrawn(3.9)).held_by_skewness  # its own bound shows nothing either


def test_a_cell_is_asked_at_its_own_level():
    """An effect that leans little enough for a level of 5% may lean too much for that of one cell among twenty."""
    g = 0.05
    assert not bounds_unsafe(g, 0.05)
    assert bounds_unsafe(g, 0.05 / 20)

    def with_cell(of: Redrawn | None):
        gain = Effect(6.0, 1.0, skewness=g, redrawn=of)
        cells = tuple(
            CellEvidence("reason", str(i), Evidence("letter", UP, Effect(0.0, 1.0)), 0.001, 100) for i in range(19)
        )
        cell = CellEvidence("reason", "forgot", Evidence("letter", Effect(6.0, 1.0), gain), 0.001, 100)
        return decide(TrialEvidence((), (Evidence("letter", UP, Effect(0.5, 1.0)),), (*cells, cell)), RULES).code

    assert with_cell(None) == "not_shown"
    assert with_cell(redrawn(6.0)) == "scale_segment"


def test_arms_are_asked_at_the_level_of_holms_first_step():
    effect = Effect(4.0, 1.0, skewness=0.05)
    both = tuple(Evidence(name, UP, effect) for name in ("letter", "sms"))
    assert decide(TrialEvidence((), both[:1]), RULES).code == "scale"
    assert decide(TrialEvidence((), both), RULES).code == "not_shown"


def test_what_a_gain_costs_more_moves_its_redraws_with_it():
    effect = leaning(4.0, redrawn(4.0))
    dearer = effect.with_more(-3.0)
    assert dearer.estimate == 1.0
    assert dearer.redrawn.p_greater() == effect.redrawn.p_greater(3.0)
    assert effect.reversed().redrawn.p_less(-3.0) == effect.redrawn.p_greater(3.0)
    assert dearer.reversed().redrawn.p_less() == effect.redrawn.p_greater(3.0)
    shown, moved = interval(effect, 0.05), interval(dearer, 0.05)
    assert shown.by_redraws
    assert (moved.lower, moved.upper) == pytest.approx((shown.lower - 3.0, shown.upper - 3.0), abs=2e-3)


def test_the_range_that_is_shown_agrees_with_the_tests_behind_it():
    effect = leaning(2.0, redrawn(2.0, wide=1.3))
    shown = interval(effect, 0.05)
    assert effect.redrawn.p_greater(shown.lower) == pytest.approx(0.025, abs=5e-4)
    assert effect.redrawn.p_less(shown.upper) == pytest.approx(0.025, abs=5e-4)
    assert (shown.lower, shown.upper) == pytest.approx((2 - 1.3 * 1.96, 2 + 1.3 * 1.96), abs=0.08)
    plain = interval(Effect(2.0, 1.0, redrawn=redrawn(2.0, wide=1.3)), 0.05)
    assert not plain.by_redraws
    assert plain.lower == pytest.approx(2 - 1.959964)


def of_means(third: float, variance: float, n_arm: int, n_comparison: int) -> float:
    n = float(n_arm), float(n_comparison)
    cubes = third / n[0] ** 2, -third / n[1] ** 2
    return skewness(cubes, n, n, float(np.sqrt(variance * (1 / n_arm + 1 / n_comparison))))


def test_skewness_bounds_what_an_unequal_arm_does_to_the_size():
    """At 1:19 with lognormal pounds the lower bound rejects far too often, and the condition says so."""
    rng = np.random.default_rng(11)
    n_arm, n_comparison, draws = 1900, 100, 4000
    third = (np.e + 2) * np.sqrt(np.e - 1) * (np.e * (np.e - 1)) ** 1.5
    variance = np.e * (np.e - 1)
    g = of_means(third, variance, n_arm, n_comparison)
    assert g < 0
    assert bounds_unsafe(g, 0.05)
    rejected = 0
    for _ in range(draws):
        y, x = rng.lognormal(size=n_arm), rng.lognormal(size=n_comparison)
        se = np.sqrt(y.var(ddof=1) / n_arm + x.var(ddof=1) / n_comparison)
        rejected += (y.mean() - x.mean()) / se > 1.96
    assert rejected / draws > 0.05
    assert not bounds_unsafe(of_means(third, variance, 20_000, 20_000), 0.05)
