"""However small a file is, what is told of its rows and cells is bounded: it is refused before the memory fills."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from data.intake import read_file, result
from data.schema import ColumnContract, FileContract
from tests.trials.examples import FIRST, allocated, eligible, outcomes, write_csv
from trials.field import matching
from trials.registry import queries
from trials.stages.evaluate import evaluate
from trials.stages.returned_files import load_returned_file
from trials.stages.verify import verify

MOST = 20


@pytest.fixture
def bounded(registry, files, monkeypatch):
    allocated(registry, files)
    monkeypatch.setattr(result, "MAXIMUM_REJECTIONS", MOST)
    return registry


def contacts(ids, *, channel="letter", sent_on="2031-02-04", delivered="1"):
    return [{"customer_id": of, "channel": channel, "sent_on": sent_on, "delivered": delivered} for of in ids]


def strangers(count):
    return [f"Z{number}" for number in range(count)]


AT_FAULT = {
    "no channel": lambda ids, count: contacts(ids[:count], channel="pigeon"),
    "no day": lambda ids, count: contacts(ids[:count], sent_on="soon"),
    "an absurd day": lambda ids, count: contacts(ids[:count], sent_on="0007-01-01"),
    "nobody": lambda ids, count: contacts([""] * count),
    "an unreadable cell": lambda ids, count: contacts(ids[:count], delivered="perhaps"),
}
"""Contacts by what is at fault in so many of them."""


@pytest.mark.parametrize("fault", AT_FAULT)
def test_so_many_contacts_are_told_and_one_more_is_refused(bounded, files, fault, tmp_path):
    ids = [row["customer_id"] for row in eligible(files.customers)]

    def file_of(count):
        good = contacts(ids[:30]) + contacts(ids[30:60], delivered="0")
        return write_csv(tmp_path / f"contacts-{count}.csv", good + AT_FAULT[fault](ids[60:], count))

    with pytest.raises(DataRefused, match=rf"more than {MOST} (rows|cells) cannot be (taken|read)"):
        load_returned_file(bounded, FIRST, files.trial, "contacts", file_of(MOST + 1))
    with bounded.inspect(FIRST, "read", files.trial) as session:
        assert not queries.returned_of(session, files.trial)

    account = load_returned_file(bounded, FIRST, files.trial, "contacts", file_of(MOST))
    assert len(account.rejections) == MOST or len(account.unreadable) == MOST


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_so_many_outcomes_are_told_and_one_more_is_refused(bounded, files, ending, tmp_path):
    found = [{name: str(value) for name, value in row.items()} for row in outcomes(eligible(files.customers))]

    def file_of(count):
        rows = [row | {"collected": "n.k."} for row in found[:count]] + found[count:]
        path = tmp_path / f"outcomes-{count}.{ending}"
        if ending == "csv":
            return write_csv(path, rows)
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path

    with pytest.raises(DataRefused, match=rf"more than {MOST} (rows|cells) cannot be (taken|read)"):
        load_returned_file(bounded, FIRST, files.trial, "outcomes", file_of(MOST + 1))
    account = load_returned_file(bounded, FIRST, files.trial, "outcomes", file_of(MOST))
    assert len(account.rejections) + len(account.unreadable) == MOST


def texts(rows):
    return [{name: str(value) for name, value in row.items()} for row in rows]


def ledger(found, count):
    """The trial's customers in a whole department's ledger, where others have cells that cannot be read."""
    others = [found[0] | {"customer_id": of, "collected": "n.k."} for of in strangers(count)]
    return [*others[: count // 2], *found, *others[count // 2 :]]


@pytest.mark.parametrize("most", [MOST, 5])
def test_a_whole_departments_ledger_is_loaded_and_the_others_counted(bounded, files, most, tmp_path, monkeypatch):
    monkeypatch.setattr(matching, "MOST_STRANGERS", most)
    found = texts(outcomes(eligible(files.customers)))
    file = write_csv(tmp_path / "ledger.csv", ledger(found, MOST + 1))
    account = load_returned_file(bounded, FIRST, files.trial, "outcomes", file)
    assert (account.read, account.loaded, account.rejected) == (len(found) + MOST + 1, len(found), MOST + 1)
    assert (account.rejections, account.unreadable) == ((), ())
    assert f"{MOST + 1} rows are of nobody who takes part in this trial: they are counted" in " ".join(account.warnings)
    checks = {check["name"]: check for check in evaluate(bounded, FIRST, files.trial).document["checks"]}
    assert "rows_taken" not in checks or checks["rows_taken"]["passed"]  # nobody of the trial is lost with them
    assert all(proof.holds for proof in verify(bounded, FIRST, files.trial))


def test_those_left_out_are_not_told_apart_where_others_are_counted(bounded, files, tmp_path, monkeypatch):
    """Listed alone they would say who was left out."""
    monkeypatch.setattr(matching, "MOST_STRANGERS", 1)
    found = texts(outcomes(files.customers))
    account = load_returned_file(
        bounded, FIRST, files.trial, "outcomes", write_csv(tmp_path / "all.csv", ledger(found, 3))
    )
    assert account.rejections == ()
    assert account.rejected == len(files.customers) - len(eligible(files.customers)) + 3 > 3


def test_what_is_wrong_with_others_is_bounded_beside_many_strangers(bounded, files, tmp_path):
    ids = [row["customer_id"] for row in eligible(files.customers)]
    good = contacts(ids[:30]) + contacts(ids[30:60], delivered="0")

    def file_of(faulty):
        rows = good + contacts(strangers(MOST + 5)) + contacts(ids[60 : 60 + faulty], channel="pigeon")
        return write_csv(tmp_path / f"contacts-{faulty}.csv", rows)

    with pytest.raises(DataRefused, match=f"more than {MOST} rows cannot be taken"):
        load_returned_file(bounded, FIRST, files.trial, "contacts", file_of(MOST + 1))
    account = load_returned_file(bounded, FIRST, files.trial, "contacts", file_of(MOST))
    assert (len(account.rejections), account.rejected) == (MOST, 2 * MOST + 5)
    own = write_csv(tmp_path / "own.csv", outcomes(eligible(files.customers)))
    load_returned_file(bounded, FIRST, files.trial, "outcomes", own)
    checks = {check["name"]: check for check in evaluate(bounded, FIRST, files.trial).document["checks"]}
    assert checks["contacts_taken"]["figures"]["not_of_the_trial"] == MOST + 5


def test_all_that_is_wrong_with_lost_rows_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(result, "MAXIMUM_REJECTIONS", MOST)
    columns = (ColumnContract("age", "number", bad_cells="reject_row"), ColumnContract("sum", "number"))
    contract = FileContract("customer_id", columns, bad_cells="missing")

    def file_of(count):
        rows = [{"customer_id": f"C{number}", "age": "x", "sum": "y"} for number in range(count)]
        good = [{"customer_id": f"D{number}", "age": "1", "sum": "2"} for number in range(5)]
        return write_csv(tmp_path / f"people-{count}.csv", rows + good)

    assert len(read_file(file_of(MOST // 2), contract).rejections) == MOST
    with pytest.raises(DataRefused, match="several of their cells"):
        read_file(file_of(MOST // 2 + 1), contract)


def test_rows_that_are_lost_later_count_with_those_before(monkeypatch, tmp_path):
    monkeypatch.setattr(result, "MAXIMUM_REJECTIONS", MOST)
    rows = [{"customer_id": of, "arm": ""} for of in [*strangers(MOST + 1), *["1E+13"]]]
    intake = read_file(write_csv(tmp_path / "people.csv", rows), FileContract("customer_id", ()))
    assert len(intake.without(np.arange(MOST - 1), ["arm is missing"] * (MOST - 1), "arm").rejections) == MOST
    with pytest.raises(DataRefused, match="more than 20 rows cannot be taken: arm is missing"):
        intake.without(np.arange(MOST), ["arm is missing"] * MOST, "arm")
