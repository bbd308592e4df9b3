"""Every rule refuses, at its path, and says what is allowed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from designs.protocol import ProtocolRefused, load_protocol, parse_canonical
from tests.designs.protocol.examples import (
    ABSENT,
    ELSEWHERE,
    HERE,
    changed,
    errors_of,
    errors_of_text,
    loaded,
    written,
)

SATURATIONS = [{"id": "low", "treated": 0.2, "share": 1}, {"id": "high", "treated": 0.8, "share": 1}]
FACTORS = {"tone": ["plain", "norm"], "channel": ["letter", "sms"]}


def cells() -> list[dict[str, Any]]:
    made = [
        {"id": f"{tone}-{channel}", "kind": "otm", "share": 1, "levels": {"tone": tone, "channel": channel}}
        for tone in FACTORS["tone"]
        for channel in FACTORS["channel"]
    ]
    return [{"id": "nfa", "kind": "nfa", "share": 1}, *made]


FACTORIAL = changed(HERE, ("randomisation", {"method": "factorial", "factors": FACTORS}), ("arms", cells()))
SATURATED = changed(
    HERE,
    ("randomisation", {"method": "saturation", "cluster": "area", "saturations": SATURATIONS}),
    ("analysis.standard_errors", "CR2"),
)
PAIRED = changed(HERE, ("randomisation", {"method": "matched_pairs", "pairs": "pair"}), ("arms[2].share", 1))
REDRAWN = changed(
    HERE,
    ("randomisation", {"method": "rerandomised", "rerandomise": {"covariates": ["age_days"], "threshold": 0.1}}),
    ("arms[2].share", 1),
)
CLUSTERED = changed(HERE, ("population.cluster", "household"), ("analysis.standard_errors", "CR2"))
BY_BAU = changed(HERE, ("arms[0].kind", "bau"), ("nfa_waived", "the law requires the letter"))
ANSWER = {"answer": "yes", "evidence": "a report", "confidence": "confident"}
COST = {"administration": 1, "exchequer_loss": 2, "evidence": "a ledger", "confidence": "in_doubt"}
QUESTIONS = ("customers", "behaviour", "same_reason", "message", "reaction", "follow_up", "operations")
BEHAVED = changed(HERE, ("behaviour", {"who": "all", "action": "files", "by_day": 30, "observed_in": "returns"}))
ANSWERED = changed(HERE, ("suitability", {"cost": COST, **{question: dict(ANSWER) for question in QUESTIONS}}))


class Case:
    """One protocol broken by one rule."""

    def __init__(
        self,
        protocol: dict[str, Any],
        changes: dict[str, Any],
        problem: str,
        rule: str,
        *,
        at: str | None = None,
        allowed: str = "",
    ) -> None:
        self.protocol = changed(protocol, *changes.items())
        self.path = at or next(iter(changes))
        self.problem, self.rule, self.allowed = problem, rule, allowed


@pytest.mark.parametrize(
    "protocol",
    [HERE, ELSEWHERE, FACTORIAL, SATURATED, PAIRED, REDRAWN, CLUSTERED, BY_BAU, ANSWERED],
    ids=["here", "elsewhere", "factorial", "saturated", "paired", "redrawn", "clustered", "by_bau", "answered"],
)
def test_the_examples_themselves_load(tmp_path: Path, protocol: dict[str, Any]) -> None:
    assert [str(error) for error in errors_of(tmp_path, protocol)] == []


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
        "hold together",
        "ascending",
        allowed="central",
    ),
    Case(HERE, {"population.where[0]": {"column": "x"}}, "hold", "at least one test", allowed="above"),
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

ARMS = [
    Case(HERE, {"arms[0].kind": "otm"}, "no comparison", "nfa_waived", at="arms"),
    Case(HERE, {"arms[0].kind": "bau"}, "no comparison", "nfa_waived", at="arms"),
    Case(HERE, {"arms[0].kind": "otm", "nfa_waived": "why"}, "no arm is of kind bau", "nfa_waived", at="arms"),
    Case(HERE, {"nfa_waived": "no time"}, "nfa all the same", "comparison"),
    Case(BY_BAU, {"arms[1].kind": "bau"}, "leaves the comparison open", "one bau arm", allowed="otm"),
    Case(
        HERE,
        {"arms[3]": {"id": "x", "kind": "nfa", "share": 1}},
        "a second arm",
        "one nfa",
        at="arms[3].kind",
        allowed="bau, otm",
    ),
    Case(HERE, {"arms[2].id": "letter"}, '"letter" is already', "id of its own"),
    Case(HERE, {"arms[1].share": ABSENT}, "missing", "relative weight above zero"),
    Case(ELSEWHERE, {"arms[1].share": 1}, "dealt elsewhere", "randomisation.shares"),
    Case(HERE, {"arms[1].value": 1}, "no file holds", "external"),
    Case(ELSEWHERE, {"arms[1].value": "0.0"}, "also the label of control", "numbers match"),
    Case(ELSEWHERE, {"arms[0].value": "letter", "arms[1].value": ABSENT}, "label of control", "", at="arms[1].id"),
    Case(HERE, {"arms[0].channel": "sms"}, "nfa arm has no channel", "no contact"),
    Case(HERE, {"arms[0].cost_per_customer": 1}, "cost", "no contact"),
    Case(HERE, {"arms[2].idms99_version": "V1"}, "a sms is no IDMS99", "letter"),
    Case(
        HERE,
        {"arms[1].contact_number": "0300", "arms[2].contact_number": "0300"},
        "already another arm's",
        "a number per arm",
        at="arms[2].contact_number",
    ),
]

RANDOMISATION = [
    Case(
        HERE,
        {"population.mutually_exclusive_with": ["late-returns"]},
        "is this trial",
        "shares its customers",
        at="population.mutually_exclusive_with[0]",
    ),
    Case(HERE, {"population.unit": "row"}, "a row is no customer", "customer's id"),
    Case(ELSEWHERE, {"randomisation.arm_column": ABSENT}, "missing", "external needs"),
    Case(HERE, {"randomisation.arm_column": "arm"}, "no meaning", "method: external"),
    Case(HERE, {"randomisation.shares": {"nfa": 1}}, "no meaning", "method: external"),
    Case(ELSEWHERE, {"randomisation.shares.treated": 1}, "not an arm", "by arm id", allowed="control, letter"),
    Case(
        ELSEWHERE,
        {"randomisation.shares.letter": ABSENT},
        "share of letter is missing",
        "every arm",
        at="randomisation.shares",
        allowed="letter",
    ),
    Case(ELSEWHERE, {"randomisation.hold_out": 0.1}, "already dealt", "dealt here"),
    Case(BY_BAU, {"randomisation.hold_out": 0.1}, "no nfa arm", "no further action"),
    Case(CLUSTERED, {"randomisation.cluster": "agent"}, "not the cluster", "one cluster"),
    Case(CLUSTERED, {"population.cluster": "customer_id"}, "is the customer", "several"),
    Case(HERE, {"randomisation.strata[1]": "customer_id"}, "customer's id", "many"),
    Case(CLUSTERED, {"randomisation.strata[1]": "household"}, "the cluster", "many"),
    Case(HERE, {"randomisation.strata[1]": "region"}, "already a stratum", "once"),
    Case(PAIRED, {"randomisation.pairs": ABSENT}, "missing", "matched_pairs needs"),
    Case(PAIRED, {"arms[2].share": 2}, "2 differs from 1", "one customer for each arm"),
    Case(REDRAWN, {"arms[2].share": 2}, "2 differs from 1", "shares are equal"),
    Case(REDRAWN, {"analysis.adjustment": "none"}, "ignores the redraws", "lin", allowed="lin"),
    Case(
        REDRAWN,
        {"analysis.covariates": ["other"]},
        "not among",
        "columns that it balanced",
        at="randomisation.rerandomise.covariates[0]",
        allowed="other",
    ),
    Case(
        SATURATED,
        {"analysis.standard_errors": "HC2", "randomisation.cluster": ABSENT},
        "missing",
        "dealt to clusters",
        at="randomisation.cluster",
    ),
    Case(SATURATED, {"randomisation.saturations[1].id": "low"}, "stands already", ""),
    Case(FACTORIAL, {"arms[4]": ABSENT}, "no arm has norm and sms", "each combination", at="arms"),
    Case(FACTORIAL, {"arms[4].levels": ABSENT}, "missing", "level of each factor"),
    Case(
        FACTORIAL,
        {"arms[4].levels.tone": "loud"},
        "not one level",
        "every factor",
        at="arms[4].levels",
        allowed="plain | norm",
    ),
    Case(FACTORIAL, {"arms[4].levels.tone": "plain"}, "plain-sms has the same", "one arm", at="arms[4].levels"),
    Case(HERE, {"arms[1].levels": {"a": "b"}}, "no factors", "factorial"),
    Case(
        HERE,
        {"randomisation.waves": [{"id": "a", "issue_on": "2026-03-02"}, {"id": "b", "issue_on": "2026-03-02"}]},
        "not after the wave before",
        "one after another",
        at="randomisation.waves[1].issue_on",
    ),
]

OUTCOMES = [
    Case(HERE, {"outcomes[0].standard_deviation": 0.4}, "binary is not sized", "amount or a count"),
    Case(HERE, {"outcomes[0].intracluster_correlation": 0.1}, "no cluster", "dealt in clusters"),
    Case(HERE, {"population.cluster_size": 2}, "no cluster", "dealt in clusters"),
    Case(HERE, {"outcomes[0].role": "secondary"}, "no outcome is the primary", "exactly one", at="outcomes"),
    Case(
        HERE,
        {"outcomes[1].role": "primary", "outcomes[1].day": 30},
        "a second outcome",
        "exactly one",
        at="outcomes[1].role",
        allowed="secondary",
    ),
    Case(
        HERE,
        {"decision": ABSENT, "outcomes[1].id": "filed_30", "outcomes[1].column": "paid"},
        "already",
        "id of its own",
        at="outcomes[1].id",
    ),
    Case(HERE, {"outcomes[0].day": ABSENT}, "missing", "by which day"),
    Case(HERE, {"outcomes[2].time": ABSENT}, "missing", "time, event and horizon"),
    Case(HERE, {"outcomes[2].event": ABSENT}, "missing", "time, event and horizon"),
    Case(HERE, {"outcomes[2].horizon": ABSENT}, "missing", "time, event and horizon"),
    Case(HERE, {"outcomes[2].event": "days"}, "one column", "two columns"),
    Case(HERE, {"outcomes[2].cap": 5}, "has no cap", "time_to_event has"),
    Case(HERE, {"outcomes[0].horizon": 5}, "binary has no horizon", "time_to_event"),
    Case(HERE, {"outcomes[1].time": "days"}, "amount has no time", "time_to_event"),
    Case(HERE, {"outcomes[0].cap": 5}, "binary has no cap", "only an amount"),
    Case(HERE, {"outcomes[3].margin": ABSENT}, "missing", "by how much"),
    Case(HERE, {"outcomes[3].direction": ABSENT}, "missing", "which direction"),
    Case(HERE, {"outcomes[3].margin": 2}, "2 is above 1", "2 points are 0.02"),
    Case(HERE, {"outcomes[0].baseline": 36}, "36 is above 1", "proportions"),
    Case(HERE, {"outcomes[1].margin": 2}, "secondary has no margin", "guardrail"),
    Case(
        HERE, {"outcomes[2].role": "guardrail"}, "not time_to_event", "margin", at="outcomes[2].kind", allowed="amount"
    ),
    Case(HERE, {"decision.benefits[0].outcome": "fled"}, '"fled"', "declared", allowed="paid"),
    Case(HERE, {"decision.benefits[0].outcome": "days_to_file"}, "time_to", "added up", allowed="paid"),
    Case(
        HERE,
        {"decision.benefits[1]": {"outcome": "paid", "value": 1}},
        "twice",
        "once",
        at="decision.benefits[1].outcome",
    ),
    Case(HERE, {"decision": {"break_even": 0.01}}, "nothing is valued", "at least one"),
    Case(HERE, {"decision.set_up": 500}, "missing", "shared over", at="decision.roll_out_customers"),
    Case(
        HERE,
        {"behaviour": {"who": "all", "action": "files", "by_day": 60, "observed_in": "returns"}},
        "day 60 is not day 30",
        "same day",
        at="behaviour.by_day",
    ),
]

SUITABILITY = [
    Case(ANSWERED, {"suitability.reaction": ABSENT}, "missing", "required"),
    Case(ANSWERED, {"suitability.reaction.answer": ABSENT}, "missing", "answered"),
    Case(ANSWERED, {"suitability.cost.exchequer_loss": ABSENT}, "missing", "two figures"),
    Case(ANSWERED, {"suitability.message.administration": 1}, "not belong", "cost"),
    Case(ANSWERED, {"suitability.message.asks_for_review": True}, "not belong", "follow_up"),
    Case(ANSWERED, {"suitability.same_reason.answer": "mostly"}, "mostly", "one reason", allowed="yes, no, unknown"),
    Case(ANSWERED, {"suitability.same_reason.answer": False}, "False", "one reason", allowed="yes, no, unknown"),
    Case(ANSWERED, {"suitability.reaction.answer": {"pay": [1]}}, "mapping", "keys with these"),
    Case(ANSWERED, {"suitability.reaction.confidence": "sure"}, "sure", "options", allowed="in_doubt"),
]

COLUMNS = [
    Case(HERE, {"analysis.covariates[0]": "filed_30"}, "an outcome", "before customers"),
    Case(HERE, {"analysis.covariates[0]": "days"}, "an outcome", "before customers"),
    Case(HERE, {"analysis.subgroups[0].column": "paid"}, "an outcome", "subgroup", at="analysis.subgroups[0]"),
    Case(HERE, {"randomisation.strata[0]": "complaint"}, "an outcome", "stratum"),
    Case(HERE, {"population.where[0].column": "paid"}, "an outcome", "takes part"),
    Case(ELSEWHERE, {"analysis.covariates": ["treated"]}, "the arm", "before", at="analysis.covariates[0]"),
    Case(ELSEWHERE, {"randomisation.strata": ["treated"]}, "the arm", "before", at="randomisation.strata[0]"),
    Case(ELSEWHERE, {"analysis.subgroups": [{"column": "treated"}]}, "the arm", "before", at="analysis.subgroups[0]"),
    Case(
        ELSEWHERE,
        {"population.where": [{"column": "filed", "equals": 1}]},
        "an outcome",
        "takes part",
        at="population.where[0].column",
    ),
    Case(
        HERE,
        {"analysis.complier": {"received": "spoken_to"}, "analysis.covariates": ["spoken_to"]},
        "known only after allocation",
        "before",
        at="analysis.covariates[0]",
    ),
    Case(HERE, {"analysis.covariates[0]": "customer_id"}, "customer's id", "not an id"),
    Case(ELSEWHERE, {"outcomes[0].column": "treated"}, "the arm", "column of its own"),
    Case(
        HERE,
        {"analysis.subgroups[0].quantiles": 4, "population.columns": {"reason": {"kind": "text"}}},
        "declared text",
        "kind number",
        at="analysis.subgroups[0]",
    ),
    Case(HERE, {"population.columns": {"paid": {"kind": "text"}}}, "declared text", "kind number", at="outcomes[1].id"),
    Case(
        HERE,
        {"population.columns": {"customer_id": {"kind": "number"}}},
        "declared number",
        "kind text",
        at="population.unit",
    ),
    Case(
        HERE,
        {
            "population.cluster": "agent",
            "analysis.standard_errors": "CR2",
            "analysis.covariates[0]": {"column": "agent", "as": "number"},
        },
        "elsewhere used as text",
        "kind number",
        at="analysis.covariates[0]",
    ),
    Case(
        HERE,
        {
            "population.where[0]": {"column": "principal", "equals": "high"},
            "analysis.covariates[0]": {"column": "principal", "as": "number"},
        },
        '"high" is not a number',
        "population.columns",
        at="population.where[0].equals",
    ),
    Case(HERE, {"population.where[0].below": 1}, "nothing lies between 1 and 1", "below", at="population.where[0]"),
    Case(HERE, {"population.where[0].missing": True}, "also compared", "alone", at="population.where[0]"),
    Case(
        HERE,
        {"population.columns": {"age_days": {"as_at": "2026-03-02"}}, "randomisation.allocation_date": "2026-03-01"},
        "2026-03-02 is after the allocation on 2026-03-01",
        "a covariate is measured before",
        at="population.columns.age_days.as_at",
    ),
]

ANALYSIS = [
    Case(CLUSTERED, {"analysis.standard_errors": "HC2"}, "HC2 ignores", "household", allowed="CR2"),
    Case(CLUSTERED, {"analysis.standard_errors": ABSENT}, "HC2 ignores", "clustered", allowed="CR0"),
    Case(HERE, {"analysis.standard_errors": "CR1"}, "needs a cluster", "cluster", allowed="HC2"),
    Case(
        PAIRED,
        {"analysis.standard_errors": "CR1", "population.cluster": "office"},
        "too small for pairs",
        "only CR2",
        allowed="CR2",
    ),
    Case(
        HERE,
        {"analysis.multiplicity": "dunnett", "analysis.contrasts": "all_pairs"},
        "dunnett does not cover all pairs",
        "each_against_comparison",
        allowed="holm",
    ),
    Case(HERE, {"analysis.covariates[1]": "age_days"}, "stands already", "once"),
    Case(HERE, {"analysis.subgroups[1]": {"column": "reason", "quantiles": 2}}, "stands already", "once"),
]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.path}-{number}")
        for number, case in enumerate(
            [*VOCABULARY, *ARMS, *RANDOMISATION, *OUTCOMES, *SUITABILITY, *COLUMNS, *ANALYSIS]
        )
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    errors = errors_of(tmp_path, case.protocol)
    assert [error.path for error in errors] == [case.path], [str(error) for error in errors]
    (error,) = errors
    assert case.problem in error.problem
    assert case.rule in error.rule
    assert case.allowed in ", ".join(error.allowed)
    assert error.line is not None


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


@pytest.mark.requirement("D02")
def test_a_campaign_names_its_site(tmp_path: Path) -> None:
    campaign = {"dmtc_site": "Site A", "dto": "DTO North"}
    protocol = changed(HERE, ("campaign", campaign))
    assert loaded(tmp_path, protocol).protocol.campaign is not None
    for site in (ABSENT, None, "", " "):
        errors = errors_of(tmp_path, changed(protocol, ("campaign.dmtc_site", site)))
        assert [error.path for error in errors] == ["campaign.dmtc_site"]


@pytest.mark.parametrize("key", ["who", "action", "observed_in"])
@pytest.mark.parametrize("blank", [ABSENT, None, "", "  \n"])
def test_a_blank_or_unmeasurable_behaviour_is_refused(tmp_path: Path, key: str, blank: object) -> None:
    behaviour = {"who": "late filers", "action": "file", "by_day": 30, "observed_in": "returns received"}
    protocol = changed(HERE, ("behaviour", behaviour))
    assert errors_of(tmp_path, protocol) == ()
    errors = errors_of(tmp_path, changed(protocol, (f"behaviour.{key}", blank)))
    assert [error.path for error in errors] == [f"behaviour.{key}"]


@pytest.mark.requirement("S11")
def test_exactly_one_primary_outcome_with_its_horizon(tmp_path: Path) -> None:
    none = errors_of(tmp_path, changed(HERE, ("outcomes[0].role", "secondary")))
    two = errors_of(tmp_path, changed(HERE, ("outcomes[1].role", "primary"), ("outcomes[1].day", 30)))
    timeless = errors_of(tmp_path, changed(HERE, ("outcomes[0].day", ABSENT)))
    assert [error.path for error in (*none, *two, *timeless)] == ["outcomes", "outcomes[1].role", "outcomes[0].day"]
    assert loaded(tmp_path, HERE).protocol.primary.id == "filed_30"


@pytest.mark.requirement("D03")
@pytest.mark.parametrize("channel", ["letter", "sms", "email", "call"])
def test_each_channel_makes_the_round_trip(tmp_path: Path, channel: str) -> None:
    protocol = changed(HERE, ("arms[1].channel", channel))
    assert parse_canonical(loaded(tmp_path, protocol).canonical).arm("letter").channel == channel


def test_arms_may_differ_by_letter_version_alone(tmp_path: Path) -> None:
    protocol = changed(
        HERE,
        ("arms[1].idms99_version", "V1"),
        ("arms[2].idms99_version", "V2"),
        ("arms[2].channel", "letter"),
    )
    assert errors_of(tmp_path, protocol) == ()


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
