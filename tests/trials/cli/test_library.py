"""The library by the command line: a null trial is found by what it was about, and nobody is told an arm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.document import from_document
from tests.small_registry import LETTER, SmallTrial, _evaluated
from tests.trials.cli.conftest import Otm
from tests.trials.examples import FIRST, evaluated
from trials.registry import open_registry
from trials.reporting.library import Query, entries_of, nearest, prior_of, search
from trials.settings import Settings

NOTHING_FOUND = SmallTrial(
    "nothing-found-2026", "A letter that did nothing", ({**LETTER, "technique": "Social Norms"},), {"letter": 0.0}, 400,
    {
        "behaviour": {"who": "late payers", "action": "pay the debt", "by_day": 23, "observed_in": "Paid by day 23"},
        "analysis": {"adjustment": "none", "standard_errors": "HC2", "subgroups": [{"column": "reason"}]},
    },
)  # fmt: skip


@pytest.fixture
def seeded(home: Path, tmp_path: Path) -> Path:
    registry = open_registry(Settings(home=home))
    (tmp_path / "null").mkdir()
    _evaluated(registry, NOTHING_FOUND, tmp_path / "null", 9)
    registry.close()
    return home


@pytest.mark.requirement("K11")
def test_a_null_trial_is_found_by_behaviour_segment_and_channel(otm: Otm, seeded: Path) -> None:
    about = ("--behaviour", "pay debt", "--segment", "reason", "--channel", "letter", "--technique", "social norm")
    (found,) = json.loads(otm("library", *about, "--json", "-").out)["found"]
    assert found["id"] == NOTHING_FOUND.id
    (effect,) = found["effects"]
    assert effect["lower"] < 0 < effect["upper"]
    assert effect["customers"] + effect["customers_comparison"] <= found["customers"]
    assert effect["cost"] == "£40.00 to £50.00"
    assert "not shown" in found["verdict"].casefold()
    said = otm("library", *about).out
    assert "A letter that did nothing" in said
    assert effect["effect"] in said
    for other in (("--behaviour", "vote"), ("--segment", "region"), ("--channel", "sms"), ("--verdict", "void")):
        assert NOTHING_FOUND.id not in otm("library", *about, *other).out


def test_its_effect_is_the_one_that_is_stored(seeded: Path, otm: Otm) -> None:
    registry = open_registry(Settings(home=seeded))
    with registry.read(FIRST) as reader:
        stored = from_document(reader.trial(NOTHING_FOUND.id).evaluation.document)  # type: ignore[union-attr]
    registry.close()
    (row,) = [row for row in stored.estimates if row.declared and row.role == "primary"]
    (found,) = json.loads(otm("library", "did nothing", "--json", "-").out)["found"]
    assert found["effects"][0]["estimate"] == row.estimate
    assert found["effects"][0]["customers"] == row.n_arm


def test_others_see_no_count_by_arm_before_the_release(otm: Otm, registry, files) -> None:
    evaluated(registry, files)
    whole, told = (
        {
            entry["id"]: entry
            for entry in json.loads(otm("library", "--json", "-", actor=f"A Person:{role}").out)["found"]
        }[files.trial]
        for role in ("randomiser", "analyst")
    )
    assert all(effect["customers"] for effect in whole["effects"])
    assert {effect["customers"] for effect in told["effects"]} == {None}
    assert {effect["customers_comparison"] for effect in told["effects"]} == {None}


def test_without_a_registry_what_was_published_is_found_and_nothing_is_made(otm: Otm, home: Path) -> None:
    found = json.loads(otm("library", "--technique", "social norm", "--json", "-").out)["found"]
    assert [entry["id"] for entry in found] == ["social-pressure-2006"]
    assert {effect["lower"] for effect in found[0]["effects"]} == {None}  # people were assigned by household
    assert not home.exists() or not list(home.iterdir())


def test_the_nearest_are_given_with_their_prior(otm: Otm, seeded: Path) -> None:
    done = otm("library", "--near", NOTHING_FOUND.id, "--json", "-")
    found = json.loads(done.out)
    assert found["prior"] is not None
    assert NOTHING_FOUND.id not in {entry["id"] for entry in found["found"]}
    scores = [entry["nearness"] for entry in found["found"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert "nothing that this trial has shown" in otm("library", "--near", NOTHING_FOUND.id).out


def test_samples_inside_another_count_once_in_a_prior() -> None:
    published = entries_of((), ())
    prior = prior_of(published)
    assert prior is not None
    assert (prior.approaches, prior.trials) == (6, 2)
    assert prior_of(()) is None
    assert nearest(published, published[0].about, published[0].id)[0][0].id != published[0].id
    assert search(published, Query(words="CHIRICO")) == search(published, Query(behaviour="overdue taxes"[:-2]))
