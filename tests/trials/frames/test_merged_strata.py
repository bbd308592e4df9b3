"""The stratum that customers were assigned in is stored with the allocation, and they are analysed in no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.document import from_document
from analysis.frame import STRATUM_COLUMN, AnalysisFrame
from data.engine import open_engine
from data.identifiers import ledger_ids
from designs.assignment.result import ALGORITHM, MERGED_BY_QUOTA
from designs.protocol import load_protocol
from tests.golden.external import arm, outcome, protocol, row
from tests.trials.examples import FIRST, SEED, Files, customers, load_outcomes, locked, write_csv
from trials.field.allocated import allocated_trial
from trials.field.whole import whole_of
from trials.frames import allocated_here
from trials.frames.sources import Sources
from trials.randomiser.assignment import assign_wave
from trials.registry import Registry, queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.stages.allocate import randomise
from trials.stages.analyse import analyse
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population
from trials.stages.verify import verify

PLAIN = "{method: complete, strata: [band]}"
MERGED = "{method: complete, strata: [band, phone], merge: [phone]}"
THREE_ARMS = "  - {id: sms, kind: otm, label: SMS reminder, share: 1, channel: sms, cost_per_customer: 0.05}\n"


def phones(files: Files, count: int, *, without: Sequence[int] = (0, 1), first: int = 0) -> list[dict[str, Any]]:
    """Customers of whom two have no phone: in each of two bands one, or both in one."""
    rows = customers(count, first=first)
    for at, person in enumerate(rows):
        person.update(principal=100 + at % 50, hnw=0, band="high" if at % 2 else "low")
        person["phone"] = "none" if at in without else "present"
    files.customers = rows
    write_csv(files.population, rows)
    return rows


def two_arms(files: Files, randomisation: str) -> None:
    files.edit_protocol(
        lambda text: text.replace(PLAIN, randomisation).replace(THREE_ARMS, "").replace("share: 2", "share: 1")
        .replace("covariates: [age], adjustment: lin, ", "").replace(", subgroups: [{column: band}]", "")
    )  # fmt: skip


def stored(registry: Registry, trial: str) -> list[pa.Table]:
    with registry.inspect(FIRST, "evaluate", trial) as session:
        records = queries.allocations_of(session, trial)
    return [registry.snapshots.read(record.snapshot_digest) for record in records]


def frame_of(registry: Registry, trial: str, scratch: Path) -> AnalysisFrame:
    with registry.inspect(FIRST, "evaluate", trial) as session:
        outcomes = whole_of(queries.returned_of(session, trial), "outcomes")
        assert outcomes is not None
        sources = Sources(allocated_trial(session, trial, "evaluate"), outcomes, None, outcomes.as_at)
    return allocated_here.frame_of(open_engine(threads=1), registry.snapshots, sources, scratch)


def paid(rows: Sequence[dict[str, Any]], arms: dict[str, str], effect: float) -> list[dict[str, Any]]:
    rng = np.random.default_rng(10)
    made = []
    for name in (person["customer_id"] for person in rows):
        paid = int(rng.random() < 0.3 + effect * (arms[name] == "letter"))
        made.append({"customer_id": name, "paid": paid, "collected": 0})
    return made


def stratified(y: np.ndarray, treated: np.ndarray, stratum: np.ndarray) -> tuple[float, float]:
    """The difference in means within strata weighted by their customers, and its standard error, by hand."""
    estimate = variance = 0.0
    for level in np.unique(stratum):
        parts = [y[(stratum == level) & (treated == of)] for of in (True, False)]
        weight = (stratum == level).mean()
        estimate += weight * (parts[0].mean() - parts[1].mean())
        variance += weight**2 * sum(part.var(ddof=1) / len(part) for part in parts)
    return float(estimate), float(np.sqrt(variance))


def own_ids(files: Files, table: pa.Table) -> list[str]:
    """The customers of an allocation by their own ids: synthetic ledger ids follow a declared key."""
    own = [person["customer_id"] for person in files.customers]
    of_own = dict(zip(ledger_ids(SYNTHETIC_KEY, pa.array(own)).to_pylist(), own, strict=True))
    return [of_own[name] for name in table[LEDGER_ID].to_pylist()]


def test_two_customers_without_a_phone_do_not_undo_an_effect(registry: Registry, files: Files) -> None:
    """Their stratum was merged before the draw; looked at by the columns, one arm of it would have nobody."""
    rows = phones(files, 4000)
    two_arms(files, MERGED)
    locked(registry, files)
    record = randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    assert record.algorithm == MERGED_BY_QUOTA
    (table,) = stored(registry, files.trial)
    assert set(table["stratum"].to_pylist()) == {"band=high", "band=low"}
    ids = own_ids(files, table)
    arms = dict(zip(ids, table["arm"].to_pylist(), strict=True))
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, paid(rows, arms, 0.15)))
    evaluation = from_document(evaluate(registry, FIRST, files.trial).document)
    y = {person["customer_id"]: person["paid"] for person in paid(rows, arms, 0.15)}
    expected = stratified(
        np.array([y[name] for name in ids], float),
        np.array(table["arm"].to_pylist()) == "letter",
        np.array(table["stratum"].to_pylist()),
    )
    effect = row(evaluation, outcome="paid")
    assert (effect.estimate, effect.std_error) == pytest.approx(expected, abs=1e-12)
    assert effect.estimate == pytest.approx(0.15, abs=3 * expected[1])
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


REDRAWN = (
    "{method: rerandomised, strata: [band, phone], merge: [phone], rerandomise: {covariates: [age], threshold: 2.0}}"
)


@pytest.mark.parametrize("scheme", [MERGED, REDRAWN], ids=["complete", "rerandomised"])
@pytest.mark.parametrize("before", [False, True], ids=["now", "of before"])
def test_an_allocation_of_before_has_its_strata_too(
    registry: Registry, files: Files, tmp_path: Path, scheme: str, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no stratum was stored, the units are merged again by the rule of their algorithm."""
    if before:
        monkeypatch.setattr("designs.assignment.schemes.scheme.MERGED_BY_QUOTA", ALGORITHM)
    rows = phones(files, 400, without=(0, 1, 3, 5))
    two_arms(files, scheme)
    if scheme == REDRAWN:
        files.edit_protocol(
            lambda text: text.replace("{standard_errors", "{covariates: [age], adjustment: lin, standard_errors")
        )
    locked(registry, files)
    assert randomise(registry, FIRST, files.trial, demonstration_seed=SEED).algorithm == (
        ALGORITHM if before else MERGED_BY_QUOTA
    )
    monkeypatch.undo()
    (table,) = stored(registry, files.trial)
    assert ("stratum" in table.column_names) == (not before or scheme == MERGED)
    nobody = paid(rows, {person["customer_id"]: "nfa" for person in rows}, 0.0)
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, nobody))
    frame = frame_of(registry, files.trial, tmp_path)
    found = frame.engine.collect(frame.rows)
    # One customer without a phone in the low band and three in the high: each band gives the phone up.
    labels = dict(zip(own_ids(files, found), found[STRATUM_COLUMN].to_pylist(), strict=True))
    assert labels == {person["customer_id"]: f"band={person['band']}" for person in rows}
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_the_two_rules_part_where_shares_are_unequal(registry: Registry, files: Files) -> None:
    """Of ten without a phone a letter at one in eight can expect 1.25: two for each of two arms, and yet too few."""
    phones(files, 400, without=range(0, 20, 2))
    two_arms(files, MERGED)
    files.edit_protocol(lambda text: text.replace("No further action, share: 1", "No further action, share: 7"))
    locked(registry, files)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    (table,) = stored(registry, files.trial)
    assert sorted(set(table["stratum"].to_pylist())) == ["band=high; phone=present", "band=low"]
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))
    with registry.inspect(FIRST, "verify") as session:
        (wave,) = queries.waves_of(session, files.trial)
    again = [
        assign_wave(
            load_protocol(files.protocol).protocol, registry.snapshots.opened(wave.units_digest), wave=1, seed=SEED,
            demonstration=True, protocol_digest="", population_digest="", algorithm=algorithm,
        ).assignment.counts.strata
        for algorithm in (ALGORITHM, MERGED_BY_QUOTA)
    ]  # fmt: skip
    assert again[0] == ("band=high; phone=present", "band=low; phone=none", "band=low; phone=present")
    assert again[1] == ("band=high; phone=present", "band=low")


def test_each_wave_is_merged_by_itself(registry: Registry, files: Files, tmp_path: Path) -> None:
    waves = "waves: [{id: first, issue_on: 2031-02-03}, {id: second, issue_on: 2031-03-03}]"
    phones(files, 200)
    two_arms(files, MERGED.replace("}", f", {waves}}}"))
    locked(registry, files)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    first = files.customers
    later = phones(files, 200, first=400, without=range(0, 100))
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    randomise(registry, FIRST, files.trial)
    files.customers = [*first, *later]
    nobody = paid(files.customers, {person["customer_id"]: "nfa" for person in files.customers}, 0.0)
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, nobody))
    frame = frame_of(registry, files.trial, tmp_path)
    found = frame.engine.collect(frame.rows)
    strata = {(row["_wave"], row[STRATUM_COLUMN]) for row in found.to_pylist()}
    whole = {(band, phone) for band in ("high", "low") for phone in ("none", "present")}
    assert strata == {("wave 1", "band=high"), ("wave 1", "band=low")} | {
        ("wave 2", f"band={band}; phone={phone}") for band, phone in whole
    }


def external(folder: Path, *, shares: dict[str, float] | None = None, merge: Sequence[str] = ("phone",)) -> Path:
    declared = protocol(
        arms=[arm("nfa", "C", "nfa"), arm("letter", "T")],
        outcomes=[outcome("paid", "binary")],
        arm_column="group",
        randomisation={"strata": ["band", "phone"], "merge": list(merge)} | ({"shares": shares} if shares else {}),
    )
    path = folder / "external.yaml"
    path.write_text(json.dumps(declared))
    return path


@pytest.mark.parametrize("written", ["none", "", "not known"])
def test_a_trial_randomised_elsewhere_is_merged_by_the_order_it_declares(tmp_path: Path, written: str) -> None:
    """Also where the small stratum is that of customers of whom it is not known."""
    rng = np.random.default_rng(4)
    treated = rng.permutation(np.arange(4000) % 2 == 0)
    rows = [
        {"group": "CT"[int(t)], "band": "high" if n % 2 else "low", "phone": "present", "paid": int(p < 0.3 + 0.15 * t)}
        for n, (t, p) in enumerate(zip(treated, rng.random(4000), strict=True))
    ]
    for n in (0, 1):
        rows[n]["phone"] = written
    data = write_csv(tmp_path / "data.csv", rows)
    expected = stratified(np.array([r["paid"] for r in rows], float), treated, np.array([r["band"] for r in rows]))
    for shares in (None, {"nfa": 1, "letter": 1}):
        effect = row(analyse(external(tmp_path, shares=shares), data), outcome="paid")
        assert (effect.estimate, effect.std_error) == pytest.approx(expected, abs=1e-12)
