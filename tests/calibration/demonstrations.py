"""The demonstrations tell the same story with other seeds: customers, draw and outcomes new each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from analysis.evaluate import evaluate
from analysis.frame import ARM_COLUMN
from analysis.results import Evaluation
from data.cohort import DEMONSTRATIONS, Demonstration, lose_tail, outcomes, population
from data.engine import open_engine
from designs.assignment import conduct, declare, gather
from designs.library import templates
from designs.protocol import Protocol
from designs.protocol.conditions import exclusions
from tests.analysis.frames import frame_of
from tests.suites import Figure, Suite

HELD = 0.90
LOADED = {template.loaded.protocol.id: template.loaded for template in templates()}


def decisive(protocol: Protocol) -> Protocol:
    """The protocol with only what its verdict rests on; the rest would take most of the time."""
    decision = protocol.decision
    assert decision is not None
    valued = {part.outcome for part in (*decision.benefits, *decision.costs)}
    kept = tuple(o for o in protocol.outcomes if o.role in ("primary", "guardrail") or o.id in valued)
    return protocol.model_copy(
        update={"outcomes": kept, "analysis": protocol.analysis.model_copy(update={"complier": None})}
    )


def told(demonstration: Demonstration, seed: int, number: int) -> Evaluation:
    """One trial from new customers to its verdict."""
    loaded = LOADED[demonstration.trial]
    protocol = decisive(loaded.protocol)
    drawn = np.random.default_rng([seed, ord(demonstration.letter), number]).integers(0, 2**31, 2).tolist()
    engine = open_engine(threads=2)
    people = population(drawn[0], demonstration.customers, demonstration.kind)
    rows = engine.scan(people)
    for _, left_out in exclusions(protocol):
        rows = rows.filter(~left_out)
    people = engine.collect(rows)
    scheme = declare(protocol)
    secret = hashlib.sha256(f"{seed} {demonstration.letter} {number}".encode()).hexdigest()
    assigned = conduct(scheme, gather(scheme, people, protocol.population.unit), secret, protocol.id)
    arms = np.array(scheme.arms)[assigned.arm]
    lived = outcomes(people, arms, drawn[1], demonstration.world)
    if demonstration.lost_tail is not None:
        lived = lose_tail(lived, arms, *demonstration.lost_tail)
    allocated = engine.companion(people.append_column(ARM_COLUMN, pa.array(arms)))
    whole = engine.collect(allocated.join(engine.companion(lived), on="customer_id", how="left"))
    frame = frame_of(whole, protocol, engine=engine)
    return evaluate(frame, protocol, protocol_digest=loaded.digest)


def scaled(evaluation: Evaluation) -> bool:
    return evaluation.verdict.code in ("scale", "scale_segment")


def showpiece(evaluation: Evaluation) -> bool:
    """The SMS is scaled; the letter is shown to raise payment, not shown to be worth it; the call loses more."""
    findings = {finding.arm: finding.code for finding in evaluation.verdict.arms}
    money = {arm.arm: arm.central.estimate for arm in evaluation.net_benefit.arms} if evaluation.net_benefit else {}
    letter = next(
        row for row in evaluation.estimates if row.arm == "letter" and row.role == "primary" and not row.level
    )
    return (
        (evaluation.verdict.code, evaluation.verdict.arm) == ("scale", "sms")
        and findings["letter"] != "passes"
        and (letter.ci_lower_simultaneous or 0.0) > 0.0
        and (money["call"] or 0.0) < (money["letter"] or 0.0)
    )


def is_code(code: str) -> Callable[[Evaluation], bool]:
    return lambda evaluation: evaluation.verdict.code == code


STORIES: dict[str, tuple[str, Callable[[Evaluation], bool]]] = {
    "A": ("scale or scale to a segment", scaled),
    "B": ("scale the SMS, a letter that works and loses", showpiece),
    "C": ("not shown", is_code("not_shown")),
    "D": ("invalid", is_code("invalid")),
}


def stories(size: int, seed: int) -> Iterator[Figure]:
    """The share of seeds with which each story is told."""
    for letter, (story, tells) in STORIES.items():
        demonstration = DEMONSTRATIONS[letter]
        held = np.mean([tells(told(demonstration, seed, number)) for number in range(size)])
        yield Figure(f"{letter} {demonstration.trial}", f"verdict: {story}", float(held), HELD, None, size)


SUITES = (Suite("demonstrations", "Each demonstration keeps its verdict with 200 other seeds", stories, size=200),)
