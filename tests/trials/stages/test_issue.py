"""Each list holds its own arm only, under ids of its own, and opens safely."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import stat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.spreadsheet_safety import safe_table
from tests.trials.examples import FIRST, SECOND, SEED, Files, allocated, customers, locked, write_csv
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.field.dispatch import export_ids
from trials.registry import queries
from trials.registry.identities.ledger_key import export_key
from trials.reporting.portfolio import next_action
from trials.stages.allocate import randomise
from trials.stages.issue import issue, issue_lists
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.void import confirm_void, request_void


def rows(path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def coming(registry) -> str:
    with registry.read(LOCAL_ACTOR) as reader:
        (trial,) = reader.portfolio()
    return next_action(trial.next)


def arms_by_export_id(registry, trial: str = "reminders") -> dict[str, str]:
    with registry.inspect(FIRST, "issue") as session:
        (allocation,) = queries.allocations_of(session, trial)
    table = pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path)
    exported = export_ids(export_key(registry.key(), trial), table.column("ledger_id"))
    return dict(zip(exported.to_pylist(), table.column("arm").to_pylist(), strict=True))


@pytest.mark.requirement("D05")
def test_a_list_holds_its_own_arm_and_nobody_else(registry, files, tmp_path):
    record = allocated(registry, files)
    arms = arms_by_export_id(registry)
    for arm in ("letter", "sms"):
        issued = issue(registry, FIRST, files.trial, arm, tmp_path)
        listed = [row["export_id"] for row in rows(issued.path)]
        assert {arms[export_id] for export_id in listed} == {arm}
        assert len(listed) == len(set(listed)) == record.counts[arm] == issued.manifest["customers"]
        assert listed == sorted(listed)


def test_a_manifest_lets_the_receiver_count_and_hash(registry, files, tmp_path):
    allocated(registry, files)
    issued = issue(registry, FIRST, files.trial, "letter", tmp_path / "new" / "folder", columns=["band"])
    manifest = json.loads(issued.manifest_path.read_text())
    assert manifest == issued.manifest
    assert manifest["sha256"] == hashlib.sha256(issued.path.read_bytes()).hexdigest()
    assert (manifest["customers"], manifest["columns"]) == (len(rows(issued.path)), ["export_id", "band"])
    assert (manifest["trial"], manifest["arm"], manifest["channel"]) == ("reminders", "letter", "letter")
    assert manifest["synthetic"] is True
    assert stat.S_IMODE(issued.path.stat().st_mode) == 0o600
    with registry.read(LOCAL_ACTOR) as reader:
        (recorded,) = reader.trial(files.trial).issues
    assert recorded.file_digest == manifest["sha256"]


def test_no_list_carries_an_id_that_anyone_else_knows(registry, files, tmp_path):
    allocated(registry, files)
    text = issue(registry, FIRST, files.trial, "sms", tmp_path).path.read_text()
    with registry.inspect(FIRST, "issue") as session:
        (allocation,) = queries.allocations_of(session, files.trial)
    ledger_ids = (
        pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path).column("ledger_id").to_pylist()
    )
    assert not any(ledger_id in text for ledger_id in ledger_ids)
    assert "C0000" not in text


def test_two_trials_share_no_export_id(registry, files):
    allocated(registry, files)
    ids = pa.array(["0" * 32, "1" * 32])
    one, other = (export_ids(export_key(registry.key(), trial), ids).to_pylist() for trial in ("a", "b"))
    assert set(one).isdisjoint(other)
    assert all(re.fullmatch("x[0-9a-f]{32}", export_id) for export_id in one + other)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\x00=", "\x00\x00@", "＝", "＋", "－", "＠"])
def test_no_cell_can_be_run_by_a_spreadsheet(sign):
    payload = f"{sign}HYPERLINK(1)"
    table = safe_table(pa.table({payload: [payload, f"a{payload}", None, ""], "number": [-1.5, 1.0, None, 2.0]}))
    cells = table.column(0).to_pylist()
    assert cells[0].startswith("'")
    assert table.column_names[0].startswith("'")
    assert cells[1:] == [f"a{payload}".replace("\x00", ""), None, ""]
    assert table.column("number").to_pylist() == [-1.5, 1.0, None, 2.0]
    assert not any("\x00" in (cell or "") for cell in cells)


def test_a_hostile_column_arrives_as_text(registry, tmp_path):
    files = Files(tmp_path / "hostile", extra="  columns: {note: {kind: text}}")
    write_csv(files.population, [row | {"note": '=cmd|"/c calc"!A1, and more'} for row in files.customers])
    allocated(registry, files)
    issued = issue(registry, FIRST, files.trial, "sms", tmp_path, columns=["note"])
    assert {row["note"] for row in rows(issued.path)} == {'\'=cmd|"/c calc"!A1, and more'}
    assert issued.manifest["marked_cells"] == {"note": issued.manifest["customers"]}


def test_numbers_to_dial_and_amounts_leave_as_they_came(registry, tmp_path):
    files = Files(tmp_path / "numbers", extra="  columns: {mobile: {kind: text}, owed: {kind: text}}")
    write_csv(files.population, [row | {"mobile": "+447700900026", "owed": "-3.50"} for row in files.customers])
    allocated(registry, files)
    issued = issue(registry, FIRST, files.trial, "sms", tmp_path, columns=["mobile", "owed"])
    assert {(row["mobile"], row["owed"]) for row in rows(issued.path)} == {("+447700900026", "-3.50")}
    assert issued.manifest["marked_cells"] == {}


def test_the_list_of_a_text_can_be_dialled(registry, reference_data, tmp_path):
    folder = reference_data.parent / "cases" / "field-trial"
    plan = tmp_path / "p.yaml"
    plan.write_bytes((folder / "p.yaml").read_bytes())
    load_population(registry, FIRST, folder / "population.csv", plan, synthetic=True)
    register(registry, FIRST, plan)
    lock(registry, FIRST, "text-reminder")
    randomise(registry, FIRST, "text-reminder", demonstration_seed=SEED)
    issued = issue(registry, FIRST, "text-reminder", "text", tmp_path / "lists", columns=["mobile", "ref"])
    assert all(re.fullmatch(r"\+447700900[0-9]{3}", row["mobile"]) for row in rows(issued.path))
    assert issued.manifest["marked_cells"] == {}


def test_a_list_never_replaces_another(registry, files, tmp_path):
    allocated(registry, files)
    first = issue(registry, FIRST, files.trial, "sms", tmp_path)
    content = first.path.read_bytes()
    with pytest.raises(TrialRefused, match="a file of that name is there already"):
        issue(registry, FIRST, files.trial, "sms", tmp_path)
    assert first.path.read_bytes() == content
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) == [".csv", ".json"]


def test_a_list_that_is_not_recorded_is_not_left_lying_about(registry, files, tmp_path, monkeypatch):
    from trials.stages import issue as stage

    def refuse(*_):
        raise TrialRefused("the registry is away")

    allocated(registry, files)
    monkeypatch.setattr(stage, "_record", refuse)
    with pytest.raises(TrialRefused, match="the registry is away"):
        issue(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    assert list((tmp_path / "lists").iterdir()) == []


@pytest.mark.parametrize(
    ("arm", "columns", "problem"),
    [("nfa", [], "the customers of arm 'nfa' are not contacted"),
     ("email", [], r"the protocol has no arm 'email'\. Rule: one of nfa, letter, sms"),
     ("sms", ["address"], "the population has no column 'address'")],
)  # fmt: skip
def test_what_cannot_be_issued_is_refused(registry, files, tmp_path, arm, columns, problem):
    allocated(registry, files)
    with pytest.raises(TrialRefused, match=problem):
        issue(registry, FIRST, files.trial, arm, tmp_path / "lists", columns=columns)
    assert not (tmp_path / "lists").exists()


def test_nothing_is_issued_before_the_draw_or_after_a_void(registry, files, tmp_path):
    locked(registry, files)
    with pytest.raises(TrialRefused, match="nothing has been allocated"):
        issue(registry, FIRST, files.trial, "sms", tmp_path)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    request_void(registry, FIRST, files.trial, reason="wrong")
    confirm_void(registry, SECOND, files.trial)
    with pytest.raises(TrialRefused, match="void"):
        issue(registry, FIRST, files.trial, "sms", tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(registry, files, tmp_path):
    allocated(registry, files)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrialRefused, match="the list cannot be written"):
        issue(registry, FIRST, files.trial, "sms", tmp_path / "file" / "lists")


def scheme(files: Files, said: str) -> None:
    plain = "randomisation: {method: complete, strata: [band]}"
    files.edit_protocol(lambda text: text.replace(plain, plain.replace("]}", f"], {said}}}")))


def test_a_second_wave_is_issued_by_itself(either, files, tmp_path):
    scheme(files, "waves: [{id: one, issue_on: 2026-03-02}, {id: two, issue_on: 2026-04-06}]")
    first = allocated(either, files)
    lists = [issue(either, FIRST, files.trial, "sms", tmp_path)]
    with pytest.raises(TrialRefused, match="wave 2 has not been allocated"):
        issue(either, FIRST, files.trial, "sms", tmp_path, wave=2)
    assert coming(either) == "Issue the lists that are left, of letter"
    issue(either, FIRST, files.trial, "letter", tmp_path)
    assert coming(either).startswith("Draw the next wave")
    second = write_csv(files.folder / "second.csv", customers(300, first=2_000))
    load_population(either, FIRST, second, files.protocol, synthetic=True)
    later = randomise(either, FIRST, files.trial)
    assert coming(either) == "Issue the lists that are left, of letter and sms"
    lists.append(issue(either, FIRST, files.trial, "sms", tmp_path))
    assert [found.manifest["waves"] for found in lists] == [[1], [2]]
    assert [found.manifest["customers"] for found in lists] == [first.counts["sms"], later.counts["sms"]]
    assert [found.manifest["issue_on"] for found in lists] == ["2026-03-02", "2026-04-06"]
    assert [found.manifest["allocation_digests"] for found in lists] == [[first.digest], [later.digest]]
    assert coming(either) == "Issue the lists that are left, of letter"
    assert not any(found.manifest["reissue"] for found in lists)
    again = issue(either, FIRST, files.trial, "sms", tmp_path / "again", wave=1)
    assert (again.manifest["waves"], again.manifest["reissue"]) == ([1], True)
    assert again.path.read_bytes() == lists[0].path.read_bytes()
    issue(either, FIRST, files.trial, "letter", tmp_path / "again", wave=1)
    assert coming(either) == "Issue the lists that are left, of letter"  # a list that is issued again leads nowhere
    issue(either, FIRST, files.trial, "letter", tmp_path)
    assert coming(either).startswith("Load the outcomes")


def test_every_batch_has_a_list_of_its_own_with_its_own_date(registry, files, tmp_path):
    scheme(files, "batches: {column: band, issue_on: {low: 2026-03-02, high: 2026-05-04}}")
    record = allocated(registry, files)
    with pytest.raises(TrialRefused, match="several batches"):
        issue(registry, FIRST, files.trial, "sms", tmp_path)
    with pytest.raises(TrialRefused, match=r"no batch 'middle'\. Rule: one of low, high"):
        issue(registry, FIRST, files.trial, "sms", tmp_path, batch="middle")
    low = issue(registry, FIRST, files.trial, "sms", tmp_path, columns=["band"], batch="low")
    assert coming(registry) == "Issue the lists that are left, of letter and sms"
    (high,) = issue_lists(registry, FIRST, files.trial, "sms", tmp_path, columns=["band"])
    assert ({row["band"] for row in rows(low.path)}, {row["band"] for row in rows(high.path)}) == ({"low"}, {"high"})
    assert [found.manifest["issue_on"] for found in (low, high)] == ["2026-03-02", "2026-05-04"]
    assert low.manifest["customers"] + high.manifest["customers"] == record.counts["sms"]
    assert coming(registry) == "Issue the lists that are left, of letter"
    both = issue_lists(registry, FIRST, files.trial, "sms", tmp_path / "again")
    assert [(found.manifest["batch"], found.manifest["reissue"]) for found in both] == [("low", True), ("high", True)]
    assert coming(registry) == "Issue the lists that are left, of letter"
    letters = issue_lists(registry, FIRST, files.trial, "letter", tmp_path)
    assert coming(registry).startswith("Load the outcomes")
    assert [found.manifest["reissue"] for found in letters] == [False, False]


def test_a_batch_in_which_nobody_is_of_the_arm_has_no_list(registry, files, tmp_path):
    batches = "batches: {column: lot, issue_on: {first: 2026-02-02, second: 2026-02-09}}, strata: [lot]"
    barred = "channel: sms, not_for: [{when: {column: lot, equals: second}, reason: no room}]"
    files.edit_protocol(lambda text: text.replace("strata: [band]", batches).replace("channel: sms", barred))
    write_csv(files.population, [row | {"lot": ("first", "second")[n % 2]} for n, row in enumerate(files.customers)])
    allocated(registry, files)
    said = []
    (issued,) = issue_lists(registry, FIRST, files.trial, "sms", tmp_path, remark=said.append)
    assert issued.manifest["batch"] == "first"
    assert said == ["nobody of batch 'second' is in arm 'sms', and no list is made for it"]
    assert len(list(tmp_path.glob("*.csv"))) == 1
    issue_lists(registry, FIRST, files.trial, "letter", tmp_path)
    assert coming(registry).startswith("Load the outcomes")  # the batch without a list is not waited for
    with pytest.raises(TrialRefused, match=r"nobody of batch 'second' is in arm 'sms'.*a list is of customers"):
        issue_lists(registry, FIRST, files.trial, "sms", tmp_path, batch="second")
    (again,) = issue_lists(registry, FIRST, files.trial, "sms", tmp_path / "again")
    assert again.manifest["reissue"] is True
