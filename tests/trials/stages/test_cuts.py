"""A cut has its date: what is due by then is judged, nothing else, and real customers are not cut on days to come."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.trials.examples import (
    FIRST,
    LOCAL_ACTOR,
    OTHER_SEED,
    Files,
    allocated,
    customers,
    eligible,
    load_outcomes,
    locked,
    outcomes,
    write_csv,
)
from trials.errors import TrialRefused
from trials.randomiser import fixed
from trials.registry import Registry, queries
from trials.registry.records import LoadMode
from trials.registry.tables.columns import now
from trials.stages import allocate as stages_allocate
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.returned_files import load_returned_file, withdraw_returned_file

DAY_ZERO = date(2026, 2, 2)
CLOCK = "clock: {drawn_on: 2026-02-02, cut_on: 2026-03-02}"


def planned(files: Files, day: date = DAY_ZERO) -> Files:
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], allocation_date: {day}"))
    return files


def drawn_on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Draws happen on this day, of plans that an earlier version locked: it refused no issue day that had passed."""
    for stage in (stages_allocate, fixed):
        monkeypatch.setattr(stage, "refuse_issue_gone_by", lambda *_args, **_more: None)
    monkeypatch.setattr(stages_allocate, "now", lambda: datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


@pytest.fixture
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real customers are drawn on the day that their plan gives."""
    drawn_on(monkeypatch, DAY_ZERO)


def maturity_of(registry, files: Files, as_at: date):
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=as_at)
    return evaluate(registry, FIRST, files.trial).document


@pytest.mark.parametrize(("late", "due"), [(0, "2026-02-25"), (7, "2026-03-04"), (-7, "2026-02-25")])
def test_real_customers_are_followed_from_their_draw_where_the_planned_day_had_passed(
    registry, files, monkeypatch, late, due
):
    drawn_on(monkeypatch, DAY_ZERO + timedelta(days=late))
    allocated(registry, planned(files), seed=None)
    early = maturity_of(registry, files, date.fromisoformat(due) - timedelta(days=1))
    assert (early["verdict"]["code"], early["maturity"]["due_on"]) == ("not_due", due)
    assert early["estimates"] == []
    on_time = maturity_of(registry, files, date.fromisoformat(due))
    assert on_time["verdict"]["code"] != "not_due"
    with registry.read(LOCAL_ACTOR) as reader:
        assert [file.matured for file in reader.trial(files.trial).returned] == [False, True]
    said = [check for check in on_time["checks"] if check["name"] == "planned_day"]
    assert [(check["passed"], check["severity"]) for check in said] == [(False, "warns")] * (late > 0)
    assert all("planned for 2 February 2026 and customers were assigned on 9 February" in c["detail"] for c in said)


def test_so_are_waves_and_batches(registry, tmp_path, monkeypatch):
    batches = "batches: {column: band, issue_on: {low: 2026-02-02, high: 2026-02-23}}"
    waves = "waves: [{id: one, issue_on: 2026-02-02}]"
    drawn_on(monkeypatch, date(2026, 2, 9))
    for name, scheme, due in (("batches", batches, "2026-03-18"), ("waves", waves, "2026-03-04")):
        files = Files(tmp_path / name, trial=name, population=name)
        files.edit_protocol(lambda text, scheme=scheme: text.replace("strata: [band]", f"strata: [band], {scheme}"))
        allocated(registry, files, seed=None)
        document = maturity_of(registry, files, date(2026, 3, 3))
        assert (document["verdict"]["code"], document["maturity"]["due_on"]) == ("not_due", due)
        shares = [row["due"] for row in document["maturity"]["shares"]]
        assert not any(shares), "nobody was followed for 23 days by then"


def test_a_plan_whose_day_has_passed_is_told_so_at_the_lock(registry, files, tmp_path):
    def warnings(of: Files, day: date) -> list[str]:
        planned(of, day)
        load_population(registry, FIRST, of.population, of.protocol, synthetic=False)
        register(registry, FIRST, of.protocol)
        return [finding for finding in lock(registry, FIRST, of.trial).findings if "day 0" in finding]

    (warning,) = warnings(files, DAY_ZERO)
    assert "The plan's day 0 is 2026-02-02, and nobody is assigned before" in warning
    assert warnings(Files(tmp_path / "ahead", trial="ahead", population="ahead"), date(2100, 1, 1)) == []


def test_invented_time_is_that_of_the_plan_and_of_the_clock(registry, tmp_path):
    free = planned(Files(tmp_path / "free", trial="free", population="free"))
    allocated(registry, free)
    assert maturity_of(registry, free, date(2026, 2, 25))["verdict"]["code"] != "not_due"
    clocked = Files(tmp_path / "clock", trial="clocked", population="clocked", extra=CLOCK)
    allocated(registry, planned(clocked, DAY_ZERO), seed=OTHER_SEED)
    assert maturity_of(registry, clocked, date(2026, 2, 24))["maturity"]["due_on"] == "2026-02-25"


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize(("after", "due"), [(0, False), (22, False), (23, True), (60, True)])
def test_real_customers_are_judged_from_the_day_on_which_the_last_is_due(registry, files, after, due):
    allocated(registry, planned(files), seed=None)
    cut = DAY_ZERO + timedelta(days=after)
    account = load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=cut)
    record = evaluate(registry, FIRST, files.trial)
    document = record.document
    assert account.as_at == record.as_at == cut
    assert (document["verdict"]["code"] == "not_due") is not due
    assert (document["estimates"] == [] and document["net_benefit"] is None) is not due
    assert document["maturity"]["as_at"] == cut.isoformat()
    assert document["maturity"]["due_on"] == "2026-02-25"
    maturity = next(check for check in document["checks"] if check["name"] == "maturity")
    assert (maturity["passed"], maturity["severity"]) == (due, "blocks")
    with registry.read(LOCAL_ACTOR) as reader:
        (file,) = reader.trial(files.trial).returned
        events = {event.action: event.detail for event in reader.audit(files.trial)}
    assert (file.as_at, file.matured) == (cut, due)
    assert events["load_outcomes"]["as_at"] == events["evaluate"]["as_at"] == cut.isoformat()


def test_without_a_date_a_cut_is_of_the_day_of_its_load(registry, files):
    allocated(registry, files, seed=None)
    assert load_returned_file(registry, FIRST, files.trial, "outcomes", files.outcomes).as_at == now().date()
    document = evaluate(registry, FIRST, files.trial).document
    assert document["verdict"]["code"] == "not_due"
    assert (now().date() + timedelta(days=23)).isoformat() == document["maturity"]["due_on"]


@pytest.mark.usefixtures("in_time")
def test_real_customers_are_never_cut_on_a_day_to_come(registry, files):
    allocated(registry, planned(files), seed=None)
    tomorrow = now().date() + timedelta(days=1)
    with pytest.raises(TrialRefused, match=r"which is after .*the day of its load"):
        load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=tomorrow)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=DAY_ZERO + timedelta(days=8))
    with pytest.raises(TrialRefused, match=r"which is after 2026-02-10, the day on which its outcomes were cut"):
        evaluate(registry, FIRST, files.trial, as_at=DAY_ZERO + timedelta(days=23))
    assert evaluate(registry, FIRST, files.trial, as_at=DAY_ZERO + timedelta(days=3)).as_at == date(2026, 2, 5)


def test_contacts_are_not_cut(registry, files):
    allocated(registry, files)
    with pytest.raises(TrialRefused, match="a file of contacts is not as at a day"):
        load_returned_file(registry, FIRST, files.trial, "contacts", files.outcomes, as_at=DAY_ZERO)


def test_invented_customers_may_be_cut_on_any_day(registry, files):
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=now().date() + timedelta(days=22))
    assert evaluate(registry, FIRST, files.trial).document["verdict"]["code"] == "not_due"
    due = evaluate(registry, FIRST, files.trial, as_at=now().date() + timedelta(days=23))
    assert due.document["verdict"]["code"] != "not_due"


def test_a_clock_stands_for_the_days_of_the_draw_and_of_the_cut(registry, tmp_path):
    files = Files(tmp_path / "clock", extra=CLOCK)
    assert allocated(registry, files).index_date == DAY_ZERO
    account = load_returned_file(registry, FIRST, files.trial, "outcomes", files.outcomes)
    assert account.as_at == date(2026, 3, 2)
    assert evaluate(registry, FIRST, files.trial).document["verdict"]["code"] != "not_due"
    early = load_returned_file(
        registry, FIRST, files.trial, "outcomes", files.outcomes, as_at=date(2026, 2, 24), mode="replace"
    )
    assert early.as_at == date(2026, 2, 24)
    assert evaluate(registry, FIRST, files.trial).document["verdict"]["code"] == "not_due"


def test_a_clock_is_refused_for_real_customers_as_they_are_loaded_and_at_the_lock(registry, tmp_path):
    files = Files(tmp_path / "clock", extra=CLOCK)
    with pytest.raises(TrialRefused, match="the protocol declares a clock, and the customers are real"):
        locked(registry, files, synthetic=False)
    plain = Files(tmp_path / "plain")
    load_population(registry, FIRST, plain.population, plain.protocol, synthetic=False)
    register(registry, FIRST, files.protocol)
    with pytest.raises(TrialRefused, match=r"clock: the protocol declares a clock"):
        lock(registry, FIRST, files.trial)


def test_a_wave_that_is_still_to_be_drawn_holds_the_verdict_back(registry, files):
    waves = "waves: [{id: one, issue_on: 2026-02-02}, {id: two, issue_on: 2026-04-06}]"
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], {waves}"))
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=date(2026, 3, 1))
    document = evaluate(registry, FIRST, files.trial).document
    assert document["verdict"]["code"] == "not_due"
    assert document["maturity"]["due_on"] == "2026-04-29"


def in_two_waves(registry, files: Files) -> tuple[list[dict], list[dict]]:
    """Drawn, with days 0 of 2 February and 6 April and due on the 23rd day after; what they did, by wave."""
    waves = "waves: [{id: one, issue_on: 2026-02-02}, {id: two, issue_on: 2026-04-06}]"
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], {waves}"))
    allocated(registry, files)
    later = customers(300, first=2_000)
    population = write_csv(files.folder / "second.csv", later)
    load_population(registry, FIRST, population, files.protocol, synthetic=True)
    randomise(registry, FIRST, files.trial)
    return outcomes(eligible(files.customers)), outcomes(eligible(later))


def loaded(registry, files: Files, rows: list[dict], cut: date, mode: LoadMode | None = None):
    file = write_csv(files.folder / "returned.csv", rows)
    return load_returned_file(registry, FIRST, files.trial, "outcomes", file, as_at=cut, mode=mode)


DUE_ONE, DUE_TWO = date(2026, 2, 25), date(2026, 4, 29)


def verdict_as_at(registry, files: Files) -> tuple[bool, date]:
    record = evaluate(registry, FIRST, files.trial)
    return record.document["verdict"]["code"] != "not_due", record.as_at


def test_outcomes_of_waves_come_wave_by_wave(either, files):
    one, two = in_two_waves(either, files)
    loaded(either, files, one, DUE_ONE)
    assert verdict_as_at(either, files) == (False, DUE_ONE)
    early = DUE_TWO - timedelta(days=1)
    loaded(either, files, two, early, "add")  # a day too early for these, and not for the first
    assert verdict_as_at(either, files) == (False, early)
    account = loaded(either, files, two, DUE_TWO, "correct")
    assert not any("are known as at" in warning for warning in account.warnings)
    assert verdict_as_at(either, files) == (True, DUE_TWO)
    loaded(either, files, one, DUE_TWO, "correct")
    at_once = evaluate(either, FIRST, files.trial).document
    withdraw_returned_file(either, FIRST, files.trial, "outcomes", reason="it was there")
    assert verdict_as_at(either, files) == (True, DUE_TWO)
    assert evaluate(either, FIRST, files.trial).document["estimates"] == at_once["estimates"]
    withdraw_returned_file(either, FIRST, files.trial, "outcomes", reason="the correction")
    assert verdict_as_at(either, files) == (False, early)


def test_a_part_in_which_somebody_was_not_due_holds_the_others_to_its_day(registry, files):
    one, two = in_two_waves(registry, files)
    day_before = DUE_ONE - timedelta(days=1)
    loaded(registry, files, one, day_before)
    account = loaded(registry, files, two, DUE_TWO, "add")
    assert any(f"known as at {day_before}, the earliest cut" in warning for warning in account.warnings)
    assert verdict_as_at(registry, files) == (False, day_before)
    loaded(registry, files, one[:-1], DUE_ONE, "correct")
    assert verdict_as_at(registry, files) == (False, day_before)  # one customer's row is of the day before
    loaded(registry, files, one[-1:], DUE_ONE, "correct")
    assert verdict_as_at(registry, files) == (True, DUE_TWO)


def test_a_wave_of_which_nobody_is_there_is_not_known_by_a_late_correction_of_another(registry, files):
    one, two = in_two_waves(registry, files)
    loaded(registry, files, one, DUE_ONE)
    loaded(registry, files, one[:1], DUE_TWO + timedelta(days=30), "correct")
    assert verdict_as_at(registry, files) == (False, DUE_ONE)
    loaded(registry, files, two, DUE_TWO, "add")
    assert verdict_as_at(registry, files) == (True, DUE_TWO + timedelta(days=30))


def test_the_last_day_of_every_outcome_counts_not_of_the_primary_alone(registry, files):
    later = "{id: complained, role: secondary, kind: binary, direction: decrease, day: 40}"
    files.edit_protocol(lambda text: text.replace("  - {id: collected", f"  - {later}\n  - {{id: collected"))
    one, two = ([row | {"complained": 0} for row in rows] for rows in in_two_waves(registry, files))
    loaded(registry, files, one, DUE_ONE)
    loaded(registry, files, two, DUE_TWO, "add")
    assert verdict_as_at(registry, files)[1] == DUE_ONE


def test_batches_are_due_from_their_own_days(registry, tmp_path):
    files = Files(tmp_path / "batches")
    batches = "batches: {column: band, issue_on: {low: 2026-02-02, high: 2026-02-09}}"
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], {batches}"))
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=date(2026, 3, 1))
    document = evaluate(registry, FIRST, files.trial).document
    assert document["verdict"]["code"] == "not_due"
    assert document["maturity"]["due_on"] == "2026-03-04"
    shares = {row["due"] / row["customers"] for row in document["maturity"]["shares"]}
    assert all(0.3 < share < 0.7 for share in shares)


# Case 22 and experiment a15: the letter only brings payments forward. Before day 23 every cut used to say "scale".
LAST = 23


People = list[dict[str, str]]


@pytest.fixture
def early_looks(
    registry: Registry, reference_data: Path, tmp_path: Path, in_time: None
) -> tuple[Registry, People, set[str]]:
    """The trial of the case with real customers, drawn, and who got the letter."""
    folder = reference_data.parent / "cases" / "22-looks-before-the-day"
    plan = tmp_path / "p.yaml"
    text = (folder / "p.yaml").read_text(encoding="utf-8")
    dated = text.replace("{method: complete}", f"{{method: complete, allocation_date: {DAY_ZERO}}}")
    plan.write_text(dated, encoding="utf-8")
    load_population(registry, FIRST, folder / "population.csv", plan, synthetic=False)
    register(registry, FIRST, plan)
    lock(registry, FIRST, "early-looks")
    randomise(registry, FIRST, "early-looks")
    issued = issue(registry, FIRST, "early-looks", "letter", tmp_path / "lists", columns=["ref"])
    with issued.path.open(newline="", encoding="utf-8") as file:
        letters = {row["ref"] for row in csv.DictReader(file)}
    with (folder / "population.csv").open(newline="", encoding="utf-8") as file:
        return registry, list(csv.DictReader(file)), letters


def paid_by(people: People, letters: set[str], look: int) -> list[dict[str, object]]:
    """Two in five of each arm pay in the end: those with the letter by day 5, the others by day 23."""
    rows, place = [], {True: 0, False: 0}
    for person in people:
        sent = person["ref"] in letters
        place[sent] += 1
        day = 1 + place[sent] * 7 % (5 if sent else LAST)
        rows.append({"id": person["id"], "paid": int(place[sent] % 5 < 2 and day <= look)})
    return rows


def test_a_letter_that_only_brings_payment_forward_is_not_scaled_at_any_look(early_looks, tmp_path):
    registry, people, letters = early_looks
    verdicts = {}
    for look in (3, 6, 8, 12, 15, LAST):
        rows = paid_by(people, letters, look)
        by_then = sum(row["paid"] for row in rows)
        file = write_csv(tmp_path / f"day-{look}.csv", rows)
        load_outcomes(registry, FIRST, "early-looks", file, as_at=DAY_ZERO + timedelta(days=look))
        document = evaluate(registry, FIRST, "early-looks").document
        verdicts[look] = document["verdict"]["code"]
        if look < LAST:
            assert document["estimates"] == []
            assert by_then < 0.4 * len(people)
            assert "gained" not in document["verdict"]["sentence"]
    assert verdicts == {3: "not_due", 6: "not_due", 8: "not_due", 12: "not_due", 15: "not_due", LAST: "not_shown"}
    (effect,) = [row for row in document["estimates"] if row["estimand"] == "itt"]
    assert abs(effect["estimate"]) < 0.01
    with registry.inspect(FIRST, "verify") as session:
        latest = queries.returned_of(session, "early-looks")[-1]
    assert latest.as_at == DAY_ZERO + timedelta(days=LAST)
