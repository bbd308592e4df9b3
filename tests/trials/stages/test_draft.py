"""Half-written decisions come back to the person who wrote them, and to nobody else, whichever server they use."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.trials import tampering
from trials.access import LOCAL_ACTOR, Actor
from trials.errors import AccessRefused, TrialRefused
from trials.registry import Registry, open_registry
from trials.registry.tables.in_hand import draft_key
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.draft import drop_draft, keep_draft
from trials.stages.register import register
from trials.stages.verify import verify

MANAGER = Actor("A Manager", "manager")
OTHER = Actor("Another Manager", "manager")
TYPED = {"reason": "Half a thought", "action": "Wait £5 — or „more“"}


def draft(registry: Registry, actor: Actor, trial: str = "reminders") -> dict[str, str]:
    with registry.read(actor) as reader:
        return reader.draft(trial)


@pytest.fixture
def drafted(either, files) -> Registry:
    """A registered trial about which a manager has begun to write."""
    register(either, LOCAL_ACTOR, files.protocol)
    keep_draft(either, MANAGER, files.trial, TYPED)
    return either


def test_a_draft_comes_back_changes_and_goes_when_dropped(drafted):
    assert draft(drafted, MANAGER) == TYPED
    keep_draft(drafted, MANAGER, "reminders", {"reason": "A whole one"})
    assert draft(drafted, MANAGER) == {"reason": "A whole one"}
    drop_draft(drafted, MANAGER, "reminders")
    drop_draft(drafted, MANAGER, "reminders")
    assert draft(drafted, MANAGER) == {}


@pytest.mark.parametrize(
    ("actor", "trial"),
    [(OTHER, "reminders"), (MANAGER, "other"), (Actor("A Manager", "analyst"), "reminders"),
     (Actor("A", "all"), "Manager:manager")],
)  # fmt: skip
def test_another_person_role_or_trial_has_another_draft(drafted, actor, trial):
    assert draft(drafted, actor, trial) == {}


def test_two_servers_see_the_same_draft_and_the_last_save_stays(drafted):
    second = open_registry(drafted.settings)
    assert draft(second, MANAGER) == TYPED
    keep_draft(second, MANAGER, "reminders", {"reason": "from the second"})
    assert draft(drafted, MANAGER) == {"reason": "from the second"}
    second.close()


def test_many_saves_at_once_leave_each_person_one_whole_draft(drafted):
    people = [Actor(f"Manager {number}", "manager") for number in range(4)]
    texts = [{"reason": f"save {number}", "action": f"save {number}"} for number in range(6)]
    saves = [(person, text) for text in texts for person in people]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda save: keep_draft(drafted, save[0], "reminders", save[1]), saves))
    for person in people:
        assert draft(drafted, person) in texts


def test_a_draft_is_no_event_and_no_row_that_verify_misses(drafted):
    before = tampering.chain(drafted)
    keep_draft(drafted, MANAGER, "reminders", {"reason": "another"})
    drop_draft(drafted, OTHER, "reminders")
    assert tampering.chain(drafted) == before
    assert [fault for proof in verify(drafted, LOCAL_ACTOR, "reminders") for fault in proof.faults] == []


def test_who_may_not_decide_has_no_draft_of_a_decision(drafted):
    with pytest.raises(AccessRefused, match="may not decide"):
        keep_draft(drafted, Actor("An Analyst", "analyst"), "reminders", TYPED)
    assert tampering.chain(drafted)[-1]["action"] == "denied"


def test_no_draft_of_a_trial_that_is_not_there(either):
    with pytest.raises(TrialRefused, match="there is no trial 'nothing'"):
        keep_draft(either, MANAGER, "nothing", TYPED)
    assert draft(either, MANAGER, "../../outside") == {}


def test_a_backup_holds_drafts(drafted, tmp_path):
    backup(drafted, LOCAL_ACTOR, tmp_path / "backup")
    settings = Settings(home=tmp_path / "again")
    restore(settings, LOCAL_ACTOR, tmp_path / "backup")
    again = open_registry(settings)
    assert draft(again, MANAGER) == TYPED
    again.close()


def write_files(registry: Registry, contents: dict[str, bytes]) -> None:
    folder = registry.home / "drafts"
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def test_drafts_that_were_files_are_taken_in_once_and_what_was_saved_since_is_the_later(drafted):
    contents = {
        f"{draft_key(str(OTHER), 'reminders')}.json": json.dumps({"reason": "from a file"}).encode(),
        f"{draft_key(str(MANAGER), 'reminders')}.json": json.dumps({"reason": "an old file"}).encode(),
    }
    write_files(drafted, contents)
    for _ in range(2):
        again = open_registry(drafted.settings)
        assert draft(again, OTHER) == {"reason": "from a file"}
        assert draft(again, MANAGER) == TYPED
        again.close()
        assert not (drafted.home / "drafts").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b"\xff", b"{", rb'{"reason": "\ud83d"}', rb'{"\udfff": ""}', rb'{"reason": "\u0000"}', b"[" * 10**5],
)
def test_a_damaged_file_is_no_draft_and_stays_where_it_is_and_this_is_said_once(drafted, content, caplog):
    name = f"{draft_key(str(OTHER), 'reminders')}.json"
    write_files(drafted, {name: content, "readme.json": b"{}"})
    again = open_registry(drafted.settings)
    assert draft(again, OTHER) == {}
    again.close()
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("1 old draft is damaged and stays in ")
    assert {path.name for path in (drafted.home / "drafts").iterdir()} == {name, "readme.json"}


def test_two_servers_may_take_the_files_in_at_once(drafted):
    contents = {
        f"{draft_key(f'Person {number}:manager', 'reminders')}.json": json.dumps({"reason": str(number)}).encode()
        for number in range(20)
    }
    write_files(drafted, contents)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_registry(drafted.settings), range(4)))
    for number in range(20):
        assert draft(drafted, Actor(f"Person {number}", "manager")) == {"reason": str(number)}
    for registry in opened:
        registry.close()
