"""About the trial: what it is called, whose it is, and what it would show."""

from __future__ import annotations

from typing import Final

from dashboards import step
from dashboards.forms.fields import Field, Section

SECTIONS: Final = (
    Section(
        "",
        (
            Field(("title",), "Title", hint="As colleagues will find it, such as A reminder for late returns."),
            Field(("owner",), "Whose trial it is", hint="A team, not a person."),
            Field(
                ("directorate",), "Directorate",
                hint="RIS, ISBC and WMBC take their approaches to the Campaigns Steering Group; others have their own "
                "route. Without a directorate nobody's approval is asked for, and every page says so.",
            ),
            Field(
                ("purpose",), "What it is for", "choice",
                options=(
                    ("promote", "To promote: help customers get it right"),
                    ("prevent", "To prevent: stop a mistake before it is made"),
                    ("respond", "To respond: put right what has gone wrong"),
                ),
            ),
            Field(
                ("hypothesis",), "Hypothesis", "words",
                hint="What will change, for whom, by when, and why you think so. It can turn out to be wrong.",
            ),
        ),
    ),
)  # fmt: skip


def show() -> None:
    step.step("about", SECTIONS)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
