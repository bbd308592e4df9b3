"""Letters that went to another arm are seen, where contacts say which letter they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.trials.examples import (
    FIRST,
    OTHER_SEED,
    Files,
    allocated,
    customers,
    load_contacts,
    load_outcomes,
    write_csv,
)
from tests.trials.stages.test_issue import arms_by_export_id
from trials.registry import Registry
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue, issue_lists
from trials.stages.population import load_population
from trials.stages.returned_files import load_returned_file

VERSIONS = {"a": "OTM 12 v2", "b": "OTM 13 v1", "c": "OTM 14 v1"}
NUMBERS = {"a": "0300 200 0001", "b": "0300 200 0002", "c": "0300 200 0003"}
ARMS = "".join(
    f"  - {{id: {arm}, kind: otm, label: Letter {arm.upper()}, share: 1, channel: letter, cost_per_customer: 0.85, "
    f"idms99_version: {VERSIONS[arm]}, contact_number: {NUMBERS[arm]}}}\n"
    for arm in VERSIONS
)
BATCHES = "batches: {column: lot, issue_on: {first: 2026-02-02, second: 2026-02-09}}, "


def three_letters(files: Files, *, batches: bool = False) -> None:
    def change(text: str) -> str:
        start, end = text.index("  - {id: letter"), text.index("randomisation:")
        text = text[:start] + ARMS + text[end:]
        return text.replace("strata: [band]", f"{BATCHES}strata: [band, lot]") if batches else text

    files.edit_protocol(change)
    if batches:
        rows = [row | {"lot": "first" if number % 2 else "second"} for number, row in enumerate(files.customers)]
        write_csv(files.population, rows)


@pytest.fixture
def assigned(registry: Registry, files: Files) -> Registry:
    three_letters(files)
    allocated(registry, files)
    return registry


def contacts(
    registry: Registry, mark: str, value: Callable[[int, str], str | None], **cells: Any
) -> list[dict[str, Any]]:
    """One letter to every customer of a letter arm; what it is by the customer's place and arm."""
    arms = [(name, arm) for name, arm in arms_by_export_id(registry).items() if arm != "nfa"]
    return [
        {
            "export_id": name,
            "channel": "letter",
            "sent_on": datetime.now(UTC).date().isoformat(),
            mark: value(at, arm),
            **cells,
        }
        for at, (name, arm) in enumerate(arms)
    ]


def found(registry: Registry, files: Files, rows: list[dict[str, Any]]) -> tuple[dict[str, Any] | None, Any, Any]:
    account = load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    document = evaluate(registry, FIRST, files.trial).document
    made = [check for check in document["checks"] if check["name"] == "letters"]
    return (made[0] if made else None), account, document


def by(named: Mapping[str, str], swap: Mapping[str, str]) -> Callable[[int, str], str]:
    return lambda _, arm: named[swap.get(arm, arm)]


def mixed(account: Any) -> list[str]:
    return [said for said in account.warnings if "name a letter" in said]


@pytest.mark.parametrize("mark", ["letter_version", "idms99_version"])
def test_two_letters_that_were_swapped_void_the_trial(assigned: Registry, files: Files, mark: str) -> None:
    check, account, document = found(assigned, files, contacts(assigned, mark, by(VERSIONS, {"a": "b", "b": "a"})))
    sizes = {row.arm: row.matched for row in account.matched}
    assert check is not None
    assert check["passed"] is False
    assert f"{sizes['a']} of {sizes['a']} of “Letter A” that of “Letter B”" in check["detail"]
    assert f"{sizes['b']} of {sizes['b']} of “Letter B” that of “Letter A”" in check["detail"]
    assert "made void, and drawn again" in check["detail"]
    assert check["figures"]["wrong"] == sizes["a"] + sizes["b"]
    assert document["verdict"]["code"] == "invalid"
    assert document["estimates"] == [] or all(row["estimate"] is None for row in document["estimates"])
    (warning,) = mixed(account)
    assert check["detail"].startswith(warning.removesuffix(" Find out which letters went out; where the file is wrong, "
                                                           "load it right with --correct."))  # fmt: skip


def test_letters_that_went_where_they_should_pass(assigned: Registry, files: Files) -> None:
    check, account, document = found(assigned, files, contacts(assigned, "letter_version", by(VERSIONS, {})))
    assert check is not None
    assert check["passed"] is True
    assert not account.warnings
    assert document["verdict"]["code"] != "invalid"


def test_three_letters_that_were_rotated_are_each_named(assigned: Registry, files: Files) -> None:
    rotated = contacts(assigned, "letter_version", by(VERSIONS, {"a": "b", "b": "c", "c": "a"}))
    check, _, _ = found(assigned, files, rotated)
    assert check is not None
    for got, sent in (("A", "B"), ("B", "C"), ("C", "A")):
        assert f"of “Letter {got}” that of “Letter {sent}”" in check["detail"]
    assert check["figures"]["share"] == 1.0


def test_a_few_that_were_swapped_are_counted(assigned: Registry, files: Files) -> None:
    some = contacts(assigned, "letter_version", lambda at, arm: VERSIONS["b" if arm == "a" and at % 7 == 0 else arm])
    expected = sum(row["letter_version"] == VERSIONS["b"] for row in some)
    check, account, _ = found(assigned, files, some)
    sizes = {row.arm: row.matched for row in account.matched}
    assert check is not None
    assert check["figures"]["wrong"] == expected - sizes["b"] > 0
    assert f"{expected - sizes['b']} of {sizes['a']} of “Letter A” that of “Letter B”" in check["detail"]


@pytest.mark.parametrize(
    "spelled", [str, lambda number: number.replace(" ", ""), lambda number: f"+44 {number[1:]}",
                lambda number: f"+44 (0){number[1:]}",
                lambda number: str(int(number.replace(" ", ""))), lambda number: f"{number[1:].replace(' ', '')}.0"],
    ids=["as it is", "without blanks", "+44", "+44 (0)", "as a spreadsheet has it", "as a column of floats has it"],
)  # fmt: skip
def test_the_number_in_the_letter_says_which_it_was(
    assigned: Registry, files: Files, spelled: Callable[[str], str]
) -> None:
    swap = {"a": "c", "c": "a"}
    rows = contacts(assigned, "contact_number", lambda _, arm: spelled(NUMBERS[swap.get(arm, arm)]))
    check, _, _ = found(assigned, files, rows)
    assert check is not None
    assert "of “Letter A” that of “Letter C”" in check["detail"]
    assert "Letter B" not in check["detail"]


def test_customers_own_numbers_are_no_letter_and_are_not_kept(assigned: Registry, files: Files) -> None:
    rows = contacts(assigned, "contact_number", lambda at, _: f"07700 9{at:05d}")
    check, account, _ = found(assigned, files, rows)
    assert check is None
    assert account.warnings == ("column 'contact_number' names no letter of this trial and is not read",)
    assert "contact_number" not in pq.read_schema(assigned.snapshots.opened(account.digest).path).names


def test_the_list_that_a_letter_came_from_says_which_it_was(assigned: Registry, files: Files, tmp_path: Path) -> None:
    lists = {arm: issue(assigned, FIRST, files.trial, arm, tmp_path).manifest["sha256"] for arm in VERSIONS}
    check, _, _ = found(assigned, files, contacts(assigned, "list_digest", by(lists, {"a": "b", "b": "a"})))
    assert check is not None
    assert check["passed"] is False
    assert "of “Letter A” that of “Letter B”" in check["detail"]


def test_one_batch_that_was_swapped_is_seen(registry: Registry, files: Files, tmp_path: Path) -> None:
    three_letters(files, batches=True)
    allocated(registry, files)
    issued = {arm: issue_lists(registry, FIRST, files.trial, arm, tmp_path) for arm in VERSIONS}
    listed = {
        line.split(",")[0].strip('"'): (arm, at)
        for arm, lists in issued.items()
        for at, made in enumerate(lists)
        for line in made.path.read_text().splitlines()[1:]
    }
    rows = contacts(registry, "list_digest", lambda _, __: None)
    for row in rows:
        arm, batch = listed[row["export_id"]]
        of = {"a": "b", "b": "a"}.get(arm, arm) if batch == 1 else arm
        row["list_digest"] = issued[of][batch].manifest["sha256"]
    check, _, _ = found(registry, files, rows)
    second = {arm: issued[arm][1].manifest["customers"] for arm in VERSIONS}
    assert check is not None
    assert check["figures"]["wrong"] == second["a"] + second["b"]


def test_a_list_of_another_trial_is_named(assigned: Registry, files: Files, tmp_path: Path) -> None:
    others = Files(tmp_path / "other", trial="others", population="others", first=1000)
    three_letters(others)
    allocated(assigned, others, seed=OTHER_SEED)
    foreign = issue(assigned, FIRST, "others", "a", tmp_path).manifest["sha256"]
    own = {arm: issue(assigned, FIRST, files.trial, arm, tmp_path).manifest["sha256"] for arm in VERSIONS}
    check, _, _ = found(assigned, files, contacts(assigned, "list_digest", by(own | {"a": foreign}, {})))
    assert check is not None
    assert "of “Letter A” that of trial others" in check["detail"]


def test_a_list_that_was_issued_again_is_still_its_arms(assigned: Registry, files: Files, tmp_path: Path) -> None:
    first = {arm: issue(assigned, FIRST, files.trial, arm, tmp_path / "1").manifest["sha256"] for arm in VERSIONS}
    issue(assigned, FIRST, files.trial, "a", tmp_path / "2", columns=["band"])
    check, account, _ = found(assigned, files, contacts(assigned, "list_digest", by(first, {})))
    assert check is not None
    assert check["passed"] is True
    assert account.warnings == ("contacts are of an issue list whose place a reissue took (list 4)",)


def test_what_names_no_letter_is_neither_right_nor_wrong(assigned: Registry, files: Files) -> None:
    rows = contacts(assigned, "letter_version", lambda at, arm: "OTM 11 v9" if at == 0 else VERSIONS[arm])
    check, account, document = found(assigned, files, rows)
    assert check is not None
    assert check["passed"] is None
    assert check["figures"]["doubtful"] == 1
    assert "such as 'otm 11 v9'" in account.warnings[0]
    assert document["verdict"]["code"] != "invalid"


def test_a_letter_that_went_to_whoever_should_get_nothing_counts(assigned: Registry, files: Files) -> None:
    rows = contacts(assigned, "letter_version", by(VERSIONS, {}))
    nobody = next(name for name, arm in arms_by_export_id(assigned).items() if arm == "nfa")
    check, _, _ = found(assigned, files, [*rows, rows[0] | {"export_id": nobody, "letter_version": VERSIONS["a"]}])
    assert check is not None
    assert "1 of 1 of “No further action” that of “Letter A”" in check["detail"]


def test_a_contact_whose_day_cannot_be_read_still_says_its_letter(assigned: Registry, files: Files) -> None:
    rows = contacts(assigned, "letter_version", by(VERSIONS, {}))
    wrong = next(row for row in rows if row["letter_version"] == VERSIONS["a"])
    rows[rows.index(wrong)] = wrong | {"letter_version": VERSIONS["b"], "sent_on": "30/02/2026"}
    check, account, _ = found(assigned, files, rows)
    assert account.rejected == 1
    assert check is not None
    assert check["figures"]["wrong"] == 1


def test_corrected_contacts_are_what_was_sent(assigned: Registry, files: Files) -> None:
    swapped = contacts(assigned, "letter_version", by(VERSIONS, {"a": "b", "b": "a"}))
    found(assigned, files, swapped)
    right = write_csv(files.folder / "right.csv", contacts(assigned, "letter_version", by(VERSIONS, {})))
    load_contacts(assigned, FIRST, files.trial, right, mode="correct")
    checks = {check["name"]: check for check in evaluate(assigned, FIRST, files.trial).document["checks"]}
    assert checks["letters"]["passed"] is True


def test_one_letter_of_two_arms_is_right_in_both(registry: Registry, files: Files) -> None:
    three_letters(files)
    files.edit_protocol(lambda text: text.replace(VERSIONS["b"], VERSIONS["a"]))
    allocated(registry, files)
    same = VERSIONS | {"b": VERSIONS["a"]}
    check, _, _ = found(registry, files, contacts(registry, "letter_version", by(same, {"c": "a"})))
    assert check is not None
    assert "of “Letter C” that of “Letter A” or “Letter B”" in check["detail"]
    assert "of “Letter A” that" not in check["detail"]


def test_contacts_that_name_no_letter_load_as_before(assigned: Registry, files: Files) -> None:
    rows = [{k: v for k, v in row.items() if k != "x"} for row in contacts(assigned, "x", lambda _, __: "")]
    check, account, _ = found(assigned, files, rows)
    assert check is None
    assert pq.read_schema(assigned.snapshots.opened(account.digest).path).names == [
        "ledger_id", "channel", "contact_on", "delivered", "received",
    ]  # fmt: skip


def test_letters_are_read_from_parquet_as_from_text(assigned: Registry, files: Files) -> None:
    rows = contacts(assigned, "letter_version", by(VERSIONS, {"a": "b", "b": "a"}))
    table = pa.Table.from_pylist(rows)
    coded = table.column("letter_version").dictionary_encode()
    table = table.set_column(table.column_names.index("letter_version"), "letter_version", coded)
    pq.write_table(table, files.folder / "contacts.parquet")
    account = load_contacts(assigned, FIRST, files.trial, files.folder / "contacts.parquet")
    assert len(mixed(account)) == 1


def test_a_list_of_another_batch_of_the_customers_own_arm_is_said(registry: Registry, files: Files) -> None:
    three_letters(files, batches=True)
    allocated(registry, files)
    lists = {}
    for arm in VERSIONS:
        for issued in issue_lists(registry, FIRST, files.trial, arm, files.folder / "lists"):
            names = pa.csv.read_csv(issued.path).column("export_id").to_pylist()
            lists[arm, issued.manifest["batch"]] = (issued.manifest["sha256"], names)
    sent = [
        {"export_id": name, "channel": "letter", "sent_on": datetime.now(UTC).date().isoformat(), "list_digest": digest}
        for digest, names in lists.values()
        for name in names
    ]
    account = load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "right.csv", sent))
    assert not any("not on" in warning for warning in account.warnings)
    late, (_, early) = lists["a", "second"][0], lists["a", "first"]
    strayed = [row | ({"list_digest": late} if row["export_id"] in early[:7] else {}) for row in sent]
    file = write_csv(files.folder / "strayed.csv", strayed)
    account = load_returned_file(registry, FIRST, files.trial, "contacts", file, mode="replace")
    (said,) = [warning for warning in account.warnings if "not on" in warning]
    assert said.startswith("7 contacts are of an issue list of the customer's own arm that the customer is not on")
    assert "(list 2)" in said


def test_a_list_of_another_wave_of_the_customers_own_arm_is_said(registry: Registry, files: Files) -> None:
    three_letters(files)
    waves = "waves: [{id: one, issue_on: 2026-03-02}, {id: two, issue_on: 2026-04-06}], strata: [band]"
    files.edit_protocol(lambda text: text.replace("strata: [band]", waves))
    allocated(registry, files)
    lists = [issue(registry, FIRST, files.trial, "a", files.folder / "lists")]
    second = write_csv(files.folder / "second.csv", customers(300, first=2_000))
    load_population(registry, FIRST, second, files.protocol, synthetic=True)
    randomise(registry, FIRST, files.trial)
    lists.append(issue(registry, FIRST, files.trial, "a", files.folder / "lists"))
    names = [pa.csv.read_csv(issued.path).column("export_id").to_pylist() for issued in lists]
    day = datetime.now(UTC).date().isoformat()
    sent = [
        {"export_id": name, "channel": "letter", "sent_on": day, "list_digest": lists[of].manifest["sha256"].upper()}
        for of, at in ((0, names[0]), (1, names[1][1:]), (0, names[1][:1]))
        for name in at
    ]
    account = load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "sent.csv", sent))
    (said,) = [warning for warning in account.warnings if "not on" in warning]
    assert said.startswith("1 contact is of an issue list")
    assert "(list 1)" in said
