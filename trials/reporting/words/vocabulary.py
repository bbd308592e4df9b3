"""The words for each code: states, verdicts, findings, methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from analysis.results import Check, CheckKind, Estimate, FactorLevel, Segment
from analysis.wording.phrases import capitalised, sentence_case
from analysis.wording.saturation import estimand_in_words
from designs.protocol.words import ColumnWords
from trials.findings import Role
from trials.life import State, Step
from trials.reporting.words.names import Names
from trials.reporting.words.segments import name_as_words, scaled_to

STATES: Final[Mapping[State, str]] = {
    "draft": "Draft",
    "suitability": "Suitability",
    "consulted": "Consulted",
    "gateway_1": "Gateway 1 passed",
    "designed": "Designed",
    "signed_off": "Signed off",
    "gateway_2": "Gateway 2 passed",
    "locked": "Locked",
    "allocated": "Allocated",
    "in_field": "In the field",
    "data_cut": "Data cut taken",
    "analysed": "Analysed",
    "decided": "Decided",
    "applied": "Applied",
    "adapted": "Adapted",
    "stopped": "Stopped",
    "void": "Void",
}

STEPS: Final[Mapping[Step, str]] = {
    "answer_suitability": "Answer the questions of suitability",
    "consult": "Consult those whose area is touched",
    "pass_gateway_1": "Take the idea to the first gateway",
    "design": "Design the trial",
    "sign_off": "Sign the sample off",
    "pass_gateway_2": "Take the design to the second gateway",
    "lock": "Load the population, then lock the plan",
    "lock_loaded": "Look at what the lock would say (otm lock TRIAL --check), then lock the plan",
    "randomise": "Randomise",
    "resume_randomise": "Randomise again: the seed is drawn, the allocation was interrupted",
    "issue": "Issue the lists",
    "issue_rest": "Issue the lists that are left",
    "next_wave": "Draw the next wave when its day comes: load its customers, randomise, issue its lists; load outcomes "
    "when they are due",
    "load_outcomes": "Load the outcomes when they are due",
    "evaluate": "Evaluate",
    "correct_files": "Load the corrected files and evaluate again, or end it without a finding",
    "decide": "Record a decision",
    "decide_again": "Decide again: the decision rests on an evaluation that is not the finding",
    "review": "Review the decision",
    "confirm_void": "Confirm the void that was asked for",
    "confirm_correction": "Confirm the correction that was asked for",
    "confirm_amendment": "Confirm the amendment of the plan, or withdraw it",
    "analyse_elsewhere": "Analyse its file with otm analyse: it was randomised elsewhere",
    "nothing": "Nothing: the draw is void and its record is kept",
}

FINDINGS: Final[Mapping[str, str]] = {  # {nothing} is what the approaches are compared with
    "passes": "Works, and is worth sending",
    "works_not_worth_sending": "Works, and is not worth sending",
    "works_worth_unknown": "Works; whether it is worth sending is not known",
    "worse_than_nfa": "Worse than {nothing}",
    "not_shown": "Not shown to beat {nothing}",
    "harmful": "Does harm: a guardrail is crossed",
    "not_estimable": "Could not be estimated",
}

EVALUATION_ROLES: Final[Mapping[Role, str]] = {
    "finding": "Finding",
    "update": "Update",
    "attempt": "Attempt",
    "not_due": "Before everything was due",
    "repeat": "Look taken again",
    "replaced": "Replaced",
}

CHANNELS: Final[Mapping[str, str]] = {"letter": "Letter", "sms": "SMS", "email": "Email", "call": "Call"}

METHODS: Final[Mapping[str, str]] = {
    "difference_in_means": "difference in means",
    "additive": "additive regression",
    "lin": "Lin regression",
    "two_stage_least_squares": "two-stage least squares",
    "cox": "Cox",
    "kaplan_meier": "Kaplan–Meier",
    "aalen_johansen": "Aalen–Johansen",
    "logit": "logit",
    "randomisation_inference": "randomisation inference",
    "miettinen_nurminen": "Miettinen–Nurminen",
}

ESTIMANDS: Final[Mapping[str, str]] = {
    "itt": "everyone assigned",
    "complier": "compliers",
    "log_hazard_ratio": "log hazard ratio",
    "survival_difference": "difference in share still owing",
    "rmst_difference": "difference in days, restricted mean",
    "direct": "being sent it oneself",
    "spillover": "others of the group being sent it",
    "total": "sending it to the group",
    "main_effect": "effect of each factor",
    "interaction": "whether the factors work together",
}

# What a check is called, and what a manager reads when it passed.
CHECKS: Final[Mapping[CheckKind, tuple[str, str]]] = {
    "allocation_counts": ("Allocation", "Every customer is in the arm that was drawn for them."),
    "duplicate_ids": ("Duplicates", "No customer appears twice."),
    "arm_labels": ("Names of the arms", "Every arm is one that the plan names."),
    "sample_ratio": ("Sizes of the arms", "The arms have the sizes that were planned."),
    "match": ("Match", "Outcomes were found for the same share of every arm."),
    "retention": ("Retention", "The same share of every arm has the primary outcome."),
    "coverage": ("Coverage", "Enough customers have the outcomes that the verdict rests on."),
    "left_out": ("Left out", "The plan left out the same share of every arm."),
    "known_before": ("Known before", "What was known before the trial is known alike in every arm."),
    "event_codes": ("Codes of the event", "Every code is one that the plan lists, or ends a full follow-up."),
    "dispatch": ("Dispatch", "Messages went to the arms they were meant for."),
    "contact_days": ("Days of contacts", "Messages went out between the draw and the day of the outcome."),
    "letters": ("Letters", "Every customer was sent the letter of their arm, as far as contacts name it."),
    "delivery": ("Delivery", "Messages arrived as often as was declared."),
    "balance": ("Balance", "The arms were alike before the trial."),
    "maturity": ("Maturity", "Every customer was followed for as long as the plan says."),
    "planned_day": ("Planned day", "Customers were assigned by the day that was planned for them."),
    "clusters_whole": ("Groups", "Customers who belong together are in the same arm."),
    "clusters_enough": ("Number of groups", "There are enough groups for the ranges to hold."),
    "second_opinion": ("Second opinion", "Another program finds the same effect."),
    "only_yes": ("Both answers", "The outcomes hold those who did and those who did not."),
    "in_its_days": ("Days", "What happened before the trial is alike in every arm, and counts in none."),
    "rows_taken": ("Rows", "Every row of the file was taken."),
    "contacts_taken": ("Rows of contacts", "Every row of contacts is of somebody in the trial."),
    "conditions_known": ("Conditions", "Whether customers take part is known of the same share of every arm."),
    "cells_read": ("Cells", "Every cell that the plan uses could be read."),
    "missing_outcomes": (
        "Missing outcomes", "Other outcomes are not missing more often in one arm than in another.",
    ),
}  # fmt: skip

ROLES: Final[Mapping[str, str]] = {"primary": "Primary", "secondary": "Secondary", "guardrail": "Guardrail"}
SCENARIOS: Final[Mapping[str, str]] = {
    "low": "Low benefits with high costs",
    "central": "Central values",
    "high": "High benefits with low costs",
}

NO_FURTHER_ACTION: Final = "no further action"
VOID: Final = "None: the draw is void"


def state(code: State) -> str:
    """The state of a trial, in words.

    >>> state("in_field")
    'In the field'
    """
    return STATES[code]


def verdict(
    code: str | None,
    arm: str | None = None,
    segments: Sequence[tuple[str, Segment]] = (),
    nothing: str = NO_FURTHER_ACTION,
    words: ColumnWords | None = None,
) -> str:
    """The verdict as a banner says it.

    Args:
        code: of the verdict.
        arm: the approach to scale, as it stands inside a sentence.
        segments: each approach, likewise, with a segment to which it is to be scaled.
        nothing: what the approaches were compared with.
        words: what the plan calls its columns.

    >>> verdict("scale", "the SMS reminder"), verdict("no_further_action", nothing="business as usual (a letter)")
    ('Scale the SMS reminder', 'Business as usual (a letter) is better')
    >>> verdict("scale_segment", "the plain letter", [("the plain letter", Segment("reason", "forgot"))])
    'Scale the plain letter to a segment: reason is forgot'
    >>> verdict("scale_segment", None, [("the letter", Segment("age", "old")), ("the SMS", Segment("age", "young"))])
    'Scale to segments: the letter where age is old; the SMS where age is young'
    """
    name = arm or "the approach"
    match code:
        case "scale":
            return f"Scale {name}"
        case "scale_segment":
            if not segments:
                return f"Scale {name} to a segment: as named in the reasons"
            return f"Scale {scaled_to(segments if len(segments) > 1 else [(name, segments[0][1])], words)}"
        case "no_further_action":
            return f"{capitalised(nothing)} is better"
        case "not_shown":
            return f"Not shown to beat {nothing}: do not scale"
        case "not_due":
            return "No verdict yet: outcomes are not due"
        case "invalid":
            return "Invalid: no finding can be drawn"
        case None:
            return "No verdict yet"
        case _:
            return sentence_case(code)


def evaluation_role(role: Role, count: int = 1) -> str:
    """What an evaluation is among those of its trial.

    >>> evaluation_role("finding"), evaluation_role("update", 2), evaluation_role("not_due", 1)
    ('Finding', 'Update 2', 'Before everything was due, 1')
    """
    words = EVALUATION_ROLES[role]
    return words if role == "finding" else f"{words}{',' if role == 'not_due' else ''} {count}"


def finding(code: str, nothing: str = NO_FURTHER_ACTION) -> str:
    """An arm's own finding, in words.

    >>> finding("works_not_worth_sending"), finding("worse_than_nfa", "business as usual (a letter)")
    ('Works, and is not worth sending', 'Worse than business as usual (a letter)')
    """
    return FINDINGS.get(code, sentence_case(code)).format(nothing=nothing)


def estimand(row: Estimate, names: Names) -> str:
    """What a row estimates, in words; of a saturation trial with the share of each group that was sent the message."""
    if row.estimand in ("direct", "spillover", "total"):
        share = None if row.saturation is None else row.saturation.treated
        return estimand_in_words(names.plan, row.estimand, share)
    return ESTIMANDS[row.estimand]


def factor_words(factors: Sequence[FactorLevel]) -> str:
    """What a main effect or an interaction is of.

    >>> factor_words([FactorLevel("tone", "norm", "plain")])
    'Tone: norm against plain'
    >>> factor_words([FactorLevel("tone", "norm", "plain"), FactorLevel("channel", "sms", "letter")])
    'Tone: norm against plain, more or less so with channel: sms than with letter'
    """
    first, *others = factors
    words = f"{sentence_case(first.factor)}: {first.level} against {first.reference}"
    for other in others:
        words += f", more or less so with {name_as_words(other.factor)}: {other.level} than with {other.reference}"
    return words


def check_title(check: Check, names: Names) -> str:
    """What a check is called."""
    if check.kind == "missing_outcomes" and check.subject is not None:
        return f"Missing: {names.subject(check.subject)}"
    if check.kind in ("coverage", "event_codes") and check.subject is not None:
        return f"{CHECKS[check.kind][0]}: {names.subject(check.subject)}"
    return CHECKS[check.kind][0]


def check_result(check: Check) -> str:
    """How a check ended; a failed check that only warns says so.

    >>> check_result(Check("balance", False, "", "warns")), check_result(Check("balance", None, "", "blocks"))
    ('Warning', 'Not tested')
    """
    if check.passed is None:
        return "Not tested"
    if check.passed:
        return "Passed"
    return "Failed" if check.severity == "blocks" else "Warning"
