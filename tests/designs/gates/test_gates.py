"""Gates: what a design lacks at each, and who clears it; a plan that has all of it passes them all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from designs.entries import Entry, Recorded, SignedOff, parse_entry
from designs.errors import DesignRefused
from designs.gates import (
    Facts,
    bound,
    gates_of,
    missing_before_lock,
    refuse_entry,
    sample_size_digest,
    sample_size_record,
)
from designs.variants.checklists import LATEST
from designs.variants.sign_offs import Version
from tests.designs.protocol.examples import Change
from tests.designs.suitability.plans import SETTLED, plan_of
from trials.demonstration_approvals import approvals

DRAWN_ON = date(2026, 3, 2)
TODAY = date(2026, 3, 2)
LETTER = b"""Please pay by 30 June. You have the right to disagree: if you think this is wrong, ask us to look again.
Ring 0300 000 0011. If you have paid, you need do nothing; if you do not pay, interest is added."""
DIGEST = hashlib.sha256(LETTER).hexdigest()
WELSH = b"Talwch erbyn 30 Mehefin. Mae gennych hawl i anghytuno. Ffoniwch 0300 000 0011."
WELSH_DIGEST = hashlib.sha256(WELSH).hexdigest()
TEXTS = {
    "wording/letter.en.md": DIGEST, "wording/sms.en.md": DIGEST,
    "wording/letter.cy.md": WELSH_DIGEST, "wording/sms.cy.md": WELSH_DIGEST,
}  # fmt: skip
CONTENTS = {DIGEST: LETTER, WELSH_DIGEST: WELSH}
AT = datetime(2025, 1, 6, 9, tzinfo=UTC)


def facts(*changes: Change, recorded: Sequence[Recorded] = (), **more: Any) -> Facts:
    in_welsh = [(f"arms[{place}].text.cy", f"wording/{arm}.cy.md") for place, arm in ((1, "letter"), (2, "sms"))]
    plan = plan_of(SETTLED, ("directorate", "RIS"), *in_welsh, *changes)
    versions = {
        f"text/{arm}/{language}": (Version(digest, AT),)
        for arm in ("letter", "sms")
        for language, digest in (("en", DIGEST), ("cy", WELSH_DIGEST))
    }
    values: dict[str, Any] = {
        "plan": plan, "errors": (), "texts": TEXTS, "contents": CONTENTS, "versions": versions,
        "recorded": recorded, "today": TODAY, "population": True,
    }  # fmt: skip
    return Facts(**(values | more))


def on_record(design: Facts, drawn_on: date = DRAWN_ON) -> tuple[Recorded, ...]:
    """Everything that such a plan needs, each entry admitted by the door that people meet."""
    recorded: tuple[Recorded, ...] = ()
    for number, entry in enumerate(approvals(design, drawn_on), 1):
        refuse_entry(entry, replace(design, recorded=recorded))
        bound_entry = bound(entry, design.plan, design.texts)
        recorded = (*recorded, Recorded(number, bound_entry, AT, "somebody", "all"))
    return recorded


def entry(kind: str, **values: Any) -> Entry:
    return parse_entry({"kind": kind, "on": "2026-02-02", **values})


def lacks(design: Facts) -> list[tuple[str, str, str]]:
    return [(gate.name, each.code, each.clears) for gate, each in missing_before_lock(design)]


@pytest.mark.parametrize("directorate", ["RIS", "ISBC", "WMBC", "Customer Services"])
def test_a_plan_with_all_of_it_passes_every_gate(directorate: str) -> None:
    design = facts(("directorate", directorate))
    assert lacks(replace(design, recorded=on_record(design))) == []


@pytest.mark.requirement("K09")
@pytest.mark.parametrize(
    ("directorate", "names"),
    [
        ("RIS", ["suitability", "consulted", "gateway_1", "designed", "signed_off", "gateway_2", "lock"]),
        ("Customer Services", ["suitability", "consulted", "designed", "signed_off", "gateway_2", "lock"]),
        (None, ["lock"]),
    ],
)
def test_the_directorate_decides_which_gates_are_asked_for(directorate: str | None, names: list[str]) -> None:
    design = facts(("directorate", directorate))
    assert [gate.name for gate in gates_of(design)] == names


@pytest.mark.parametrize("directorate", ["RIS", "Customer Services"])
def test_each_thing_on_record_is_needed(directorate: str) -> None:
    """Without any one of the entries something is missing: nothing on record is for show.

    That a body was asked follows from its answer or decision, which cannot be put on record before.
    """
    design = facts(("directorate", directorate))
    recorded = on_record(design)
    answered = {each.entry.body for each in recorded if each.entry.kind == "responded"}
    for left_out in recorded:
        if left_out.entry.kind == "consulted" and left_out.entry.body in (*answered, "camsg"):
            continue
        rest = tuple(each for each in recorded if each is not left_out)
        assert lacks(replace(design, recorded=rest)), left_out.entry


@pytest.mark.requirement("K03")
@pytest.mark.parametrize(
    "body",
    ["ec_strategy_unit", "kai", "camsg", "ris_campaigns", "taa", "copgu", "customer_directorate", "communications"],
)
def test_a_lock_names_the_body_that_nobody_has_heard(body: str) -> None:
    design = facts()
    rest = tuple(each for each in on_record(design) if getattr(each.entry, "body", None) != body)
    named = [each.where for _, each in missing_before_lock(replace(design, recorded=rest))]
    assert body in named


@pytest.mark.requirement("K07")
@pytest.mark.parametrize(
    "change",
    [
        ("arms[2].share", 3),
        ("outcomes[0].baseline", 0.3),
        ("outcomes[0].minimum_effect", 0.02),
        ("analysis.power", 0.9),
        ("analysis.alpha", 0.01),
        ("analysis.multiplicity", "bonferroni"),
        ("population.cluster_size", 4),
        ("population.cluster_size_cv", 0.4),
        ("arms", [SETTLED["arms"][0], SETTLED["arms"][1]]),
    ],
)
def test_a_change_of_what_the_size_follows_from_voids_the_signature_on_it(change: Change) -> None:
    design = facts()
    changed = facts(change, recorded=on_record(design))
    found = [code for gate, code, _ in lacks(changed) if gate == "signed_off" and code.startswith("sample_size")]
    assert found == ["sample_size_void"]


@pytest.mark.parametrize(
    "change", [("title", "Another"), ("arms[1].label", "A letter"), ("decision.set_up", 5), ("owner", "us")]
)
def test_other_changes_leave_the_signature_on_the_size(change: Change) -> None:
    assert sample_size_digest(facts(change).plan) == sample_size_digest(facts().plan)  # type: ignore[arg-type]


@pytest.mark.requirement("K12")
def test_one_changed_character_voids_the_signatures_on_a_text() -> None:
    design = facts()
    other = LETTER + b"."
    digest = hashlib.sha256(other).hexdigest()
    versions = {**design.versions, "text/letter/en": (Version(DIGEST, AT), Version(digest, AT.replace(year=2026)))}
    changed = replace(
        design, texts={**TEXTS, "wording/letter.en.md": digest}, contents={**design.contents, digest: other},
        versions=versions, recorded=on_record(design),
    )  # fmt: skip
    found = lacks(changed)
    assert [(gate, code, body) for gate, code, body in found if code == "sign_off_void"] == [
        ("signed_off", "sign_off_void", "taa"), ("signed_off", "sign_off_void", "copgu"),
    ]  # fmt: skip
    assert {code for _, code, _ in found} == {
        "sign_off_void",
        "stale",
        "approval_void",
    }  # which rest on the wording too


@pytest.mark.requirement("S18")
def test_an_edited_population_is_answered_for_again_at_every_gate() -> None:
    design = facts()
    changed = facts(("population.where[0].at_least", 2), recorded=on_record(design))
    stale = {(gate, each.where) for gate, each in missing_before_lock(changed) if each.code == "stale"}
    for gate in ("gateway_1", "gateway_2", "lock"):
        assert {(gate, "suitability.customers"), (gate, "suitability.same_reason")} <= {
            (gate_.name, where) for gate_, where in stale
        }


def test_a_text_that_opens_a_check_blocks_the_design() -> None:
    content = LETTER + b" We have opened a check of your return."
    digest = hashlib.sha256(content).hexdigest()
    design = facts(texts={**TEXTS, "wording/sms.en.md": digest}, contents={**CONTENTS, digest: content})
    assert ("designed", "check_opened", "designer") in lacks(design)


@pytest.mark.parametrize("declared", [{}, {"en_in_use": "wording/today.en.md"}])
def test_a_text_of_what_is_done_today_is_searched_too(declared: dict[str, str]) -> None:
    """Whether it is in use or new: customers get it in the trial."""
    content = LETTER + b" We have opened a check of your return."
    digest = hashlib.sha256(content).hexdigest()
    todays = {"id": "today", "kind": "bau", "label": "Today", "share": 1, "channel": "letter",
              "text": {"en": "wording/today.en.md", **declared}}  # fmt: skip
    texts, contents = {**TEXTS, "wording/today.en.md": digest}, {**CONTENTS, digest: content}
    design = facts(("arms[3]", todays), texts=texts, contents=contents)
    had = {f"text/today/{name}": (Version(digest, AT),) for name in ("en", *declared)}
    design = replace(design, versions={**design.versions, **had})
    found = [(each.code, each.where) for _, each in missing_before_lock(design)]
    assert ("check_opened", "arms[3].text.en") in found
    assert (("sign_off_missing", "arms[3].text.en") in found) == (not declared)


def test_without_a_population_nothing_is_locked() -> None:
    design = facts(population=False)
    assert lacks(replace(design, recorded=on_record(design))) == [("lock", "no_population", "designer")]


@pytest.mark.parametrize("plan", [None, plan_of({"schema": 1, "id": "x", "directorate": "RIS"})])
def test_a_plan_with_nothing_in_it_lacks_nearly_everything(plan: Any) -> None:
    design = Facts(plan, (), {}, {}, {}, (), TODAY)
    assert all(not gate.passed for gate in gates_of(design) if gate.name in ("consulted", "lock"))


def test_there_is_no_size_to_sign_before_there_is_a_plan() -> None:
    assert sample_size_record(plan_of({"schema": 1, "id": "x"})) is None


def signature(**changes: Any) -> Entry:
    plan = facts().plan
    assert plan is not None
    values: dict[str, Any] = {
        "signatory": "kai", "subject": "sample_size", "digest": sample_size_digest(plan), "signed_by": "somebody",
        "edition": LATEST, "answers": {"large_enough": True},
    }  # fmt: skip
    return entry("signed_off", **(values | changes))


@pytest.mark.parametrize(
    ("refused", "problem"),
    [
        (signature(digest="0" * 64), "is not the size of the sample as the plan has it now"),
        (signature(signatory="taa"), "TAA does not sign sample_size"),
        (signature(edition=None), "this edition is not known"),
        (signature(answers={"enough": True}), "KAI's checklist has no such point"),
        (signature(answers={"large_enough": "perhaps"}), "is no answer to it"),
        (signature(customers=400), "for how many customers"),
        (signature(signatory="copgu", subject="text/letter/en", customers=400), "names no number of customers"),
        (signature(subject="text/letter/en", digest=DIGEST), "KAI does not sign text/letter/en"),
        (signature(signatory="copgu", subject="text/letter/en"), "is not the text of the plan"),
        (signature(signatory="copgu", subject="text/call/en"), "the plan has no text/call/en"),
        (entry("doubt_overridden", answers={"reaction": "0" * 64}, reason="x"), "this answer is not in doubt"),
        (entry("answers_confirmed", gate="lock", rests_on={"reaction": "0" * 64}), "is not what was confirmed"),
        (entry("responded", body="kai", outcome="agreed"), "register"),
        (entry("gateway_decided", gateway=2, decision="approved"), "gateway 1 is not approved|does not meet"),
        (entry("own_route_approved", route="x", approved_by="y"), "cannot be approved by a route of its own"),
    ],
)
def test_what_contradicts_the_design_is_not_put_on_record(refused: Entry, problem: str) -> None:
    with pytest.raises(DesignRefused, match=problem):
        refuse_entry(refused, facts())


def sized(*entries: Entry, **more: Any) -> list[str]:
    """What is open of the size of the sample, with these signatures on record."""
    recorded = tuple(Recorded(number, each, AT, "kim", "analyst") for number, each in enumerate(entries, 1))
    found = missing_before_lock(facts(recorded=recorded, **more))
    return [each.code for _, each in found if each.where == "sample_size"]


def test_the_sample_is_signed_with_a_yes() -> None:
    assert sized() == ["sample_size_unsigned"]
    assert sized(signature()) == []
    for answers in ({"large_enough": False}, {"large_enough": "no"}, {}):
        assert sized(signature(answers=answers)) == ["sample_size_incomplete"]
    # The last word on one size counts.
    assert sized(signature(), signature(answers={"large_enough": "no"})) == ["sample_size_incomplete"]
    assert sized(signature(answers={"large_enough": "no"}), signature()) == []


@pytest.mark.parametrize(("answers", "found"), [({}, []), ({"large_enough": "no"}, ["sample_size_incomplete"])])
def test_a_signature_of_before_the_checklist_holds_unless_it_said_no(answers: dict[str, Any], found: list[str]) -> None:
    assert sized(signature(edition=None, answers=answers), customers=300) == found


def test_fewer_customers_than_were_signed_for_void_the_signature() -> None:
    for now, found in ((400, []), (500, []), (None, []), (399, ["sample_size_void"])):
        assert sized(signature(customers=400), customers=now) == found, now
    assert sized(signature(), customers=400) == ["sample_size_void"]  # it was not known how many there are
    design = facts(customers=400)
    with pytest.raises(DesignRefused, match="400 customers take part"):
        refuse_entry(signature(), design)
    refuse_entry(signature(customers=400), design)


def test_nothing_is_signed_before_there_is_a_plan() -> None:
    for signatory, subject in (("kai", "sample_size"), ("taa", "text/letter/en")):
        signed = signature(signatory=signatory, subject=subject)
        assert isinstance(signed, SignedOff)
        with pytest.raises(DesignRefused, match="there is nothing to sign yet"):
            refuse_entry(signed, replace(facts(), plan=None))


@pytest.mark.requirement("S16")
def test_contact_above_capacity_stands_in_the_way_of_the_lock() -> None:
    surge = {"customers": 40_000, "by_day": [1], "arms": {"letter": {"call": 0.05}, "sms": {"call": 0.05}}}
    over = facts(("suitability.operations.surge", surge))
    found = [(gate.name, each.clears) for gate, each in missing_before_lock(over) if each.code == "over_capacity"]
    assert found == [("designed", "designer")]
    fits = facts(("suitability.operations.surge", surge | {"customers": 10_000}))
    assert not [each for _, each in missing_before_lock(fits) if each.code == "over_capacity"]
