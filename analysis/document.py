"""An evaluation as one JSON object, and back, with nothing lost.

The keys are the field names of :mod:`analysis.results`. Figures keep full precision. NaN and infinity are no JSON and
no result, so they are refused here rather than stored: what is not estimable is null, with its reason.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from analysis.errors import AnalysisRefused
from analysis.results import SCHEMA, Evaluation


def to_document(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values, ``schema`` first.

    Raises:
        AnalysisRefused: a figure is not finite; ``where`` is its path.
    """
    plain: dict[str, Any] = _plain(evaluation, "evaluation")
    return {"schema": plain.pop("schema"), **plain}


def from_document(document: Mapping[str, Any]) -> Evaluation:
    """The evaluation that :func:`to_document` wrote.

    Raises:
        AnalysisRefused: another schema, an unknown key, a missing key or a value of the wrong kind.
    """
    if document.get("schema") != SCHEMA:
        raise AnalysisRefused(
            f"an evaluation of schema {document.get('schema')!r} cannot be read",
            where="schema",
            rule=f"this release reads schema {SCHEMA}",
        )
    evaluation: Evaluation = _typed(Evaluation, document, "evaluation")
    return evaluation


def _plain(value: Any, path: str) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), f"{path}.{field.name}") for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item, f"{path}[{position}]") for position, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise AnalysisRefused(
            f"{value} is not a figure", where=path, rule="what is not estimable is null, with its reason"
        )
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise AnalysisRefused(f"{type(value).__name__} has no place in a document", where=path)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _typed(hint: Any, value: Any, path: str) -> Any:
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of(options, value, path)
    if is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, value, path)
    if origin is tuple and isinstance(value, list):
        return tuple(_typed(options[0], item, f"{path}[{position}]") for position, item in enumerate(value))
    if origin is Mapping and isinstance(value, Mapping):
        return {_typed(options[0], k, path): _typed(options[1], item, f"{path}.{k}") for k, item in value.items()}
    if origin is Literal and value in options:
        return value
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if hint is type(None) and value is None:
        return None
    if hint in (int, str, bool) and type(value) is hint:
        return value
    raise AnalysisRefused(f"{value!r} is not {_name(hint)}", where=path)


def _one_of(options: tuple[Any, ...], value: Any, path: str) -> Any:
    """The option of a union that the value fits; an exact kind goes before a number that would have to change."""
    exact = [option for option in options if option is type(value)]
    for option in (*exact, *options):
        try:
            return _typed(option, value, path)
        except AnalysisRefused:
            continue
    names = " or ".join(_name(option) for option in options)
    raise AnalysisRefused(f"{value!r} is not {names}", where=path)


def _object(cls: type, value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise AnalysisRefused(f"{value!r} is not {_name(cls)}", where=path)
    known = {field.name: field for field in fields(cls)}
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise AnalysisRefused(
            f"unknown key {unknown[0]!r}", where=path, rule=f"{_name(cls)} has {', '.join(sorted(known))}"
        )
    absent = [
        name
        for name, field in known.items()
        if name not in value and field.default is MISSING and field.default_factory is MISSING
    ]
    if absent:
        raise AnalysisRefused(f"missing key {absent[0]!r}", where=path)
    hints = _hints(cls)
    return cls(**{name: _typed(hints[name], item, f"{path}.{name}") for name, item in value.items()})


def _name(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    return "null" if hint is type(None) else getattr(hint, "__name__", str(hint))
