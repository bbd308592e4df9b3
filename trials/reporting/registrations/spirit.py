"""The items of SPIRIT 2025, by their published numbers, in our own words.

Chan A-W, Boutron I, Hopewell S, et al. SPIRIT 2025 statement: updated guideline for protocols of randomised trials. BMJ
2025;389:e081477, table 1 (34 items, most with parts). Written for medicine: participants are customers here, and care
is what goes on for them beside the trial. What this service does for every trial is said, where it does.
"""

from __future__ import annotations

from typing import Final

from trials.registry.dossier import Dossier
from trials.reporting.registrations import content, spirit_conduct, spirit_methods
from trials.reporting.registrations.form import Field, Form, nothing

STATEMENT: Final = "SPIRIT 2025 statement, BMJ 2025;389:e081477, table 1; the words are ours"


def _title(dossier: Dossier) -> str | None:
    title = content.title(dossier)
    return None if title is None else f"{title}: protocol of a randomised trial"


SPIRIT: Final = Form(
    "spirit",
    "SPIRIT 2025 checklist",
    STATEMENT,
    (
        (
            "Administrative information",
            (
                Field("1a", "Title: design, population, interventions, and that it is a protocol", _title),
                Field("1b", "Structured summary", content.abstract),
                Field("2", "Version of the protocol", content.version_and_after),
                Field("3a", "Who contributed, and as what", spirit_conduct.contributors),
                Field("3b", "Sponsor, and how it is reached", content.directorate),
                Field("3c", "What sponsor and funders decide", spirit_conduct.sponsors_part),
                Field("3d", "Committees and groups that oversee it", spirit_conduct.committees),
            ),
        ),
        (
            "Open science",
            (
                Field("4", "Registry, number and date of registration", nothing),
                Field("5", "Where protocol and analysis plan can be read", content.kept),
                Field("6", "How data, code and materials can be had", nothing),
                Field("7a", "Funding and other support", nothing),
                Field("7b", "Conflicts of interest", nothing),
                Field("8", "How results are told", nothing),
            ),
        ),
        (
            "Introduction",
            (
                Field("9a", "Background and rationale", spirit_conduct.background),
                Field("9b", "Why this comparator", content.comparison),
                Field("10", "Objectives, of benefits and harms", spirit_methods.objectives),
            ),
        ),
        ("Methods: involvement and design", (
            Field("11", "How customers and the public take part in the design", nothing),
            Field("12", "Kind of trial, allocation ratio, framework", spirit_methods.framework),
        )),
        ("Methods: customers, approaches and outcomes", (
            Field("13", "Setting and places", spirit_methods.setting),
            Field("14a", "Who takes part", content.eligibility),
            Field("14b", "Which sites and people deliver it", spirit_methods.sites),
            Field("15a", "Approaches and comparator, in enough detail to repeat them", content.interventions),
            Field("15b", "When an approach is stopped or changed for a customer", nothing),
            Field("15c", "How keeping to the plan is furthered and followed", spirit_methods.adherence),
            Field("15d", "What else customers may and may not get", spirit_methods.other_contact),
            Field("16", "Outcomes: variable, metric, aggregation, time", spirit_methods.outcomes),
            Field("17", "Harms, and how they are assessed", spirit_methods.harms),
            Field("18", "Schedule", spirit_methods.schedule),
            Field("19", "Sample size, with every assumption", content.smallest_effects),
            Field("20", "How enough customers are found", spirit_methods.recruitment),
        )),
        ("Methods: assignment", (
            Field("21a", "Who makes the sequence, and how", content.randomisation),
            Field("21b", "Kind of randomisation, and strata", spirit_methods.restriction),
            Field("22", "How the allocation is concealed", spirit_methods.concealment),
            Field("23", "Who has access to the sequence", spirit_methods.implementation),
            Field("24a", "Who is blinded", spirit_methods.blinded),
            Field("24b", "How blinding is achieved", nothing),
            Field("24c", "When an allocation may be revealed", spirit_methods.unblinding),
        )),
        ("Methods: data and analysis", (
            Field("25a", "How outcomes are collected", spirit_methods.collection),
            Field("25b", "How follow-up is kept complete", spirit_methods.retention),
            Field("26", "How data are entered, checked and kept", spirit_conduct.data_management),
            Field("27a", "Statistical methods", spirit_methods.statistics),
            Field("27b", "Who is analysed, and in which arm", spirit_methods.analysed),
            Field("27c", "Missing data", spirit_methods.missing_data),
            Field("27d", "Further analyses", spirit_methods.further),
        )),
        ("Methods: monitoring", (
            Field("28a", "Data monitoring committee", nothing),
            Field("28b", "Interim analyses and stopping", spirit_methods.interim),
            Field("29", "How conduct is monitored", spirit_conduct.monitoring),
        )),
        ("Ethics", (
            Field("30", "Ethics committee", nothing),
            Field("31", "How amendments are made known", spirit_conduct.amendments),
            Field("32a", "Consent", nothing),
            Field("32b", "Consent for further studies", nothing),
            Field("33", "Confidentiality", spirit_conduct.confidentiality),
            Field("34", "What those get who are harmed", nothing),
        )),
    ),
)  # fmt: skip
