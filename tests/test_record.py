"""What a run records and forbids, shown on small runs of pytest inside this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

SAMPLE = """
import pytest

@pytest.mark.requirement("S08", "D04")
@pytest.mark.parametrize("arm", ["letter", "text"])
def test_both(arm): assert True

@pytest.mark.requirement("S09")
class TestFlow:
    def test_adds_up(self): assert True
    def test_breaks(self): assert False

@pytest.mark.requirement("K01")
def test_cleans_up_badly(broken_end): assert True

@pytest.fixture
def broken_end():
    yield
    raise RuntimeError
"""


def run(folder: Path, sources: dict[str, str], *options: str, under_ci: bool = False) -> tuple[str, dict]:
    """Run pytest on some files; what it printed, and what it recorded."""
    for name, source in sources.items():
        (folder / f"test_{name}.py").write_text(source)
    (folder / "conftest.py").write_text("from tests.record import register as pytest_configure\n")
    record = folder / "record.json"
    environment = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    environment |= {"PYTHONPATH": str(ROOT), "OTM_TEST_RECORD": str(record), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if under_ci:
        environment["CI"] = "true"
    command = [
        sys.executable,
        "-B",
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "--rootdir",
        folder,
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run([*command, *options, folder], env=environment, capture_output=True, text=True, check=False)
    return done.stdout, json.loads(record.read_text())


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")])
def test_a_requirement_is_shown_by_tests_that_pass_from_start_to_end(tmp_path, options):
    _, record = run(tmp_path, {"sample": SAMPLE}, *options)
    assert (record["passed"], record["failed"], record["skipped"]) == (3, 2, 0)
    both = ["test_sample.py::test_both[letter]", "test_sample.py::test_both[text]"]
    assert record["requirements"] == {
        "D04": {"passed": both, "not_passed": []},
        "K01": {"passed": [], "not_passed": ["test_sample.py::test_cleans_up_badly"]},
        "S08": {"passed": both, "not_passed": []},
        "S09": {
            "passed": ["test_sample.py::TestFlow::test_adds_up"],
            "not_passed": ["test_sample.py::TestFlow::test_breaks"],
        },
    }


def test_an_unknown_requirement_fails_its_test(tmp_path):
    source = 'import pytest\n@pytest.mark.requirement("S99")\ndef test_it(): assert True\n'
    output, record = run(tmp_path, {"sample": source})
    assert record["failed"] == 1
    assert "S99: no such row in docs/requirements.csv" in output


SKIPS = {
    "inside": "import pytest\ndef test_it(): pytest.skip('reason 1')\n",
    "fixture": "import pytest\n@pytest.fixture\ndef it(): pytest.skip('reason 2')\ndef test_it(it): pass\n",
    "mark": "import pytest\n@pytest.mark.skip(reason='reason 3')\ndef test_it(): pass\n",
    "expected": "import pytest\n@pytest.mark.xfail(reason='reason 4')\ndef test_it(): assert False\n",
    "whole_file": "import pytest\npytest.skip('reason 5', allow_module_level=True)\n",
    "no_data": "import pytest\nfrom tests.record import NO_REFERENCE_DATA as absent\n"
    "@pytest.mark.parametrize('number', range(3))\ndef test_it(number): pytest.skip(absent)\n",
}


def test_elsewhere_a_skip_is_a_skip_and_absent_data_is_said_once_and_loudly(tmp_path):
    output, record = run(tmp_path, SKIPS)
    assert (record["passed"], record["failed"], record["skipped"]) == (0, 0, 8)
    assert output.count("NOT RUN") == 1
    assert "NOT RUN: 3 tests need the published trials" in output


def test_under_ci_whatever_is_skipped_fails(tmp_path):
    output, record = run(tmp_path, SKIPS, "--continue-on-collection-errors", under_ci=True)
    assert (record["passed"], record["failed"], record["skipped"]) == (0, 8, 0)
    assert {number for number in range(1, 6) if f"reason {number}" in output} == {1, 2, 3, 4, 5}
    assert "Under CI nothing may be skipped" in output
