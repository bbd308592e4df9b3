"""Every template can be promised as it stands, and names only what is in the library."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from data.cohort.population import population
from designs.library import FOLDER, Template, templates
from designs.protocol import check, load_protocol, parse_canonical
from designs.protocol.columns import AFTER_ALLOCATION, uses
from designs.protocol.words import column_words
from designs.suitability import count_reasons, review

ALL = templates()


def test_the_library_holds_every_file_in_its_folder() -> None:
    assert [template.path.name for template in ALL] == sorted(path.name for path in FOLDER.glob("*.yaml"))
    assert len({template.loaded.digest for template in ALL}) == len(ALL)


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.name)
def test_a_template_is_checked_like_any_protocol(template: Template) -> None:
    assert check(template.path, day=date(2026, 1, 1)).digest == template.loaded.digest
    assert parse_canonical(template.loaded.canonical).id == template.loaded.protocol.id


def test_every_wording_is_used_and_comes_in_both_languages() -> None:
    named = {name for template in ALL for name in template.loaded.texts}
    assert named == {str(path.relative_to(FOLDER)) for path in (FOLDER / "wording").iterdir()}
    for name in named:
        other = name.replace(".en.", ".cy.") if ".en." in name else name.replace(".cy.", ".en.")
        assert other in named


def test_both_languages_fill_in_the_same_particulars() -> None:
    for path in (FOLDER / "wording").glob("*.en.md"):
        english, welsh = (
            path.read_text(encoding="utf-8"),
            path.with_name(path.name.replace(".en.", ".cy.")).read_text(encoding="utf-8"),
        )
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", welsh)), path.name


@pytest.mark.parametrize("name", ["hillstrom", "small-debts", "social-pressure"])
def test_a_template_promises_what_the_contract_does(reference_data: Path, name: str) -> None:
    """Only the prose differs, and what it is measured in is said: the same arms, outcomes, analysis and filters."""
    ours = next(template for template in ALL if template.name == name).loaded.protocol
    theirs = load_protocol(reference_data.parent / "protocols" / f"{name}.yaml").protocol
    assert ours.analysis == theirs.analysis
    assert [outcome.model_copy(update={"label": None, "unit": None}) for outcome in ours.outcomes] == list(
        theirs.outcomes
    )
    assert [arm.model_copy(update={"label": ""}) for arm in ours.arms] == [
        arm.model_copy(update={"label": ""}) for arm in theirs.arms
    ]
    assert (ours.cluster, ours.randomisation.strata) == (theirs.cluster, theirs.randomisation.strata)
    assert ours.population.where == theirs.population.where


def test_minutes_are_not_pounds() -> None:
    measured = {
        outcome.id: outcome.measured_in
        for template in ALL
        for outcome in template.loaded.protocol.outcomes
        if outcome.kind == "amount"
    }
    assert measured == {"collected_12m": "pounds", "inbound_minutes": "minutes", "spend": "pounds"}


@pytest.mark.parametrize("template", [template for template in ALL if template.loaded.protocol.suitability is not None])
def test_a_template_that_answers_the_questions_has_nothing_open(template: Template) -> None:
    plan = template.loaded.protocol
    found = review(plan, [], date(2026, 1, 1), count_reasons(population(20261130, 4000), plan.population.reasons))
    assert (found.status, found.route, found.open) == ("appropriate", "segments", ())


def test_every_column_that_a_template_of_ours_reads_has_words() -> None:
    for template in ALL:
        plan = template.loaded.protocol
        if plan.suitability is None:
            continue  # those of published trials keep to the contract
        words = column_words(plan)
        before = {use.column for use in uses(plan) if use.part not in AFTER_ALLOCATION | {"id", "declared"}}
        assert {name for name in before if words.label(name) is None} == set(), template.name
