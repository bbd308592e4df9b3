"""What becomes of a made file by the functions that the commands call, and what is wrong with that."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.engine import Engine, open_engine
from data.errors import Refused
from data.intake import Intake, read_file
from designs.protocol import external_contract, load_protocol, population_contract
from tests.properties.files.made import Cell, Column, Made, Role
from tests.properties.files.roles import TRIAL, Known, protocol_file
from tests.trials.examples import SEED, write_csv
from trials.access import LOCAL_ACTOR
from trials.field.allocated import AllocatedTrial, allocated_trial, known_customers
from trials.field.dispatch import export_ids
from trials.field.happened import with_days
from trials.field.kinds import kind_named
from trials.field.taking import take
from trials.frames.randomised_elsewhere import frame_of
from trials.registry import Registry, open_registry
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.ledger_key import export_key
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

_OF_A_LIBRARY = re.compile(r"Arrow|pandas|Traceback|NoneType|object at 0x|numpy|Exception|codec can't", re.IGNORECASE)
_KEPT_AS = {"sent_on": CONTACT_ON}


@dataclass(frozen=True)
class Field:
    """A trial in the field, the plans of every role, and a folder for the files."""

    folder: Path
    registry: Registry
    trial: AllocatedTrial
    known: Known
    engine: Engine

    def plan_of(self, role: Role) -> Path:
        return self.folder / ("analyse.yaml" if role == "analyse" else "population.yaml")


def field(folder: Path) -> Field:
    """A trial of some three hundred customers, drawn, in a registry of its own."""
    protocol_file(folder, "analyse")
    plan = protocol_file(folder, "population")
    registry = open_registry(Settings(home=folder / "home"))
    rows = [
        {"customer_id": f"C{i:06d}", "principal": 40 + i, "hnw": 0, "region": ("north", "south")[i % 2],
         "debt": 10 + i, "age": 20 + i % 60, "sector": ("retail", "farming")[i % 2], "spoken": ("CY", "EN", "2")[i % 3]}
        for i in range(320)
    ]  # fmt: skip
    load_population(registry, LOCAL_ACTOR, write_csv(folder / "first.csv", rows), plan, synthetic=True)
    register(registry, LOCAL_ACTOR, plan)
    lock(registry, LOCAL_ACTOR, TRIAL)
    randomise(registry, LOCAL_ACTOR, TRIAL, demonstration_seed=SEED)
    for arm in ("letter", "sms"):
        issue(registry, LOCAL_ACTOR, TRIAL, arm, folder / "lists")
    with registry.inspect(LOCAL_ACTOR, "load_outcomes", TRIAL) as session:
        trial = allocated_trial(session, TRIAL, "load_outcomes")
    ledger = known_customers(registry.snapshots, trial).ids
    named = export_ids(export_key(registry.key(), TRIAL), ledger).to_pylist()
    known = Known([row["customer_id"] for row in rows], sorted(named), [of.file_digest for of in trial.lists])
    return Field(folder, registry, trial, known, open_engine())


@dataclass(frozen=True)
class Taken:
    """A file as it was taken: rows read, and of each row taken its number and what its columns hold."""

    read: int
    loaded: int
    rows: list[int]
    values: dict[str, list[Any]]
    rejected: dict[int, list[tuple[str | None, str]]]
    unreadable: set[tuple[int, str]]
    warnings: tuple[str, ...]


def taken(made: Made, path: Path, at: Field) -> Taken | Refused:
    """Read by what the command of its role calls."""
    try:
        if made.role == "analyse":
            protocol = load_protocol(at.plan_of("analyse")).protocol
            intake = read_file(path, external_contract(protocol))
            intake = with_days(protocol, intake, now().date())
            frame_of(at.engine, protocol, intake, "arm", now().date())
            return _of_intake(intake)
        if made.role == "population":
            return _of_intake(read_file(path, population_contract(load_protocol(at.plan_of("population")).protocol)))
        return _of_return(made.role, path, at)
    except Refused as refusal:
        return refusal


def _of_intake(intake: Intake) -> Taken:
    rejected = _by_row((r.row, r.field, r.reason) for r in intake.rejections)
    return Taken(
        intake.read, intake.loaded, [row for row in range(1, intake.read + 1) if row not in rejected],
        {name: _plain(intake.table.column(name)) for name in intake.table.column_names}, rejected,
        {(int(row), cells.field) for cells in intake.unreadable for row in cells.rows.tolist()},
        intake.warnings,
    )  # fmt: skip


def _of_return(role: str, path: Path, at: Field) -> Taken:
    got = take(at.registry, at.trial, kind_named(role), path, now().date())
    names = [name for name in got.table.column_names if not name.startswith("_")]
    return Taken(
        got.intake.read, got.loaded, got.rows.to_pylist(),
        {name: _plain(got.table.column(name)) for name in names},
        _by_row((r.row, r.field, r.reason) for r in got.rejections),
        {(cell.row, cell.field) for cell in got.unreadable},
        got.warnings,
    )  # fmt: skip


def _by_row(rejections: Iterator[tuple[int, str | None, str]]) -> dict[int, list[tuple[str | None, str]]]:
    by_row: dict[int, list[tuple[str | None, str]]] = {}
    for row, name, reason in rejections:
        by_row.setdefault(row, []).append((name, reason))
    return by_row


def _plain(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def wrong_with(made: Made, got: Taken | Refused, path: Path) -> Iterator[str]:
    """Everything that may not be so."""
    if isinstance(got, Refused):
        yield from _wrong_refusal(made, got, path)
        return
    if made.must_be_refused:
        yield "it was loaded, and had to be refused"
        return
    rows = made.rows()
    if got.read != len(rows):
        yield f"{got.read} rows read, and it has {len(rows)}"
        return
    if got.read != got.loaded + len(got.rejected) or sorted([*got.rows, *got.rejected]) != list(range(1, got.read + 1)):
        yield f"read {got.read}, loaded {got.loaded}, rejected {len(got.rejected)}"
        return
    customer_of = {row: customer for row, (customer, _) in enumerate(rows, start=1)}
    yield from _wrong_rows(made, got, customer_of)
    for column in made.columns:
        if column.kind == "unused":
            continue
        for name, cells in by_its_day(made, column).read_as():
            if _KEPT_AS.get(name, name) in got.values:
                yield from _wrong_cells(replace(column, name=name, cells=cells), got, customer_of)
            elif column.kind == "mark" and not any(f"{name!r} names no letter" in said for said in got.warnings):
                yield f"{name} is not kept"
    for pattern in made.warnings:
        if not any(re.search(pattern, warning) for warning in got.warnings):
            yield f"no warning says {pattern!r}: {got.warnings}"


def _wrong_refusal(made: Made, refusal: Refused, path: Path) -> Iterator[str]:
    text = str(refusal)
    if not any(re.search(pattern, text) for pattern in made.refusals):
        yield f"refused, and not for anything that was done to it: {text}"
    if _OF_A_LIBRARY.search(text):
        yield f"the words of a library: {text}"
    lacking = [name for name in ("rule", "remedy") if not getattr(refusal, name)]
    if lacking or path.name not in (refusal.where or ""):
        yield f"a refusal without its {' and '.join(lacking) or 'file'}: {text}"


def _wrong_rows(made: Made, got: Taken, customer_of: dict[int, int | None]) -> Iterator[str]:
    for row in got.rows:
        customer = customer_of[row]
        if customer is None:
            yield f"row {row} is nobody and was loaded"
        elif customer in made.must_lose:
            yield f"row {row} was loaded under a spoilt id"
    for row, reasons in got.rejected.items():
        customer = customer_of[row]
        if any(not reason or not reason.strip() for _, reason in reasons):
            yield f"row {row} was rejected without a reason"
        if (
            customer is not None
            and customer not in made.must_lose | set(made.lost)
            and not _may_go(made, customer, reasons)
        ):
            yield f"row {row} was rejected for nothing: {reasons}"


def _may_go(made: Made, customer: int, reasons: list[tuple[str | None, str]]) -> bool:
    """Whether a row may be lost for a cell that it names: before the draw any, later what every row must have."""
    named = {name for name, _ in reasons}
    for column in made.columns:
        costly = made.role == "population" or column.kind == "id" or column.essential
        if costly and column.name in named and column.cells[customer].state != "good":
            return True
    return False


def by_its_day(made: Made, column: Column) -> Column:
    """What happened once, as it must be read with its day: missing where the two cannot be together."""
    if column.kind != "event":
        return column
    read = []
    for event, day in zip(column.cells, made.column("rang_on").cells, strict=True):
        # Before 1990 and after 2099 is what systems write for no day.
        a_day = day.truth is not None and 1990 <= day.truth.year < 2100
        if event.state == "spoilt" or event.truth is None:
            read.append(event)
        elif day.state == "spoilt":  # read or not, it may be the day that it is
            read.append(Cell(event.truth, event.written, "spoilt"))
        elif event.truth == a_day and (not a_day or day.truth <= now().date()):
            read.append(event)
        else:
            read.append(Cell(Never(), event.written, "spoilt"))
    return replace(column, cells=read)


class Never:
    """What no value is, so that the cell must be listed as one that cannot be read."""


def _wrong_cells(column: Column, got: Taken, customer_of: dict[int, int | None]) -> Iterator[str]:
    values = got.values[_KEPT_AS.get(column.name, column.name)]
    lost: list[Cell] = []
    kept: list[Cell] = []
    for row, value in zip(got.rows, values, strict=True):
        customer = customer_of[row]
        if customer is None:
            continue
        cell = column.cells[customer]
        if value is None:
            listed = (row, column.name) in got.unreadable
            if cell.truth is not None and not listed:
                yield f"row {row}, {column.name}: {cell.written!r} is a blank without a word"
            elif cell.state == "good" and cell.truth is not None:
                yield f"row {row}, {column.name}: {cell.written!r} was not read"
            if cell.truth is not None:
                lost.append(cell)
        elif column.kind == "event day" and not 1990 <= value.year < 2100:
            continue  # kept as it is, for it is the event that is missing
        elif not same(value, cell):
            yield f"row {row}, {column.name}: {cell.written!r} was read as {value!r}, and is {cell.truth!r}"
        else:
            kept.append(cell)
    # A row may be lost for another cell: this column is judged by all that it says.
    elsewhere = [column.cells[place] for row in got.rejected if (place := customer_of[row]) is not None]
    kept += [cell for cell in elsewhere if cell.state == "good"]
    yield from _one_sided(column, kept, [cell for cell in (*lost, *elsewhere) if cell.state == "spoilt"])


def same(value: Any, cell: Cell) -> bool:
    """Whether a value taken is the one that is true."""
    truth = cell.truth
    if truth is None:
        return cell.state == "blank" and isinstance(value, str) and value == cell.written  # among words a word
    if isinstance(truth, bool):
        return bool(value == truth)
    if isinstance(truth, float):
        return not isinstance(value, (str, bool)) and math.isclose(float(value), truth, rel_tol=1e-14)
    return str(value) == str(truth)


def _one_sided(column: Column, kept: list[Cell], lost: list[Cell]) -> Iterator[str]:
    """Half a column read and half not, by what the cells say: only yes, or only amounts below a thousand."""
    if not column.marked or not kept or len(lost) < 3:
        return
    one = column.kind == "boolean" and len({cell.truth for cell in kept}) == 1
    if one and any(cell.truth is (not kept[0].truth) for cell in lost):
        yield f"{column.name}: only {kept[0].truth} is read ({len(kept)}), {len(lost)} are not"
    kept, lost = ([cell for cell in cells if cell.truth is not None] for cells in (kept, lost))
    if column.kind == "boolean" or not kept or len(lost) < 3:
        return
    if max(abs(cell.truth) for cell in kept) < 1000 <= min(abs(cell.truth) for cell in lost):
        yield f"{column.name}: {len(lost)} amounts of a thousand and more are lost, {len(kept)} below are kept"
    elif min(cell.truth for cell in kept) >= 0 > max(cell.truth for cell in lost):
        yield f"{column.name}: {len(lost)} negative amounts are lost, and no other is there"
