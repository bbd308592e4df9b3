"""What is put on record about a plan is about the plan that was read: a colleague's save in between is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from data.errors import Refused
from designs.drafting import Draft, draft_of_template
from designs.entries import parse_entry
from designs.gates import Facts, sample_size_digest
from designs.suitability.staleness import answer_digests, rests_on
from designs.variants.checklists import LATEST
from tests.designs.test_entries import document
from tests.trials.examples import FIRST, SECOND, Files, as_read, locked
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.design_facts import facts_of
from trials.registry.tables.columns import now
from trials.stages.amend import amend, withdraw_amendment
from trials.stages.design import begin_design, revise_design
from trials.stages.enter import enter

TRIAL = "sa-2027"
OF_THE_PLAN = {
    "own_route_approved": {}, "answers_confirmed": {}, "doubt_overridden": {}, "set_aside": {}, "line_signed_off": {},
    "gateway_decided": {"gateway": 2, "decision": "approved", "conditions": ()}, "condition_met": {"gateway": 2},
}  # fmt: skip


@pytest.fixture
def design(either: Registry) -> Registry:
    draft, contents = draft_of_template("sa-debts", TRIAL)
    begin_design(either, FIRST, TRIAL, draft, contents, origin={"kind": "template", "name": "sa-debts"})
    doubted = {**draft.document["suitability"]}
    doubted["reaction"] = {**doubted["reaction"], "confidence": "in_doubt"}
    saved(either, suitability=doubted)
    return either


def draft_of(registry: Registry) -> tuple[Draft, int]:
    with registry.read(FIRST, TRIAL) as reader:
        revision = reader.design(TRIAL)
    return revision.draft, revision.number


def saved(registry: Registry, **values: Any) -> None:
    """A colleague's revision."""
    draft, number = draft_of(registry)
    revise_design(registry, SECOND, TRIAL, Draft({**draft.document, **values}, draft.texts), {}, made_from=number)


def entry_of(registry: Registry, kind: str) -> Any:
    """An entry of today, as somebody would write it of the plan as it stands."""
    more: Mapping[str, Any] = OF_THE_PLAN.get(kind, {})
    with registry.inspect(FIRST, "read") as session:
        facts = facts_of(session, TRIAL, now().date())
    assert facts.plan is not None
    if kind == "answers_confirmed":
        more = {"rests_on": rests_on(facts.plan, facts.texts)}
    if kind.startswith("signed_off"):
        return signature(facts, kind.removeprefix("signed_off/"))
    if kind == "doubt_overridden":
        more = {"answers": {"reaction": answer_digests(facts.plan)["reaction"]}}
    return parse_entry(document(kind, on=now().date().isoformat(), **more))


def signature(facts: Facts, subject: str) -> Any:
    """That KAI signs the size of the sample, or TAA a text."""
    assert facts.plan is not None
    today = now().date().isoformat()
    if subject == "sample_size":
        found = {"signatory": "kai", "answers": {"large_enough": True}, "digest": sample_size_digest(facts.plan)}
    else:
        subject, had = next(each for each in facts.versions.items() if each[0].endswith("/en"))
        found = {"signatory": "taa", "answers": {}, "digest": had[-1].digest}
    return parse_entry(document("signed_off", on=today, subject=subject, edition=LATEST, **found))


def recorded(registry: Registry) -> list[str]:
    with registry.read(FIRST) as reader:
        return [each.entry.kind for each in reader.entries(TRIAL)]


@pytest.mark.parametrize("kind", OF_THE_PLAN)
def test_it_is_said_which_plan_was_read(design: Registry, kind: str) -> None:
    with pytest.raises(TrialRefused, match="not said which plan was read"):
        enter(design, FIRST, TRIAL, entry_of(design, kind))
    with pytest.raises(TrialRefused, match="the digest of no plan that the design has had"):
        enter(design, FIRST, TRIAL, entry_of(design, kind), read="0" * 64)
    assert recorded(design) == []


@pytest.mark.parametrize("kind", OF_THE_PLAN)
def test_what_a_colleague_saved_in_between_is_not_signed_unseen(design: Registry, kind: str) -> None:
    read = as_read(design, TRIAL)
    population = {**draft_of(design)[0].document["population"], "cooling_off_days": 90}
    saved(design, population=population, directorate="WMBC")
    with pytest.raises(
        TrialRefused, match=r"the plan changed after it was read \(revision 3, by Second Person\)"
    ) as no:
        enter(design, FIRST, TRIAL, entry_of(design, kind), read=read)
    named = {"answers_confirmed": "the answer to", "doubt_overridden": "How will these customers"}
    assert named.get(kind, "the directorate") in str(no.value)
    assert recorded(design) == []


@pytest.mark.parametrize("kind", ["own_route_approved", "set_aside", "answers_confirmed", "line_signed_off"])
def test_a_corrected_title_stops_nobody(design: Registry, kind: str) -> None:
    if kind == "own_route_approved":
        saved(design, directorate="Debt Management")
    read = as_read(design, TRIAL)
    saved(design, title="Another title")
    enter(design, FIRST, TRIAL, entry_of(design, kind), read=read)
    assert recorded(design) == [kind]


YOUNG = [
    "own_route_approved", "answers_confirmed", "doubt_overridden", "set_aside", "signed_off/sample_size",
    "signed_off/text",
]  # fmt: skip


@pytest.mark.parametrize("kind", YOUNG)
@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "yesterday"])
def test_nothing_is_older_than_the_design_that_it_is_about(design: Registry, kind: str, day: str) -> None:
    if kind == "own_route_approved":
        saved(design, directorate="Debt Management")
    on = now().date() - timedelta(days=1) if day == "yesterday" else date.fromisoformat(day)
    entry = entry_of(design, kind).model_copy(update={"on": on})
    with pytest.raises(Refused, match=r"is no day of a trial|what it is about is as it is since"):
        enter(design, FIRST, TRIAL, entry, read=as_read(design, TRIAL))
    assert recorded(design) == []


def test_what_is_about_nothing_of_the_plan_needs_no_plan(design: Registry) -> None:
    enter(design, FIRST, TRIAL, parse_entry(document("stakeholder_added")))
    assert recorded(design) == ["stakeholder_added"]


def test_another_amendment_than_the_one_that_was_read_is_not_taken_back(either: Registry, files: Files) -> None:
    locked(either, files)
    text = files.protocol.read_text(encoding="utf-8")
    for title in ("title: Our ", "title: Their "):
        files.protocol.write_text(text.replace("title: ", title), encoding="utf-8")
        amend(either, FIRST, files.trial, files.protocol, reason="a better title")
        if "Our" in title:
            withdraw_amendment(either, SECOND, files.trial, 1, reason="not so")
    with pytest.raises(TrialRefused, match="the amendment that waits is number 2"):
        withdraw_amendment(either, FIRST, files.trial, 1, reason="I read the first")
    assert withdraw_amendment(either, FIRST, files.trial, 2, reason="I read both").number == 2
