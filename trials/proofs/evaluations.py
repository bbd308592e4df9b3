"""Proofs of the evaluations: each is the one stored, and run again on the same files it says the same.

A chain, its head and a row can be forged together so that they agree; what the files and the code say cannot. An
evaluation is made again as the registry stood when it was made: the waves that were allocated, the loads that were
there, the looks that were taken. Where another code or other libraries made it, digits may differ for good reasons:
then only its verdict is compared, and what was not compared is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from analysis.document import to_document
from analysis.results import Look as LookTaken
from data.errors import Refused
from data.private import scratch_in
from trials.field.allocated import AllocatedTrial, with_amendments
from trials.field.cut import cut_of_evaluation
from trials.field.whole import whole_of
from trials.frames.code import code_digest
from trials.frames.evaluated import evaluated
from trials.frames.sources import Sources
from trials.proofs.proof import Look, Proof, Remark, prove
from trials.registry import Registry, queries
from trials.registry.plan import plan_at_draw
from trials.registry.proof.chain_head import proved_to
from trials.registry.records import EvaluationRow, ReturnedFileRecord
from trials.registry.tables.columns import digest_of

_SHOWN = 12  # characters of a digest


@dataclass(frozen=True, slots=True)
class ToRunAgain:
    """An evaluation, and what it was made of; ``unread`` says why that cannot be told."""

    row: EvaluationRow
    sources: Sources | None
    looks: tuple[LookTaken, ...]
    excused: str  # what shows that it may have said so when it was made, though this code says otherwise
    unread: str = ""


def stored_evaluations(session: Session, trial_id: str, copy: Mapping[int, str] | None = None) -> list[ToRunAgain]:
    """Every evaluation of a trial, with what it was made of, read in one transaction.

    Args:
        session: Where the trial is.
        trial_id: The trial.
        copy: Of the chain's head: what that has seen was not forged since.
    """
    excuses = _excuses(session, trial_id, copy or {})
    found = []
    for row in queries.evaluation_rows(session, trial_id):
        try:
            sources = _sources(session, trial_id, row)
            looks = _looks(session, sources, row.number)
            found.append(ToRunAgain(row, sources, looks, excuses.get(row.digest, "")))
        except (Refused, LookupError) as error:
            found.append(ToRunAgain(row, None, (), excuses.get(row.digest, ""), str(error)))
    return found


def _excuses(session: Session, trial_id: str, copy: Mapping[int, str]) -> dict[str, str]:
    """What shows of evaluations, by their digest, that they were not forged since, or that the program changed."""
    events = queries.audit_events(session)
    proved = proved_to(copy, {event.sequence: event.hash for event in events})
    migrated = [
        event.sequence
        for event in events
        if event.action == "migrate" or (event.action == "restore" and event.detail["rows"])
    ]
    excuses = {}
    for event in events:
        if event.action == "evaluate" and event.trial == trial_id:
            if event.sequence <= proved:
                excuse = "the copy of the chain head has seen it as it is stored"
            else:
                excuse = (
                    "the registry was migrated to another program since" if migrated[-1:] > [event.sequence] else ""
                )
            excuses[event.detail["evaluation_digest"]] = excuse
    return excuses


def evaluation_proof(registry: Registry, stored: list[ToRunAgain], unread: Proof, *, quick: bool) -> Proof:
    """Every evaluation as it was stored and, unless ``quick``, run again.

    Args:
        registry: Where the files are.
        stored: As read.
        unread: The proof that they could be.
        quick: Leave out what takes as long as the evaluations did.
    """
    looks: list[Look] = [lambda: unread.faults, *(partial(_as_stored, one.row) for one in stored)]
    if not quick:
        looks += [partial(_again, registry, one) for one in stored]
    elif stored:
        looks.append(lambda: [Remark(f"{len(stored)} evaluations were not run again, for --quick was given")])
    return prove("evaluation", "every evaluation is the one stored", *looks)


def _as_stored(row: EvaluationRow) -> Iterator[str]:
    where, document = f"evaluation {row.number}", row.document
    if digest_of(document) != row.digest:
        yield f"{where}: its document does not give its digest"
    verdict = document["verdict"]
    pairs = {
        "verdict": (row.verdict_code, verdict["code"]),
        "arm of the verdict": (row.verdict_arm, verdict["arm"]),
        "sentence": (row.verdict_sentence, verdict["sentence"]),
        "protocol": (row.protocol_digest, document["protocol_digest"]),
        "data": (row.data_digest, document["data_digest"]),
    }
    for what, (of_row, of_document) in pairs.items():
        if of_row != of_document:
            yield f"{where}: its row and its document differ in the {what}: {of_row!r} and {of_document!r}"


def _again(registry: Registry, stored: ToRunAgain) -> Iterator[str]:
    """What the same files and this code say, against what is stored."""
    row, where = stored.row, f"evaluation {stored.row.number}"
    made_alike = row.code_digest == code_digest()
    if stored.sources is None:
        yield f"{where}: what it was made of is not there any more: {stored.unread}"
        return
    with ExitStack() as held:
        try:
            scratch = held.enter_context(scratch_in(registry.scratch_room))
        except Refused as refusal:  # a home that can only be read
            yield Remark(f"{where}: was not run again: {refusal}")
            return
        try:
            engine = registry.settings.engine
            document = to_document(evaluated(engine, registry.snapshots, stored.sources, stored.looks, scratch))
            if "salt" in row.document:
                document["salt"] = row.document["salt"]
        except Refused as refusal:
            said = f"{where}: cannot be run again: {refusal}"
            yield said if made_alike else Remark(f"{said} (other code made it, {row.code_digest[:_SHOWN]}…)")
            return
    yield from _compared(stored, document, made_alike)


def _compared(stored: ToRunAgain, document: dict[str, Any], made_alike: bool) -> Iterator[str]:
    row, where = stored.row, f"evaluation {stored.row.number}"
    if digest_of(document) == row.digest:
        return
    then, now = row.document, document
    other = [
        f"{name} {then.get('versions', {}).get(name)}, and not {version}"
        for name, version in now["versions"].items()
        if name != "code" and then.get("versions", {}).get(name) != version
    ]
    if not made_alike:
        other.insert(0, f"code {row.code_digest[:_SHOWN]}…, and not {code_digest()[:_SHOWN]}…")
    maker = f"it was made by {' and '.join(other)}" if other else "the same code made it"
    differing = sorted(
        name for name in then.keys() | now.keys() if name != "versions" and then.get(name) != now.get(name)
    )
    if _verdict(then) != _verdict(now):
        words = f"{where}: run again on the same files it says {_said(now)}, stored is {_said(then)} ({maker})"
        if other and stored.excused:
            yield Remark(f"{words}; {stored.excused}")
        elif other:
            yield f"{words}: verify it with what made it, or with a copy of the chain head that has seen it"
        else:
            yield words
    elif other and differing:
        yield Remark(
            f"{where}: run again on the same files its verdict is the same; not compared, since {maker}: "
            f"{', '.join(differing)}"
        )
    elif other:
        yield Remark(f"{where}: run again on the same files it is the same in everything, though {maker}")
    else:
        yield f"{where}: run again on the same files it differs in {', '.join(differing) or 'its versions'}"


def _verdict(document: Mapping[str, Any]) -> tuple[Any, ...]:
    verdict = document["verdict"]
    return verdict["code"], verdict["arm"], verdict["segment"]


def _said(document: Mapping[str, Any]) -> str:
    code, arm, segment = _verdict(document)
    return " ".join(str(part) for part in (code, arm, segment) if part is not None)


def _sources(session: Session, trial_id: str, row: EvaluationRow) -> Sources:
    """What was there of a trial when an evaluation of it was made."""
    allocations = tuple(
        allocation
        for allocation in queries.allocations_of(session, trial_id)
        if allocation.allocated_at <= row.evaluated_at
    )
    plan = plan_at_draw(session, trial_id, allocations[-1].protocol_version)
    population = queries.locked_population(session, trial_id, plan.version)
    waves = queries.waves_of(session, trial_id)[: len(allocations)]
    bare = AllocatedTrial(plan, population, waves, allocations, population.digest, ())
    trial = with_amendments(session, bare, until=row.evaluated_at)
    returned = [file for file in queries.returned_of(session, trial_id) if _was_there(file, row)]
    outcomes = whole_of(returned, "outcomes")
    if outcomes is None:
        raise LookupError("the outcomes that it names")
    as_at = row.as_at or cut_of_evaluation(trial, None, outcomes.as_at)
    return Sources(trial, outcomes, whole_of(returned, "contacts"), as_at)


def _was_there(file: ReturnedFileRecord, row: EvaluationRow) -> bool:
    last = row.outcomes_version if file.kind == "outcomes" else row.contacts_version
    return last is not None and file.version <= last


def _looks(session: Session, sources: Sources, number: int) -> tuple[LookTaken, ...]:
    plan = sources.trial.plan
    if plan.protocol.analysis.looks is None:
        return ()
    return tuple(queries.looks_taken(session, plan.trial, before=number).values())
