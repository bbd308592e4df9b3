"""Complier effects: Anderson and Rubin's interval holds for any first stage, the usual one for a strong one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimators.complier import ComplierEffect, _effect, _result, _Stage, complier_effects
from analysis.inference.intervals import Effect
from analysis.specification import Response
from tests.analysis.frames import frame_of
from tests.calibration.rates import ALPHA, at_least, banded, covers, digits, share
from tests.calibration.simulated import (
    AT_ONCE,
    Customers,
    cells_of,
    regressed,
    response,
    specification_of,
    stream,
    summarised,
)
from tests.suites import Figure, Suite

Floats = NDArray[np.float64]

LATE = 0.8  # the effect among compliers
LIKING = 0.7  # how much the same thing drives receipt and the outcome


@dataclass(frozen=True)
class Setting:
    """Who receives: a share among the assigned, and among the others."""

    name: str
    customers: Customers
    assigned: float
    others: float
    strong: bool


def _arms(nfa: int, letter: int) -> Customers:
    return Customers(specification_of(), np.array([0, 1]), np.array([nfa, letter]))


GRID = (
    Setting("one-sided, 60% receive, 1:1, n = 400", _arms(200, 200), 0.6, 0.0, True),
    Setting("two-sided, 70% against 20%, 1:3, n = 800", _arms(200, 600), 0.7, 0.2, True),
    Setting("two-sided and weak, 25% against 18%, n = 400", _arms(200, 200), 0.25, 0.18, False),
)


def drawn(setting: Setting, R: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(R, n) outcomes and receipts; those who would receive anyway differ from the others."""
    treated = np.repeat(setting.customers.treated, setting.customers.count)
    leaning = rng.normal(size=(R, len(treated)))
    would = np.quantile(rng.normal(size=200_000), [1 - setting.assigned, 1 - setting.others])
    received = (leaning > np.where(treated, would[0], would[1])).astype(float)
    y = LATE * received + LIKING * leaning + rng.normal(size=leaning.shape)
    return y, received


def estimated(customers: Customers, y: Floats, received: Floats) -> Iterator[ComplierEffect]:
    """The project's complier effect of each trial, its regressions made from sums in memory."""
    R = len(y)
    sy, yy = summarised(customers, y)
    sd, dd = summarised(customers, received)
    sums = np.hstack([sy, sd])
    fits = list(regressed(cells_of(customers, sums, np.hstack([yy, dd]))).fits.values())
    stages = [_Stage(fits[r].contrasts[0], fits[R + r].contrasts[0]) for r in range(R)]
    ratio = np.array([stage.ratio for stage in stages])
    step = np.array([stage.step for stage in stages])
    less = np.concatenate([y - ratio[:, None] * received, y - (ratio + step)[:, None] * received])
    residual = list(regressed(cells_of(customers, *summarised(customers, less))).fits.values())
    plain = Response("y0", ())
    for r, stage in enumerate(stages):
        if stage.reason is not None:
            yield _result(plain, stage, reason=stage.reason)
        else:
            yield _effect(plain, stage, residual[r].contrasts[0], residual[R + r].contrasts[0], ALPHA)


def figures(size: int, seed: int) -> Iterator[Figure]:
    agree = []
    for number, setting in enumerate(GRID):
        rng = stream(seed, f"compliers {number}")
        found: list[ComplierEffect] = []
        while len(found) < size:
            found += estimated(setting.customers, *drawn(setting, min(AT_ONCE, size - len(found)), rng))
        held = share([_anderson_rubin_holds(effect) for effect in found])
        # A set without ends holds every value, and the weaker the first stage, the more often there are none.
        judge = banded if setting.strong else at_least
        yield judge(setting.name, "Anderson-Rubin coverage", held, 1 - ALPHA, size)
        note = None if setting.strong else "outside the grid: the first stage is weak, and its rows say so where F < 10"
        pointwise = [Effect(effect.estimate, effect.std_error, effect.df) for effect in found]
        usual = share([covers(effect.lower(ALPHA), effect.upper(ALPHA), LATE) for effect in pointwise])
        yield banded(setting.name, "coverage of the usual interval", usual, 1 - ALPHA, size, note)
        agree += [_agreement(setting, rng) for _ in range(2)]
    yield digits("every setting", agree)


def _anderson_rubin_holds(effect: ComplierEffect) -> bool:
    """An unbounded set is told as one without ends, and is taken to hold what its rule says."""
    if effect.anderson_rubin_lower is None:
        return True
    return covers(effect.anderson_rubin_lower, effect.anderson_rubin_upper, LATE)


def _agreement(setting: Setting, rng: np.random.Generator) -> float:
    customers = setting.customers
    y, received = drawn(setting, 1, rng)
    (short,) = estimated(customers, y, received)
    arm = np.repeat(np.array(customers.design.arms)[customers.arm], customers.count)
    frame = frame_of({"_arm": arm, "y0": y[0], "received": received[0]})
    (whole,) = complier_effects(frame, customers.design, [response(0)], "received")
    names = ("estimate", "std_error", "df", "first_stage_f", "anderson_rubin_lower", "anderson_rubin_upper")
    pairs = [(getattr(short, name), getattr(whole, name)) for name in names]
    gaps = [abs(one - other) / abs(other) for one, other in pairs if one is not None and other is not None]
    same = all((one is None) == (other is None) for one, other in pairs)
    return -float(np.log10(max(*gaps, 1e-17))) if same else 0.0


SUITES = (Suite("compliers", "Complier effects among customers who receive or not as they like", figures),)
