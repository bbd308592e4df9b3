"""Integrity checks: exact where allocation is exact, by arm where customers are lost, quiet on good trials."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.integrity.balance import ArmMoments, of_category, of_number, standardised_difference
from analysis.integrity.checks import (
    ArmShare,
    allocation_counts,
    arm_labels,
    balance,
    delivery,
    dispatch,
    duplicate_ids,
    missing_outcomes,
    retention,
    sample_ratio,
    sample_ratio_not_declared,
)
from trials.stages.analyse import analyse


def test_one_customer_in_the_wrong_arm_is_found():
    check = allocation_counts({"nfa": 100_000, "sms": 50_000}, {"nfa": 100_001, "sms": 49_999})
    assert check.passed is False
    assert check.severity == "blocks"
    assert "nfa 100,000 allocated, 100,001 found" in check.detail
    assert "sms 50,000 allocated, 49,999 found" in check.detail
    assert allocation_counts({"nfa": 2}, {"nfa": 2}).passed is True


def test_an_arm_that_vanished_is_found():
    assert allocation_counts({"nfa": 5, "sms": 5}, {"nfa": 5}).passed is False
    assert allocation_counts({"nfa": 5}, {"nfa": 5, "letter": 1}).passed is False


def test_duplicates_and_labels_block():
    assert duplicate_ids(101, 100).passed is False
    assert "1 rows repeat" in duplicate_ids(101, 100).detail
    assert duplicate_ids(100, 100).passed is True
    assert arm_labels({"Womens E-mail": 3}).passed is False
    assert "“Womens E-mail” (3)" in arm_labels({"Womens E-mail": 3}).detail
    assert arm_labels({}).passed is True


def test_wrong_arm_dispatch_is_judged_by_the_declared_tolerance():
    assert dispatch(10_000, 10, 0.001).passed is True
    assert dispatch(10_000, 11, 0.001).passed is False


@given(counts=st.lists(st.integers(100, 5000), min_size=2, max_size=6))
def test_sample_ratio_equals_scipy(counts):
    shares = {f"a{i}": float(i + 1) for i in range(len(counts))}
    check = sample_ratio({f"a{i}": n for i, n in enumerate(counts)}, shares)
    weights = np.array(list(shares.values()))
    reference = stats.chisquare(counts, sum(counts) * weights / weights.sum())
    if len(counts) == 2 and sum(counts) / weights.sum() < 1_000:
        exact = stats.binomtest(counts[0], sum(counts), 1 / 3)
        assert check.figures["p_value"] == pytest.approx(exact.pvalue, rel=1e-6, abs=1e-20)
        assert check.passed is bool(exact.pvalue >= 0.001)
    elif sum(counts) / weights.sum() >= 50:
        assert check.figures["statistic"] == pytest.approx(reference.statistic, rel=1e-9)
        assert check.figures["p_value"] == pytest.approx(reference.pvalue, rel=1e-7, abs=1e-300)
        assert check.passed is bool(reference.pvalue >= 0.001)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.05, 5), (0.05, 20), (0.05, 100), (1 / 3, 30), (0.5, 30), (0.01, 400)]
)
def test_an_honest_count_of_two_arms_is_an_alarm_once_in_a_thousand_at_most(share, expected):
    """Every count that can be seen, with its chance: by chi-square up to three times."""
    customers = round(expected / share)
    chance = stats.binom.pmf(np.arange(customers + 1), customers, share)
    alarms = [
        not sample_ratio({"a": int(n), "b": customers - int(n)}, {"a": share, "b": 1 - share}).passed
        for n in np.flatnonzero(chance > 1e-12)
    ]
    assert 0.0002 < chance[chance > 1e-12][alarms].sum() <= 0.001


@given(total=st.integers(2, 3000), seen=st.integers(0, 40), share=st.floats(1e-6, 0.4))
def test_a_small_arm_has_the_exact_binomial_test(total, seen, share):
    seen = min(seen, total)
    check = sample_ratio({"nfa": seen, "letter": total - seen}, {"nfa": share, "letter": 1 - share})
    if total * share < 5 <= total * (1 - share):
        chance = stats.binom.pmf(np.arange(total + 1), total, share)
        exact = chance[chance <= chance[seen] * (1 + 1e-9)].sum()
        assert check.figures["p_value"] == pytest.approx(exact, rel=1e-6, abs=1e-12)
        assert check.passed is bool(check.figures["p_value"] >= 0.001)


@pytest.mark.parametrize("shares", [(1, 19), (1, 99), (1, 999), (1, 1, 398), (1, 20, 379)])
def test_an_honest_draw_of_a_small_arm_is_called_invalid_once_in_a_thousand_at_most(shares):
    """Every count that can be seen, with its chance: by chi-square it was three to four times."""
    weights = np.array(shares) / sum(shares)
    customers = 60 * sum(shares) // 20
    size = 4_000
    draws = np.random.default_rng(5).multinomial(customers, weights, size)
    distinct, times = np.unique(draws, axis=0, return_counts=True)
    arms = [f"a{i}" for i in range(len(shares))]
    alarms = sum(
        int(n)
        for counts, n in zip(distinct, times, strict=True)
        if not sample_ratio(dict(zip(arms, map(int, counts), strict=True)), dict(zip(arms, shares, strict=True))).passed
    )
    assert alarms / size <= 0.001 + 3.29 * np.sqrt(0.001 * 0.999 / size)


def test_the_smallest_arms_of_a_published_kind_of_trial_are_no_alarm(reference_data):
    folder = reference_data.parent / "cases" / "12-sample-ratio-with-a-small-arm"
    for others, exact in ((19, 0.0028), (99, 0.0010), (399, 0.0036), (999, 0.0036)):
        lines = (folder / f"one_to_{others}.csv").read_text(encoding="utf-8").splitlines()
        evaluation = analyse(folder / f"one_to_{others}.yaml", folder / f"one_to_{others}.csv")
        (check,) = (check for check in evaluation.checks if check.kind == "sample_ratio")
        assert round(check.figures["p_value"], 4) == exact
        assert check.passed
        assert evaluation.verdict.code != "invalid"
        assert len(lines) == evaluation.flow.rows_read + 1


def test_sample_ratio_counts_an_arm_that_is_not_in_the_file():
    assert sample_ratio({"a": 50, "b": 50}, {"a": 1, "b": 1, "c": 1}).passed is False


def test_without_shares_counts_are_reported_and_not_tested():
    check = sample_ratio_not_declared({"a": 5, "b": 500})
    assert check.passed is None
    assert "a 5, b 500" in check.detail


def test_differential_attrition_that_a_ratio_test_misses_is_found():
    # 5% against 6% lost of 100,000 each, assigned exactly: what remains is close to one to one.
    kept = [ArmShare("nfa", 100_000, 95_000), ArmShare("sms", 100_000, 94_000)]
    assert retention(kept, "nfa").passed is False
    assert sample_ratio({"nfa": 95_000, "sms": 94_000}, {"nfa": 1, "sms": 1}).passed is True


def test_a_tiny_difference_is_no_alarm_however_sure():
    kept = [ArmShare("nfa", 10_000_000, 9_500_000), ArmShare("sms", 10_000_000, 9_420_000)]
    check = retention(kept, "nfa")
    assert check.figures["p_adjusted_sms"] < 1e-100
    assert check.passed is True


def test_retention_names_the_arm_and_shows_no_p_value_in_words():
    kept = [ArmShare("nfa", 9000, 9000), ArmShare("letter", 9000, 9000), ArmShare("sms", 9000, 8000)]
    check = retention(kept, "nfa")
    assert "between sms and nfa" in check.detail
    assert "sms 88.9%" in check.detail
    assert "p" not in check.detail.split()
    assert check.figures["p_adjusted_letter"] == 1.0


@pytest.mark.parametrize(("arm", "base"), [((200, 150), (300, 240)), ((5000, 4800), (9000, 8500))])
def test_retention_has_fishers_exact_test(arm, base):
    check = retention([ArmShare("nfa", *base), ArmShare("sms", *arm)], "nfa")
    reference = stats.fisher_exact([[arm[1], arm[0] - arm[1]], [base[1], base[0] - base[1]]])
    assert check.figures["p_adjusted_sms"] == pytest.approx(reference.pvalue, rel=1e-6)


@pytest.mark.parametrize(
    ("arm", "base"), [((500_000, 480_100), (900_000, 865_000)), ((10**7, 9 * 10**6), (10**7, 9001000))]
)
def test_of_many_customers_it_equals_the_chi_square_of_the_table(arm, base):
    check = retention([ArmShare("nfa", *base), ArmShare("sms", *arm)], "nfa")
    table = [[arm[1], arm[0] - arm[1]], [base[1], base[0] - base[1]]]
    reference = stats.chi2_contingency(table, correction=False)
    assert check.figures["p_adjusted_sms"] == pytest.approx(reference.pvalue, rel=1e-9)


def test_retention_of_few_lost_customers_uses_the_exact_test():
    check = retention([ArmShare("nfa", 40, 40), ArmShare("sms", 40, 36)], "nfa")
    assert check.figures["p_adjusted_sms"] == pytest.approx(stats.fisher_exact([[4, 36], [0, 40]]).pvalue, rel=1e-9)


def test_retention_is_quiet_on_good_trials():
    rng = np.random.default_rng(3)
    kept = rng.binomial(5000, 0.9, size=(4000, 4))
    alarms = sum(
        retention([ArmShare(f"a{i}", 5000, int(k)) for i, k in enumerate(row)], "a0").passed is False for row in kept
    )
    assert alarms <= stats.binom.ppf(0.999, 4000, 0.001)


def test_an_empty_arm_is_not_called_alike():
    assert retention([ArmShare("nfa", 10, 10), ArmShare("sms", 0, 0)], "nfa").passed is None


def test_an_empty_arm_hides_no_loss_of_another():
    kept = [ArmShare("nfa", 9000, 9000), ArmShare("sms", 0, 0), ArmShare("letter", 9000, 8000)]
    check = retention(kept, "nfa")
    assert check.passed is False
    assert "between letter and nfa" in check.detail


def test_delivery_is_judged_against_its_own_declared_rate():
    sent = [ArmShare("letter", 10_000, 9_700), ArmShare("sms", 10_000, 8_000)]
    assert delivery(sent, {"letter": 0.97, "sms": 0.80}).passed is True
    late = delivery(sent, {"letter": 0.97, "sms": 0.90})
    assert late.passed is False
    assert late.severity == "warns"
    assert "sms 80.0% delivered, 90.0% declared" in late.detail
    assert delivery(sent, {}).passed is None


def test_missing_outcomes_warn_and_are_counted_by_arm():
    shares = [ArmShare("nfa", 9000, 9000), ArmShare("sms", 9000, 8000)]
    check = missing_outcomes("spend", "spend", shares, "nfa")
    assert (check.passed, check.severity) == (False, "warns")
    assert "sms 1,000 of 9,000" in check.detail
    assert missing_outcomes("spend", "spend", [ArmShare("nfa", 9, 9), ArmShare("sms", 9, 9)], "nfa").passed is True


def test_standardised_difference_of_a_number_and_of_a_level():
    rng = np.random.default_rng(5)
    x, z = rng.normal(3, 2, 500), rng.normal(3.5, 1, 400)
    moments = {"sms": ArmMoments(500, x.mean(), x.var(ddof=1)), "nfa": ArmMoments(400, z.mean(), z.var(ddof=1))}
    (row,) = of_number("age", moments, [("sms", "nfa")])
    assert row.standardised_difference == pytest.approx(
        (x.mean() - z.mean()) / np.sqrt((x.var(ddof=1) + z.var(ddof=1)) / 2)
    )
    level = of_category("sex", {"sms": {"f": 30, "m": 70}, "nfa": {"f": 40, "m": 60}}, [("sms", "nfa")])[0]
    f, g = np.repeat([1, 0], [30, 70]), np.repeat([1, 0], [40, 60])
    assert level.standardised_difference == pytest.approx((0.3 - 0.4) / np.sqrt((f.var(ddof=1) + g.var(ddof=1)) / 2))


def test_constant_covariates():
    same, other = ArmMoments(9, 1.0, 0.0), ArmMoments(9, 2.0, 0.0)
    assert standardised_difference(same, same) == 0.0
    assert standardised_difference(same, other) is None


def test_balance_warns_and_never_blocks():
    rows = of_category("sex", {"sms": {"f": 30, "m": 70}, "nfa": {"f": 50, "m": 50}}, [("sms", "nfa")])
    check = balance(rows)
    assert (check.passed, check.severity) == (False, "warns")
    assert "sex = f" in check.detail
    assert balance(()).passed is None
