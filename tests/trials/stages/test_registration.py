"""A trial's entries for public registries: read back from each kind of file, and the same in all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from designs.drafting import empty_draft
from tests.trials.approved import TODAY, approve, loaded
from tests.trials.examples import FIRST
from tests.trials.stages.test_paper import plain, text_of
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.reporting.registrations import FORMS
from trials.stages.allocate import randomise
from trials.stages.design import begin_design
from trials.stages.paper import write_registration

# What the record has no place for, whatever the trial.
NEVER = {
    "aea": {
        "country", "region", "primary_investigator", "other_investigators", "jel_codes", "external_links", "partners",
        "irb_name", "irb_date", "irb_number",
    },
    "spirit": {"4", "6", "7a", "7b", "8", "11", "15b", "24b", "28a", "30", "32a", "32b", "34"},
    "uk": {
        "lead_department", "grant_number", "major_project_number", "process_types", "interim_extract",
        "final_analysis_start", "final_analysis_end", "pub_final", "eval_end", "plan_link",
        "published_evaluation_link", "reasons_unpublished",
    },
}  # fmt: skip


def values(registry: Registry, trial: str, form: str, folder: Path) -> dict[str, Any]:
    path = write_registration(registry, FIRST, trial, form, folder / f"{form}.json", TODAY, TODAY)
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


@pytest.fixture
def trial(registry: Registry, tmp_path: Path) -> str:
    return loaded(registry, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_every_field_that_the_record_knows_is_filled(registry: Registry, trial: str, tmp_path: Path, form: str):
    approve(registry, trial)
    entry = values(registry, trial, form, tmp_path)
    assert set(entry["not_in_the_record"]) == NEVER[form]
    assert entry["synthetic"] is True
    for ending in ("pdf", "docx"):
        path = write_registration(registry, FIRST, trial, form, tmp_path / f"entry.{ending}", TODAY, TODAY)
        said = plain(text_of(path))
        for field in entry["fields"]:
            assert plain(field["name"]) in said
            assert field["value"] is None or plain(field["value"]) in said, field["id"]
        assert plain("Not in the record") in said


def test_an_entry_says_what_the_plan_says(registry: Registry, trial: str, tmp_path: Path):
    approve(registry, trial)
    said = {field["id"]: field["value"] for field in values(registry, trial, "aea", tmp_path)["fields"]}
    assert said["status"] == "In development"
    assert said["title"] == "Three letters and a call for overdue Self Assessment debts"
    assert said["primary_outcomes"] == "Paid by day 23"
    assert (said["randomization_unit"], said["clustered"]) == ("Customer", "No")
    assert (said["trial_start"], said["trial_end"]) == ("6 January 2025 (planned)", "6 January 2026")
    assert "No further action: about" in said["by_arm"]
    assert "power 80.0%, error 5.0% and baseline 28.0%" in said["minimum_effect"]
    randomise(registry, FIRST, trial)
    after = {field["id"]: field["value"] for field in values(registry, trial, "aea", tmp_path)["fields"]}
    assert (after["status"], after["trial_start"]) == ("On going", "6 January 2025 (actual)")
    assert after["by_arm"] == said["by_arm"]  # planned, and no count of the draw


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_design_says_of_nearly_everything_that_it_is_not_there(registry: Registry, tmp_path: Path, form: str):
    begin_design(registry, FIRST, "nothing-yet", empty_draft("nothing-yet"), {}, origin={"kind": "empty"})
    entry = values(registry, "nothing-yet", form, tmp_path)
    filled = {field["id"] for field in entry["fields"] if field["value"] is not None}
    assert filled <= {"status", "secondary_ids", "analysis_plan", "plan_version", "2", "5", "31"}
    said = text_of(write_registration(registry, FIRST, "nothing-yet", form, tmp_path / "x.pdf", TODAY, TODAY))
    assert said.count("Not in the record") == len(entry["not_in_the_record"])


def test_what_cannot_be_written_is_refused(registry: Registry, trial: str, tmp_path: Path):
    with pytest.raises(TrialRefused, match="there is no form"):
        write_registration(registry, FIRST, trial, "isrctn", tmp_path / "x.pdf", TODAY, TODAY)
    with pytest.raises(TrialRefused, match=r"it ends in \.pdf, \.docx or \.json"):
        write_registration(registry, FIRST, trial, "aea", tmp_path / "x.csv", TODAY, TODAY)
    assert list(tmp_path.glob("x.*")) == []
