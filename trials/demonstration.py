"""The four demonstration trials, built by the use cases that people call: nothing is written past a stage.

The customers are synthetic and so is the field: the arms are learned as a supplier learns them, from the issue lists,
and the returns are files like anybody's. Seeds are declared and marked as such in the certificate, so that every
demonstration tells the same story; a real trial draws its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from data.cohort.demonstrations import DEMONSTRATIONS, Demonstration, Letter
from data.cohort.outcomes import lose_tail, outcomes
from data.cohort.population import population
from data.identifiers import ledger_ids
from data.private import make_private, scratch_in, write_private
from designs.drafting import draft_of_template
from designs.library import FOLDER as LIBRARY
from designs.protocol import Protocol, load_protocol
from trials.access import Actor
from trials.demonstration_approvals import approvals
from trials.field.dispatch import export_ids
from trials.life import State, has_reached
from trials.progress import Progress, in_silence
from trials.registry import Registry, queries
from trials.registry.design_facts import facts_of
from trials.registry.identities.ledger_key import SYNTHETIC_KEY, export_key
from trials.registry.identities.pseudonyms import EXPORT_ID
from trials.registry.storage.folder import DEMONSTRATION
from trials.registry.tables.columns import now
from trials.stages.allocate import randomise
from trials.stages.design import begin_design
from trials.stages.enter import enter
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.returned_files import load_returned_file

DRAWN_ON: Final[Mapping[Letter, date]] = {
    "A": date(2025, 1, 6), "B": date(2025, 3, 17), "C": date(2025, 6, 2), "D": date(2025, 9, 8),
}  # fmt: skip
"""Invented time: each was drawn in the past, and is cut when a year of everybody has passed."""
_A_YEAR: Final = timedelta(days=371)
_CLOCK: Final = """
# Synthetic customers live in invented time: the day that stands for the draw, and the day of the cut.
clock: {{drawn_on: {drawn_on}, cut_on: {cut_on}}}
"""
_UNFINISHED: Final = (
    ("late-returns-2027", "late-returns", "Reminder letters for the returns of 2027", 150),
    ("sa-letters-2027", "sa-debts", "Letters and calls for the debts of 2027", 75),
)
"""Designs on their way: the id, the template, the title, and in how many days from today the draw is meant to be."""


@dataclass(frozen=True, slots=True)
class _Build:
    """One demonstration on its way."""

    registry: Registry
    actor: Actor
    demonstration: Demonstration
    protocol_path: Path
    protocol: Protocol
    customers: pa.Table
    folder: Path

    @property
    def trial(self) -> str:
        return self.demonstration.trial

    @property
    def drawn_on(self) -> date:
        """The day that stands for the draw: as its own protocol has it, which may be of an earlier version."""
        assert self.protocol.clock is not None
        return self.protocol.clock.drawn_on


def build(registry: Registry, actor: Actor, progress: Progress = in_silence) -> tuple[str, ...]:
    """Build whichever of the four trials are not there yet; one that was interrupted goes on where it was.

    Args:
        registry: Where the trials go.
        actor: Who is named in the audit chain.
        progress: Told before each step.

    Returns:
        The ids of the trials that were worked on.
    """
    with registry.read(actor) as reader:
        states: dict[str, State] = {trial.id: trial.state for trial in reader.portfolio()}
    wanted = [wanted for wanted in DEMONSTRATIONS.values() if _is_unfinished(states.get(wanted.trial))]
    total = len(wanted) * len(STEPS)
    for number, demonstration in enumerate(wanted):
        with scratch_in(registry.scratch_room) as scratch:
            at = number * len(STEPS)
            progress(f"{demonstration.letter}: {demonstration.customers:,} synthetic customers", at, total)
            path = _protocol_beside(registry, demonstration)
            customers = population(_number("population", demonstration), demonstration.customers, demonstration.kind)
            work = _Build(registry, actor, demonstration, path, load_protocol(path).protocol, customers, scratch)
            state = states.get(demonstration.trial, "draft")
            for step, (doing, leads_to, carry_out) in enumerate(STEPS):
                progress(f"{demonstration.letter}: {doing}", at + step, total)
                if leads_to is None or not has_reached(state, leads_to):
                    carry_out(work)
    for design, template, title, ahead in _UNFINISHED:
        _begin(registry, actor, design, template, title, ahead)
    progress("done", total, total)
    return tuple(demonstration.trial for demonstration in wanted)


def demonstration_seed(demonstration: Demonstration) -> str:
    """The declared seed of one demonstration: 64 hexadecimal characters from its letter, never searched for."""
    return hashlib.sha256(f"OTM Trials, demonstration {demonstration.letter}".encode()).hexdigest()


def _begin(registry: Registry, actor: Actor, design: str, template: str, title: str, ahead: int) -> None:
    """A design that is under way: begun with a template, and approved as far as things would have come by today."""
    today = now().date()
    with registry.inspect(actor, "read") as session:
        if queries.has_design(session, design) or queries.is_registered(session, design):
            return
    begun, contents = draft_of_template(template, design)
    draft = replace(begun, document={**begun.document, "title": title})
    origin = {"kind": "template", "name": template, "demonstration": True}
    begin_design(registry, actor, design, draft, contents, origin=origin)
    with registry.inspect(actor, "read", design) as session:
        facts = facts_of(session, design, today)
    for entry in approvals(facts, today + timedelta(days=ahead)):
        if entry.on > today:
            break
        enter(registry, actor, design, entry, invented=True)


def _clock(demonstration: Demonstration) -> str:
    drawn_on = DRAWN_ON[demonstration.letter]
    return _CLOCK.format(drawn_on=drawn_on.isoformat(), cut_on=(drawn_on + _A_YEAR).isoformat())


def _number(label: str, demonstration: Demonstration) -> int:
    digest = hashlib.sha256(f"OTM Trials, demonstration {demonstration.letter}, {label}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _protocol_beside(registry: Registry, demonstration: Demonstration) -> Path:
    """The protocol in the registry's home, so that a later version of the library does not read as an edit.

    It has a clock beside what the library says: a trial that was drawn today would have nothing due for a year.
    """
    folder = registry.settings.home / DEMONSTRATION / demonstration.letter
    if not folder.exists():
        make_private(folder / "wording")
        for path in LIBRARY.glob("*.yaml"):
            if load_protocol(path).protocol.id == demonstration.trial:
                text = path.read_text(encoding="utf-8")
                write_private(folder / "protocol.yaml", (text + _clock(demonstration)).encode())
        for path in (LIBRARY / "wording").iterdir():
            write_private(folder / "wording" / path.name, path.read_bytes())
    return folder / "protocol.yaml"


def _register(work: _Build) -> None:
    register(work.registry, work.actor, work.protocol_path)


def _load_population(work: _Build) -> None:
    file = work.folder / "population.parquet"
    pq.write_table(work.customers, file)
    load_population(work.registry, work.actor, file, work.protocol_path, synthetic=True)


def _lock(work: _Build) -> None:
    """Through the gates of its route, as far as they are not on record yet, then the lock."""
    with work.registry.inspect(work.actor, "read", work.trial) as session:
        facts = facts_of(session, work.trial, now().date())
    for entry in tuple(approvals(facts, work.drawn_on))[len(facts.recorded) :]:
        enter(work.registry, work.actor, work.trial, entry, invented=True)
    lock(work.registry, work.actor, work.trial)


def _randomise(work: _Build) -> None:
    randomise(work.registry, work.actor, work.trial, demonstration_seed=demonstration_seed(work.demonstration))


def _return_from_field(work: _Build) -> None:
    """Issue the lists, let the synthetic customers live a year, and load what suppliers and ledgers send back."""
    arms = _arms_as_issued(work)
    lived = outcomes(work.customers, arms, _number("outcomes", work.demonstration), work.demonstration.world)
    contacted = pa.array([arm is not None for arm in arms])
    contacts = work.folder / "contacts.parquet"
    pq.write_table(_contacts(work, lived, arms).filter(contacted), contacts)
    load_returned_file(work.registry, work.actor, work.trial, "contacts", contacts)
    if work.demonstration.lost_tail is not None:
        lived = lose_tail(lived, arms, *work.demonstration.lost_tail)
    file = work.folder / "outcomes.parquet"
    pq.write_table(lived.drop_columns(_receipt(work)), file)
    load_returned_file(work.registry, work.actor, work.trial, "outcomes", file)


def _arms_as_issued(work: _Build) -> np.ndarray:
    """Each customer's arm as the lists have it; a customer on no list was not contacted."""
    exported = export_ids(
        export_key(work.registry.key(), work.trial), ledger_ids(SYNTHETIC_KEY, work.customers.column("customer_id"))
    )
    arms = np.full(work.customers.num_rows, None, dtype=object)
    for arm in work.protocol.arms:
        if arm.channel is None:
            continue
        issued = issue(work.registry, work.actor, work.trial, arm.id, work.folder / "lists")
        listed = pyarrow.csv.read_csv(issued.path).column(EXPORT_ID)
        arms[pc.is_in(exported, value_set=listed).to_numpy(zero_copy_only=False)] = arm.id
    return arms


def _receipt(work: _Build) -> list[str]:
    """Columns that the contacts bring, and the file of outcomes so must not."""
    complier = work.protocol.analysis.complier
    return [complier.received] if complier else []


def _contacts(work: _Build, lived: pa.Table, arms: np.ndarray) -> pa.Table:
    channels = {arm.id: arm.channel for arm in work.protocol.arms}
    columns = {
        "customer_id": lived.column("customer_id"),
        "channel": pa.array([channels.get(arm) for arm in arms], pa.string()),
        "sent_on": pa.array([work.drawn_on.isoformat()] * lived.num_rows),
        "delivered": pc.invert(lived.column("undelivered")),
    }
    return pa.table(columns | {name: lived.column(name) for name in _receipt(work)})


def _evaluate(work: _Build) -> None:
    evaluate(work.registry, work.actor, work.trial)


STEPS: tuple[tuple[str, State | None, Callable[[_Build], None]], ...] = (
    ("registering the protocol", None, _register),
    ("loading the population", None, _load_population),
    ("locking the plan", "locked", _lock),
    ("allocating customers to arms", "allocated", _randomise),
    ("a year in the field", "data_cut", _return_from_field),
    ("evaluating", "analysed", _evaluate),
)
"""What is done, the state that it leads to, and how; a step that leads to none may be repeated, the rest may not."""


def _is_unfinished(state: State | None) -> bool:
    return state is None or not (state == "void" or has_reached(state, "analysed"))
