"""Customers, and their reasons: who takes part, who is left out and why, and why they behave as they do."""

from __future__ import annotations

from typing import Final

from dashboards import step
from dashboards.forms.fields import Field, Section

SECTIONS: Final = (
    Section(
        "Who takes part",
        (
            Field(("population", "name"), "Name of the population", hint="Such as sa-debts-2026-03."),
            Field(("population", "unit"), "Column that names each customer", hint="Such as customer_id."),
            Field(("population", "cooling_off_days"), "Days since they were last in a trial", "number",
                  hint="Customers who were contacted in a trial within these days are left out."),
        ),
    ),
    Section(
        "Why they behave so",
        (
            Field(("population", "reasons", "column"), "Column of the reason"),
            Field(("population", "reasons", "confidence_column"), "Column that says how surely it is known"),
            Field(("population", "reasons", "evidence"), "Where the reasons come from", "words"),
            Field(("population", "reasons", "warn_above"), "Warn where it is not known of more than, in percent",
                  "percent"),
            Field(("population", "reasons", "one_approach_because"),
                  "Why customers with different reasons may be treated alike", "words"),
        ),
    ),
)  # fmt: skip


def show() -> None:
    step.step("population", SECTIONS)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
