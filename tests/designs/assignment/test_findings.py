"""What is said about a population before the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from designs.assignment.declare import declare
from designs.assignment.findings.draw import check_population, undeclared_groups
from designs.assignment.findings.flags import undeclared_flags
from designs.finding import Finding
from designs.protocol.models import Wording
from tests.designs.protocol.examples import HERE, PAIRED, REDRAWN, SATURATED, changed, loaded

N = 240
Columns = dict[str, Any]


def people(**changes: Any) -> pa.Table:
    rng = np.random.default_rng(6)
    columns: Columns = {
        "customer_id": [f"{at:05d}" for at in range(N)],
        "region": [("north", "south")[at % 2] for at in range(N)],
        "years_late": [1] * N,
        "trust": [False] * N,
        "age_days": rng.gamma(2, 50, N),
        **changes,
    }
    return pa.table({name: column for name, column in columns.items() if column is not None})


def found(folder: Path, table: pa.Table, base: dict[str, Any] = HERE, *changes: tuple[str, Any]) -> dict[str, Finding]:
    findings = check_population(loaded(folder, changed(base, *changes)).protocol, table)
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities)
    return {finding.code: finding for finding in findings}


def assigned_by(cluster: str) -> tuple[tuple[str, Any], ...]:
    return ("population.cluster", cluster), ("analysis.standard_errors", "CR2")


def test_nothing_to_say(tmp_path: Path) -> None:
    assert found(tmp_path, people()) == {}


def test_households_that_the_protocol_does_not_declare(tmp_path: Path) -> None:
    """60 couples and 120 alone: with shares 1:1:2, a couple is split with probability 1 - (1/16 + 1/16 + 1/4)."""
    household = [f"h{at // 2}" if at < 120 else f"h{at}" for at in range(N)]
    finding = found(tmp_path, people(household_id=household))["undeclared_cluster"]
    assert (finding.where, finding.customers, finding.severity) == ("household_id", 120, "warns")
    assert "60 groups, the largest of 2" in finding.problem
    assert "about 38 of these groups" in finding.risk
    assert "population.cluster: household_id" in finding.remedy
    declared = found(tmp_path, people(household_id=household), HERE, *assigned_by("household_id"))
    assert "undeclared_cluster" not in declared


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("agent_id", [f"a{at % 30}" for at in range(N)], True),
        ("agent_id", [f"a{at % 30}" if at % 3 == 0 else None for at in range(N)], True),
        ("company_group", [at // 4 for at in range(N)], True),
        ("reference", [f"r{at // 3}" for at in range(N)], True),  # nobody called it a household
        ("agent", ["yes", "no"] * (N // 2), False),
        ("age_group", [at % 8 for at in range(N)], False),
        ("reason", [("forgot", "confused", "cannot pay")[at % 3] for at in range(N)], False),
        ("principal", [float(at // 2) for at in range(N)], False),
        ("agent_code", [at % 30 for at in range(N)], True),
        ("employer", [str(10_000 + at // 3) for at in range(N)], True),
        ("phone", [f"07700{900_000 + at // 2}" for at in range(N)], True),
        ("age", [str(18 + at % 60) for at in range(N)], False),
        ("debt", [f"£{at // 2 * 37:,}.50" for at in range(N)], False),
        ("due_date", [f"2026-{1 + at % 12:02d}-{1 + at % 28:02d}" for at in range(N)], False),
        ("household_income", [str(9_000 + at % 90 * 37) for at in range(N)], False),
        ("group_size", [at % 50 for at in range(N)], False),
        ("own_reference", [f"r{at}" for at in range(N)], False),
        ("postcode", [None] * N, False),
    ],
)
def test_which_columns_look_like_a_shared_identity(tmp_path: Path, name: str, values: list[Any], says: bool) -> None:
    scheme = declare(loaded(tmp_path, HERE).protocol)
    assert bool(list(undeclared_groups(people(**{name: values}), "customer_id", scheme))) == says


def test_strata_that_vary_within_a_cluster(tmp_path: Path) -> None:
    households = [f"h{at // 2}" for at in range(N)]
    finding = found(tmp_path, people(household=households), HERE, *assigned_by("household"))
    assert finding["stratum_varies_in_cluster"].severity == "blocks"
    assert "within 120 clusters, first within 'h0'" in finding["stratum_varies_in_cluster"].problem


def test_clusters_of_one_and_few_clusters(tmp_path: Path) -> None:
    regions = ["north"] * N
    households = [f"h{at}" if at < 9 else f"g{at % 20}" for at in range(N)]
    say = found(tmp_path, people(region=regions, household=households), HERE, *assigned_by("household"))
    assert say["one_customer_cluster"].problem == "9 of 29 clusters hold one customer"
    assert say["few_clusters"].problem.startswith("29 clusters")
    assert "undeclared_cluster" not in say


def test_labels_that_are_missing(tmp_path: Path) -> None:
    regions = [None if at < 3 else "north" for at in range(N)]
    finding = found(tmp_path, people(region=regions))["missing_label"]
    assert (finding.severity, finding.customers, finding.where) == ("blocks", 3, "region")


HNW = {"when": {"column": "hnw", "equals": True}, "reason": "the HNW team pursues these"}


def test_an_agreement_is_counted_before_the_lock(tmp_path: Path) -> None:
    marked = people(hnw=[at < 7 for at in range(N)])
    agreed = HNW | {"agreement": "HNW team, 2 March 2026"}
    finding = found(tmp_path, marked, HERE, ("population.exclude", [agreed]))["by_agreement"]
    assert (finding.customers, finding.severity) == (7, "warns")
    assert "take part by agreement (HNW team, 2 March 2026)" in finding.problem
    assert "by_agreement" not in found(tmp_path, people(hnw=[False] * N), HERE, ("population.exclude", [agreed]))


def test_a_mark_that_is_not_known_of_everybody(tmp_path: Path) -> None:
    marked = people(hnw=[None if at < 9 else False for at in range(N)])
    exclude = ("population.exclude", [HNW])
    assert found(tmp_path, marked, HERE, exclude)["missing_flag"].customers == 9
    missing = {"when": {"column": "hnw", "missing": True}, "reason": "it is not known whether they are HNW"}
    assert "missing_flag" not in found(tmp_path, marked, HERE, ("population.exclude", [HNW, missing]))


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("hnw_expat", [True, False], N // 2),
        ("is_expat", ["yes", "no"], N // 2),
        ("hnw", [1, 0], N // 2),
        ("hnw", [False, False], 0),
        ("expatiates", [None, "1"], N // 2),
        ("shnwell", [True, True], 0),
        ("a_trust", [True, False], N // 2),
        ("is_trust", ["Y", "N"], N // 2),
        ("trusted", [True, True], 0),
        ("needs_support", [1, 0], N // 2),
        ("vulnerable", ["yes", "no"], N // 2),
        ("supporter", [True, True], 0),
        ("deceased", [True, False], N // 2),
        ("deadline", [True, True], 0),
        ("agent", ["Yes", "no"], N // 2),
        ("represented", [1, 0], N // 2),
        ("agency", [True, True], 0),
        ("welsh_preference", [1, 0], N // 2),
        ("preferred_language", [" Welsh", "English"], N // 2),
        ("language", ["cy", "en"], N // 2),
        ("slang", ["cy", "en"], 0),
    ],
)
def test_marks_that_no_condition_uses(tmp_path: Path, name: str, values: list[Any], says: int) -> None:
    table = people(**{name: [values[at % 2] for at in range(N)]})
    protocol = loaded(tmp_path, changed(HERE)).protocol
    assert sum(finding.customers for finding in undeclared_flags(protocol, table)) == says
    excluded = {"when": {"column": name, "equals": values[0]}, "reason": "the HNW team pursues these"}
    if values[0] is not None:
        protocol = loaded(tmp_path, changed(HERE, ("population.exclude", [excluded]))).protocol
        assert not list(undeclared_flags(protocol, table))


def test_welsh_is_heeded_where_every_letter_has_it(tmp_path: Path) -> None:
    """An arm that nobody is sent anything in needs none."""
    table = people(welsh=[at == 0 for at in range(N)])
    protocol = loaded(tmp_path, changed(HERE)).protocol
    (finding,) = undeclared_flags(protocol, table)
    assert finding.customers == 1
    assert finding.severity == "blocks"
    assert finding.problem.endswith(": there is no Welsh text")
    assert all(arm.label in finding.problem for arm in protocol.arms if arm.kind != "nfa")
    assert "text in Welsh" in finding.remedy
    both = Wording(en="e.md", cy="c.md")
    arms = tuple(arm if arm.channel is None else arm.model_copy(update={"text": both}) for arm in protocol.arms)
    assert not list(undeclared_flags(protocol.model_copy(update={"arms": arms}), table))


def test_small_and_empty_strata(tmp_path: Path) -> None:
    regions = ["tiny"] * 2 + ["small"] * 4 + ["north"] * (N - 6)
    late = [1, 2] * 3 + [1] * (N - 6)
    strata = ("randomisation.strata", ["region", "years_late"])
    table = people(region=regions, years_late=late)
    protocol = loaded(tmp_path, changed(HERE, strata)).protocol
    findings = check_population(protocol, table)
    assert [(finding.code, finding.where, finding.customers) for finding in findings] == [
        ("empty_strata", "region, years_late", 0),
        ("stratum_smaller_than_arms", "region=small; years_late=1", 2),
        ("stratum_smaller_than_arms", "region=small; years_late=2", 2),
        ("stratum_smaller_than_arms", "region=tiny; years_late=1", 1),
        ("stratum_smaller_than_arms", "region=tiny; years_late=2", 1),
    ]
    assert "1 of the 6 combinations" in findings[0].problem
    merged = found(tmp_path, table, HERE, strata, ("randomisation.merge", ["years_late", "region"]))
    assert set(merged) == {"empty_strata"}
    simple = found(tmp_path, table, HERE, strata, ("randomisation.method", "simple"))
    assert simple == {}


def test_strata_with_one_unit_in_an_arm(tmp_path: Path) -> None:
    regions = ["small"] * 5 + ["north"] * (N - 5)
    assert set(found(tmp_path, people(region=regions))) == {"fewer_than_two_per_arm"}


def test_arms_barred_to_some(tmp_path: Path) -> None:
    trusts = [{"when": {"column": "trust", "equals": True}, "reason": "worked by the DTO"}]
    bars = (("arms[1].not_for", trusts), ("arms[2].not_for", trusts))
    say = found(tmp_path, people(trust=[at < 10 for at in range(N)]), HERE, *bars)
    assert say["one_arm_open"].where.endswith("(without letter sms)")
    paired = found(
        tmp_path, people(trust=[at < 9 for at in range(N)], pair=[str(at // 3) for at in range(N)]), PAIRED, bars[0]
    )
    assert paired["barred_arm"].severity == "blocks"


def test_pairs_that_are_not_whole(tmp_path: Path) -> None:
    say = found(tmp_path, people(pair=[str(at // 4) for at in range(N)]), PAIRED)
    assert say["cannot_be_assigned"].severity == "blocks"
    assert "60 pairs do not have 3 units" in say["cannot_be_assigned"].problem


def test_thresholds_that_no_draw_will_meet(tmp_path: Path) -> None:
    assert found(tmp_path, people(), REDRAWN) == {}
    strict = found(tmp_path, people(), REDRAWN, ("randomisation.rerandomise.threshold", 1e-6))
    assert strict["threshold_too_strict"].severity == "blocks"
    missing = found(tmp_path, people(age_days=[None, *range(N - 1)]), REDRAWN)
    assert "missing for 1 units" in missing["cannot_be_assigned"].problem


def test_saturations_need_clusters_enough(tmp_path: Path) -> None:
    say = found(tmp_path, people(area=[f"area {at % 3}" for at in range(N)]), SATURATED)
    assert say["few_clusters"].customers == N
    assert say["fewer_than_two_per_arm"].problem == "3 units for 2 arms"


def test_a_finding_reads_as_a_sentence(tmp_path: Path) -> None:
    finding = found(tmp_path, people(region=["small"] * 5 + ["north"] * (N - 5)))["fewer_than_two_per_arm"]
    assert str(finding) == (
        "region=small: 5 units for 3 arms, of which nfa and letter can expect fewer than two (the least 1.25). "
        "With one unit in an arm, no variance can be estimated. "
        "To do: declare randomisation.merge, or a coarser stratum."
    )
