"""The most customers that a trial holds: named when there are more, before anything is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import identifiers, pieces
from data.errors import DataRefused, Refused
from tests.trials.examples import FIRST, Files, allocated, customers, eligible, evaluated, write_csv
from trials.registry import Registry
from trials.stages import allocate
from trials.stages.allocate import randomise
from trials.stages.issue import issue
from trials.stages.population import load_population

WAVES = "strata: [band], waves: [{id: w1, issue_on: 2026-02-02}, {id: w2, issue_on: 2026-06-01}]"


def test_a_population_of_too_many_is_refused_and_nothing_is_kept(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identifiers, "MOST_CUSTOMERS", 399)
    with pytest.raises(DataRefused, match=r"there are 400 ids.*at most 399 customers"):
        load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    assert registry.snapshots.digests() == frozenset()


def test_a_wave_too_many_is_refused_before_it_is_drawn(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.edit_protocol(lambda text: text.replace("strata: [band]", WAVES))
    first = sum(allocated(registry, files).counts.values())
    second = customers(400, first=2_000)
    load_population(registry, FIRST, write_csv(files.folder / "second.csv", second), files.protocol, synthetic=True)
    together = first + len(eligible(second))
    monkeypatch.setattr(allocate, "MOST_CUSTOMERS", together - 1)
    before = registry.snapshots.digests()
    with pytest.raises(Refused, match=rf"would hold {together} customers.*at most {together - 1} customers"):
        randomise(registry, FIRST, files.trial)
    assert registry.snapshots.digests() == before
    monkeypatch.setattr(allocate, "MOST_CUSTOMERS", together)
    assert sum(randomise(registry, FIRST, files.trial).counts.values()) == len(eligible(second))


def test_ledger_ids_of_a_whole_trial_are_never_put_into_one_piece(
    registry: Registry, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for the file's own ids (7 characters each) and not for ledger ids, a trial runs from end to end."""
    monkeypatch.setattr(pieces, "MOST_TEXT_BYTES", 400 * 8)
    evaluated(registry, files)
    assert issue(registry, FIRST, files.trial, "letter", tmp_path / "out").path.exists()
