"""Orphans do no harm, and go when they are old; what a row names stays."""

from __future__ import annotations

import os
import time

import pyarrow as pa
import pytest

from data.errors import DataRefused
from tests.trials.examples import FIRST, evaluated
from trials.stages.collect import collect
from trials.stages.verify import verify


def make_old(path) -> None:
    day_before = time.time() - 25 * 3600
    os.utime(path, (day_before, day_before))


def test_only_old_files_that_nothing_names_are_removed(registry, files):
    evaluated(registry, files)
    named = registry.snapshots.digests()
    old = registry.snapshots.write(pa.table({"x": [1]}))
    young = registry.snapshots.write(pa.table({"x": [2]}))
    for digest in [*named, old]:
        make_old(registry.snapshots.opened(digest).path)
    assert collect(registry, FIRST) == (f"{old}.parquet",)
    assert registry.snapshots.digests() == named | {young}
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def test_nothing_is_collected_while_somebody_copies(registry, files):
    evaluated(registry, files)
    orphan = registry.snapshots.write(pa.table({"x": [1]}))
    make_old(registry.snapshots.opened(orphan).path)
    with registry.snapshots.holding(), pytest.raises(DataRefused, match="in use"):
        collect(registry, FIRST)
    assert orphan in registry.snapshots.digests()
