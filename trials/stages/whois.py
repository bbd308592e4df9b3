"""Who is who: where a customer stands in a trial, told to whoever may know it, and recorded that it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from data.identifiers import MAXIMUM_ID_BYTES, ledger_ids
from data.intake import read_file
from data.schema import FileContract
from data.text import unstorable
from designs.protocol.day_zero import not_before
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial, allocated_trial, ledger_key_of
from trials.field.day_zero import drawn_on
from trials.field.dispatch import export_ids
from trials.life import require
from trials.randomiser.eligibility import REASON
from trials.registry import Registry, queries
from trials.registry.identities.ledger_key import export_key
from trials.registry.identities.pseudonyms import INDEX_DATE, LEDGER_ID
from trials.registry.records import AllocationRecord, IssueRecord, WaveRecord

Standing = Literal["in_an_arm", "was_in_an_arm_of_a_void_draw", "left_out", "loaded_since", "unknown"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a customer stands in one trial.

    Attributes:
        asked: The id as it was given.
        standing: In an arm, or in one before the draw was made void; left out before the draw; in a file of the
            population that was loaded since; or nobody.
        customer: Their own id; None where only the id on a list is known.
        export_id: The id on the trial's lists; None of who was not assigned.
        arm, wave, day_zero: Of who was assigned.
        reason: Why they were left out.
        lists: The issue lists that they are on, in order.
        void: The draw is void, and its arms count for nothing.
    """

    asked: str
    standing: Standing
    customer: str | None = None
    export_id: str | None = None
    arm: str | None = None
    wave: int | None = None
    day_zero: date | None = None
    reason: str | None = None
    lists: tuple[IssueRecord, ...] = ()
    void: bool = False


def whois(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    customers: Sequence[str],
    *,
    population: str | Path | None = None,
    reason: str | None = None,
) -> tuple[Whereabouts, ...]:
    """Where customers stand in a trial: their arm, wave, day 0 and lists, or why they have none.

    That it was asked is in the audit chain before anything is told: by whom, of how many customers and why; never of
    whom, for the chain holds no customer.

    Args:
        registry: Where the trial is.
        actor: Who asks; the randomiser, who issues the lists.
        trial_id: The trial; of a void draw too, for letters may have gone out.
        customers: Their own ids as in the population file, or the ids on the trial's lists.
        population: A file with the customers' own ids, which leads from an id on a list back to them.
        reason: Why it is asked.

    Raises:
        AccessRefused: The actor may not know it.
        TrialRefused: Nothing was allocated, or none of them is known to the trial.
        DataRefused: The file is refused.
    """
    with registry.inspect(actor, "whois", trial_id) as session:
        trial = allocated_trial(session, trial_id, "whois")
    found = _whereabouts(registry, trial, customers, None if population is None else Path(population))
    told = sum(of.arm is not None for of in found)
    with registry.write(actor, "whois", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "whois")
        said = {"reason": reason.strip()} if reason and reason.strip() else {}
        work.commit({"asked": len(found), "arms_told": told, **said})
    if all(of.standing == "unknown" for of in found):
        raise TrialRefused(
            "no customer of this trial has this id" if len(found) == 1 else "no customer of this trial has these ids",
            where=trial_id,
            rule="a customer's own id is written exactly as in the population file; an id on a list begins with x",
            remedy="look whether the id has kept its form: leading zeros, capitals, blanks",
        )
    return found


def _whereabouts(
    registry: Registry, trial: AllocatedTrial, asked: Sequence[str], population: Path | None = None
) -> tuple[Whereabouts, ...]:
    """Where each of some customers stands.

    Args:
        registry: Whose keys name them.
        trial: The trial.
        asked: Customers' own ids as in the population file, or the ids on the trial's lists.
        population: A file with the customers' own ids, to lead from the id on a list back to them: the registry keeps
            none. Not needed where it is not asked for.

    Raises:
        DataRefused: The file is refused.
    """
    key, exports = ledger_key_of(registry, trial), export_key(registry.key(), trial.plan.trial)
    texts = [name for name in dict.fromkeys(asked) if unstorable(name) is None]  # no file holds any other
    usable = [name for name in texts if 0 < len(name.encode()) <= MAXIMUM_ID_BYTES]
    own = dict(zip(usable, ledger_ids(key, pa.array(usable, pa.string())).to_pylist(), strict=True))
    found: dict[str, Whereabouts] = {}
    for wave, allocation in zip(trial.waves, trial.allocations, strict=True):
        found |= _assigned(registry, trial, wave, allocation, own, exports)
    left = {name: customer for name, customer in own.items() if name not in found}
    found |= _not_assigned(registry, trial, left)
    names = {} if population is None else _own_ids(trial, population, key, exports)
    void = any(allocation.voided for allocation in trial.allocations)
    return tuple(replace(_named(found.get(name) or Whereabouts(name, "unknown"), names), void=void) for name in asked)


def _assigned(
    registry: Registry,
    trial: AllocatedTrial,
    wave: WaveRecord,
    allocation: AllocationRecord,
    own: Mapping[str, str],
    exports: bytes,
) -> dict[str, Whereabouts]:
    """Those of one wave, by the id that was asked for; an own id goes before an id on a list that looks the same."""
    rows = registry.snapshots.read(allocation.snapshot_digest)
    listed = export_ids(exports, rows.column(LEDGER_ID))
    found: dict[str, Whereabouts] = {}
    for by_own, ids in ((False, listed), (True, rows.column(LEDGER_ID))):
        wanted = own if by_own else {name: name for name in own}
        places = pc.index_in(pa.array(list(wanted.values()), pa.string()), value_set=ids)
        for name, place in zip(wanted, places.to_pylist(), strict=True):
            if place is not None:
                row = rows.slice(place, 1).to_pylist()[0]
                found[name] = Whereabouts(
                    asked=name,
                    standing="was_in_an_arm_of_a_void_draw" if allocation.voided else "in_an_arm",
                    customer=name if by_own else None,
                    export_id=listed[place].as_py(),
                    arm=row["arm"],
                    wave=wave.number,
                    day_zero=_day_zero(trial, allocation, row.get(INDEX_DATE)),
                    lists=_lists(registry, trial, wave, row[LEDGER_ID], row["arm"]),
                )
    return found


def _day_zero(trial: AllocatedTrial, allocation: AllocationRecord, planned: date | None) -> date | None:
    day = planned or allocation.index_date
    return None if day is None else not_before(day, drawn_on(trial, allocation))


def _lists(
    registry: Registry, trial: AllocatedTrial, wave: WaveRecord, ledger_id: str, arm: str
) -> tuple[IssueRecord, ...]:
    scheme, batch = trial.plan.protocol.randomisation.batches, None
    if scheme is not None:
        rows = registry.snapshots.read(wave.population.digest, [LEDGER_ID, scheme.column])
        of = rows.filter(pc.equal(rows.column(LEDGER_ID), ledger_id)).column(scheme.column)
        batch = str(of[0].as_py())
    return tuple(
        issued
        for issued in trial.lists
        if (issued.trial, issued.arm) == (trial.plan.trial, arm)
        and wave.number in issued.manifest.get("waves", [wave.number])
        and issued.manifest.get("batch") in (None, batch)
    )


def _not_assigned(registry: Registry, trial: AllocatedTrial, own: Mapping[str, str]) -> dict[str, Whereabouts]:
    """Those left out before a draw, and those who came into the population since."""
    wanted = pa.array(list(own.values()), pa.string())
    found: dict[str, Whereabouts] = {}
    later = registry.snapshots.read(trial.latest_load, [LEDGER_ID]).column(LEDGER_ID)
    for name, there in zip(own, pc.is_in(wanted, value_set=later).to_pylist(), strict=True):
        if there:
            found[name] = Whereabouts(name, "loaded_since", name)
    for wave in trial.waves:
        rows = registry.snapshots.read(wave.excluded_digest)
        places = pc.index_in(wanted, value_set=rows.column(LEDGER_ID)).to_pylist()
        for name, place in zip(own, places, strict=True):
            if place is not None:
                reason = rows.slice(place, 1).to_pylist()[0][REASON]
                found[name] = Whereabouts(name, "left_out", name, wave=wave.number, reason=reason)
    return found


def _own_ids(trial: AllocatedTrial, file: Path, key: bytes, exports: bytes) -> dict[str, str]:
    """The customers' own ids in a file, by the id on the trial's lists."""
    unit = trial.plan.protocol.population.unit
    ids = read_file(file, FileContract(unit, duplicates="reject")).table.column(unit)
    return dict(zip(export_ids(exports, ledger_ids(key, ids)).to_pylist(), ids.to_pylist(), strict=True))


def _named(found: Whereabouts, names: Mapping[str, str]) -> Whereabouts:
    if found.customer is not None or found.export_id is None:
        return found
    return replace(found, customer=names.get(found.export_id))
