"""Random plans: anything that the protocol's vocabulary can say. One number makes one plan, the same every time.

Schemes, clusters, strata, closed arms, hold-outs, waves, every kind of outcome: combinations that nobody thought of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

TRIAL = "any"
WAIT: dict[str, Any] = {
    "id": "wait", "kind": "time_to_event", "direction": "decrease", "time": "days", "event": "done", "horizon": 40,
}  # fmt: skip
METHODS = ("simple", "complete", "complete", "matched_pairs", "rerandomised", "saturation", "factorial")


@dataclass
class Chance:
    """Choices of one seed."""

    seed: int
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([20_261, self.seed])

    def one_in(self, n: float) -> bool:
        return bool(self.rng.random() * n < 1)

    def of(self, *options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]


def protocol(chance: Chance) -> dict[str, Any]:
    """Any plan that the file's vocabulary can say; some of them are refused, with reason."""
    method = chance.of(*METHODS)
    clustered = method == "saturation" or chance.one_in(3)
    arms = _arms(chance, method)
    plan: dict[str, Any] = {
        "schema": 1,
        "id": TRIAL,
        "title": "Any trial",
        "hypothesis": "A message brings payment.",
        "population": {"unit": "customer_id"},
        "arms": arms,
        "randomisation": _randomisation(chance, method, clustered, arms),
        "outcomes": _outcomes(chance),
        "analysis": _analysis(chance, method, clustered),
    }
    if clustered:
        plan["population"]["cluster"] = "household"
    if chance.one_in(3):
        plan["population"]["exclude"] = [{"when": {"column": "hnw", "equals": True}, "reason": "HNW"}]
    if not chance.one_in(3):
        valued = [o["id"] for o in plan["outcomes"] if o["role"] != "guardrail" and o["kind"] != "time_to_event"]
        valued.sort(key=lambda outcome: outcome == "paid")  # pounds before payers
        value = chance.of(1, 50, {"low": 0.5, "central": 1, "high": 1.5})
        if valued:
            plan["decision"] = {"benefits": [{"outcome": valued[0], "value": value}]}
    if _may_be_looked_at(plan, method, clustered):
        _with_looks(chance.seed, plan)
    _with_rarer_keys(chance.seed, plan)
    return plan


def _with_rarer_keys(seed: int, plan: dict[str, Any]) -> None:
    """Competing events, coverage, errors clustered by what was not assigned whole; from choices of their own too."""
    rng, analysis = np.random.default_rng([20_263, seed]), plan["analysis"]
    timed = [outcome for outcome in plan["outcomes"] if outcome["kind"] == "time_to_event"]
    for outcome in timed:
        if rng.random() < 0.6:
            outcome |= {"competing": [2]} | ({"event_codes": [1]} if rng.random() < 0.5 else {})
    if rng.random() < 0.3:
        analysis |= {"coverage": float(rng.choice([0.2, 0.6, 0.95])), "retention_margin": 0.05}
    if rng.random() < 0.2:
        plan["outcomes"][0]["coverage"] = 0.5
    one_by_one = "cluster" not in plan["population"] and plan["randomisation"]["method"] in ("simple", "complete")
    if one_by_one and not timed and "looks" not in analysis and rng.random() < 0.3:
        analysis |= {"errors_clustered_by": "household", "standard_errors": str(rng.choice(["CR0", "CR1", "CR2"]))}
    for outcome in plan["outcomes"]:
        if "margin" in outcome and rng.random() < 0.6:
            outcome["margin"] = 0.3 if outcome["kind"] == "binary" else 3  # arms of a hundred can pass these
    for benefit in plan.get("decision", {}).get("benefits", []):
        if rng.random() < 0.5:
            benefit |= {"money": str(rng.choice(["earlier", "extra", "cost_saved"])), "because": "an invented reason"}


def _may_be_looked_at(plan: dict[str, Any], method: str, clustered: bool) -> bool:
    closed = any("not_for" in arm for arm in plan["arms"])
    timed = plan["outcomes"][0]["kind"] == "time_to_event"
    waved = "waves" in plan["randomisation"]
    return waved and method in ("simple", "complete") and not (clustered or closed or timed)


def _with_looks(seed: int, plan: dict[str, Any]) -> None:
    """A look when the first wave is due; from choices of its own, so that other plans stay as they were."""
    rng, analysis = np.random.default_rng([20_262, seed]), plan["analysis"]
    if rng.random() < 0.2:
        return
    analysis["looks"] = {
        "fractions": [0.2], "may": str(rng.choice(["harm", "harm_and_benefit"])),
        "spending": str(rng.choice(["obrien_fleming", "pocock"])), "customers": 175 * len(plan["arms"]),
    }  # fmt: skip
    analysis["multiplicity"] = str(rng.choice(["holm", "bonferroni"]))
    if analysis.get("adjustment") == "additive":
        analysis["adjustment"] = "lin"


def _arms(chance: Chance, method: str) -> list[dict[str, Any]]:
    alike = method in ("matched_pairs", "rerandomised", "factorial")
    arms: list[dict[str, Any]] = [{"id": "nfa", "kind": "nfa", "share": 1 if alike else chance.of(1, 2, 3)}]
    for number in range(3 if method == "factorial" else chance.of(1, 2, 2, 3)):
        arms.append({
            "id": f"approach-{number}", "kind": "otm", "share": 1 if alike else chance.of(0.5, 1, 1, 2),
            "channel": chance.of("letter", "sms", "call"), "cost_per_customer": chance.of(0, 0.05, 0.85, 7.5),
        })  # fmt: skip
        if chance.one_in(6):
            arms[-1]["not_for"] = [{"when": {"column": "trust", "equals": True}, "reason": "worked by the DTO"}]
    return arms


def _randomisation(chance: Chance, method: str, clustered: bool, arms: list[dict[str, Any]]) -> dict[str, Any]:
    scheme: dict[str, Any] = {"method": method}
    if method == "factorial":
        scheme["factors"] = {"tone": ["soft", "hard"], "sender": ["hmrc", "agency"]}
        for number, arm in enumerate(arms):
            arm["levels"] = {"tone": ("soft", "hard")[number // 2], "sender": ("hmrc", "agency")[number % 2]}
    if method == "matched_pairs":
        scheme["pairs"] = "pair"
    if method == "rerandomised":
        covariate = "streets" if clustered else "debt"
        scheme["rerandomise"] = {"covariates": [covariate], "threshold": chance.of(1.0, 3.0)}
    if method == "saturation":
        levels = (("none", 0), ("half", 0.5), ("all", 1))
        scheme["saturations"] = [{"id": name, "treated": share, "share": 1} for name, share in levels]
    if method != "matched_pairs" and chance.one_in(2):
        scheme["strata"] = ["side"] if clustered else chance.of(["band"], ["band", "phone"])
        if chance.one_in(3):
            scheme["merge"] = scheme["strata"][-1:]
    if chance.one_in(7):
        scheme["hold_out"] = chance.of(0.05, 0.1)
    if chance.one_in(5):
        scheme["waves"] = [{"id": "one", "issue_on": "2026-03-02"}, {"id": "two", "issue_on": "2026-04-06"}]
    return scheme


def _outcomes(chance: Chance) -> list[dict[str, Any]]:
    outcomes = [_primary(chance)]
    if not chance.one_in(3):
        outcomes.append({"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"})
    if chance.one_in(2):
        outcomes.append(
            {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.05}
        )
    if chance.one_in(3):
        outcomes.append({"id": "calls", "role": "guardrail", "kind": "count", "direction": "decrease", "margin": 1})
    if outcomes[0]["kind"] != "time_to_event" and chance.one_in(3):
        outcomes.append(WAIT | {"role": "secondary"})
    return outcomes


def _primary(chance: Chance) -> dict[str, Any]:
    kind = chance.of("binary", "binary", "binary", "amount", "time_to_event")
    if kind == "time_to_event":
        return WAIT | {"role": "primary"}
    if kind == "amount":
        pounds = {"id": "pounds", "role": "primary", "kind": "amount", "direction": "increase", "day": 23}
        return pounds | ({"cap": 500} if chance.one_in(2) else {})
    direction = chance.of("increase", "increase", "decrease")
    return {"id": "paid", "role": "primary", "kind": "binary", "direction": direction, "day": 23}


def _analysis(chance: Chance, method: str, clustered: bool) -> dict[str, Any]:
    kinds = ("CR0", "CR1", "CR2", "CR2") if clustered else ("classical", "HC0", "HC1", "HC2", "HC3")
    analysis: dict[str, Any] = {
        "standard_errors": chance.of(*kinds),
        "multiplicity": chance.of("holm", "bonferroni", "dunnett", "none", "benjamini_hochberg"),
    }
    covariates = chance.of([], ["debt"], ["debt", "reason"], ["reason", "flag"])
    if covariates and method != "matched_pairs":
        analysis |= {"covariates": covariates, "adjustment": chance.of("additive", "lin", "none")}
    if chance.one_in(2):
        analysis["subgroups"] = chance.of([{"column": "reason"}], [{"column": "debt", "quantiles": 3}])
    if chance.one_in(5):
        analysis["contrasts"] = "all_pairs"
    if chance.one_in(3):
        analysis["complier"] = {"received": "got"}
    return analysis
