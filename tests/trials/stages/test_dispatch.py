"""Contacts that are written badly are contacts all the same: what was sent to the wrong arm is not passed over."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.document import from_document
from tests.trials.examples import FIRST, Files, allocated, load_contacts, load_outcomes, write_csv
from tests.trials.stages.test_issue import arms_by_export_id
from trials.registry import Registry
from trials.reporting.results.trust import check_lines
from trials.reporting.words.names import Names
from trials.stages.evaluate import evaluate


def contacts(registry: Registry, arm: str, **cells: str) -> list[dict[str, str]]:
    """One contact of every customer of an arm, by the arm's own channel where no cell says another."""
    channel = "sms" if arm == "sms" else "letter"
    rows = [{"export_id": name, "channel": channel, "sent_on": "2026-02-03"}
            for name, of in arms_by_export_id(registry).items() if of == arm]  # fmt: skip
    return [row | cells for row in rows]


def dispatched(registry: Registry, files: Files, rows: list[dict[str, str]]) -> tuple[dict[str, Any], Any]:
    account = load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    document = evaluate(registry, FIRST, files.trial).document
    return next(check for check in document["checks"] if check["name"] == "dispatch"), account


@pytest.mark.parametrize("spelled", ["SMS", " sms ", "Sms"])
def test_a_channel_is_read_without_regard_to_capitals_and_blanks(
    registry: Registry, files: Files, spelled: str
) -> None:
    allocated(registry, files)
    check, account = dispatched(registry, files, contacts(registry, "sms", channel=spelled))
    assert account.rejected == 0
    assert check["passed"] is True


@pytest.mark.parametrize(
    "cells", [{"channel": "leter"}, {"channel": ""}, {"sent_on": "30/02/2026"}, {"sent_on": ""}], ids=str
)
def test_whoever_should_get_nothing_and_got_something_is_counted(
    registry: Registry, files: Files, cells: dict[str, str]
) -> None:
    allocated(registry, files)
    spoilt = contacts(registry, "nfa", **cells)
    check, account = dispatched(registry, files, contacts(registry, "sms") + spoilt)
    assert {row.field for row in account.rejections} == set(cells)
    assert account.rejected == len(spoilt)
    assert check["passed"] is False
    assert check["figures"]["unread"] == len(spoilt)
    assert f"No further action {len(spoilt):,}" in check["detail"]


def test_another_arms_channel_counts_although_its_day_cannot_be_read(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    check, _ = dispatched(
        registry, files, contacts(registry, "sms") + contacts(registry, "letter", channel="sms", sent_on="soon")
    )
    assert check["passed"] is False


def test_what_may_have_been_wrong_is_no_pass_and_no_failure(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = contacts(registry, "sms")
    check, _ = dispatched(registry, files, [rows[0] | {"channel": "pigeon"}, *rows[1:]])
    assert check["passed"] is None
    assert "Nobody knows what 1 were sent" in check["detail"]


def test_whoever_was_contacted_twice_and_read_once_is_counted_once(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = contacts(registry, "sms")
    check, account = dispatched(registry, files, [*rows, rows[0] | {"sent_on": "31/02/2026"}])
    assert account.rejected == 1
    assert check["passed"] is True
    assert f"0 of {len(rows):,} were sent" in check["detail"]


def test_a_contact_on_a_day_to_come_is_said(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = contacts(registry, "sms")
    _, account = dispatched(registry, files, [*rows[:4], rows[4] | {"sent_on": "2099-02-03"}])
    (warning,) = (said for said in account.warnings if "a day to come" in said)
    assert warning.startswith("1 contact is dated after 20")
    assert warning.endswith("the first: row 5, sent_on, 2099-02-03")


def test_a_contact_before_the_draw_is_said_of_invented_customers_too(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = contacts(registry, "sms")
    _, account = dispatched(registry, files, [*rows[:4], rows[4] | {"sent_on": "2020-02-03"}])
    (warning,) = account.warnings
    assert "dated before their customer was drawn; the first: row " in warning


@pytest.mark.parametrize(
    ("sent_on", "says", "word"),
    [
        ("2026-01-30", "were dated before their customer was drawn (SMS reminder 3)", "before"),
        ("2026-02-25", "", ""),
        ("2026-02-26", "came after day 23, by which “Paid by day 23” is counted (SMS reminder 3)", "after"),
        ("2099-01-01", "when they were loaded (SMS reminder 3)", "to_come"),
    ],
)
def test_contacts_out_of_time_are_warned_of_at_every_evaluation(
    registry: Registry, files: Files, sent_on: str, says: str, word: str
) -> None:
    clock = "clock: {drawn_on: 2026-02-02, cut_on: 2026-04-01}\n"
    files.edit_protocol(lambda text: text.replace("id: paid,", "id: paid, label: Paid by day 23,") + clock)
    allocated(registry, files)
    rows = contacts(registry, "sms")
    dispatched(registry, files, [row | {"sent_on": sent_on} for row in rows[:3]] + rows[3:])
    document = evaluate(registry, FIRST, files.trial).document
    found = [check for check in document["checks"] if check["name"] == "contact_days"]
    assert len(found) == bool(word)
    for check in found:
        assert (check["passed"], check["severity"]) == (False, "warns")
        assert check["detail"].startswith(f"Of {len(rows):,} contacts 3 ")
        assert check["detail"].endswith(f"{says}.")
        assert {name: check["figures"][name] for name in ("before", "to_come", "after")} == {
            "before": 0, "to_come": 0, "after": 0, word: 3,
        }  # fmt: skip
        (reason,) = (said for said in document["verdict"]["reasons"] if said.startswith(check["detail"]))
        assert "may be another effect" in reason
    assert document["verdict"]["code"] != "invalid"


def test_what_went_astray_within_the_tolerance_is_a_reason_of_the_verdict_and_no_plain_pass(
    registry: Registry, files: Files
) -> None:
    files.edit_protocol(lambda text: text.replace("analysis: {", "analysis: {dispatch_tolerance: 0.1, "))
    allocated(registry, files)
    astray = contacts(registry, "nfa")[:2] + contacts(registry, "letter", channel="sms")[:1]
    strange = [{"export_id": "nobody", "channel": "sms", "sent_on": "2026-02-03"}]
    check, account = dispatched(registry, files, contacts(registry, "sms") + astray + strange)
    assert (check["passed"], account.rejected) == (True, 1)
    document = evaluate(registry, FIRST, files.trial).document
    assert document["verdict"]["code"] == "not_shown"
    reasons = " ".join(document["verdict"]["reasons"])
    assert "2 contacts not meant for them went to customers with no further action. They count" in reasons
    assert "1 contact not meant for them went to customers of an approach" in reasons
    (lost,) = (check for check in document["checks"] if check["name"] == "contacts_taken")
    assert (lost["passed"], lost["severity"], lost["figures"]["not_of_the_trial"]) == (False, "warns", 1)
    assert lost["detail"] in document["verdict"]["reasons"]
    with registry.read(FIRST) as reader:
        names = Names(reader.trial(files.trial).protocol)
    (line,) = (line for line in check_lines(from_document(document).checks, names) if "Dispatch" in line)
    assert line.startswith("Passed: Dispatch. 3 of ")
    # The supplier's corrected file takes the place of it all, and nothing is left to say.
    good = write_csv(files.folder / "good.csv", contacts(registry, "sms"))
    load_contacts(registry, FIRST, files.trial, good, mode="replace")
    again = evaluate(registry, FIRST, files.trial).document
    assert not [said for said in again["verdict"]["reasons"] if "not meant for them" in said or "nobody" in said]
    assert not [check for check in again["checks"] if check["name"] == "contacts_taken"]


def test_a_contact_in_no_sane_year_is_turned_away(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    rows = contacts(registry, "sms")
    bad = [
        rows[4] | {"sent_on": "0026-02-03"},
        rows[5] | {"sent_on": "0206-02-03"},
        rows[6] | {"sent_on": "2126-02-03"},
    ]
    _, account = dispatched(registry, files, [*rows[:4], *bad])
    assert [rejection.row for rejection in account.rejections] == [5, 6, 7]
    assert {rejection.field for rejection in account.rejections} == {"sent_on"}
