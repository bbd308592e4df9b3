"""Open a registry that stands: what reads makes nothing, neither a folder nor a file, a table or a key."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from trials.access import Actor, UseCase, allow
from trials.errors import AccessRefused, NoRegistry, RegistryRefused
from trials.registry.registry import Registry, no_registry, unusable
from trials.registry.storage.database import database_url
from trials.settings import Settings


def open_standing(settings: Settings) -> Registry:
    """Open the registry that stands where the settings say; nothing is made: no folder, no file, no table, no key.

    Raises:
        NoRegistry: There is none.
        RegistryRefused: It cannot be used, or its tables wait for ``otm migrate``.
    """
    registry = _standing(settings)
    try:
        registry.require_made()
    except BaseException:
        registry.close()
        raise
    return registry


def open_as_it_is(settings: Settings) -> Registry:
    """The same, also of one whose tables wait for ``otm migrate``: what a backup needs.

    Raises:
        NoRegistry: There is none.
        RegistryRefused: It cannot be used, or its tables are of a program that this one does not know.
    """
    registry = _standing(settings)
    try:
        if registry.waits_for_migration():
            registry.require_folder()
        else:
            registry.require_made()
    except BaseException:
        registry.close()
        raise
    return registry


def is_there(settings: Settings) -> bool:
    """Whether a registry stands where the settings say, of whatever revision.

    Raises:
        RegistryRefused: The database cannot be asked.
    """
    try:
        registry = _standing(settings)
    except NoRegistry:
        return False
    try:
        return registry.has_tables()
    finally:
        registry.close()


def permit_where_it_stands(settings: Settings, actor: Actor, use_case: UseCase) -> None:
    """Let a use case pass before anything is opened; a denial is in the audit chain where there is one.

    Raises:
        AccessRefused: The actor's role does not hold the use case.
    """
    try:
        allow(actor, use_case)
    except AccessRefused:
        with suppress(RegistryRefused), closing(_standing(settings)) as registry:
            if registry.has_tables():
                registry.permit(actor, use_case)
        raise


def _standing(settings: Settings) -> Registry:
    url = database_url(settings.home, settings.database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        try:
            if not path.is_file() and not path.exists():
                nearest = next(folder for folder in (path.parent, *path.parent.parents) if folder.exists())
                if not nearest.is_dir():
                    raise unusable("Not a directory", nearest)
                raise no_registry(settings)
            if not path.is_file():
                raise unusable("Is no file", path)
        except OSError as error:
            raise unusable(error.strerror, error.filename or path) from error
    registry = Registry(settings)
    registry.clear_left()  # nothing where there is none
    return registry
