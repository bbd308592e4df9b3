"""Register: a protocol enters the registry, whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.text import unstorable
from designs.protocol import check
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


def register(registry: Registry, actor: Actor, protocol_path: str | Path) -> Registered:
    """Register a protocol, or a new version of a draft.

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
    loaded = check(path)
    trial_id = loaded.protocol.id
    with registry.write(actor, "register", trial_id) as work:
        version = 1
        if not queries.is_registered(work.session, trial_id):
            work.add(tables.Trial(id=trial_id, registered_at=now(), registered_by=actor.name))
        else:
            plan = plan_of(work.session, trial_id)
            refuse_other_than_locked(plan, loaded, path)
            if plan.digest == loaded.digest and (plan.lock is not None or plan.path == path):
                kept = keep_texts(work, trial_id, frozenset(loaded.texts.values()), path)
                if kept:
                    work.commit({"protocol_digest": loaded.digest, "version": plan.version, "texts_kept": kept})
                return Registered(trial_id, loaded.protocol.title, plan.version, loaded.digest, new=False)
            version = queries.next_number(work.session, tables.ProtocolVersion, trial_id)
        work.add(
            tables.ProtocolVersion(
                trial_id=trial_id,
                version=version,
                digest=loaded.digest,
                canonical=loaded.canonical,
                path=str(path),
                registered_at=now(),
                registered_by=actor.name,
            )
        )
        kept = keep_texts(work, trial_id, frozenset(loaded.texts.values()), path)
        work.commit({"protocol_digest": loaded.digest, "version": version} | ({"texts_kept": kept} if kept else {}))
    return Registered(trial_id, loaded.protocol.title, version, loaded.digest, new=True)
