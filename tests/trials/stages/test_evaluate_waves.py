"""A trial in waves is evaluated whole: each wave a stratum, each wave's pairs its own."""

from __future__ import annotations

import pyarrow as pa
import pytest

from data.identifiers import ledger_ids
from tests.trials.examples import FIRST, SEED, Files, customers, eligible, load_outcomes, locked, outcomes, write_csv
from tests.trials.stages.test_allocate import PLAIN, snapshot
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population

WAVES = "waves: [{id: one, issue_on: 2026-03-02}, {id: two, issue_on: 2026-04-06}]"
PAIRS = f"randomisation: {{method: matched_pairs, pairs: pair, {WAVES}}}"
STRATA = f"randomisation: {{method: complete, strata: [band], {WAVES}}}"


def in_triples(rows):
    """Three customers to a label, the same labels in every load."""
    whole = rows[: len(rows) // 3 * 3]
    return [row | {"pair": f"P{number // 3:04d}"} for number, row in enumerate(whole)]


def assigned_in_waves(registry, files: Files, one, two) -> None:
    write_csv(files.population, one)
    locked(registry, files)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    write_csv(files.population, two)
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    randomise(registry, FIRST, files.trial)
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, outcomes([*one, *two])))


def primary(registry, files: Files):
    document = evaluate(registry, FIRST, files.trial).document
    rows = [row for row in document["estimates"] if row["outcome"] == "paid" and row["subgroup"] is None]
    return {row["arm"]: row for row in rows if row["estimand"] == "itt"}


def test_pairs_of_one_label_in_two_waves_are_two_pairs(registry, files):
    files.edit_protocol(lambda text: text.replace(PLAIN, PAIRS).replace("share: 2", "share: 1"))
    files.edit_protocol(lambda text: text.replace("covariates: [age], adjustment: lin", "adjustment: none"))
    one = in_triples(eligible(files.customers))
    two = in_triples(eligible(customers(300, first=2_000)))
    assigned_in_waves(registry, files, one, two)
    paid = {row["customer_id"]: row["paid"] for row in outcomes([*one, *two])}
    rows = primary(registry, files)
    assert rows["letter"]["n_arm"] == rows["sms"]["n_arm"] == (len(one) + len(two)) / 3
    assert rows["letter"]["df"] == (len(one) + len(two)) / 3 - 1
    assert 0 < sum(paid.values()) < len(paid)


def test_the_wave_is_a_stratum(registry, files):
    files.edit_protocol(lambda text: text.replace(PLAIN, STRATA))
    files.edit_protocol(lambda text: text.replace("covariates: [age], adjustment: lin", "adjustment: none"))
    one, two = eligible(files.customers), eligible(customers(90, first=2_000))
    assigned_in_waves(registry, files, one, two)
    rows = primary(registry, files)
    cells: dict = {}
    paid = {row["customer_id"]: row["paid"] for row in outcomes([*one, *two])}

    known = ledger_ids(SYNTHETIC_KEY, pa.array(list(paid)))
    of = dict(zip(known.to_pylist(), paid.values(), strict=True))
    for wave in (1, 2):
        for row in snapshot(registry, wave=wave).to_pylist():
            cells.setdefault((wave, row["band"]), {}).setdefault(row["arm"], []).append(of[row["ledger_id"]])
    total = sum(len(values) for cell in cells.values() for values in cell.values())
    expected = sum(
        sum(map(len, cell.values()))
        / total
        * (sum(cell["letter"]) / len(cell["letter"]) - sum(cell["nfa"]) / len(cell["nfa"]))
        for cell in cells.values()
    )
    assert rows["letter"]["estimate"] == pytest.approx(expected, abs=1e-12)
