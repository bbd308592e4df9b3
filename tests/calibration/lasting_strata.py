"""Times to an event within strata whose shares differ, and the verdicts of trials whose primary is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.evaluate import evaluate
from analysis.inference.intervals import Effect
from analysis.survival.exits import ExitCells
from analysis.survival.horizons import differences
from designs.protocol.models import Protocol
from tests.analysis.evaluations import NFA, arm, declared
from tests.analysis.frames import frame_of
from tests.calibration.rates import ALPHA, always, at_most, error_rates, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

HORIZON = 60.0
REMITTED = 0.01  # a day


@dataclass(frozen=True)
class Setting:
    """Strata of so many customers, each with a share in the letter arm and a rate of paying a day.

    Customers are assigned exactly; follow-up of one in ten ends at random before day 120.
    """

    name: str
    customers: tuple[int, ...]
    shares: tuple[float, ...]
    rates: tuple[float, ...]
    competing: bool = False
    note: str | None = None

    def assigned(self) -> tuple[np.ndarray, np.ndarray]:
        stratum = np.repeat(np.arange(len(self.customers)), self.customers)
        arms = [np.arange(n) < round(n * of_letter) for n, of_letter in zip(self.customers, self.shares, strict=True)]
        return stratum, np.concatenate(arms).astype(np.int64)

    def drawn(self, rng: np.random.Generator) -> ExitCells:
        stratum, arm = self.assigned()
        n = stratum.size
        pays = rng.exponential(1 / np.array(self.rates)[stratum])
        gone = rng.exponential(1 / REMITTED, n) if self.competing else np.full(n, np.inf)
        ends = np.where(rng.random(n) < 0.1, rng.uniform(0, 2 * HORIZON, n), 2 * HORIZON)
        days = np.minimum(np.minimum(pays, gone), ends)
        code = np.where(days == pays, 1, np.where(days == gone, 2, 0))
        names = tuple(map(str, range(len(self.customers))))
        return ExitCells(arm, stratum, stratum, np.ceil(days), code, np.ones(n), names=names)


GRID = (
    Setting("shares 2:1 and 1:2, n = 900", (450, 450), (2 / 3, 1 / 3), (0.03, 0.01)),
    Setting("shares 4:1 and 1:4, n = 1,000", (500, 500), (0.8, 0.2), (0.03, 0.005)),
    Setting("shares 2:1 and 1:2, competing events, n = 900", (450, 450), (2 / 3, 1 / 3), (0.03, 0.01), competing=True),
    Setting(
        "60 strata of 12",
        (12,) * 60,
        (0.5,) * 60,
        tuple(0.005 + 0.0005 * k for k in range(60)),
        note="outside the grid: with six customers of an arm in a stratum follow-up often ends before the horizon",
    ),
)


def figures(size: int, seed: int) -> Iterator[Figure]:
    for number, setting in enumerate(GRID):
        rng = stream(seed, f"lasting in strata {number}")
        found: dict[str, list[Effect]] = {"survival": [], "mean": []}
        for _ in range(size if setting.note is None else size // 2):
            cells = setting.drawn(rng)
            of = differences(cells, ("nfa", "letter"), (("letter", "nfa"),), HORIZON, clustered=False, seed=0)
            for quantity, difference in of.items():
                found[quantity].append(difference.effects[0])
        for quantity, estimand in (("survival", "survival_difference"), ("mean", "rmst_difference")):
            name, estimated = f"{estimand}, {setting.name}", [e for e in found[quantity] if e.std_error is not None]
            if setting.note is None:
                yield always(name, "estimated", [effect.std_error is not None for effect in found[quantity]])
            else:
                told = len(estimated) / len(found[quantity])
                yield Figure(name, "estimated", told, None, None, len(found[quantity]), setting.note)
            yield from error_rates(name, estimated, note=setting.note)


@dataclass(frozen=True)
class World:
    """A trial whose primary is days to payment; two letters do nothing, and a payment is worth what is paid."""

    name: str
    competing: bool = False
    stratified: bool = False

    @property
    def protocol(self) -> Protocol:
        primary = {"id": "wait", "role": "primary", "kind": "time_to_event", "time": "days", "event": "ended",
                   "horizon": HORIZON, **({"competing": [2]} if self.competing else {})}  # fmt: skip
        scheme = {"method": "external", "arm_column": "arm", **({"strata": ["region"]} if self.stratified else {})}
        return declared(
            arms=[NFA, arm("letter"), arm("sms")],
            outcomes=[primary, {"id": "collected", "role": "secondary", "kind": "amount"}],
            randomisation=scheme,
            decision={"benefits": [{"outcome": "collected", "value": 1}]},
        )

    def columns(self, rng: np.random.Generator) -> dict[str, object]:
        n = 600
        region = rng.integers(0, 2, n)
        nfa = np.where(region == 0, 0.5, 0.2) if self.stratified else np.full(n, 1 / 3)
        u = rng.random(n)
        assigned = np.where(u < nfa, 0, np.where(u < nfa + (1 - nfa) / 2, 1, 2))
        pays = np.ceil(rng.exponential(1 / np.array([0.03, 0.01])[region]))
        gone = np.ceil(rng.exponential(1 / REMITTED, n)) if self.competing else np.full(n, np.inf)
        days = np.minimum(np.minimum(pays, gone), 90.0)
        code = np.where(days == gone, 2, np.where(days == pays, 1, 0)) if self.competing else (days == pays).astype(int)
        paid = (code == 1) & (days <= HORIZON)
        return {
            "arm": np.array(["nfa", "letter", "sms"])[assigned], "region": np.array(["north", "south"])[region],
            "days": days, "ended": code, "collected": 50.0 * paid,
        }  # fmt: skip


WORLDS = (
    World("nothing to find"),
    World("nothing to find, shares by stratum", stratified=True),
    World("nothing to find, competing events", competing=True),
)


def judged(size: int, seed: int) -> Iterator[Figure]:
    """Net benefit is proportional to the primary and nothing costs: where a false `scale` is likeliest."""
    for number, world in enumerate(WORLDS):
        rng, protocol = stream(seed, f"lasting judged {number}"), world.protocol
        codes = [
            evaluate(frame_of(world.columns(rng)), protocol, protocol_digest=f"{trial:064x}").verdict.code
            for trial in range(size)
        ]
        yield at_most(world.name, "false scale", share([code == "scale" for code in codes]), ALPHA, size)
        worse = share([code == "no_further_action" for code in codes])
        yield at_most(world.name, "false no_further_action", worse, ALPHA / 2, size)


SUITES = (
    Suite("survival-strata", "Survival and restricted means within strata whose shares differ", figures, size=4_000),
    Suite("survival-verdicts", "Verdicts of trials whose primary is a time to an event", judged, size=500),
)
