"""Looks are conducted: a cut at a declared look takes it, once and in order, and the end allows for those taken."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import trials.stages.evaluate as stage
from analysis.document import from_document
from analysis.planning.monitoring import boundaries
from tests.small_registry import arms_of
from tests.trials.examples import (
    FIRST,
    LOCAL_ACTOR,
    SECOND,
    Files,
    allocated,
    customers,
    eligible,
    load_outcomes,
    locked,
    write_csv,
)
from trials.errors import TrialRefused
from trials.registry import queries
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population
from trials.stages.verify import verify

BATCHES = "batches: {column: band, issue_on: {low: 2026-02-02, high: 2026-03-02}}"
LOW_DUE, ALL_DUE = date(2026, 2, 25), date(2026, 3, 25)  # 23 days after each batch


def planned(files: Files, looks: str = "{fractions: [0.3], may: harm_and_benefit}") -> Files:
    """Two batches: nearly half of the customers are due four weeks before the others."""
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], {BATCHES}"))
    files.edit_protocol(lambda text: text.replace(", subgroups: [{column: band}]", f", looks: {looks}"))
    return files


def field(registry, files, *, letter=0.0, only=("low", "high"), lost=0.0):
    """What came back of some batches: the letter brings so large a share more to pay, and loses so large a share."""
    arms, rows = arms_of(registry, files.trial, files.customers), []
    for row in files.customers:
        number, arm = int(row["customer_id"][1:]), arms.get(row["customer_id"])
        if arm is None or row["band"] not in only or (arm == "letter" and number * 31 % 100 < 100 * lost):
            continue
        paid = number * 7919 % 100 < 30 + (100 * letter if arm == "letter" else 0)
        collected = row["principal"] if paid else 0
        rows.append({"customer_id": row["customer_id"], "paid": int(paid), "collected": collected})
    return write_csv(files.folder / "cut.csv", rows)


def cut(registry, files, day, *, actor=FIRST, **came_back):
    load_outcomes(registry, actor, files.trial, field(registry, files, **came_back), as_at=day)
    return from_document(evaluate(registry, actor, files.trial).document)


def test_looks_are_taken_in_order_and_the_end_allows_for_them(registry, files):
    allocated(registry, planned(files))
    early = cut(registry, files, LOW_DUE - timedelta(days=1))
    assert (early.verdict.code, early.look) == ("not_due", None)
    assert (
        "No look is declared for this cut: 0% of customers are due, and look 1 of 2 comes at 30%, on 25 February"
        in (early.verdict.reasons[0])
    )
    first = cut(registry, files, LOW_DUE, only=("low",))  # the file speaks of nobody else yet
    assert (first.verdict.code, first.look.number, first.look.action) == ("not_due", 1, "go_on")
    assert first.verdict.sentence.startswith("Look 1 of 2, ")
    assert (first.estimates, first.net_benefit) == ((), None)
    match = next(check for check in first.checks if check.kind == "match")
    assert match.passed
    again = cut(registry, files, LOW_DUE + timedelta(days=3))
    assert (again.verdict.code, again.look) == ("not_due", None)
    assert "the final analysis, look 2 of 2, comes on 25 March 2026" in again.verdict.reasons[0]
    end = cut(registry, files, ALL_DUE)
    assert (end.look.number, end.look.action, end.looks_before) == (2, "final", (first.look,))
    assert end.verdict.code in ("not_shown", "no_further_action")
    share = first.look.fraction
    assert 0.35 < share < 0.6
    plan = boundaries([share, 1.0], "obrien_fleming", 0.05 / 2)  # two approaches share alpha
    assert end.look.critical_benefit == pytest.approx(plan[-1].critical, abs=1e-6)
    with registry.inspect(LOCAL_ACTOR, "verify", files.trial) as session:
        assert queries.looks_taken(session, files.trial) == {2: first.look}
    with registry.read(LOCAL_ACTOR) as reader:
        looks = [event.detail.get("look") for event in reader.audit(files.trial) if event.action == "evaluate"]
    assert looks == [None, 1, None, 2]


def test_a_crossed_boundary_is_the_verdict_and_no_look_comes_after_it(registry, tmp_path):
    files = planned(Files(tmp_path / "large", count=1_200), "{fractions: [0.3, 0.9], may: harm_and_benefit}")
    allocated(registry, files)
    ended = cut(registry, files, LOW_DUE, letter=0.5)
    assert (ended.verdict.code, ended.verdict.arm) == ("scale", "letter")
    assert (ended.look.number, ended.look.action) == (1, "stop_for_benefit")
    assert ended.flow.allocated == ended.look.due
    assert ended.sensitivity
    later = cut(registry, files, LOW_DUE + timedelta(days=7), letter=0.5)
    assert (later.verdict.code, later.look) == ("not_due", None)
    assert "The trial ended at look 1 of 3" in later.verdict.reasons[0]


def test_a_look_whose_data_fail_is_an_attempt(registry, tmp_path):
    files = planned(Files(tmp_path / "large", count=1_200))
    allocated(registry, files)
    failed = cut(registry, files, LOW_DUE, letter=0.5, lost=0.5)
    assert (failed.verdict.code, failed.look.action) == ("invalid", "not_taken")
    assert (failed.estimates, failed.net_benefit) == ((), None)
    assert cut(registry, files, LOW_DUE, letter=0.5).look.number == 1


def test_two_who_evaluate_at_once_take_a_look_once(registry, files, monkeypatch):
    allocated(registry, planned(files))
    load_outcomes(registry, FIRST, files.trial, field(registry, files), as_at=LOW_DUE)
    evaluated, raced = stage._evaluated, []

    def overtaken(*arguments):
        evaluation = evaluated(*arguments)
        if not raced:
            raced.append(True)
            evaluate(registry, SECOND, files.trial)
        return evaluation

    monkeypatch.setattr(stage, "_evaluated", overtaken)
    with pytest.raises(TrialRefused, match="somebody else took a look"):
        evaluate(registry, FIRST, files.trial)
    with registry.inspect(LOCAL_ACTOR, "verify", files.trial) as session:
        assert len(queries.looks_taken(session, files.trial)) == 1


def test_a_trial_with_looks_is_sound(registry, files):
    allocated(registry, planned(files))
    cut(registry, files, LOW_DUE)
    cut(registry, files, ALL_DUE)
    assert [proof.name for proof in verify(registry, LOCAL_ACTOR, files.trial) if proof.faults] == []


WAVES = "waves: [{id: one, issue_on: 2026-02-02}, {id: two, issue_on: 2026-06-01}]"


def waved(files: Files, customers: int) -> Files:
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], {WAVES}"))
    looks = f"{{fractions: [0.5], may: harm_and_benefit, customers: {customers}}}"
    files.edit_protocol(lambda text: text.replace(", subgroups: [{column: band}]", f", looks: {looks}"))
    return files


@pytest.mark.parametrize("planned", [100, 0])
def test_a_first_wave_of_as_many_as_are_planned_for_all_is_not_locked(registry, files, planned):
    number = len(eligible(files.customers)) if planned == 0 else planned
    with pytest.raises(TrialRefused, match=f"{number} customers are planned for 2 waves, and the first") as refused:
        locked(registry, waved(files, number))
    assert "analysis.looks.customers" in str(refused.value)
    assert "all waves together" in str(refused.value)


def test_nor_is_it_drawn_where_an_earlier_version_locked_it(registry, files, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr("trials.randomiser.fixed.refuse_more_than_planned", lambda *_: None)
        locked(registry, waved(files, 100))
    with pytest.raises(TrialRefused, match="100 customers are planned for 2 waves"):
        randomise(registry, FIRST, files.trial)


def test_a_plan_of_too_few_that_was_drawn_has_no_end_before_its_last_wave(registry, tmp_path, monkeypatch):
    """It used to be a look at 100% of customers, with all the error, and a verdict before the second wave was drawn."""
    files = waved(Files(tmp_path / "large", count=1_200), 100)
    for name in ("stages.allocate", "randomiser.fixed"):
        monkeypatch.setattr(f"trials.{name}.refuse_more_than_planned", lambda *_: None)
    allocated(registry, files)
    first = cut(registry, files, LOW_DUE)
    assert (first.look.number, first.look.action, first.look.fraction) == (1, "go_on", 0.5)
    assert first.verdict.code == "not_due"
    assert "as many as were planned are allocated, and waves are still to come" in " ".join(first.verdict.reasons)
    plan = boundaries([0.5, 1.0], "obrien_fleming", 0.05 / 2)
    assert first.look.critical_benefit == pytest.approx(plan[0].critical, abs=1e-6)
    later = cut(registry, files, date(2026, 12, 1))  # the second wave's day has gone by, and nobody was drawn
    assert (later.verdict.code, later.look) == ("not_due", None)
    assert "at the earliest" in later.verdict.reasons[0]
    more = customers(1_200, first=1_200)
    load_population(registry, FIRST, write_csv(files.population, more), files.protocol, synthetic=True)
    randomise(registry, FIRST, files.trial)
    files.customers += more
    end = cut(registry, files, date(2026, 12, 1))
    assert (end.look.number, end.look.action, end.look.overrun) == (2, "final", True)
    assert "More customers came than were planned" in end.verdict.reasons[0]
    assert end.look.critical_benefit == pytest.approx(plan[1].critical, abs=0.02)  # the waves are not quite alike
