"""Customers, and their reasons: the file, who takes part, who is left out and why, and why they behave as they do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import streamlit as st

from dashboards import design_session, markup, screen, session, step, watching, widgets, work
from dashboards.forms import drawing, rules
from dashboards.forms.editing import Form, refusal_to_edit
from dashboards.forms.fields import Field, Path, Section
from dashboards.forms.values import value_at
from dashboards.uploads import Upload
from data.errors import Refused
from data.schema import Kind
from designs.finding import Open
from designs.profile import FoundColumn
from designs.protocol import Protocol
from trials.registry.customers import Customers
from trials.registry.records import DesignDetail, PopulationRecord
from trials.reporting.designing.people import (
    countable,
    coverage_sentences,
    eligible_sentence,
    found_table,
    load_sentence,
    profile_tables,
    reason_bars,
    reason_mix,
    waterfall_table,
)

_ENDINGS: Final = ("csv", "gz", "parquet", "xlsx", "dta")
_WHICH: Final = Section(
    "Which customers",
    (
        Field(("population", "name"), "Name of the population", hint="Such as sa-debts-2026-03."),
        Field(("population", "unit"), "Column that names each customer", hint="Such as customer_id."),
        Field(("population", "cluster"), "Column of customers who share something",
              hint="Such as an agent or a household, where there is one."),
        Field(("population", "cooling_off_days"), "Days since they were last in a trial", "number",
              hint="Customers who were contacted in a trial within these days are left out."),
    ),
)  # fmt: skip
_REASONS: Final = Section(
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
)  # fmt: skip
# What is asked with fields; the rules and the labels of columns are typed beside the figures.
SECTIONS: Final = (_WHICH, _REASONS)


def show() -> None:
    page = step.begun("population")
    if page is None:
        return
    detail, task, form = page
    disabled = refusal_to_edit(detail) is not None
    step.summary(form, task, (*_WHICH.fields, *_REASONS.fields))
    drawing.section(form, _WHICH, task.open, disabled=disabled)
    loaded, customers, refusal = _counted(form)
    _file(detail, form, loaded, disabled=disabled)
    columns = _columns(form, loaded)
    _anew_where_changed(form, "columns", tuple(columns.kinds))
    _rules(form, columns, task.open, disabled=disabled)
    # What was typed above is counted now.
    loaded, customers, refusal = _counted(form)
    plan = detail.facts.plan
    _who(form, loaded, customers, refusal)
    drawing.section(form, _REASONS, task.open, disabled=disabled)
    if customers is not None:
        _reasons(form, customers)
    _labels(form, columns, loaded, disabled=disabled)
    if customers is not None and plan is not None:
        st.html(markup.heading(2, "What those who take part are like"))
        tables = profile_tables(customers.profile)
        if tables:
            st.html(markup.details("The figures, column by column", *(markup.table(each) for each in tables)))
        else:
            st.html(markup.said("The plan uses no column yet that could describe them."))
    step.finish("population", form, disabled=disabled)


def _counted(form: Form) -> tuple[PopulationRecord | None, Customers | None, Refused | None]:
    """The loaded customers as the page has the rules, saved or not."""
    try:
        return *design_session.customers(countable(form.draft)), None
    except Refused as refusal:
        return None, None, refusal


def _file(detail: DesignDetail, form: Form, loaded: PopulationRecord | None, *, disabled: bool) -> None:
    """What is loaded, and how another file is."""
    st.html(markup.heading(2, "The file of customers"))
    st.html(markup.said("No file is loaded yet." if loaded is None else load_sentence(loaded)))
    job = watching.watched(detail.design.id, "load_population")
    if disabled or (job is not None and job.state == "running"):
        return
    if session.may("load_population") is not None:
        st.html(markup.quiet("A designer loads it."))
        return
    st.html(
        markup.quiet(
            "At most 5 MiB: a larger file is packed (.csv.gz) or sent as Parquet, or loaded on the command line. Each "
            "load is a version, and the last counts. Only the columns chosen here are kept, and no customer's number."
        )
    )
    sent = st.file_uploader("File of customers", type=_ENDINGS, key=f"people/{detail.design.id}/file")
    if sent is None:
        return
    upload = Upload(sent.name, sent.getvalue())
    try:
        found = _found(upload)
    except Refused as refused:
        st.html(markup.said(f"{upload.name} cannot be taken. Nothing has changed."))
        screen.refused(refused)
        return
    st.html(markup.details(f"{len(found)} columns found", markup.table(found_table(found))))
    _load(detail, form, loaded, upload, found)


def _found(upload: Upload) -> tuple[FoundColumn, ...]:
    """The columns of a file, looked at once."""
    key = f"found/{hashlib.sha256(upload.content).hexdigest()}/{upload.name}"
    if key not in st.session_state:
        st.session_state[key] = work.look_into(upload)
    found: tuple[FoundColumn, ...] = st.session_state[key]
    return found


def _load(
    detail: DesignDetail, form: Form, loaded: PopulationRecord | None, upload: Upload, found: tuple[FoundColumn, ...]
) -> None:
    design, unit = detail.design.id, form.at(("population", "unit"))
    kinds: dict[str, Kind] = {each.name: each.kind for each in found if each.name != unit}
    names = {name: name.replace("_", " ") for name in kinds}
    found_in = hashlib.sha256(repr(list(names)).encode()).hexdigest()[:12]
    before = () if loaded is None else [name for name in loaded.kinds if name in names]
    keep = widgets.several(
        "Columns that rules and segments may use", names, before, key=f"people/{design}/keep/{found_in}"
    )
    invented = widgets.choice(
        "Are these real customers?", {False: "Real customers", True: "Invented ones, to try things out"},
        key=f"people/{design}/invented", visible=True,
    )  # fmt: skip
    if not st.button("Load these customers", key=f"people/{design}/load"):
        return
    if form.changed:
        st.html(markup.refusal(["Save the page first: the file is loaded as the saved draft has it."]))
    elif invented is None:
        st.html(markup.refusal(["Say first whether these are real customers."]))
    else:
        try:
            work.begin_loading(design, upload, {name: kinds[name] for name in keep}, synthetic=invented)
        except Refused as refused:
            screen.refused(refused)
            return
        st.rerun()


def _anew_where_changed(form: Form, what: str, value: object) -> None:
    """Let every field begin with what stands on the page, where others are drawn than a moment ago.

    A list is known by the places of its options: where these are others, what was chosen of the old is no choice of
    the new. And a field that was not drawn for a while has forgotten what was typed into it.
    """
    key = f"drawn/{form.design}/{what}"
    if key in st.session_state and st.session_state[key] != value:
        form.anew()
    st.session_state[key] = value


def _columns(form: Form, loaded: PopulationRecord | None) -> rules.Columns:
    """What rules can be made of: the columns of the load, called by their labels."""
    kinds = {} if loaded is None else dict(loaded.kinds)
    return rules.Columns({name: _called(form, name) for name in kinds}, kinds)


def _called(form: Form, column: str) -> str:
    label = value_at(form.first.document, ("population", "columns", column, "label"))
    return label if isinstance(label, str) and label.strip() else column.replace("_", " ")


def _rules(form: Form, columns: rules.Columns, found: tuple[Open, ...], *, disabled: bool) -> None:
    st.html(markup.heading(2, "Who takes part"))
    if not columns.labels:
        st.html(markup.said("Rules are made of the columns of a file. Load one first."))
    st.html(markup.said("Only customers take part of whom all of these are true."))
    rules.rule_list(form, ("population", "where"), columns, found, disabled=disabled, reasons=False, one="condition")
    st.html(markup.heading(2, "Who is left out, and why"))
    rules.rule_list(form, ("population", "exclude"), columns, found, disabled=disabled, reasons=True, one="exclusion")
    st.html(markup.heading(2, "Who prefers Welsh"))
    welsh: Path = ("population", "welsh", "when")
    if form.at(welsh) is not None:
        rules.when(form, welsh, columns, "Who prefers Welsh", disabled=disabled)
    elif not disabled and st.button("Say how it is known", key=form.key("welsh")):
        form.put(welsh, {"column": next(iter(columns.labels), "")} if columns.labels else {"column": ""})
        form.anew()
        st.rerun()
    without = Field(
        ("population", "welsh", "without_text"), "Where an approach has no Welsh text", "choice",
        options=(("exclude", "They are left out, and counted"),),
    )  # fmt: skip
    if form.at(welsh) is not None:
        drawing.fields(form, (without,), found, disabled=disabled)
    _not_for(form, columns, found, disabled=disabled)


def _not_for(form: Form, columns: rules.Columns, found: tuple[Open, ...], *, disabled: bool) -> None:
    """Who never gets an approach, whoever else does."""
    arms = form.at(("arms",))
    contacted = [
        (place, arm) for place, arm in enumerate(arms if isinstance(arms, list) else ())
        if isinstance(arm, Mapping) and arm.get("kind") not in ("nfa", None)
    ]  # fmt: skip
    if not contacted:
        return
    st.html(markup.heading(2, "Who never gets an approach"))
    names = {place: str(arm.get("label") or arm.get("id") or f"Approach {place + 1}") for place, arm in contacted}
    chosen = widgets.choice("Of which approach?", names, key=f"not_for/{form.design}/{len(names)}", visible=True)
    _anew_where_changed(form, "not_for", chosen)
    if chosen is not None:
        st.html(markup.heading(3, names[chosen]))
        path: Path = ("arms", chosen, "not_for")
        rules.rule_list(form, path, columns, found, disabled=disabled, reasons=True, one="rule")


def _who(form: Form, loaded: PopulationRecord | None, customers: Customers | None, refusal: Refused | None) -> None:
    """From everybody to those who take part, in figures that add up."""
    st.html(markup.heading(2, "How many take part"))
    if refusal is not None:
        screen.refused(refusal)
    elif customers is None:
        st.html(
            markup.said(
                "They are counted once a file is loaded." if loaded is None else "The rules cannot be read yet."
            )
        )
    else:
        answer = form.at(("suitability", "customers", "answer"))
        st.html(markup.lead(eligible_sentence(customers.waterfall, answer if isinstance(answer, int) else None)))
        st.html(markup.table(waterfall_table(customers.waterfall), total=True))
        for each in customers.unmatched:
            st.html(markup.notice(each))


def _reasons(form: Form, customers: Customers) -> None:
    """Of how many the reason is known, and which reasons they are."""
    plan = design_session.plan_of(countable(form.draft))
    mix = None if plan is None else reason_mix(plan, customers)
    if plan is None or mix is None:
        if form.at(("population", "reasons")) is not None:
            st.html(markup.said("The reasons are counted once a file is loaded that has both columns."))
        return
    _told(plan, customers)


def _told(plan: Protocol, customers: Customers) -> None:
    mix = reason_mix(plan, customers)
    if mix is None:
        return
    said, warning = coverage_sentences(plan, mix)
    st.html(markup.said(said))
    if warning is not None:
        st.html(markup.notice(warning))
    st.html(markup.bars("Reasons of those who take part", reason_bars(plan, customers)))


def _labels(form: Form, columns: rules.Columns, loaded: PopulationRecord | None, *, disabled: bool) -> None:
    """What columns and their values are called, declared once for every page, list and report."""
    if loaded is None or not columns.labels:
        return
    st.html(markup.heading(2, "What columns are called"))
    column = widgets.choice(
        "Which column",
        {name: name.replace("_", " ") for name in columns.labels},
        key=f"label/{form.design}/{len(columns.kinds)}",
        visible=True,
    )
    _anew_where_changed(form, "label", column)
    if column is None:
        return
    fields = [Field(("population", "columns", column, "label"), "What it is called within a sentence")]
    if columns.kinds.get(column) in ("text", "boolean"):
        levels = [level for level in design_session.levels(loaded, column) if level is not None]
        if len(levels) <= 25:
            fields += [
                Field(("population", "columns", column, "levels", level), f"What the value {level} is called",
                      hint="Who has it, such as customers who forgot.")
                for level in sorted(levels)
            ]  # fmt: skip
    drawing.fields(form, fields, (), disabled=disabled)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
