"""Frames and protocols for the tests of evaluation: small trials written down as columns."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.evaluate import evaluate
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.results import Check, Evaluation, Flow
from data.engine import open_engine
from designs.protocol.models import Protocol


def declared(**changes: Any) -> Protocol:
    """A two-arm trial of letters with a paid-by-day-23 primary; sections given replace the defaults."""
    whole: dict[str, Any] = {
        "schema": 1,
        "id": "letters",
        "title": "Letters",
        "hypothesis": "A letter raises payment.",
        "population": {"unit": "customer_id"},
        "arms": [
            {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
            {"id": "letter", "kind": "otm", "label": "Reminder letter", "share": 1, "channel": "letter"},
        ],
        "randomisation": {"method": "complete"},
        "outcomes": [{"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}],
        "analysis": {},
    }
    return Protocol.model_validate_json(json.dumps({**whole, **changes}))


def arm(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "otm", "label": name.capitalize(), "share": 1, "channel": "letter", **more}


NFA = {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1}


def frame_of(columns: dict[str, Any], *, checks: tuple[Check, ...] = ()) -> AnalysisFrame:
    """Columns as an analysis frame; ``arm`` holds the arm ids, NaN in a number is missing."""
    arrays = {
        name: pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else pa.array(values)
        for name, values in columns.items()
    }
    arrays[ARM_COLUMN] = arrays.pop("arm").cast(pa.string())
    table = pa.table(arrays)
    engine = open_engine(threads=1)
    flow = Flow(table.num_rows, 0, (), table.num_rows, 0)
    return AnalysisFrame(engine, engine.scan(table), flow, checks, "0" * 64, synthetic=True)


def evaluated(protocol: Protocol, columns: dict[str, Any], *, checks: tuple[Check, ...] = ()) -> Evaluation:
    return evaluate(frame_of(columns, checks=checks), protocol, protocol_digest="f" * 64)
