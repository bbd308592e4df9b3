"""Register: a protocol enters the registry, whole."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from data.errors import Refused
from data.private import make_private, scratch_in, settle, write_private
from designs.drafting import PROTOCOL_FILE, files_of, judge_draft
from designs.protocol import CheckedProtocol, ProtocolRefused, check
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries, tables
from trials.registry.design_facts import refuse_set_aside
from trials.registry.plan import plan_of, refuse_other_than_locked
from trials.registry.tables.columns import now
from trials.registry.versions import add_version, keep_named, storable_path


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
        TrialRefused: The trial is locked and the file says something else, or its design was set aside.
    """
    path = storable_path(protocol_path, "rename it, and register it again")
    found = check(path).checked if checked is None else checked
    trial_id = found.id
    with registry.write(actor, "register", trial_id) as work:
        refuse_set_aside(queries.entries_of(work.session, trial_id), trial_id)
        if not queries.is_registered(work.session, trial_id):
            work.add(tables.Trial(id=trial_id, registered_at=now(), registered_by=actor.name))
        else:
            plan = plan_of(work.session, trial_id)
            refuse_other_than_locked(plan, found.digest, path)
            if plan.digest == found.digest and (plan.lock is not None or plan.path == path):
                kept = keep_named(work, found, path)
                if kept:
                    work.commit({"protocol_digest": found.digest, "version": plan.version, "texts_kept": kept})
                return Registered(trial_id, found.title, plan.version, found.digest, new=False)
        version, kept = add_version(work, found, path)
        work.commit({"protocol_digest": found.digest, "version": version} | ({"texts_kept": kept} if kept else {}))
    return Registered(trial_id, found.title, version, found.digest, new=True)


def register_draft(registry: Registry, actor: Actor, trial_id: str, revision: int) -> Registered:
    """Register the draft of a design as it was read: written as the file that it is, kept, and registered.

    Args:
        registry: Where the design is.
        actor: Who registers.
        trial_id: The design.
        revision: The revision that was read.

    Raises:
        TrialRefused: There is no such design, somebody saved a later revision, it was set aside, or its plan is locked
            and says something else; or the disk does not take the files.
        ProtocolRefused: The draft is no protocol yet.
        DesignRefused: A text has a path at which no file can lie.
    """
    with registry.inspect(actor, "register", trial_id) as session:
        latest = queries.revision_of_draft(session, trial_id)
        refuse_set_aside(queries.entries_of(session, trial_id), trial_id)
        contents = queries.texts_of_design(session, trial_id, latest.draft.texts.values())
    if latest.number != revision:
        raise TrialRefused(
            f"{latest.saved_by} saved revision {latest.number} since revision {revision} was read",
            where=trial_id,
            rule="what is registered is the draft as it was read",
            remedy="read what changed, then register it as it is now",
        )
    judged = judge_draft(latest.draft, day=now().date())
    if judged.loaded is None:
        raise ProtocolRefused(judged.errors, where=trial_id)
    path, new = _laid_down(registry, files_of(latest.draft, contents), trial_id)
    try:
        checked = check(path).checked
        if checked.digest != judged.loaded.digest:
            raise TrialRefused(
                "the file that was written of the draft says something else than the draft",
                where=trial_id,
                rule="what is registered is the draft, to its digest",
                remedy="tell whoever looks after the service; nothing was registered",
            )
        return register(registry, actor, path, checked)
    except Refused:
        if new:
            shutil.rmtree(path.parent)
        raise


def _laid_down(registry: Registry, files: dict[str, bytes], trial_id: str) -> tuple[Path, bool]:
    """The protocol's file in a folder named by a digest of all in it, and whether that was not there before."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    home = registry.uploads / digest.hexdigest()
    try:
        with scratch_in(registry.scratch_room) as room:
            half = room / "draft"
            for name, content in files.items():
                make_private((half / name).parent)
                write_private(half / name, content)
            return home / PROTOCOL_FILE, settle(half, home)
    except OSError as error:
        raise TrialRefused(
            f"the draft could not be written as a file ({error.strerror or 'the disk gave no reason'})",
            where=trial_id,
            rule="a plan is registered with its file and its texts, each at a path of its own",
            remedy="see that no text lies in a folder that has another text's name, and that the disk has space",
        ) from error
