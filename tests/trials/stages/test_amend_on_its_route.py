"""An amendment is signed again by whoever signed what it changes, and by nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from data.errors import Refused
from designs.consultation.gateways import gateway_standings
from designs.entries import AnswersConfirmed, Entry, GatewayDecided
from designs.protocol.reading import read_document
from tests.trials.examples import FIRST, SECOND, as_read
from tests.trials.stages.test_gates import ADMINISTRATOR, TODAY, TRIAL, ready, record
from trials.demonstration_approvals import approvals
from trials.registry import Registry
from trials.registry.design_facts import facts_of, facts_to_sign
from trials.registry.tables.columns import now
from trials.stages.allocate import randomise
from trials.stages.amend import amend, confirm_amendment, withdraw_amendment
from trials.stages.enter import enter
from trials.stages.lock import lock
from trials.stages.register import register

assert ready  # a fixture
WHY = "the adviser has found a mistake"
GROUP = "Campaigns Steering Group approved the design as it was"


@pytest.fixture
def on_route(ready: Registry) -> Registry:
    record(ready)
    lock(ready, FIRST, TRIAL)
    return ready


def edited(folder: Path, name: str, change: Callable[[str], str]) -> Path:
    path = folder / "plan" / name
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")
    return folder / "plan" / "late-returns.yaml"


def signed_again(registry: Registry, kinds: Callable[[Entry], bool]) -> None:
    """What the demonstration puts on record about its plan, of the plan as amended."""
    with registry.inspect(FIRST, "read") as session:
        facts = facts_to_sign(session, TRIAL, TODAY)
    for entry in approvals(facts, date(2026, 6, 1)):
        if kinds(entry):
            enter(registry, FIRST, TRIAL, entry.model_copy(update={"on": now().date()}), read=as_read(registry, TRIAL))


def decided_again(registry: Registry) -> None:
    decision = GatewayDecided(
        kind="gateway_decided", on=now().date(), gateway=2, decision="approved", extraordinary="it met for this one"
    )
    enter(registry, FIRST, TRIAL, decision, read=as_read(registry, TRIAL))


@pytest.mark.requirement("K16")
def test_a_changed_text_is_signed_again_by_taa_and_copgu_and_the_group_decides_again(on_route, tmp_path):
    path = edited(tmp_path, "wording/late-returns-letter.en.md", lambda text: text + "\nPlease.\n")
    proposed = amend(on_route, FIRST, TRIAL, path, reason=WHY)
    assert {each.clears for each in proposed.to_sign} >= {"taa", "copgu", "designer"}
    assert "kai" not in {each.clears for each in proposed.to_sign}
    assert any(GROUP in each.problem for each in proposed.to_sign)
    with pytest.raises(Refused, match=r"signed again first.*taa clears it"):
        confirm_amendment(on_route, SECOND, TRIAL, 1)
    signed_again(on_route, lambda entry: entry.kind == "signed_off" and entry.subject.startswith("text"))
    signed_again(on_route, lambda entry: isinstance(entry, AnswersConfirmed) and entry.gate != "gateway_1")
    with pytest.raises(Refused, match=GROUP):
        confirm_amendment(on_route, SECOND, TRIAL, 1)
    decided_again(on_route)
    assert confirm_amendment(on_route, SECOND, TRIAL, 1).in_force
    assert randomise(on_route, FIRST, TRIAL).protocol_version == 2


@pytest.mark.requirement("K16")
def test_another_size_of_the_sample_is_signed_again_by_kai(on_route, tmp_path):
    path = edited(
        tmp_path, "late-returns.yaml", lambda text: text.replace("\nanalysis:\n", "\nanalysis:\n  power: 0.9\n")
    )
    proposed = amend(on_route, FIRST, TRIAL, path, reason=WHY)
    assert "kai" in {each.clears for each in proposed.to_sign}
    assert not {"taa", "copgu"} & {each.clears for each in proposed.to_sign}


@pytest.mark.requirement("K16")
def test_a_title_is_signed_by_nobody_again(on_route, tmp_path):
    path = edited(tmp_path, "late-returns.yaml", lambda text: text.replace("\ntitle: ", "\ntitle: Our "))
    assert amend(on_route, FIRST, TRIAL, path, reason=WHY).to_sign == ()
    assert confirm_amendment(on_route, SECOND, TRIAL, 1).effect == "record"


@pytest.mark.requirement("K16")
def test_what_was_signed_for_an_amendment_that_was_withdrawn_signs_no_other(on_route, tmp_path):
    name = "wording/late-returns-letter.en.md"
    path = edited(tmp_path, name, lambda text: text + "\nPlease.\n")
    amend(on_route, FIRST, TRIAL, path, reason=WHY)
    signed_again(on_route, lambda entry: entry.kind == "signed_off")
    withdraw_amendment(on_route, FIRST, TRIAL, 1, reason="another word")
    edited(tmp_path, name, lambda text: text.replace("Please.", "Pay now."))
    proposed = amend(on_route, FIRST, TRIAL, path, reason=WHY)
    assert {each.clears for each in proposed.to_sign} >= {"taa", "copgu"}


@pytest.mark.requirement("K16")
def test_papers_are_of_the_plan_in_force_and_gates_of_what_is_to_be_signed(on_route, tmp_path):
    with on_route.read(FIRST) as reader:
        before = reader.dossier(TRIAL, TODAY)
    path = edited(tmp_path, "wording/late-returns-letter.en.md", lambda text: text + "\nPlease.\n")
    amend(on_route, FIRST, TRIAL, path, reason=WHY)
    with on_route.read(FIRST) as reader:
        after, gates = reader.dossier(TRIAL, TODAY), reader.gates(TRIAL, TODAY)
    assert after.plan == before.plan
    assert [record.open for record in after.amendments] == [True]
    assert any("the sign-off is void" in each.problem for gate in gates for each in gate.open)


@pytest.mark.requirement("K16")
def test_a_signature_that_was_missing_at_a_lock_outside_the_route_hides_no_other_body_s(ready, tmp_path):
    """TAA's was void at the lock and COPGU's stood: both are void for the amended text, and COPGU signs that."""
    name = "wording/late-returns-letter.en.md"
    record(ready, but=lambda entry: entry.kind == "signed_off" and entry.signatory == "copgu")
    path = edited(tmp_path, name, lambda text: text + "\nOnce.\n")
    register(ready, FIRST, path)  # TAA's is void at the lock
    with ready.inspect(FIRST, "read") as session:
        facts = facts_to_sign(session, TRIAL, TODAY)
    for entry in approvals(facts, date(2026, 6, 1)):
        if entry.kind == "signed_off" and entry.signatory == "copgu":
            enter(ready, FIRST, TRIAL, entry, invented=True)
    lock(ready, ADMINISTRATOR, TRIAL, version=2, without_governance="a pilot")
    path = edited(tmp_path, name, lambda text: text + "\nTwice.\n")
    asked = {each.clears for each in amend(ready, FIRST, TRIAL, path, reason=WHY).to_sign}
    assert "copgu" in asked
    assert "taa" not in asked  # which was not there when the plan was locked, by an administrator's word


@pytest.mark.requirement("K16")
def test_an_arm_that_moved_into_another_s_place_is_not_taken_for_it(ready, tmp_path):
    """What is missing is known by the arm's id: at the lock nobody had signed what stood second."""
    record(ready, but=lambda entry: entry.kind == "signed_off")
    lock(ready, ADMINISTRATOR, TRIAL, without_governance="a pilot")
    path = tmp_path / "plan" / "late-returns.yaml"
    plan = read_document(path).value
    place = next(place for place, arm in enumerate(plan["arms"]) if arm["kind"] == "otm")
    plan["arms"].insert(
        place, {**plan["arms"][place], "id": "a-new-one", "label": "A new one", "contact_number": "0300 000 0099"}
    )
    path.write_text(json.dumps(plan), encoding="utf-8")
    asked = {(each.where, each.clears) for each in amend(ready, FIRST, TRIAL, path, reason=WHY).to_sign}
    assert {(f"arms[{place}].text.en", "taa"), (f"arms[{place}].text.en", "copgu")} <= asked


@pytest.mark.requirement("K16")
@pytest.mark.parametrize("decision", [
    {"decision": "approved"}, {"decision": "approved_with_conditions", "conditions": ("brief the press",)},
])  # fmt: skip
def test_a_decision_of_before_the_amendment_is_none_on_it(on_route, tmp_path, decision):
    path = edited(tmp_path, "wording/late-returns-letter.en.md", lambda text: text + "\nPlease.\n")
    amend(on_route, FIRST, TRIAL, path, reason=WHY)
    yesterday = now().date() - timedelta(days=1)
    before = GatewayDecided(
        kind="gateway_decided", on=yesterday, gateway=2, extraordinary="it met for this one", **decision
    )
    with pytest.raises(Refused, match="what it is about is as it is since"):
        enter(on_route, FIRST, TRIAL, before, read=as_read(on_route, TRIAL))
    with pytest.raises(Refused, match=GROUP):
        confirm_amendment(on_route, SECOND, TRIAL, 1)


@pytest.mark.requirement("K12")
def test_a_text_is_signed_no_earlier_than_it_was_there(on_route, tmp_path):
    path = edited(tmp_path, "wording/late-returns-letter.en.md", lambda text: text + "\nPlease.\n")
    amend(on_route, FIRST, TRIAL, path, reason=WHY)
    with on_route.inspect(FIRST, "read") as session:
        facts = facts_to_sign(session, TRIAL, TODAY)
    for entry in approvals(facts, date(2026, 6, 1)):
        signs_new = entry.kind == "signed_off" and entry.subject != "sample_size"
        if signs_new or (entry.kind == "answers_confirmed" and entry.gate == "lock"):
            with pytest.raises(Refused, match="what it is about is as it is since"):
                enter(on_route, FIRST, TRIAL, entry, read=as_read(on_route, TRIAL))
            enter(on_route, FIRST, TRIAL, entry.model_copy(update={"on": now().date()}), read=as_read(on_route, TRIAL))


@pytest.mark.requirement("K16")
@pytest.mark.parametrize("decision", [
    {"decision": "rejected"}, {"decision": "deferred"}, {"decision": "approved"},
    {"decision": "approved_with_conditions", "conditions": ("brief the press",)},
])  # fmt: skip
def test_what_was_decided_on_an_amendment_that_was_taken_back_says_nothing_of_the_plan_in_force(
    on_route, tmp_path, decision
):
    def open_now() -> list[str]:
        with on_route.read(FIRST) as reader:
            return [each.problem for gate in reader.gates(TRIAL, TODAY) for each in gate.blocking]

    before = open_now()
    path = edited(tmp_path, "wording/late-returns-letter.en.md", lambda text: text + "\nPlease.\n")
    amend(on_route, FIRST, TRIAL, path, reason=WHY)
    signed_again(on_route, lambda entry: isinstance(entry, AnswersConfirmed))
    entry = GatewayDecided(
        kind="gateway_decided", on=now().date(), gateway=2, extraordinary="it met for this one", **decision
    )
    enter(on_route, FIRST, TRIAL, entry, read=as_read(on_route, TRIAL))
    with on_route.inspect(FIRST, "read") as session:  # nor while it is open
        in_force = facts_of(session, TRIAL, TODAY)
    assert gateway_standings(in_force.recorded)[1].passed_on is not None
    withdraw_amendment(on_route, SECOND, TRIAL, 1, reason="not so")
    assert open_now() == before
    # Another amendment is decided on for itself, and what was put on record then is numbered on.
    edited(tmp_path, "wording/late-returns-letter.en.md", lambda text: text + "\nThank you.\n")
    amend(on_route, FIRST, TRIAL, path, reason=WHY)
    with pytest.raises(Refused, match=GROUP):
        confirm_amendment(on_route, SECOND, TRIAL, 2)
    decided_again(on_route)
    with on_route.read(FIRST) as reader:
        numbers = [each.number for each in reader.entries(TRIAL)]
    assert numbers == list(range(1, len(numbers) + 1))
