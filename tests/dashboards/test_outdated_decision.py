"""The pages of a trial whose decision rests on what is no longer the finding."""

from dataclasses import replace

from dashboards import session
from tests.dashboards.conftest import shown
from tests.small_registry import SMALL_DEBTS
from trials.registry.records import DecisionRecord, EvaluationLine


def test_every_page_says_that_the_decision_rests_on_another_evaluation(open_page, recorded, monkeypatch):
    detail = recorded(SMALL_DEBTS).detail
    record = detail.evaluation
    old = EvaluationLine(
        record.id + 40, "replaced", 1, record.as_at, record.evaluated_at, "A. Person", "0ld", "not_shown", "Not shown."
    )
    decision = DecisionRecord(
        record.evaluated_at, "M. Person", "accept", "not_shown", "Stop.", "It is.", None, record.evaluated_at.date(),
        old.number, "0ld",
    )  # fmt: skip
    changed = replace(detail, decisions=(decision,), evaluations=(*detail.evaluations, old))
    monkeypatch.setattr(session, "trial", lambda trial_id: changed)
    for page in ("decision", "results"):
        words = shown(open_page(page, trial=SMALL_DEBTS))
        assert f"who accepted “Not shown”, rests on evaluation {old.number}. Evaluation {old.number} has been" in words
        assert "Decide again." in words
