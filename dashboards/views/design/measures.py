"""What is measured: the outcomes, and how they will be read."""

from __future__ import annotations

from typing import Final

from dashboards import nearest, step
from dashboards.forms.fields import Field, Members, Section

_DIRECTIONS: Final = (("increase", "More of it is better"), ("decrease", "Less of it is better"))
_NUMBERS: Final = ("kind", ("amount", "count"))
_TIME: Final = ("kind", ("time_to_event",))
_OUTCOME: Final = (
    Field(("id",), "Short name", hint="Small letters, digits, - and _, such as paid_23. Files and exports use it."),
    Field(("label",), "What people call it", hint="Such as Paid in full by day 23."),
    Field(
        ("role",), "What it is for", "choice",
        options=(
            ("primary", "Primary: the one that shows whether the behaviour changed"),
            ("secondary", "Secondary: reported beside it"),
            ("guardrail", "Guardrail: must not get worse"),
        ),
    ),
    Field(
        ("kind",), "What kind of figure", "choice",
        options=(
            ("binary", "Yes or no"), ("amount", "An amount"), ("count", "A number of times"),
            ("time_to_event", "Time until something happens"),
        ),
    ),
    Field(("direction",), "Which way is better", "choice", options=_DIRECTIONS),
    Field(("column",), "Column of the outcomes file", hint="Where it is not the short name.", asked_where=(
        "kind", ("binary", "amount", "count"))),
    Field(("unit",), "Unit", "choice", options=(
        ("pounds", "Pounds"), ("minutes", "Minutes"), ("days", "Days"), ("number", "A number")), asked_where=_NUMBERS),
    Field(("cap",), "Cap", "number", hint="Amounts above it count as the cap.", asked_where=_NUMBERS),
    Field(("standard_deviation",), "Standard deviation between customers", "number",
          hint="From past data; the number of customers needed follows from it.", asked_where=_NUMBERS),
    Field(("time",), "Column of the time", hint="Days from the issue.", asked_where=_TIME),
    Field(("event",), "Column that says whether it happened", asked_where=_TIME),
    Field(("horizon",), "Followed for how many days", "number", asked_where=_TIME),
    Field(("day",), "Counted by which day after the issue", "number"),
    Field(("baseline",), "Share expected with no further action, in percent", "percent",
          asked_where=("kind", ("binary",))),
    Field(("minimum_effect",), "Smallest effect worth finding, in percentage points", "percent",
          hint="The number of customers needed follows from it.", asked_where=("kind", ("binary",))),
    Field(("minimum_effect",), "Smallest effect worth finding, in its unit", "number", asked_where=_NUMBERS),
    Field(("margin",), "How much worse it may get, in percentage points", "percent",
          hint="Of a guardrail: no approach is scaled that may make it worse than this.",
          asked_where=("role", ("guardrail",))),
)  # fmt: skip
SECTIONS: Final = (
    Section(
        "Outcomes",
        (Members(("outcomes",), "outcome", "label", _OUTCOME, {"role": "secondary", "kind": "binary"}),),
        "Exactly one outcome is primary: it is the behaviour that should change, as it shows in the data.",
    ),
    Section(
        "How they are read",
        (
            Field(
                ("analysis", "covariates"), "Columns that are adjusted for", "lines",
                hint="One a line. Each must be known before the draw; they make ranges narrower.",
            ),
            Field(
                ("analysis", "adjustment"), "How they are adjusted for", "choice",
                options=(
                    ("none", "Not at all"), ("additive", "The same in every arm"), ("lin", "In each arm (Lin)"),
                ),
            ),
            Field(
                ("analysis", "multiplicity"), "Several approaches or outcomes", "choice",
                options=(
                    ("holm", "Holm"), ("bonferroni", "Bonferroni"), ("dunnett", "Dunnett, against one comparison"),
                    ("benjamini_hochberg", "Benjamini and Hochberg"), ("none", "No adjustment: there is one question"),
                ),
            ),
            Field(
                ("analysis", "alpha"), "Chance of calling an effect that is none, in percent", "percent",
                hint="5 where nothing is said.",
            ),
            Field(
                ("analysis", "power"), "Chance of finding the smallest effect worth finding, in percent", "percent",
                hint="80 where nothing is said.",
            ),
        ),
        "Settled now, before anybody has seen an outcome.",
    ),
)  # fmt: skip


def show() -> None:
    page = step.begun("measures")
    if page is not None:
        step.fill(*page, SECTIONS, beside=lambda detail, _: nearest.section(detail))


if __name__ == "__main__":  # as Streamlit runs a page
    show()
