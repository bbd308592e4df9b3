"""The fields of the American Economic Association's registry of randomised controlled trials.

As https://www.socialscienceregistry.org/site/version lists them with those that are required, and as its entries show
them (read in November 2026). What is asked after a trial has ended is not here. Nobody's name is in the record, which
knows teams and roles; nor is a country, an ethics committee, or a code of the *Journal of Economic Literature*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from designs.entries import SetAside
from designs.literals import OutcomeRole
from trials.life import has_reached
from trials.registry.dossier import Dossier
from trials.reporting.registrations import content
from trials.reporting.registrations.form import Field, Form, nothing


def _status(dossier: Dossier) -> str | None:
    """One of the registry's own four words."""
    if dossier.state == "void" or any(isinstance(each.entry, SetAside) for each in dossier.facts.recorded):
        return "Withdrawn"
    if dossier.state in ("applied", "adapted", "stopped") or has_reached(dossier.state, "analysed"):
        return "Completed"
    return "On going" if has_reached(dossier.state, "allocated") else "In development"


def _outcomes(*roles: OutcomeRole) -> Callable[[Dossier], str | None]:
    return lambda dossier: content.end_points(dossier, roles)


def _explained(*roles: OutcomeRole) -> Callable[[Dossier], str | None]:
    return lambda dossier: content.explained(dossier, roles)


AEA: Final = Form(
    "aea",
    "AEA RCT Registry",
    "American Economic Association, socialscienceregistry.org/site/version, as read in November 2026",
    (
        (
            "Trial information",
            (
                Field("title", "Trial title", content.title, required=True),
                Field("country", "Country", nothing, required=True),
                Field("region", "Region", nothing),
                Field("primary_investigator", "Primary investigator: name and email", nothing, required=True),
                Field("affiliation", "Primary investigator: affiliation", content.owner),
                Field("other_investigators", "Other primary investigators", nothing),
                Field("status", "Status", _status, required=True),
                Field("keywords", "Keywords", content.techniques, required=True),
                Field("jel_codes", "JEL codes", nothing),
                Field("secondary_ids", "Secondary identifying numbers", content.identifier),
                Field("abstract", "Abstract", content.abstract, required=True),
                Field("external_links", "External links", nothing),
            ),
        ),
        (
            "Dates",
            (
                Field("trial_start", "Trial start date", content.starts, required=True),
                Field("intervention_start", "Intervention start date", content.starts, required=True),
                Field("intervention_end", "Intervention end date", content.contact_ends, required=True),
                Field("trial_end", "Trial end date", content.ends, required=True),
            ),
        ),
        (
            "Sponsors and partners",
            (
                Field("sponsors", "Trial sponsors", content.directorate),
                Field("partners", "Trial partners", nothing),
            ),
        ),
        (
            "Experimental details",
            (
                Field("interventions", "Interventions", content.interventions),
                Field("interventions_hidden", "Interventions, hidden until the end", content.texts_kept),
                Field("primary_outcomes", "Primary outcomes (end points)", _outcomes("primary"), required=True),
                Field("primary_explained", "Primary outcomes (explanation)", _explained("primary")),
                Field("secondary_outcomes", "Secondary outcomes (end points)", _outcomes("secondary", "guardrail")),
                Field("secondary_explained", "Secondary outcomes (explanation)", _explained("secondary", "guardrail")),
                Field("design", "Experimental design", content.design, required=True),
                Field("design_details", "Experimental design details", content.strata),
                Field("randomization_method", "Randomization method", content.randomisation, required=True),
                Field("randomization_unit", "Randomization unit", content.unit, required=True),
                Field("clustered", "Was the treatment clustered?", content.clustered, required=True),
                Field("clusters", "Sample size: planned number of clusters", content.clusters, required=True),
                Field(
                    "observations", "Sample size: planned number of observations", content.observations, required=True
                ),
                Field("by_arm", "Sample size by treatment arms", content.by_arm, required=True),
                Field("minimum_effect", "Minimum detectable effect size for main outcomes", content.smallest_effects),
            ),
        ),
        (
            "Ethics and documents",
            (
                Field("irb_name", "IRB: name", nothing),
                Field("irb_date", "IRB: approval date", nothing),
                Field("irb_number", "IRB: approval number", nothing),
                Field("analysis_plan", "Analysis plan", content.version_and_after),
            ),
        ),
    ),
)
"""What is required is marked as the registry marks it; of ethics, only where a committee was asked."""
