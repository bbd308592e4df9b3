"""Strata too small for the shares: what the lock says of them, and which of them are merged (cases 08 and 09)."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.trials.examples import FIRST
from trials.registry import Registry, queries
from trials.stages.allocate import randomise
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register


@pytest.fixture
def cases(reference_data: Path) -> Path:
    return reference_data.parent / "cases"


def findings(registry: Registry, folder: Path, trial: str) -> tuple[str, ...]:
    load_population(registry, FIRST, folder / "population.csv", folder / "p.yaml", synthetic=True)
    register(registry, FIRST, folder / "p.yaml")
    return lock(registry, FIRST, trial).findings


def test_the_lock_warns_of_an_arm_that_can_expect_fewer_than_two(registry: Registry, cases: Path) -> None:
    said = findings(registry, cases / "08-strata-too-small-for-the-shares", "small-strata")
    with (cases / "08-strata-too-small-for-the-shares" / "population.csv").open(newline="") as file:
        sizes = Counter(person["s"] for person in csv.DictReader(file))
    warned = [sentence for sentence in said if "fewer than two" in sentence]
    assert len(warned) == 2
    for stratum, least in ((name, size / 10) for name, size in sizes.items() if size in (12, 9)):
        (sentence,) = [text for text in warned if text.startswith(f"s={stratum}:")]
        assert f"letter and sms can expect fewer than two (the least {least:.3g})" in sentence
    assert not any(f"s={name}:" in text for text in said for name, size in sizes.items() if size > 100)


def test_bands_in_which_an_arm_can_expect_fewer_than_two_are_given_up(registry: Registry, cases: Path) -> None:
    folder = cases / "09-merge-below-two-per-arm"
    said = findings(registry, folder, "merge-small")
    randomise(registry, FIRST, "merge-small")
    with registry.inspect(FIRST, "verify") as session:
        (certificate,) = queries.certificates_of(session, "merge-small")
    with (folder / "population.csv").open(newline="") as file:
        people = list(csv.DictReader(file))
    sizes = Counter((person["office"], person["band"]) for person in people)
    given_up = {office for (office, _), size in sizes.items() if size < 16}
    expected = {f"office={office}" for office, _ in sizes if office in given_up}
    expected |= {f"office={office}; band={band}" for office, band in sizes if office not in given_up}
    assert {10, 13} <= set(sizes.values())
    assert {stratum["stratum"] for stratum in certificate["strata"]} == expected
    assert all(min(stratum["units"]) >= 2 for stratum in certificate["strata"])
    assert not any("fewer than two" in sentence for sentence in said)
