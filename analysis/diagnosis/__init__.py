"""What a plan would find, by simulating it whole (Blair, Cooper, Coppock & Humphreys 2019, APSR 113:838).

The plan is the design; a :class:`World` is the model of what is true; a :class:`Replicate` is one trial of it, through
its own assignment, analysis and verdict; diagnosands are what many replicates say.
"""

from analysis.diagnosis.chances import VerdictChances, customers_for_scale, verdict_chances
from analysis.diagnosis.diagnosands import diagnosands
from analysis.diagnosis.document import diagnosis_document, diagnosis_of_document
from analysis.diagnosis.results import (
    Assumption,
    Diagnosand,
    Diagnosis,
    EffectDiagnosis,
    Replicate,
    TruthDiagnosis,
    TruthName,
)
from analysis.diagnosis.trial import assigned_trial, conducted, decisive, replicate
from analysis.diagnosis.worlds import TRUTHS, World, declared_world

__all__ = [
    "TRUTHS",
    "Assumption",
    "Diagnosand",
    "Diagnosis",
    "EffectDiagnosis",
    "Replicate",
    "TruthDiagnosis",
    "TruthName",
    "VerdictChances",
    "World",
    "assigned_trial",
    "conducted",
    "customers_for_scale",
    "decisive",
    "declared_world",
    "diagnosands",
    "diagnosis_document",
    "diagnosis_of_document",
    "replicate",
    "verdict_chances",
]
