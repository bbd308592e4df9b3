"""Every rule over several keys refuses, at its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from designs.protocol import Protocol, parse_canonical
from designs.protocol.rules import breaches
from tests.designs.protocol.examples import (
    ABSENT,
    ANSWERED,
    BEHAVED,
    BY_BAU,
    CLUSTERED,
    ELSEWHERE,
    FACTORIAL,
    HERE,
    PAIRED,
    REDRAWN,
    SATURATED,
    Case,
    changed,
    errors_of,
    loaded,
)


@pytest.mark.parametrize(
    "protocol",
    [HERE, ELSEWHERE, FACTORIAL, SATURATED, PAIRED, REDRAWN, CLUSTERED, BY_BAU, ANSWERED],
    ids=["here", "elsewhere", "factorial", "saturated", "paired", "redrawn", "clustered", "by_bau", "answered"],
)
def test_the_examples_themselves_load(tmp_path: Path, protocol: dict[str, Any]) -> None:
    assert [str(error) for error in errors_of(tmp_path, protocol)] == []


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
        {"arms[1].not_for": [{"when": {"column": "hnw", "equals": True}, "reason": "HNW", "agreement": "HNW team"}]},
        "closed by agreement to be open",
        "leaving not_for out",
        at="arms[1].not_for[0].agreement",
    ),
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
    Case(HERE, {"randomisation.merge": ["phone"]}, "is no stratum", "give them up", at="randomisation.merge[0]"),
    Case(HERE, {"randomisation.merge": ["region", "region"]}, "twice", "", at="randomisation.merge[1]"),
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
    Case(
        HERE,
        {"randomisation.batches": {"column": "batch", "issue_on": {"one": "2026-03-02"}}},
        '"batch" is no stratum',
        "a batch is a stratum",
        at="randomisation.batches.column",
    ),
    Case(
        HERE,
        {
            "randomisation.strata": ["batch"],
            "randomisation.batches": {"column": "batch", "issue_on": {"one": "2026-03-02"}},
            "randomisation.waves": [{"id": "a", "issue_on": "2026-03-02"}],
        },
        "waves are declared too",
        "not both",
        at="randomisation.batches",
    ),
]

OUTCOMES = [
    Case(HERE, {"outcomes[0].standard_deviation": 0.4}, "binary is not sized", "amount or a count"),
    Case(HERE, {"outcomes[0].intracluster_correlation": 0.1}, "no cluster", "dealt in clusters"),
    Case(HERE, {"population.cluster_size": 2}, "no cluster", "dealt in clusters"),
    Case(HERE, {"outcomes[0].unit": "number"}, "binary has no unit", "percentage points"),
    Case(HERE, {"outcomes[2].unit": "minutes"}, "not measured in minutes", "in days", allowed="days"),
    Case(
        HERE,
        {"outcomes[1].kind": "count", "outcomes[1].cap": ABSENT, "outcomes[1].unit": "pounds"},
        "count is not measured in pounds",
        "kind: amount",
        at="outcomes[1].unit",
        allowed="number",
    ),
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
    Case(HERE, {"outcomes[1].marks": {"penalty": 30}}, "amount has no marks", "time_to_event"),
    Case(HERE, {"outcomes[2].marks": {"penalty": 400}}, "day 400 is not shown", "day", at="outcomes[2].marks.penalty"),
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
    Case(ANSWERED, {"suitability.reaction.answer": ABSENT}, "missing", "required"),
    Case(ANSWERED, {"suitability.cost.exchequer_loss": ABSENT}, "missing", "required"),
    Case(ANSWERED, {"suitability.message.administration": 1}, "not known", "known keys", allowed="answer"),
    Case(ANSWERED, {"suitability.message.asks_for_review": True}, "not known", "known keys", allowed="evidence"),
    Case(ANSWERED, {"suitability.same_reason.answer": "mostly"}, "mostly", "options", allowed="yes, no, unknown"),
    Case(ANSWERED, {"suitability.same_reason.answer": False}, "false", "options", allowed="yes, no, unknown"),
    Case(ANSWERED, {"suitability.reaction.answer": {"pay": [1]}}, "mapping", "keys with these"),
    Case(ANSWERED, {"suitability.reaction.confidence": "sure"}, "sure", "options", allowed="in_doubt"),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_a_day": 900}},
        "not known; did you mean capacity_per_day",
        "text, or evidence",
        at="suitability.operations.answer.capacity_a_day",
        allowed="peak_contacts_per_day",
    ),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_per_day": "about 900"}},
        '"about 900" does not fit',
        "a number at least 0",
        at="suitability.operations.answer.capacity_per_day",
    ),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_per_day": True}},
        "true does not fit",
        "a number at least 0",
        at="suitability.operations.answer.capacity_per_day",
    ),
    Case(
        ANSWERED,
        {"suitability.operations.answer": {"capacity_per_day": 900, "peak_contacts_per_day": -1}},
        "-1 does not fit",
        "a number at least 0",
        at="suitability.operations.answer.peak_contacts_per_day",
    ),
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
        for number, case in enumerate([*ARMS, *RANDOMISATION, *OUTCOMES, *SUITABILITY, *COLUMNS, *ANALYSIS])
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)


@pytest.mark.parametrize("key", list(Protocol.model_fields))
def test_a_rule_reads_no_section_but_those_it_names(tmp_path: Path, key: str) -> None:
    """Without one section, the rules that do not read it are asked all the same, and none of them stumbles."""
    for protocol in (HERE, ELSEWHERE, FACTORIAL, SATURATED, PAIRED, REDRAWN, CLUSTERED, BY_BAU, BEHAVED, ANSWERED):
        whole = loaded(tmp_path, protocol).protocol
        name = "schema_" if key == "schema" else key
        breaches(whole.model_copy(update={name: None}), unread=frozenset({key}))


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


@pytest.mark.parametrize(
    ("kind", "unit", "measured_in"),
    [
        ("amount", None, "pounds"),
        ("amount", "pounds", "pounds"),
        ("amount", "minutes", "minutes"),
        ("amount", "days", "days"),
        ("amount", "number", "number"),
        ("count", None, "number"),
        ("count", "number", "number"),
        ("binary", None, "share"),
    ],
)
def test_each_outcome_says_what_it_is_measured_in(
    tmp_path: Path, kind: str, unit: str | None, measured_in: str
) -> None:
    outcome = {"id": "paid", "role": "secondary", "kind": kind, "unit": unit}
    protocol = loaded(tmp_path, changed(HERE, ("outcomes[1]", outcome))).protocol
    assert protocol.outcome("paid").measured_in == measured_in
    assert protocol.outcome("days_to_file").measured_in == "days"


def test_arms_may_differ_by_letter_version_alone(tmp_path: Path) -> None:
    protocol = changed(
        HERE,
        ("arms[1].idms99_version", "V1"),
        ("arms[2].idms99_version", "V2"),
        ("arms[2].channel", "letter"),
    )
    assert errors_of(tmp_path, protocol) == ()
