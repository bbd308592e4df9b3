"""The folder of a registry whose database is elsewhere is gone, not mounted, or another's: said, and nothing made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.trials.examples import FIRST, Files, allocated
from trials.access import LOCAL_ACTOR
from trials.errors import RegistryRefused
from trials.registry import Registry
from trials.stages.issue import issue

NOT_THERE = r"the folder that this registry shares is not there.*same for everybody.*mount the folder again"
Losing = Callable[[Path], None]


def moved(home: Path) -> None:
    home.rename(home.with_name("elsewhere"))


def unmounted(home: Path) -> None:
    moved(home)
    home.mkdir()


def another(home: Path) -> None:
    unmounted(home)
    (home / "holiday.jpg").write_text("")


def without_key(home: Path) -> None:
    (home / "ledger.key").unlink()


LOST = {
    moved: NOT_THERE,
    unmounted: r"not the folder that this registry shares: it is empty.*mount the folder again",
    another: r"not the folder that this registry shares: it holds nothing of a registry",
    without_key: r"the ledger key is missing.*restore it from a backup",
}


def held(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lose", LOST, ids=lambda lose: lose.__name__)
def test_every_use_of_the_registry_says_so_while_it_is_open(either: Registry, files: Files, lose: Losing) -> None:
    """As in a server that runs when the folder goes."""
    allocated(either, files)
    lose(either.home)
    before = held(either.home.parent)
    with pytest.raises(RegistryRefused, match=LOST[lose]), either.read(LOCAL_ACTOR):
        pass
    with pytest.raises(RegistryRefused, match=LOST[lose]):
        issue(either, FIRST, files.trial, "sms", files.folder / "lists")
    assert held(either.home.parent) == before
    if lose in (unmounted, another):
        shutil.rmtree(either.home)
    if lose is not without_key:
        either.home.with_name("elsewhere").rename(either.home)  # it is mounted again
        issue(either, FIRST, files.trial, "sms", files.folder / "lists")
