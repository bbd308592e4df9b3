"""Strata that were merged before the draw, and pairs of clusters: from the draw to the error rate.

Each trial has a draw of its own, by its own seed, and the approach does nothing to anyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.estimators.paired import UnitMeans, pair_differences
from analysis.fit import Contrast
from analysis.inference.intervals import Effect
from designs.assignment import conduct, declare, gather
from tests.analysis.evaluations import declared
from tests.calibration.as_assigned import Population, analysed, as_assigned
from tests.calibration.rates import always, coverage, digits, effects_of, error_rates, share
from tests.calibration.simulated import digits_of_agreement, stream
from tests.suites import Figure, Suite

WITHOUT = ((7, 60), (3, 50), (11, 70), (1, 39), (24, 80))  # customers of five offices without a phone, and with one
NOT_MERGED = "how often an arm has nobody in a stratum of the columns, and the contrast had no estimate"

VERY_UNEQUAL = "pairs of very unequal sizes count for fewer than J"


def offices(rng: np.random.Generator) -> tuple[pa.Table, np.ndarray[Any, np.dtype[np.float64]]]:
    """Customers by office and phone; both matter to what they would do."""
    office = np.concatenate([np.full(none + some, at) for at, (none, some) in enumerate(WITHOUT)])
    phone = np.concatenate([np.arange(none + some) < none for none, some in WITHOUT])
    y = 0.8 * office - 1.5 * phone + rng.normal(size=office.size)
    ids = [f"{at:06d}" for at in range(office.size)]
    names = np.where(phone, "none", "present")
    return pa.table({"customer_id": ids, "office": pa.array(office.astype(str)), "phone": pa.array(names)}), y


def merged(size: int, seed: int) -> Iterator[Figure]:
    agree: list[float] = []
    for number, shares in enumerate(((1, 1), (6, 1))):
        setting = f"five offices by phone, merged, {shares[0]}:{shares[1]}"
        arms = [
            {"id": "nfa", "kind": "nfa", "label": "NFA", "share": shares[0]},
            {"id": "letter", "kind": "otm", "label": "Letter", "share": shares[1]},
        ]
        randomisation = {"method": "complete", "strata": ["office", "phone"], "merge": ["phone"]}
        scheme = declare(declared(arms=arms, randomisation=randomisation))
        found: list[Contrast] = []
        lacking: list[bool] = []
        for draw in range(size):
            table, y = offices(stream(seed, f"merged {number} {draw}"))
            units = gather(scheme, table, "customer_id")
            label = sha256(f"{seed} {setting} {draw}".encode()).hexdigest()
            arm = conduct(scheme, units, label, "calibration").arm.astype(np.int64)
            stratum = np.unique(units.strata.to_pylist(), return_inverse=True)[1].astype(np.int64)
            trial = as_assigned(Population(setting, table["customer_id"], y, shares, stratum), arm)
            found.append(analysed(*trial))
            columns = np.unique(np.array([table["office"].to_pylist(), table["phone"].to_pylist()]), axis=1)
            whole = len(set(zip(table["office"].to_pylist(), table["phone"].to_pylist(), arm.tolist(), strict=True)))
            lacking.append(whole < 2 * columns.shape[1])
        effects = effects_of(found)
        yield from error_rates(setting, effects)
        yield coverage(setting, effects, 0.0)
        yield always(setting, "estimated", [contrast.std_error is not None for contrast in found])
        yield Figure(setting, "an arm absent by the columns", share(lacking), None, None, size, NOT_MERGED)
        agree.append(digits_of_agreement(*trial))
    yield digits("every setting", agree)


def pairs(size: int, seed: int) -> Iterator[Figure]:
    """Clusters of one pair share a level; their sizes differ; a coin says which is treated."""
    for count, largest, note in ((8, 12, None), (12, 16, None), (30, 16, None), (30, 40, None), (12, 40, VERY_UNEQUAL)):
        rng = stream(seed, f"pairs of clusters {count}")
        effects = []
        for _ in range(size):
            customers = rng.integers(4, largest, (count, 1)) + rng.integers(0, 4, (count, 2)).astype(float)
            mean = rng.normal(size=(count, 1)) + 0.7 * rng.normal(size=(count, 2))
            mean += rng.normal(size=(count, 2)) / np.sqrt(customers)
            swapped = rng.random(count) < 0.5
            mean[swapped], customers[swapped] = mean[swapped, ::-1], customers[swapped, ::-1]
            found = pair_differences(*(UnitMeans(customers[:, k], mean[:, k]) for k in (0, 1)))
            assert found is not None
            error = float(np.sqrt((found.influence**2).sum()))
            effects.append(Effect(found.estimate, error, float(count - 1)))
        setting = f"{count} pairs of clusters of 4 to {largest + 3}"
        yield from error_rates(setting, effects, note=note)
        yield coverage(setting, effects, 0.0, note=note)


SUITES = (
    Suite("strata-merged", "Small strata merged before the draw, analysed as they were assigned", merged, 4_000),
    Suite("pairs-of-clusters", "Clusters in pairs, errors by pair", pairs, 10_000),
)
