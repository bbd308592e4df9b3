"""An evaluation as one JSON object of today's schema, and back, with nothing lost.

The keys are the field names of :mod:`analysis.results`. Beside what a program reads stand the words that people read,
made here and nowhere else, and ignored on the way back:

| words | what they say, as data |
|---|---|
| ``variant`` of an estimate | ``variation`` |
| ``segment`` of the verdict | ``segment_column``, ``segment_level`` |
| ``name`` of a check | ``kind``, ``subject`` |

A stored one has a ``salt`` as well, which is nothing that it says: its digest cannot then be guessed from a part of it.

Figures keep full precision. NaN and infinity are no JSON and no result, so they are refused here rather than stored:
what is not estimable is null, with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from pydantic_core import ErrorDetails

from analysis.document.upgrades import UPGRADES
from analysis.errors import AnalysisRefused
from analysis.results import SCHEMA, Estimate, Evaluation, without_effects
from analysis.wording.naming import variant_words

_STRICT = ConfigDict(
    strict=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="constants",
    json_schema_serialization_defaults_required=True,
)  # fmt: skip
_ROWS = ("estimates", "sensitivity")
_OF_AMENDED = ("amendments", "unplanned")


def to_document(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values, ``schema`` first. What is written can be read: it is read back to be sure.

    No effect of data that failed a check is written, whatever was computed.

    Raises:
        AnalysisRefused: a figure is not finite, or a value is not of its kind; ``where`` is its path.
    """
    text = _adapter().dump_json(without_effects(evaluation), fallback=_plain, warnings="none")
    whole = _read(text)
    document: dict[str, Any] = json.loads(text)
    for name in _ROWS:
        _add_variant_words(document[name], getattr(whole, name))
    if whole.unplanned is not None:
        _add_variant_words(document["unplanned"]["estimates"], whole.unplanned.estimates)
    for name in _OF_AMENDED:  # a plan that was never amended says nothing of amendments
        if not getattr(whole, name):
            del document[name]
    verdict, segment = document["verdict"], whole.verdict.segment
    verdict["segment"] = None if segment is None else str(segment)
    verdict["segment_column"] = None if segment is None else segment.column
    verdict["segment_level"] = None if segment is None else segment.level
    document["checks"] = [
        {"name": check.name, **row} for row, check in zip(document["checks"], whole.checks, strict=True)
    ]
    return {"schema": document.pop("schema"), **document}


def _add_variant_words(rows: list[dict[str, Any]], estimates: Sequence[Estimate]) -> None:
    for row, estimate in zip(rows, estimates, strict=True):
        row["variation"] = row["variant"]
        row["variant"] = None if estimate.variant is None else variant_words(estimate.variant)


def from_document(document: Mapping[str, Any]) -> Evaluation:
    """The evaluation that :func:`to_document` wrote, or an earlier release's, brought up to date.

    Of data that failed a check no effect is read, though earlier releases stored some.

    Raises:
        AnalysisRefused: a schema that is not known, an unknown key, a missing key or a value of the wrong kind.
    """
    schema = document.get("schema")
    if schema != SCHEMA and schema not in UPGRADES:
        raise AnalysisRefused(
            f"an evaluation of schema {schema!r} cannot be read",
            where="schema",
            rule=f"this release reads schemas {', '.join(map(str, (*sorted(UPGRADES), SCHEMA)))}",
        )
    whole = {name: value for name, value in document.items() if name != "salt"}
    while whole["schema"] != SCHEMA:
        whole = _upgraded(whole)
    return without_effects(_read(json.dumps(_without_words(whole))))


def _upgraded(document: Mapping[str, Any]) -> dict[str, Any]:
    schema = document["schema"]
    try:
        return UPGRADES[schema](document)
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"missing key {error.args[0]!r}" if isinstance(error, KeyError) else "a value is not of its kind"
        raise AnalysisRefused(problem, where="evaluation", rule=f"a whole document of schema {schema}") from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema of what :func:`to_document` writes."""
    schema = _adapter().json_schema(mode="serialization")
    parts = schema["$defs"]
    words = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    estimate, verdict, check = (parts[name]["properties"] for name in ("Estimate", "Verdict", "Check"))
    estimate["variation"] = estimate["variant"]
    estimate["variant"] = {**words, "description": "variation, in words"}
    verdict |= {"segment_column": words, "segment_level": words}
    verdict["segment"] = {**words, "description": "segment_column and segment_level, in words"}
    check["name"] = {"type": "string", "description": "kind and subject, in words"}
    for name in ("Estimate", "Verdict", "Check"):
        parts[name]["required"] = list(parts[name]["properties"])
    schema["required"] = [name for name in schema["required"] if name not in _OF_AMENDED]
    digest = {"type": "string", "description": "SHA-256 of the rest, where the evaluation was stored"}
    schema["properties"]["evaluation_digest"] = digest
    salt = {"type": "string", "description": "of the digest; where the evaluation was stored, and shown whole"}
    schema["properties"]["salt"] = salt
    schema["properties"] |= {
        "evaluation_number": {"type": "integer", "description": "among the trial's evaluations, where it was stored"},
        "evaluation_role": {"enum": ["finding", "update", "attempt", "not_due", "replaced"]},
        "evaluation_count": {"type": "integer", "description": "of its role: update 2"},
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _without_words(document: dict[str, Any]) -> dict[str, Any]:
    """Today's document as the fields of the values alone."""
    whole = dict(document)
    for name in _ROWS:
        whole[name] = [_without_variant_words(row) for row in _objects(whole, name)]
    unplanned = whole.get("unplanned")
    if isinstance(unplanned, Mapping):
        rows = [_without_variant_words(row) for row in _objects(unplanned, "estimates")]
        whole["unplanned"] = {**unplanned, "estimates": rows}
    whole["checks"] = [{key: value for key, value in row.items() if key != "name"} for row in _objects(whole, "checks")]
    verdict = whole.get("verdict")
    if isinstance(verdict, Mapping):
        fields = {key: value for key, value in verdict.items() if key not in ("segment_column", "segment_level")}
        column, level = verdict.get("segment_column"), verdict.get("segment_level")
        fields["segment"] = None if column is None and level is None else {"column": column, "level": level}
        whole["verdict"] = fields
    return whole


def _without_variant_words(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = {key: value for key, value in row.items() if key != "variation"}
    return {**fields, "variant": row.get("variation")}


def _objects(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = document.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise AnalysisRefused("it is not a list of objects", where=f"evaluation.{name}")
    return rows


@cache
def _adapter() -> TypeAdapter[Evaluation]:
    return TypeAdapter(with_config(_STRICT)(Evaluation))


def _read(text: str | bytes) -> Evaluation:
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0]) from None


def _refusal(error: ErrorDetails) -> AnalysisRefused:
    """The first thing that is wrong, at its path."""
    place, value = error["loc"], error["input"]
    if error["type"] == "unexpected_keyword_argument":
        return AnalysisRefused(f"unknown key {place[-1]!r}", where=_path(place[:-1]))
    if error["type"] == "missing":
        return AnalysisRefused(f"missing key {place[-1]!r}", where=_path(place[:-1]))
    if error["type"] == "finite_number":
        rule = "what is not estimable is null, with its reason"
        return AnalysisRefused(f"{value} is not a figure", where=_path(place), rule=rule)
    wanted = error["msg"].removeprefix("Input should be ")
    return AnalysisRefused(f"{value!r} is not {wanted}", where=_path(place))


def _path(place: tuple[int | str, ...]) -> str:
    return "evaluation" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def _plain(value: object) -> object:
    """A scalar of numpy as Python has it; anything else has no place in a document."""
    if isinstance(value, np.generic):
        return value.item()
    raise AnalysisRefused(f"{type(value).__name__} has no place in a document", where="evaluation")
