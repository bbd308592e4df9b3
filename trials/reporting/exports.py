"""Files that a reader takes away. No cell in them can run in a spreadsheet."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from analysis.document import from_document, to_document
from analysis.results import Estimate, Evaluation
from analysis.wording.naming import variant_words
from data.spreadsheet_safety import write_rows

FARTHEST: Final = 1e-300  # p-values beyond it are bounds, for tails lose their digits there


def all_rows(evaluation: Evaluation) -> tuple[Estimate, ...]:
    """Every row of an evaluation: planned ones, other choices, and what is unplanned, which is exploratory."""
    beside = evaluation.unplanned
    return (*evaluation.estimates, *evaluation.sensitivity, *(beside.estimates if beside else ()))


def estimates_csv(rows: Sequence[Estimate]) -> str:
    """Every estimate at full precision, one row each; what is missing is empty. A p-value so small that
    only a bound of it is known is said to be below one, for none is nil."""
    buffer = io.StringIO()
    lines: list[Sequence[object]] = [[field.name for field in fields(Estimate)]]
    for row in rows:
        said = {**asdict(row), "variant": None if row.variant is None else variant_words(row.variant)}
        tiny = [name for name in ("p_value", "p_adjusted") if said[name] is not None and said[name] < FARTHEST]
        said |= dict.fromkeys(tiny, f"<{FARTHEST:g}")
        lines.append(list(said.values()))
    write_rows(lines, buffer)
    return buffer.getvalue()


def shown_document(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored evaluation as it may be taken away: as it is, but where earlier releases said what was not shown.

    That is whatever they stored of invalid data, and "not worth sending" of approaches whose loss was not shown.
    """
    whole = from_document(document)
    stored = [(arm["code"], arm["sentence"]) for arm in document["verdict"].get("arms", ())]
    true = stored == [(arm.code, arm.sentence) for arm in whole.verdict.arms]
    return document if true and whole.verdict.code != "invalid" else to_document(whole)


def document_json(document: Mapping[str, Any]) -> str:
    """A stored document, readable."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
