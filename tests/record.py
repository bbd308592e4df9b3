"""What a test run keeps and forbids: requirements shown, tests not run, nothing skipped under CI.

A test says which rows of docs/requirements.csv it shows by ``@pytest.mark.requirement("S08")``. With
``OTM_TEST_RECORD`` naming a file, the run writes there what ran and which requirements passed; ``otm requirements``
reads it.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.places import REQUIREMENTS

NO_REFERENCE_DATA = "reference data absent"
UNDER_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
WORST_FIRST = ("failed", "skipped", "passed")


@cache
def requirement_ids() -> frozenset[str]:
    with REQUIREMENTS.open(encoding="utf-8", newline="") as rows:
        return frozenset(row["id"] for row in csv.DictReader(rows))


def register(config: pytest.Config) -> None:
    """Let the hooks below act on every test of the run, doctests outside tests/ included."""
    if not config.pluginmanager.has_plugin("otm-record"):
        config.pluginmanager.register(Record(), "otm-record")


class Record:
    """The hooks of one run. Workers mark and judge; the process that started them collects and writes."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.carried: dict[str, list[str]] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        item.user_properties.extend(("requirement", name) for name in _ids(item))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        unknown = sorted(set(_ids(item)) - requirement_ids())
        if unknown:
            pytest.fail(f"{', '.join(unknown)}: no such row in docs/requirements.csv", pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Any:
        report = yield
        return _no_skips_under_ci(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Any:
        report = yield
        return _no_skips_under_ci(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, "passed")
        self.outcomes[report.nodeid] = min(before, report.outcome, key=WORST_FIRST.index)
        self.carried[report.nodeid] = [str(value) for name, value in report.user_properties if name == "requirement"]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        target = os.environ.get("OTM_TEST_RECORD")
        if target and not hasattr(session.config, "workerinput"):
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(target).write_text(json.dumps(self.summary(), indent=1) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        absent = [
            report for report in terminalreporter.stats.get("skipped", ()) if NO_REFERENCE_DATA in str(report.longrepr)
        ]
        if absent:
            terminalreporter.write_line(
                f"NOT RUN: {len(absent)} tests need the published trials, which are not where OTM_REFERENCE_DATA says",
                red=True,
                bold=True,
            )

    def summary(self) -> dict[str, Any]:
        """Counts of outcomes, and for each requirement the tests that passed and those that did not."""
        requirements: dict[str, dict[str, list[str]]] = {}
        for test, ids in self.carried.items():
            kind = "passed" if self.outcomes[test] == "passed" else "not_passed"
            for name in ids:
                requirements.setdefault(name, {"passed": [], "not_passed": []})[kind].append(test)
        counts = Counter(self.outcomes.values())
        return {
            **{outcome: counts.get(outcome, 0) for outcome in ("passed", "failed", "skipped")},
            "requirements": {
                name: {kind: sorted(tests) for kind, tests in kinds.items()}
                for name, kinds in sorted(requirements.items())
            },
        }


def _ids(item: pytest.Item) -> list[str]:
    return [str(name) for mark in item.iter_markers("requirement") for name in mark.args]


def _no_skips_under_ci(report: Any) -> Any:
    if UNDER_CI and report.skipped:
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Under CI nothing may be skipped. {reason}"
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    return report
