"""Every rule about looks refuses, at its path; and a plan that keeps them is read as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.designs.protocol.examples import ABSENT, ELSEWHERE, FACTORIAL, HERE, PAIRED, Case, changed, loaded

FRACTIONS = [0.25, 0.5, 0.75]
LOOKS = {"fractions": FRACTIONS, "may": "harm_and_benefit"}
BATCHES = {"column": "region", "issue_on": {"north": "2026-03-02", "south": "2026-04-06"}}
WAVES = [{"id": "one", "issue_on": "2026-03-02"}, {"id": "two", "issue_on": "2026-04-06"}]


def with_looks(protocol: dict[str, Any]) -> dict[str, Any]:
    changes = [("analysis.looks", LOOKS)]
    if protocol["randomisation"]["method"] != "external":
        changes += [("randomisation.strata", ["region"]), ("randomisation.batches", BATCHES)]
    return changed(protocol, *changes)


PLAN = with_looks(HERE)
BROKEN = [
    Case(PLAN, {"analysis.looks.fractions": [0.5, 0.5]}, "0.5 is not above 0.5", "ascending",
         at="analysis.looks.fractions[1]"),
    Case(PLAN, {"analysis.looks.fractions": [0.5, 0.2]}, "0.2 is not above 0.5", "ascending",
         at="analysis.looks.fractions[1]"),
    Case(PLAN, {"analysis.looks.fractions": []}, "the list has 0", "at least 1"),
    Case(PLAN, {"analysis.looks.fractions": [0.5, 1]}, "1 is out of range", "below 1",
         at="analysis.looks.fractions[1]"),
    Case(PLAN, {"analysis.looks.fractions": [0]}, "0 is out of range", "above 0", at="analysis.looks.fractions[0]"),
    Case(PLAN, {"analysis.looks.spending": "haybittle"}, "not one of the options", "options", allowed="pocock"),
    Case(PLAN, {"analysis.looks.may": "benefit"}, "not one of the options", "options", allowed="harm_and_benefit"),
    Case(PLAN, {"analysis.looks.may": ABSENT}, "missing", "may is required"),
    Case(PLAN, {"analysis.adjustment": "additive"}, "additive has no boundaries", "increments", allowed="lin"),
    Case(PLAN, {"analysis.multiplicity": "dunnett"}, "dunnett does not share", "every look", allowed="holm"),
    Case(PLAN, {"analysis.multiplicity": "none"}, "none does not share", "every look", allowed="bonferroni"),
    Case(PLAN, {"analysis.multiplicity": "benjamini_hochberg"}, "does not share", "every look", allowed="holm"),
    Case(PLAN, {"population.cluster": "office", "analysis.standard_errors": "CR2"}, "by cluster", "information",
         at="analysis.looks"),
    Case(PLAN, {"analysis.errors_clustered_by": "office", "analysis.standard_errors": "CR2",
                "outcomes[2]": {"id": "calls", "role": "secondary", "kind": "count"}},
         "errors are clustered", "information does not grow", at="analysis.looks"),
    Case(PLAN, {"randomisation.batches": ABSENT, "randomisation.waves": WAVES, "analysis.looks.customers": 5},
         "5 are too few for 2 waves of 3 arms", "all waves are planned to have", at="analysis.looks.customers"),
    Case(PLAN, {"arms[1].not_for": [{"when": {"column": "trust", "equals": True}, "reason": "by hand"}]},
         "closed to some", "of its own", at="analysis.looks"),
    Case(PLAN, {"outcomes[0]": {"id": "wait", "role": "primary", "kind": "time_to_event", "direction": "decrease",
                                "time": "days", "event": "f", "horizon": 60}},
         "a time to an event", "its events", at="analysis.looks"),
    Case(PLAN, {"randomisation.batches": ABSENT}, "same day 0", "two days or more", at="analysis.looks"),
    Case(PLAN, {"randomisation.batches.issue_on": {"north": "2026-03-02", "south": "2026-03-02"}},
         "same day 0", "two days or more", at="analysis.looks"),
    Case(PLAN, {"randomisation.batches": ABSENT, "randomisation.waves": WAVES}, "missing", "last wave",
         at="analysis.looks.customers"),
    Case(PLAN, {"analysis.looks.customers": 500}, "no waves", "allocated"),
    Case(with_looks(ELSEWHERE), {}, "randomised elsewhere", "registry", at="analysis.looks"),
]  # fmt: skip
METHODS = {"matched_pairs": PAIRED, "factorial": FACTORIAL}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


@pytest.mark.parametrize("method", METHODS)
def test_no_looks_where_the_error_over_them_is_not_known(tmp_path: Path, method: str) -> None:
    looks = LOOKS | {"customers": 4000}
    protocol = changed(METHODS[method], ("analysis.looks", looks), ("randomisation.waves", WAVES))
    Case(protocol, {}, f"{method} has no boundaries", "one by one", at="analysis.looks").hold(tmp_path)


def test_looks_are_read_as_declared_and_batches_or_waves_date_them(tmp_path: Path) -> None:
    looks = loaded(tmp_path, PLAN).protocol.analysis.looks
    assert looks is not None
    assert (looks.fractions, looks.spending, looks.may) == ((0.25, 0.5, 0.75), "obrien_fleming", "harm_and_benefit")
    waved = changed(
        PLAN,
        ("randomisation.batches", ABSENT),
        ("randomisation.waves", WAVES),
        ("analysis.looks", {"fractions": [0.4], "may": "harm", "spending": "pocock", "customers": 4000}),
    )
    assert loaded(tmp_path, waved).protocol.analysis.looks.customers == 4000  # type: ignore[union-attr]


def test_a_plan_without_looks_keeps_its_digest_and_one_with_them_has_another(tmp_path: Path) -> None:
    plain = changed(PLAN, ("analysis.looks", ABSENT))
    assert loaded(tmp_path, plain).digest != loaded(tmp_path, PLAN).digest
    assert "looks" not in loaded(tmp_path, plain).canonical
    spelt = changed(PLAN, ("analysis.looks.spending", "obrien_fleming"))
    assert loaded(tmp_path, spelt).digest == loaded(tmp_path, PLAN).digest
