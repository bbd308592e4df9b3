"""Approaches and wording: what is done to whom, and what customers read."""

from __future__ import annotations

from typing import Final

from dashboards import step
from dashboards.forms.fields import Field, Members, Section

_CONTACT: Final = ("kind", ("otm", "bau"))
_ARM: Final = (
    Field(("id",), "Short name", hint="Small letters, digits, - and _. Files and exports use it."),
    Field(("label",), "What people call it", hint="Such as Letter with a social norm."),
    Field(
        ("kind",), "What it is", "choice",
        options=(
            ("nfa", "No further action"), ("bau", "What is done today"), ("otm", "A one-to-many approach"),
        ),
    ),
    Field(("share",), "Share", "number", hint="Beside the other arms: 2 gets twice as many customers as 1."),
    Field(
        ("channel",), "How customers are reached", "choice",
        options=(("letter", "Letter"), ("sms", "Text message"), ("email", "Email"), ("call", "Call")),
        asked_where=_CONTACT,
    ),
    Field(("technique",), "Behavioural technique", asked_where=_CONTACT),
    Field(("idms99_version",), "IDMS99 version", asked_where=_CONTACT),
    Field(("contact_number",), "Telephone number in it", asked_where=_CONTACT),
    Field(("cost_per_customer",), "Cost for each customer, in pounds", "range", asked_where=_CONTACT),
    Field(("text", "en"), "Wording in English", "wording", asked_where=_CONTACT),
    Field(("text", "cy"), "Wording in Welsh", "wording", asked_where=_CONTACT),
)  # fmt: skip
SECTIONS: Final = (
    Section(
        "",
        (
            Members(("arms",), "arm", "label", _ARM, {"kind": "otm", "share": 1}),
            Field(
                ("nfa_waived",), "Why there is no arm of no further action", "words",
                hint="Only where there is none. Without it nobody can tell what customers would have done anyway.",
            ),
            Field(("campaign", "dmtc_site"), "DMTC site that works it"),
            Field(("campaign", "dto"), "DTO"),
        ),
    ),
)  # fmt: skip


def show() -> None:
    step.step("approaches", SECTIONS)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
