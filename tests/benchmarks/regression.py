"""P2 to P4: Lin's regression with HC2 at 10 million and 1 million rows, and CR2 with 20,000 clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.fit import Regression
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.regression import regress
from analysis.results import Flow
from analysis.specification import Column, Response, Specification
from data.engine import Engine, open_engine
from designs.literals import StandardErrors
from tests.benchmarks.row import Goal, Row

ARMS = ("nfa", "letter", "sms", "call")
REGIONS, SECTORS, LATE = 12, 8, 4
CLUSTERS = 20_000
AT_ONCE = 500_000
COVARIATES = (
    Column("region", "category"),
    Column("sector", "category"),
    Column("prior_late", "number"),
    Column("age", "number"),
    Column("log_income", "number"),
)
AMOUNT = Response("amount", (("amount", 1.0),))


def customers(rng: np.random.Generator, n: int) -> pa.Table:
    """Customers assigned one by one, and by household of about fifty (``assigned_whole``)."""
    arm = rng.integers(0, len(ARMS), n)
    household = rng.integers(0, CLUSTERS, n)
    region, sector = rng.integers(0, REGIONS, n), rng.integers(0, SECTORS, n)
    late, age, income = rng.integers(0, LATE, n), rng.integers(18, 88, n), rng.normal(9.5, 0.8, n)
    amount = np.exp(5 + 0.4 * (income - 9.5) + 0.3 * rng.standard_normal(n)) * (1 + 0.02 * arm) + 10 * late
    labels = pa.array(ARMS)
    return pa.table(
        {
            ARM_COLUMN: labels.take(pa.array(arm)),
            "assigned_whole": labels.take(pa.array(household % len(ARMS))),
            "household": pa.array(household.astype(np.int32)),
            "region": pa.array(region.astype(np.int8)),
            "sector": pa.array(sector.astype(np.int8)),
            "prior_late": pa.array(late.astype(np.int8)),
            "age": pa.array(age.astype(np.int16)),
            "log_income": income,
            "amount": amount,
        }
    )


def write_customers(n: int, folder: Path) -> None:
    rng = np.random.default_rng(1)
    with pq.ParquetWriter(folder / "customers.parquet", customers(rng, 1).schema) as writer:
        for start in range(0, n, AT_ONCE):
            writer.write_table(customers(rng, min(AT_ONCE, n - start)), row_group_size=122_880)


@dataclass(frozen=True, slots=True)
class Stored:
    engine: Engine
    path: Path
    customers: int
    dense: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None

    def frame(self, arm: str = ARM_COLUMN) -> AnalysisFrame:
        rows = self.engine.scan(self.path)
        rows = rows if arm == ARM_COLUMN else rows.with_columns(nw.col(arm).alias(ARM_COLUMN))
        flow = Flow(self.customers, 0, (), self.customers, self.customers)
        return AnalysisFrame(self.engine, rows, flow, (), "0" * 64, synthetic=True)


def opened(n: int, folder: Path) -> Stored:
    return Stored(open_engine(), folder / "customers.parquet", n)


def opened_with_dense_design(n: int, folder: Path) -> Stored:
    """Peers get the design matrix of all 88 columns for nothing."""
    table = pq.read_table(folder / "customers.parquet")
    arm = table[ARM_COLUMN].to_numpy()
    z = [
        table[name].to_numpy() == level
        for name, size in (("region", REGIONS), ("sector", SECTORS))
        for level in range(1, size)
    ]
    z += [table[name].to_numpy() for name in ("prior_late", "age", "log_income")]
    z = np.column_stack([np.asarray(column, dtype=float) for column in z])
    z = z - z.mean(axis=0)
    treated = [np.asarray(arm == name, dtype=float)[:, None] for name in ARMS[1:]]
    X = np.hstack([np.ones((n, 1)), *treated, z, *(t * z for t in treated)])
    return Stored(open_engine(), folder / "customers.parquet", n, (X, table["amount"].to_numpy()))


def design(kind: StandardErrors, cluster: str | None = None) -> Specification:
    contrasts = tuple((arm, ARMS[0]) for arm in ARMS[1:])
    return Specification(ARMS, contrasts, "lin", kind, COVARIATES, cluster=cluster)


def lin_hc2(stored: Stored) -> Regression:
    return regress(stored.frame(), design("HC2"), [AMOUNT])


def lin_cr2(stored: Stored) -> Regression:
    return regress(stored.frame("assigned_whole"), design("CR2", "household"), [AMOUNT])


def read_columns(arm: str, stored: Stored) -> pa.Table:
    """Every column that the fit needs, read and added up once."""
    numbers = [*(covariate.name for covariate in COVARIATES), "amount"]
    numbers += ["household"] if arm == "assigned_whole" else []
    rows = stored.engine.scan(stored.path)
    return stored.engine.collect(rows.select(nw.col(arm).max(), *(nw.col(name).sum() for name in numbers)))


def statsmodels_ols(stored: Stored) -> Any:
    from statsmodels.regression.linear_model import OLS

    X, y = stored.dense or ((), ())
    return OLS(y, X).fit(cov_type="HC2").bse


def pyfixest_feols(stored: Stored) -> Any:
    import pandas as pd
    import pyfixest

    X, y = stored.dense or (np.empty((0, 1)), np.empty(0))
    data = pd.DataFrame(X[:, 1:], columns=[f"x{i}" for i in range(1, X.shape[1])]).assign(y=y)
    return pyfixest.feols(f"y ~ {' + '.join(data.columns[:-1])}", data=data, vcov="HC2").se()


MILLION = 1_000_000
scan: Callable[[Stored], pa.Table] = partial(read_columns, ARM_COLUMN)
ROWS = (
    Row(
        id="P2",
        what="Lin with HC2, 88 parameters, 10 million rows, from Parquet; limit: a scan of the columns",
        goal=Goal(ratio=4.0, peak_mib=512),
        prepare=partial(write_customers, 10 * MILLION),
        load=partial(opened, 10 * MILLION),
        work=lin_hc2,
        limit=scan,
    ),
    Row(
        id="P3",
        what="The same at 1 million; peers get the dense design for nothing",
        goal=Goal(times_faster={"statsmodels": 100.0, "pyfixest": 50.0}),
        prepare=partial(write_customers, MILLION),
        load=partial(opened_with_dense_design, MILLION),
        work=lin_hc2,
        limit=scan,
        peers={"statsmodels": statsmodels_ols, "pyfixest": pyfixest_feols},
    ),
    Row(
        id="P4",
        what="Lin with CR2 and its degrees of freedom, 1 million rows, 20,000 clusters, 88 parameters",
        goal=Goal(seconds=5.0, peak_mib=1024),
        prepare=partial(write_customers, MILLION),
        load=partial(opened, MILLION),
        work=lin_cr2,
        limit=partial(read_columns, "assigned_whole"),
    ),
)
