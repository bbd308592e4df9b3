"""The certificate of an allocation: all that an outsider needs, besides the population and the seed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.spreadsheet_safety import write_for_program
from data.whole_files import replace_whole
from designs.assignment.files.assign import FileAssignment
from designs.assignment.keyed.stream import commitment
from designs.assignment.population.units import Units, as_array
from designs.assignment.result import Assignment
from designs.assignment.schemes.scheme import BaseScheme
from designs.errors import DesignRefused

_COMPARED = (
    "seed_commitment", "protocol_digest", "population_digest", "customers", "arms", "hold_out", "allocation_digest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CertifiedArm:
    """An arm.

    Args:
        id: Its id.
        weight: Its share is this over the weights of the arms that are open.
    """

    id: str
    weight: int


@dataclass(frozen=True, slots=True)
class CertifiedStratum:
    """One row of the stratum × arm table.

    Args:
        stratum: Its label.
        barred: The arms that its customers may not get, separated by spaces.
        units: Counts of the units that were assigned (clusters, where clusters were), one for each arm and one for the
            hold-out, where there is one.
        customers: K counts of customers.
    """

    stratum: str
    barred: str
    units: tuple[int, ...]
    customers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was assigned, to be published before anyone knows the seed, and checked by anyone who does.

    Args:
        trial: The protocol's id, which enters every hash.
        design: The scheme in words, such as ``stratified and clustered``.
        method: The scheme's name in the protocol.
        scope: "" for a first draw; ``wave 2`` for a later one.
        algorithm: Version of the algorithm.
        protocol_digest, population_digest: SHA-256 of the locked protocol and of the population's snapshot.
        seed_commitment: SHA-256 of the seed's bytes.
        seed: None until it is released.
        demonstration: Whether the seed was declared beforehand: never so in a real trial.
        customers: Everybody assigned.
        clustered: Whether whole clusters were assigned.
        arms: K arms with their weights.
        groups: The group of each arm, and last of the hold-out: cells of one group are within 1 together.
        hold_out: Share of everybody held out on the comparison, as a fraction, or None.
        comparison: The arm that others are compared with.
        strata: J rows of counts.
        allocation_digest: Of everybody's arm.
    """

    trial: str
    design: str
    method: str
    scope: str
    algorithm: str
    protocol_digest: str
    population_digest: str
    seed_commitment: str
    seed: str | None
    demonstration: bool
    customers: int
    clustered: bool
    arms: tuple[CertifiedArm, ...]
    groups: tuple[int, ...]
    hold_out: str | None
    comparison: str | None
    strata: tuple[CertifiedStratum, ...]
    allocation_digest: str

    def to_json(self) -> str:
        """Sorted keys, two spaces: the same certificate is always the same text."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def certify(
    scheme: BaseScheme,
    assignment: Assignment | FileAssignment,
    *,
    trial_id: str,
    protocol_digest: str,
    population_digest: str,
    seed: str,
    scope: str = "",
    demonstration: bool = False,
) -> Certificate:
    """The certificate of an assignment just conducted; the seed itself stays out of it."""
    counts, randomised = assignment.counts, assignment.unit_counts
    strata = zip(randomised.strata, randomised.barred, strict=True)
    units = dict(zip(strata, randomised.table.tolist(), strict=True))
    return Certificate(
        trial=trial_id,
        design=scheme.name,
        method=scheme.method,
        scope=scope,
        algorithm=assignment.algorithm,
        protocol_digest=protocol_digest,
        population_digest=population_digest,
        seed_commitment=commitment(seed),
        seed=None,
        demonstration=demonstration,
        customers=int(counts.table.sum()),
        clustered=scheme.cluster is not None,
        arms=tuple(CertifiedArm(arm, weight) for arm, weight in zip(scheme.arms, scheme.weights, strict=True)),
        groups=scheme.groups,
        hold_out=str(scheme.hold_out) if scheme.hold_out else None,
        comparison=scheme.comparison,
        strata=tuple(
            CertifiedStratum(stratum, barred, tuple(units.get((stratum, barred), ())), tuple(customers))
            for stratum, barred, customers in zip(counts.strata, counts.barred, counts.table.tolist(), strict=True)
        ),
        allocation_digest=assignment.digest,
    )


def write_population(units: Units, destination: Path) -> None:
    """The population as ``docs/verify_allocation.py`` reads it: CSV of id, stratum, cluster and barred arms.

    For a program, which gets every id and label back byte for byte, and as safe in a spreadsheet as any other CSV.
    """
    columns = {"id": units.ids, "stratum": units.strata, "cluster": units.cluster, "barred": units.barred}
    given = {name: _plain_text(column) for name, column in columns.items() if column is not None}
    written = io.BytesIO()
    write_for_program(pa.table(given), written)
    replace_whole(destination, written.getvalue())


def _plain_text(column: Any) -> Any:
    array = as_array(column)
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def released(certificate: Certificate, seed: str) -> Certificate:
    """The certificate with its seed, refused unless the seed is the one committed to."""
    if commitment(seed) != certificate.seed_commitment:
        raise DesignRefused(
            "this is not the seed that the certificate commits to",
            where=certificate.trial,
            rule="one seed per trial, committed to before the draw",
            remedy="release the seed that the registry holds for this trial",
        )
    return replace(certificate, seed=seed)


def read_certificate(text: str) -> Certificate:
    """A certificate from its JSON."""
    try:
        raw: dict[str, Any] = json.loads(text)
        arms = tuple(CertifiedArm(**arm) for arm in raw.pop("arms"))
        strata = tuple(_stratum(row) for row in raw.pop("strata"))
        return Certificate(arms=arms, strata=strata, groups=tuple(raw.pop("groups")), **raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DesignRefused("this is not a certificate", rule="JSON as this service writes it") from error


def _stratum(row: dict[str, Any]) -> CertifiedStratum:
    return CertifiedStratum(row["stratum"], row["barred"], tuple(row["units"]), tuple(row["customers"]))


def differences(certificate: Certificate, replayed: Certificate) -> Iterator[str]:
    """What differs between the certificate that is held and the one that a replay gives, one sentence each."""
    for name in _COMPARED:
        if getattr(certificate, name) != getattr(replayed, name):
            yield f"{name.replace('_', ' ')}: the certificate and the replay differ"
    rows = {(row.stratum, row.barred): row for row in certificate.strata}
    for row in replayed.strata:
        if rows.pop((row.stratum, row.barred), None) != row:
            yield f"stratum {row.stratum!r}: the certificate's counts and the replay's differ"
    for stratum, _ in rows:
        yield f"stratum {stratum!r}: in the certificate, and not in the replay"
