"""The forms of public registries: their fields are those published, and each is filled or said not to be there."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from designs.drafting import Draft, draft_of_file, judge_draft
from designs.entries import Recorded, SetAside
from designs.gates import Facts
from designs.library import template_named
from trials.registry.dossier import Dossier
from trials.registry.records import AmendmentRecord
from trials.reporting.proposal import proposal_paper
from trials.reporting.registrations import FORMS, entry_paper, entry_values

TODAY = date(2026, 11, 30)

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


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key and every place of a list in a plan."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from places(inner, (*path, step))


@pytest.mark.parametrize("template", ["late-returns", "social-pressure", "sa-debts"])
def test_a_draft_that_lacks_anything_at_all_has_its_papers(template: str):
    """A section that cannot be read is not there; whatever follows from it is missing, and nothing fails."""
    draft, contents = draft_of_file(template_named(template).path)
    removed = list(places(draft.document))
    sections, within = [path for path in removed if len(path) == 1], [path for path in removed if len(path) > 1]
    for path in [(), *sections, *within[:: len(within) // 40]]:
        document = copy.deepcopy(draft.document)
        part: Any = document
        for step in path[:-1]:
            part = part[step]
        if path:
            del part[path[-1]]
        judged = judge_draft(Draft(document, draft.texts), day=TODAY)
        facts = Facts(judged.protocol, judged.errors, draft.texts, contents, {}, (), TODAY)
        dossier = Dossier("half", facts, 1, None, "0" * 64, None, None, None, None)
        assert len(proposal_paper(dossier).sections) == 16, path
        for form in FORMS.values():
            assert len(entry_paper(form, dossier).sections) == len(form.sections), path
            assert len(entry_values(form, dossier)["fields"]) == len(form.fields), path


@pytest.mark.parametrize(("code", "where"), [("aea", "analysis_plan"), ("uk", "plan_version"), ("spirit", "2")])
def test_an_entry_tells_what_became_of_the_plan(code: str, where: str):
    draft, contents = draft_of_file(template_named("late-returns").path)
    judged = judge_draft(Draft(draft.document, draft.texts), day=TODAY)
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    entry = SetAside(
        kind="set_aside",
        on=date(2026, 11, 27),
        instead="no_further_action",
        what="Nothing",
        reason="Too few\nare late.",
    )
    aside = Recorded(1, entry, at, "Designer 1", "designer")
    amendment = AmendmentRecord(
        number=1, version=2, amends=1, digest="1" * 64, stage="allocated", effect="unplanned", reason="A later day.",
        changes=(), proposed_at=at, proposed_by="Designer 1", confirmed_at=at, confirmed_by="Reviewer 1",
        withdrawn_at=None, withdrawn_by=None,
    )  # fmt: skip

    def said(recorded: tuple[Recorded, ...], outside: str | None, amendments: tuple[AmendmentRecord, ...]) -> str:
        facts = Facts(judged.protocol, judged.errors, draft.texts, contents, {}, recorded, TODAY)
        dossier = Dossier("t", facts, None, 2, "0" * 64, None, None, outside, None, amendments=amendments)
        values = {field["id"]: field["value"] for field in entry_values(FORMS[code], dossier)["fields"]}
        if code == "uk":
            assert values["reasons_unpublished"] == (APART[0] if recorded else None)
        return values[where]

    plain = said((), None, ())
    assert said((aside,), None, ()) == f"{plain}. {APART[0]}"
    assert said((), "a pilot of three days", ()) == f"{plain}. {APART[1]}"
    assert said((), None, (replace(amendment, confirmed_at=None, confirmed_by=None),)) == plain
    assert said((aside,), "a pilot of three days", (amendment,)) == f"{plain}. {' '.join(APART)}"


APART = (
    "Set aside on 27 November 2026: Too few are late.",
    "Locked outside the route of approval: a pilot of three days.",
    "Amended after the lock, by Designer 1, in force since 20 November 2026 at 09:00: A later day. "
    "What was amended after the draw is unplanned, and decides nothing.",
)
