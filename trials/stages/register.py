"""Register: a protocol enters the registry, whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data.text import unstorable
from designs.protocol import CheckedProtocol, check
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries, tables
from trials.registry.kept_texts import keep_texts
from trials.registry.plan import plan_of, refuse_other_than_locked
from trials.registry.tables.columns import now


@dataclass(frozen=True, slots=True)
class Registered:
    """A protocol in the registry; ``new`` is false where the same text was there already."""

    trial: str
    title: str
    version: int
    digest: str
    new: bool


def register(
    registry: Registry, actor: Actor, protocol_path: str | Path, checked: CheckedProtocol | None = None
) -> Registered:
    """Register a protocol, or a new version of a draft.

    Args:
        registry: Where it enters.
        actor: Who registers it.
        protocol_path: Its file, with its texts beside it.
        checked: What a process of its own found of this file, so that this one need not read it.

    Raises:
        ProtocolRefused: The file is no protocol.
        TrialRefused: The trial is locked and the file says something else.
    """
    path = Path(protocol_path).absolute()
    if unstorable(str(path)):
        raise TrialRefused(
            "the name of the file, or of a folder above it, is not UTF-8",
            where=str(path),
            rule="the registry remembers where a protocol lies, to notice an edit after the lock",
            remedy="rename it, and register it again",
        )
    found = check(path).checked if checked is None else checked
    trial_id, texts = found.id, frozenset(found.texts.values())
    names = tuple(map(PurePosixPath, found.texts))
    with registry.write(actor, "register", trial_id) as work:
        version = 1
        if not queries.is_registered(work.session, trial_id):
            work.add(tables.Trial(id=trial_id, registered_at=now(), registered_by=actor.name))
        else:
            plan = plan_of(work.session, trial_id)
            refuse_other_than_locked(plan, found.digest, path)
            if plan.digest == found.digest and (plan.lock is not None or plan.path == path):
                kept = keep_texts(work, trial_id, texts, path, names)
                if kept:
                    work.commit({"protocol_digest": found.digest, "version": plan.version, "texts_kept": kept})
                return Registered(trial_id, found.title, plan.version, found.digest, new=False)
            version = queries.next_number(work.session, tables.ProtocolVersion, trial_id)
        work.add(
            tables.ProtocolVersion(
                trial_id=trial_id,
                version=version,
                digest=found.digest,
                canonical=found.canonical,
                path=str(path),
                registered_at=now(),
                registered_by=actor.name,
            )
        )
        kept = keep_texts(work, trial_id, texts, path, names)
        work.commit({"protocol_digest": found.digest, "version": version} | ({"texts_kept": kept} if kept else {}))
    return Registered(trial_id, found.title, version, found.digest, new=True)
