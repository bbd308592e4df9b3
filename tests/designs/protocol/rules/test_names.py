"""A name that the registry keeps as a key fits its column, on whichever database."""

from __future__ import annotations

import pytest

from designs.protocol import ProtocolRefused, check
from tests.trials.examples import Files


def test_a_name_of_a_population_fits(tmp_path):
    assert check(Files(tmp_path / "fits", population="n" * 255).protocol).protocol.population.name == "n" * 255
    with pytest.raises(ProtocolRefused, match=r"population\.name.*256 characters.*at most 255"):
        check(Files(tmp_path / "too-long", population="n" * 256).protocol)
