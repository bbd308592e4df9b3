"""Codes that a plan declares, in every command that reads a file: effects are those of a file of noughts and ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.document import to_document
from data.errors import DataRefused
from tests.golden.external import analysed, arm, outcome, protocol
from tests.saved import saved
from tests.trials.examples import FIRST, Files, allocated, eligible, load_contacts, load_outcomes, outcomes, write_csv
from tests.trials.stages.test_issue import arms_by_export_id
from trials.cli.commands import application
from trials.registry import Registry
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population

ARMS = [arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")]
STATUS = {"true": ["P", "PP"], "false": ["N"], "missing": ["-9", "NK"]}


def people(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    status = rng.choice(["P", "PP", "N", "N", "-9", "NK"], n, p=[0.3, 0.2, 0.2, 0.28, 0.01, 0.01])
    vip = rng.choice(["Y", "N"], n)
    owed = np.where(rng.random(n) < 0.05, -9.0, np.round(rng.uniform(1, 90, n), 2))
    return pd.DataFrame(
        {
            "customer_id": [f"A{i:05d}" for i in range(n)],
            "group": np.where(np.arange(n) % 2 == 0, "Control", "Letter"),
            "status": status,
            "vip": vip,
            "owed": owed,
        }
    )


def plain(data: pd.DataFrame) -> pd.DataFrame:
    """The same, as a file has it that needs no codes."""
    paid = data.status.map({"P": 1.0, "PP": 1.0, "N": 0.0})
    return data.assign(
        paid=paid,
        full=data.status.map({"P": 1.0, "PP": 0.0, "N": 0.0}),
        vip=(data.vip == "Y").astype(int),
        owed=data.owed.where(data.owed != -9),
    ).drop(columns="status")


def declared(*outcomes_: dict[str, Any], **columns: Any) -> dict[str, Any]:
    population = {"unit": "customer_id", "columns": columns, "where": [{"column": "vip", "missing": False}]}
    analysis = {"covariates": ["vip"], "adjustment": "additive"}
    return protocol(arms=ARMS, outcomes=list(outcomes_), arm_column="group", population=population, analysis=analysis)


CODED = declared(
    outcome("paid", "binary") | {"column": "status"} | STATUS,
    outcome("full", "binary", role="secondary")
    | {"column": "status", "true": ["P"], "false": ["PP", "N"], "missing": [-9, "NK"]},
    outcome("owed", "amount", role="secondary") | {"missing": [-9]},
    vip={"true": ["Y"], "false": ["N"]},
)
PLAIN = declared(
    outcome("paid", "binary"),
    outcome("full", "binary", role="secondary"),
    outcome("owed", "amount", role="secondary"),
    vip={"kind": "boolean"},
)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".xlsx", ".parquet", ".dta"])
def test_effects_are_those_of_a_file_without_codes(tmp_path: Path, ending: str) -> None:
    data = people()
    by_codes = to_document(analysed(tmp_path, CODED, saved(data, tmp_path / f"coded{ending}")))
    without = to_document(analysed(tmp_path, PLAIN, plain(data)))
    for key in ("estimates", "sensitivity", "net_benefit", "verdict", "flow"):
        assert by_codes[key] == without[key], key
    assert by_codes["checks"] == without["checks"]


def test_a_code_that_nobody_declared_is_unreadable_under_the_reading_that_lacks_it(tmp_path: Path) -> None:
    data = people()
    data.loc[7, "status"] = "X"
    evaluation = analysed(tmp_path, CODED, data)
    cells = [(cell.row, cell.field) for cell in evaluation.unreadable]
    assert cells == [(8, "status as full"), (8, "status as paid")]
    retention = next(check for check in evaluation.checks if check.name == "retention")
    assert retention.figures["unreadable"] == 1


def test_a_column_in_other_codes_than_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="status as paid"):
        analysed(tmp_path, CODED, people().assign(status="1"))


def test_population_outcomes_and_contacts_of_a_trial_randomised_here(registry: Registry, files: Files) -> None:
    files.edit_protocol(
        lambda text: (
            text.replace(
                "kind: binary, direction: increase, day: 23",
                "kind: binary, direction: increase, day: 23, column: status, true: [P, 2], false: [N], missing: [NK]",
            )
            .replace("subgroups:", "complier: {received: read}, subgroups:")
            .replace(
                "  exclude:",
                "  columns: {hnw: {true: [Yes], false: ['No']}, age: {missing: [999]}, "
                "read: {true: [opened], false: [bounced], missing: [lost]}, "
                "delivered: {true: [D, 1], false: [R], missing: ['-9']}}\n  exclude:",
            )
        )
    )
    people = [
        row | {"hnw": "Yes" if row["hnw"] else "No", "age": 999 if at % 40 == 3 else row["age"]}
        for at, row in enumerate(files.customers)
    ]
    strange = [*people, {**people[0], "customer_id": "Z1", "hnw": "1"}]
    account = load_population(registry, FIRST, write_csv(files.population, strange), files.protocol, synthetic=True)
    ages = registry.snapshots.read(account.digest, ["age"]).column("age")
    assert ages.null_count == sum(row["age"] == 999 for row in people)
    assert [(row.row, row.field) for row in account.rejections] == [(len(strange), "hnw")]
    write_csv(files.population, people)
    allocated(registry, files)
    rows = outcomes(eligible(files.customers))
    returned = [
        {"customer_id": row["customer_id"], "collected": row["collected"], "status": code}
        for at, row in enumerate(rows)
        for code in ["NK" if at == 0 else "X" if at == 1 else ("P" if at % 2 else "2.0") if row["paid"] else "N"]
    ]
    loaded = load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, returned))
    assert [(cell.row, cell.field) for cell in loaded.unreadable] == [(2, "status as paid")]
    letters = [name for name, arm_id in arms_by_export_id(registry).items() if arm_id == "letter"]
    sent = [
        {
            "export_id": name,
            "channel": "letter",
            "sent_on": "2099-01-01",
            "read": ("opened", "bounced", "lost")[at % 3],
            "delivered": ("D", "R", "1.0", "-9")[at % 4],
        }
        for at, name in enumerate(letters)
    ]
    sent[1]["delivered"] = "0"  # no code of the plan
    contacts = load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", sent))
    assert contacts.rejected == 0
    assert [(cell.row, cell.field) for cell in contacts.unreadable] == [(2, "delivered")]
    arrived = registry.snapshots.read(contacts.digest, ["delivered"]).column("delivered").to_pylist()
    assert Counter(arrived) == {
        True: sum(at % 2 == 0 for at in range(len(sent))),
        False: sum(at % 4 == 1 for at in range(len(sent))) - 1,
        None: sum(at % 4 == 3 for at in range(len(sent))) + 1,
    }
    document = evaluate(registry, FIRST, files.trial).document
    effects = [row for row in document["estimates"] if row["outcome"] == "paid" and row["subgroup"] is None]
    known = sum(row["n_arm"] for row in effects if row["estimand"] == "itt") + effects[0]["n_comparison"]
    assert known == len(rows) - 2
    assert any(row["estimand"] == "complier" and row["estimate"] is not None for row in effects)


def test_a_check_of_the_plan_shows_what_codes_mean(files: Files) -> None:
    files.edit_protocol(lambda text: text.replace("day: 23", "day: 23, true: [P, PP], false: [N], missing: ['-9']"))
    said = CliRunner().invoke(application(), ["protocol", "check", str(files.protocol)]).output
    assert "Codes: outcome paid, column paid: true P, PP; false N; missing -9 (outcomes[0])" in said
