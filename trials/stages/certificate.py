"""The certificate of a draw: what was allocated, for people who were not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designs.assignment import declare, gather
from designs.assignment.certificate import write_population
from trials.access import Actor
from trials.concealment import concealed_certificate, sees_arms
from trials.errors import TrialRefused
from trials.life import require
from trials.registry import Registry, queries
from trials.registry.amended import amendment_records
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.plan import plan_of
from trials.registry.records import AmendmentRecord


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate as JSON values, with the seed once it is released.

    ``void`` is the reason where the draw is; ``outside`` is why the plan was locked outside the route of approval, and
    ``amendments`` are those of the plan since its lock.
    """

    certificate: dict[str, Any]
    void: str | None
    outside: str | None = None
    amendments: tuple[AmendmentRecord, ...] = ()


def certificate(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    wave: int = 1,
    population: Path | None = None,
    reason: str | None = None,
) -> Certified:
    """A wave's certificate. Counts by arm and stratum are the randomiser's until the draw is released.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial.
        wave: Counted from 1.
        population: Where to write the units that were allocated (ledger ids, strata, clusters, never arms), for
            ``docs/verify_allocation.py``. Only the randomiser may take these out, and that it was done, and of how
            many, is in the audit chain before the file is there.
        reason: Why they are taken out.

    Raises:
        TrialRefused: This wave has not been allocated, or the file is the registry's own or cannot be written.
    """
    with registry.inspect(actor, "certificate", trial_id) as session:
        require(queries.standing_of(session, trial_id), "certificate")
        allocations = {allocation.wave: allocation for allocation in queries.allocations_of(session, trial_id)}
        if wave not in allocations:
            raise TrialRefused(
                f"wave {wave} has not been allocated, or its rows are gone",
                where=trial_id,
                rule=f"waves that are allocated: {', '.join(map(str, allocations)) or 'none'}",
                remedy="otm verify tells whether rows are gone",
            )
        plan = plan_of(session, trial_id, allocations[wave].protocol_version)
        certificates = dict(zip(allocations, queries.certificates_of(session, trial_id), strict=True))
        waves = {found.number: found for found in queries.waves_of(session, trial_id)}
        void = queries.void_of(session, trial_id)
        released = queries.release_of(session, trial_id) is not None
        amended = amendment_records(session, trial_id)
        outside = queries.locked_outside(session, {trial_id: plan.protocol}).get(trial_id)
    if population is not None:
        registry.permit(actor, "randomise", trial_id)
        registry.settings.require_outside(population)
        units = registry.snapshots.read(waves[wave].units_digest)
        with registry.write(actor, "certificate", trial_id) as work:
            require(queries.standing_of(work.session, trial_id), "certificate", wave=wave)
            work.commit_taken_out(f"units of wave {wave}", units.num_rows, reason)
        try:
            scheme = declare(plan.protocol, allocations[wave].algorithm)
            write_population(gather(scheme, units, LEDGER_ID), population)
        except OSError as error:
            raise TrialRefused(
                f"the file cannot be written ({error.strerror or error})", where=str(population)
            ) from error
    said = certificates[wave] if released or sees_arms(actor) else concealed_certificate(certificates[wave])
    held = void.reason if void is not None and void.holds else None
    return Certified({**said, "seed": allocations[wave].seed}, held, outside, amended)
