"""What the surroundings decide: the environment variables that begin with ``OTM_``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.text import unstorable
from trials.errors import TrialRefused


def default_home() -> Path:
    """``.otm/`` beside the launcher."""
    return Path(__file__).resolve().parent.parent / ".otm"


class Settings(BaseSettings):
    """Where the registry lives and who is at work.

    Attributes:
        home: ``OTM_HOME``: the folder of the SQLite registry, the snapshots, the ledger key and the chain head.
        database_url: ``OTM_DATABASE_URL``: a PostgreSQL registry; SQLite in ``home`` where it is not set.
        engine: ``OTM_ENGINE``: what scans and joins customers.
        actor: ``OTM_ACTOR``: ``name:role``.
        require_route: ``OTM_REQUIRE_ROUTE``: refuse to lock a plan that names no directorate, and so has no route.
    """

    model_config = SettingsConfigDict(env_prefix="OTM_", frozen=True, env_ignore_empty=True)

    home: Path = Field(default_factory=default_home)
    database_url: str | None = Field(default=None, repr=False)  # may carry a password
    engine: Literal["duckdb", "spark"] = "duckdb"
    actor: str | None = None
    require_route: bool = False

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    def holds(self, place: Path) -> bool:
        """Whether a place is in the registry's folder, by whatever way it is named, or is its database elsewhere."""
        found = (place.parent.resolve() / place.name).resolve()
        if any(above == self.home.resolve() or _is_one(above, self.home) for above in (found, *found.parents)):
            return True
        url = self.database_url or ""
        if not url.startswith("sqlite"):
            return False
        database = Path(url.partition("///")[2].partition("?")[0]).resolve()
        return found.parent == database.parent and found.name.startswith(database.name)

    def require_outside(self, place: str | Path) -> None:
        """Ask whether what leaves the registry may be written somewhere.

        Raises:
            TrialRefused: It is in the registry's own folder.
        """
        if self.holds(Path(place)):
            raise TrialRefused(
                "nothing can be written there: it is the registry's own",
                where=str(place),
                rule="what is in OTM_HOME only the registry writes, and what leaves it lies elsewhere",
                remedy="name another place; nothing was done",
            )


def _is_one(place: Path, home: Path) -> bool:
    """Whether two names are one folder's, as a mounted one may have several, and one whose capitals do not matter."""
    try:
        return place.samefile(home)
    except OSError:
        return False


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        TrialRefused: A variable holds what it cannot.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        names = sorted({f"OTM_{str(problem['loc'][0]).upper()}" for problem in error.errors() if problem["loc"]})
        raise TrialRefused(
            "a setting cannot be used", where=", ".join(names), rule="see the settings in the README"
        ) from error
    if unstorable(str(settings.home)):
        raise TrialRefused(
            "the folder's name is not UTF-8", where="OTM_HOME", remedy="rename it, or set OTM_HOME to another"
        )
    return settings
