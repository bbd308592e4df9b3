"""The fields of the United Kingdom's Evaluation Registry, which every evaluation by a department is entered in.

As the registry's own published program defines them (i-dot-ai/evaluation-registry, ``evaluations/models.py``) and the
guidance on GOV.UK explains them ("Guidance on using the Evaluation Registry"), both as read in November 2026. An entry
is due when the plan is signed off, and no later than the first data. Its dates are months, intended or actual.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from designs.entries import SetAside
from trials.life import has_reached
from trials.registry.dossier import Dossier
from trials.reporting.proposal.became import set_aside
from trials.reporting.proposal.days import launch, locked_on
from trials.reporting.registrations import content
from trials.reporting.registrations.form import Field, Form, nothing


def _status(dossier: Dossier) -> str | None:
    """One of the registry's own words; none for a design that ended without a trial, or a draw that is void."""
    if dossier.state == "void" or any(isinstance(each.entry, SetAside) for each in dossier.facts.recorded):
        return None
    if dossier.state in ("applied", "adapted", "stopped") or has_reached(dossier.state, "decided"):
        return "A complete evaluation report"
    return "An ongoing evaluation" if has_reached(dossier.state, "allocated") else "A planned evaluation"


def _kinds(dossier: Dossier) -> str | None:
    if dossier.plan is None or dossier.plan.randomisation is None:
        return None
    money = "" if dossier.plan.decision is None else "; value for money evaluation"
    return f"Impact evaluation{money}"


def _impact(dossier: Dossier) -> str | None:
    return None if _kinds(dossier) is None else "Randomised controlled trial (RCT)"


def _trial_kind(dossier: Dossier) -> str | None:
    answer = content.clustered(dossier)
    if answer is None:
        return None
    return "Cluster RCT" if answer == "Yes" else "Other: customers are randomised one by one"


def _money(dossier: Dossier) -> str | None:
    plan = dossier.plan
    return None if plan is None or plan.decision is None else "Cost-benefit analysis"


def _month(day: date | None, state: str) -> str | None:
    return None if day is None else f"{day:%B %Y}, {state}"


def _evaluation_start(dossier: Dossier) -> str | None:
    return None if dossier.lock is None else _month(locked_on(dossier), "actual")


def _contact_start(dossier: Dossier) -> str | None:
    if dossier.plan is None or dossier.plan.randomisation is None:
        return None
    day, state = launch(dossier)
    return _month(day, "actual" if state == "Happened" else "intended")


def _contact_end(dossier: Dossier) -> str | None:
    return _month(content.last_issue(dossier), "intended")


def _extraction(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is not None and plan.clock is not None and plan.clock.cut_on is not None:
        return _month(plan.clock.cut_on, "intended")
    last = content.ends(dossier)
    return None if last is None else f"After {last}, intended"


def _interim(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.analysis is None or plan.analysis.looks is None:
        return None
    shares = ", ".join(f"{fraction:.0%}" for fraction in plan.analysis.looks.fractions)
    return f"When outcomes are due for {shares} of customers, intended"


def _not_published(dossier: Dossier) -> str | None:
    return " ".join(set_aside(dossier)) or None


UK: Final = Form(
    "uk",
    "UK Evaluation Registry",
    "Evaluation Task Force: the registry's published program and GOV.UK guidance, as read in November 2026",
    (
        (
            "The evaluation",
            (
                Field("title", "Title", content.title, required=True),
                Field("lead_department", "Lead department", nothing, required=True),
                Field("departments", "Departments involved", content.owner),
                Field("status", "Status", _status, required=True),
                Field("brief_description", "Brief description", content.abstract, required=True),
                Field("grant_number", "Grant number", nothing),
                Field("major_project_number", "Major project number", nothing),
            ),
        ),
        (
            "Types",
            (
                Field("evaluation_types", "Evaluation types", _kinds, required=True),
                Field("impact_types", "Impact evaluation: method", _impact, required=True),
                Field("rct_types", "Randomised controlled trial: kind", _trial_kind),
                Field("process_types", "Process evaluation: methods", nothing),
                Field("economic_types", "Value for money evaluation: method", _money),
            ),
        ),
        (
            "Dates",
            (
                Field("eval_start", "Evaluation start", _evaluation_start),
                Field("first_recruit", "First participant recruited", _contact_start),
                Field("last_recruit", "Last participant recruited", _contact_end),
                Field("intervention_start", "Intervention start date", _contact_start),
                Field("intervention_end", "Intervention end date", _contact_end),
                Field("interim_extract", "Interim data extraction date", _interim),
                Field("final_extract", "Final data extraction date", _extraction),
                Field("final_analysis_start", "Final data analysis start", nothing),
                Field("final_analysis_end", "Final data analysis end", nothing),
                Field("pub_final", "Publication of final results", nothing, required=True),
                Field("eval_end", "Evaluation end", nothing),
            ),
        ),
        (
            "Links and publication",
            (
                Field("plan_link", "Link to the plan", nothing),
                Field("plan_version", "The plan, as this registry keeps it", content.version_and_after),
                Field("published_evaluation_link", "Link to the published evaluation", nothing),
                Field("reasons_unpublished", "Reasons why it is not published", _not_published),
            ),
        ),
    ),
)
