"""The folder of a registry: the names of what is in it, and how a team's is told when it is out of sight."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from trials.errors import RegistryRefused

KEY: Final = "ledger.key"
CHAIN_HEAD: Final = "chain-head"
DATABASE: Final = "registry.sqlite"
SNAPSHOTS: Final = "snapshots"
SCRATCH: Final = "scratch"
UPLOADS: Final = "uploads"
DRAFTS: Final = "drafts"  # an earlier program's
DEMONSTRATION: Final = "demonstration"
JOBS: Final = "jobs"  # a file for each job whose process lives, or crashed
ARRIVING: Final = "arriving"  # a folder for each job to which a file was sent
LISTS: Final = "lists"  # a folder for each job that wrote issue lists
ERRORS: Final = "errors.log"  # what the program did not foresee; see trials.unforeseen
FOLDERS: Final = (SNAPSHOTS, SCRATCH, UPLOADS, DRAFTS, DEMONSTRATION, JOBS, ARRIVING, LISTS)
"""Every folder that the service makes in a registry's."""
_RULE: Final = (
    "a registry whose database is elsewhere (OTM_DATABASE_URL) has its snapshots, key and chain head in one folder, "
    "the same for everybody who uses it (OTM_HOME)"
)


def has_key(home: Path) -> bool:
    """Whether the key is in the folder; a folder that cannot be looked into has none."""
    try:
        return (home / KEY).exists()
    except OSError:
        return False


def out_of_sight(home: Path) -> RegistryRefused:
    """What is said of a folder without the key of the registry that goes with it; nothing is made there."""
    try:
        held = sorted(path.name for path in home.iterdir())
    except FileNotFoundError:
        problem = "the folder that this registry shares is not there"
    except OSError as error:
        problem = f"the folder that this registry shares cannot be looked into ({error.strerror})"
    else:
        if SNAPSHOTS in held or CHAIN_HEAD in held:
            return RegistryRefused(
                "the ledger key is missing",
                where=str(home / KEY),
                rule="the same key turns every file's ids into ledger ids; a new one would match nobody",
                remedy="restore it from a backup; nothing was made or changed",
            )
        what = "is empty" if not held else "holds nothing of a registry"
        problem = f"this is not the folder that this registry shares: it {what}"
    return RegistryRefused(
        problem,
        where=str(home),
        rule=_RULE,
        remedy="mount the folder again, or set OTM_HOME to where it is on this machine; nothing was made or changed",
    )
