"""Missing outcomes through the whole verdict: what holds it back, and what a tipping point says where nothing can.

Every trial goes through the whole evaluation, and its rows with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from analysis.evaluate import evaluate
from analysis.results import Evaluation
from designs.protocol.models import Protocol
from tests.analysis.evaluations import NFA, arm, declared
from tests.analysis.frames import frame_of
from tests.calibration.rates import ALPHA, at_least, at_most, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

DIGEST = "0" * 64
IN_ARM = 4_000
BASE = 0.3
VALUE = 50.0  # pounds for each payer
PAID = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}
AMOUNT = {"id": "amount", "role": "secondary", "kind": "amount"}
INVALID = 0.001
MANY = 100_000  # customers of an arm, where a loss of under a point is sure to be no chance


def _protocol(**sections: Any) -> Protocol:
    decision = {"benefits": [{"outcome": "paid", "value": VALUE}]}
    return declared(**{"arms": [NFA, arm("letter")], "outcomes": [PAID], "decision": decision, **sections})


def _evaluated(protocol: Protocol, columns: dict[str, Any]) -> Evaluation:
    return evaluate(frame_of(columns, protocol), protocol, protocol_digest=DIGEST)


def _nothing_to_find(rng: np.random.Generator, in_arm: int = IN_ARM) -> dict[str, Any]:
    return {"arm": np.repeat(["nfa", "letter"], in_arm), "paid": (rng.random(2 * in_arm) < BASE).astype(float)}


def blind(size: int, seed: int) -> Iterator[Figure]:
    """Losses that know nothing: no trial is voided, and no more is scaled than without them."""
    rng, found = stream(seed, "blind losses"), []
    for _ in range(size):
        data = _nothing_to_find(rng)
        data["paid"][rng.random(2 * IN_ARM) < 0.05] = np.nan
        found.append(_evaluated(_protocol(), data))
    yield from _rates("5% missing in both arms, of anybody", found)


def by_stratum(size: int, seed: int) -> Iterator[Figure]:
    """Shares 2:1 and 1:2 in two regions, which lose 5% and 12% whatever the arm."""
    strata = {"method": "external", "arm_column": "arm", "strata": ["region"]}
    protocol, rng, found = _protocol(randomisation=strata), stream(seed, "losses by stratum"), []
    for _ in range(size):
        south = np.repeat([0, 1], IN_ARM)
        treated = rng.random(2 * IN_ARM) < np.where(south == 1, 1 / 3, 2 / 3)
        paid = (rng.random(2 * IN_ARM) < np.where(south == 1, 0.5, 0.2)).astype(float)
        paid[rng.random(2 * IN_ARM) > np.where(south == 1, 0.88, 0.95)] = np.nan
        columns = {"arm": np.where(treated, "letter", "nfa"), "region": south.astype(str), "paid": paid}
        found.append(_evaluated(protocol, columns))
    setting = "shares by stratum, which lose 5% and 12% whatever the arm"
    yield from _rates(setting, found)
    effects = [row for evaluation in found for row in evaluation.estimates if row.declared]
    held = share([e.ci_lower is not None and e.ci_upper is not None and e.ci_lower <= 0 <= e.ci_upper for e in effects])
    yield at_least(setting, "coverage of no effect", held, 1 - ALPHA, len(effects))


def unlike(size: int, seed: int) -> Iterator[Figure]:
    """15% missing in both arms, in the letter arm non-payers four times as often: no comparison of arms sees it."""
    rng, low = stream(seed, "unlike losses"), _protocol(analysis={"coverage": 0.8})
    voided, scaled, told = [], [], []
    for _ in range(size):
        data = _nothing_to_find(rng)
        lost = np.where(data["arm"] == "nfa", 0.15, np.where(data["paid"] == 1.0, 0.15 / 3.1, 0.15 / 3.1 * 4.0))
        truth, data["paid"] = data["paid"], np.where(rng.random(2 * IN_ARM) < lost, np.nan, data["paid"])
        voided.append(_evaluated(_protocol(), data).verdict.code == "invalid")
        evaluation = _evaluated(low, data)
        scaled.append(evaluation.verdict.code == "scale")
        if scaled[-1]:
            (point,) = (row for row in evaluation.tipping_points if row.arm == "letter")
            gone = np.isnan(data["paid"]) & (data["arm"] == "letter")
            beyond = float(truth[gone].mean()) - (point.assumed or 0.0)
            told.append(point.shift is not None and beyond <= point.shift <= 0.0)
    setting = "15% missing in both arms, mostly of non-payers in one"
    yield at_least(setting, "invalid at the usual coverage of 90%", share(voided), 0.999, size)
    note = "no comparison of arms can see it: what is declared is what is trusted"
    yield Figure(setting, "scaled where coverage of 80% is declared", share(scaled), None, None, size, note)
    yield at_least(setting, "of those, the tipping point lies within the truth", share(told), 0.97, max(1, len(told)))


def under_a_point(size: int, seed: int) -> Iterator[Figure]:
    """0.9 points of one arm are lost, all of them non-payers: below the point that retention asks for."""
    rng, size = stream(seed, "under a point"), max(1, size // 20)
    scaled, told = [], []
    for _ in range(size):
        data = _nothing_to_find(rng, MANY)
        gone = (data["arm"] == "letter") & (data["paid"] == 0.0) & (rng.random(2 * MANY) < 0.009 / (1 - BASE))
        data["paid"] = np.where(gone, np.nan, data["paid"])
        evaluation = _evaluated(_protocol(), data)
        scaled.append(evaluation.verdict.code == "scale")
        if scaled[-1]:
            (point,) = evaluation.tipping_points
            told.append(point.shift is not None)
    setting = f"0.9 points of one arm of {MANY:,} missing, all of them non-payers"
    note = "below the point that a loss must amount to; the tipping point stands beside it"
    yield Figure(setting, "scaled", share(scaled), None, None, size, note)
    yield at_least(setting, "of those, some mean of the missing undoes it", share(told) if told else 1.0, 0.97, size)


def valued(size: int, seed: int) -> Iterator[Figure]:
    """A tenth of one arm's amounts are missing, none of the primary: amounts are what is valued."""
    rng, voided = stream(seed, "valued losses"), []
    protocol = _protocol(outcomes=[PAID, AMOUNT], decision={"benefits": [{"outcome": "amount", "value": 1}]})
    for _ in range(size):
        data = _nothing_to_find(rng)
        amount = data["paid"] * rng.gamma(4.0, 25.0, 2 * IN_ARM)
        amount[(data["arm"] == "letter") & (amount == 0.0) & (rng.random(2 * IN_ARM) < 0.14)] = np.nan
        voided.append(_evaluated(protocol, data | {"amount": amount}).verdict.code == "invalid")
    yield at_least("a tenth of one arm's valued amounts missing", "invalid", share(voided), 0.999, size)


def _rates(setting: str, found: list[Evaluation]) -> Iterator[Figure]:
    codes = [evaluation.verdict.code for evaluation in found]
    yield at_most(setting, "invalid", share([code == "invalid" for code in codes]), INVALID, len(codes))
    yield at_most(setting, "scaled with nothing to find", share([c == "scale" for c in codes]), ALPHA / 2, len(codes))


def figures(size: int, seed: int) -> Iterator[Figure]:
    for world in (blind, by_stratum, unlike, under_a_point, valued):
        yield from world(size, seed)


SUITES = (Suite("losses", "Missing outcomes through the verdict", figures, size=1_000),)
