"""Diagnose: a plan is simulated whole, many times, in at most two processes beside this one."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from analysis.diagnosis import (
    TRUTHS,
    Diagnosis,
    Replicate,
    TruthName,
    World,
    declared_world,
    diagnosands,
    diagnosis_document,
    replicate,
)
from designs.drafting import judge_draft
from designs.protocol import ProtocolRefused
from trials.access import Actor
from trials.errors import TrialRefused
from trials.progress import Progress, in_silence
from trials.registry import Registry, queries, tables
from trials.registry.records import DiagnosisRecord
from trials.registry.tables.columns import digest_of, now

REPLICATES: Final = 200
MOST_REPLICATES: Final = 100_000
WORKERS: Final = 2
_FIRST: Final = 4  # trials by which the time of all is known
_EVERY: Final = 2.0  # seconds between two words on how far it is

Task = tuple[TruthName, np.random.SeedSequence]


def diagnose(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    revision: int,
    replicates: int = REPLICATES,
    customers: int | None = None,
    seed: int = 1,
    progress: Progress = in_silence,
) -> DiagnosisRecord:
    """Simulate the draft of a design as it was read, and record what it came to, with the plan's digest.

    Args:
        registry: Where the design is.
        actor: Who asks.
        trial_id: The design.
        revision: The revision that was read.
        replicates, customers, seed: As for :func:`simulated` and :func:`analysis.diagnosis.declared_world`.
        progress: Told how far it is; what it raises ends the work, and nothing is recorded.

    Raises:
        TrialRefused: There is no such design or revision.
        ProtocolRefused: The draft is no protocol yet.
        Refused: The plan cannot be simulated.
    """
    with registry.inspect(actor, "diagnose", trial_id) as session:
        draft = queries.revision_of_draft(session, trial_id, revision).draft
    judged = judge_draft(draft, day=now().date())
    if judged.loaded is None:
        raise ProtocolRefused(judged.errors, where=trial_id)
    plan, digest = judged.loaded.protocol, judged.loaded.digest
    world = declared_world(plan, customers=customers)
    found = simulated(world, digest, replicates=replicates, seed=seed, progress=progress)
    document: dict[str, Any] = diagnosis_document(found)
    with registry.write(actor, "diagnose", trial_id) as work:
        number = queries.next_number(work.session, tables.StoredDiagnosis, trial_id)
        row = tables.StoredDiagnosis(
            trial_id=trial_id, number=number, plan_digest=digest, digest=digest_of(document), document=document,
            made_at=now(), made_by=actor.name,
        )  # fmt: skip
        work.add(row)
        record = DiagnosisRecord(number, found, row.digest, row.made_at, row.made_by)
        work.commit({"diagnosis": number, "plan_digest": digest, "digest": row.digest, "replicates": replicates})
    return record


def simulated(
    world: World, digest: str, *, replicates: int, seed: int, workers: int = WORKERS, progress: Progress = in_silence
) -> Diagnosis:
    """Simulate a plan at every truth, and say what it came to. The number of processes changes nothing of that.

    Args:
        world: From :func:`analysis.diagnosis.declared_world`.
        digest: SHA-256 of the plan.
        replicates: Trials at each truth.
        seed: From which every trial's own follows.
        workers: Processes, 1 or 2; with 1 the trials are made here.
        progress: Told every other second, with the time that all takes and what is left; what it raises ends the work.

    Raises:
        TrialRefused: A number of trials or a seed that cannot be.
        Refused: The plan cannot be drawn or analysed with so many customers.
    """
    if not 2 <= replicates <= MOST_REPLICATES:
        raise TrialRefused(
            f"{replicates:,} trials at each truth are not simulated",
            where="replicates",
            rule=f"from 2 to {MOST_REPLICATES:,}",
            remedy="200 say each chance to within about 7 points, 1,000 to within about 3",
        )
    if seed < 0:
        raise TrialRefused(f"{seed} cannot be a seed", where="seed", rule="a whole number from 0")
    seeds = np.random.SeedSequence(seed).spawn(len(TRUTHS) * replicates)
    # One trial of each truth after the other, so that the first ones tell the time of all.
    tasks = [
        (truth, seeds[number * len(TRUTHS) + at]) for number in range(replicates) for at, truth in enumerate(TRUTHS)
    ]
    found: list[Replicate] = []
    with _replicates(world, digest, tasks, workers) as made:
        progress("simulating the first trials", 0, len(tasks))
        begun = told = time.monotonic()
        for one in made:
            found.append(one)
            at = time.monotonic()
            if len(found) == 1:
                begun = at  # before this the processes were starting
            elif len(found) in (_FIRST, len(tasks)) or at - told >= _EVERY:
                told = at
                progress(_words(len(found), len(tasks), at - begun), len(found), len(tasks))
    of = {truth: found[at :: len(TRUTHS)] for at, truth in enumerate(TRUTHS)}
    return Diagnosis(
        trial=world.plan.id,
        plan_digest=digest,
        outcome=world.plan.primary.id,
        measure=world.plan.primary.effect_in,
        labels=world.plan.labels,
        customers=world.customers,
        replicates=replicates,
        seed=seed,
        truths=tuple(diagnosands(truth, world.truths(truth), of[truth]) for truth in TRUTHS),
        assumptions=world.assumptions,
    )


def _words(done: int, total: int, seconds: float) -> str:
    count = f"trial {done:,} of {total:,} is simulated"
    if done in (total, *range(min(_FIRST, total))):
        return count
    each = seconds / (done - 1)
    return f"{count}; all take about {duration(each * total)}, of which {duration(each * (total - done))} are left"


def duration(seconds: float) -> str:
    """A time to be waited, in the words of people.

    Examples:
        >>> duration(40), duration(100), duration(9000)
        ('40 seconds', '2 minutes', '2 hours 30 minutes')
    """
    if seconds < 60:
        return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    parts = [
        f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((hours, "hour"), (rest, "minute")) if count
    ]
    return " ".join(parts)


@contextmanager
def _replicates(world: World, digest: str, tasks: list[Task], workers: int) -> Iterator[Iterator[Replicate]]:
    """The trials in the order of their tasks; whoever leaves early ends what has not begun."""
    if workers <= 1:
        yield (replicate(world, truth, digest, seed) for truth, seed in tasks)
        return
    # Spawned, not forked: the engine of this process has threads.
    pool = ProcessPoolExecutor(
        min(workers, WORKERS),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(world, digest),
    )
    try:
        yield pool.map(_one, tasks)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_OF_WORKER: list[tuple[World, str]] = []


def _begin(world: World, digest: str) -> None:
    """In a worker: keep the world, and end with the process that asked, however that ends."""
    _OF_WORKER[:] = [(world, digest)]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _one(task: Task) -> Replicate:
    ((world, digest),) = _OF_WORKER
    return replicate(world, task[0], digest, task[1])
