"""Random trials through every stage: nothing but a refusal by name may stop them (`tests/properties/any_trial.py`)."""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.properties.any_evaluation import VERDICTS
from tests.properties.any_trial import carried_through
from tests.suites import Figure, Suite

LEAST_CARRIED = 0.4  # a generator whose trials are mostly refused would show nothing


def any_trial(size: int, seed: int) -> Iterator[Figure]:
    ended: Counter[str] = Counter()
    for number in range(size):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                code = carried_through(seed + number, Path(folder)).code
            except Exception as fault:  # noqa: BLE001 whatever it is, it is what this looks for
                code = "fault"
                print(f"  trial {seed + number}: {type(fault).__name__}: {str(fault)[:400]}", file=sys.stderr)
        ended[code] += 1
    yield Figure("random trials", "faults", float(ended["fault"]), None, 0.0, size)
    carried = sum(ended[code] for code in VERDICTS) / size
    yield Figure("random trials", "carried through to a verdict", carried, LEAST_CARRIED, None, size)


SUITES = (
    Suite("any-trial", "Random plans and populations go through every stage, or are refused by name", any_trial, 400),
)
