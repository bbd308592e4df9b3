"""The deal of one wave, from frozen units and a committed seed; the same again for whoever repeats it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from designs.assignment import Assignment, certify, conduct, declare, gather
from designs.protocol import Protocol
from trials.registry.identity import LEDGER_ID

STRATUM = "stratum"


@dataclass(frozen=True, slots=True)
class Dealt:
    """A wave, dealt.

    Args:
        table: Ledger id, arm (text), probability and stratum, rows as the units had them.
        assignment: What the randomiser says about it.
        certificate: As JSON values, without the seed.
    """

    table: pa.Table
    assignment: Assignment
    certificate: dict[str, Any]


def scope_of(wave: int) -> str:
    """The label that keeps a later wave's random numbers apart from the first's."""
    return "" if wave == 1 else f"wave {wave}"


def deal(
    protocol: Protocol,
    units: pa.Table,
    *,
    seed: str,
    demonstration: bool,
    protocol_digest: str,
    population_digest: str,
) -> Dealt:
    """Deal frozen units.

    Raises:
        DesignRefused: A stratum or cluster that cannot be dealt, by name.
    """
    scheme = declare(protocol)
    gathered = gather(scheme, units, LEDGER_ID)
    assignment = conduct(scheme, gathered, seed, protocol.id)
    columns: dict[str, Any] = {
        LEDGER_ID: units.column(LEDGER_ID),
        "arm": assignment.labels,
        "probability": pa.array(assignment.probability),
    }
    if gathered.strata is not None:
        columns[STRATUM] = gathered.strata
    certificate = certify(
        scheme,
        assignment,
        trial_id=protocol.id,
        protocol_digest=protocol_digest,
        population_digest=population_digest,
        seed=seed,
        demonstration=demonstration,
    )
    return Dealt(pa.table(columns), assignment, asdict(certificate))
