"""A trial of the library with a few synthetic customers, before its gates or through them and locked."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from data.cohort.demonstrations import DEMONSTRATIONS
from data.cohort.population import population
from designs.library import template_named
from tests.trials.examples import FIRST
from trials.demonstration_approvals import approvals
from trials.registry import Registry
from trials.registry.design_facts import facts_of
from trials.stages.enter import enter
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

LETTERS = {"sa-debts": "A", "small-debts": "B", "late-returns": "C"}
DRAWN_ON = date(2025, 1, 6)
TODAY = date(2026, 11, 30)


def loaded(registry: Registry, folder: Path, template: str = "sa-debts", customers: int = 400) -> str:
    """Register a template with a demonstration's clock, and load customers for it; the trial's id."""
    plan = folder / "plan"
    shutil.copytree(template_named(template).path.parent, plan)
    path = plan / f"{template}.yaml"
    path.write_text(path.read_text("utf-8") + f"\nclock: {{drawn_on: {DRAWN_ON}, cut_on: 2026-01-12}}\n", "utf-8")
    pq.write_table(population(1, customers, DEMONSTRATIONS[LETTERS[template]].kind), folder / "customers.parquet")
    trial = register(registry, FIRST, path).trial
    load_population(registry, FIRST, folder / "customers.parquet", path, synthetic=True)
    return trial


def approve(registry: Registry, trial: str) -> None:
    """Put on record what a demonstration's gates ask for, and lock it."""
    with registry.inspect(FIRST, "read", trial) as session:
        facts = facts_of(session, trial, TODAY)
    for entry in approvals(facts, DRAWN_ON):
        enter(registry, FIRST, trial, entry, invented=True)
    lock(registry, FIRST, trial)
