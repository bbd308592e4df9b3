"""What many replicates say: by hand, and that a figure that is wrong would show."""

from __future__ import annotations

import math

import pytest
from scipy.stats import beta

from analysis.diagnosis import Replicate, diagnosands
from analysis.diagnosis.diagnosands import mean_of, share_of
from analysis.diagnosis.results import ReplicateEffect

TRUTH = 0.02


def one(estimate, *, code="not_shown", arm=None, found=False, half=0.01):
    row = ReplicateEffect("letter", estimate, half / 2, estimate - half, estimate + half, found)
    return Replicate(code, arm, (row,))


REPLICATES = [
    one(0.05, code="scale", arm="letter", found=True),  # found, twice and a half too large, interval misses
    one(0.025, code="scale", arm="letter", found=True),
    one(-0.03, found=True),  # the wrong way
    one(0.015),
    Replicate("invalid", None, ()),
]


def test_every_figure_is_the_one_by_hand():
    at = diagnosands("central", {"letter": TRUTH}, REPLICATES)
    (effect,) = at.effects
    assert effect.mean_estimate.value == pytest.approx((0.05 + 0.025 - 0.03 + 0.015) / 4)
    assert effect.bias.value == pytest.approx(0.015 - TRUTH)
    assert (effect.coverage.value, effect.coverage.trials) == (0.5, 4)
    assert (effect.power.value, effect.power.trials) == (pytest.approx(0.6), 5)  # an invalid trial found nothing
    assert effect.type_s is not None
    assert (effect.type_s.value, effect.type_s.trials) == (pytest.approx(1 / 3), 3)
    assert effect.type_m is not None
    assert effect.type_m.value == pytest.approx((2.5 + 1.25 + 1.5) / 3)
    assert {code: held.value for code, held in at.verdicts.items()} == {
        "scale": 0.4, "scale_segment": 0.0, "no_further_action": 0.0, "not_shown": 0.4, "invalid": 0.2,
    }  # fmt: skip
    assert at.scaled["letter"].value == 0.4


def test_a_truth_of_zero_has_no_sign_and_no_size_to_be_wrong_about():
    (effect,) = diagnosands("none", {"letter": 0.0}, REPLICATES).effects
    assert (effect.type_s, effect.type_m) == (None, None)


def test_where_nothing_was_found_no_error_is_made_up():
    (effect,) = diagnosands("central", {"letter": TRUTH}, [one(0.01), one(0.02)]).effects
    assert effect.type_s is not None
    assert effect.type_m is not None
    assert (effect.type_s.value, effect.type_m.value, effect.type_s.trials) == (None, None, 0)


@pytest.mark.parametrize(("held", "n"), [(0, 20), (20, 20), (3, 50), (120, 200)])
def test_bands_of_shares_are_those_of_clopper_and_pearson(held, n):
    share = share_of([True] * held + [False] * (n - held))
    assert share.lower == pytest.approx(beta.ppf(0.025, held, n - held + 1) if held else 0.0)
    assert share.upper == pytest.approx(beta.ppf(0.975, held + 1, n - held) if held < n else 1.0)
    assert share.monte_carlo_error == pytest.approx(math.sqrt(held / n * (1 - held / n) / n))


def test_one_trial_has_no_error_of_its_mean():
    assert mean_of([0.3]).monte_carlo_error is None
    assert mean_of([]).value is None
