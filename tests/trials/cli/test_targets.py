"""Where a command writes what it found: never over the registry's files or what it reads, and whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.trials.examples import write_csv
from trials.registry.proof.chain_head import ChainHead

OWN = ("ledger.key", "chain-head", "registry.sqlite", "not-there-yet", "snapshots/x.parquet")


def commands(done, target):
    """Every way to name a file that is written."""
    trial, file = done.files.trial, done.files.outcomes
    return [
        ("trials", "--json", target),
        ("certificate", trial, "--population", target),
        ("power", done.files.protocol, "--json", target),
        ("outcomes", "load", trial, file, "--replace", "--rejections", target),
        ("outcomes", "load", trial, file, "--replace", "--json", target),
        ("analyse", done.files.protocol, file, "--json", target),
        ("licences", "--json", target),
    ]


def contents(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix not in (".log",)}


@pytest.mark.parametrize("way", range(7))
def test_nothing_is_written_over_the_registry(otm, done, tmp_path, way):
    home = done.registry.home
    (tmp_path / "way-in").symlink_to(home)
    before = contents(home)
    for name in OWN:
        for target in (home / name, tmp_path / "way-in" / name, home / "snapshots" / ".." / name):
            asked = otm(*commands(done, target)[way])
            assert asked.code == 2
            assert "it is the registry's own" in asked.err
    assert contents(home) == before


@pytest.mark.parametrize("way", range(7))
def test_nothing_is_written_through_a_link(otm, done, tmp_path, way):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for name in ("link", "dangling"):
        asked = otm(*commands(done, tmp_path / name)[way])
        assert (asked.code, "a link is there" in asked.err) == (2, True)
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


def test_a_hard_link_to_the_key_gives_way_and_the_key_stays(otm, done, tmp_path):
    key = done.registry.home / "ledger.key"
    before = key.read_bytes()
    os.link(key, tmp_path / "out.json")
    assert otm("trials", "--json", tmp_path / "out.json").code == 0
    assert key.read_bytes() == before
    assert (tmp_path / "out.json").read_bytes().startswith(b"{")


@pytest.mark.parametrize("option", ["--json", "--rejections"])
@pytest.mark.parametrize("alias", ["same", "dots", "hard link"])
def test_what_is_read_is_not_written_over(otm, done, tmp_path, option, alias):
    rows = write_csv(tmp_path / "rows.csv", [{"customer_id": "Z1", "paid": 1, "collected": 5}])
    target = {"same": rows, "dots": tmp_path / "x" / ".." / "rows.csv", "hard link": tmp_path / "linked"}[alias]
    (tmp_path / "x").mkdir()
    os.link(rows, tmp_path / "linked")
    before = rows.read_bytes()
    for words in ((rows, option, target), (option, target, rows)):
        asked = otm("outcomes", "load", done.files.trial, "--replace", *words)
        assert (asked.code, "the command reads this file" in asked.err) == (2, True)
    assert rows.read_bytes() == before


def test_a_protocol_is_not_written_over_either(otm, done, tmp_path):
    plan = done.files.protocol.read_bytes()
    for words in (("power", done.files.protocol), ("analyse", done.files.protocol, done.files.outcomes)):
        assert "the command reads this file" in otm(*words, "--json", done.files.protocol).err
    population = ("population", "load", done.files.population, "--protocol", done.files.protocol)
    assert "the command reads this file" in otm(*population, "--rejections", done.files.protocol).err
    assert done.files.protocol.read_bytes() == plan


def test_two_results_are_not_written_into_one_file(otm, done, tmp_path):
    words = ("outcomes", "load", done.files.trial, done.files.outcomes, "--replace")
    asked = otm(*words, "--json", tmp_path / "out", "--rejections", tmp_path / "." / "out")
    assert (asked.code, "two results would be written there" in asked.err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["reminders-letter-letter.csv", "reminders-letter-letter.manifest.json"])
def test_what_is_said_of_a_list_takes_no_lists_place(otm, done, tmp_path, name):
    words = ("issue", done.files.trial, "--arm", "letter", "--out", tmp_path / "out")
    before = contents(done.registry.home)
    for target in (tmp_path / "out" / name, tmp_path / "out" / ".." / "out" / name):
        asked = otm(*words, "--json", target)
        assert (asked.code, "the command writes such a file there itself" in asked.err) == (2, True)
    assert not (tmp_path / "out").exists()
    assert contents(done.registry.home) == before
    (tmp_path / "out").mkdir()
    assert otm(*words, "--json", tmp_path / "out" / "said.json").code == 0
    assert len(list((tmp_path / "out").iterdir())) == 3


@pytest.mark.parametrize("way", range(7))
@pytest.mark.parametrize("place", ["not-there/out", "folder"])
def test_where_no_file_can_be_nothing_is_done(otm, done, tmp_path, way, place):
    (tmp_path / "folder").mkdir()
    before = contents(done.registry.home)
    asked = otm(*commands(done, tmp_path / place)[way])
    assert (asked.code, "nothing was done" in asked.err) == (2, True)
    assert contents(done.registry.home) == before
    assert [path.name for path in tmp_path.rglob("*")].count("out") == 0


@pytest.mark.parametrize("place", ["not-there/said.json", "folder", "out/deeper/said.json"])
@pytest.mark.parametrize("first", ["--out", "--json"])
def test_no_list_is_issued_whose_account_has_no_place(otm, done, tmp_path, place, first):
    """It was written and on record, and the refusal said nothing of it: who asks again sends two letters."""
    (tmp_path / "folder").mkdir()
    options = {"--out": tmp_path / "out", "--json": tmp_path / place}
    named = [word for option in sorted(options, key=first.__ne__) for word in (option, options[option])]
    before = contents(done.registry.home)
    asked = otm("issue", done.files.trial, "--arm", "letter", *named)
    assert (asked.code, "nothing was done" in asked.err) == (2, True)
    assert contents(done.registry.home) == before
    assert not (tmp_path / "out").exists()
    options["--json"] = tmp_path / "out" / "said.json"
    named = [word for option in sorted(options, key=first.__ne__) for word in (option, options[option])]
    assert otm("issue", done.files.trial, "--arm", "letter", *named).code == 0


def test_what_was_done_is_said_where_its_account_cannot_be_written(otm, done, tmp_path):
    asked = otm("issue", done.files.trial, "--arm", "letter", "--out", tmp_path / "out", "--json", "/dev/full")
    assert asked.code == 2
    assert "what the command did is done and on record" in asked.err
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_copy_of_the_head_and_what_is_said_of_it_are_two_files(otm, done, tmp_path):
    for target in (tmp_path, tmp_path / "chain-head"):
        asked = otm("head", "--to", target, "--json", tmp_path / "chain-head")
        assert (asked.code, "two results would be written there" in asked.err) == (2, True)
    assert not (tmp_path / "chain-head").exists()


@pytest.mark.parametrize("option", ["--json", "--rejections"])
def test_what_is_written_is_private_whatever_was_there(otm, done, tmp_path, option):
    target = tmp_path / "out"
    target.write_text("public")
    target.chmod(0o666)
    assert otm("outcomes", "load", done.files.trial, done.files.outcomes, "--replace", option, target).code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text("utf-8") != "public"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")] == []


def test_a_full_disk_leaves_what_was_there(otm, done, tmp_path, monkeypatch):
    target = tmp_path / "out.json"
    target.write_text("before")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.whole_files.os.fsync", full)
    asked = otm("trials", "--json", target)
    assert (asked.code, "No space left on device" in asked.err) == (2, True)
    assert target.read_text() == "before"
    assert otm("trials", "--json", tmp_path / "none" / "out.json").code == 2
    assert not (tmp_path / "none").exists()


def test_devices_are_written_into(otm, done):
    assert otm("trials", "--json", "/dev/null").code == 0
    assert "No space left on device" in otm("trials", "--json", "/dev/full").err


@pytest.mark.parametrize("kind", ["hard link", "link", "itself"])
def test_the_head_is_no_copy_of_itself(otm, done, tmp_path, kind):
    head = done.registry.home / "chain-head"
    copy = tmp_path / "copy"
    if kind == "hard link":
        os.link(head, copy)
    elif kind == "link":
        copy.symlink_to(head)
    else:
        copy = head
    for words in (("verify", "--all", "--quick", "--head", copy), ("head", "--to", copy)):
        asked = otm(*words)
        assert (asked.code, "own folder proves nothing" in asked.err) == (2, True)
    assert ChainHead(head).lines()


@pytest.mark.parametrize("wave", ["2", "99999999999999999999"])
def test_a_wave_that_is_not_there_is_named(otm, done, wave):
    asked = otm("certificate", done.files.trial, "--wave", wave)
    assert asked.code == 2
    assert f"wave {wave} has not been allocated" in asked.err
    assert "waves that are allocated: 1" in asked.err
