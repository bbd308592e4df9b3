"""A published trial through the same door a user takes: a protocol file, a data file, `analyse`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.results import Estimate, Evaluation
from trials.stages.analyse import analyse


def arm(name: str, value: Any, kind: str = "otm", **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "value": value, "label": name.replace("_", " ").capitalize(), **more}


def outcome(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "role": "primary", "kind": kind, "direction": "increase", **more}


def protocol(
    *, arms: list[dict[str, Any]], outcomes: list[dict[str, Any]], arm_column: str, **sections: Any
) -> dict[str, Any]:
    """A protocol for a trial randomised elsewhere; ``analysis``, ``population``, … are merged over the defaults."""
    whole = {
        "schema": 1,
        "id": "published",
        "title": "A published trial",
        "hypothesis": "As published.",
        "population": {"unit": "row"},
        "arms": arms,
        "randomisation": {"method": "external", "arm_column": arm_column},
        "outcomes": outcomes,
        "analysis": {"adjustment": "none", "standard_errors": "HC2"},
    }
    for name, section in sections.items():
        whole[name] = {**whole.get(name, {}), **section} if isinstance(section, dict) else section
    return whole


def analysed(folder: Path, declared: dict[str, Any], data: Path | pd.DataFrame) -> Evaluation:
    """Write the protocol (and the data, where they had to be prepared) and analyse."""
    path = folder / "protocol.yaml"
    path.write_text(json.dumps(declared))
    if isinstance(data, pd.DataFrame):
        prepared = folder / "data.csv"
        data.to_csv(prepared, index=False)
        data = prepared
    return analyse(path, data)


def row(evaluation: Evaluation, **wanted: Any) -> Estimate:
    """The one declared row that has these values; subgroup and level are None unless asked for."""
    wanted = {"subgroup": None, "level": None, "estimand": "itt", "variant": None, **wanted}
    found = [e for e in evaluation.estimates if all(getattr(e, key) == value for key, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} rows have {wanted}"
    return found[0]
