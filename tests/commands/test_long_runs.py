from __future__ import annotations

import json
from types import ModuleType

import pytest

from tests import suites
from tests.commands import calibrate
from tests.commands.long_runs import LongRun, conduct
from tests.suites import Figure, Suite, carry_out, gather, select


def figures(inside: bool):
    def run(size, seed):
        yield Figure("complete", "type I error", 0.05 if inside else 0.2, 0.04, 0.06, size, None)

    return run


GOOD = Suite("good", "holds", figures(inside=True), size=100)
BAD = Suite("bad", "does not hold", figures(inside=False), size=100)


@pytest.fixture
def long_run(monkeypatch, tmp_path) -> LongRun:
    package = ModuleType("room")
    monkeypatch.setattr("tests.commands.long_runs.gather", lambda package, attribute: [GOOD, BAD])
    monkeypatch.setattr("tests.commands.long_runs.RESULTS", tmp_path)
    return LongRun("calibrate", "tries", package, "kept.json")


@pytest.mark.parametrize(
    ("value", "lower", "upper", "inside"),
    [(5, 4, 6, True), (4, 4, 6, True), (6, 4, 6, True), (7, 4, 6, False), (3, 4, 6, False), (9, None, None, True),
     (9, None, 6, False), (0, 0, 0, True), (float("nan"), None, None, False)],
)  # fmt: skip
def test_a_figure_lies_in_its_band_ends_included(value, lower, upper, inside):
    assert Figure("s", "q", value, lower, upper, 1).inside is inside


def test_figures_of_other_suites_are_kept_until_they_are_run_again(long_run, capsys):
    assert conduct(long_run, ["--suites", "bad"]) == 1
    assert conduct(long_run, ["--suites", "good", "--size", "7", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {name: suite["size"] for name, suite in document["suites"].items()} == {"bad": 100, "good": 7}
    assert json.loads(long_run.file.read_text()) == document


def test_listing_runs_nothing(long_run, capsys):
    assert conduct(long_run, ["--list"]) is None
    assert "does not hold" in capsys.readouterr().out
    assert not long_run.file.exists()


def test_a_suite_without_figures_is_an_error():
    with pytest.raises(ValueError, match="empty gave no figure"):
        carry_out([Suite("empty", "says nothing", lambda size, seed: ())], 1, 1)


def test_names_choose_entries_and_their_variants():
    rows = [Suite(name, "", figures(True)) for name in ("P1", "P1-12m", "P10", "P2")]
    assert [row.id for row in select(rows, "P1")] == ["P1", "P1-12m"]
    assert [row.id for row in select(rows, None)] == ["P1", "P1-12m", "P10", "P2"]
    with pytest.raises(ValueError, match=r"unknown: P3\. There are: P1, P1-12m, P10, P2"):
        select(rows, "P2,P3")


def test_one_id_twice_is_refused(tmp_path, monkeypatch):
    package = ModuleType("tests_of_gather")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(__import__("sys").modules, "tests_of_gather", package)
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text("from types import SimpleNamespace\nROWS = (SimpleNamespace(id='P1'),)\n")
    with pytest.raises(ValueError, match="P1 more than once"):
        gather(package, "ROWS")


def test_the_band_is_the_exact_binomial_one():
    """By summing probabilities: 99.9% of draws fall inside, and neither tail holds more than its half."""
    from math import comb

    low, high = suites.monte_carlo_band(0.1, 200)
    probabilities = [comb(200, k) * 0.1**k * 0.9 ** (200 - k) for k in range(201)]
    below, above = sum(probabilities[: round(low * 200)]), sum(probabilities[round(high * 200) + 1 :])
    assert below <= 0.0005 < below + probabilities[round(low * 200)]
    assert above <= 0.0005 < above + probabilities[round(high * 200)]


def test_the_report_shows_every_figure_and_flags_those_outside():
    text = calibrate.report(carry_out([GOOD, BAD], 50, 3))
    assert "1 inside, 0 outside" in text
    assert "| complete | type I error | 0.2000 | 0.0400 to 0.0600 | 50 | **no** |" in text


def test_a_figure_without_a_band_is_told_and_never_counted_as_inside():
    told = Suite("told", "no promise", lambda size, seed: [Figure("few", "rate", 0.2, None, None, 7, "and it says so")])
    text = calibrate.report(carry_out([told], 50, 3))
    assert "0 inside, 0 outside, 1 told." in text
    assert "| few | rate | 0.2000 |  | 7 | not promised (and it says so) |" in text


def test_a_page_keeps_the_sections_of_suites_that_were_run_elsewhere():
    elsewhere = calibrate.report(carry_out([GOOD, BAD], 50, 3))
    sections = calibrate.sections_of(elsewhere)
    assert set(sections) == {"good", "bad"}
    assert calibrate.report({}, sections) == elsewhere
    page = calibrate.report(carry_out([GOOD], 70, 3), sections)
    assert page == calibrate.report(carry_out([GOOD], 70, 3) | carry_out([BAD], 50, 3))


def test_the_page_in_the_repository_is_read_as_it_was_written():
    page = calibrate.REPORT.read_text(encoding="utf-8")
    assert calibrate.report({}, calibrate.sections_of(page)) == page
