"""Every row left its digest in the chain, so an edited, deleted or smuggled row is named."""

from __future__ import annotations

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, evaluated, locked
from trials.registry import Registry
from trials.registry.proof.integrity import row_faults, snapshots_named
from trials.registry.tables import Row, UnrecordedRow


def faults(registry: Registry, trial: str = "reminders") -> list[str]:
    with registry.inspect(FIRST, "verify") as session:
        return row_faults(session, trial)


EDITS = {
    "trial": "UPDATE trial SET registered_by = 'Someone Else'",
    "protocol_version": "UPDATE protocol_version SET path = 'elsewhere.yaml'",
    "population_version": "UPDATE population_version SET loaded = loaded + 1, rows_read = rows_read + 1",
    "trial_lock": "UPDATE trial_lock SET eligible = eligible - 1",
    "draw": f"UPDATE draw SET seed = '{'0' * 64}'",
    "wave": "UPDATE wave SET units = units + 1",
    "allocation": """UPDATE allocation SET counts = '{"letter":1,"nfa":1,"sms":1}'""",
    "returned_file": "UPDATE returned_file SET matched = '[]'",
    "evaluation": "UPDATE evaluation SET verdict_code = 'scale'",
    "installation": f"UPDATE installation SET key_fingerprint = '{'0' * 64}'",
}


def make_whole(registry: Registry, files: Files) -> None:
    evaluated(registry, files)
    assert faults(registry) == []


@pytest.fixture
def whole(copied) -> Registry:
    return copied(make_whole)[0]


@pytest.mark.parametrize("table", sorted(EDITS))
def test_an_edited_row_is_named(done, table):
    assert tampering.run(done.registry, EDITS[table]) == 1
    (fault,) = faults(done.registry)
    assert fault.startswith(f"row {table}/")
    assert fault.endswith(": edited since it was written")


def test_every_table_that_a_trial_fills_has_an_edit_above():
    later = {"audit_event", "decision", "issue_list", "release", "void_request", "void_confirmation"}
    later |= {"correction_request", "correction_confirmation"}  # edited in tests/trials/stages/test_findings.py
    later |= {"letter_text"}  # edited in tests/trials/stages/test_texts.py
    later |= {
        "design",
        "design_revision",
        "design_text",
        "design_entry",
        "diagnosis",
    }  # in tests/trials/stages/test_design.py
    in_hand = {table.__tablename__ for table in UnrecordedRow.__subclasses__()}  # overwritten, and evidence of nothing
    assert in_hand == {"draft", "job"}
    assert set(EDITS) == set(Row.metadata.tables) - later - in_hand


def test_a_deleted_row_is_named(whole):
    assert tampering.run(whole, "DELETE FROM evaluation") == 1
    assert faults(whole) == ["row evaluation/reminders/1: deleted"]


def test_a_smuggled_row_is_named(whole):
    tampering.run(
        whole,
        "INSERT INTO release (trial_id, reason, released_at, released_by) "
        "VALUES ('reminders', 'none', '2026-01-01T00:00:00.000000Z', 'Someone Else')",
    )
    assert faults(whole) == ["row release/reminders: no use case wrote it"]


def test_another_trials_rows_are_another_trials_business(registry, files):
    locked(registry, files)
    locked(registry, Files(files.folder / "other", trial="other", population="others"))
    tampering.run(registry, "UPDATE trial_lock SET eligible = eligible - 1 WHERE trial_id = 'other'")
    assert faults(registry) == []
    assert faults(registry, "other") == ["row trial_lock/other/1: edited since it was written"]


def test_every_snapshot_of_a_trial_is_named_once(done):
    with done.registry.inspect(FIRST, "verify") as session:
        mine, all_of_them = snapshots_named(session, done.files.trial), snapshots_named(session)
    kinds = ["allocation", "customers left out", "frozen units", "outcomes file", "population"]
    assert sorted(set(mine.values())) == [*kinds, "rejected rows of a returned file"]
    assert mine == all_of_them
    assert done.registry.snapshots.digests() == set(mine)
