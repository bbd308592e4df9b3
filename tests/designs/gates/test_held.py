"""What an approval, an override and a day are held to: another plan, directorate or answer, and they do not count."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from designs.entries import Recorded, parse_entry
from designs.errors import DesignRefused
from designs.gates import Facts, bound, missing_before_lock, refuse_entry
from tests.designs.gates.test_gates import AT, CONTENTS, LETTER, TEXTS, TODAY, entry, facts, lacks, on_record
from tests.designs.protocol.examples import Change

GATEWAY_2 = ("gateway_2", "approval_void")


def void(design: Facts) -> list[tuple[str, str]]:
    codes = ("approval_void", "line_void", "override_void")
    return [(gate, code) for gate, code, _ in lacks(design) if code in codes]


@pytest.mark.requirement("K10")
@pytest.mark.parametrize("directorate", ["RIS", "Customer Services"])
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("hypothesis", "Another one"), "the hypothesis"),
        (("arms[1].share", 3), "the approaches, with their wording"),
        (("arms[1].label", "A letter"), "the approaches, with their wording"),
        (("outcomes[0].day", 31), "what is measured"),
        (("analysis.alpha", 0.01), "the analysis"),
        (("population.where[0].at_least", 2), "the customers"),
        (("decision.set_up", 5), "what it is worth"),
        (("suitability.cost.evidence", "another report"), "the answers to the questions"),
        (("purpose", "prevent"), "the purpose"),
        (("title", "Another"), None),
        (("owner", "us"), None),
    ],
)
def test_an_approval_is_of_the_plan_as_it_was_but_for_its_title_and_owner(
    directorate: str, change: Change, named: str | None
) -> None:
    steered = ("directorate", directorate)
    design = facts(steered)
    changed = facts(steered, change, recorded=on_record(design))
    told = [each.problem for _, each in missing_before_lock(changed) if each.code == "approval_void"]
    if named is None:
        assert told == []
        return
    assert void(changed) == [GATEWAY_2]
    assert named in told[0]
    assert "another since" in told[0]


@pytest.mark.requirement("K10")
def test_a_text_that_changed_after_the_approval_opens_gateway_2_again_and_a_later_meeting_closes_it() -> None:
    design = facts()
    other = LETTER + b" Please."
    texts = {**TEXTS, "wording/letter.en.md": hashlib.sha256(other).hexdigest()}
    changed = facts(
        texts=texts, contents={**CONTENTS, texts["wording/letter.en.md"]: other}, recorded=on_record(design)
    )
    assert GATEWAY_2 in void(changed)
    again = approved_again(changed)
    assert GATEWAY_2 not in void(replace(changed, recorded=again))
    assert GATEWAY_2 in void(replace(design, recorded=again))  # and that is not of the plan as it was before
    assert void(replace(design, recorded=on_record(design))) == []


def approved_again(design: Facts) -> tuple[Recorded, ...]:
    """Gateway 2 decided once more, at the meeting before the day that is today."""
    again = entry("gateway_decided", on="2026-02-11", gateway=2, decision="approved")
    refuse_entry(again, design)
    given = bound(again, design.plan, design.texts)
    return (*design.recorded, Recorded(len(design.recorded) + 1, given, AT, "somebody", "all"))


@pytest.mark.requirement("K10")
def test_a_condition_may_change_the_plan_until_it_is_met_and_not_after() -> None:
    design = facts()
    before = tuple(each for each in on_record(design) if getattr(each.entry, "gateway", None) != 2)
    stamped = lambda each, of: bound(each, of.plan, of.texts)  # noqa: E731
    decided = entry("gateway_decided", on="2026-02-11", gateway=2, decision="approved_with_conditions",
                    conditions=["another hypothesis"])  # fmt: skip
    met = entry("condition_met", on="2026-02-12", gateway=2, condition=1, how="it is another")
    mended = facts(("hypothesis", "Another one"))
    record = (*before, Recorded(90, stamped(decided, design), AT, "somebody", "all"))
    assert void(replace(mended, recorded=record)) == []  # the condition is open, and that is said
    record = (*record, Recorded(91, stamped(met, mended), AT, "somebody", "all"))
    assert void(replace(mended, recorded=record)) == []
    assert void(replace(design, recorded=record)) == [GATEWAY_2]


@pytest.mark.parametrize("names", [("RIS", "ISBC"), ("RIS", "Customer Services"), ("Customer Services", "Debt")])
def test_what_one_directorate_agreed_to_another_has_not(names: tuple[str, str]) -> None:
    before, after = (facts(("directorate", name)) for name in names)
    found = void(replace(after, recorded=on_record(before)))
    assert found.count(("consulted", "line_void")) == 2
    opened = {gate for gate, code in found if code == "approval_void"}
    same_route = {"ISBC": {"gateway_1", "gateway_2"}, "Debt": {"gateway_2"}}
    assert opened == same_route.get(names[1], set())  # of another route there is no approval at all
    told = [each.problem for _, each in missing_before_lock(replace(after, recorded=on_record(before)))]
    assert any(f"the directorate (it was {names[0]})" in each for each in told)


def test_another_spelling_is_the_same_directorate() -> None:
    design = facts(("directorate", "RIS"))
    assert lacks(facts(("directorate", "R.I.S."), recorded=on_record(design))) == []


def test_the_line_and_gateway_1_are_signed_anew_for_another_directorate() -> None:
    after = replace(facts(("directorate", "ISBC")), recorded=on_record(facts()))
    for again in (
        entry("line_signed_off", on="2026-02-20", grade="grade_7", signed_by="another sponsor"),
        entry("line_signed_off", on="2026-02-20", grade="deputy_director", signed_by="another deputy"),
        entry("gateway_decided", on="2026-02-25", gateway=1, decision="approved", extraordinary="it moved"),
        entry("gateway_decided", on="2026-02-26", gateway=2, decision="approved", extraordinary="it moved"),
    ):
        refuse_entry(again, after)
        new = Recorded(len(after.recorded) + 1, bound(again, after.plan, after.texts), AT, "somebody", "all")
        after = replace(after, recorded=(*after.recorded, new))
    assert void(after) == []


@pytest.mark.requirement("S17")
@pytest.mark.parametrize("change", [("population.where[0].at_least", 2), ("arms[1].label", "A letter")])
def test_an_override_holds_while_what_the_answer_rests_on_is_what_it_was(change: Change) -> None:
    doubt = ("suitability.reaction.confidence", "in_doubt")
    design = facts(doubt)
    recorded = on_record(design)
    assert lacks(replace(design, recorded=recorded)) == []
    assert ("suitability", "override_void") in void(facts(doubt, change, recorded=recorded))
    assert void(facts(doubt, ("title", "Another"), recorded=recorded)) == []


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "line_signed_off", "grade": "grade_7", "signed_by": "x", "directorate": "WMBC"},
        {"kind": "own_route_approved", "route": "x", "approved_by": "y", "directorate": "WMBC"},
        {"kind": "gateway_decided", "gateway": 2, "decision": "approved", "directorate": "WMBC"},
        {"kind": "gateway_decided", "gateway": 2, "decision": "approved", "plan": "0" * 64},
        {"kind": "gateway_decided", "gateway": 2, "decision": "approved", "approves": {"arms": "0" * 64}},
    ],
)
def test_nothing_is_given_for_another_plan_than_stands(given: dict[str, Any]) -> None:
    with pytest.raises(DesignRefused, match="is not what this was given for"):
        refuse_entry(parse_entry({"on": "2026-02-11", **given}), facts())


def test_an_approval_of_before_is_held_to_the_digest_that_it_has() -> None:
    design = facts()
    unbound = tuple(
        replace(each, entry=each.entry.model_copy(update={"approves": {}, "directorate": None}))
        if each.entry.kind == "gateway_decided"
        else each
        for each in on_record(design)
    )
    assert lacks(replace(design, recorded=unbound)) == []
    assert void(facts(("hypothesis", "Another one"), recorded=unbound)) == [GATEWAY_2]


DATED = (
    ("signed_off", {"signatory": "kai"}),
    ("signed_off", {"signatory": "taa"}),
    ("answers_confirmed", {"gate": "gateway_2"}),
    ("doubt_overridden", {}),
)


@pytest.mark.parametrize(("kind", "values"), DATED)
def test_what_is_put_on_record_last_is_not_dated_before_what_it_replaces(kind: str, values: dict[str, str]) -> None:
    """A pass dated 1999 does not stand against a failure that was recorded before it."""
    design = facts(("suitability.reaction.confidence", "in_doubt"))
    held = on_record(design)
    first = next(each for each in held if each.entry.kind == kind and values.items() <= each.entry.model_dump().items())
    for on in ("1999-02-02", (first.entry.on - timedelta(days=1)).isoformat()):
        again = first.entry.model_copy(update={"on": date.fromisoformat(on)})
        with pytest.raises(DesignRefused, match="is not dated before what it replaces"):
            refuse_entry(again, replace(design, recorded=held))
        refuse_entry(again, design)  # alone on record, its day is as good as any
    refuse_entry(first.entry, replace(design, recorded=held))


@pytest.mark.parametrize(("kind", "values"), [*DATED, ("gateway_decided", {"gateway": 2})])
def test_nothing_is_said_of_what_is_not_there_yet_nor_on_a_day_to_come(kind: str, values: dict[str, Any]) -> None:
    design = facts(("suitability.reaction.confidence", "in_doubt"))
    held = on_record(design)
    found = next(each for each in held if each.entry.kind == kind and values.items() <= each.entry.model_dump().items())
    design = replace(design, recorded=held[: found.number - 1])
    refuse_entry(found.entry, design, found.entry.on)
    with pytest.raises(DesignRefused, match="what it is about is as it is since"):
        refuse_entry(found.entry, design, found.entry.on + timedelta(days=1))
    to_come = found.entry.model_copy(update={"on": TODAY + timedelta(days=1)})
    with pytest.raises(DesignRefused, match="has yet to come"):
        refuse_entry(to_come, design, TODAY)
