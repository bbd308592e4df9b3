"""A value that does not fit is refused at its path, with what is allowed, and all of them at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from designs.protocol import ProtocolRefused, load_protocol
from tests.designs.protocol.examples import (
    ABSENT,
    ANSWERED,
    BEHAVED,
    FACTORIAL,
    HERE,
    Case,
    changed,
    errors_of,
    errors_of_text,
    loaded,
    written,
)

VOCABULARY = [
    Case(HERE, {"colour": "red"}, "not known", "known keys", allowed="hypothesis"),
    Case(HERE, {"arms[1].shares": 1}, "did you mean share", "known keys", allowed="share"),
    Case(HERE, {"analysis.standard_errors": "hc2"}, "did you mean HC2", "options", allowed="HC3"),
    Case(HERE, {"title": ABSENT}, "missing", "title is required"),
    Case(HERE, {"title": None}, "missing", "title is required"),
    Case(HERE, {"title": "  "}, "empty", "text"),
    Case(HERE, {"id": "Late Returns"}, "not an id", "small letter"),
    Case(HERE, {"schema": 2}, "2 is not", "options", allowed="1"),
    Case(HERE, {"arms[0].kind": "control"}, '"control"', "options", allowed="nfa, bau, otm"),
    Case(HERE, {"arms[1].channel": "fax"}, '"fax"', "options", allowed="letter, sms, email, call"),
    Case(HERE, {"arms[1].share": 0}, "0 is out of range", "above 0"),
    Case(HERE, {"arms[1].share": -1}, "-1 is out of range", "above 0"),
    Case(HERE, {"arms[1].share": True}, "true does not fit", "a number above 0"),
    Case(HERE, {"arms[1].share": "1_000"}, '"1_000" does not fit', "a number above 0"),
    Case(HERE, {"arms[1].value": [1]}, "a list", "text, a number, true or false"),
    Case(HERE, {"arms": [{"id": "nfa", "kind": "nfa", "share": 1}]}, "has 1", "at least 2"),
    Case(HERE, {"arms[1].cost_per_customer": "dear"}, '"dear"', "low, central", allowed="high"),
    Case(
        HERE,
        {"arms[1].cost_per_customer": {"low": 2, "central": 1, "high": 3}},
        "2, 1 and 3 are not in ascending order",
        "ascending",
        allowed="central",
    ),
    Case(
        HERE,
        {"population.where[0]": {"column": "x"}},
        "x is compared with nothing",
        "at least one test",
        allowed="above",
    ),
    Case(HERE, {"population.where[0].one_of": []}, "has 0", "at least 1"),
    Case(
        HERE,
        {"population.columns": {"score": {"as_at": "in May"}}},
        '"in May"',
        "2026-02-28",
        at="population.columns.score.as_at",
    ),
    Case(
        HERE,
        {"population.columns": {"a b": {"kind": "n"}}},
        '"n"',
        "options",
        at='population.columns["a b"].kind',
        allowed="text",
    ),
    Case(HERE, {"outcomes[0].day": 0}, "0 is out of range", "above 0"),
    Case(HERE, {"outcomes[0].day": 2.5}, "2.5", "whole number"),
    Case(HERE, {"outcomes": "filed"}, '"filed"', "a list"),
    Case(HERE, {"analysis.alpha": 0.7}, "0.7 is out of range", "above 0 and below 0.5"),
    Case(HERE, {"analysis.covariates[0]": 3}, "3", "a column's name", allowed="column"),
    Case(HERE, {"campaign": {"dto": "North"}}, "missing", "dmtc_site is required", at="campaign.dmtc_site"),
    Case(BEHAVED, {"behaviour.action": ABSENT}, "missing", "action is required"),
    Case(
        FACTORIAL,
        {"randomisation.factors": {"Big Tone": ["a", "b"]}},
        "not an id",
        "small letter",
        at='randomisation.factors["Big Tone"]',
    ),
]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(VOCABULARY)],
)
def test_a_value_that_does_not_fit_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


def test_all_errors_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    broken = changed(
        HERE,
        ("arms[1].share", True),
        ("arms[2].colour", "red"),
        ("outcomes[1].role", "primary"),
        ("outcomes[1].day", 30),
        ("population.where[0]", {"column": "x"}),
        ("analysis.standard_errors", "CR2"),
        ("decision.benefits[0].outcome", "nothing"),
    )
    path = written(tmp_path, broken)
    with pytest.raises(ProtocolRefused) as refusal:
        load_protocol(path)
    text = path.read_text().splitlines()
    lines = {error.path: text[(error.line or 0) - 1].strip() for error in refusal.value.errors}
    assert lines == {
        "population.where[0]": "{",
        "arms[1].share": '"share": true,',
        "arms[2].colour": '"colour": "red"',
        "outcomes[1].role": '"role": "primary",',
        "decision.benefits[0].outcome": '"outcome": "nothing",',
    }, "the rule on clusters is not asked while the population cannot be read"
    message = str(refusal.value)
    assert message.startswith(f"{path}: the protocol is refused for 5 errors:")
    assert all(str(error) in message for error in refusal.value.errors)


def test_no_internals_of_the_model_show(tmp_path: Path) -> None:
    broken = changed(
        ANSWERED,
        ("arms[0].value", {"a": 1}),
        ("arms[1].cost_per_customer", [1]),
        ("population.where[0].one_of", [[1], {"x": 2}]),
        ("suitability.cost.answer", [1]),
        ("analysis.covariates[0]", [1]),
        ("randomisation", []),
    )
    with pytest.raises(ProtocolRefused) as refusal:
        loaded(tmp_path, broken)
    for error in refusal.value.errors:
        assert re.fullmatch(r"[a-z_0-9.\[\]]+", error.path), error.path
        assert not re.search(r"Range|Scalar|union|str\b|pydantic|Input|tuple", str(error)), str(error)
    assert {error.path for error in refusal.value.errors} == {
        "arms[0].value",
        "arms[1].cost_per_customer",
        "population.where[0].one_of[0]",
        "population.where[0].one_of[1]",
        "suitability.cost.answer",
        "analysis.covariates[0]",
        "randomisation",
    }


def test_a_value_that_cannot_be_read_is_not_also_called_missing(tmp_path: Path) -> None:
    errors = errors_of(tmp_path, changed(HERE, ("arms[1].share", "one"), ("outcomes[0].day", "late")))
    assert [error.path for error in errors] == ["arms[1].share", "outcomes[0].day"]


@pytest.mark.parametrize(
    ("text", "path", "problem"),
    [
        ("a: 1\nb: {x: 1, x: 2}\n", "b.x", "given twice (first on line 2)"),
        ("schema: 1\nschema: 1\n", "schema", "given twice (first on line 1)"),
        ("a: .nan\n", "a", ".nan is not a number"),
        ("a: [1, -.inf]\n", "a[1]", "-.inf is not a number"),
        ("a: 1e999\n", "a", "too large"),
        ("a: 9007199254740993\n", "a", "too large to be kept exactly"),
        ("a: 0123\n", "a", "leading zeros"),
        ("a: &x 1\nb: *x\n", "a", "anchor"),
        ("a: *x\n", "a", "alias"),
        ("a: !!python/object:os.system {}\n", "a", "tag"),
        ("base: {a: 1}\n<<: {a: 2}\n", "", "merge key"),
        ("? [1]\n: 2\n", "", "key is a list"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", "a" + "[0]" * 15, "nested too deeply"),
        ("a: 1\n---\nb: 2\n", "", "second document"),
        ("- a\n", "", "keys and values"),
        ("", "", "keys and values"),
        ("a: b: c\n", "", "not YAML"),
        ("a: 'open\n", "", "not YAML"),
        ("a: \x07\n", "", "not YAML"),
        ('a: "\\ud800"\n', "a", "half a character"),
        (b"a: \xff\n", "", "UTF-8"),
        (b"a: " + b"x" * 300_000, "", "too large"),
    ],
)
def test_what_yaml_allows_and_a_protocol_does_not(tmp_path: Path, text: str | bytes, path: str, problem: str) -> None:
    errors = errors_of_text(tmp_path, text)
    assert any(error.path == path and problem in error.problem for error in errors), [str(error) for error in errors]


def test_a_bomb_of_aliases_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    (error,) = errors_of_text(tmp_path, "\n".join(lines))
    assert (error.path, error.line) == ("a0", 1)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProtocolRefused, match="No such file"):
        load_protocol(tmp_path / "absent.yaml")
    with pytest.raises(ProtocolRefused, match="cannot be read"):
        load_protocol(tmp_path)
