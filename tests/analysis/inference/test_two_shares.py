"""The interval of a published trial's counts, against statsmodels."""

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis.inference.two_shares import difference_of_shares
from data.reference import PUBLISHED


@pytest.mark.parametrize("trial", PUBLISHED, ids=lambda trial: trial.id)
def test_every_published_difference_has_the_interval_of_statsmodels(trial):
    beside = trial.comparison
    for arm in trial.arms[1:]:
        found = difference_of_shares(arm.successes, arm.customers, beside.successes, beside.customers)
        bounds = confint_proportions_2indep(
            arm.successes, arm.customers, beside.successes, beside.customers, compare="diff", method="wald"
        )
        assert (found.lower, found.upper) == pytest.approx(bounds, abs=1e-12)
        assert found.estimate == pytest.approx(trial.effect(arm.name))


def test_an_arm_without_anybody_has_no_share():
    with pytest.raises(ValueError, match="needs somebody"):
        difference_of_shares(0, 0, 1, 10)
