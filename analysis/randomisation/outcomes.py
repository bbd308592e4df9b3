"""Randomisation inference on an outcome: its two arms redrawn under the scheme that was declared."""

from __future__ import annotations

from dataclasses import replace

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to, strata_of
from analysis.inference.estimates import row_of
from analysis.randomisation.in_memory import labelled_generator, of_cell
from analysis.randomisation.randomisation_inference import RandomisationTest, randomisation_test
from analysis.randomisation.schemes import (
    DRAWS,
    paired_test,
    rerandomised_test,
    within_clusters_test,
    within_strata_test,
)
from analysis.regression.leaving import strata_that_leave
from analysis.results import Estimate, Variant
from analysis.specification import Cell, Response
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]


def randomisation_rows(
    frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, protocol_digest: str
) -> tuple[Estimate, ...]:
    """Every planned contrast of one outcome, tested by redrawing its two arms under the declared scheme.

    A time to an event has no total to redraw, and no rows.
    """
    if outcome.kind == "time_to_event":
        return ()
    rows = []
    for arm, comparison in protocol.contrasts:
        rng = labelled_generator(protocol_digest, f"redraw:{outcome.id}:{arm}:{comparison}")
        test = _test(frame, protocol, outcome, (arm, comparison), rng)
        row = row_of(
            outcome,
            (arm, comparison),
            method="randomisation_inference",
            standard_errors="studentised",
            variant=Variant("randomisation_inference", draws=test.draws, exact=test.exact),
        )
        rows.append(
            replace(
                row, estimate=test.estimate, std_error=test.std_error, statistic=test.statistic, p_value=test.p_value,
                ci_lower=test.ci_lower, ci_upper=test.ci_upper, reason=test.reason,
            )
        )  # fmt: skip
    return tuple(rows)


def _test(
    frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, pair: tuple[str, str], rng: np.random.Generator
) -> RandomisationTest:
    alpha = protocol.analysis.alpha
    column = column_of(outcome)
    method = protocol.randomisation.method
    eligible, response = open_to(frame, protocol, pair), Response(outcome.id, ((column, 1.0),))
    if method == "matched_pairs":
        return paired_test(eligible, protocol, response, pair, rng, alpha=alpha, draws=DRAWS)
    if method == "rerandomised":
        return rerandomised_test(eligible, protocol, column, pair, rng, alpha=alpha, draws=DRAWS)
    if method == "saturation":
        return within_clusters_test(eligible, protocol, column, pair, rng, alpha=alpha, draws=DRAWS)
    if outcome.kind == "binary" and not protocol.cluster:
        y, treated, stratum, count = _cells(eligible, protocol, column, pair)
        return randomisation_test(y, treated, stratum, count=count, draws=DRAWS, rng=rng, alpha=alpha)
    among = of_cell(frame, protocol, Cell(*pair))
    return within_strata_test(among, protocol, response, pair, rng, alpha=alpha, draws=DRAWS, interval=True)


def _cells(
    frame: AnalysisFrame, protocol: Protocol, column: str, pair: tuple[str, str]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """A binary outcome counted by stratum and arm: the cost does not grow with the number of customers."""
    strata = strata_of(frame, protocol)
    keys = list(dict.fromkeys([*strata, ARM_COLUMN, column]))
    counted = frame.engine.collect(
        frame.rows.select(*(nw.col(key) for key in keys)).group_by(keys).agg(nw.len().alias("_customers"))
    )
    labels = ["\x1f".join(map(str, values)) for values in zip(
        *(counted[name].to_pylist() for name in strata), strict=True
    )] or [""] * counted.num_rows  # fmt: skip
    names, stratum = np.unique(labels, return_inverse=True)
    y = np.array([np.nan if value is None else float(value) for value in counted[column].to_pylist()])
    arm = np.array(counted[ARM_COLUMN].to_pylist(), dtype=np.str_)
    customers = np.array(counted["_customers"].to_pylist(), dtype=np.int64)
    # Who leaves is a matter of who was assigned, so those without the outcome are counted here.
    of_pair = np.stack([np.bincount(stratum[arm == a], customers[arm == a], len(names)) for a in pair])
    used = np.isin(arm, pair) & ~np.isnan(y) & ~strata_that_leave(of_pair)[stratum]
    return y[used], arm[used] == pair[0], np.unique(stratum[used], return_inverse=True)[1], customers[used]
