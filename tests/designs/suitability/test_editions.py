"""Each edition asks its own questions, and a plan answers those of the edition that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.protocol.models import QUESTIONS, Suitability
from designs.suitability.editions import EDITIONS, edition_of
from tests.designs.protocol.examples import Change, changed, errors_of
from tests.designs.suitability.plans import EVIDENCE, FURTHER, SETTLED, plan_of

LATER: tuple[Change, ...] = (
    ("suitability.edition", "CH600210-2"),
    *((f"suitability.{question}", {"answer": "yes", **EVIDENCE}) for question in FURTHER),
)
ONE_LETTER = ("arms[1].text", {"en": "letter.md"}), ("arms[2].text", {"en": "letter.md"})


def test_the_editions_are_those_of_the_protocol_file() -> None:
    assert {name: tuple(question.id for question in edition.questions) for name, edition in EDITIONS.items()} == dict(
        QUESTIONS
    )
    assert set(QUESTIONS["CH600210-2"]) == set(Suitability.model_fields) - {"edition"}


def test_every_question_is_told_in_words_and_rests_on_a_part() -> None:
    for edition in EDITIONS.values():
        for question in edition.questions:
            assert question.asks.endswith("?")
            assert question.evidence.endswith(".")
            assert question.rests_on


def test_a_plan_that_names_no_edition_answers_the_first_eight() -> None:
    assert [question.id for question in edition_of(plan_of(SETTLED)).questions] == list(QUESTIONS["CH600210-1"])
    assert edition_of(plan_of(SETTLED, *LATER)).name == "CH600210-2"


def refusals(folder: Path, *changes: Change) -> dict[str, str]:
    (folder / "letter.md").write_text("Please send your return.")
    errors = errors_of(folder, changed(SETTLED, *ONE_LETTER, *changes))
    return {error.path: f"{error.problem}: {error.rule}" for error in errors}


def test_both_editions_load(tmp_path: Path) -> None:
    assert refusals(tmp_path) == {}
    assert refusals(tmp_path, *LATER) == {}


@pytest.mark.parametrize("question", FURTHER)
def test_a_later_edition_has_all_its_questions(tmp_path: Path, question: str) -> None:
    changes = [change for change in LATER if change[0] != f"suitability.{question}"]
    missing = f"this is missing: edition CH600210-2 asks {question}"
    assert refusals(tmp_path, *changes) == {f"suitability.{question}": missing}


@pytest.mark.parametrize("question", FURTHER)
def test_the_first_edition_asks_no_more(tmp_path: Path, question: str) -> None:
    refused = refusals(tmp_path, (f"suitability.{question}", {"answer": "yes", **EVIDENCE}))
    assert set(refused) == {f"suitability.{question}"}
    assert "edition CH600210-1 does not ask this" in refused[f"suitability.{question}"]


def test_an_edition_that_is_not_known_is_refused(tmp_path: Path) -> None:
    assert "suitability.edition" in refusals(tmp_path, ("suitability.edition", "CH600210-9"))


def test_a_rule_of_follow_up_is_of_an_arm(tmp_path: Path) -> None:
    plan = {"owner": "a team", "capacity_per_month": 10, "starts_on": "2026-06-01", "rule": "a call"}
    by_arm = plan | {"by_arm": {"fax": "none"}}
    refused = refusals(tmp_path, ("suitability.follow_up.plan", by_arm))
    assert set(refused) == {"suitability.follow_up.plan.by_arm.fax"}
