"""The methods that SPIRIT 2025 asks for, from the plan."""

from __future__ import annotations

from analysis.wording.naming import outcome_label
from analysis.wording.numbers import percentage
from analysis.wording.phrases import capitalised, listed
from designs.protocol import Protocol
from designs.protocol.models import Outcome
from designs.protocol.words import column_words
from trials.registry.dossier import Dossier
from trials.reporting.proposal.evaluation import ADJUSTMENTS, MULTIPLICITIES
from trials.reporting.registrations import content


def _here(dossier: Dossier) -> Protocol | None:
    """The plan of a trial that this service randomises, where its randomisation is there."""
    plan = dossier.plan
    return None if plan is None or plan.randomisation is None or not plan.randomised_here else plan


def objectives(dossier: Dossier) -> str | None:
    hypothesis = content.hypothesis(dossier)
    guarded = content.end_points(dossier, ("guardrail",))
    if hypothesis is None:
        return None
    return hypothesis if guarded is None else f"{hypothesis.rstrip('.')}. Harms that are guarded against: {guarded}."


def framework(dossier: Dossier) -> str | None:
    made = content.design(dossier)
    if made is None or dossier.plan is None:
        return None
    kinds = {"factorial": "Factorial", "saturation": "Clusters, then customers within them"}
    return f"{made} {kinds.get(dossier.plan.randomisation.method, 'Parallel arms')}; superiority over the comparison."


def setting(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.behaviour is None:
        return None
    return f"Customers of the department, in its administrative files: {plan.behaviour.observed_in}."


def sites(dossier: Dossier) -> str | None:
    campaign = None if dossier.plan is None else dossier.plan.campaign
    return None if campaign is None else f"{campaign.dmtc_site} (calls), {campaign.dto} (clerical work)."


def adherence(dossier: Dossier) -> str | None:
    plan = _here(dossier)
    if plan is None:
        return None
    said = "What was sent and delivered is loaded and compared with the arm of each customer."
    complier = None if plan.analysis is None else plan.analysis.complier
    return said if complier is None else f"{said} Compliers are those of whom the contact is verified."


def other_contact(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.population is None:
        return None
    said = ["Statutory notices, penalties and ordinary pursuit go on in every arm."]
    if plan.population.cooling_off_days is not None:
        said.append(f"Nobody takes part who was in another trial within {plan.population.cooling_off_days} days.")
    return " ".join(said)


def outcomes(dossier: Dossier) -> str | None:
    return content.explained(dossier, ("primary", "secondary", "guardrail"))


def harms(dossier: Dossier) -> str | None:
    """The guardrails, each with the most that is let pass."""
    plan = dossier.plan
    guards = [] if plan is None else [each for each in plan.outcomes or () if each.role == "guardrail"]
    return "; ".join(_guardrail(each) for each in guards) or None


def _guardrail(outcome: Outcome) -> str:
    if outcome.margin is None:
        return outcome_label(outcome)
    margin = f"{outcome.margin * 100:g} points" if outcome.effect_in == "share" else f"{outcome.margin:g}"
    return f"{outcome_label(outcome)}: not worse by {margin} or more"


def schedule(dossier: Dossier) -> str | None:
    starts, ends = content.starts(dossier), content.ends(dossier)
    if starts is None:
        return None
    return f"First contact: {starts}." + ("" if ends is None else f" The last outcome is counted on {ends}.")


def recruitment(dossier: Dossier) -> str | None:
    """Nobody is recruited: all who are eligible in a file take part."""
    plan, population = dossier.plan, dossier.population
    if plan is None or plan.population is None or population is None:
        return None
    return f"All customers of one file who are eligible take part: {content.observations(dossier)}."


def restriction(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.randomisation is None:
        return None
    kind = "Simple" if plan.randomisation.method == "simple" else "Restricted"
    return f"{kind}. {content.strata(dossier) or 'No strata.'}"


def concealment(dossier: Dossier) -> str | None:
    if _here(dossier) is None:
        return None
    return (
        "The plan and its population are fixed before the draw, and all customers are assigned at once. Arms by "
        "customer are the randomiser's until the seed is released."
    )


def implementation(dossier: Dossier) -> str | None:
    if _here(dossier) is None:
        return None
    return "Only the randomiser draws and issues lists; who had a list, and of how many, is in the audit chain."


def blinded(dossier: Dossier) -> str | None:
    if _here(dossier) is None:
        return None
    return (
        "Outcomes come from administrative files by customer, without arms. Analysts see no arm of a "
        "customer, and no result before outcomes are due."
    )


def unblinding(dossier: Dossier) -> str | None:
    if _here(dossier) is None:
        return None
    return (
        "The randomiser can look up the arm of a customer who complains or is in need; that it was asked is recorded."
    )


def collection(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or not plan.outcomes:
        return None
    sources = dict.fromkeys(
        declared.source
        for outcome in plan.outcomes
        if plan.population is not None and (declared := plan.population.columns.get(outcome.header)) is not None
        if declared.source is not None
    )
    named = f" Sources: {listed(list(sources))}." if sources else ""
    return f"From administrative files, by customer.{named}"


def retention(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.analysis is None or not plan.outcomes:
        return None
    return (
        "Customers are followed in files. The share of those with an outcome is compared between arms, which may "
        f"differ by {percentage(plan.retention_margin)}."
    )


def statistics(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.analysis is None:
        return None
    analysis = plan.analysis
    named = [column_words(plan).column(each.column).replace("_", " ") for each in analysis.covariates]
    known = f" Known before and adjusted for: {listed(named)}." if named else ""
    return (
        f"{capitalised(ADJUSTMENTS[analysis.adjustment])}, standard errors {analysis.standard_errors}, error "
        f"{percentage(analysis.alpha)}, {MULTIPLICITIES[analysis.multiplicity]}.{known}"
    )


def analysed(dossier: Dossier) -> str | None:
    if dossier.plan is None or dossier.plan.analysis is None:
        return None
    return "Everyone assigned, in the arm that they were assigned to."


def missing_data(dossier: Dossier) -> str | None:
    if dossier.plan is None or dossier.plan.analysis is None:
        return None
    return (
        "Nobody is dropped after the draw; missing outcomes are counted by arm, with bounds on what they could change."
    )


def further(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.analysis is None:
        return None
    words = column_words(plan)
    segments = [words.column(each.column).replace("_", " ") for each in plan.analysis.subgroups]
    said = "Sensitivity analyses, which decide nothing."
    return f"Segments, by an interaction test: {listed(segments)}. {said}" if segments else said


def interim(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.analysis is None:
        return None
    looks = plan.analysis.looks
    if looks is None:
        return "None: nobody looks at effects before everything is due."
    shares = listed([percentage(fraction) for fraction in looks.fractions])
    spending = {"obrien_fleming": "O'Brien and Fleming", "pocock": "Pocock"}[looks.spending]
    may = "harm alone" if looks.may == "harm" else "harm or benefit"
    return f"When outcomes of {shares} of customers are due, with alpha spending ({spending}); they may find {may}."
