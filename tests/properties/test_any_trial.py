"""A few of the trials of `otm faults --suites any-trial`."""

from __future__ import annotations

import pytest

from tests.properties.any_trial import carried_through


@pytest.mark.parametrize("seed", range(8))
def test_any_trial_holds_or_is_refused(seed, tmp_path):
    carried_through(seed, tmp_path)
