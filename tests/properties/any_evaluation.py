"""What no evaluation may say, whatever the trial."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

VERDICTS = {"scale", "scale_segment", "no_further_action", "not_shown", "invalid"}


def wrong_with(document: dict[str, Any], *, early: bool = False) -> Iterator[str]:
    """What no evaluation may say; ``early``: some of its outcomes are not due."""
    code = document["verdict"]["code"]
    if code not in VERDICTS | ({"not_due"} if early else set()):
        yield f"verdict {code}"
    if code == "not_due" and (document["estimates"] or document["sensitivity"] or document["net_benefit"]):
        yield "an effect before its day"
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
    together = row["ci_lower_simultaneous"], row["ci_upper_simultaneous"]
    slack = 1e-9 * max((abs(end) for end in ends if end is not None), default=0.0)
    if None not in (*together, *ends) and (together[0] > ends[0] + slack or together[1] < ends[2] - slack):
        yield "a range of all arms inside the range of one"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value
