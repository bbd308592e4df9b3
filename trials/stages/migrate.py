"""Migrate: bring an older registry's tables up to this program's, in one transaction."""

from __future__ import annotations

from trials.access import Actor
from trials.registry.kept_texts import keep_texts_of_all
from trials.registry.opening import permit_where_it_stands
from trials.registry.registry import connect
from trials.registry.storage.revisions import NEWEST
from trials.settings import Settings


def migrate(settings: Settings, actor: Actor) -> tuple[str | None, str]:
    """Bring the tables up; nothing where they are up already.

    Returns:
        The revision before and the revision now.

    Raises:
        RegistryRefused: The registry is of a newer program.
    """
    permit_where_it_stands(settings, actor, "migrate")
    registry = connect(settings)
    try:
        if not registry.has_tables():
            registry.make_ready()
            return None, NEWEST
        registry.require_folder()
        with registry.write_migrated(actor, "migrate") as (work, before):
            if before != NEWEST:
                work.commit({"from": before, "to": NEWEST, "texts_kept": keep_texts_of_all(work)})
        registry.make_ready()
        return before, NEWEST
    finally:
        registry.close()
