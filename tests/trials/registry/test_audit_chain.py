"""Edits, deletions, insertions and swaps break the chain; a cut tail and a rewrite meet its head outside."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, locked
from trials.errors import RegistryRefused
from trials.registry import Registry
from trials.registry.proof.integrity import chain_faults
from trials.registry.tables import AuditRow
from trials.stages.register import register


def faults(registry: Registry) -> list[str]:
    with registry.inspect(FIRST, "verify") as session:
        return chain_faults(session, registry.head)


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def make_busy(registry: Registry, files: Files) -> None:
    locked(registry, files)
    register(registry, FIRST, Files(files.folder / "other", trial="other").protocol)


@pytest.fixture
def busy(copied) -> Registry:
    """A registry with five events: installed, population, register, lock, and a denial."""
    return copied(make_busy)[0]


def test_an_untouched_chain_is_whole(busy):
    assert [row["sequence"] for row in tampering.chain(busy)] == [1, 2, 3, 4, 5]
    assert faults(busy) == []


@on_sqlite
@pytest.mark.parametrize(
    ("column", "value"),
    [("actor", "'Someone Else'"), ("role", "'manager'"), ("action", "'decide'"), ("trial_id", "'other'"),
     ("detail", "'{}'"), ("at", "'2026-01-01T00:00:00.000000Z'")],
)  # fmt: skip
def test_an_edited_event_is_found(busy, column, value):
    assert tampering.run(busy, f"UPDATE audit_event SET {column} = {value} WHERE sequence = 3") == 1
    assert faults(busy) == ["audit event 3: edited, it no longer says what its hash was made of"]


@on_sqlite
def test_an_edited_hash_is_found(busy):
    tampering.run(busy, f"UPDATE audit_event SET hash = '{'a' * 64}' WHERE sequence = 3")
    found = faults(busy)
    assert "audit event 4: does not follow event 3" in found
    assert any("rewritten" in fault for fault in found)


@on_sqlite
@pytest.mark.parametrize(("deleted", "named"), [("= 3", "3"), ("IN (2, 3)", "2 to 3"), ("= 1", "1")])
def test_deleted_events_are_found(busy, deleted, named):
    tampering.run(busy, f"DELETE FROM audit_event WHERE sequence {deleted}")
    assert f"audit event {named}: deleted" in faults(busy)


@on_sqlite
def test_deleted_events_are_found_when_the_rest_is_numbered_anew(busy):
    tampering.run(busy, "DELETE FROM audit_event WHERE sequence = 3")
    for sequence in (4, 5):
        tampering.run(busy, f"UPDATE audit_event SET sequence = {sequence - 1} WHERE sequence = {sequence}")
    assert any(fault.startswith("audit event 3: does not follow event 2") for fault in faults(busy))


@on_sqlite
def test_an_inserted_event_is_found(busy):
    last = tampering.chain(busy)[-1]
    smuggled = last | {"sequence": 6, "previous_hash": "b" * 64, "hash": "c" * 64}
    tampering.run(busy, insert(AuditRow).values(smuggled))
    assert "audit event 6: does not follow event 5" in faults(busy)


@on_sqlite
def test_swapped_events_are_found(busy):
    for before, after in ((2, 99), (3, 2), (99, 3)):
        tampering.run(busy, f"UPDATE audit_event SET sequence = {after} WHERE sequence = {before}")
    found = faults(busy)
    assert any(fault.startswith("audit event 2:") for fault in found)
    assert any(fault.startswith("audit event 3:") for fault in found)


def test_a_cut_tail_is_found_by_the_head_outside(busy):
    tampering.run(busy, "DELETE FROM audit_event WHERE sequence >= 4")
    assert faults(busy) == ["audit events 4 to 5: cut off the end of the chain, which its head outside has seen"]


def test_a_whole_chain_rewritten_is_found_by_the_head_outside(busy):
    tampering.rewrite_chain(busy, lambda event: event | {"actor": "Someone Else"})
    assert faults(busy) == ["audit events 1 to 5: rewritten, its head outside has seen others"]


@on_sqlite
@pytest.mark.parametrize("statement", ["DELETE FROM audit_event WHERE sequence = 5", None])
def test_nothing_is_added_to_a_chain_that_was_cut_or_rewritten(busy, files, statement):
    if statement is None:
        tampering.rewrite_chain(busy, lambda event: event | {"actor": "Someone Else"})
    else:
        tampering.run(busy, statement)
    with pytest.raises(RegistryRefused, match="not the one that its head outside the database has seen"):
        register(busy, FIRST, Files(files.folder / "third", trial="third").protocol)


def test_two_events_cannot_follow_the_same_one(busy):
    last = tampering.chain(busy)[-1]
    fork = last | {"sequence": 6, "hash": "c" * 64}
    with pytest.raises(Exception, match=r"(?i)unique"):
        tampering.run(busy, insert(AuditRow).values(fork))


def test_a_crash_before_the_head_was_written_is_no_fault_and_is_made_good(registry, files):
    locked(registry, files)
    path = registry.head.path
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]))
    assert faults(registry) == []
    register(registry, FIRST, Files(files.folder / "other", trial="other").protocol)
    assert sorted(registry.head.lines()) == [1, 2, 3, 4, 5]
    assert faults(registry) == []


def test_a_line_cut_short_by_a_crash_is_written_again(registry, files):
    locked(registry, files)
    path = registry.head.path
    whole = path.read_text()
    path.write_text(whole[:-30])
    assert sorted(registry.head.lines()) == [1, 2, 3]
    register(registry, FIRST, Files(files.folder / "other", trial="other").protocol)
    assert path.read_text().startswith(whole)
    assert faults(registry) == []


def test_a_damaged_head_is_refused_by_line(registry, files):
    locked(registry, files)
    registry.head.path.write_text(registry.head.path.read_text().replace("2 ", "two ", 1))
    with pytest.raises(RegistryRefused, match="chain-head, line 2: the chain head is damaged"):
        registry.head.lines()


def test_a_head_that_cannot_be_written_is_a_warning_because_the_commit_stands(registry, files, monkeypatch, caplog):
    def full(hashes):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry.head, "append", full)
    assert register(registry, FIRST, files.protocol).new
    assert "what you asked for is recorded" in caplog.text
    monkeypatch.undo()
    assert not register(registry, FIRST, files.protocol).new
