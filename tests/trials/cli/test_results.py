"""An evaluation on the terminal: the tables of the screens, at the level that was declared."""

from dataclasses import replace

import pytest

from designs.protocol import Protocol
from tests.trials.reporting import examples
from trials.cli.results import show_evaluation


def shown(capsys: pytest.CaptureFixture[str], evaluation, plan: Protocol = examples.PLAN) -> str:
    show_evaluation(evaluation, plan)
    return capsys.readouterr().out


def test_the_level_of_an_interval_is_the_one_declared(capsys):
    wide = examples.PLAN.model_copy(update={"analysis": examples.PLAN.analysis.model_copy(update={"alpha": 0.1})})
    said = shown(capsys, examples.evaluation(), wide)
    assert "90% interval" in said
    assert "95%" not in said


def test_everything_is_said_that_a_screen_would_say(capsys):
    said = shown(capsys, examples.evaluation())
    assert said.startswith(
        "Reminders for small Self Assessment debts\n\nFor every 1,000 customers assigned the SMS reminder"
    )
    for words in (
        "310,000 rows in the file", "Every row is accounted for", "Integrity checks",
        "Paid by day 23, everyone assigned",
        "Paid by day 23, by reason", "+0.28 minutes", "capped at £250", "Net benefit per 1,000 customers",
    ):  # fmt: skip
        assert words in said, words


def test_without_money_the_reason_is_said(capsys):
    said = shown(capsys, replace(examples.without_money(), sensitivity=()))
    assert "Net benefit: not stated, because the protocol declares no decision." in said
    assert "What else was tried" not in said
