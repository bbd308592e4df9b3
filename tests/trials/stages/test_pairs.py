"""Matched pairs from the lock to the verdict: of clusters, and pairs that all differ alike (case 20)."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analysis.document import from_document
from analysis.results import Estimate, Evaluation
from data.identifiers import ledger_ids
from tests.trials.examples import FIRST, SEED, load_outcomes, write_csv
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

PROTOCOL = """\
schema: 1
id: agents-in-pairs
title: Agents in pairs
hypothesis: A letter to the clients of an agent raises payment.
population: {unit: customer_id, cluster: agent}
arms:
  - {id: nfa, kind: nfa, share: 1}
  - {id: letter, kind: otm, share: 1, channel: letter, cost_per_customer: 0.85}
randomisation: {method: matched_pairs, pairs: pair}
outcomes:
  - {id: paid, role: primary, kind: binary, direction: increase, day: 23}
  - {id: complaint, role: guardrail, kind: binary, direction: decrease, margin: 0.05}
analysis: {standard_errors: CR2}
decision: {benefits: [{outcome: paid, value: 50}]}
"""


def arms_of(registry: Registry, trial: str, own: list[str]) -> dict[str, str]:
    with registry.inspect(FIRST, "evaluate", trial) as session:
        (record,) = queries.allocations_of(session, trial)
    table = registry.snapshots.read(record.snapshot_digest)
    assigned = dict(zip(table[LEDGER_ID].to_pylist(), table["arm"].to_pylist(), strict=True))
    ids = ledger_ids(SYNTHETIC_KEY, pa.array(own)).to_pylist()
    return {name: assigned[ledger_id] for name, ledger_id in zip(own, ids, strict=True)}


def drawn(registry: Registry, protocol: Path, population: Path, trial: str) -> dict[str, str]:
    with population.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    load_population(registry, FIRST, population, protocol, synthetic=True)
    register(registry, FIRST, protocol)
    lock(registry, FIRST, trial)
    randomise(registry, FIRST, trial, demonstration_seed=SEED)
    return arms_of(registry, trial, [row[next(iter(rows[0]))] for row in rows])


def customers() -> Iterator[dict[str, Any]]:
    chance = random.Random(3)
    number = 0
    for agent in range(60):
        for _ in range(chance.randint(5, 25)):
            yield {"customer_id": f"C{number:05d}", "agent": f"A{agent:02d}", "pair": f"P{agent // 2:02d}"}
            number += 1


def effect(evaluation: Evaluation) -> Estimate:
    return next(row for row in evaluation.estimates if row.declared)


def test_pairs_of_clusters_are_evaluated(registry: Registry, tmp_path: Path) -> None:
    """They passed the check, the lock and the draw, and then no evaluation would read them."""
    protocol = tmp_path / "agents.yaml"
    protocol.write_text(PROTOCOL)
    people = list(customers())
    arms = drawn(registry, protocol, write_csv(tmp_path / "population.csv", people), "agents-in-pairs")
    by_agent = {person["agent"]: arms[person["customer_id"]] for person in people}
    assert all(arms[person["customer_id"]] == by_agent[person["agent"]] for person in people)
    assert all(len({by_agent[f"A{2 * pair:02d}"], by_agent[f"A{2 * pair + 1:02d}"]}) == 2 for pair in range(30))
    chance = random.Random(7)
    rows = [
        {
            "customer_id": name,
            "paid": int(chance.random() < 0.3 + 0.2 * (arms[name] == "letter")),
            "complaint": int(chance.random() < 0.004),
        }
        for name in (person["customer_id"] for person in people)
    ]
    load_outcomes(registry, FIRST, "agents-in-pairs", write_csv(tmp_path / "outcomes.csv", rows))
    evaluation = from_document(evaluate(registry, FIRST, "agents-in-pairs").document)
    assert effect(evaluation).df == 29
    assert effect(evaluation).estimate == pytest.approx(0.2, abs=0.08)
    assert evaluation.verdict.code == "scale"


def test_an_adjustment_that_pairs_refuse_is_refused_before_the_lock(registry: Registry, tmp_path: Path) -> None:
    protocol = tmp_path / "agents.yaml"
    protocol.write_text(PROTOCOL.replace("{standard_errors: CR2}", "{standard_errors: CR2, adjustment: additive}"))
    load_population(registry, FIRST, write_csv(tmp_path / "p.csv", list(customers())), protocol, synthetic=True)
    register(registry, FIRST, protocol)
    with pytest.raises(TrialRefused, match="additive is declared for matched pairs"):
        lock(registry, FIRST, "agents-in-pairs")


def test_pairs_that_all_differ_alike_have_no_standard_error(
    registry: Registry, reference_data: Path, tmp_path: Path
) -> None:
    """Ten pence more in every pair, to the rounding of pounds: it was 7e-16 with p = 0."""
    folder = reference_data.parent / "cases" / "20-pairs-that-all-differ-alike"
    arms = drawn(registry, folder / "p.yaml", folder / "population.csv", "equal-pairs")
    chance, pence, rows = random.Random(41), {}, []
    with (folder / "population.csv").open(newline="") as file:
        for person in csv.DictReader(file):
            own = pence.setdefault(person["pair"], chance.randrange(100, 9000)) + 10 * (arms[person["id"]] == "letter")
            rows.append({"id": person["id"], "y": f"{own // 100}.{own % 100:02d}"})
    load_outcomes(registry, FIRST, "equal-pairs", write_csv(tmp_path / "outcomes.csv", rows))
    evaluation = from_document(evaluate(registry, FIRST, "equal-pairs").document)
    assert effect(evaluation).estimate == pytest.approx(0.10, abs=1e-9)
    for row in (*evaluation.estimates, *evaluation.sensitivity):
        assert not row.std_error or row.std_error > 1e-6, row
    assert effect(evaluation).std_error is None
    assert "the same in every pair" in str(effect(evaluation).reason)
    money = evaluation.net_benefit.arms[0].central
    assert (money.std_error, money.p_value) == (None, None)
    assert evaluation.verdict.code == "not_shown"
