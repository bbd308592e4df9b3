"""One view of every customer's contacts, over all trials: applied before the draw and counted by reason."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest

from tests.trials.examples import FIRST, OTHER_SEED, SECOND, SEED, Files, allocated, load_contacts, locked, write_csv
from trials.errors import TrialRefused
from trials.registry import queries
from trials.registry.tables.columns import now
from trials.stages.allocate import randomise
from trials.stages.issue import issue
from trials.stages.overlap import overlap
from trials.stages.release import release
from trials.stages.void import confirm_void, request_void

DAY = "2026-02-02"


def on_day(files: Files, day: str) -> Files:
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], allocation_date: {day}"))
    return files


def first_trial(registry, files: Files, day: str = DAY):
    return allocated(registry, on_day(files, day))


def second_trial(registry, tmp_path, extra: str, day: str = DAY):
    files = on_day(Files(tmp_path / "second", trial="second", population="second", extra=extra), day)
    return allocated(registry, files, seed=OTHER_SEED)


def exclusions(record) -> dict[str, int]:
    return {e.reason: e.customers for e in record.exclusions}


def ids(registry, trial: str, arms: set[str] | None = None) -> set[str]:
    with registry.inspect(FIRST, "verify") as session:
        (record,) = queries.allocations_of(session, trial)
    table = pq.read_table(registry.snapshots.opened(record.snapshot_digest).path)
    pairs = zip(table.column("ledger_id").to_pylist(), table.column("arm").to_pylist(), strict=True)
    return {ledger_id for ledger_id, arm in pairs if arms is None or arm in arms}


@pytest.mark.parametrize(("days", "kept_out"), [(0, True), (60, True), (-60, True), (61, False), (-61, False)])
def test_cooling_off_keeps_out_who_was_contacted_near_the_day(registry, files, tmp_path, days, kept_out):
    first = first_trial(registry, files)
    day = (date.fromisoformat(DAY) + timedelta(days=days)).isoformat()
    second = second_trial(registry, tmp_path, "  cooling_off_days: 60", day)
    contacted = first.counts["letter"] + first.counts["sms"]
    assert exclusions(second).get("another OTM contact within 60 days", 0) == (contacted if kept_out else 0)
    assert sum(second.counts.values()) == (first.counts["nfa"] if kept_out else sum(first.counts.values()))
    if kept_out:
        assert ids(registry, "second") == ids(registry, "reminders", {"nfa"})


def test_without_a_cooling_off_period_contacts_do_not_matter(registry, files, tmp_path):
    first = first_trial(registry, files)
    second = second_trial(registry, tmp_path, "")
    assert sum(second.counts.values()) == sum(first.counts.values())
    assert exclusions(second) == exclusions(first)


def test_what_was_sent_counts_beside_what_was_planned(registry, files, tmp_path):
    first_trial(registry, files, "2025-06-02")
    rows = [{"customer_id": row["customer_id"], "channel": "sms", "sent_on": DAY} for row in files.customers[20:25]]
    account = load_contacts(registry, FIRST, files.trial, write_csv(tmp_path / "contacts.csv", rows))
    second = second_trial(registry, tmp_path, "  cooling_off_days: 60", DAY)
    assert exclusions(second)["another OTM contact within 60 days"] == account.loaded


@pytest.mark.parametrize("declared_by", ["first", "second"])
def test_trials_that_exclude_each_other_share_nobody_whichever_says_so(registry, files, tmp_path, declared_by):
    if declared_by == "first":
        files.edit_protocol(lambda text: text.replace("arms:\n", "  mutually_exclusive_with: [second]\narms:\n", 1))
    first_trial(registry, files)
    small = Files(tmp_path / "second", trial="second", population="second", count=600)
    if declared_by == "second":
        small.edit_protocol(lambda text: text.replace("arms:\n", "  mutually_exclusive_with: [reminders]\narms:\n", 1))
    second = allocated(registry, small, seed=OTHER_SEED)
    reason = "in trial reminders, which shares no customer with this one"
    assert exclusions(second)[reason] == len(ids(registry, "reminders"))
    assert ids(registry, "second").isdisjoint(ids(registry, "reminders"))


def test_a_contact_limit_counts_contacts_over_all_trials(registry, files, tmp_path):
    first_trial(registry, files, "2026-01-05")
    middle = on_day(Files(tmp_path / "middle", trial="middle", population="middle"), "2026-01-20")
    allocated(registry, middle, seed="3" * 64)
    twice = ids(registry, "reminders", {"letter", "sms"}) & ids(registry, "middle", {"letter", "sms"})
    assert twice
    second = second_trial(registry, tmp_path, "  contact_limit: {contacts: 2, days: 90}")
    assert exclusions(second)["2 OTM contacts within 90 days already"] == len(twice)
    assert ids(registry, "second").isdisjoint(twice)


def test_a_long_run_hold_out_is_kept_out_of_every_other_trial(registry, files, tmp_path):
    files.edit_protocol(lambda text: text.replace("strata: [band]", "strata: [band], hold_out: 0.2"))
    first_trial(registry, files)
    with registry.inspect(FIRST, "verify") as session:
        (record,) = queries.allocations_of(session, files.trial)
    table = pq.read_table(registry.snapshots.opened(record.snapshot_digest).path)
    flags = zip(table.column("ledger_id").to_pylist(), table.column("held_out").to_pylist(), strict=True)
    held_out = {ledger_id for ledger_id, held in flags if held}
    assert len(held_out) == pytest.approx(0.2 * table.num_rows, abs=2)
    second = second_trial(registry, tmp_path, "")
    assert exclusions(second)["held out for the long run"] == len(held_out)
    assert ids(registry, "second").isdisjoint(held_out)


def test_customers_about_to_be_assigned_elsewhere_count_as_contacted(registry, files, tmp_path, monkeypatch):
    from trials.stages import allocate

    locked(registry, files)
    monkeypatch.setattr(allocate, "_record", lambda *_: None)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    monkeypatch.undo()
    with pytest.raises(TrialRefused, match=r"nobody is left to allocate.*another OTM contact within 60 days"):
        second_trial(registry, tmp_path, "  cooling_off_days: 60", now().date().isoformat())


@pytest.mark.parametrize("issued", [False, True])
def test_a_void_draw_counts_only_where_something_was_issued(registry, files, tmp_path, issued):
    first_trial(registry, files)
    if issued:
        issue(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    request_void(registry, FIRST, files.trial, reason="wrong")
    confirm_void(registry, SECOND, files.trial)
    second = second_trial(registry, tmp_path, "  cooling_off_days: 60")
    assert ("another OTM contact within 60 days" in exclusions(second)) is issued


def test_reasons_apply_in_order_and_everybody_is_counted_once(registry, files, tmp_path):
    first_trial(registry, files)
    second = second_trial(registry, tmp_path, "  cooling_off_days: 60")
    assert list(exclusions(second)) == [
        "not: principal at least 32", "worked by the HNW team", "another OTM contact within 60 days",
    ]  # fmt: skip
    assert sum(exclusions(second).values()) + sum(second.counts.values()) == 400


@pytest.mark.requirement("K05")
def test_the_overlap_of_two_trials_is_one_query(either, files, tmp_path):
    allocated(either, files)
    other = Files(tmp_path / "other", trial="other", population="other", count=400, first=80)
    allocated(either, other, seed=OTHER_SEED)
    shared = ids(either, "reminders") & ids(either, "other")
    assert len(shared) > 250
    assert overlap(either, FIRST, "reminders", "other") == len(shared)
    assert overlap(either, FIRST, "other", "reminders") == len(shared)
    apart = Files(tmp_path / "apart", trial="apart", population="apart", first=9_000)
    locked(either, apart)
    assert overlap(either, FIRST, "reminders", "apart") == 0
    randomise(either, FIRST, "apart", demonstration_seed="2" * 64)
    assert overlap(either, FIRST, "reminders", "apart") == 0
    with pytest.raises(TrialRefused, match="there is no trial 'nothing'"):
        overlap(either, FIRST, "reminders", "nothing")


@pytest.mark.requirement("K05")
def test_two_trials_with_300_shared_customers_show_300(registry, tmp_path):
    everybody = "where: [{column: principal, at_least: 0}]"
    for trial, first in (("one", 0), ("two", 100)):
        files = Files(tmp_path / trial, trial=trial, population=trial, first=first)
        files.edit_protocol(lambda text: text.replace("where: [{column: principal, at_least: 32}]", everybody))
        write_csv(files.population, [row | {"hnw": 0} for row in files.customers])
        allocated(registry, files, seed=f"{first:064x}")
    assert overlap(registry, FIRST, "one", "two") == 300


def drawn_in_secret(registry, files: Files, day: str = DAY):
    """As a real trial is drawn: nobody knows its seed."""
    locked(registry, on_day(files, day))
    return randomise(registry, FIRST, files.trial)


LIMITS = pytest.mark.parametrize(
    "limit", ["  cooling_off_days: 60", "  contact_limit: {contacts: 1, days: 60}", "hold_out"]
)


@LIMITS
@pytest.mark.parametrize("sent", [False, True])
def test_whom_another_trial_leaves_out_tells_no_arm_before_the_release(either, files, tmp_path, limit, sent):
    """Everybody of a trial that runs is left out, whatever their arm, and whatever the field said it sent to them."""
    if limit == "hold_out":
        files.edit_protocol(lambda text: text.replace("strata: [band]", "strata: [band], hold_out: 0.2"))
    drawn_in_secret(either, files)
    if sent:
        listed = ids(either, "reminders", {"sms"})
        assert listed
        rows = [{"customer_id": row["customer_id"], "channel": "sms", "sent_on": DAY} for row in files.customers[20:25]]
        load_contacts(either, FIRST, files.trial, write_csv(tmp_path / "contacts.csv", rows))
    more = Files(
        tmp_path / "second", trial="second", population="second", count=600, extra="" if limit == "hold_out" else limit
    )
    record = drawn_in_secret(either, more)
    assert ids(either, "second").isdisjoint(ids(either, "reminders"))
    (told,) = (name for name in exclusions(record) if "not released" in name)
    assert exclusions(record)[told] == len(ids(either, "reminders"))


def test_a_contact_on_another_day_than_was_planned_tells_no_arm(registry, files, tmp_path):
    drawn_in_secret(registry, files, "2025-06-02")
    rows = [{"customer_id": row["customer_id"], "channel": "sms", "sent_on": DAY} for row in files.customers[20:25]]
    load_contacts(registry, FIRST, files.trial, write_csv(tmp_path / "contacts.csv", rows))
    more = Files(tmp_path / "second", trial="second", population="second", count=600, extra="  cooling_off_days: 60")
    drawn_in_secret(registry, more)
    assert ids(registry, "second").isdisjoint(ids(registry, "reminders"))


@pytest.mark.parametrize(("most", "kept_out"), [(1, True), (2, True), (3, False)])
def test_a_limit_counts_what_any_customer_of_a_running_trial_may_have_had(registry, files, tmp_path, most, kept_out):
    """Planned once and sent once on another day: two contacts of somebody, so two of everybody."""
    drawn_in_secret(registry, files)
    rows = [
        {"customer_id": row["customer_id"], "channel": "sms", "sent_on": "2026-02-09"} for row in files.customers[20:25]
    ]
    load_contacts(registry, FIRST, files.trial, write_csv(tmp_path / "contacts.csv", rows))
    extra = f"  contact_limit: {{contacts: {most}, days: 60}}"
    more = Files(tmp_path / "second", trial="second", population="second", count=600, extra=extra)
    drawn_in_secret(registry, more)
    shared = ids(registry, "second") & ids(registry, "reminders")
    assert shared == (set() if kept_out else ids(registry, "reminders"))


@LIMITS
def test_once_the_arms_are_released_whoever_was_not_contacted_may_take_part(registry, files, tmp_path, limit):
    if limit == "hold_out":
        files.edit_protocol(lambda text: text.replace("strata: [band]", "strata: [band], hold_out: 0.2"))
    drawn_in_secret(registry, files)
    issue(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    request_void(registry, FIRST, files.trial, reason="wrong")
    confirm_void(registry, SECOND, files.trial)
    release(registry, FIRST, files.trial, reason="the draw is void")
    more = Files(tmp_path / "second", trial="second", population="second", extra="" if limit == "hold_out" else limit)
    second = drawn_in_secret(registry, more)
    assert not any("not released" in reason for reason in exclusions(second))
    left = ids(registry, "second")
    assert left <= ids(registry, "reminders")
    assert left & ids(registry, "reminders", {"nfa"})
    if limit != "hold_out":
        assert left == ids(registry, "reminders", {"nfa"})
