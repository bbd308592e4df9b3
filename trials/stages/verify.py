"""Verify: replay the draw and the evaluations from what is stored, hash everything again, and walk the audit chain.

Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from trials.access import Actor
from trials.proofs.draw import Stored, draw_proofs, plan_proofs, stored_draw
from trials.proofs.evaluations import ToRunAgain, evaluation_proof, stored_evaluations
from trials.proofs.proof import Proof, prove
from trials.proofs.record import chain_proof, rows_proof, trials_proof
from trials.registry import Registry, queries
from trials.registry.proof.head_copy import read_copy
from trials.registry.proof.integrity import trials_known
from trials.registry.records import JobLists


@dataclass(frozen=True, slots=True)
class VerifiedAll:
    """What was proved of the registry itself, and of each of its trials by id: those that were deleted, too."""

    proofs: tuple[Proof, ...]
    trials: dict[str, tuple[Proof, ...]]

    @property
    def holds(self) -> bool:
        every = (self.proofs, *self.trials.values())
        return all(proof.holds for proofs in every for proof in proofs)


def verify(
    registry: Registry, actor: Actor, trial_id: str, *, head: Path | None = None, quick: bool = False
) -> tuple[Proof, ...]:
    """Everything about a trial that can be proved from what is stored.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial.
        head: A copy of the chain's head that was kept elsewhere.
        quick: Leave out running evaluations again, which takes as long as they did.

    Raises:
        TrialRefused: There is no such trial, and never was.
        RegistryRefused: The copy is none.
    """
    copy = None if head is None else read_copy(head, registry.home)
    with registry.inspect(actor, "verify", trial_id) as session:
        if not _was_there(session, trial_id):
            queries.require_trial(session, trial_id)  # which refuses
        read = [chain_proof(session, registry, copy), rows_proof(session, registry, trial_id)]
        of_trial = _of_trial(session, trial_id, copy)
    return (*read, *of_trial.with_files(registry, quick, partial(_job_lists, registry, actor, trial_id)))


def verify_all(registry: Registry, actor: Actor, *, head: Path | None = None, quick: bool = False) -> VerifiedAll:
    """Everything that can be proved of the registry and of every trial in it, from what is stored.

    Args:
        registry: The registry.
        actor: Who asks.
        head: A copy of the chain's head that was kept elsewhere.
        quick: Leave out running evaluations again, which takes as long as they did.

    Raises:
        RegistryRefused: The copy is none.
    """
    copy = None if head is None else read_copy(head, registry.home)
    trials: list[str] = []
    with registry.inspect(actor, "verify") as session:
        known = prove("trials", "every trial is known", lambda: trials.extend(trials_known(session)), session=session)
        of_all = trials_proof(session) if known.holds else known
        proofs = (chain_proof(session, registry, copy), rows_proof(session, registry, None), of_all)
    of: dict[str, tuple[Proof, ...]] = {}
    for trial_id in trials:
        with registry.inspect(actor, "verify", trial_id) as session:
            of_trial = _of_trial(session, trial_id, copy)
        of[trial_id] = of_trial.with_files(registry, quick, partial(_job_lists, registry, actor, trial_id))
    return VerifiedAll(proofs, of)


def _was_there(session: Session, trial_id: str) -> bool:
    """Whether the trial was ever registered, as the audit chain has it: one that was deleted since is a fault.

    Of a chain that cannot be read the proofs say so, of whatever trial.
    """
    written: list[str] = []
    known = prove("trials", "it is known", lambda: written.extend(trials_known(session)), session=session)
    return not known.holds or trial_id in written


def _job_lists(registry: Registry, actor: Actor, trial_id: str) -> tuple[JobLists, ...]:
    with registry.inspect(actor, "verify", trial_id) as session:
        return queries.job_lists(session, trial_id)


@dataclass(frozen=True, slots=True)
class _OfTrial:
    """What the rows prove of a trial, and what the proofs that read files need of them."""

    rows: tuple[Proof, ...]
    evaluations: list[ToRunAgain]
    unread: Proof  # the evaluations, where they cannot be read
    draw: Stored | Proof  # the proof that it cannot be read

    def with_files(
        self, registry: Registry, quick: bool, lists: Callable[[], tuple[JobLists, ...]]
    ) -> tuple[Proof, ...]:
        """Every proof: files are hashed and the draw repeated when the read is over, so that no writer waits."""
        evaluations = evaluation_proof(registry, self.evaluations, self.unread, quick=quick)
        draw = (self.draw,) if isinstance(self.draw, Proof) else draw_proofs(registry, self.draw, lists)
        return (*self.rows, evaluations, *draw)


def _of_trial(session: Session, trial_id: str, copy: Mapping[int, str] | None) -> _OfTrial:
    draws, evaluations = list[Stored](), list[ToRunAgain]()
    no_draw = prove(
        "draw", "what a replay needs is there", lambda: draws.append(stored_draw(session, trial_id)), session=session
    )
    rows = plan_proofs(session, trial_id)
    unread = prove(
        "evaluation",
        "they can be read",
        lambda: evaluations.extend(stored_evaluations(session, trial_id, copy)),
        session=session,
    )
    return _OfTrial(rows, evaluations, unread, draws[0] if draws else no_draw)
