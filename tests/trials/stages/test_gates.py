"""The lock and the gates: what is open stops it by name, a reason lets an administrator past, and that is shown."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data.cohort.demonstrations import DEMONSTRATIONS
from data.cohort.population import population
from designs.drafting import Draft
from designs.entries import parse_entry
from designs.gates import gates_of
from designs.library import template_named
from tests.designs.test_entries import document
from tests.trials.examples import FIRST, Files, as_read, locked
from trials.access import Actor
from trials.demonstration_approvals import approvals
from trials.errors import AccessRefused, TrialRefused
from trials.registry import Registry, open_registry
from trials.registry.design_facts import facts_of, facts_of_plan
from trials.registry.past_plans import draft_of_trial
from trials.registry.plan import plan_of
from trials.registry.tables.columns import now
from trials.reporting.portfolio import outside_route
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.certificate import certificate
from trials.stages.design import begin_design, revise_design
from trials.stages.enter import enter
from trials.stages.lock import check_lock, lock
from trials.stages.population import load_population
from trials.stages.register import register, register_draft

TRIAL = "late-returns-2026"
TODAY = date(2026, 11, 30)
ADMINISTRATOR = Actor("An Administrator", "administrator")


@pytest.fixture
def ready(either: Registry, tmp_path: Path) -> Registry:
    """A trial of the library with 400 synthetic customers: everything for the lock but the gates."""
    folder = tmp_path / "plan"
    shutil.copytree(template_named("late-returns").path.parent, folder)
    path = folder / "late-returns.yaml"
    pq.write_table(population(1, 400, DEMONSTRATIONS["C"].kind), tmp_path / "customers.parquet")
    register(either, FIRST, path)
    load_population(either, FIRST, tmp_path / "customers.parquet", path, synthetic=True)
    return either


def record(registry: Registry, trial: str = TRIAL, *, but: Any = None) -> None:
    with registry.inspect(FIRST, "read") as session:
        facts = facts_of(session, trial, TODAY)
    for entry in approvals(facts, date(2026, 6, 1)):
        if but is None or not but(entry):
            enter(registry, FIRST, trial, entry, invented=True)


def outside(registry: Registry, trial: str = TRIAL) -> str | None:
    with registry.read(FIRST) as reader:
        (summary,) = (each for each in reader.portfolio() if each.id == trial)
    return outside_route(summary)


@pytest.mark.requirement("K03")
def test_a_lock_with_open_gates_names_what_is_missing_and_who_clears_it(ready: Registry) -> None:
    with pytest.raises(TrialRefused) as refused:
        lock(ready, FIRST, TRIAL)
    words = str(refused.value)
    for body in ("E&C Strategy Unit", "KAI", "RIS Campaigns", "TAA", "COPGU", "CDIO Communications"):
        assert body in words
    assert "(kai clears it)" in words
    assert "gateway 1" in words
    assert f"otm design gates {TRIAL}" in words
    assert check_lock(ready, FIRST, TRIAL).open


@pytest.mark.requirement("K06")
@pytest.mark.parametrize("left_out", ["line_signed_off"])
def test_a_lock_without_the_lines_signature_is_refused(ready: Registry, left_out: str) -> None:
    record(ready, but=lambda entry: entry.kind == left_out)
    with pytest.raises(TrialRefused, match="of the directorate's own line has not signed"):
        lock(ready, FIRST, TRIAL)


def test_a_trial_through_its_gates_is_locked_on_its_route(ready: Registry) -> None:
    record(ready)
    assert check_lock(ready, FIRST, TRIAL).open == ()
    lock(ready, FIRST, TRIAL)
    assert outside(ready) is None
    randomise(ready, FIRST, TRIAL)
    assert certificate(ready, FIRST, TRIAL).outside is None


@pytest.mark.requirement("K12")
def test_one_changed_character_after_the_signatures_stops_the_lock(ready: Registry, tmp_path: Path) -> None:
    record(ready)
    letter = tmp_path / "plan" / "wording" / "late-returns-letter.en.md"
    letter.write_text(letter.read_text(encoding="utf-8") + ".", encoding="utf-8")
    register(ready, FIRST, tmp_path / "plan" / "late-returns.yaml")
    with pytest.raises(TrialRefused, match="the sign-off is void"):
        lock(ready, FIRST, TRIAL)


@pytest.mark.requirement("K07")
def test_a_population_that_was_narrowed_after_kai_signed_is_signed_again(ready: Registry, tmp_path: Path) -> None:
    record(ready)
    path = tmp_path / "plan" / "late-returns.yaml"
    text = path.read_text(encoding="utf-8")
    narrowed = text.replace(
        "    - {column: work_item,", "    - {column: reason, one_of: [forgot]}\n    - {column: work_item,"
    )
    assert narrowed != text
    path.write_text(narrowed, encoding="utf-8")
    register(ready, FIRST, path)
    with pytest.raises(TrialRefused, match=r"KAI signed the sample on .* for [0-9]+ customers; [0-9]+ take part now"):
        lock(ready, FIRST, TRIAL)
    path.write_text(text, encoding="utf-8")
    register(ready, FIRST, path)
    lock(ready, FIRST, TRIAL)


@pytest.mark.requirement("K10")
@pytest.mark.parametrize(("was", "now", "opened"), [
    ("hypothesis: ", "hypothesis: Also, ", "gateway 2 .* the plan is another since: the hypothesis"),
    ("title: ", "title: Also, ", None),
])  # fmt: skip
def test_what_the_group_approved_is_what_is_locked(
    ready: Registry, tmp_path: Path, was: str, now: str, opened: str | None
) -> None:
    record(ready)
    path = tmp_path / "plan" / "late-returns.yaml"
    text = path.read_text(encoding="utf-8")
    assert f"\n{was}" in text
    path.write_text(text.replace(f"\n{was}", f"\n{now}"), encoding="utf-8")
    register(ready, FIRST, path)
    if opened is None:
        lock(ready, FIRST, TRIAL)
        return
    with pytest.raises(TrialRefused, match=opened):
        lock(ready, FIRST, TRIAL)
    path.write_text(text, encoding="utf-8")
    register(ready, FIRST, path)
    lock(ready, FIRST, TRIAL)  # what changed was put back


def test_an_administrator_locks_outside_the_route_and_it_is_shown_for_ever(ready: Registry) -> None:
    for actor in (Actor("A Designer", "designer"), Actor("A Manager", "manager")):
        with pytest.raises(AccessRefused, match="may not lock outside"):
            lock(ready, actor, TRIAL, without_governance="a pilot")
    for reason, said in (("  ", "no reason is given"), ("a \0 within", "holds a NUL"), ("\ud83d", "half a character")):
        with pytest.raises(TrialRefused, match=said):
            lock(ready, ADMINISTRATOR, TRIAL, without_governance=reason)
    lock(ready, ADMINISTRATOR, TRIAL, without_governance="a pilot of three days")
    assert outside(ready) == "Locked outside the route of approval: a pilot of three days."
    randomise(ready, FIRST, TRIAL)
    assert certificate(ready, FIRST, TRIAL).outside == "a pilot of three days"
    with ready.read(FIRST) as reader:
        (entry,) = (each.entry for each in reader.entries(TRIAL) if each.entry.kind == "locked_outside")
        assert [event.action for event in reader.audit(TRIAL)].count("lock") == 1
    assert any("KAI" in each for each in entry.open)
    with pytest.raises(AccessRefused, match="may not lock"):
        lock(ready, ADMINISTRATOR, TRIAL)  # without a reason it is the designer's


def test_a_plan_without_a_directorate_is_locked_and_that_is_shown(registry: Registry, files: Files) -> None:
    locked(registry, files)
    assert "names no directorate" in (outside(registry, files.trial) or "")


def test_a_registry_may_ask_for_a_route(home: Path, files: Files) -> None:
    registry = open_registry(Settings(home=home, require_route=True))
    with pytest.raises(TrialRefused, match="the plan names no directorate"):
        locked(registry, files)
    lock(registry, ADMINISTRATOR, files.trial, without_governance="a study of another department")
    assert outside(registry, files.trial) == "Locked outside the route of approval: a study of another department."
    registry.close()


def test_nobody_puts_a_lock_outside_the_route_on_record_by_hand(ready: Registry) -> None:
    with pytest.raises(TrialRefused, match="is recorded by the lock"):
        enter(ready, FIRST, TRIAL, parse_entry(document("locked_outside")))


def test_a_text_that_nobody_signed_is_not_locked_though_a_later_draft_was_signed(ready: Registry) -> None:
    """What is signed is what the sealed plan names, and not what a draft has come to since."""
    with ready.inspect(FIRST, "read", TRIAL) as session:
        draft, contents = draft_of_trial(session, TRIAL, "late-returns-2027")
    (english,) = (arm["text"]["en"] for arm in draft.document["arms"] if arm["kind"] == "otm")
    unsigned = b"Nobody has signed this."
    digest = hashlib.sha256(unsigned).hexdigest()
    before = Draft({**draft.document, "id": "late-returns-2027"}, {**draft.texts, english: digest})
    begin_design(ready, FIRST, "late-returns-2027", before, {**contents, digest: unsigned}, origin={"kind": "empty"})
    register_draft(ready, FIRST, "late-returns-2027", 1)
    after = Draft(before.document, draft.texts)
    revise_design(ready, FIRST, "late-returns-2027", after, contents, made_from=1)
    record(ready, "late-returns-2027", but=lambda entry: entry.kind == "answers_confirmed")
    with ready.inspect(FIRST, "read") as session:
        now = facts_of_plan(session, plan_of(session, "late-returns-2027"), TODAY)
    signed_off = next(gate for gate in gates_of(now) if gate.name == "signed_off")
    assert {each.code for each in signed_off.blocking} == {"sign_off_void"}


def test_a_design_that_was_set_aside_is_not_locked(ready: Registry) -> None:
    record(ready)
    enter(
        ready, FIRST, TRIAL, parse_entry(document("set_aside", on=now().date().isoformat())), read=as_read(ready, TRIAL)
    )
    with pytest.raises(TrialRefused, match="was set aside"):
        lock(ready, FIRST, TRIAL)


def test_nothing_that_leads_to_a_lock_goes_on_with_a_design_that_was_set_aside(ready: Registry, tmp_path: Path) -> None:
    record(ready)
    enter(
        ready, FIRST, TRIAL, parse_entry(document("set_aside", on=now().date().isoformat())), read=as_read(ready, TRIAL)
    )
    path = tmp_path / "plan" / "late-returns.yaml"
    path.write_text(path.read_text("utf-8") + "\n# read again\n", "utf-8")
    for go_on in (
        lambda: check_lock(ready, FIRST, TRIAL),
        lambda: register(ready, FIRST, path),
        lambda: load_population(ready, FIRST, tmp_path / "customers.parquet", path, synthetic=True),
        lambda: lock(ready, FIRST, TRIAL, without_governance="in a hurry"),
    ):
        with pytest.raises(TrialRefused, match="was set aside"):
            go_on()


def test_a_locked_trial_is_not_set_aside(ready: Registry) -> None:
    record(ready)
    lock(ready, FIRST, TRIAL)
    with pytest.raises(TrialRefused, match="the plan is locked"):
        enter(
            ready,
            FIRST,
            TRIAL,
            parse_entry(document("set_aside", on=now().date().isoformat())),
            read=as_read(ready, TRIAL),
        )
