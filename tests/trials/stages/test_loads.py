"""A load says what became of what was there: a part, a correction, everything anew; and one is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.trials.examples import (
    DUE,
    FIRST,
    SECOND,
    Files,
    allocated,
    eligible,
    load_outcomes,
    outcomes,
    write_csv,
)
from tests.trials.kept import Copied
from tests.trials.stages.test_issue import arms_by_export_id
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.registry.records import CoverageRecord, FileAccount, LoadMode
from trials.registry.registry import open_registry
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.evaluate import evaluate
from trials.stages.returned_files import load_returned_file, withdraw_returned_file
from trials.stages.verify import verify

Row = dict[str, Any]


@pytest.fixture
def assigned(copied: Copied) -> Registry:
    return copied(allocated)[0]


def load(registry: Registry, files: Files, rows: list[Row], mode: LoadMode | None = None, **more: Any) -> FileAccount:
    file = write_csv(files.folder / "returned.csv", rows)
    return load_returned_file(registry, FIRST, files.trial, "outcomes", file, as_at=DUE, mode=mode, **more)


def known(files: Files) -> list[Row]:
    return outcomes(eligible(files.customers))


def there(registry: Registry, files: Files) -> int:
    """How many customers are evaluated with an outcome."""
    document = evaluate(registry, FIRST, files.trial).document
    return sum(row["observed"] for row in document["flow"]["arms"])


def test_two_halves_are_the_whole(assigned, files):
    rows = known(files)
    half = len(rows) // 2
    first = load(assigned, files, rows[:half])
    assert (first.mode, first.version, first.before, first.after) == (
        "first", 1, CoverageRecord(0, 0), CoverageRecord(half, half),
    )  # fmt: skip
    with pytest.raises(TrialRefused, match=r"outcomes are loaded already \(returned.csv of .*--add .*--correct "):
        load(assigned, files, rows[half:])
    second = load(assigned, files, rows[half:], "add")
    assert (second.version, second.before, second.after) == (
        2, CoverageRecord(half, half), CoverageRecord(len(rows), len(rows)),
    )  # fmt: skip
    in_parts = evaluate(assigned, FIRST, files.trial).document
    load(assigned, files, rows, "replace")
    at_once = evaluate(assigned, FIRST, files.trial).document
    assert in_parts["estimates"] == at_once["estimates"]
    assert in_parts["flow"] == at_once["flow"]


def test_a_part_holds_nobody_who_is_there(assigned, files):
    rows = known(files)
    load(assigned, files, rows[:200])
    with pytest.raises(TrialRefused, match=r"10 customers of this file have outcomes already; the first: row 1\."):
        load(assigned, files, rows[190:], "add")
    assert there(assigned, files) == 200


def test_a_correction_replaces_the_rows_of_its_customers_and_of_nobody_else(assigned, files):
    rows = known(files)
    load(assigned, files, rows)
    corrected = [row | {"collected": 99} for row in rows[:20]]
    account = load(assigned, files, corrected, "correct")
    assert (account.before, account.after) == (CoverageRecord(len(rows), len(rows)),) * 2
    assert account.warnings == ()
    mended = evaluate(assigned, FIRST, files.trial).document
    load(assigned, files, corrected + rows[20:], "replace")
    assert evaluate(assigned, FIRST, files.trial).document["estimates"] == mended["estimates"]


@pytest.mark.parametrize("mode", ["correct", "replace"])
def test_what_is_cut_before_what_it_takes_the_place_of_says_so(assigned, files, mode):
    rows = known(files)
    load(assigned, files, rows)
    file = write_csv(files.folder / "older.csv", [row | {"collected": 99} for row in rows])
    earlier = DUE - timedelta(days=3)
    account = load_returned_file(assigned, FIRST, files.trial, "outcomes", file, as_at=earlier, mode=mode)
    (said,) = [warning for warning in account.warnings if "older than" in warning]
    assert f"as at {earlier}, and older than what it takes the place of: load 1 (returned.csv)" in said
    assert f"is as at {DUE}" in said
    same = load_returned_file(assigned, FIRST, files.trial, "outcomes", file, as_at=DUE, mode=mode)
    assert not any("older than" in warning for warning in same.warnings)


def test_a_correction_of_other_customers_than_those_of_a_later_cut_is_no_older_one(assigned, files):
    rows = known(files)
    earlier = DUE - timedelta(days=3)
    first = write_csv(files.folder / "first.csv", rows[:100])
    load_returned_file(assigned, FIRST, files.trial, "outcomes", first, as_at=earlier)
    load(assigned, files, rows[100:], "add")
    account = load_returned_file(assigned, FIRST, files.trial, "outcomes", first, as_at=earlier, mode="correct")
    assert not any("older than" in warning for warning in account.warnings)


def test_a_correction_names_who_was_not_there(assigned, files):
    rows = known(files)
    load(assigned, files, rows[:100])
    account = load(assigned, files, rows[95:103], "correct")
    assert account.warnings == ("3 customers have no outcomes to correct, and their rows are taken; the first: row 6",)
    assert account.after == CoverageRecord(103, 103)


def test_there_must_be_something_to_correct(assigned, files):
    with pytest.raises(TrialRefused, match="no outcomes are loaded, so there are none to correct"):
        load(assigned, files, known(files), "correct")
    assert load(assigned, files, known(files), "add").mode == "first"


def test_a_file_that_covers_fewer_says_who_vanishes(assigned, files):
    rows = known(files)
    load(assigned, files, rows)
    account = load(assigned, files, rows[:20], "replace")
    gone = len(rows) - 20
    assert account.warnings == (
        f"{gone} customers have outcomes no longer: {gone} are not in the file, and of 0 no row could be used",
        f"the outcomes cover 20 customers, and covered {len(rows)} before",
    )
    blank = [row | {"paid": ""} for row in rows[:5]] + rows[5:]
    load(assigned, files, rows, "replace")
    assert load(assigned, files, blank, "replace").warnings == (
        f"{len(rows) - 5} customers have the primary outcome, and {len(rows)} had before",
    )


def test_a_withdrawal_brings_back_what_was_there_and_keeps_the_file(assigned, files):
    rows = known(files)
    load(assigned, files, rows)
    before = evaluate(assigned, FIRST, files.trial)
    wrong = load(assigned, files, rows[:20], "replace")
    with pytest.raises(TrialRefused, match=r"not yours.*1 \(returned.csv, by First Person at .*2 \(.*--version N"):
        withdraw_returned_file(assigned, SECOND, files.trial, "outcomes", reason="an extract of one office")
    made = withdraw_returned_file(
        assigned, SECOND, files.trial, "outcomes", version=2, reason="an extract of one office"
    )
    assert (made.withdrawn.version, made.version) == (2, 3)
    assert (made.before, made.after) == (CoverageRecord(20, 20), CoverageRecord(len(rows), len(rows)))
    assert [file.version for file in made.standing] == [1]
    after = evaluate(assigned, FIRST, files.trial)
    assert after.data_digest == before.data_digest
    assert after.document["estimates"] == before.document["estimates"]
    with assigned.read(FIRST) as reader:
        returned = reader.trial(files.trial).returned
    assert [(file.mode, file.withdraws, file.reason) for file in returned] == [
        ("first", None, None), ("replace", None, None), ("withdraw", 2, "an extract of one office"),
    ]  # fmt: skip
    assert pq.read_table(assigned.snapshots.opened(wrong.digest).path).num_rows == 20
    with assigned.inspect(FIRST, "verify") as session:
        event = [event for event in queries.audit_events(session, files.trial) if event.action == "load_outcomes"][-1]
    assert (event.detail["mode"], event.detail["withdraws"]) == ("withdraw", 2)
    assert all(proof.holds for proof in verify(assigned, FIRST, files.trial))


def test_a_load_that_came_in_unseen_is_not_taken_back(assigned, files):
    """Who means the load that they read says so where a colleague's is the last; their own needs no name."""
    rows = known(files)
    load(assigned, files, rows)
    load_returned_file(assigned, SECOND, files.trial, "outcomes", files.folder / "returned.csv", mode="replace")
    with pytest.raises(TrialRefused, match=r"the last load of the outcomes is not yours.*by Second Person"):
        withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", reason="I meant the first")
    assert withdraw_returned_file(assigned, SECOND, files.trial, "outcomes", reason="mine").withdrawn.version == 2
    with pytest.raises(TrialRefused, match="not yours"):  # what is left is one load, and not the one that they read
        withdraw_returned_file(assigned, SECOND, files.trial, "outcomes", reason="mine")
    assert withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", reason="mine").withdrawn.version == 1


def test_contacts_that_came_in_unseen_are_not_taken_back_either(assigned, files):
    ids = [row["customer_id"] for row in eligible(files.customers)]

    def sent(of, name):
        rows = [{"customer_id": each, "channel": "letter", "sent_on": "2031-02-04"} for each in of]
        return write_csv(files.folder / name, rows)

    load_returned_file(assigned, FIRST, files.trial, "contacts", sent(ids[:9], "one.csv"))
    load_returned_file(assigned, SECOND, files.trial, "contacts", sent(ids[9:20], "two.csv"), mode="add")
    with pytest.raises(TrialRefused, match=r"the last load of the contacts is not yours"):
        withdraw_returned_file(assigned, FIRST, files.trial, "contacts", reason="another supplier's")
    made = withdraw_returned_file(assigned, FIRST, files.trial, "contacts", version=2, reason="another supplier's")
    assert made.withdrawn.file_name == "two.csv"


def test_what_came_after_a_withdrawn_load_stands_by_its_own_rows(assigned, files):
    rows = known(files)
    load(assigned, files, rows[:100])
    load(assigned, files, [row | {"collected": 99} for row in rows[:20]], "correct")
    load(assigned, files, rows[100:150], "add")
    made = withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", version=1, reason="the wrong month")
    assert made.after == CoverageRecord(70, 70)
    assert [file.version for file in made.standing] == [2, 3]
    with pytest.raises(TrialRefused, match=r"load 1 of the outcomes was withdrawn already.*2 \(returned.csv\), 3"):
        withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", version=1, reason="again")
    with pytest.raises(TrialRefused, match="there is no load 4 of the outcomes"):
        withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", version=4, reason="a withdrawal")


def test_a_part_over_a_replacement_that_is_withdrawn_has_one_row_a_customer(assigned, files):
    rows = known(files)
    load(assigned, files, rows[:100])
    load(assigned, files, rows[100:200], "replace")
    load(assigned, files, [row | {"collected": 99} for row in rows[:50]], "add")
    made = withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", version=2, reason="another trial's")
    assert made.after == CoverageRecord(100, 100)
    assert there(assigned, files) == 100


def test_when_all_is_withdrawn_nothing_is_there_and_the_next_file_is_the_first(assigned, files):
    load(assigned, files, known(files))
    with pytest.raises(TrialRefused, match="a withdrawal needs a reason"):
        withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", reason=" ")
    withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", reason="the wrong trial's")
    with assigned.read(FIRST) as reader:
        standing = reader.trial(files.trial).summary
    assert standing.state == "allocated"
    with pytest.raises(TrialRefused, match=r"no outcomes are loaded.*otm outcomes load reminders FILE"):
        evaluate(assigned, FIRST, files.trial)
    with pytest.raises(TrialRefused, match="no outcomes are loaded"):
        withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", reason="again")
    assert load(assigned, files, known(files)).mode == "first"
    assert there(assigned, files) == len(known(files))


def test_a_part_that_was_cut_early_holds_the_whole_to_its_day(assigned, files):
    rows = known(files)
    with assigned.read(FIRST) as reader:
        drawn = reader.trial(files.trial).allocation.allocated_at.date()
    early = write_csv(files.folder / "early.csv", rows[:100])
    load_returned_file(assigned, FIRST, files.trial, "outcomes", early, as_at=drawn)
    account = load(assigned, files, rows[100:], "add")
    said = f"the outcomes that are there are known as at {drawn.isoformat()}, the earliest cut among their parts"
    (warning,) = account.warnings
    assert warning.startswith(said)
    assert "from a later cut (--correct)" in warning  # as is done below
    assert evaluate(assigned, FIRST, files.trial).as_at == drawn
    load(assigned, files, rows[:100], "correct")
    assert evaluate(assigned, FIRST, files.trial).as_at == DUE


def test_unreadable_cells_follow_their_rows(assigned, files):
    rows = known(files)
    load(assigned, files, [row | ({"collected": "n.k."} if at in (3, 60) else {}) for at, row in enumerate(rows)])
    load(assigned, files, [rows[3], rows[70] | {"collected": "part"}], "correct")
    unreadable = evaluate(assigned, FIRST, files.trial).document["unreadable"]
    assert [(cell["row"], cell["field"], cell["reason"]) for cell in unreadable] == [
        (2, "collected", "is not a number (load 2)"), (61, "collected", "is not a number (load 1)"),
    ]  # fmt: skip


def contacts(assigned: Registry, files: Files) -> list[Row]:
    return [
        {"export_id": export, "channel": "letter", "sent_on": "2026-02-02", "delivered": "true"}
        for export, arm in arms_by_export_id(assigned).items()
        if arm == "letter"
    ]


def sent(assigned: Registry, files: Files, rows: list[Row], mode: LoadMode | None = None) -> FileAccount:
    file = write_csv(files.folder / "contacts.csv", rows)
    return load_returned_file(assigned, FIRST, files.trial, "contacts", file, mode=mode)


def test_contacts_are_added_corrected_and_replaced(assigned, files):
    rows = contacts(assigned, files)
    first = sent(assigned, files, rows[:50])
    assert first.after == CoverageRecord(50)
    with pytest.raises(TrialRefused, match="contacts are loaded already"):
        sent(assigned, files, rows[50:])
    again = sent(assigned, files, rows[40:], "add")
    assert [w for w in again.warnings if "already" in w] == [
        "10 contacts are there already, each the same in every column; the first: row 1"
    ]
    with pytest.raises(TrialRefused, match="every one of the 5 contacts of this file is there already"):
        sent(assigned, files, rows[:5], "add")
    bounced = [row | {"delivered": "false"} for row in rows[:30]]
    account = sent(assigned, files, bounced, "correct")
    assert account.before == account.after == CoverageRecord(len(rows))
    load(assigned, files, known(files))
    evaluate(assigned, FIRST, files.trial)
    with assigned.inspect(FIRST, "verify") as session:
        whole = queries.returned_of(session, files.trial)
    latest = max((file for file in whole if file.kind == "contacts"), key=lambda file: file.version)
    table = pq.read_table(assigned.snapshots.opened(latest.whole_digest).path)
    assert table["delivered"].to_pylist().count(False) == 30
    assert table.num_rows == len(rows) + 10  # the ten that came twice are contacts of customers 41 to 50
    assert withdraw_returned_file(assigned, FIRST, files.trial, "contacts", reason="x").after == CoverageRecord(
        len(rows)
    )


def test_a_correction_says_what_was_sent_to_customers_whose_rows_were_turned_away(assigned, files):
    rows = contacts(assigned, files)
    sent(assigned, files, [rows[0] | {"channel": "pigeon"}, *rows[1:]])
    load(assigned, files, known(files))
    doubtful = next(c for c in evaluate(assigned, FIRST, files.trial).document["checks"] if c["name"] == "dispatch")
    assert doubtful["passed"] is None
    sent(assigned, files, rows[:1], "correct")
    mended = next(c for c in evaluate(assigned, FIRST, files.trial).document["checks"] if c["name"] == "dispatch")
    assert mended["passed"] is True


def test_a_backup_holds_what_was_there_after_each_load(assigned, files, tmp_path):
    rows = known(files)
    load(assigned, files, rows[:100])
    load(assigned, files, rows[100:], "add")
    withdraw_returned_file(assigned, FIRST, files.trial, "outcomes", reason="a mistake")
    first = evaluate(assigned, FIRST, files.trial)
    backup(assigned, FIRST, tmp_path / "kept")
    settings = Settings(home=tmp_path / "again")
    restore(settings, FIRST, tmp_path / "kept")
    again = open_registry(settings)
    try:
        assert evaluate(again, FIRST, files.trial).data_digest == first.data_digest
        assert all(proof.holds for proof in verify(again, FIRST, files.trial))
    finally:
        again.close()


def test_loads_that_were_made_meanwhile_are_not_written_over(assigned, files, monkeypatch):
    from trials.stages import returned_files

    rows = known(files)
    load(assigned, files, rows[:100])
    take = returned_files.take

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(returned_files, "take", take)
        load_outcomes(assigned, SECOND, files.trial, write_csv(files.folder / "theirs.csv", rows[100:150]), mode="add")
        return take(*args)

    monkeypatch.setattr(returned_files, "take", meanwhile)
    with pytest.raises(TrialRefused, match="somebody else loaded or withdrew outcomes meanwhile"):
        load(assigned, files, rows[100:], "add")
    assert there(assigned, files) == 150
