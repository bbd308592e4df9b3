"""The assignment of one wave, from frozen units and a committed seed; the same again for whoever repeats it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.snapshots import Snapshot, SnapshotStore, read_rows
from designs.assignment import Assignment, Scheme, certify, conduct, declare, gather
from designs.assignment.files.assign import ARM, HELD_OUT, PROBABILITY, STRATUM, FileAssignment, assign_file
from designs.assignment.population.waves import scope_of
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial
from designs.assignment.schemes.simple import Simple
from designs.protocol import Protocol
from trials.randomiser.index_dates import dated
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import Plan
from trials.registry.records import DrawRecord, WaveRecord


@dataclass(frozen=True, slots=True)
class AssignedWave:
    """A wave, each of its customers in an arm.

    Args:
        rows: Ledger id, arm, probability, what else the scheme records of a customer and, with batches, the index
            date, in the units' order.
        schema: Of the rows.
        assignment: What the randomiser says about it.
        certificate: As JSON values, without the seed.
    """

    rows: Iterable[pa.RecordBatch]
    schema: pa.Schema
    assignment: Assignment | FileAssignment
    certificate: dict[str, Any]


def assign_frozen(
    snapshots: SnapshotStore, plan: Plan, draw: DrawRecord, wave: WaveRecord, *, algorithm: str = ""
) -> AssignedWave:
    """Assign a wave whose units are frozen, by the seed that was committed to: the draw itself, and whoever repeats it.

    Args:
        snapshots: Where the units are.
        plan: That the units were frozen under.
        draw: The seed.
        wave: The units.
        algorithm: By which the wave was assigned, where it is repeated; the latest for a new one.

    Raises:
        DesignRefused: A stratum or cluster that cannot be assigned, by name.
        DataRefused: The units are not those that were frozen.
    """
    return assign_wave(
        plan.protocol,
        snapshots.opened(wave.units_digest),
        wave=wave.number,
        seed=draw.seed,
        demonstration=draw.demonstration,
        protocol_digest=plan.digest,
        population_digest=wave.population.digest,
        algorithm=algorithm,
    )


def assign_wave(
    protocol: Protocol,
    units: Snapshot | Path,
    *,
    wave: int,
    seed: str,
    demonstration: bool,
    protocol_digest: str,
    population_digest: str,
    algorithm: str = "",
) -> AssignedWave:
    """Assign frozen units to the arms.

    Args:
        protocol: As locked.
        units: The units' snapshot. When the last row has been read it must still be as it was opened.
        wave: Counted from 1; it labels the random numbers.
        seed, demonstration: The trial's one seed, and whether it was declared beforehand.
        protocol_digest, population_digest: What the certificate speaks of.
        algorithm: By which the wave was assigned, where it is repeated; the latest for a new one.

    Raises:
        DesignRefused: A stratum or cluster that cannot be assigned, by name.
    """
    scheme = declare(protocol, algorithm)
    scope = scope_of(wave)
    assignment: Assignment | FileAssignment
    if isinstance(scheme, Simple | Complete | Factorial):
        file = units.path if isinstance(units, Snapshot) else units
        assigned = assign_file(scheme, file, LEDGER_ID, seed, protocol.id, scope=scope)
        assignment, rows, schema = assigned.assignment, _rechecked(assigned.batches(), units), assigned.schema
    else:
        assignment, table = _in_memory(scheme, units, seed, protocol.id, scope)
        rows, schema = iter(table.to_batches()), table.schema
    certificate = certify(
        scheme,
        assignment,
        trial_id=protocol.id,
        protocol_digest=protocol_digest,
        population_digest=population_digest,
        seed=seed,
        scope=scope,
        demonstration=demonstration,
    )
    return AssignedWave(*dated(rows, schema, protocol, units), assignment, asdict(certificate))


def _rechecked(rows: Iterable[pa.RecordBatch], units: Snapshot | Path) -> Iterator[pa.RecordBatch]:
    yield from rows
    if isinstance(units, Snapshot):
        units.recheck()


def _in_memory(
    scheme: Scheme, units: Snapshot | Path, seed: str, trial: str, scope: str
) -> tuple[Assignment, pa.Table]:
    table = read_rows(units)
    gathered = gather(scheme, table, LEDGER_ID)
    assignment = conduct(scheme, gathered, seed, trial, scope=scope)
    added: dict[str, Any] = {STRATUM: gathered.strata} if scheme.records_stratum else {}
    added |= {ARM: assignment.labels, PROBABILITY: assignment.probability}
    if assignment.held_out is not None:
        added[HELD_OUT] = assignment.held_out
    if assignment.conditional is not None:
        added["conditional_probability"] = assignment.conditional
    if assignment.saturation is not None:
        added["saturation"] = assignment.saturation
    for name, values in added.items():
        column = values if isinstance(values, pa.Array) else pa.array(values)
        if name in table.column_names:  # a column of the population, which its own snapshot keeps
            table = table.drop_columns(name)
        table = table.append_column(name, column)
    return assignment, table
