"""Times to an event: hazard ratios, survival and restricted means at a horizon, with and without competing events."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import Effect
from analysis.results import Estimate
from analysis.survival.time_to_event import ExitCells, estimates_of, time_to_event
from designs.protocol.models import Protocol
from tests.analysis.evaluations import declared
from tests.analysis.frames import frame_of
from tests.calibration.rates import ALPHA, always, banded, coverage, digits, error_rates, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HORIZON = 30.0
RATE = 0.02  # a day, in the comparison
RATIO = 1.5  # of hazards, where there is an effect
REMITTED = 0.01  # a day: competing events
ESTIMANDS = ("log_hazard_ratio", "survival_difference", "rmst_difference")
FEW = "outside the grid: few clusters for the normal distribution, and the row says so"
BY_NORMAL = "log_hazard_ratio"  # the others have the degrees of freedom of the clusters


@dataclass(frozen=True)
class Setting:
    """So many customers in each arm; ``clusters`` of them in each, where they were assigned whole."""

    name: str
    nfa: int
    letter: int
    standard_errors: str = "HC2"
    competing: bool = False
    clusters: int = 0
    note: str | None = None

    @property
    def protocol(self) -> Protocol:
        outcome = {"id": "cleared", "role": "primary", "kind": "time_to_event", "time": "days", "event": "event"}
        outcome |= {"horizon": HORIZON, "direction": "increase"}
        more: dict[str, Any] = {"randomisation": {"method": "complete", "cluster": "agent"}} if self.clusters else {}
        return declared(outcomes=[outcome], analysis={"standard_errors": self.standard_errors}, **more)


GRID = (
    Setting("1:1, n = 600", 300, 300),
    Setting("3:1, n = 800", 200, 600),
    Setting("classical errors, 1:1, n = 600", 300, 300, "classical"),
    Setting("competing events, 1:1, n = 600", 300, 300, competing=True),
)
CLUSTERED = (
    Setting("200 clusters of 8", 800, 800, "CR2", clusters=100),
    Setting("40 clusters of 20", 400, 400, "CR2", clusters=20, note=FEW),
    Setting("8 clusters of 100", 400, 400, "CR2", clusters=4, note=FEW),
)


@dataclass(frozen=True, eq=False)
class Followed:
    """What is known of each customer: arm, cluster, days of follow-up and how it ended."""

    arm: Ints
    cluster: Ints
    days: Floats
    event: Ints

    def cells(self) -> ExitCells:
        nothing = np.zeros(len(self.arm), dtype=np.int64)
        return ExitCells(self.arm, nothing, self.cluster, self.days, self.event, np.ones(len(self.arm)))

    def columns(self) -> dict[str, object]:
        arm = np.where(self.arm == 1, "letter", "nfa")
        return {"_arm": arm, "agent": self.cluster.astype(str), "days": self.days, "event": self.event}


def drawn(setting: Setting, ratio: float, rng: np.random.Generator) -> Followed:
    """Exponential times in tenths of a day (days, for clusters); follow-up ends between days 20 and 60 in any arm."""
    arm = np.repeat([0, 1], [setting.nfa, setting.letter])
    cluster = np.zeros(len(arm), dtype=np.int64)
    frailty = np.ones(len(arm))
    if setting.clusters:
        cluster = np.concatenate([np.repeat(np.arange(setting.clusters) + k * setting.clusters, n // setting.clusters)
                                  for k, n in enumerate((setting.nfa, setting.letter))])  # fmt: skip
        frailty = rng.gamma(8.0, 1 / 8.0, 2 * setting.clusters)[cluster]
    waits = rng.exponential(1.0, len(arm)) / (RATE * frailty * np.where(arm == 1, ratio, 1.0))
    ends = rng.uniform(20.0, 60.0, len(arm))
    remitted = rng.exponential(1 / REMITTED, len(arm)) if setting.competing else np.full(len(arm), np.inf)
    days = np.minimum(np.minimum(waits, remitted), ends)
    event = np.where(days == waits, 1, np.where(days == remitted, 2, 0))
    fineness = 1 if setting.clusters else 10
    return Followed(arm, cluster, np.ceil(days * fineness) / fineness, event.astype(np.int64))


def truths(setting: Setting, ratio: float) -> dict[str, float]:
    """Differences between the arms, without clusters."""
    other = REMITTED if setting.competing else 0.0

    def free(rate: float) -> tuple[float, float]:
        whole = rate + other
        gone = 1 - math.exp(-whole * HORIZON)
        spent = rate / whole * (HORIZON - gone / whole)  # days after the event, before the horizon
        return 1 - rate / whole * gone, HORIZON - spent

    one, base = free(RATE * ratio), free(RATE)
    values = (math.log(ratio), one[0] - base[0], one[1] - base[1])
    return dict(zip(ESTIMANDS, values, strict=True))


def estimated(setting: Setting, protocol: Protocol, followed: Followed, seed: int) -> dict[str, Estimate]:
    """The project's rows, from counts in memory."""
    rows = estimates_of(followed.cells(), protocol, protocol.primary, seed=seed)
    return {row.estimand: row for row in rows}


def figures(size: int, seed: int) -> Iterator[Figure]:
    agree = []
    for number, setting in enumerate(GRID):
        rng, protocol = stream(seed, f"lasting {number}"), setting.protocol
        null = [estimated(setting, protocol, drawn(setting, 1.0, rng), 0) for _ in range(size)]
        real = [estimated(setting, protocol, drawn(setting, RATIO, rng), 0) for _ in range(size // 2)]
        for estimand, truth in truths(setting, RATIO).items():
            name = f"{estimand}, {setting.name}"
            yield from error_rates(name, _effects(null, estimand))
            yield coverage(name, _effects(real, estimand), truth)
        agree.append(_agreement(setting, protocol, drawn(setting, RATIO, rng)))
    yield digits("every setting", agree)


def in_clusters(size: int, seed: int) -> Iterator[Figure]:
    """Customers assigned in clusters: each interval at a horizon takes 1,999 resamples, so there are fewer trials."""
    for number, setting in enumerate(CLUSTERED):
        rng, protocol = stream(seed, f"lasting in clusters {number}"), setting.protocol
        null = [estimated(setting, protocol, drawn(setting, 1.0, rng), i) for i in range(size)]
        for estimand in ESTIMANDS:
            rejected = share([(row.p_value or 0.0) <= ALPHA for row in (rows[estimand] for rows in null)])
            note = setting.note if estimand == BY_NORMAL else None
            yield banded(f"{estimand}, {setting.name}", "type I error", rejected, ALPHA, size, note)
        if setting.note:
            noted = [rows[BY_NORMAL].note is not None for rows in null]
            yield always(setting.name, "rows that say so", noted)


def _effects(found: list[dict[str, Estimate]], estimand: str) -> list[Effect]:
    return [Effect(rows[estimand].estimate, rows[estimand].std_error) for rows in found]


def _agreement(setting: Setting, protocol: Protocol, followed: Followed) -> float:
    short = estimated(setting, protocol, followed, 0)
    whole = time_to_event(frame_of(followed.columns()), protocol, protocol.primary, seed=0).estimates
    gaps = [1e-17]
    for row in whole:
        other = short[row.estimand]
        if row.estimate is None or not row.std_error or other.estimate is None or other.std_error is None:
            return 0.0
        gaps += [abs(other.estimate - row.estimate) / row.std_error, abs(other.std_error / row.std_error - 1)]
    return -math.log10(max(gaps))


SUITES = (
    Suite("survival", "Hazard ratios, survival and restricted means at a horizon", figures),
    Suite("survival-clusters", "The same where customers were dealt in clusters", in_clusters, size=500),
)
