"""What it is worth: the value of what changes, what it costs, and how far it would be rolled out."""

from __future__ import annotations

from typing import Final

from dashboards import step
from dashboards.forms.fields import Field, Members, Section

_VALUED: Final = (
    Field(("outcome",), "Short name of the outcome", hint="As on the page What is measured."),
    Field(("value",), "Pounds for each", "range", hint="Of each customer more who does it, or of each unit."),
    Field(
        ("money",), "What kind of money", "choice",
        options=(
            ("earlier", "Money that would have come later"), ("extra", "Money that would not have come"),
            ("cost_saved", "Work that is not needed"),
        ),
    ),
    Field(("because",), "Where the figures come from", "words"),
)  # fmt: skip
SECTIONS: Final = (
    Section(
        "What is gained",
        (Members(("decision", "benefits"), "benefit", "outcome", _VALUED),),
        "The debt is pursued anyway, so money that comes by day 23 is largely money that comes sooner.",
    ),
    Section("What it costs besides", (Members(("decision", "costs"), "cost", "outcome", _VALUED),)),
    Section(
        "Once, and at roll-out",
        (
            Field(("decision", "set_up"), "Cost of setting it up, in pounds", "range"),
            Field(("decision", "roll_out_customers"), "Customers at roll-out", "number"),
        ),
    ),
)


def show() -> None:
    step.step("money", SECTIONS)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
