"""Whatever takes rows of customers out is in the audit chain: who, of what, how many, why; and never whose they are."""

from __future__ import annotations

import csv
import json
import stat

from tests.trials import tampering
from tests.trials.examples import write_csv


def rows_of(path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


RANDOMISER = "A Randomiser:randomiser"


def taken_out(registry) -> list[dict]:
    events = tampering.chain(registry)
    return [event | event["detail"] for event in events if event["action"] == "take_out"]


def test_the_units_of_a_certificate(otm, done, tmp_path):
    file, trial = tmp_path / "units.csv", done.files.trial
    assert otm("certificate", trial, actor=RANDOMISER).code == 0
    assert taken_out(done.registry) == []
    asked = otm("certificate", trial, "--population", file, "--reason", "for the auditor", actor=RANDOMISER)
    assert asked.code == 0, asked.err
    (event,) = taken_out(done.registry)
    rows = rows_of(file)
    assert (event["actor"], event["role"], event["trial_id"]) == ("A Randomiser", "randomiser", trial)
    assert (event["what"], event["rows_taken"], event["reason"]) == ("units of wave 1", len(rows), "for the auditor")
    assert not any(row["id"] in str(event) for row in rows)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    refused = otm("certificate", trial, "--population", file, actor="An Analyst:analyst")
    assert (refused.code, len(taken_out(done.registry))) == (2, 1)


def test_the_reasons_of_rejected_rows(otm, done, tmp_path):
    files, why = done.files, tmp_path / "why.csv"
    spoilt = [row | {"customer_id": "=1+1"} if at == 4 else row for at, row in enumerate(files.customers)]
    population = write_csv(tmp_path / "spoilt.csv", spoilt)
    loaded = otm("population", "load", population, "--protocol", files.protocol, "--synthetic", "--rejections", why)
    assert loaded.code == 0, loaded.err
    command = ("outcomes", "load", files.trial, files.outcomes, "--replace", "--as-at", "2099-01-01")
    assert otm(*command).code == 0
    assert otm(*command, "--rejections", why).code == 0
    population_event, outcomes_event = taken_out(done.registry)
    assert (population_event["use_case"], population_event["trial_id"]) == ("load_population", None)
    assert (outcomes_event["use_case"], outcomes_event["trial_id"]) == ("load_outcomes", files.trial)
    assert outcomes_event["rows_taken"] == len(rows_of(why))


def test_the_reasons_leave_in_json_as_well(otm, done, tmp_path):
    files, why = done.files, tmp_path / "why.json"
    spoilt = [row | {"customer_id": "=1+1"} if at == 4 else row for at, row in enumerate(files.customers)]
    population = write_csv(tmp_path / "spoilt.csv", spoilt)
    load = ("population", "load", "--protocol", files.protocol, "--synthetic", "--json", why)
    assert otm(*load, files.population).code == 0
    assert taken_out(done.registry) == [], "of a file that was taken whole no row leaves"
    assert otm(*load, population).code == 0
    (event,) = taken_out(done.registry)
    rejections = json.loads(why.read_text("utf-8"))["rejections"]
    assert (event["use_case"], event["rows_taken"]) == ("load_population", len(rejections))
    assert (len(rejections), "=1+1" in str(rejections)) == (1, True)
    spoilt = [row | {"paid": "?"} if at == 4 else row for at, row in enumerate(rows_of(files.outcomes))]
    outcomes = write_csv(tmp_path / "outcomes.csv", spoilt)
    loaded = otm("outcomes", "load", files.trial, outcomes, "--replace", "--json", why)
    assert loaded.code == 0, loaded.err
    said, event = json.loads(why.read_text("utf-8")), taken_out(done.registry)[-1]
    assert len(said["unreadable"]) == 1
    assert (event["use_case"], event["trial_id"]) == ("load_outcomes", files.trial)
    assert event["rows_taken"] == len(said["rejections"]) + len(said["unreadable"])


def test_a_list_of_customers_says_why_where_that_was_said(otm, done, tmp_path):
    issue = ("issue", done.files.trial, "--arm", "sms", "--out", tmp_path)
    assert otm(*issue, actor=RANDOMISER).code == 0
    again = otm("issue", done.files.trial, "--arm", "sms", "--out", tmp_path / "b", "--reason", " lost in the post ")
    assert again.code == 0, again.err
    first, second = (event["detail"] for event in tampering.chain(done.registry) if event["action"] == "issue")
    assert "reason" not in first
    assert (second["reason"], second["reissue"]) == ("lost in the post", True)
    assert second["customers"] == first["customers"] > 0


def test_nothing_leaves_that_cannot_be_recorded(otm, done, tmp_path):
    tampering.run(done.registry, "DELETE FROM audit_event WHERE sequence = (SELECT max(sequence) FROM audit_event)")
    asked = otm("certificate", done.files.trial, "--population", tmp_path / "units.csv")
    assert (asked.code, (tmp_path / "units.csv").exists()) == (2, False), asked.err
