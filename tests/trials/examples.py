"""A small trial and its files, for every test of the registry and the stages."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from unittest.mock import patch

from trials.access import LOCAL_ACTOR, Actor
from trials.registry import Registry
from trials.registry.records import AllocationRecord, EvaluationRecord, FileAccount, LoadMode
from trials.registry.tables import columns
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.returned_files import load_returned_file

SEED = "5eed" * 16
OTHER_SEED = "0dd5" * 16
FIRST = Actor("First Person", "all")
SECOND = Actor("Second Person", "all")

PROTOCOL = """\
schema: 1
id: {id}
title: Reminders for overdue debts
hypothesis: A reminder raises payment by day 23.
population:
  name: {population}
  unit: customer_id
  where: [{{column: principal, at_least: 32}}]
  exclude: [{{when: {{column: hnw, equals: true}}, reason: worked by the HNW team}}]
{extra}
arms:
  - {{id: nfa, kind: nfa, label: No further action, share: 2}}
  - {{id: letter, kind: otm, label: Plain letter, share: 1, channel: letter, cost_per_customer: 0.85}}
  - {{id: sms, kind: otm, label: SMS reminder, share: 1, channel: sms, cost_per_customer: 0.05}}
randomisation: {{method: complete, strata: [band]}}
outcomes:
  - {{id: paid, role: primary, kind: binary, direction: increase, day: 23}}
  - {{id: collected, role: secondary, kind: amount, direction: increase}}
analysis: {{covariates: [age], adjustment: lin, standard_errors: HC2, subgroups: [{{column: band}}]}}
decision: {{benefits: [{{outcome: collected, value: 1}}]}}
"""


def as_read(registry: Registry, trial: str) -> str | None:
    """The digest of a trial's plan as somebody reads it now."""
    with registry.read(FIRST, trial) as reader:
        return reader.plan_digest(trial, columns.now().date())


def customers(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Invented customers: about 1 in 20 below the limit, 1 in 50 high net worth."""
    return [
        {
            "customer_id": f"C{number:06d}",
            "principal": 20 + number * 37 % 230,
            "hnw": int(number % 50 == 7),
            "band": "high" if number * 37 % 230 > 110 else "low",
            "age": 5 + number * 13 % 400,
        }
        for number in range(first, first + count)
    ]


def eligible(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of them whom the protocol lets take part."""
    return [row for row in rows if row["principal"] >= 32 and not row["hnw"]]


def outcomes(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What those customers did, whatever their arm: a trial with nothing to find."""
    found = []
    for row in rows:
        number = int(row["customer_id"][1:])
        paid = number * 7919 % 100 < 30
        collected = row["principal"] if paid else 0
        found.append({"customer_id": row["customer_id"], "paid": int(paid), "collected": collected})
    return found


def everything(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Every file, link and folder below one, and what it holds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".log":
            continue
        if path.is_symlink():
            found[str(path)] = "link", str(path.readlink()).encode()
        else:
            found[str(path)] = ("folder", b"") if path.is_dir() else ("file", path.read_bytes())
    return found


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


class Files:
    """The files of one trial, in a folder of their own."""

    def __init__(
        self,
        folder: Path,
        *,
        trial: str = "reminders",
        population: str = "debts",
        count: int = 400,
        first: int = 0,
        extra: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.trial = folder, trial
        self.customers = customers(count, first=first)
        self.protocol = folder / f"{trial}.yaml"
        self.protocol.write_text(PROTOCOL.format(id=trial, population=population, extra=extra), encoding="utf-8")
        self.population = write_csv(folder / "population.csv", self.customers)
        self.outcomes = write_csv(folder / "outcomes.csv", outcomes(self.customers))

    def edit_protocol(self, change: Callable[[str], str]) -> None:
        self.protocol.write_text(change(self.protocol.read_text("utf-8")), encoding="utf-8")


def locked(registry: Registry, files: Files, *, actor: Actor = LOCAL_ACTOR, synthetic: bool = True) -> None:
    """Loaded, registered and locked."""
    load_population(registry, actor, files.population, files.protocol, synthetic=synthetic)
    register(registry, actor, files.protocol)
    lock(registry, actor, files.trial)


def allocated(
    registry: Registry, files: Files, *, actor: Actor = LOCAL_ACTOR, seed: str | None = SEED
) -> AllocationRecord:
    """Locked and assigned: synthetic customers from a declared seed, or, with ``seed=None``, real ones."""
    locked(registry, files, actor=actor, synthetic=seed is not None)
    return randomise(registry, actor, files.trial, demonstration_seed=seed)


@contextmanager
def on(day: date) -> Iterator[None]:
    """As if it were another day: what the registry does meanwhile, it does at noon of it."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return noon

    with patch.object(columns, "datetime", Then):
        yield


DUE = date(2099, 1, 1)  # by when everything that any of these trials waits for has happened


def load_outcomes(
    registry: Registry,
    actor: Actor,
    trial: str,
    file: str | Path,
    *,
    as_at: date | None = None,
    mode: LoadMode = "replace",
) -> FileAccount:
    """Cut on the day given, or by the plan's clock; else when everything is due, and today for real customers.

    A later file takes the place of what is there, unless another mode is given.
    """
    if as_at is None:
        with registry.read(LOCAL_ACTOR) as reader:
            detail = reader.trial(trial)
        as_at = DUE if detail.summary.synthetic and detail.protocol.clock is None else None
    return load_returned_file(registry, actor, trial, "outcomes", file, as_at=as_at, mode=mode)


def load_contacts(
    registry: Registry, actor: Actor, trial: str, file: str | Path, *, mode: LoadMode = "add"
) -> FileAccount:
    """A later file is a further part, as of another supplier, unless another mode is given."""
    return load_returned_file(registry, actor, trial, "contacts", file, mode=mode)


def evaluated(registry: Registry, files: Files, *, actor: Actor = LOCAL_ACTOR) -> EvaluationRecord:
    """Dealt, outcomes loaded, evaluated."""
    allocated(registry, files, actor=actor)
    load_outcomes(registry, actor, files.trial, files.outcomes)
    return evaluate(registry, actor, files.trial)
