"""Amendments: two people, the original kept, and a draw that is of the plan in force when it was made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from data.errors import Refused
from designs.entries import parse_entry
from tests.designs.test_entries import document
from tests.trials import tampering
from tests.trials.examples import FIRST, SECOND, SEED, Files, allocated, load_outcomes, locked
from trials.access import LOCAL_ACTOR, Actor
from trials.registry import Registry, queries, tables
from trials.registry.records import AmendmentRecord
from trials.registry.tables.columns import now
from trials.reporting.amended import amended, amendment_line
from trials.stages import allocate
from trials.stages import amend as amend_stage
from trials.stages.allocate import randomise
from trials.stages.amend import amend, confirm_amendment, withdraw_amendment
from trials.stages.certificate import certificate
from trials.stages.enter import enter
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.verify import verify

TITLE = ("title: Reminders for overdue debts", "title: Reminders for debts")
SHARES = ("share: 2}", "share: 4}")
WHY = "the letter is dearer than it was thought"


def changed(files: Files, *pairs: tuple[str, str]) -> None:
    def change(text: str) -> str:
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text

    files.edit_protocol(change)


def in_force(registry: Registry, files: Files, *pairs: tuple[str, str]) -> AmendmentRecord:
    changed(files, *pairs)
    proposed = amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    return confirm_amendment(registry, SECOND, files.trial, proposed.record.number)


def records(registry: Registry, files: Files) -> tuple[AmendmentRecord, ...]:
    with registry.read(LOCAL_ACTOR) as reader:
        return reader.amendments(files.trial)[0]


def faults(registry: Registry, files: Files) -> list[str]:
    return [fault for proof in verify(registry, FIRST, files.trial) for fault in proof.faults]


@pytest.mark.requirement("K16")
def test_a_plan_amended_before_the_draw_is_the_one_that_is_drawn_and_the_original_is_kept(either, files):
    locked(either, files)
    with either.inspect(FIRST, "verify") as session:
        original = queries.protocol_of(session, files.trial)
    record = in_force(either, files, SHARES)
    assert (record.effect, record.amends, record.version, record.reason) == ("plan", 1, 2, WHY)
    assert (record.proposed_by, record.confirmed_by) == (FIRST.name, SECOND.name)
    assert [(place.path, place.before, place.after) for place in record.changes] == [
        (("arms", "nfa", "share"), "2", "4")
    ]
    drawn = randomise(either, FIRST, files.trial, demonstration_seed=SEED)
    assert drawn.protocol_version == 2
    assert drawn.counts["nfa"] == pytest.approx(4 * drawn.counts["sms"], abs=4)
    assert certificate(either, FIRST, files.trial).amendments == (record,)
    with either.inspect(FIRST, "verify") as session:
        assert queries.protocol_of(session, files.trial, 1) == original
        assert queries.lock_of(session, files.trial, 1) is not None
    assert faults(either, files) == []


@pytest.mark.requirement("K16")
def test_every_list_and_page_says_that_a_plan_was_amended_when_why_and_by_whom(registry, files):
    locked(registry, files)
    in_force(registry, files, SHARES)
    with registry.read(LOCAL_ACTOR) as reader:
        (summary,) = reader.portfolio()
        told = amended(reader.trial(files.trial).summary.amendments)
    assert told == amended(summary.amendments)
    assert told is not None
    assert WHY in told
    assert FIRST.name in told


@pytest.mark.requirement("K16")
def test_until_a_second_person_confirms_the_plan_in_force_stays_and_nothing_is_drawn(either, files):
    locked(either, files)
    changed(files, SHARES)
    proposed = amend(either, FIRST, files.trial, files.protocol, reason=WHY).record
    assert proposed.open
    with pytest.raises(Refused, match="an amendment of the plan waits"):
        randomise(either, SECOND, files.trial, demonstration_seed=SEED)
    for same in (FIRST, replace(FIRST, name="first  PERSON")):
        with pytest.raises(Refused, match="who proposed an amendment cannot confirm it"):
            confirm_amendment(either, same, files.trial, 1)
    with pytest.raises(Refused, match="an amendment waits for a second person"):
        amend(either, SECOND, files.trial, files.protocol, reason=WHY)
    with either.inspect(FIRST, "verify") as session:
        assert queries.protocol_of(session, files.trial).version == 1
    assert faults(either, files) == []  # the file says what is on record


def test_an_amendment_that_is_withdrawn_stays_on_record_and_changes_nothing(either, files):
    locked(either, files)
    original = files.protocol.read_text("utf-8")
    changed(files, SHARES)
    amend(either, FIRST, files.trial, files.protocol, reason=WHY)
    with pytest.raises(Refused, match="no reason"):
        withdraw_amendment(either, FIRST, files.trial, 1, reason=" ")
    assert withdraw_amendment(either, FIRST, files.trial, 1, reason="not now").withdrawn_by == FIRST.name
    with pytest.raises(Refused, match="no amendment waits"):
        confirm_amendment(either, SECOND, files.trial, 1)
    assert any("edited after the lock" in fault for fault in faults(either, files))
    files.protocol.write_text(original, encoding="utf-8")
    assert randomise(either, FIRST, files.trial, demonstration_seed=SEED).protocol_version == 1
    assert [record.in_force for record in records(either, files)] == [False]
    assert faults(either, files) == []


def test_what_is_confirmed_is_what_was_read(registry, files):
    locked(registry, files)
    changed(files, SHARES)
    amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    withdraw_amendment(registry, FIRST, files.trial, 1, reason="another one")
    changed(files, ("share: 4}", "share: 9}"))
    amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    with pytest.raises(Refused, match="the amendment that waits is number 2"):
        confirm_amendment(registry, SECOND, files.trial, 1)


@pytest.mark.requirement("K16")
@pytest.mark.parametrize(
    "pair",
    [
        SHARES,
        ("strata: [band]", "strata: []"),
        ("method: complete", "method: simple"),
        ("at_least: 32", "at_least: 50"),
        ("label: Plain letter", "label: Best letter"),
        ("day: 23", "day: 30"),
        ("role: primary, kind: binary", "role: primary, kind: binary, baseline: 0.3"),
        ("standard_errors: HC2", "standard_errors: HC2, alpha: 0.1"),
        ("hypothesis: A reminder raises payment by day 23.", "hypothesis: Whatever is found."),
    ],
)
def test_what_was_drawn_and_what_decides_is_not_amended_after_the_draw(registry, files, pair):
    allocated(registry, files)
    changed(files, pair)
    with pytest.raises(Refused, match="cannot be amended"):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    assert records(registry, files) == ()


@pytest.mark.requirement("K16")
def test_a_corrected_title_corrects_the_record_and_no_result(either, files):
    drawn = allocated(either, files)
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    before = evaluate(either, FIRST, files.trial)
    assert in_force(either, files, TITLE).effect == "record"
    after = evaluate(either, FIRST, files.trial)
    assert after.protocol_digest == before.protocol_digest
    assert after.document["verdict"] == before.document["verdict"]
    with either.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
    assert detail.summary.title == "Reminders for debts"
    assert detail.allocation == drawn
    assert faults(either, files) == []


@pytest.mark.requirement("K16")
def test_a_draw_during_which_an_amendment_is_proposed_is_refused(either, files, monkeypatch):
    locked(either, files)
    freeze = allocate._freeze

    def proposed_first(*args: Any) -> None:
        changed(files, SHARES)
        amend(either, FIRST, files.trial, files.protocol, reason=WHY)
        freeze(*args)

    monkeypatch.setattr(allocate, "_freeze", proposed_first)
    with pytest.raises(Refused, match="an amendment of the plan waits"):
        randomise(either, SECOND, files.trial, demonstration_seed=SEED)
    with either.inspect(FIRST, "verify") as session:
        assert queries.draw_of(session, files.trial) is None


@pytest.mark.requirement("K16")
def test_an_amendment_during_which_customers_are_drawn_is_refused(either, files, monkeypatch):
    locked(either, files)
    original = files.protocol.read_text("utf-8")
    fixed = amend_stage.fixed

    def drawn_first(*args: Any) -> Any:
        files.protocol.write_text(original, encoding="utf-8")
        randomise(either, SECOND, files.trial, demonstration_seed=SEED)
        return fixed(*args)

    changed(files, SHARES)
    monkeypatch.setattr(amend_stage, "fixed", drawn_first)
    with pytest.raises(Refused, match="cannot be amended: the draw was made"):
        amend(either, FIRST, files.trial, files.protocol, reason=WHY)
    assert records(either, files) == ()
    assert faults(either, files) == []


def test_two_people_who_confirm_at_once_confirm_once(either, files, monkeypatch):
    locked(either, files)
    changed(files, SHARES)
    amend(either, FIRST, files.trial, files.protocol, reason=WHY)
    lock = amend_stage._lock

    def confirmed_first(*args: Any) -> Any:
        monkeypatch.setattr(amend_stage, "_lock", lock)
        confirm_amendment(either, SECOND, files.trial, 1)
        return lock(*args)

    monkeypatch.setattr(amend_stage, "_lock", confirmed_first)
    with pytest.raises(Refused, match="no amendment waits"):
        confirm_amendment(either, Actor("Third Person", "manager"), files.trial, 1)
    assert [record.confirmed_by for record in records(either, files)] == [SECOND.name]


def test_after_the_release_only_the_record_is_corrected(registry, files):
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    evaluate(registry, FIRST, files.trial)
    release(registry, FIRST, files.trial, reason="done")
    original = files.protocol.read_text("utf-8")
    changed(files, ("value: 1", "value: 2"))
    with pytest.raises(Refused, match="the arms are open"):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    files.protocol.write_text(original, encoding="utf-8")
    assert in_force(registry, files, TITLE).effect == "record"


@pytest.mark.parametrize(
    "pair",
    [
        ("id: reminders", "id: others"),
        ("name: debts", "name: others"),
        ("unit: customer_id", "unit: row"),
        ("method: complete, strata: [band]", "method: external, arm_column: a"),
    ],
)
def test_the_population_and_the_name_of_a_trial_are_fixed_by_its_lock(registry, files, pair):
    locked(registry, files)
    changed(files, pair)
    with pytest.raises(Refused):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    assert records(registry, files) == ()


def test_a_plan_that_the_locked_population_cannot_be_drawn_by_is_refused(registry, files):
    locked(registry, files)
    changed(files, ("strata: [band]", "strata: [region]"))
    with pytest.raises(Refused, match="region"):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)


def test_a_draft_is_changed_and_not_amended_and_nothing_is_amended_by_nothing(registry, files):
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    register(registry, FIRST, files.protocol)
    with pytest.raises(Refused, match="the plan is not locked"):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    lock(registry, FIRST, files.trial)
    with pytest.raises(Refused, match="word for word"):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)


def test_the_randomiser_who_knows_the_arms_neither_amends_nor_confirms(registry, files):
    allocated(registry, files)
    changed(files, TITLE)
    amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    with pytest.raises(Refused, match="may not"):
        confirm_amendment(registry, Actor("Drawer", "randomiser"), files.trial, 1)


@pytest.mark.requirement("K16")
@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE design_entry SET document = replace(document, 'plan', 'record') WHERE kind = 'amendment_proposed'",
        "UPDATE design_entry SET recorded_by = 'Nobody' WHERE kind = 'amendment_confirmed'",
        "DELETE FROM design_entry WHERE kind = 'amendment_confirmed'",
        "UPDATE protocol_version SET canonical = canonical || ' ' WHERE version = 2",
        "UPDATE trial_lock SET protocol_digest = '" + "0" * 63 + "1' WHERE protocol_version = 2",
    ],
)
def test_an_amendment_that_was_edited_in_the_database_is_found(either, files, edit):
    locked(either, files)
    in_force(either, files, SHARES)
    randomise(either, FIRST, files.trial, demonstration_seed=SEED)
    assert faults(either, files) == []
    tampering.run(either, edit)
    assert faults(either, files) != []
    with pytest.raises(Refused), either.read(LOCAL_ACTOR) as reader:
        reader.trial(files.trial)


def test_nobody_puts_an_amendment_on_record_by_hand(registry, files):
    locked(registry, files)
    for kind in ("amendment_proposed", "amendment_confirmed", "amendment_withdrawn"):
        with pytest.raises(Refused, match="by a command of its own"):
            enter(registry, FIRST, files.trial, parse_entry(document(kind)))
    assert records(registry, files) == ()


@pytest.mark.requirement("K16")
def test_an_amendment_that_somebody_forged_to_fit_its_chain_does_not_fit_its_lock(registry, files):
    """Whoever can write the database, the chain and its head: one who wrote an entry beside the stage is found."""
    locked(registry, files)
    changed(files, SHARES)
    amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    with registry.write(FIRST, "confirm_amendment", files.trial) as work:
        work.add(
            tables.DesignEntry(
                trial_id=files.trial, number=2, kind="amendment_confirmed", recorded_at=now(), role="all",
                document=document("amendment_confirmed"), recorded_by=FIRST.name,
            )
        )  # fmt: skip
        work.commit({})
    assert any("confirmed, and not locked" in fault for fault in faults(registry, files))
    assert any("by one person" in fault for fault in faults(registry, files))


@pytest.mark.parametrize("reason", ["half \ud83d a character", "a \0 within", " \n"])
def test_a_reason_that_cannot_be_kept_is_refused_in_words(either, files, reason):
    locked(either, files)
    changed(files, TITLE)
    with pytest.raises(Refused):
        amend(either, FIRST, files.trial, files.protocol, reason=reason)
    amend(either, FIRST, files.trial, files.protocol, reason="in\ntwo lines.")
    with pytest.raises(Refused):
        withdraw_amendment(either, FIRST, files.trial, 1, reason=reason)
    assert "(in two lines)" in amendment_line(records(either, files)[0])
