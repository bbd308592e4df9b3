"""Which hazard ratios are finite, and that those that are do not depend on the arms that have none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.inference.intervals import Effect
from analysis.survival.exits import ExitCells, snapped
from analysis.survival.hazards import log_hazard_ratios

ARMS = ("nfa", "letter", "sms", "call")
ALL_PAIRS = tuple((a, b) for b in range(4) for a in range(b + 1, 4))


def customers(seed: int, size: int = 600, strata: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 4, size)
    days = np.ceil(rng.exponential(20 / (1 + 0.4 * arm)))
    ends = np.ceil(rng.uniform(5, 60, size))
    return {
        "arm": arm, "stratum": rng.integers(0, strata, size), "cluster": rng.integers(0, 80, size),
        "time": np.minimum(days, ends), "code": (days <= ends).astype(np.int64),
    }  # fmt: skip


def ratios(data: dict[str, np.ndarray], *, classical: bool = False, clustered: bool = False) -> dict[Any, Effect]:
    names = tuple(map(str, range(int(data["stratum"].max()) + 1)))
    cells = ExitCells(**data, count=np.ones(len(data["arm"])), names=names)
    pairs = [(ARMS[a], ARMS[b]) for a, b in ALL_PAIRS]
    effects = log_hazard_ratios(cells, ARMS, "nfa", pairs, classical=classical, clustered=clustered)
    return dict(zip(ALL_PAIRS, effects, strict=True))


def without(data: dict[str, np.ndarray], *arms: int) -> dict[str, np.ndarray]:
    kept = ~np.isin(data["arm"], arms)
    return {name: values[kept] for name, values in data.items()}


@pytest.mark.parametrize("strata", [1, 3])
@pytest.mark.parametrize(("classical", "clustered"), [(True, False), (False, False), (False, True)])
@pytest.mark.parametrize("quiet", [(2,), (2, 3), (0,), (0, 1)])
def test_arms_without_events_leave_the_others_as_they_are(
    quiet: tuple[int, ...], classical: bool, clustered: bool, strata: int
) -> None:
    """One, or two, or the comparison: their customers leave every risk set."""
    data = customers(1, strata=strata)
    data["code"] = np.where(np.isin(data["arm"], quiet), 0, data["code"])
    whole = ratios(data, classical=classical, clustered=clustered)
    alone = ratios(without(data, *quiet), classical=classical, clustered=clustered)
    for pair, effect in whole.items():
        if set(pair) & set(quiet):
            assert effect.estimate is None
            assert "hazard ratio is not finite: nobody in arm" in str(effect.reason)
        else:
            assert (effect.estimate, effect.std_error) == pytest.approx((alone[pair].estimate, alone[pair].std_error))


def test_an_arm_without_customers_costs_its_own_ratios_only() -> None:
    data = without(customers(2), 1)
    whole = ratios(data)
    assert whole[2, 0].estimate is not None
    assert {pair for pair, effect in whole.items() if effect.estimate is None} == {p for p in ALL_PAIRS if 1 in p}
    assert "nobody in arm letter has this outcome observed" in str(whole[1, 0].reason)


def test_events_only_where_no_other_arm_is_followed_give_no_finite_ratio() -> None:
    """The arm has events, and in its own stratum: there is nothing to compare them with."""
    data = customers(3, strata=2)
    alone = data["arm"] == 3
    data["stratum"] = np.where(alone, 1, 0)
    whole = ratios(data)
    assert {pair for pair, effect in whole.items() if effect.estimate is None} == {p for p in ALL_PAIRS if 3 in p}
    assert whole[2, 0].estimate == pytest.approx(ratios(without(data, 3))[2, 0].estimate)


def test_an_arm_that_finishes_before_the_others_begin_has_no_finite_ratio() -> None:
    data = customers(4)
    early = data["arm"] == 2
    data["time"] = np.where(early, 1.0, data["time"] + 10)
    data["code"] = np.where(early, 1, data["code"])
    whole = ratios(data)
    assert {pair for pair, effect in whole.items() if effect.estimate is None} == {p for p in ALL_PAIRS if 2 in p}
    assert "while the other was followed" in str(whole[2, 0].reason)


def test_groups_of_arms_that_no_event_joins_have_models_of_their_own() -> None:
    """Letter and nfa in one stratum, sms and call in another."""
    data = customers(5, strata=2)
    data["stratum"] = (data["arm"] >= 2).astype(np.int64)
    whole = ratios(data, classical=True)
    assert {pair for pair, effect in whole.items() if effect.estimate is not None} == {(1, 0), (3, 2)}
    assert whole[3, 2].estimate == pytest.approx(ratios(without(data, 0, 1), classical=True)[3, 2].estimate)


def test_times_within_a_billionth_are_one_time() -> None:
    days = np.array([3.0, 3.0 * (1 + 4e-10), 3.0 * (1 - 4e-10), 3.1, 0.0])
    assert snapped(days, 3.0).tolist() == [3.0, 3.0, 3.0, 3.1, 0.0]
    assert np.unique(snapped(days)).size == 3
    assert snapped(np.array([2.9999999999, 3.0000001]), 3.0).tolist() == [3.0, 3.0000001]
    assert snapped(np.array([]), 3.0).size == 0
