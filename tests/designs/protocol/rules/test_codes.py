"""Every rule about declared codes refuses, at its path; and what they mean is part of the promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from designs.protocol import external_contract, load_protocol, outcomes_contract, parse_canonical, population_contract
from designs.protocol.codes import code_lines
from tests.designs.protocol.examples import ELSEWHERE, HERE, Case, changed, loaded

PAID: dict[str, Any] = {"true": ["P", "PP"], "false": ["N"], "missing": ["-9", "NK"]}
CODED = changed(ELSEWHERE, *((f"outcomes[0].{key}", value) for key, value in PAID.items()))
TOGETHER = "declared together"

BROKEN = [
    Case(CODED, {"outcomes[0].false": ["N", "P"]}, '"P" is true too', "one code", at="outcomes[0].false[1]"),
    Case(CODED, {"outcomes[0].missing": ["N"]}, '"N" is false too', "one code", at="outcomes[0].missing[0]"),
    Case(CODED, {"outcomes[0].missing": [9, "9.0"]}, '"9.0" stands twice', "one code", at="outcomes[0].missing[1]"),
    Case(CODED, {"outcomes[0].missing": [" "]}, "is blank", "without a code", at="outcomes[0].missing[0]"),
    Case(ELSEWHERE, {"outcomes[0].true": ["P"]}, "missing", TOGETHER, at="outcomes[0].false"),
    Case(ELSEWHERE, {"outcomes[0].false": ["P"]}, "missing", TOGETHER, at="outcomes[0].true"),
    Case(HERE, {"outcomes[1].true": [1], "outcomes[1].false": [0]}, "kind: amount has no true", "binary"),
    Case(HERE, {"outcomes[2].missing": [-9]}, "time_to_event has no missing", "population.columns"),
    Case(HERE, {"outcomes[2].true": [1], "outcomes[2].false": [0]}, "time_to_event has no true", "event_codes"),
    Case(
        HERE,
        {"population.columns": {"age_days": {"kind": "number", "true": ["Y"], "false": ["N"]}}},
        "kind: number has no true",
        "boolean",
        at="population.columns.age_days.true",
    ),
    Case(
        HERE,
        {"population.columns": {"customer_id": {"missing": ["NK"]}}},
        "the id has no codes",
        "as it is written",
        at="population.columns.customer_id",
    ),
    Case(
        HERE,
        {
            "population.columns": {"years_late": {"true": ["Y"], "false": ["N"]}},
            "analysis.covariates": [{"column": "years_late", "as": "number"}],
        },
        "declared boolean",
        "number",
        at="analysis.covariates[0]",
    ),
    Case(
        CODED,
        {"population.columns": {"filed": {"missing": [8]}}},
        "declared under population.columns too",
        "once",
        at="outcomes[0].true",
    ),
    Case(
        CODED,
        {"outcomes[1]": {"id": "again", "role": "secondary", "kind": "binary", "column": "filed"}},
        'the outcome "filed" reads this column by its codes',
        "every outcome",
        at="outcomes[1].column",
    ),
    Case(
        HERE,
        {
            "population.columns": {"years_late": {"missing": [-9]}},
            "population.where[0]": {"column": "years_late", "one_of": [1, "-9.0"]},
        },
        "declared missing",
        "no value",
        at="population.where[0].one_of",
    ),
    Case(
        ELSEWHERE,
        {"population.columns": {"treated": {"missing": [0]}}},
        '"0" is declared missing in "treated"',
        "no value",
        at="arms[0].value",
    ),
    Case(
        HERE,
        {"population.columns": {"f": {"missing": [2]}}, "outcomes[2].competing": [2]},
        "declared missing",
        "no value",
        at="outcomes[2].competing",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.path)
def test_a_contradiction_is_refused_at_its_path(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


def test_codes_are_in_the_digest_and_come_back_from_it(tmp_path: Path) -> None:
    plain, coded = loaded(tmp_path, ELSEWHERE), loaded(tmp_path, CODED)
    other = loaded(tmp_path, changed(CODED, ("outcomes[0].true", ["P"])))
    assert len({plain.digest, coded.digest, other.digest}) == 3
    assert "missing" not in plain.canonical
    assert '"true":["P","PP"]' in coded.canonical
    back = parse_canonical(coded.canonical)
    assert external_contract(back).columns == external_contract(coded.protocol).columns
    assert loaded(tmp_path, changed(ELSEWHERE, ("outcomes[0].true", []))).digest == plain.digest


def test_keys_are_words_in_yaml_too(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        "schema: 1\nid: t\ntitle: t\nhypothesis: h\npopulation:\n"
        "  {unit: row, columns: {vip: {true: [yes, Y], false: [NO]}}}\n"
        "arms: [{id: a, kind: nfa}, {id: b, kind: otm}]\nrandomisation: {method: external, arm_column: g}\n"
        "outcomes: [{id: paid, role: primary, kind: binary, column: status, true: [P, 1, true], false: [N]}]\n"
        "analysis: {covariates: [vip]}\n"
    )
    protocol = load_protocol(path).protocol
    assert protocol.outcomes[0].true == ("P", 1, True)
    assert protocol.population.columns["vip"].true == ("yes", "Y")
    assert list(code_lines(protocol)) == [
        "column vip: true yes, Y; false NO (population.columns.vip)",
        "outcome paid, column status: true P, 1, true; false N (outcomes[0])",
    ]
    contract = external_contract(protocol)
    assert contract.required_names == ("vip", "g", "status")
    assert {column.name: (column.kind, column.header) for column in contract.columns} == {
        "g": ("text", "g"),
        "vip": ("boolean", "vip"),
        "status as paid": ("boolean", "status"),
    }


def test_what_is_known_later_may_be_declared_and_is_in_no_population(tmp_path: Path) -> None:
    coded = {"f": {"true": ["E"], "false": ["C"]}, "region": {"missing": ["ZZ"]}, "kept": {"source": "the register"}}
    protocol = loaded(tmp_path, changed(HERE, ("population.columns", coded))).protocol
    assert "f" not in population_contract(protocol).required_names
    assert {"region", "kept"} <= set(population_contract(protocol).required_names)
    (f,) = (column for column in outcomes_contract(protocol).columns if column.name == "f")
    assert (f.kind, f.codes and f.codes.true) == ("boolean", ("E",))
