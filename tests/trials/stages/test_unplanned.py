"""What is amended after the draw stands beside what was planned, marked as unplanned, and decides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.document import from_document, to_document
from analysis.results import Evaluation
from data.errors import Refused
from tests.trials.examples import FIRST, Files, allocated, load_outcomes, outcomes, write_csv
from tests.trials.stages.test_amend import WHY, changed, faults, in_force
from trials.access import Actor
from trials.registry import Registry
from trials.reporting.exports import all_rows
from trials.reporting.results.unplanned import unplanned_lines, unplanned_tables
from trials.reporting.words.names import Names
from trials.stages.amend import amend, confirm_amendment
from trials.stages.evaluate import evaluate

SECONDARY = "  - {id: collected, role: secondary, kind: amount, direction: increase}\n"
CALLED = "  - {id: called, role: secondary, kind: binary, direction: decrease, label: Called the helpline}\n"
NEW_OUTCOME = (SECONDARY, SECONDARY + CALLED)
NEW_COSTS = ("cost_per_customer: 0.85", "cost_per_customer: 85")
NEW_COVARIATE = ("covariates: [age]", "covariates: [age, principal]")
NEW_SUBGROUP = ("subgroups: [{column: band}]", "subgroups: [{column: band}, {column: principal, quantiles: 2}]")


def made(registry: Registry, files: Files, actor: Actor = FIRST) -> Evaluation:
    return from_document(evaluate(registry, actor, files.trial).document)


def planned_part(evaluation: Evaluation) -> dict[str, Any]:
    document = to_document(evaluation)
    return {name: value for name, value in document.items() if name not in ("amendments", "unplanned", "data_digest")}


def called(files: Files) -> list[dict[str, Any]]:
    return [{**row, "called": int(row["customer_id"][-1] in "02468")} for row in outcomes(files.customers)]


@pytest.mark.requirement("K16")
@pytest.mark.parametrize("pair", [NEW_COSTS, NEW_COVARIATE, NEW_SUBGROUP, ("value: 1", "value: 40")])
def test_what_is_amended_after_the_draw_changes_no_figure_of_the_plan_and_no_verdict(registry, files, pair):
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    before = made(registry, files)
    assert "unplanned" not in to_document(before)
    assert in_force(registry, files, pair).effect == "unplanned"
    after = made(registry, files)
    assert planned_part(after) == planned_part(before)
    assert after.unplanned is not None
    assert after.unplanned.reason is None
    assert [(of.number, of.effect, of.reason) for of in after.amendments] == [(1, "unplanned", WHY)]
    assert {row.phase for row in after.unplanned.estimates} <= {"exploratory"}
    assert after.unplanned.estimates or after.unplanned.net_benefit
    assert faults(registry, files) == []


@pytest.mark.requirement("K16")
def test_other_costs_are_shown_beside_and_decide_nothing(registry, files):
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    in_force(registry, files, NEW_COSTS)
    evaluation = made(registry, files)
    assert evaluation.unplanned is not None
    money = evaluation.unplanned.net_benefit
    assert money is not None
    assert evaluation.net_benefit is not None
    cost = {row.arm: row.cost_per_customer for row in money.arms}
    assert (cost["letter"], cost["sms"]) == (85, 0.05)
    assert {row.arm: row.cost_per_customer for row in evaluation.net_benefit.arms}["letter"] == 0.85
    assert money.scenario_verdicts == {}
    assert evaluation.unplanned.estimates == ()  # costs change no effect


@pytest.mark.requirement("K16")
def test_a_new_outcome_is_asked_for_read_and_marked_as_unplanned(either, files):
    allocated(either, files)
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    before = made(either, files)
    in_force(either, files, NEW_OUTCOME)
    without = made(either, files)
    assert planned_part(without) == planned_part(before)
    assert without.unplanned is not None
    assert "Called the helpline" in (without.unplanned.reason or "")
    account = load_outcomes(either, FIRST, files.trial, write_csv(files.outcomes, outcomes(files.customers)),
                            mode="replace")  # fmt: skip
    assert any("called" in warning for warning in account.warnings)
    load_outcomes(either, FIRST, files.trial, write_csv(files.outcomes, called(files)), mode="replace")
    after = made(either, files)
    assert after.unplanned is not None
    assert after.unplanned.reason is None
    assert {row.outcome for row in after.unplanned.estimates} == {"called"}
    assert {row.outcome for row in after.estimates} == {row.outcome for row in before.estimates}
    assert {row.phase for row in all_rows(after) if row.outcome == "called"} == {"exploratory"}
    assert after.verdict == before.verdict
    with either.read(FIRST) as reader:
        detail = reader.trial(files.trial)
    assert detail.amended is not None
    tables = unplanned_tables(after, Names(detail.amended))
    assert any("Called the helpline" in table.caption for table in tables)
    assert all(table.caption.startswith("Unplanned") for table in tables)
    assert WHY in unplanned_lines(after)[0]
    assert faults(either, files) == []


@pytest.mark.requirement("K16")
def test_an_evaluation_is_verified_with_the_amendments_of_its_time(registry, files):
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    made(registry, files)
    in_force(registry, files, NEW_COSTS)
    made(registry, files)
    in_force(registry, files, NEW_COVARIATE)
    last = made(registry, files)
    assert [of.number for of in last.amendments] == [1, 2]
    assert faults(registry, files) == []


@pytest.mark.requirement("K16")
@pytest.mark.parametrize(
    "pair",
    [
        (SECONDARY, SECONDARY.replace("increase", "decrease")),
        (SECONDARY, SECONDARY + CALLED.replace("secondary", "guardrail, margin: 0.01")),
        ("covariates: [age]", "covariates: [principal]"),
        ("covariates: [age]", "covariates: [region]"),
    ],
)
def test_what_was_planned_is_neither_dropped_nor_read_otherwise(registry, files, pair):
    allocated(registry, files)
    changed(files, pair)
    with pytest.raises(Refused):
        amend(registry, FIRST, files.trial, files.protocol, reason=WHY)


@pytest.mark.requirement("K16")
def test_nothing_unplanned_is_shown_before_the_planned_effects_are(registry, files):
    allocated(registry, files)
    in_force(registry, files, NEW_COVARIATE)
    path = write_csv(files.outcomes, [row for row in outcomes(files.customers) if int(row["customer_id"][-1]) < 3])
    load_outcomes(registry, FIRST, files.trial, path)
    evaluation = made(registry, files)
    assert not evaluation.shows_effects
    assert evaluation.unplanned is not None
    assert (evaluation.unplanned.estimates, evaluation.unplanned.net_benefit) == ((), None)
    assert evaluation.unplanned.reason


def test_counts_by_arm_are_no_more_seen_in_what_is_unplanned_than_elsewhere(registry, files):
    allocated(registry, files)
    in_force(registry, files, NEW_SUBGROUP)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    seen = made(registry, files, Actor("Analyst", "analyst"))
    assert seen.unplanned is not None
    assert {row.n_arm for row in seen.unplanned.estimates} == {None}
    assert [of.number for of in seen.amendments] == [1]


def test_an_evaluation_during_which_the_plan_is_amended_is_made_again(registry, files, monkeypatch):
    from trials.stages import evaluate as stage

    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    changed(files, NEW_COSTS)
    amend(registry, FIRST, files.trial, files.protocol, reason=WHY)
    run = stage._evaluated

    def confirmed_first(*args: Any) -> Any:
        confirm_amendment(registry, Actor("Second Person", "analyst"), files.trial, 1)
        return run(*args)

    monkeypatch.setattr(stage, "_evaluated", confirmed_first)
    with pytest.raises(Refused, match="amended while this evaluation was made"):
        evaluate(registry, FIRST, files.trial)


@pytest.mark.requirement("K16")
def test_a_later_wave_is_drawn_as_the_first_one_was(registry, files):
    from tests.trials.examples import customers
    from tests.trials.stages.test_allocate import PLAIN, WAVES
    from trials.stages.allocate import randomise
    from trials.stages.population import load_population

    files.edit_protocol(lambda text: text.replace(PLAIN, WAVES))
    allocated(registry, files)
    in_force(registry, files, NEW_COSTS)
    later = customers(150, first=400)
    load_population(registry, FIRST, write_csv(files.population, later), files.protocol, synthetic=True)
    assert randomise(registry, FIRST, files.trial).protocol_version == 2
    rows = outcomes([*files.customers, *later])
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    evaluation = made(registry, files)
    assert evaluation.unplanned is not None
    assert evaluation.protocol_digest != evaluation.unplanned.protocol_digest
    assert faults(registry, files) == []
