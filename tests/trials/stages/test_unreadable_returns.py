"""Cells of a returned file that cannot be read: missing values that keep their reasons until they are evaluated."""

from __future__ import annotations

from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from tests.trials.examples import (
    FIRST,
    Files,
    allocated,
    eligible,
    load_contacts,
    load_outcomes,
    outcomes,
    write_csv,
)
from tests.trials.stages.test_issue import arms_by_export_id
from trials.registry import Registry
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import AllocationRecord
from trials.stages.evaluate import evaluate


def check(document: dict[str, Any], name: str) -> dict[str, Any]:
    made: dict[str, Any] = next(row for row in document["checks"] if row["name"] == name)
    return made


def arms_of(registry: Registry, allocation: AllocationRecord, ledger_ids: list[str]) -> dict[str, int]:
    rows = registry.snapshots.read(allocation.snapshot_digest, [LEDGER_ID, "arm"]).to_pylist()
    arm_of = {row[LEDGER_ID]: row["arm"] for row in rows}
    counts = dict.fromkeys(("nfa", "letter", "sms"), 0)
    for ledger_id in ledger_ids:
        counts[arm_of[ledger_id]] += 1
    return counts


def written(files: Files, spelled: str, every: int = 9) -> list[dict[str, Any]]:
    """Outcomes of those who take part, every ninth amount spelled in some way."""
    rows = outcomes(eligible(files.customers))
    return [row | ({"collected": spelled} if at % every == 0 else {}) for at, row in enumerate(rows)]


def test_a_bad_cell_is_kept_with_its_reason_and_its_row_stays(registry: Registry, files: Files) -> None:
    allocation = allocated(registry, files)
    rows = written(files, "n.k.")
    account = load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    assert (account.read, account.loaded, account.rejected) == (len(rows), len(rows), 0)
    bad = list(range(1, len(rows) + 1, 9))
    assert [(cell.row, cell.field) for cell in account.unreadable] == [(row, "collected") for row in bad]
    assert {cell.reason for cell in account.unreadable} == {"'n.k.' is not a number"}
    stored = pq.read_table(registry.snapshots.opened(account.digest).path)
    reasons = stored.filter(stored["_unreadable:collected"].is_valid())
    assert set(reasons["_unreadable:collected"].to_pylist()) == {"is not a number"}  # nothing quoted is stored
    assert reasons["_file_row"].to_pylist() == bad

    document = evaluate(registry, FIRST, files.trial).document
    assert document["unreadable"] == [{"row": row, "field": "collected", "reason": "is not a number"} for row in bad]
    by_arm = arms_of(registry, allocation, reasons[LEDGER_ID].to_pylist())
    figures = check(document, "cells_read")["figures"]
    assert figures == {"cells": len(bad), **{f"collected_{arm}": n for arm, n in by_arm.items()}}
    missing = check(document, "missing_collected")["figures"]
    assert (missing["missing"], missing["unreadable"]) == (len(bad), len(bad))
    assert {arm: missing.get(f"unreadable_{arm}", 0) for arm in by_arm} == by_arm


def test_blank_and_unreadable_cells_are_one_to_the_verdict(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    made = {}
    for spelled in ("", "n.k.", "[x]", "three"):
        load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, written(files, spelled)))
        made[spelled] = evaluate(registry, FIRST, files.trial).document
    blank = made.pop("")
    assert blank["unreadable"] == []
    for document in made.values():
        assert document["estimates"] == blank["estimates"]
        assert document["verdict"]["code"] == blank["verdict"]["code"]
        assert document["flow"] == blank["flow"]


@pytest.mark.parametrize(("spoilt", "severity"), [(1, "warns"), (2, "blocks")])
def test_rows_of_nobody_are_tolerated_up_to_one_in_a_thousand(
    registry: Registry, tmp_path: Any, spoilt: int, severity: str
) -> None:
    files = Files(tmp_path / "many", count=1150)
    allocated(registry, files)
    rows = outcomes(eligible(files.customers))
    assert 1000 <= len(rows) < 1999
    for at in range(spoilt):
        rows[at] = rows[at] | {"customer_id": "1.2E+13"}
    rows.append({"customer_id": "C999999", "paid": 1, "collected": 3})  # somebody else's is no loss
    account = load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    assert account.rejected == spoilt + 1
    document = evaluate(registry, FIRST, files.trial).document
    taken = check(document, "rows_taken")
    assert (taken["passed"], taken["severity"], taken["figures"]["rejected"]) == (False, severity, spoilt)
    assert (document["verdict"]["code"] == "invalid") == (severity == "blocks")


def test_a_total_is_nobody_who_was_lost_and_a_row_beside_it_is(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = outcomes(eligible(files.customers))
    total = {"customer_id": "Total", "paid": len(rows), "collected": "sum"}
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, [*rows, total]))
    document = evaluate(registry, FIRST, files.trial).document
    assert "rows_taken" not in {found["name"] for found in document["checks"]}
    assert document["verdict"]["code"] != "invalid"
    rows[3] = rows[3] | {"customer_id": "#REF!"}
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, [*rows, total]))
    taken = check(evaluate(registry, FIRST, files.trial).document, "rows_taken")
    assert (taken["severity"], taken["figures"]["rejected"]) == ("blocks", 1)
    assert "row 4, customer_id" in taken["detail"]


def test_error_cells_of_a_workbook_are_no_blanks(registry: Registry, files: Files) -> None:
    """Case 27 of the folder of cases: a lookup that failed for everybody who never called."""
    allocated(registry, files)
    book = openpyxl.Workbook()
    book.active.append(["customer_id", "paid", "collected"])
    for at, row in enumerate(outcomes(eligible(files.customers))):
        amount = "#REF!" if at % 9 == 0 else "#N/A" if at % 9 == 1 else None if at % 9 == 2 else row["collected"]
        book.active.append([row["customer_id"], row["paid"], amount])
    book.save(files.folder / "outcomes.xlsx")
    account = load_outcomes(registry, FIRST, files.trial, files.folder / "outcomes.xlsx")
    assert account.rejected == 0
    assert [cell.row for cell in account.unreadable] == [
        at for at in range(1, account.read + 1) if (at - 1) % 9 in (0, 1)
    ]
    assert [cell.reason for cell in account.unreadable[:2]] == [
        "'#REF!' is an error of the spreadsheet, no value",
        "'#N/A' is an error of the spreadsheet, no value",
    ]
    missing = check(evaluate(registry, FIRST, files.trial).document, "missing_collected")["figures"]
    assert missing["missing"] > missing["unreadable"] == len(account.unreadable)


def test_an_outcome_of_which_nothing_can_be_read_is_refused(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = [row | {"paid": "Yes" if row["paid"] else "No"} for row in outcomes(files.customers)]
    with pytest.raises(DataRefused, match=r"no cell of paid can be read \(all 400 cells\): '(Yes|No)' is not 0, 1"):
        load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))


def test_receipt_that_cannot_be_read_is_not_known(registry: Registry, files: Files) -> None:
    """Unless another contact was received; a contact of which nothing is said was not."""
    files.edit_protocol(lambda text: text.replace("subgroups:", "complier: {received: read}, subgroups:"))
    allocated(registry, files)
    arms = arms_by_export_id(registry)
    letters = [export_id for export_id, arm in arms.items() if arm == "letter"]
    said = {letters[0]: ["?"], letters[1]: ["?", "1"], letters[2]: ["?", "0"], letters[3]: [""]}
    rows = [
        {"export_id": export_id, "channel": "letter", "sent_on": "2026-02-03", "read": read}
        for export_id in letters
        for read in said.get(export_id, ["1"])
    ]
    account = load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    assert (account.rejected, [cell.field for cell in account.unreadable]) == (0, ["read"] * 3)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    document = evaluate(registry, FIRST, files.trial).document
    assert check(document, "cells_read")["figures"] == {"cells": 2, "read_nfa": 0, "read_letter": 2, "read_sms": 0}
    compliers = [e for e in document["estimates"] if e["estimand"] == "complier" and e["outcome"] == "paid"]
    assert {e["n_arm"] for e in compliers if e["arm"] == "letter"} == {len(letters) - 2}
