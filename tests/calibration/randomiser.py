"""The randomiser's joint probabilities, by many draws of ten out of twenty."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment import Units, conduct
from designs.assignment.schemes.complete import Complete
from tests.suites import Figure, Suite

UNITS, CHOSEN, AT_ONCE = 20, 10, 20_000
LARGEST_Z = 4.56  # of 190 pairs, in 999 of 1,000 runs


def joint_inclusion(draws: int, seed: str) -> NDArray[np.float64]:
    """How far each of the 190 pairs' joint inclusions lies from 9/38, in standard errors.

    A draw is a stratum of twenty: so many strata of one allocation are so many draws.
    """
    together = np.zeros((UNITS, UNITS), np.int64)
    scheme = Complete(arms=("chosen", "left"), weights=(1, 1), strata=("draw",))
    for start in range(0, draws, AT_ONCE):
        number = min(AT_ONCE, draws - start)
        places = pa.array(np.repeat(np.arange(number, dtype=np.int32), UNITS))
        strata = pa.DictionaryArray.from_arrays(places, pa.array([f"draw {at}" for at in range(number)]))
        ids = pa.array([f"{at:07d}" for at in range(number * UNITS)])
        arm = conduct(scheme, Units(ids, strata), seed, f"trial-{start}").arm.reshape(number, UNITS)
        chosen = (arm == 0).astype(np.int64)
        if (chosen.sum(axis=1) != CHOSEN).any():
            raise AssertionError("a draw did not choose ten of twenty")
        together += chosen.T @ chosen
    expected = CHOSEN * (CHOSEN - 1) / (UNITS * (UNITS - 1))
    pairs = together[np.triu_indices(UNITS, 1)]
    return np.asarray((pairs - draws * expected) / np.sqrt(draws * expected * (1 - expected)))


def joint_inclusions(size: int, seed: int) -> Iterator[Figure]:
    z = joint_inclusion(size, sha256(f"joint inclusion {seed}".encode()).hexdigest())
    yield Figure("n = 20, m = 10", "largest |z| of 190 pairs", float(abs(z).max()), None, LARGEST_Z, size)


SUITES = (
    Suite(
        "joint-inclusion",
        "Every pair of customers is assigned together as often as it should",
        joint_inclusions,
        100_000,
    ),
)
