"""Saturation trials through the whole verdict: coverage of each effect, false promises, and guardrails at their margin.

Clusters are assigned to shares, customers within them to arms, and every trial is evaluated whole. In the worlds a
customer pays more or less for being treated and for the share of their office that is; a complaint comes of being
treated alone, exactly as much more often as the margin lets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.evaluate import evaluate
from analysis.results import Estimate, Evaluation
from data.engine import Engine, open_engine
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of
from tests.analysis.saturations import MARGIN, customers, name_of, saturated
from tests.calibration.rates import ALPHA, always, at_most, banded, covers, share
from tests.suites import Figure, Suite

DIGEST = "0" * 64
UNTREATED = 0.02  # complaints without treatment


@dataclass(frozen=True)
class World:
    """Shares treated, and how much more often customers pay: if treated, and for each tenth of their office that is."""

    name: str
    shares: tuple[float, ...]
    direct: float
    by_share: float

    @property
    def plan(self) -> Protocol:
        return saturated(self.shares)

    def truths(self) -> Iterator[tuple[str, float | None, float]]:
        """(estimand, share, effect on paying) of everything that this design can estimate."""
        inside = [share for share in self.shares if 0 < share < 1]
        if 0 in self.shares:
            for share in self.shares[1:]:
                yield "total", share, share * (self.direct + self.by_share)
            for share in inside:
                yield "spillover", share, share * self.by_share
        yield "direct", None, self.direct

    def evaluated(self, engine: Engine, seed: int) -> Evaluation:
        drawn = customers(
            self.shares, seed=seed, direct=self.direct, by_share=self.by_share, offices=60, size=20, between=0.05,
            complaints=(UNTREATED, UNTREATED + MARGIN),
        )  # fmt: skip
        return evaluate(frame_of(drawn, engine=engine), self.plan, protocol_digest=DIGEST)


WORLDS = (
    World("0, a half and all: nothing to find", (0, 0.5, 1), 0.0, 0.0),
    World("0, a half and all: what treatment gains, the others of the office lose", (0, 0.5, 1), 0.15, -0.15),
    World("two fifths and three: treatment works, and nobody is left to compare with", (0.4, 0.6), 0.15, 0.0),
)


def figures(size: int, seed: int) -> Iterator[Figure]:
    engine = open_engine(threads=1)
    for number, world in enumerate(WORLDS):
        trials = [world.evaluated(engine, 1_000_000 * (number + 1) + 10_000 * seed + trial) for trial in range(size)]
        for estimand, treated, truth in world.truths():
            rows = [_row(trial, estimand, treated) for trial in trials]
            held = share([covers(row.ci_lower, row.ci_upper, truth) for row in rows])
            of = estimand if treated is None else f"{estimand} at {treated:g}"
            yield banded(f"{world.name}: {of}", "coverage", held, 1 - ALPHA, size)
        scaled = [trial.verdict.code in ("scale", "scale_segment") for trial in trials]
        if 0 in world.shares:
            yield at_most(world.name, "scaled", share(scaled), ALPHA / 2, size)
        else:
            yield always(world.name, "not scaled, and says why", [_barred(trial) for trial in trials])
        passed = share([bool(trial.verdict.arms[0].guardrails_passed) for trial in trials])
        yield at_most(world.name, "guardrail passed at its margin", passed, ALPHA / 2, size)


def _barred(trial: Evaluation) -> bool:
    return trial.verdict.barred_by == "no_untreated_clusters" and trial.verdict.code in (
        "not_shown",
        "no_further_action",
    )


def _row(trial: Evaluation, estimand: str, treated: float | None) -> Estimate:
    wanted = None if treated is None else name_of(treated)
    rows = [row for row in trial.estimates if (row.outcome, row.estimand) == ("paid_23", estimand)]
    only_one = len(rows) == 1
    return next(row for row in rows if only_one or (row.saturation.id if row.saturation else None) == wanted)


SUITES = (
    Suite(
        "saturations", "Total, spillover and direct effects of saturation trials, and verdicts on them", figures, 1_000
    ),
)
