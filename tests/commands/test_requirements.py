from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.requirements import carriers, main, rows

SOURCE = """
import pytest
pytestmark = [pytest.mark.requirement("S01")]

@pytest.mark.requirement("S02", "S03")
def test_one(): ...

class TestTwo:
    pytestmark = pytest.mark.requirement("S04")

    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.requirement("S05"))])
    def test_it(self, x): ...
    def not_a_test(self): ...

def helper(): ...
"""


def test_marks_are_found_on_the_module_the_class_the_function_and_the_parameter():
    assert sorted(carriers(SOURCE, "t.py")) == [
        ("S01", "t.py::TestTwo::test_it"),
        ("S01", "t.py::test_one"),
        ("S02", "t.py::test_one"),
        ("S03", "t.py::test_one"),
        ("S04", "t.py::TestTwo::test_it"),
        ("S05", "t.py::TestTwo::test_it"),
    ]


@pytest.fixture
def project(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(SOURCE)
    (tmp_path / "requirements.csv").write_text(
        "id,guidance,quote,service_must,verified_by\n" + "".join(f"S0{n},g,q,must {n},v\n" for n in range(1, 7))
    )
    return {"root": tmp_path, "requirements": tmp_path / "requirements.csv", "record": tmp_path / "last.json"}


def test_a_row_is_covered_only_where_all_its_tests_passed_in_the_last_run(project):
    outcomes = {
        "S01": {"passed": ["a", "b"], "not_passed": []},
        "S02": {"passed": ["a"], "not_passed": ["b"]},
        "S03": {"passed": [], "not_passed": ["a"]},
        "S06": {"passed": ["a test that is gone"], "not_passed": []},
    }
    project["record"].write_text(json.dumps({"requirements": outcomes}))
    assert {row.id: (len(row.tests), row.covered) for row in rows(**project)} == {
        "S01": (2, True),
        "S02": (1, False),
        "S03": (1, False),
        "S04": (1, False),
        "S05": (1, False),
        "S06": (0, False),
    }


def test_without_a_recorded_run_nothing_is_covered(project):
    assert not any(row.covered for row in rows(**project))


def test_json_is_alone_on_standard_output(capsys):
    assert main(["--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["covered"] + document["open"] == len(document["rows"]) == 64
    assert {"id", "tests"} <= set(document["rows"][0])
