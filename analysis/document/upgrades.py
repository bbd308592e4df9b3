"""Documents of earlier releases, brought up to date one schema at a time, so that each one ever stored stays readable.

An upgrade takes a whole document of its schema and returns one of the next. It is written once, on the day that the
schema changes, and is never edited after: it knows what documents of that day looked like, and nothing of today.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from analysis.errors import AnalysisRefused

Document = dict[str, Any]


def upgrade_1_to_2(document: Mapping[str, Any]) -> Document:
    """Schema 1 said in prose what a row's variant, a verdict's segment and a check's subject are; it had no alpha."""
    whole = {**document, "schema": 2}
    rows = [*document.get("estimates", ()), *document.get("sensitivity", ())]
    for name in ("estimates", "sensitivity"):
        whole[name] = [{**row, "variation": _variation(row.get("variant"))} for row in document.get(name, ())]
    whole["checks"] = [{**check, **_subject(check["name"])} for check in document.get("checks", ())]
    whole["verdict"] = {**document["verdict"], **_segment(document["verdict"].get("segment"), rows)}
    whole["alpha"] = _alpha(rows)
    return whole


def upgrade_2_to_3(document: Mapping[str, Any]) -> Document:
    """Schema 2 called an approach that works not worth sending where its gain was merely not shown."""
    money = {row["arm"]: row["central"] for row in (document.get("net_benefit") or {}).get("arms", ())}
    arms = [{**arm, **_worth(arm, money.get(arm["arm"]))} for arm in document["verdict"].get("arms", ())]
    return {**document, "schema": 3, "verdict": {**document["verdict"], "arms": arms}}


UPGRADES: Mapping[int, Callable[[Mapping[str, Any]], Document]] = {1: upgrade_1_to_2, 2: upgrade_2_to_3}

_VARIANTS_1: Mapping[str, Document] = {
    "logit, average marginal effect": {"kind": "logit"},
    "mean, studentised bootstrap": {"kind": "bootstrap_mean"},
    "share who paid anything": {"kind": "share_with_any", "unit": "pounds"},
    "mean among those who paid (descriptive)": {"kind": "mean_with_any", "unit": "pounds"},
    "randomisation inference, every assignment": {"kind": "randomisation_inference", "exact": True},
}


def _variation(words: str | None) -> Document | None:
    """The variant that schema 1 had in words: these and no others were ever written."""
    if words is None or words in _VARIANTS_1:
        return None if words is None else dict(_VARIANTS_1[words])
    if re.fullmatch(r"classical|HC[0-3]|CR[0-2]", words):
        return {"kind": "standard_errors", "standard_errors": words}
    if found := re.fullmatch(r"adjustment: (none|additive|lin)", words):
        return {"kind": "adjustment", "adjustment": found[1]}
    if found := re.fullmatch(r"capped at £([\d,]+)", words):
        return {"kind": "capped", "unit": "pounds", "cap": float(found[1].replace(",", ""))}
    if found := re.fullmatch(r"quantile (0\.\d+)", words):
        return {"kind": "quantile", "quantile": float(found[1])}
    if found := re.fullmatch(r"randomisation inference, ([\d,]+) redraws", words):
        return {"kind": "randomisation_inference", "draws": int(found[1].replace(",", "")), "exact": False}
    raise AnalysisRefused(f"the variant {words!r} is none that schema 1 had", where="evaluation.sensitivity")


def _subject(name: str) -> Document:
    if name == "second opinion (statsmodels)":
        return {"kind": "second_opinion", "subject": None}
    if name.startswith("missing_"):
        return {"kind": "missing_outcomes", "subject": name.removeprefix("missing_")}
    return {"kind": name, "subject": None}


def _segment(words: str | None, rows: list[Document]) -> Document:
    """The segment that has these words: some row is about it, so nothing has to be split."""
    known = {(row.get("subgroup"), row.get("level")) for row in rows if row.get("subgroup") is not None}
    for column, level in known:
        if words == f"{column} = {level}":
            return {"segment_column": column, "segment_level": level}
    if words is not None:
        raise AnalysisRefused(f"no row is about the segment {words!r}", where="evaluation.verdict.segment")
    return {"segment_column": None, "segment_level": None}


def _alpha(rows: list[Document]) -> float | None:
    """The level of the intervals, from the first row whose interval is its estimate and so many standard errors."""
    from scipy.special import ndtr, stdtr

    for row in rows:
        error, upper, df = row.get("std_error"), row.get("ci_upper"), row.get("df")
        if row.get("estimand") == "itt" and not row.get("variant") and error and upper is not None:
            reach = (upper - row["estimate"]) / error
            return round(2.0 * float(ndtr(-reach) if df is None else stdtr(df, -reach)), 9)
    return None


def _worth(arm: Mapping[str, Any], money: Mapping[str, Any] | None) -> Document:
    """What is otherwise of an arm's finding: its code, and its sentence where schema 2 said what was not shown.

    Whether a loss was shown is told by the flag of an arm that is worse; whether by its money, by the range that
    decided, or where none was stored by its own.
    """
    worse, sentence = bool(arm.get("worse_than_comparison")), arm.get("sentence", "")
    told: Document = {}
    if not worse and sentence.startswith("Worth sending to") and sentence.endswith(_NOT_TO_EVERYONE_2):
        said = sentence.removesuffix(_NOT_TO_EVERYONE_2)
        told["sentence"] = f"{said}; not shown to be worth sending to everyone."
    if arm.get("code") != "works_not_worth_sending":
        return told
    span = arm.get("net_benefit_range") or (None, (money or {}).get("ci_upper"))
    if worse and (span[1] is None or span[1] < 0.0):
        return told
    told["code"] = "worse_than_nfa" if worse else "works_worth_unknown"
    if sentence == "Works, and is not worth sending.":
        told["sentence"] = "Works; whether it is worth sending is not known."
        if worse:
            told["sentence"] = "Works, and falls short of the break-even effect that was declared."
    return told


_NOT_TO_EVERYONE_2 = ", and not to everyone."
