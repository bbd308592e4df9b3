"""A mismatch between data sets, as a column of the population: with its source and day it settles groups of the draw,
and stands as a covariate and a segment; measured after the draw, it is refused."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pyarrow as pa
import pytest

from data.identifiers import ledger_ids
from designs.protocol import ProtocolRefused
from tests.trials.examples import FIRST, Files, allocated, eligible, load_outcomes, locked, on, write_csv
from trials.registry import Registry, queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.stages.evaluate import evaluate

pytestmark = pytest.mark.requirement("K08")
DRAWN = date(2026, 3, 2)


def flagged(files: Files, measured: str) -> None:
    """A third of the customers have another turnover in one return than in the other; each has a risk score."""
    rows = [row | {"mismatch": int(n % 3 == 0), "risk": n * 37 % 101} for n, row in enumerate(files.customers)]
    files.customers = rows
    write_csv(files.population, rows)
    columns = (
        "  columns:\n"
        f"    mismatch: {{kind: boolean, label: turnover differs, source: VAT against SA, as_at: {measured}}}\n"
        f"    risk: {{kind: number, source: risk model, as_at: {measured}}}\n"
    )

    def change(text: str) -> str:
        text = text.replace("arms:\n", f"{columns}arms:\n", 1).replace("strata: [band]", "strata: [band, mismatch]")
        text = text.replace("covariates: [age]", "covariates: [age, mismatch, {column: risk, as: number}]")
        return text.replace("subgroups: [{column: band}]", "subgroups: [{column: mismatch}]")

    files.edit_protocol(change)


def test_a_flag_and_a_score_settle_the_draw_and_the_analysis(either: Registry, files: Files) -> None:
    flagged(files, "2026-02-02")
    with on(DRAWN):
        allocated(either, files)
        load_outcomes(either, FIRST, files.trial, files.outcomes)
        record = evaluate(either, FIRST, files.trial)
    with either.inspect(FIRST, "verify", files.trial) as session:
        (allocation,) = queries.allocations_of(session, files.trial)
    drawn = either.snapshots.read(allocation.snapshot_digest, [LEDGER_ID, "arm"]).to_pylist()
    taking_part = eligible(files.customers)
    ids = ledger_ids(SYNTHETIC_KEY, pa.array([row["customer_id"] for row in taking_part])).to_pylist()
    arm = {row[LEDGER_ID]: row["arm"] for row in drawn}
    by_flag = {flag: Counter[str]() for flag in (0, 1)}
    for key, row in zip(ids, taking_part, strict=True):
        by_flag[row["mismatch"]][arm[key]] += 1
    for counts in by_flag.values():  # shares 2, 1 and 1, in each of the bands of each flag
        assert abs(counts["letter"] - counts["sms"]) <= 4
        assert abs(counts["nfa"] - counts["letter"] - counts["sms"]) <= 8
    document = record.document
    assert {"mismatch"} == {each["subgroup"] for each in document["interactions"]}
    assert {"mismatch", "risk"} <= {each["covariate"] for each in document["balance"]}


@pytest.mark.parametrize("measured", ["2026-03-03", "2026-12-01"])
def test_a_flag_that_is_measured_after_the_draw_is_refused(registry: Registry, files: Files, measured: str) -> None:
    flagged(files, measured)
    with on(DRAWN), pytest.raises(ProtocolRefused, match=f"{measured} is after the allocation") as refused:
        locked(registry, files)
    assert "mismatch" in str(refused.value)
