"""The forms of public registries: their fields are those published, and each is filled or said not to be there."""

from __future__ import annotations

import re

import pytest

from trials.reporting.registrations import FORMS

# Of SPIRIT 2025 (BMJ 2025;389:e081477, table 1): 34 items, these of them in parts.
PARTS = {
    1: "ab", 3: "abcd", 7: "ab", 9: "ab", 14: "ab", 15: "abcd", 21: "ab", 24: "abc", 25: "ab", 27: "abcd", 28: "ab",
    32: "ab",
}  # fmt: skip


def test_the_items_of_spirit_are_numbered_as_published():
    published = [f"{item}{part}" for item in range(1, 35) for part in PARTS.get(item, ("",))]
    assert [field.id for field in FORMS["spirit"].fields] == published


@pytest.mark.parametrize("code", FORMS)
def test_every_field_has_a_name_of_its_own(code: str):
    fields = FORMS[code].fields
    assert len({field.id for field in fields}) == len({field.name for field in fields}) == len(fields)
    assert all(re.fullmatch(r"[a-z][a-z_]*|\d+[a-d]?", field.id) for field in fields)


def test_the_forms_require_what_the_registries_do():
    required = {code: [field.id for field in form.fields if field.required] for code, form in FORMS.items()}
    assert required["aea"] == [
        "title", "country", "primary_investigator", "status", "keywords", "abstract", "trial_start",
        "intervention_start", "intervention_end", "trial_end", "primary_outcomes", "design", "randomization_method",
        "randomization_unit", "clustered", "clusters", "observations", "by_arm",
    ]  # fmt: skip
    assert required["spirit"] == []  # a checklist asks for an answer to each
    assert "pub_final" in required["uk"]
