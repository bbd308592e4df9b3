"""Verify: replay the draw from what is stored, hash everything again, and walk the audit chain. Nothing is written."""

from __future__ import annotations

from sqlalchemy.orm import Session

from trials.access import Actor
from trials.proofs.draw import Stored, draw_proofs, plan_proofs, stored_draw
from trials.proofs.evaluations import evaluation_proof
from trials.proofs.proof import Proof, prove
from trials.proofs.record import chain_proof, rows_proof
from trials.registry import Registry, queries
from trials.registry.proof.integrity import trials_written


def verify(registry: Registry, actor: Actor, trial_id: str) -> tuple[Proof, ...]:
    """Everything about a trial that can be proved from what is stored.

    Raises:
        TrialRefused: There is no such trial, and never was.
    """
    with registry.inspect(actor, "verify", trial_id) as session:
        if not _was_there(session, trial_id):
            queries.require_trial(session, trial_id)  # which refuses
        read = [chain_proof(session, registry), rows_proof(session, registry, trial_id)]
        proofs, stored = _of_trial(session, trial_id)
    return (*read, *proofs, *([] if stored is None else draw_proofs(registry, stored)))


def _was_there(session: Session, trial_id: str) -> bool:
    """Whether the trial was ever registered, as the audit chain has it: one that was deleted since is a fault.

    Of a chain that cannot be read the proofs say so, of whatever trial.
    """
    written: list[str] = []

    def read() -> tuple[str, ...]:
        written.extend(trials_written(session))
        return ()

    return not prove("trial", "it was registered", read, session=session).holds or trial_id in written


def _of_trial(session: Session, trial_id: str) -> tuple[list[Proof], Stored | None]:
    """What the rows prove of a trial, and what the proofs of its draw need: None where that cannot be read."""
    found: list[Stored] = []

    def read() -> tuple[str, ...]:
        found.append(stored_draw(session, trial_id))
        return ()

    unread = prove("draw", "what a replay needs is there", read, session=session)
    proofs = [*plan_proofs(session, trial_id), evaluation_proof(session, trial_id)]
    return (proofs, found[0]) if found else ([*proofs, unread], None)
