"""A diagnosis as plain values, and back: how it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.diagnosis.results import Assumption, Diagnosand, Diagnosis, EffectDiagnosis, TruthDiagnosis


def diagnosis_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Plain values, which :func:`diagnosis_of_document` reads."""
    document = asdict(diagnosis)
    document["truths"] = [{**truth, "effects": list(truth["effects"])} for truth in document["truths"]]
    return {**document, "assumptions": list(document["assumptions"])}


def diagnosis_of_document(document: Mapping[str, Any]) -> Diagnosis:
    """The diagnosis that they were made of."""
    truths = tuple(
        TruthDiagnosis(
            truth=truth["truth"],
            effects=tuple(_effect(effect) for effect in truth["effects"]),
            verdicts={code: Diagnosand(**figure) for code, figure in truth["verdicts"].items()},
            scaled={arm: Diagnosand(**figure) for arm, figure in truth["scaled"].items()},
        )
        for truth in document["truths"]
    )
    assumptions = tuple(Assumption(**each) for each in document["assumptions"])
    return Diagnosis(**{**document, "truths": truths, "assumptions": assumptions})


def _effect(document: Mapping[str, Any]) -> EffectDiagnosis:
    figures: dict[str, Any] = dict(document)
    for name, value in document.items():
        if isinstance(value, Mapping):
            figures[name] = Diagnosand(**value)
    return EffectDiagnosis(**figures)
