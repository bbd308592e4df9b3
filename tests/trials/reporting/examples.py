"""Made-up results of a trial of small debts and its neighbours, for functions from results to words and figures.

No analysis made them; that the screens agree with what analyses make is shown in tests/dashboards.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from analysis.results import (
    ArmFinding,
    ArmFlow,
    ArmMoney,
    Balance,
    Check,
    Estimate,
    Evaluation,
    Exclusion,
    Flow,
    Interaction,
    Money,
    MoneyComponent,
    NetBenefit,
    Segment,
    SurvivalCurve,
    Variant,
    Verdict,
)
from analysis.wording.verdicts import FINDING_SENTENCES
from designs.protocol import Protocol
from trials.life import Next
from trials.registry.records import DecisionRecord, TrialSummary

NFA, ARM_SIZE = 149_870, 49_956
COST = {"letter": 0.85, "sms": 0.05, "call": 7.5}
SET_UP = 0.05
ALLOCATED = {"nfa": NFA, "letter": ARM_SIZE, "sms": ARM_SIZE, "call": ARM_SIZE + 1}
DIGEST = "7c1e5d0b9a3f4e2d8b6a1c0f5e9d7b3a2c4f6e8d0b1a3c5e7f9d2b4a6c8e0f13"

PROTOCOL: dict[str, Any] = {
    "schema": 1,
    "id": "small-debts-2026",
    "title": "Reminders for small Self Assessment debts",
    "hypothesis": "A plain reminder raises payment by day 23.",
    "population": {"unit": "customer_id", "name": "small-debts-2026-02"},
    "arms": [
        {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 3},
        {"id": "letter", "kind": "otm", "label": "Plain reminder letter", "share": 1, "channel": "letter"},
        {"id": "sms", "kind": "otm", "label": "SMS reminder", "share": 1, "channel": "sms"},
        {"id": "call", "kind": "otm", "label": "Outbound call", "share": 1, "channel": "call"},
    ],
    "randomisation": {"method": "complete", "strata": ["debt_band", "reason"]},
    "outcomes": [
        {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
        {"id": "days_to_pay", "role": "secondary", "kind": "time_to_event", "event": "paid", "horizon": 365},
        {"id": "collected_12m", "role": "secondary", "kind": "amount", "day": 365, "cap": 250},
        {"id": "inbound_minutes", "role": "secondary", "kind": "amount", "unit": "minutes", "direction": "decrease"},
        {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.002},
    ],
    "analysis": {"alpha": 0.05, "adjustment": "lin", "subgroups": [{"column": "reason"}]},
    "decision": {"roll_out_customers": 400_000},
}
PLAN = Protocol.model_validate_json(json.dumps(PROTOCOL))


def _estimate(outcome: str, role: Any, arm: str, effect: float, error: float, mean: float, **more: Any) -> Estimate:
    fields: dict[str, Any] = {
        "estimand": "itt",
        "method": "lin",
        "standard_errors": "HC2",
        "estimate": effect,
        "std_error": error,
        "statistic": effect / error,
        "df": 199_800.0,
        "p_value": 0.00001 if abs(effect / error) > 4 else 0.31,
        "p_adjusted": 0.00003 if abs(effect / error) > 4 else 0.62,
        "ci_lower": effect - 1.96 * error,
        "ci_upper": effect + 1.96 * error,
        "ci_lower_simultaneous": effect - 2.394 * error,
        "ci_upper_simultaneous": effect + 2.394 * error,
        "n_arm": ARM_SIZE,
        "n_comparison": NFA,
        "mean_comparison": mean,
        "adjusted_mean_arm": mean + effect,
        "adjusted_mean_comparison": mean,
    }
    return Estimate(outcome, role, arm, "nfa", **{**fields, **more})


def _estimates() -> tuple[Estimate, ...]:
    rows: list[Estimate] = []
    for arm, paid, collected, minutes, complaint in (
        ("letter", 0.0213, 0.52, 0.06, 0.0001),
        ("sms", 0.0702, 1.10, 0.28, 0.0002),
        ("call", 0.0911, 2.72, 0.09, 0.0009),
    ):
        rows += [
            _estimate("paid_23", "primary", arm, paid, 0.0024, 0.3104),
            _estimate("collected_12m", "secondary", arm, collected, 0.16, 82.41),
            _estimate("inbound_minutes", "secondary", arm, minutes, 0.01, 0.21),
            _estimate("complaint", "guardrail", arm, complaint, 0.00019, 0.0011),
        ]
        for level, scale in (("cannot_pay", 0.4), ("confused", 1.1), ("deliberate", 0.8), ("forgot", 1.3)):
            rows.append(
                _estimate(
                    "paid_23", "primary", arm, paid * scale, 0.005, 0.28,
                    subgroup="reason", level=level, n_arm=12_489, n_comparison=37_467,
                )
            )  # fmt: skip
        rows.append(
            _estimate(
                "days_to_pay", "secondary", arm, paid * 2, 0.008, 0.0, estimand="log_hazard_ratio", method="cox",
                mean_comparison=None, adjusted_mean_arm=None, adjusted_mean_comparison=None, df=None,
            )
        )  # fmt: skip
    return tuple(rows)


def _money(arm: str, estimate: float, error: float) -> Money:
    return Money(
        estimate, error, 199_800.0, 0.001, estimate - 1.96 * error, estimate + 1.96 * error,
        estimate - 2.394 * error, estimate + 2.394 * error,
    )  # fmt: skip


def _arm_money(arm: str, differences: dict[str, float], error: float) -> ArmMoney:
    values = {"collected_12m": 1.0, "paid_23": 1.0, "inbound_minutes": 0.46, "complaint": 120.0}
    components = tuple(
        MoneyComponent(
            outcome,
            "benefit" if outcome in ("collected_12m", "paid_23") else "cost",
            difference,
            values[outcome],
            difference * values[outcome] * (1 if outcome in ("collected_12m", "paid_23") else -1),
        )
        for outcome, difference in differences.items()
    )
    net = sum(component.pounds or 0.0 for component in components) - COST[arm] - SET_UP
    central = _money(arm, net, error)
    assert central.ci_lower is not None
    assert central.ci_upper is not None
    return ArmMoney(
        arm, "nfa", _money(arm, net - 0.25, error), central, _money(arm, net + 0.2, error), components,
        COST[arm], SET_UP, 0.0125, 400_000, net * 400_000, central.ci_lower * 400_000, central.ci_upper * 400_000,
    )  # fmt: skip


def evaluation() -> Evaluation:
    """Trial B: a letter that works and still should not be sent."""
    differences = {
        "letter": {"collected_12m": 0.44, "paid_23": 0.0213, "inbound_minutes": 0.06, "complaint": 0.0001},
        "sms": {"collected_12m": 1.10, "paid_23": 0.0702, "inbound_minutes": 0.28, "complaint": 0.0002},
        "call": {"collected_12m": 2.72, "paid_23": 0.0911, "inbound_minutes": 0.09, "complaint": 0.0009},
    }
    money = NetBenefit(
        tuple(_arm_money(arm, parts, 0.26) for arm, parts in differences.items()),
        scenario_verdicts={"low": "scale", "central": "scale", "high": "scale"},
    )
    estimates = _estimates()
    return Evaluation(
        trial="small-debts-2026",
        title=PROTOCOL["title"],
        protocol_digest=DIGEST,
        data_digest=DIGEST[::-1],
        flow=Flow(
            rows_read=310_000,
            rejected=12,
            excluded=(
                Exclusion("worked by the HNW/Expat team", 3_100),
                Exclusion("contacted in the last 60 days", 7_149),
            ),
            allocated=299_739,
            analysed=299_739,
            arms=tuple(ArmFlow(arm, size, size, 0) for arm, size in ALLOCATED.items()),
        ),
        checks=(
            Check(
                "allocation_counts", True, "Every arm holds exactly the customers that were assigned to it.", "blocks"
            ),
            Check("duplicate_ids", True, "Every customer appears once.", "blocks"),
            Check("retention", True, "Outcomes arrived for the same share of every arm.", "blocks"),
            Check("balance", True, "The largest standardised difference is 0.01.", "warns"),
            Check("delivery", None, "No dispatch file has been loaded.", "informs"),
        ),
        estimates=estimates,
        sensitivity=(
            replace(estimates[1], variant=Variant("capped", "pounds", cap=250.0), estimate=0.47),
            replace(estimates[0], variant=Variant("logit"), method="logit", estimate=0.0211),
        ),
        verdict=Verdict(
            "scale",
            "For every 1,000 customers assigned the SMS reminder, 70 more paid by day 23 than with no further action. "
            "After costs the department is estimated to gain £920 (£300 to £1,540 gained).",
            arm="sms",
            reasons=("The SMS reminder changed behaviour and gained money after every cost.",),
            arms=(
                ArmFinding("letter", "works_worth_unknown", FINDING_SENTENCES["works_worth_unknown"], (), True),
                ArmFinding("sms", "passes", "Works, and is worth sending.", (), True),
                ArmFinding("call", "worse_than_nfa", "Worse than no further action.", (), True),
            ),
            flips=("The verdict holds until an SMS costs 90p.",),
        ),
        net_benefit=money,
        balance=(Balance("age_days", None, "sms", "nfa", 142.1, 141.8, 0.004),),
        interactions=(
            Interaction("paid_23", "reason", "letter", "nfa", 4.2, 3.0, 199_000.0, 0.0056),
            Interaction("paid_23", "reason", "sms", "nfa", 31.0, 3.0, 199_000.0, 0.00001),
            Interaction("paid_23", "reason", "call", "nfa", None, None, None, None, "one level is empty"),
        ),
        versions={"otm": "0.1.0", "python": "3.11.2", "numpy": "2.4.1"},
    )


def with_curves() -> Evaluation:
    days = tuple(float(day) for day in range(0, 366, 5))
    curves = tuple(
        SurvivalCurve(
            "days_to_pay", arm, days,
            tuple(1.0 - share * (1 - 0.985**day) for day in days),
            tuple(int(ALLOCATED[arm] * (1.0 - share * (1 - 0.985**day))) for day in days),
            marks={"first penalty": 30.0},
        )
        for arm, share in (("nfa", 0.62), ("letter", 0.64), ("sms", 0.70), ("call", 0.72))
    )  # fmt: skip
    return replace(evaluation(), curves=curves)


def not_shown() -> Evaluation:
    sentence = (
        "For every 1,000 customers assigned the plain reminder letter, 24 more paid by day 23 than with no further "
        "action. After costs the department is estimated to lose £490 (£1,110 lost to £130 gained). Not shown "
        "to beat no further action: do not scale."
    )
    return replace(
        evaluation(),
        verdict=Verdict(
            "not_shown",
            sentence,
            arms=tuple(ArmFinding(arm, "not_shown", "", (), True) for arm in ("letter", "sms", "call")),
            flips=("A trial of 68,000 customers would settle it.",),
        ),
    )


def invalid() -> Evaluation:
    base = evaluation()
    return replace(
        base,
        checks=(
            *base.checks[:2],
            Check(
                "retention", False,
                "4.9% of the call arm has no outcome, against 0.2% with no further action.", "blocks",
            ),
            *base.checks[3:],
        ),
        verdict=Verdict("invalid", "An integrity check failed, so no effect is reported as a finding."),
    )  # fmt: skip


def without_money() -> Evaluation:
    return replace(evaluation(), net_benefit=None, net_benefit_reason="the protocol declares no decision")


def decision() -> DecisionRecord:
    return DecisionRecord(
        decided_at=datetime(2026, 11, 20, 14, 0, tzinfo=UTC), decided_by="demonstrator", choice="accept",
        verdict_code="scale", action="Scale the SMS reminder", reason="It pays for itself.",
        conditions="Keep 5% on no further action.", review_on=date(2027, 5, 20),
    )  # fmt: skip


def summary(**changes: Any) -> TrialSummary:
    base = TrialSummary(
        id="small-debts-2026", title=PROTOCOL["title"], state="analysed", customers=299_739,
        arms=("No further action", "Plain reminder letter", "SMS reminder", "Outbound call"),
        channels=("letter", "sms", "call"), segments=("reason",), verdict_code="scale", verdict_arm="sms",
        verdict_segment=None, verdict_sentence=None, next=Next("decide", "manager"),
        created_on=date(2026, 2, 2), allocated_on=date(2026, 2, 14), evaluated_on=date(2026, 11, 12),
        decided_on=None, synthetic=True, verdict_approach="the SMS reminder",
    )  # fmt: skip
    return replace(base, **changes)


def portfolio() -> tuple[TrialSummary, ...]:
    return (
        summary(
            id="five-messages-2026", title="Five messages to late payers of Self Assessment", state="decided",
            customers=182_400, segments=("reason", "debt_band"), channels=("letter", "sms"),
            verdict_code="scale_segment", verdict_arm="norm", verdict_approach="the letter “Most people pay”",
            verdict_segment=Segment("reason", "forgot"),
            created_on=date(2025, 9, 8), allocated_on=date(2025, 10, 1), evaluated_on=date(2026, 10, 8),
            decided_on=date(2026, 10, 15), next=Next("review", "manager"),
        ),
        summary(),
        summary(
            id="late-returns-2026", title="Late returns: a first reminder by letter", customers=20_000,
            arms=("No further action", "Reminder letter"), channels=("letter",), segments=(),
            verdict_code="not_shown", verdict_arm=None, verdict_approach=None, created_on=date(2026, 3, 2),
            allocated_on=date(2026, 3, 20), evaluated_on=date(2026, 10, 30),
        ),
        summary(
            id="lost-outcomes-2026", title="Letters to landlords", customers=60_000, channels=("letter", "email"),
            segments=(), verdict_code="invalid", verdict_arm=None, verdict_approach=None, created_on=date(2026, 4, 6),
            allocated_on=date(2026, 4, 20), evaluated_on=date(2026, 11, 2),
        ),
        summary(
            id="stalled-2026", title="Phone calls before the second penalty", state="locked", customers=41_208,
            arms=("No further action", "Outbound call"), channels=("call",), segments=("income_type",),
            verdict_code=None, verdict_arm=None, verdict_approach=None,
            created_on=date(2026, 10, 30), allocated_on=None,
            evaluated_on=None, next=Next("randomise", "randomiser"),
        ),
    )  # fmt: skip
