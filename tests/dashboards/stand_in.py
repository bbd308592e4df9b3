"""A registry made of examples, in the place of :mod:`dashboards.session`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from analysis.results import Evaluation
from data.errors import Refused
from designs.protocol.errors import ProtocolError, ProtocolRefused
from tests.dashboards import examples
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.registry.records import EvaluationRecord, TrialDetail, TrialSummary

TODAY = date(2026, 11, 21)

EVALUATIONS: dict[str, Callable[[], Evaluation] | None] = {
    "small-debts-2026": examples.with_curves,
    "five-messages-2026": examples.evaluation,
    "late-returns-2026": examples.not_shown,
    "lost-outcomes-2026": examples.invalid,
    "stalled-2026": None,
}


def stand_in(
    trials: tuple[TrialSummary, ...] | None = None, evaluations: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What to put into the session module, by name."""
    summaries = examples.portfolio() if trials is None else trials
    known = EVALUATIONS if evaluations is None else evaluations

    def trial(trial_id: str) -> TrialDetail:
        summary = next((one for one in summaries if one.id == trial_id), None)
        if summary is None:
            raise TrialRefused("there is no such trial", where=trial_id, remedy="choose one from the portfolio")
        stored = known.get(trial_id)
        record = None
        if stored is not None:
            at = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
            record = EvaluationRecord(
                1, at, "analyst", examples.DIGEST, examples.DIGEST, examples.DIGEST, {"trial": trial_id}
            )
        decisions = (examples.decision(),) if summary.state == "decided" else ()
        return TrialDetail(
            summary,
            examples.PLAN,
            json.dumps(examples.PROTOCOL),
            examples.DIGEST,
            examples.allocation() if stored else None,
            record,
            decisions,
        )

    def evaluation(detail: TrialDetail) -> Evaluation | None:
        stored = known.get(detail.summary.id)
        return None if stored is None else stored()

    def decide(trial_id: str, **fields: Any) -> None:
        if not fields["reason"].strip():
            raise TrialRefused("a decision needs a reason", rule="the record says why", remedy="write it down")

    def register(protocol: Any, texts: Any) -> str:
        if b"kind" not in protocol.content:
            raise ProtocolRefused(
                [
                    ProtocolError("arms[0].kind", "it is missing", "every arm says its kind", ("nfa", "bau", "otm")),
                    ProtocolError("outcomes", "there is no primary outcome", "exactly one outcome is primary"),
                ]
            )
        return "added-2026"

    def may(action: str) -> Refused | None:
        return None

    drafts: dict[str, dict[str, str]] = {}

    return {
        "draft": lambda trial_id: drafts.get(trial_id, {}),
        "keep_draft": drafts.__setitem__,
        "portfolio": lambda: summaries,
        "trial": trial,
        "evaluation": evaluation,
        "decide": decide,
        "register": register,
        "may": may,
        "current_user": lambda: LOCAL_ACTOR,
        "today": lambda: TODAY,
    }
