"""A home with trials in three states, built by the stages that a user calls, from a few thousand invented customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.cohort import DEMONSTRATIONS, Demonstration, lose_tail, outcomes, population
from data.identifiers import ledger_ids
from tests.places import ROOT
from tests.trials.examples import load_outcomes
from trials.access import LOCAL_ACTOR
from trials.registry import Registry, open_registry
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import AllocationRecord
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

SEEDS = {"B": "b0" * 32, "D": "d0" * 32}
CUSTOMERS = 9_000
LIBRARY = ROOT / "designs" / "library"


def build(home: Path, files: Path) -> None:
    """Trial B evaluated, trial D invalid, trial C registered and no more."""
    registry = open_registry(Settings(home=home))
    for letter in ("B", "D"):
        _evaluated(registry, files, DEMONSTRATIONS[letter])
    register(registry, LOCAL_ACTOR, _protocol(DEMONSTRATIONS["C"]))
    registry.close()


def _protocol(demonstration: Demonstration) -> Path:
    return LIBRARY / f"{demonstration.trial.removesuffix('-2026')}.yaml"


def _evaluated(registry: Registry, files: Path, demonstration: Demonstration) -> None:
    trial, protocol = demonstration.trial, _protocol(demonstration)
    people = population(7, CUSTOMERS, demonstration.kind)
    load_population(registry, LOCAL_ACTOR, _written(people, files / f"{trial}.parquet"), protocol, synthetic=True)
    register(registry, LOCAL_ACTOR, protocol)
    lock(registry, LOCAL_ACTOR, trial)
    dealt = randomise(registry, LOCAL_ACTOR, trial, demonstration_seed=SEEDS[demonstration.letter])
    chosen, arms = _dealt(registry, dealt, people)
    found = outcomes(chosen, arms, 11, demonstration.world)
    if demonstration.lost_tail is not None:
        found = lose_tail(found, arms, *demonstration.lost_tail)
    load_outcomes(registry, LOCAL_ACTOR, trial, _written(found, files / f"{trial}-outcomes.parquet"))
    evaluate(registry, LOCAL_ACTOR, trial)


def _dealt(registry: Registry, allocation: AllocationRecord, people: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """The customers who were dealt, in the file's order, with their arms."""
    snapshot = pq.read_table(registry.snapshots.path(allocation.snapshot_digest))
    places = pc.index_in(ledger_ids(SYNTHETIC_KEY, people.column("customer_id")), snapshot.column(LEDGER_ID))
    kept = pc.is_valid(places)
    arms = snapshot.column("arm").take(places.filter(kept)).to_numpy(zero_copy_only=False)
    return people.filter(kept), arms


def _written(table: pa.Table, path: Path) -> Path:
    pq.write_table(table, path)
    return path
