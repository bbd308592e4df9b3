"""What the screens said of an evaluation when it was stored, word for word, they say of it for ever."""

from __future__ import annotations

import gzip
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from analysis.document import from_document
from analysis.results import Evaluation
from designs.protocol import Protocol
from tests.before.archives import unpack
from trials.reporting.results import approaches, effects, flow, integrity, money, sensitivity
from trials.reporting.results.headline import headline
from trials.reporting.results.table import Table
from trials.reporting.results.trust import change_lines, check_lines
from trials.reporting.words.names import Names

BEFORE = Path(__file__).parent / "registry"
SHOWN: dict[str, Any] = json.loads(gzip.decompress((BEFORE / "shown.json.gz").read_bytes()))
EVALUATED = sorted(trial for trial, shown in SHOWN.items() if "tables" in shown)
# Said otherwise since, on purpose: names keep their capitals, the outcome's own figure is no gain or loss, and the
# comparison has its own name. What is not shown to be worth sending to everyone is not called not worth it.
# A contact that went astray is counted, also where so few are tolerated.
SINCE = {
    "segment-letters": {
        "Messages went to the arms they were meant for.": (
            "1 of 433 were sent another arm's contact; 5.00% is tolerated."
        ),
        "with reason = forgot, and not to everyone": "with reason = forgot; not shown to be worth sending to everyone",
    },
    "harmful-call": {"the hMRC's": "the HMRC's", '"no more"': '"no more or fewer"'},
    "simple-bau": {
        "Each approach against no further action": "Each approach against business as usual (Letter in use)",
    },
    "matched-pairs": {'"no more"': '"no more or fewer"'},
    "two-waves": {
        '"£30,000 gained", "span": "95% range: £10,200 lost to £70,200 gained"':
        '"£30,000 more", "span": "95% range: £10,200 less to £70,200 more"',
    },
}  # fmt: skip
LATEST = """
    select document, canonical from evaluation join trial_lock using (trial_id)
    join protocol_version on protocol_version.trial_id = trial_lock.trial_id and version = trial_lock.protocol_version
    where evaluation.trial_id = ? order by number desc
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """The registry as it was left, read by its own tables."""
    folder = tmp_path_factory.mktemp("home")
    unpack(BEFORE / "home.tar.gz", folder)
    return sqlite3.connect(folder / "registry.sqlite")


def declared(plan: dict[str, Any]) -> Protocol:
    """The plan, with the unit that its outcome was taken to have because its id spoke of minutes."""
    for outcome in plan["outcomes"]:
        if outcome["id"] == "inbound_minutes":
            outcome["unit"] = "number"
    return Protocol.model_validate_json(json.dumps(plan))


def tables(evaluation: Evaluation, names: Names) -> list[Table]:
    """Every table of the screens Decision and Results, row by row where a caption depends on the row."""
    benefit = evaluation.net_benefit
    whole = [row for row in evaluation.estimates if row.subgroup is None]
    within = [row for row in evaluation.estimates if row.subgroup is not None]
    made = [approaches.approaches(evaluation, names), integrity.checks(evaluation.checks, names)]
    made += [flow.flow_arms(evaluation.flow, names), integrity.balance(evaluation.balance, names)]
    made += [effects.effects([row], names, f"{row.outcome}, {row.estimand}") for row in whole]
    made += [effects.segments([row], names, row.outcome) for row in within]
    made += [effects.interactions([test], names, test.outcome) for test in evaluation.interactions]
    if benefit is not None:
        made += [money.components(benefit.arms, names), money.scenarios(benefit.arms, names)]
        made += [money.segment_money(benefit.segments, names)]
    made += [money.amounts(evaluation, names), sensitivity.sensitivity(evaluation.sensitivity, names)]
    made += [sensitivity.bounds(evaluation.bounds, names)]
    return made + [sensitivity.posterior(summary, names) for summary in evaluation.posteriors]


def shown_of_invalid(evaluation: Evaluation, names: Names, then: Any) -> tuple[list[Table], list[Any]]:
    """Of data that failed a check, counts and checks alone are shown since decision 0028; these word for word."""
    assert (evaluation.estimates, evaluation.sensitivity, evaluation.bounds, evaluation.net_benefit) == (
        (),
        (),
        (),
        None,
    )
    rest = [integrity.checks(evaluation.checks, names), flow.flow_arms(evaluation.flow, names)]
    rest.append(integrity.balance(evaluation.balance, names))
    captions = [table.caption for table in rest]
    kept = [table for table in then if table["caption"] in captions]
    assert len(kept) == len(rest) < len(then)
    return rest, kept


@pytest.mark.parametrize("trial", EVALUATED)
def test_a_stored_evaluation_is_shown_word_for_word_as_it_was(trial: str, registry: sqlite3.Connection):
    document, plan = registry.execute(LATEST, (trial,)).fetchone()
    evaluation, names = from_document(json.loads(document)), Names(declared(json.loads(plan)))
    figures, said_then = headline(evaluation, names), dict(SHOWN[trial])
    made = tables(evaluation, names)
    if evaluation.verdict.code == "invalid":
        made, said_then["tables"] = shown_of_invalid(evaluation, names, said_then["tables"])
    now = {
        "headline": None if figures is None else asdict(figures),
        "flips": change_lines(evaluation, names),
        "checks": check_lines(evaluation.checks, names),
        "tables": [{"caption": table.caption, "columns": table.columns, "rows": table.rows} for table in made],
    }
    for part, shown in now.items():
        then = json.dumps(said_then[part], ensure_ascii=False)
        for said, since in SINCE.get(trial, {}).items():
            then = then.replace(said, since)
        assert json.loads(json.dumps(shown)) == json.loads(then), part


def test_what_is_said_otherwise_since_was_said():
    for trial, changes in SINCE.items():
        words = json.dumps(SHOWN[trial], ensure_ascii=False)
        assert all(said in words for said in changes)
