"""A plan whose contact is above capacity is not locked; its batches are made at random, and the lists follow them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from designs.protocol import load_protocol
from designs.protocol.reading import parse_document
from designs.surge import forecast
from tests.designs.suitability.plans import SETTLED
from tests.trials.examples import FIRST, SEED, Files, eligible, on, write_csv
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.stages.allocate import randomise
from trials.stages.issue import issue_lists
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.verify import verify

TODAY = date(2026, 3, 2)
SURGE = {
    "customers": 400,
    "by_day": [0.25, 0.5, 0.25],
    "arms": {"letter": {"call": 0.4, "write": 0.1}, "sms": {"call": 0.2, "amend": 0.1}},
}


def surging(files: Files, capacity: float, **randomisation: object) -> None:
    """The plan with its contact predicted, and more said of its draw."""

    def change(text: str) -> str:
        document = parse_document(text.encode()).value
        document["suitability"] = json.loads(json.dumps(SETTLED["suitability"]))
        document["suitability"]["reaction"]["answer"] = {"pay": 0.4, "call": 0.05}
        operations = document["suitability"]["operations"]
        operations |= {"answer": {"capacity_per_day": capacity}, "surge": SURGE}
        document["randomisation"] |= randomisation
        return json.dumps(document)

    files.edit_protocol(change)


def ready(registry: Registry, files: Files) -> None:
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)


@pytest.mark.requirement("S16")
def test_above_capacity_blocks_the_lock_and_its_batches_are_drawn_and_issued(either, files, tmp_path):
    surging(files, 25)
    taking_part = len(eligible(files.customers))
    with on(TODAY):
        ready(either, files)
        with pytest.raises(TrialRefused, match=r"with the 371 customers who can be assigned, 38 contacts") as no:
            lock(either, FIRST, files.trial)
    assert taking_part == 371
    assert "2 batches of at most 186 customers" in str(no.value)

    expected = forecast(load_protocol(files.protocol).protocol, taking_part)
    assert expected is not None
    assert expected.proposal is not None
    days = {name: str(day) for name, day in expected.proposal.issue_on(date(2026, 3, 9)).items()}
    batches = {"column": "batch", "at_random": True, "issue_on": days}
    surging(files, 25, strata=["band", "batch"], batches=batches)
    with on(TODAY):
        ready(either, files)
        lock(either, FIRST, files.trial)
        record = randomise(either, FIRST, files.trial, demonstration_seed=SEED)
        verify(either, FIRST, files.trial)
        sizes = Counter[str]()
        for arm in ("letter", "sms"):
            found = issue_lists(either, FIRST, files.trial, arm, tmp_path / arm)
            assert [(each.manifest["batch"], each.manifest["issue_on"]) for each in found] == list(days.items())
            assert sum(each.manifest["customers"] for each in found) == record.counts[arm]
            sizes.update({each.manifest["batch"]: each.manifest["customers"] for each in found})
            for each in found:
                with Path(each.path).open(encoding="utf-8") as listed:
                    assert sum(1 for _ in csv.DictReader(listed)) == each.manifest["customers"]
    # Half of everybody who takes part is in either arm's lists, and half of these in each batch's, band by band.
    assert max(sizes.values()) - min(sizes.values()) <= 4


def test_the_same_file_comes_into_the_same_batches_and_they_are_equal_among_those_who_take_part(registry, files):
    surging(files, 25, strata=["batch"], batches={"column": "batch", "at_random": True, "issue_on": ISSUED})
    first = load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    again = load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    assert first.digest == again.digest
    rows = registry.snapshots.read(first.digest).to_pylist()
    taking_part = Counter(row["batch"] for row in rows if row["principal"] >= 32 and not row["hnw"])
    assert sorted(taking_part.values()) == [185, 186]


ISSUED = {"one": "2026-03-09", "two": "2026-03-12"}


def test_a_file_with_batches_of_its_own_is_refused_where_they_are_made_at_random(registry, files):
    surging(files, 25, strata=["batch"], batches={"column": "batch", "at_random": True, "issue_on": ISSUED})
    write_csv(files.population, [row | {"batch": "one"} for row in files.customers])
    with pytest.raises(TrialRefused, match="the file has a column 'batch'"):
        ready(registry, files)


def test_batches_that_the_file_names_are_counted_as_they_are(registry, files):
    """Two batches would do if they were equal; three quarters of the customers are in one."""
    surging(files, 25, strata=["batch"], batches={"column": "batch", "issue_on": ISSUED})
    rows = [row | {"batch": "one" if number % 4 else "two"} for number, row in enumerate(files.customers)]
    write_csv(files.population, rows)
    with on(TODAY):
        ready(registry, files)
        with pytest.raises(TrialRefused, match="28 contacts are expected on 10 March 2026, and 25 can be taken"):
            lock(registry, FIRST, files.trial)
