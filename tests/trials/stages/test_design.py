"""A design: begun once, saved in revisions that lose nobody's words, and put on record by whoever may say so."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from designs.drafting import Draft, draft_of_file, empty_draft
from designs.entries import ENTRY_KINDS, parse_entry
from designs.errors import DesignRefused
from designs.library import template_named
from designs.protocol import ProtocolRefused, load_protocol
from tests.designs.test_entries import document
from tests.trials import tampering
from tests.trials.examples import FIRST, SECOND, Files, as_read, locked
from trials.access import Actor
from trials.errors import AccessRefused, RegistryRefused, TrialRefused
from trials.registry import Registry, open_registry, tables
from trials.registry.proof.integrity import row_faults
from trials.registry.records import RevisionRecord
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.design import DraftConflict, begin_design, revise_design
from trials.stages.enter import WHO, enter
from trials.stages.export_design import export_design
from trials.stages.register import register
from trials.stages.verify import verify_all

TRIAL = "letters-2027"
LETTER = b"Pay what you owe."
DIGEST = hashlib.sha256(LETTER).hexdigest()


def begun(registry: Registry, **values: Any) -> RevisionRecord:
    draft = Draft({**empty_draft(TRIAL).document, **values}, {})
    return begin_design(registry, FIRST, TRIAL, draft, {}, origin={"kind": "empty"})


def saved(registry: Registry, made_from: int, actor: Actor = FIRST, **values: Any) -> Any:
    with registry.read(actor) as reader:
        before = reader.design(TRIAL, made_from).draft
    document_ = {**before.document, **values}
    kept = {key: value for key, value in document_.items() if value is not ...}
    return revise_design(registry, actor, TRIAL, Draft(kept, before.texts), {}, made_from=made_from)


def latest(registry: Registry) -> RevisionRecord:
    with registry.read(FIRST) as reader:
        return reader.design(TRIAL)


def test_each_save_is_a_revision_with_who_and_when(either: Registry) -> None:
    begun(either)
    assert saved(either, 1, SECOND, title="Letters").revision.number == 2
    with either.read(FIRST) as reader:
        revisions = reader.revisions(TRIAL)
        (design,) = reader.designs()
    assert [(each.number, each.made_from, each.saved_by) for each in revisions] == [
        (1, 0, "First Person"), (2, 1, "Second Person"),
    ]  # fmt: skip
    assert revisions[1].draft.document == {"schema": 1, "id": TRIAL, "title": "Letters"}
    assert (design.id, design.revisions, design.origin) == (TRIAL, 2, {"kind": "empty"})


def test_saving_nothing_new_makes_no_revision(registry: Registry) -> None:
    begun(registry, title="Letters")
    revised = saved(registry, 1)
    assert (revised.new, revised.revision.number) == (False, 1)


def test_two_people_in_two_places_are_put_together_and_told(either: Registry) -> None:
    begun(either)
    saved(either, 1, SECOND, owner="Behaviour Change Team")
    revised = saved(either, 1, FIRST, title="Letters")
    assert revised.joined == "Second Person"
    assert latest(either).draft.document == {
        "schema": 1, "id": TRIAL, "owner": "Behaviour Change Team", "title": "Letters",
    }  # fmt: skip


def test_two_people_in_one_place_are_told_and_nothing_is_saved(either: Registry) -> None:
    begun(either, title="Letters")
    saved(either, 1, SECOND, title="Theirs")
    with pytest.raises(DraftConflict, match="Second Person has changed what you changed") as refused:
        saved(either, 1, FIRST, title="Mine")
    (conflict,) = refused.value.conflicts
    assert (conflict.mine, conflict.theirs) == ("Mine", "Theirs")
    assert latest(either).draft.document["title"] == "Theirs"
    assert saved(either, 2, FIRST, title="Mine").revision.number == 3  # chosen, with theirs before them


def test_a_value_that_one_removed_while_another_changed_it_is_a_conflict(registry: Registry) -> None:
    begun(registry, title="Letters")
    saved(registry, 1, SECOND, title="Theirs")
    with pytest.raises(DraftConflict):
        saved(registry, 1, FIRST, title=...)


ARM = {"id": "letter", "kind": "otm", "label": "Letter", "text": {"en": "a.md"}}
EDITED = b"Pay what you owe by Friday."


@pytest.mark.parametrize(
    ("arms", "path"),
    [([], ("plan", "arms", "letter")),
     ([{**ARM, "text": {}}], ("plan", "arms", "letter", "text")),
     ([{"id": "call", "kind": "otm"}], ("plan", "arms", "letter"))],
)  # fmt: skip
def test_words_that_one_wrote_do_not_vanish_with_the_arm_that_another_took_away(
    either: Registry, arms: list[Any], path: tuple[str, ...]
) -> None:
    """Both ways: whoever saves second is told, and nothing is saved."""
    edited = hashlib.sha256(EDITED).hexdigest()
    base = empty_draft(TRIAL).document
    draft = Draft({**base, "arms": [ARM]}, {"a.md": DIGEST})
    begin_design(either, FIRST, TRIAL, draft, {DIGEST: LETTER}, origin={"kind": "empty"})
    without = Draft({**base, "arms": arms}, {"a.md": DIGEST})  # as the page leaves the text beside
    with_words = Draft(draft.document, {"a.md": edited})
    for number, (one, other) in enumerate([(without, with_words), (with_words, without)]):
        made_from = 2 * number + 1
        revise_design(either, SECOND, TRIAL, one, {edited: EDITED}, made_from=made_from)
        with pytest.raises(DraftConflict) as refused:
            revise_design(either, FIRST, TRIAL, other, {edited: EDITED}, made_from=made_from)
        assert [conflict.path[: len(path)] for conflict in refused.value.conflicts] == [path]
        revise_design(either, FIRST, TRIAL, draft, {}, made_from=made_from + 1)  # as it was, for the other way


@pytest.mark.parametrize("key", ["id", "text"])
def test_two_names_for_one_arm_or_one_text_are_told_and_are_not_two(registry: Registry, key: str) -> None:
    begin_design(
        registry, FIRST, TRIAL, Draft({**empty_draft(TRIAL).document, "arms": [ARM]}, {"a.md": DIGEST}),
        {DIGEST: LETTER}, origin={"kind": "empty"},
    )  # fmt: skip
    for number, name in enumerate(("post", "mail")):
        named = {"id": name} if key == "id" else {"text": {"en": f"{name}.md"}}
        text = {"a.md": DIGEST} if key == "id" else {f"{name}.md": DIGEST}
        draft = Draft({**empty_draft(TRIAL).document, "arms": [{**ARM, **named}]}, text)
        if number == 0:
            revise_design(registry, SECOND, TRIAL, draft, {}, made_from=1)
        else:
            with pytest.raises(DraftConflict) as refused:
                revise_design(registry, FIRST, TRIAL, draft, {}, made_from=1)
            assert len(refused.value.conflicts) == 1
    assert len(latest(registry).draft.document["arms"]) == 1


def test_texts_are_kept_with_the_revision_that_first_names_them(either: Registry) -> None:
    begun(either)
    draft = Draft({**empty_draft(TRIAL).document, "arms": [{"id": "a", "text": {"en": "a.md"}}]}, {"a.md": DIGEST})
    for contents in ({}, {DIGEST: b"another"}):
        with pytest.raises(TrialRefused, match="was not sent, or is not what its digest says"):
            revise_design(either, FIRST, TRIAL, draft, contents, made_from=1)
    assert latest(either).number == 1
    revise_design(either, FIRST, TRIAL, draft, {DIGEST: LETTER}, made_from=1)
    saved(either, 2, title="Letters")  # the text need not be sent again
    with either.read(FIRST) as reader:
        assert reader.design_texts(TRIAL, reader.design(TRIAL)) == {"a.md": LETTER}


@pytest.mark.parametrize(("made_from", "problem"), [(0, "no revision 0"), (7, "no revision 7")])
def test_a_revision_is_made_from_one_that_there_is(registry: Registry, made_from: int, problem: str) -> None:
    begun(registry)
    with pytest.raises(TrialRefused, match=problem):
        revise_design(registry, FIRST, TRIAL, empty_draft(TRIAL), {}, made_from=made_from)


def test_an_id_names_one_trial_for_ever(registry: Registry, files: Files) -> None:
    begun(registry)
    with pytest.raises(TrialRefused, match="there is a design or a trial of this id already"):
        begun(registry)
    register(registry, FIRST, files.protocol)
    with pytest.raises(TrialRefused, match="already"):
        begin_design(registry, FIRST, files.trial, empty_draft(files.trial), {}, origin={"kind": "empty"})


@pytest.mark.parametrize("name", ["", "Letters", "a b", "../x", "-a", "a" * 64, "lettres-été"])
def test_an_id_that_no_protocol_could_have_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(TrialRefused, match="cannot be the id of a trial"):
        begin_design(registry, FIRST, name, empty_draft(name), {}, origin={"kind": "empty"})


def test_a_draft_keeps_its_id(registry: Registry) -> None:
    begun(registry)
    with pytest.raises(ProtocolRefused, match="a design keeps the id"):
        revise_design(registry, FIRST, TRIAL, empty_draft("another"), {}, made_from=1)


def test_a_draft_may_hold_whatever_is_wrong_with_it(registry: Registry) -> None:
    begun(registry, arms="not arms", colour=["red", None, {"deep": [1.5, True]}], title="")
    assert latest(registry).draft.document["colour"] == ["red", None, {"deep": [1.5, True]}]


def test_a_locked_plan_is_not_revised(registry: Registry, files: Files, tmp_path: Path) -> None:
    draft, contents = draft_of_file(files.protocol)
    begin_design(registry, FIRST, files.trial, draft, contents, origin={"kind": "file", "name": "x"})
    locked(registry, files)
    with pytest.raises(TrialRefused, match="the plan is locked"):
        revise_design(registry, FIRST, files.trial, draft, contents, made_from=1)


def test_a_design_that_was_set_aside_stays_as_it_was(registry: Registry) -> None:
    begun(registry)
    enter(
        registry,
        FIRST,
        TRIAL,
        parse_entry(document("set_aside", on=now().date().isoformat())),
        read=as_read(registry, TRIAL),
    )
    with pytest.raises(TrialRefused, match="the design was set aside on"):
        saved(registry, 1, title="Letters")
    with pytest.raises(TrialRefused, match="the design was set aside on"):
        enter(registry, FIRST, TRIAL, parse_entry(document("consulted")))


def test_entries_come_back_in_order_with_who_said_so(either: Registry) -> None:
    begun(either)
    for kind in ("stakeholder_added", "consulted", "responded"):
        enter(either, SECOND, TRIAL, parse_entry(document(kind)))
    with either.read(FIRST) as reader:
        recorded = reader.entries(TRIAL)
    assert [(each.number, each.entry.kind, each.by) for each in recorded] == [
        (1, "stakeholder_added", "Second Person"), (2, "consulted", "Second Person"), (3, "responded", "Second Person"),
    ]  # fmt: skip


def test_what_has_not_happened_is_not_on_record(registry: Registry) -> None:
    begun(registry)
    entry = parse_entry(document("line_signed_off", on="2026-02-03"))
    with pytest.raises(TrialRefused, match="2026-02-03 has not come yet"):
        enter(registry, FIRST, TRIAL, entry, today=date(2026, 2, 2))
    later = date(2026, 2, 2) + timedelta(days=1)
    enter(registry, FIRST, TRIAL, entry, read=as_read(registry, TRIAL), today=later)


def test_nothing_is_on_record_about_nothing(registry: Registry) -> None:
    with pytest.raises(TrialRefused, match="there is no trial 'letters-2027'"):
        enter(registry, FIRST, TRIAL, parse_entry(document("consulted")))


def test_every_kind_of_entry_is_somebodys_to_record() -> None:
    assert set(WHO) == set(ENTRY_KINDS)


@pytest.mark.parametrize(
    ("signatory", "role", "may"),
    [("kai", "analyst", True), ("kai", "reviewer", False), ("taa", "reviewer", True), ("copgu", "analyst", False),
     ("communications", "reviewer", True), ("taa", "designer", False), ("taa", "all", True)],
)  # fmt: skip
def test_each_body_signs_in_its_own_role(registry: Registry, signatory: str, role: Any, may: bool) -> None:
    begun(registry)
    entry = parse_entry(document("signed_off", signatory=signatory, on=now().date().isoformat()))
    with pytest.raises(
        DesignRefused if may else AccessRefused, match="does not sign|the plan has no" if may else "may not sign"
    ) as no:
        enter(registry, Actor("A Person", role), TRIAL, entry)  # there is no text to sign yet
    assert isinstance(no.value, AccessRefused) is not may


@pytest.mark.parametrize("name", ["small-debts", "late-returns", "sa-debts"])
def test_a_template_becomes_a_draft_and_a_file_again(either: Registry, tmp_path: Path, name: str) -> None:
    template = template_named(name)
    draft, contents = draft_of_file(template.path)
    trial = template.loaded.protocol.id
    begin_design(either, FIRST, trial, draft, contents, origin={"kind": "template", "name": name})
    number, path = export_design(either, FIRST, trial, tmp_path / "out")
    assert number == 1
    assert load_protocol(path).digest == template.loaded.digest
    assert register(either, FIRST, path).new
    with pytest.raises(TrialRefused, match="a file of that name is there already"):
        export_design(either, FIRST, trial, tmp_path / "out")


def test_a_past_trials_plan_begins_the_next_one(either: Registry, tmp_path: Path) -> None:
    template = template_named("small-debts")
    register(either, FIRST, template.path)
    past = template.loaded.protocol.id
    with either.read(FIRST) as reader:
        draft, contents = reader.past_plan(past, TRIAL)
    begin_design(either, FIRST, TRIAL, draft, contents, origin={"kind": "trial", "name": past})
    _, path = export_design(either, FIRST, TRIAL, tmp_path / "out")
    again, first = load_protocol(path).canonical, template.loaded.canonical
    assert again == first.replace(f'"id":"{past}"', f'"id":"{TRIAL}"')


@pytest.mark.parametrize("path", ["../a.md", "/a.md", "protocol.yaml", "a\\b.md", ".."])
def test_no_text_is_written_outside_the_folder(registry: Registry, path: str) -> None:
    draft = Draft({**empty_draft(TRIAL).document, "arms": [{"id": "a", "text": {"en": path}}]}, {path: DIGEST})
    with pytest.raises(DesignRefused, match="no text can be written at"):
        begin_design(registry, FIRST, TRIAL, draft, {DIGEST: LETTER}, origin={"kind": "empty"})
    with registry.read(FIRST) as reader:
        assert reader.designs() == ()


BAD = [{"a": DIGEST, "a/b": DIGEST}, {"x" * 300: DIGEST}, {"A.md": DIGEST, "a.md": DIGEST}, {"con.md": DIGEST}]


@pytest.mark.parametrize("texts", BAD, ids=str)
def test_what_could_never_be_exported_is_not_saved(registry: Registry, texts: dict[str, str]) -> None:
    begun(registry)
    before = latest(registry)
    with pytest.raises(DesignRefused, match="no text can be written at"):
        revise_design(registry, FIRST, TRIAL, Draft(before.draft.document, texts), {DIGEST: LETTER}, made_from=1)
    with pytest.raises(DesignRefused, match="no text can be written at"):
        begin_design(
            registry, FIRST, "another", Draft(empty_draft("another").document, texts), {DIGEST: LETTER},
            origin={"kind": "empty"},
        )  # fmt: skip
    assert latest(registry).number == before.number


@pytest.mark.parametrize("texts", BAD, ids=str)
def test_a_draft_of_before_that_no_file_can_be_written_of_says_so(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: dict[str, str]
) -> None:
    monkeypatch.setattr("trials.stages.design.refuse_unkept", lambda draft, design: None)  # as it was
    draft = Draft(empty_draft(TRIAL).document, texts)
    begin_design(registry, FIRST, TRIAL, draft, {DIGEST: LETTER}, origin={"kind": "empty"})
    with pytest.raises(DesignRefused, match="give the text another path in the draft"):
        export_design(registry, FIRST, TRIAL, tmp_path / "out")
    assert not (tmp_path / "out").exists()


EDITS = {
    "design": """UPDATE design SET begun_by = 'Someone Else'""",
    "design_revision": """UPDATE design_revision SET document = '{"id":"letters-2027"}'""",
    "design_text": "UPDATE design_text SET kept_by = 'Someone Else'",
    "design_entry": """UPDATE design_entry SET recorded_by = 'Someone Else'""",
    "diagnosis": """UPDATE diagnosis SET made_by = 'Someone Else'""",
}


@pytest.fixture
def designed(either: Registry) -> Registry:
    draft = Draft({**empty_draft(TRIAL).document, "arms": [{"id": "a", "text": {"en": "a.md"}}]}, {"a.md": DIGEST})
    begin_design(either, FIRST, TRIAL, draft, {DIGEST: LETTER}, origin={"kind": "empty"})
    enter(either, FIRST, TRIAL, parse_entry(document("line_signed_off")), read=as_read(either, TRIAL))
    with either.write(FIRST, "diagnose", TRIAL) as work:
        made = {"number": 1, "plan_digest": "a" * 64, "digest": "b" * 64, "document": {}, "made_at": now()}
        work.add(tables.StoredDiagnosis(trial_id=TRIAL, made_by=FIRST.name, **made))
        work.commit({})
    return either


@pytest.mark.parametrize("table", sorted(EDITS))
def test_an_edited_row_of_a_design_is_named(designed: Registry, table: str) -> None:
    with designed.inspect(FIRST, "verify") as session:
        assert row_faults(session, TRIAL) == []
    assert tampering.run(designed, EDITS[table]) == 1
    with designed.inspect(FIRST, "verify") as session:
        (fault,) = row_faults(session, TRIAL)
    assert fault.startswith(f"row {table}/")


def test_a_text_that_was_edited_is_not_read(designed: Registry, tmp_path: Path) -> None:
    tampering.run(designed, "UPDATE design_text SET content = 'QW5vdGhlcg=='")
    with pytest.raises(RegistryRefused, match=r"row design_text/.*: edited since it was written"):
        export_design(designed, FIRST, TRIAL, tmp_path / "out")


def test_a_design_comes_back_from_a_backup(designed: Registry, tmp_path: Path) -> None:
    backup(designed, FIRST, tmp_path / "backup")
    restore(Settings(home=tmp_path / "restored"), FIRST, tmp_path / "backup")
    restored = open_registry(Settings(home=tmp_path / "restored"))
    try:
        with restored.read(FIRST) as reader, designed.read(FIRST) as before:
            assert reader.design(TRIAL) == before.design(TRIAL)
            assert reader.entries(TRIAL) == before.entries(TRIAL)
            assert reader.design_texts(TRIAL, reader.design(TRIAL)) == {"a.md": LETTER}
    finally:
        restored.close()


def test_verify_takes_a_design_that_is_no_trial_yet(designed: Registry) -> None:
    assert verify_all(designed, FIRST).holds
