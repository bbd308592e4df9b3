"""P8: the bare analysis of a million rows, from Python's start to the JSON, against reading the same CSV."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from tests.benchmarks.row import Goal, Row
from tests.places import ROOT

ROWS_IN_FILE = 1_000_000
PROTOCOL = {
    "schema": 1,
    "id": "a-million-customers",
    "title": "A million customers",
    "hypothesis": "A letter raises payment.",
    "population": {"unit": "customer_id"},
    "arms": [
        {"id": "nfa", "kind": "nfa", "label": "No further action"},
        {"id": "letter", "kind": "otm", "label": "Letter", "cost_per_customer": 0.85},
        {"id": "sms", "kind": "otm", "label": "SMS", "cost_per_customer": 0.05},
    ],
    "randomisation": {"method": "external", "arm_column": "arm", "shares": {"nfa": 2, "letter": 1, "sms": 1}},
    "outcomes": [
        {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase"},
        {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"},
    ],
    "analysis": {"covariates": ["log_debt", "region"], "adjustment": "lin", "standard_errors": "HC2"},
    "decision": {"benefits": [{"outcome": "collected", "value": 1}]},
}


def write_inputs(folder: Path) -> None:
    rng = np.random.default_rng(1)
    arm = np.array(["nfa", "nfa", "letter", "sms"])[rng.integers(0, 4, ROWS_IN_FILE)]
    log_debt = np.round(rng.normal(6, 1, ROWS_IN_FILE), 4)
    paid = (rng.random(ROWS_IN_FILE) < 0.3 + 0.02 * (arm != "nfa") + 0.02 * (log_debt - 6)).astype(np.int8)
    table = pa.table(
        {
            "customer_id": [f"C{number:09d}" for number in range(ROWS_IN_FILE)],
            "arm": arm,
            "region": np.array([f"region {k}" for k in range(12)])[rng.integers(0, 12, ROWS_IN_FILE)],
            "log_debt": log_debt,
            "paid": paid,
            "collected": np.round(paid * np.exp(log_debt), 2),
        }
    )
    pyarrow.csv.write_csv(table, folder / "customers.csv")
    (folder / "protocol.yaml").write_text(json.dumps(PROTOCOL), encoding="utf-8")  # JSON is YAML


def _run(*arguments: str | Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # people keep what was compiled
    subprocess.run([sys.executable, *map(str, arguments)], check=True, env=environment, stdout=subprocess.DEVNULL)


def analyse(folder: Path) -> None:
    _run("-m", "trials.cli", "analyse", folder / "protocol.yaml", folder / "customers.csv", "--json", "-")


def read_only(folder: Path) -> None:
    script = "import sys, pyarrow.csv; pyarrow.csv.read_csv(sys.argv[1])"
    _run("-c", script, folder / "customers.csv")


ROWS = (
    Row(
        id="P8",
        what="otm analyse, 1 million rows of CSV, whole process; limit: Python starts and pyarrow reads the file",
        goal=Goal(ratio=2.0),
        prepare=write_inputs,
        work=analyse,
        limit=read_only,
        in_child=True,
    ),
)
