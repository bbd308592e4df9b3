"""Design: a draft is begun and revised, and no save loses what somebody else has saved meanwhile."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from designs.drafting import Conflict, Draft, changes, join
from designs.drafting.draft import refuse_unkept
from designs.literals import ID_PATTERN
from designs.protocol.texts import TEXT_CAP
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries, tables
from trials.registry.design_facts import refuse_set_aside
from trials.registry.records import RevisionRecord
from trials.registry.tables.columns import digest_of, now
from trials.registry.unit_of_work import UnitOfWork

_IS_ID = re.compile(ID_PATTERN)


class DraftConflict(TrialRefused):
    """Somebody else has saved other values meanwhile; ``conflicts`` has both, and nothing was saved."""

    def __init__(self, trial_id: str, conflicts: tuple[Conflict, ...], latest: RevisionRecord) -> None:
        self.conflicts = conflicts
        self.latest = latest
        places = ", ".join(" → ".join(conflict.path) for conflict in conflicts)
        super().__init__(
            f"{latest.saved_by} has changed what you changed, in another way: {places}",
            where=trial_id,
            rule="nobody's words vanish: where two people change one value, one of them chooses",
            remedy=f"look at revision {latest.number}, choose, and save again from it",
        )


@dataclass(frozen=True, slots=True)
class Revised:
    """What a save came to: the revision that stands now, and whether there is anything new in it.

    ``joined`` tells who had saved meanwhile, where their changes and these were put together.
    """

    revision: RevisionRecord
    new: bool
    joined: str | None = None


def begin_design(
    registry: Registry, actor: Actor, trial_id: str, draft: Draft, contents: Mapping[str, bytes], *,
    origin: Mapping[str, Any],
) -> RevisionRecord:  # fmt: skip
    """Begin a design with the first revision of its draft.

    Args:
        registry: Where it goes.
        actor: Who begins it.
        trial_id: The id that its protocol will have; the draft has it too.
        draft: What it begins with.
        contents: The bytes of the draft's texts, by digest.
        origin: Where that came from: ``kind`` (``empty``, ``template``, ``trial`` or ``file``), and its ``name``.

    Raises:
        TrialRefused: The id is none, there is such a design or trial already, or a text is not there.
        ProtocolRefused: The draft could not become a protocol file.
    """
    if not _IS_ID.fullmatch(trial_id):
        raise TrialRefused(
            f"{trial_id!r} cannot be the id of a trial",
            rule="an id begins with a small letter or digit and holds small letters, digits, - and _, at most 63",
            remedy="choose another; it cannot be changed later",
        )
    refuse_unkept(draft, trial_id)
    with registry.write(actor, "design", trial_id) as work:
        if queries.has_design(work.session, trial_id) or queries.is_registered(work.session, trial_id):
            raise TrialRefused(
                "there is a design or a trial of this id already",
                where=trial_id,
                rule="an id names one trial for ever",
                remedy="open that one, or choose another id",
            )
        work.add(tables.Design(id=trial_id, origin=dict(origin), begun_at=now(), begun_by=actor.name))
        revision = _add_revision(work, trial_id, draft, contents, number=1, made_from=0)
        work.commit({"design": "begun", "revision": 1, "digest": revision.digest, "origin": origin.get("kind")})
    return revision


def revise_design(
    registry: Registry, actor: Actor, trial_id: str, draft: Draft, contents: Mapping[str, bytes], *, made_from: int
) -> Revised:
    """Save a draft as a new revision.

    What somebody else has saved since the revision that this one was made from is kept: changes of different values
    are put together, and where both changed one value nothing is saved.

    Args:
        registry: Where the design is.
        actor: Who saves.
        trial_id: The design.
        draft: All of it, as it is to be.
        contents: The bytes of new texts, by digest; those that were saved before need not be there.
        made_from: The revision that the author had before them.

    Raises:
        DraftConflict: Two people changed one value in different ways.
        TrialRefused: There is no such design or revision, its plan is locked or it was set aside, or a text is not
            there.
        ProtocolRefused: The draft could not become a protocol file.
    """
    refuse_unkept(draft, trial_id)
    with registry.write(actor, "design", trial_id) as work:
        refuse_closed(work.session, trial_id)
        latest = queries.revision_of_draft(work.session, trial_id)
        before = queries.revision_of_draft(work.session, trial_id, made_from)
        joined = None
        if before.number != latest.number:
            draft, joined = _joined(trial_id, before, draft, latest)
            refuse_unkept(draft, trial_id)
        if not changes(latest.draft.whole, draft.whole):
            return Revised(latest, new=False, joined=joined)
        number = latest.number + 1
        revision = _add_revision(work, trial_id, draft, contents, number=number, made_from=made_from)
        work.commit({"design": "revised", "revision": number, "digest": revision.digest})
    return Revised(revision, new=True, joined=joined)


def refuse_closed(session: Session, trial_id: str) -> None:
    """Refuse to change a draft whose plan is locked, or that ended without a trial.

    Raises:
        TrialRefused: It is so.
    """
    queries.design_of(session, trial_id)
    if queries.is_registered(session, trial_id) and queries.standing_of(session, trial_id).locked:
        raise TrialRefused(
            "the plan is locked",
            where=trial_id,
            rule="a locked plan does not change",
            remedy=f"amend it (otm amend {trial_id} PROTOCOL --reason TEXT), or begin a design of its own from it: "
            f"otm design begin ID --trial {trial_id}",
        )
    refuse_set_aside(queries.entries_of(session, trial_id), trial_id)


def _joined(trial_id: str, before: RevisionRecord, mine: Draft, latest: RevisionRecord) -> tuple[Draft, str]:
    joined, conflicts = join(before.draft, mine, latest.draft)
    if conflicts:
        raise DraftConflict(trial_id, conflicts, latest)
    return joined, latest.saved_by


def _add_revision(
    work: UnitOfWork, trial_id: str, draft: Draft, contents: Mapping[str, bytes], *, number: int, made_from: int
) -> RevisionRecord:
    kept = queries.digests_kept(work.session, trial_id)
    for digest in sorted(set(draft.texts.values()) - kept):
        work.add(_text(trial_id, digest, contents.get(digest), work.actor))
    record = RevisionRecord(number, made_from, draft, digest_of(draft.whole), now(), work.actor.name)
    work.add(
        tables.DesignRevision(
            trial_id=trial_id,
            number=number,
            made_from=made_from,
            document=dict(draft.document),
            texts=dict(draft.texts),
            digest=record.digest,
            saved_at=record.saved_at,
            saved_by=record.saved_by,
        )
    )
    return record


def _text(trial_id: str, digest: str, content: bytes | None, actor: Actor) -> tables.DesignText:
    if content is None or hashlib.sha256(content).hexdigest() != digest or len(content) > TEXT_CAP:
        raise TrialRefused(
            "a text that the draft names was not sent, or is not what its digest says",
            where=trial_id,
            rule=f"a text comes with the revision that first names it, and holds at most {TEXT_CAP // 1024} KiB",
            remedy="send it again; nothing was saved",
        )
    text = base64.b64encode(content).decode("ascii")
    return tables.DesignText(trial_id=trial_id, digest=digest, content=text, kept_at=now(), kept_by=actor.name)
