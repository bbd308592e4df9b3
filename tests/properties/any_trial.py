"""Random plans, populations and outcomes, taken through every stage: whatever is not refused by name must hold.

Schemes, clusters, strata, closed arms, hold-outs, waves, covariates with gaps, outcomes that are rare, constant or
missing: combinations that nobody thought of. One number makes one trial, the same every time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import Refused
from tests.trials.examples import FIRST, load_outcomes, write_csv
from trials.registry import Registry, open_registry
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.verify import verify

TRIAL = "any"
METHODS = ("simple", "complete", "complete", "matched_pairs", "rerandomised", "saturation", "factorial")
VERDICTS = {"scale", "scale_segment", "no_further_action", "not_shown", "invalid"}
Rows = list[dict[str, Any]]


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
        pounds = [o["id"] for o in plan["outcomes"] if o["kind"] == "amount" and o["role"] != "guardrail"]
        value = chance.of(1, 50, {"low": 0.5, "central": 1, "high": 1.5})
        plan["decision"] = {"benefits": [{"outcome": (pounds or [plan["outcomes"][0]["id"]])[0], "value": value}]}
    return plan


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
    if chance.one_in(5):
        primary = {"id": "pounds", "kind": "amount", "direction": "increase"}
        primary |= {"cap": 500} if chance.one_in(2) else {}
    else:
        primary = {"id": "paid", "kind": "binary", "direction": chance.of("increase", "increase", "decrease")}
    found = [primary | {"role": "primary", "day": 23}]
    if not chance.one_in(3):
        found.append({"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"})
    if chance.one_in(2):
        found.append(
            {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.05}
        )
    if chance.one_in(3):
        found.append({"id": "calls", "role": "guardrail", "kind": "count", "direction": "decrease", "margin": 1})
    if chance.one_in(3):
        found.append({"id": "wait", "role": "secondary", "kind": "time_to_event", "direction": "decrease",
                      "time": "days", "event": "done", "horizon": 40})  # fmt: skip
    return found


def _analysis(chance: Chance, method: str, clustered: bool) -> dict[str, Any]:
    kinds = ("CR0", "CR1", "CR2", "CR2") if clustered else ("classical", "HC0", "HC1", "HC2", "HC3")
    found: dict[str, Any] = {
        "standard_errors": chance.of(*kinds),
        "multiplicity": chance.of("holm", "bonferroni", "dunnett", "none", "benjamini_hochberg"),
    }
    covariates = chance.of([], ["debt"], ["debt", "reason"], ["reason", "flag"])
    if covariates and method != "matched_pairs":
        found |= {"covariates": covariates, "adjustment": chance.of("additive", "lin", "none")}
    if chance.one_in(2):
        found["subgroups"] = chance.of([{"column": "reason"}], [{"column": "debt", "quantiles": 3}])
    if chance.one_in(5):
        found["contrasts"] = "all_pairs"
    if chance.one_in(3):
        found["complier"] = {"received": "got"}
    return found


def people(chance: Chance, count: int, first: int, arms: int) -> Rows:
    """Invented customers in households and in tuples of one for each arm; numbers and words have gaps now and then."""
    rng, members, gaps = chance.rng, chance.of(2, 3, 8), chance.one_in(3)
    rows = []
    for number in range(first, first + count):
        household = number // members
        rows.append({
            "customer_id": f"C{number:06d}",
            "household": f"H{household}",
            "pair": f"P{(number - first) // arms}",
            "band": ("low", "high")[rng.integers(2)],
            "side": ("left", "right")[household % 2],
            "streets": household * 7 % 13,
            "phone": "none" if rng.random() < 0.1 else "present",
            "debt": "" if gaps and rng.random() < 0.1 else round(float(rng.gamma(2.0, 200.0)), 2),
            "reason": "" if gaps and rng.random() < 0.05 else ("forgot", "confused", "cannot")[rng.integers(3)],
            "flag": int(rng.random() < 0.5),
            "trust": int(rng.random() < 0.1),
            "hnw": int(rng.random() < 0.05),
        })  # fmt: skip
    return rows


def behaviour(chance: Chance, rows: Rows) -> Rows:
    """What they did: rare, constant or common, and missing for nobody, some or many."""
    rng, missing, rate = chance.rng, chance.of(0, 0, 0.05, 0.3), chance.of(0.3, 0.3, 0.01, 0, 1)
    found = []
    for row in rows:
        paid = int(rng.random() < rate)
        values = {
            "paid": paid,
            "pounds": round(paid * float(rng.lognormal(5.0, 1.0)), 2),
            "collected": round(paid * float(rng.lognormal(5.0, 1.0)), 2),
            "complaint": int(rng.random() < 0.02),
            "calls": int(rng.poisson(2.0)),
            "days": int(rng.integers(1, 60)),
        }
        seen = {name: "" if rng.random() < missing else value for name, value in values.items()}
        known = {"done": int(rng.random() < 0.8), "got": int(rng.random() < 0.6)}
        found.append({"customer_id": row["customer_id"], **seen, **known})
    return found[: -max(1, len(found) // 20)] if chance.one_in(5) else found


def carried_through(seed: int, folder: Path) -> str:
    """One trial from its plan to its evaluation: the verdict's code, or the refusal.

    Raises:
        AssertionError: Something that was not refused does not hold.
    """
    chance = Chance(seed)
    plan = protocol(chance)
    path = folder / "protocol.yaml"
    path.write_text(json.dumps(plan), encoding="utf-8")  # JSON is YAML
    registry = open_registry(Settings(home=folder / "home"))
    try:
        return _carried(chance, plan, path, registry)
    except Refused as refusal:
        return f"refused: {refusal}"
    finally:
        registry.close()


def _carried(chance: Chance, plan: dict[str, Any], path: Path, registry: Registry) -> str:
    arms = len(plan["arms"])
    rows = people(chance, arms * chance.of(8, 24, 60, 150), 0, arms)
    load_population(registry, FIRST, write_csv(path.with_name("one.csv"), rows), path, synthetic=True)
    register(registry, FIRST, path)
    lock(registry, FIRST, TRIAL)
    randomise(registry, FIRST, TRIAL, demonstration_seed=f"{chance.seed:064x}")
    if "waves" in plan["randomisation"]:
        later = people(chance, arms * 24, chance.of(5_000, len(rows) - 6), arms)
        load_population(registry, FIRST, write_csv(path.with_name("two.csv"), later), path, synthetic=True)
        randomise(registry, FIRST, TRIAL)
        known = {row["customer_id"] for row in rows}
        rows = rows + [row for row in later if row["customer_id"] not in known]
    load_outcomes(registry, FIRST, TRIAL, write_csv(path.with_name("outcomes.csv"), behaviour(chance, rows)))
    document = evaluate(registry, FIRST, TRIAL).document
    wrong = [*wrong_with(document), *(fault for proof in verify(registry, FIRST, TRIAL) for fault in proof.faults)]
    assert not wrong, wrong
    return str(document["verdict"]["code"])


def wrong_with(document: dict[str, Any]) -> Iterator[str]:
    """What no evaluation may say."""
    if document["verdict"]["code"] not in VERDICTS:
        yield f"verdict {document['verdict']['code']}"
    if any(isinstance(number, float) and not math.isfinite(number) for number in _leaves(document)):
        yield "a number that is none"
    flow = document["flow"]
    if flow["allocated"] != sum(arm["allocated"] for arm in flow["arms"]):
        yield "the flow does not add up"
    for check in document["checks"]:
        if check["name"].startswith("second opinion") and check["passed"] is False:
            yield f"second opinion: {check['detail']}"
    for row in (*document["estimates"], *document["sensitivity"]):
        yield from (f"{fault}: {row}" for fault in _wrong_with_row(row))


def _wrong_with_row(row: dict[str, Any]) -> Iterator[str]:
    if row["estimate"] is None and not row["reason"]:
        yield "no estimate and no reason"
    if row["p_value"] is not None and not 0 <= row["p_value"] <= 1:
        yield "a p-value outside 0 to 1"
    if None not in (row["p_value"], row["p_adjusted"]) and row["p_adjusted"] < row["p_value"] - 1e-12:
        yield "an adjusted p-value below its own"
    ends = row["ci_lower"], row["estimate"], row["ci_upper"]
    if None not in ends and not ends[0] <= ends[1] <= ends[2]:
        yield "an estimate outside its range"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value
