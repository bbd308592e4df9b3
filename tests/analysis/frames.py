"""The one builder of frames, and small trials for tests of the estimators with the dense regression each stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.frame import ARM_COLUMN, STRATUM_COLUMN, WAVE_COLUMN, AnalysisFrame
from analysis.regression import regress
from analysis.results import Check, Flow
from analysis.specification import Column, Response, Specification
from data.engine import Engine, open_engine
from designs.assignment import strata_as_assigned
from designs.protocol.eligibility import ELIGIBLE_ARMS, closes_an_arm, with_eligible_arms
from designs.protocol.models import Protocol


def frame_of(
    columns: Mapping[str, Any] | pa.Table,
    protocol: Protocol | None = None,
    *,
    checks: tuple[Check, ...] = (),
    engine: Engine | None = None,
    as_at: date | None = None,
    still_to_come: tuple[date, ...] = (),
) -> AnalysisFrame:
    """Columns as a frame, laid down as the service does.

    Args:
        columns: ``ARM_COLUMN``, or ``arm``, holds the arm ids; NaN in a column of floats is missing.
        protocol: where it closes an arm to somebody, the frame says which arms each customer could get; where it merges
            small strata, in which one each customer was assigned.
        checks: that came with the rows.
        engine: one of its own, on one thread as stored evaluations are, when not given.
        as_at: the day of the cut; ``DAY_ZERO_COLUMN`` is then among the columns.
        still_to_come: day 0 of waves that are not allocated yet.
    """
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(_arrays(columns)))
    if protocol is not None and protocol.randomisation.merge and STRATUM_COLUMN not in table.column_names:
        counted = Counter(table.column(ARM_COLUMN).to_pylist())
        table = table.append_column(STRATUM_COLUMN, strata_as_assigned(protocol, table, arms=counted).cast(pa.string()))
    engine, n = engine or open_engine(threads=1), table.num_rows
    rows = engine.scan(table)
    laid = [WAVE_COLUMN] if WAVE_COLUMN in table.column_names else []
    if protocol is not None and closes_an_arm(protocol):
        rows, laid = engine.scan(engine.collect(with_eligible_arms(rows, protocol))), [*laid, ELIGIBLE_ARMS]
    return AnalysisFrame(
        engine,
        rows,
        Flow(n, 0, (), n, n),
        checks,
        "0" * 64,
        synthetic=True,
        laid_strata=tuple(laid),
        as_at=as_at,
        still_to_come=still_to_come,
    )


def _arrays(columns: Mapping[str, Any]) -> Iterator[tuple[str, pa.Array]]:
    for name, values in columns.items():
        array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=isinstance(values, np.ndarray))
        yield (ARM_COLUMN, array.cast(pa.string())) if name == "arm" else (name, array)


def outcome(column: str) -> Response:
    return Response(column, ((column, 1.0),))


@dataclass(frozen=True)
class RandomTrial:
    """A trial drawn from a seed, with the columns of its design."""

    columns: dict[str, np.ndarray]
    design: Specification
    X: np.ndarray  # of all rows, the covariates not yet centred: constant, arms, then adjusters
    arms: int

    def dense(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The regression with centred, interacted covariates: X, y and the rows that it uses."""
        rows = ~np.isnan(y)
        constant_and_arms, z = self.X[rows, : self.arms], self.X[rows, self.arms :]
        z = z - z.mean(axis=0)
        blocks = [constant_and_arms, z]
        if self.design.adjustment != "additive":
            blocks += [constant_and_arms[:, [k]] * z for k in range(1, self.arms)]
        return np.hstack(blocks), y[rows], rows


ARMS = ("nfa", "letter", "sms")


def random_trial(seed: int, *, n: int = 400, kind: str = "HC2", weighted: bool = False) -> RandomTrial:
    """Three arms with unequal shares, and by the seed: strata, covariates of both kinds, missing and collinear ones."""
    rng = np.random.default_rng(seed)
    arm = rng.choice(ARMS, n, p=[0.5, 0.3, 0.2])
    adjustment = ("none", "additive", "lin")[seed % 3]
    age = rng.integers(18, 90, n).astype(float)
    late = rng.integers(0, 4, n)
    income = np.where(rng.random(n) < 0.1, np.nan, rng.normal(9.5, 0.8, n))
    region = rng.choice(["north", "south", "east", "west", "isles"], n, p=[0.3, 0.3, 0.2, 0.15, 0.05])
    band = rng.choice(["low", "high"], n)
    household = rng.integers(0, n // 6, n)
    y = 1 + 0.02 * age + 0.3 * late + (arm == "letter") * (0.5 + 0.01 * age) + (region == "isles")
    y = y + rng.normal(size=n) * (1 + 0.5 * (arm == "sms")) + rng.normal(size=n // 6)[household] * 0.5
    columns = {
        ARM_COLUMN: arm,
        "age": age,
        "late": late,
        "income": income,
        "region": region,
        "band": band,
        "household": household,
        "twice_age": 2 * age - 7,
        "w": rng.choice([1.0, 1.5, 4.0], n),
        "amount": y,
        "partial": np.where(rng.random(n) < 0.15, np.nan, 50 * y),
        "binary": (y > 2.5).astype(float),
    }
    menu = {
        "age": (Column("age", "number"), [age]),
        "late": (Column("late", "number"), [late.astype(float)]),
        "income": (Column("income", "number"), [np.nan_to_num(income), np.isnan(income).astype(float)]),
        "region": (
            Column("region", "category"),
            [(region == r).astype(float) for r in ("north", "south", "east", "west")],
        ),
        "twice_age": (Column("twice_age", "number"), [2 * age - 7]),
    }
    chosen = [name for name in menu if rng.random() < 0.6] if adjustment != "none" else []
    strata = ("band",) if rng.random() < 0.5 else ()
    z = [(band == "low").astype(float)] if strata else []
    z += [column for name in chosen for column in menu[name][1]]
    X = np.column_stack([np.ones(n), *[(arm == a).astype(float) for a in ARMS[1:]], *z])
    design = Specification(
        ARMS,
        (("letter", "nfa"), ("sms", "nfa"), ("sms", "letter")),
        adjustment,
        kind,
        tuple(menu[name][0] for name in chosen),
        strata,
        "household" if kind.startswith("CR") else None,
        "w" if weighted else None,
    )
    return RandomTrial(columns, design, X, len(ARMS))


PAIR = (("letter", "nfa"),)


def design(kind="HC2", adjustment="none", arms=("nfa", "letter"), contrasts=PAIR, **kwargs):
    return Specification(arms, contrasts, adjustment, kind, **kwargs)


def only(columns, declared, response="y"):
    """The one contrast of one response."""
    fit = regress(frame_of(columns), declared, [outcome(response)]).fits[response, None]
    return fit.contrasts[0]


def two_arms(n=400, seed=0):
    rng = np.random.default_rng(seed)
    arm = rng.choice(["nfa", "letter"], n, p=[0.6, 0.4])
    x = rng.normal(10, 2, n)
    return {ARM_COLUMN: arm, "x": x, "y": 3 + x + (arm == "letter") + rng.normal(size=n)}
