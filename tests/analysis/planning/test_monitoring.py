"""Looks before the end, against published boundaries and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import AnalysisRefused
from analysis.inference.intervals import Effect
from analysis.planning.monitoring import (
    StagewiseTest,
    boundaries,
    boundaries_spending,
    boundary_of_the_rest,
    confidence_sequence,
    final_inference,
    information_fraction,
    is_not_inferior,
    must_stop_for_harm,
    sequence_critical,
)


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        ("obrien_fleming", [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        ("pocock", [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
def test_five_equal_looks_have_the_published_boundaries(spending: str, published: list[float]) -> None:
    """Lan-DeMets boundaries for two-sided 5%, as printed for ldbounds and in Jennison & Turnbull's tables."""
    ours = [look.critical for look in boundaries([0.2, 0.4, 0.6, 0.8, 1.0], spending)]  # type: ignore[arg-type]
    assert ours == pytest.approx(published, abs=2e-4)


@pytest.mark.parametrize(
    ("looks", "spending", "published"),
    [
        (2, "obrien_fleming", [2.963, 1.969]),
        (3, "obrien_fleming", [3.710, 2.511, 1.993]),
        (4, "obrien_fleming", [4.333, 2.963, 2.359, 2.014]),
        (2, "pocock", [2.157, 2.201]),
        (3, "pocock", [2.279, 2.295, 2.296]),
    ],
)
def test_fewer_equal_looks_have_the_published_boundaries(looks: int, spending: str, published: list[float]) -> None:
    """Lan & DeMets' approximations (Reboussin, DeMets, Kim & Lan 2000, Controlled Clinical Trials 21:190)."""
    fractions = [number / looks for number in range(1, looks + 1)]
    ours = [look.critical for look in boundaries(fractions, spending)]  # type: ignore[arg-type]
    assert ours == pytest.approx(published, abs=1e-3)


@pytest.mark.parametrize(
    ("looks", "pocock", "obrien_fleming"), [(2, 2.178, 1.977), (3, 2.289, 2.004), (4, 2.361, 2.024), (5, 2.413, 2.040)]
)
def test_what_is_left_for_the_last_look_is_as_published(looks: int, pocock: float, obrien_fleming: float) -> None:
    """Jennison & Turnbull 2000, tables 2.1 and 2.3, two-sided 5%: the constants of Pocock and of O'Brien & Fleming."""
    before = [number / looks for number in range(1, looks)]
    constant = boundary_of_the_rest([(at, pocock) for at in before], 1.0, 0.05)
    falling = boundary_of_the_rest([(at, obrien_fleming / at**0.5) for at in before], 1.0, 0.05)
    assert constant.critical == pytest.approx(pocock, abs=3e-3)
    assert falling.critical == pytest.approx(obrien_fleming, abs=3e-3)


def test_boundaries_depend_on_ratios_of_information_and_keep_what_was_spent() -> None:
    """A trial planned for 1,000 that ends with 800: its look at 250 spent what a quarter spends, and that stays."""
    plain = boundaries([0.25, 1.0], "pocock")
    counted = boundaries_spending([250, 1_000], [look.spent for look in plain])
    assert [look.critical for look in counted] == pytest.approx([look.critical for look in plain], abs=1e-8)
    shorter = boundaries_spending([250, 800], [look.spent for look in plain])
    assert shorter[0].critical == pytest.approx(plain[0].critical, abs=1e-8)
    assert shorter[1].critical < plain[1].critical  # the looks are more alike, so the same error reaches less far
    nothing_new = boundaries_spending([250, 300, 800], [plain[0].spent, plain[0].spent, 0.05])
    assert nothing_new[1].critical == np.inf
    assert nothing_new[2].critical == pytest.approx(shorter[1].critical, abs=1e-5)


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_uneven_looks_spend_exactly_alpha(spending: str) -> None:
    looks = boundaries([0.3, 0.45, 0.9, 1.0], spending, 0.05)  # type: ignore[arg-type]
    assert looks[-1].spent == pytest.approx(0.05)
    rng = np.random.default_rng(3)
    steps = np.diff([0.0, *(look.fraction for look in looks)])
    runs = 400_000
    score = np.cumsum(rng.normal(size=(runs, 4)) * np.sqrt(steps), axis=1)
    crossed = np.abs(score) >= [look.critical * look.fraction**0.5 for look in looks]
    for upto, look in enumerate(looks, start=1):
        share = crossed[:, :upto].any(axis=1).mean()
        assert share == pytest.approx(look.spent, abs=4 * np.sqrt(0.05 * 0.95 / runs))


def test_one_look_is_the_usual_test() -> None:
    looks = boundaries([1.0], "obrien_fleming")
    assert looks[0].critical == pytest.approx(1.959964, abs=1e-5)
    final = final_inference(2.5, 1.0, looks)
    assert final.p_value == pytest.approx(0.0124193, abs=1e-6)
    assert (final.ci_lower, final.estimate, final.ci_upper) == pytest.approx((0.540036, 2.5, 4.459964), abs=1e-5)


@pytest.mark.parametrize("df", [None, 7.0, 900.0])
def test_one_look_keeps_the_interval_of_its_own_distribution(df: float | None) -> None:
    final = final_inference(2.5, 1.1, boundaries([1.0], "pocock"), df=df)
    plain = Effect(2.5, 1.1, df)
    assert final.p_value == pytest.approx(plain.p_value, rel=1e-6)
    assert (final.ci_lower, final.ci_upper) == pytest.approx((plain.lower(0.05), plain.upper(0.05)), abs=1e-7)


def test_p_values_and_bounds_agree_after_looks() -> None:
    """The lower bound lies above zero exactly where the one-sided p-value is below its level."""
    looks = boundaries([0.3, 0.6, 1.0], "pocock")
    test = StagewiseTest(looks)
    for statistic in np.linspace(1.5, 3.5, 41):
        for df in (None, 40.0):
            final = final_inference(float(statistic), 1.0, looks, df=df)
            assert (final.ci_lower > 0) == (final.p_value < 0.05)
    assert test.p_above(looks[-1].nominal) == pytest.approx(0.025, abs=1e-6)
    assert test.p_above(0.001) > 0.001  # the looks before have spent some


def test_a_crossing_at_an_early_look_lies_further_out_than_any_later_one() -> None:
    looks = boundaries([0.3, 0.6, 1.0], "pocock")
    at = [StagewiseTest(looks[: number + 1]).p_above(looks[number].nominal) for number in range(3)]
    assert at == pytest.approx([look.spent / 2 for look in looks], abs=1e-6)


def test_final_intervals_cover_and_are_median_unbiased() -> None:
    """Trials that stop at either of two looks, at a drift that crosses early about half of the time."""
    looks = boundaries([0.5, 1.0], "pocock")
    rng = np.random.default_rng(11)
    drift, runs = 2.2, 1_500
    covered = above = 0
    for _ in range(runs):
        half = rng.normal(drift * 0.5, 0.5**0.5)
        whole = half + rng.normal(drift * 0.5, 0.5**0.5)
        early = abs(half) / 0.5**0.5 >= looks[0].critical
        # an effect of `drift` with standard error 1 at full information
        estimate, error, stage = (half / 0.5, 0.5**-0.5, looks[:1]) if early else (whole, 1.0, looks)
        final = final_inference(estimate, error, stage)
        covered += final.ci_lower <= drift <= final.ci_upper
        above += final.estimate > drift
    assert covered / runs == pytest.approx(0.95, abs=3.3 * np.sqrt(0.95 * 0.05 / runs))
    assert above / runs == pytest.approx(0.5, abs=3.3 * np.sqrt(0.25 / runs))


def test_a_confidence_sequence_holds_at_every_look() -> None:
    rng = np.random.default_rng(5)
    runs, size = 1_000, 3_000
    moments = np.arange(100, size + 1, 50)
    means = np.cumsum(rng.normal(size=(runs, size)), axis=1)[:, moments - 1] / moments
    ever = np.zeros(runs, bool)
    for place, n in enumerate(moments):
        sequence = confidence_sequence(0.0, 1 / np.sqrt(n), int(n), tuned_for=1_500)
        ever |= np.abs(means[:, place]) > sequence.ci_upper
    assert ever.mean() <= 0.05 + 3.3 * np.sqrt(0.05 * 0.95 / runs)
    assert ever.mean() > 0.005  # it is not merely wide


def test_the_reach_of_a_sequence_is_that_of_its_bounds() -> None:
    for fraction in (0.1, 0.5, 1.0):
        sequence = confidence_sequence(0.1, 0.02, round(4_000 * fraction), tuned_for=4_000, alpha=0.02)
        assert sequence.ci_upper == pytest.approx(0.1 + 0.02 * sequence_critical(fraction, 0.02))


def test_harm_stops_only_beyond_the_margin_and_silence_is_no_pass() -> None:
    near = confidence_sequence(0.004, 0.001, 5_000, tuned_for=5_000)
    far = confidence_sequence(0.010, 0.001, 5_000, tuned_for=5_000)
    assert not must_stop_for_harm(near, 0.002)
    assert must_stop_for_harm(far, 0.002)
    assert is_not_inferior(0.001, 0.002)
    assert not is_not_inferior(0.002, 0.002)
    assert not is_not_inferior(None, 0.002)


def test_information_counts_matured_outcomes_and_refuses_nonsense() -> None:
    assert information_fraction(250, 1_000) == 0.25
    assert information_fraction(1_200, 1_000) == 1.0
    with pytest.raises(AnalysisRefused, match="planned"):
        information_fraction(10, 0)
    with pytest.raises(AnalysisRefused, match="ascending"):
        boundaries([0.5, 0.5], "pocock")
    with pytest.raises(AnalysisRefused, match="at most at 1"):
        boundaries([0.5, 1.2], "pocock")
