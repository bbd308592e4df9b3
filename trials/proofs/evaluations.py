"""Proofs of the evaluations: each is the one stored."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from trials.proofs.proof import Proof, prove
from trials.registry import queries
from trials.registry.tables.columns import digest_of


def evaluation_proof(session: Session, trial_id: str) -> Proof:
    """Every evaluation as it was stored."""
    return prove(
        "evaluation", "every evaluation is the one stored", lambda: _digests(session, trial_id), session=session
    )


def _digests(session: Session, trial_id: str) -> Iterator[str]:
    for number, digest, document in queries.evaluation_digests(session, trial_id):
        if digest_of(document) != digest:
            yield f"evaluation {number}: its document does not give its digest"
