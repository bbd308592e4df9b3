"""The figures themselves: a promise that is kept lies inside its band, and one that is broken does not."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted
from tests.calibration import clustered, families, unclustered
from tests.calibration.rates import (
    ALPHA,
    at_least,
    at_most,
    banded,
    coverage,
    effects_of,
    error_rates,
    too_small,
    uniformity,
)
from tests.calibration.simulated import Customers, contrasts_of, digits_of_agreement, specification_of, stream

SIZE = 4_000


def effects(scale=1.0, shift=0.0, df=None):
    """Estimates with an error of 1 that claim an error of ``scale``."""
    return [Effect(float(z), scale, df) for z in stream(1, "effects").normal(shift, 1.0, SIZE)]


def outside(figures):
    return {figure.quantity for figure in figures if not figure.inside}


def test_honest_errors_stay_inside():
    assert outside(error_rates("honest", effects())) == set()
    assert coverage("honest", effects(shift=0.7), 0.7).inside
    assert uniformity("honest", [effect.p_value for effect in effects()]).inside


def test_errors_too_small_by_a_fifth_are_found_everywhere():
    boastful = effects(scale=0.8)
    assert outside(error_rates("boastful", boastful)) == {"type I error", "rejects upwards", "rejects downwards"}
    assert not coverage("boastful", boastful, 0.0).inside
    assert not uniformity("boastful", [effect.p_value for effect in boastful]).inside


def test_a_lean_is_found_where_both_sides_together_are_right():
    leaning = effects(shift=0.2)
    assert outside(error_rates("leaning", leaning)) == {"rejects upwards", "rejects downwards"}


def test_what_cannot_be_estimated_covers_nothing_and_is_never_small():
    nothing = [Effect(None, None)] * SIZE
    assert not coverage("nothing", nothing, 0.0).inside
    assert not uniformity("nothing", [None] * SIZE).inside
    assert too_small("nothing", "excess", [None] * SIZE).inside


def test_a_discrete_p_value_may_be_large_but_never_small():
    p = stream(2, "p").random(SIZE)
    steps = np.ceil(p * 20) / 20
    assert too_small("rounded up", "excess", list(steps)).inside
    assert not too_small("rounded down", "excess", list(steps - 0.05)).inside


def test_bands_are_two_sided_or_one_sided_as_the_promise_is():
    assert banded("", "", ALPHA, ALPHA, SIZE).inside
    assert not banded("", "", 0.0, ALPHA, SIZE).inside
    assert not banded("", "", 0.07, ALPHA, SIZE).inside
    assert banded("", "", 0.07, ALPHA, SIZE, "told").inside
    assert at_most("", "", 0.0, ALPHA, SIZE).inside
    assert not at_most("", "", 0.07, ALPHA, SIZE).inside
    assert at_least("", "", 1.0, 0.95, SIZE).inside
    assert not at_least("", "", 0.93, 0.95, SIZE).inside


@pytest.mark.parametrize("name", ["1:19, n = 20,000", "3:1, n = 4,000"])
def test_what_is_said_to_lie_outside_the_grid_does(name):
    """An exception must be earned: these pounds reject upwards far more than 2.5%."""
    setting = next(s for s in unclustered.MEANS if s.name == name and s.null.name == "skewed pounds")
    found = effects_of(unclustered.simulated(setting, setting.null, 2_000, stream(3, name)))
    assert "rejects upwards" in outside(error_rates(name, found))


def test_cr1_would_not_pass_where_cr2_does(monkeypatch):
    """The suite tells a liberal error from a sound one: 12 clusters, 3 of them treated."""
    monkeypatch.setattr(clustered, "specification_of", lambda **kwargs: specification_of(**{**kwargs, "kind": "CR1"}))
    found = effects_of(clustered.simulated(clustered.Setting(12, 3, 0.5), 500, stream(4, "cr1")))
    assert "type I error" in outside(error_rates("CR1", found))


def test_cells_that_miscount_do_not_agree_with_the_whole_call():
    customers = Customers(specification_of(), np.array([0, 1]), np.array([30, 40]))
    y = stream(5, "rows").normal(size=70)
    assert digits_of_agreement(customers, y) > 12
    swapped = Customers(specification_of(), np.array([1, 0]), np.array([30, 40]))
    (wrong,) = contrasts_of(swapped, *(np.add.reduceat(v, [0, 30])[:, None] for v in (y, y * y)))
    (right,) = contrasts_of(customers, *(np.add.reduceat(v, [0, 30])[:, None] for v in (y, y * y)))
    assert wrong[0].estimate == pytest.approx(-right[0].estimate)


def test_family_wise_errors_count_only_true_nulls():
    found = (Adjusted(0.01, 0.1, 0.9), Adjusted(0.2, -0.5, 0.6))
    assert not families.any_false(found, (0.5, 0.0))
    assert families.any_false(found, (0.0, 0.0))
    assert families.all_held(found, (0.5, 0.0))
    assert not families.all_held(found, (1.0, 0.0))
