"""Any kind of returned file is taken in one way: what a kind declares is what its files are held to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from data.schema import ColumnContract, FileContract
from tests.trials.examples import FIRST, eligible, load_contacts, load_outcomes, outcomes, write_csv
from tests.trials.stages.test_issue import arms_by_export_id
from trials.errors import RegistryRefused, TrialRefused
from trials.field.allocated import allocated_trial
from trials.field.kinds import KINDS, Breach, FileKind, kind_named
from trials.field.taking import take
from trials.registry import queries
from trials.registry.identities.pseudonyms import EXPORT_ID
from trials.stages.evaluate import evaluate
from trials.stages.returned_files import load_returned_file

TODAY = date(2026, 6, 1)


@pytest.fixture
def assigned(drawn):
    return drawn


def calls_of(protocol) -> FileContract:
    return FileContract(
        None,
        (
            ColumnContract(protocol.population.unit, "text", required=False),
            ColumnContract(EXPORT_ID, "text", required=False),
            ColumnContract("at", "instant"),
            ColumnContract("minutes", "number", minimum=0),
        ),
    )


def too_long(table: pa.Table, _) -> list[Breach]:
    return [Breach("minutes", pc.greater(table.column("minutes"), 600), "a call of more than ten hours")]


# A kind that the service does not have: nothing but these lines is needed to take its files.
CALLS = FileKind(
    name="outcomes",
    use_case="load_outcomes",
    row="call",
    contract=calls_of,
    id_columns=lambda protocol: (EXPORT_ID, protocol.population.unit),
    breaches=too_long,
    content=lambda table, _: table.select(["at", "minutes"]),
    due_day=lambda protocol: protocol.primary.day,
)


@pytest.mark.parametrize("named_by", ["customer_id", EXPORT_ID])
def test_a_kind_is_what_it_declares(assigned, files, named_by):
    with assigned.inspect(FIRST, "load_outcomes", files.trial) as session:
        trial = allocated_trial(session, files.trial, "load_outcomes")
    customers = [row["customer_id"] for row in eligible(files.customers)]
    first, second, third = (customers if named_by == "customer_id" else [*arms_by_export_id(assigned)])[:3]
    rows = [
        {named_by: first, "at": "2026-02-03T09:30:00Z", "minutes": 3},
        {named_by: first, "at": "2026-02-03T10:30:00+01:00", "minutes": 4},
        {named_by: second, "at": "2026-02-03T09:30:00", "minutes": 3},
        {named_by: second, "at": "2026-02-03T09:30:00Z", "minutes": -1},
        {named_by: third, "at": "2026-02-03T09:30:00Z", "minutes": 601},
        {named_by: "", "at": "2026-02-03T09:30:00Z", "minutes": 1},
        {named_by: "nobody", "at": "2026-02-03T09:30:00Z", "minutes": 1},
        {named_by: third, "at": "2026-02-30T09:30:00Z", "minutes": 1},
    ]
    taken = take(assigned, trial, CALLS, write_csv(files.folder / "calls.csv", rows), TODAY)
    assert taken.intake.read == len(rows) == taken.loaded + taken.rejected
    assert taken.table.select(["at", "minutes"]).to_pylist() == [
        {"at": datetime(2026, 2, 3, 9, 30, tzinfo=UTC), "minutes": 3.0},
        {"at": datetime(2026, 2, 3, 9, 30, tzinfo=UTC), "minutes": 4.0},
    ]
    assert taken.table.column_names[0] == "ledger_id"
    assert [(r.row, r.field, r.reason) for r in taken.rejections] == [
        (3, "at", "'2026-02-03T09:30:00' has no offset from UTC: Z, or one like +01:00"),
        (4, "minutes", "-1 is below 0"),
        (5, "minutes", "a call of more than ten hours"),
        (6, named_by, "a call without a customer"),
        (7, named_by, "no customer of this trial has this id"),
        (8, "at", "'2026-02-30T09:30:00Z' is not on a day of the calendar"),
    ]
    assert sum(arm.matched for arm in taken.by_arm) == 1


def test_a_contact_on_30_february_is_rejected_with_its_cell(assigned, files):
    export_id = next(export_id for export_id, arm in arms_by_export_id(assigned).items() if arm == "sms")
    days = ["2026-02-28", "2026-02-30", "", "28/02/2026"]
    rows = [{"export_id": export_id, "channel": "sms", "sent_on": day} for day in days]
    account = load_contacts(assigned, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    assert (account.read, account.loaded, account.rejected) == (4, 1, 3)
    assert [(r.row, r.field, r.reason) for r in account.rejections] == [
        (2, "sent_on", "'2026-02-30' is not a day of the calendar"),
        (3, "sent_on", "not a day written like 2026-02-02"),
        (4, "sent_on", "'28/02/2026' is not a day written like 2026-02-02"),
    ]


def test_contacts_may_carry_days_that_a_spreadsheet_typed(assigned, files):
    export_ids = [export_id for export_id, arm in arms_by_export_id(assigned).items() if arm == "sms"]
    book = openpyxl.Workbook()
    book.active.append(["export_id", "channel", "sent_on"])
    for export_id, day in zip(export_ids, [date(2026, 2, 3), datetime(2026, 2, 4, tzinfo=None), 46056], strict=False):  # noqa: DTZ001
        book.active.append([export_id, "sms", day])
    book.save(files.folder / "contacts.xlsx")
    account = load_contacts(assigned, FIRST, files.trial, files.folder / "contacts.xlsx")
    assert [(r.row, r.field) for r in account.rejections] == [(3, "sent_on")]
    stored = pq.read_table(assigned.snapshots.opened(account.digest).path)
    assert stored.column("contact_on").to_pylist() == [date(2026, 2, 3), date(2026, 2, 4)]


def test_a_column_of_serial_numbers_is_no_column_of_days(assigned, files):
    path = files.folder / "contacts.parquet"
    pq.write_table(pa.table({"export_id": ["x1"], "channel": ["sms"], "sent_on": [46056]}), path)
    with pytest.raises(DataRefused, match="marks this column as int64"):
        load_contacts(assigned, FIRST, files.trial, path)


def test_every_kind_is_found_by_its_name_and_no_other(assigned, files):
    assert {kind.name: kind_named(kind.name) for kind in KINDS} == {kind.name: kind for kind in KINDS}
    with pytest.raises(TrialRefused, match=r"no kind of returned file 'events'.*contacts, outcomes"):
        load_returned_file(assigned, FIRST, files.trial, "events", files.outcomes)


def returned_kinds(registry, trial: str) -> list[tuple[str, int]]:
    with registry.read(FIRST) as reader:
        return [(file.kind, file.version) for file in reader.trial(trial).returned]


@pytest.fixture
def three_files(assigned, files):
    export_id = next(export_id for export_id, arm in arms_by_export_id(assigned).items() if arm == "sms")
    rows = [{"export_id": export_id, "channel": "sms", "sent_on": "2026-02-03"}]
    contacts = write_csv(files.folder / "contacts.csv", rows)
    load_outcomes(assigned, FIRST, files.trial, files.outcomes)
    load_contacts(assigned, FIRST, files.trial, contacts)
    kept = eligible(files.customers)
    load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, outcomes(kept[: len(kept) // 2])))
    return assigned


def behind_the_back(registry, *statements: str) -> None:
    with registry._writers.begin() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_files_are_listed_in_the_order_in_which_they_came(three_files, files):
    assert returned_kinds(three_files, files.trial) == [("outcomes", 1), ("contacts", 1), ("outcomes", 2)]


def test_the_later_cut_comes_first_even_where_the_clock_went_back(three_files, files):
    behind_the_back(three_files, "UPDATE returned_file SET loaded_at = '2001-01-01T00:00:00.000000Z' WHERE version = 2")
    with three_files.inspect(FIRST, "verify") as session:  # who verifies reads what nobody else would
        latest = queries.returned_of(session, files.trial)[0]
    assert (latest.kind, latest.version) == ("outcomes", 2)
    with pytest.raises(RegistryRefused, match="outcomes/2: edited since it was written"):
        evaluate(three_files, FIRST, files.trial)


def test_a_file_of_an_unknown_kind_is_never_read_as_another(three_files, files):
    """As it would stand in a registry that a later version wrote."""
    behind_the_back(three_files, "UPDATE returned_file SET kind = 'events' WHERE kind = 'contacts'")
    with three_files.inspect(FIRST, "verify") as session, pytest.raises(RegistryRefused, match="of the kind 'events'"):
        queries.returned_of(session, files.trial)
    with pytest.raises(RegistryRefused, match="events/1: no use case wrote it"):
        evaluate(three_files, FIRST, files.trial)
