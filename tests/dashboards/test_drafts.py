"""Half-written decisions come back to the person who wrote them, and to nobody else."""

import pytest

from dashboards.drafts import drop_draft, read_draft, write_draft


def test_a_draft_comes_back_and_goes_when_dropped(tmp_path):
    write_draft(tmp_path / "drafts", "one:manager", "trial", {"reason": "Half a thought"})
    assert read_draft(tmp_path / "drafts", "one:manager", "trial") == {"reason": "Half a thought"}
    drop_draft(tmp_path / "drafts", "one:manager", "trial")
    drop_draft(tmp_path / "drafts", "one:manager", "trial")
    assert read_draft(tmp_path / "drafts", "one:manager", "trial") == {}


@pytest.mark.parametrize(("person", "trial"), [("two:manager", "trial"), ("one:manager", "other"), ("one", ":manager")])
def test_another_person_or_trial_has_another_draft(tmp_path, person, trial):
    write_draft(tmp_path, "one:manager", "trial", {"reason": "mine"})
    assert read_draft(tmp_path, person, trial) == {}


@pytest.mark.parametrize("trial", ["../../outside", "/etc/outside", "a/b"])
def test_no_trial_in_an_address_becomes_a_path(tmp_path, trial):
    folder = tmp_path / "drafts"
    write_draft(folder, "one:manager", trial, {"reason": "x"})
    assert [path.parent for path in tmp_path.rglob("*.json")] == [folder]


def test_a_draft_is_readable_by_the_service_alone(tmp_path):
    write_draft(tmp_path, "one:manager", "trial", {"reason": "x"})
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b"{"])
def test_a_damaged_draft_is_no_draft(tmp_path, content):
    write_draft(tmp_path, "one:manager", "trial", {"reason": "x"})
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert read_draft(tmp_path, "one:manager", "trial") == {}
