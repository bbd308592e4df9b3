"""A trial whose every word attacks whoever reads it: title, labels, reasons, levels, a column's name, people."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests import small_registry
from tests.small_registry import PAID_23, SMS, SmallTrial, arms_of
from tests.trials.examples import load_outcomes, write_csv
from trials.access import Actor
from trials.registry import open_registry
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

TRIAL: Final = "hostile-2026"
MARKS: Final = (
    "![i](http://evil.test/i.png)", "[l](http://evil.test/l)", "http://evil.test/a", "www.evil.test", "a@evil.test",
    "<http://evil.test/b>", ":smile:", ":+1:", ":material/home:", ":streamlit:", "$x^2$", "$$y$$", ":red[r]",
    ":blue-background[b]", ":small[s]", ":violet-badge[v]", "**strong**", "*em*", "`code`", "~~struck~~", "# h", "> q",
    "- l", "1. n", "--", "->", "<b>bold</b>", "<img src=http://evil.test/h.png>", "<script>alert(1)</script>",
    "[^1]", "| a |", "&amp;",
)  # fmt: skip


def words(place: str, *marks: str) -> str:
    """All attacks, or some, with the place where they stand."""
    return f"{place} {' '.join(marks or MARKS)}"


TITLE: Final = words("Title")
ACTOR: Final = Actor("![a](http://evil.test/who.png)", "all")
LEVELS: Final = tuple(words(f"level{number}", *MARKS[number::4]) for number in range(4))
COLUMN: Final = words("column", *MARKS[:5])


def build(home: Path, files: Path) -> None:
    """The trial, evaluated and decided."""
    files.mkdir(parents=True)
    trial = SmallTrial(
        TRIAL, TITLE, ({**SMS, "label": words("SMS")},), {"sms": 0.4}, 800,
        {
            "hypothesis": words("Hypothesis"),
            "population": {
                "unit": "customer_id",
                "exclude": [{"when": {"column": "hnw", "equals": True}, "reason": words("because")}],
            },
            "outcomes": [
                {**PAID_23, "label": words("Paid")}, {**small_registry.COLLECTED, "label": words("Collected")},
                {**small_registry.DAYS_TO_PAY, "label": words("Days")},
            ],
            "analysis": {"adjustment": "none", "standard_errors": "HC2", "subgroups": [{"column": COLUMN}]},
            "decision": {"benefits": [{"outcome": "collected_12m", "value": 1}]},
        },
    )  # fmt: skip
    protocol = trial.protocol()
    protocol["arms"][0] = {**protocol["arms"][0], "label": words("Nothing")}  # the other trials share it
    path = files / "hostile.yaml"
    path.write_text(json.dumps(protocol), encoding="utf-8")
    people = small_registry._people(trial.customers, 9)
    sent = [_hostile(person) for person in people]
    registry = open_registry(Settings(home=home))
    load_population(registry, ACTOR, write_csv(files / "people.csv", sent), path, synthetic=True)
    register(registry, ACTOR, path)
    lock(registry, ACTOR, TRIAL)
    randomise(registry, ACTOR, TRIAL, demonstration_seed="09" * 32)
    rows = small_registry._behaviour(trial, people, arms_of(registry, TRIAL, people), 9)
    load_outcomes(registry, ACTOR, TRIAL, write_csv(files / "outcomes.csv", rows))
    evaluate(registry, ACTOR, TRIAL)
    decide(
        registry, ACTOR, TRIAL, choice="override", action=words("Do"), reason=words("Because"),
        conditions=words("If"), review_on=now().date() + timedelta(days=30),
    )  # fmt: skip
    registry.close()


def _hostile(person: dict[str, Any]) -> dict[str, Any]:
    level = LEVELS[small_registry.REASONS.index(person["reason"])]
    return {COLUMN: level, **{name: value for name, value in person.items() if name != "reason"}}
