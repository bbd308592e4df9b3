"""What every page of a design shares: which design it is, its heading, what is missing on it, and how it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from analysis.wording.phrases import capitalised, moment
from dashboards import design_session, markup, screen, widgets
from dashboards.forms import drawing
from dashboards.forms.editing import Form, form_of, keep, refusal_to_edit, saved, settle, take_up
from dashboards.forms.fields import Asked, Members, Section
from data.errors import Refused
from designs.drafting.joining import WORDS, is_text
from designs.finding import Open
from designs.protocol.errors import path_text
from trials.registry.records import DesignDetail
from trials.reporting.designing import (
    TASKS,
    Task,
    TaskName,
    clears_in_words,
    condensed,
    in_words,
    place_in_words,
    tasks_of,
)
from trials.reporting.designing.standing import begun_with, standing_of

_LAST_DESIGN: Final = "last_design"
_SAVED: Final = "design_saved"
TASK_LIST: Final = "views/design/task_list.py"
MINE, THEIRS = "Keep mine", "Keep theirs"
Beside = Callable[[DesignDetail, Form], None]


def view_of(name: TaskName) -> str:
    """The page of a step."""
    return f"views/design/{name}.py"


def address_of(name: str, design: str) -> str:
    """The address of a step's page, or of another page of a design, as a link has it."""
    return f"{name}?design={design}"


def chosen_design(title: str | None = None) -> DesignDetail | None:
    """Begin a page about a design, with its heading; a list to choose from where the address names none.

    Args:
        title: What the page is about; None for the design's own page, which is called as the design is.
    """
    widgets.draw_again()
    design = st.query_params.get("design") or st.session_state.get(_LAST_DESIGN)
    refusal = None
    if design:
        try:
            detail = design_session.detail(design)
        except Refused as unknown:
            refusal = unknown
        else:
            st.query_params["design"] = design
            st.session_state[_LAST_DESIGN] = design
            _heading(detail, title)
            return detail
    st.html(markup.heading(1, title or "Task list"))
    if refusal is not None:
        screen.refused(refusal)
    designs = design_session.designs()
    if not designs:
        st.html(markup.said("Nothing is being designed yet."))
        st.page_link("views/designs.py", label="Begin a design")
        return None
    st.html(markup.said("Choose a design."))
    st.html(markup.links((address_of("task_list", each.design.id), each.title) for each in designs))
    return None


def _heading(detail: DesignDetail, title: str | None) -> None:
    widgets.page_title(f"{title or 'Task list'} – {detail.title} – OTM Trials")
    if title is not None:
        widgets.way(TASK_LIST, "Task list", detail.design.id)
        st.html(markup.quiet(detail.title))
    st.html(markup.heading(1, title or detail.title))
    if detail.design.origin.get("demonstration"):
        st.html(markup.notice("A demonstration: this design, and what is on record about it, are invented."))


def begun(name: TaskName) -> tuple[DesignDetail, Task, Form] | None:
    """Begin the page of a step: its heading, what was saved, what others saved otherwise, and what is missing."""
    page = on_record(name)
    if page is None:
        return None
    detail, task = page
    st.session_state[f"texts/{detail.design.id}"] = {
        digest: content.decode("utf-8", "replace") for digest, content in detail.facts.contents.items()
    }
    form = form_of(detail, name)
    form.tried = form.tried or any(key in detail.revision.draft.document for key in task.kind.keys)
    _told(detail, form)
    return detail, task, form


def _told(detail: DesignDetail, form: Form) -> None:
    said = (*st.session_state.pop(_SAVED, ()), *form.said)
    form.said = ()
    if said:
        st.html(markup.done(" ".join(said)))
    why = refusal_to_edit(detail)
    if why is not None:
        st.html(markup.notice(why))
    elif form.elsewhere:
        words = f"In another window you typed other words on this page, on {moment(form.elsewhere[0].typed_at)} UTC."
        st.html(markup.notice(f"{words} They are kept, and do not stand here."))
        if st.button("Show those words here", key=form.key("elsewhere")):
            take_up(form, detail)
            st.rerun()
    latest = detail.revision
    if form.conflicts:
        _choose_between(detail, form)
    elif form.changed and latest.number != form.made_from:
        words = f"{latest.saved_by} saved revision {latest.number} since you began on this page."
        st.html(markup.notice(f"{words} When you save, both are put together."))


def step(name: TaskName, sections: Sequence[Section]) -> None:
    """A page that is fields and nothing else."""
    page = begun(name)
    if page is not None:
        fill(*page, sections)


def fill(
    detail: DesignDetail, task: Task, form: Form, sections: Sequence[Section], *, beside: Beside | None = None,
    under: drawing.Under | None = None,
) -> None:  # fmt: skip
    """The fields of a page, what is wrong with them on top, and how they are saved below.

    Args:
        detail: The design.
        task: Its step.
        form: The page's form.
        sections: What is asked.
        beside: What stands between the fields and the way to save them.
        under: What stands below each text, and below each member.
    """
    disabled = refusal_to_edit(detail) is not None
    summary(form, task, [each for part in sections for each in part.fields])
    for part in sections:
        drawing.section(form, part, task.open, disabled=disabled, under=under)
    if beside is not None:
        beside(detail, form)
    finish(task.kind.name, form, disabled=disabled)


def on_record(name: TaskName) -> tuple[DesignDetail, Task] | None:
    """Begin a page about what is on record, and not about the plan."""
    kind = next(kind for kind in TASKS if kind.name == name)
    detail = chosen_design(kind.title)
    if detail is None:
        return None
    return detail, next(task for task in tasks_of(detail) if task.kind.name == name)


def recorded(name: TaskName) -> None:
    """A page of what is open, and who clears it."""
    page = on_record(name)
    if page is not None:
        still_open(page[1])
        after(name, page[0])


def still_open(task: Task) -> None:
    """What a step still lacks, as a table."""
    if not task.open:
        st.html(markup.done("Nothing is open here."))
        return
    rows = [
        [
            capitalised(each.problem),
            "Must be settled" if each.severity == "blocks" else "To know",
            capitalised(each.remedy),
            capitalised(clears_in_words(each.clears)),
        ]
        for each in condensed(task.open)
    ]
    count = len(condensed(task.blocking))
    caption = "One thing to settle" if count == 1 else f"{count} things to settle"
    st.html(markup.rows(caption, ("What", "Weight", "To do", "Who clears it"), rows))


def after(name: TaskName, detail: DesignDetail) -> None:
    """The way from a page to the next."""
    widgets.way(next_step(name), "Next step", detail.design.id)


def summary(form: Form, task: Task, asked: Sequence[Asked]) -> None:
    """What is missing or wrong on the page, each with the way to its field; nothing on a page not begun yet."""
    blocking = task.blocking
    if not blocking or not form.tried:
        return
    items, others = [], []
    places = {path_text(path): drawing.anchor_of(path) for path in _paths(form, asked, ())}
    for each in blocking:
        anchor = _nearest(each.where, places)
        words = f"{place_in_words(each.where)}: {each.problem}"
        if anchor is None:
            others.append(f"{words}. {capitalised(each.remedy)}")
        else:
            items.append((anchor, words))
    count = len(blocking)
    title = (
        "There is one thing to settle on this page"
        if count == 1
        else f"There are {count} things to settle on this page"
    )
    st.html(markup.error_summary(title, items, others))


def _paths(form: Form, asked: Sequence[Asked], within: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for each in asked:
        path = (*within, *each.path)
        found.append(path)
        if isinstance(each, Members):
            held = form.at(path)
            for place in range(len(held) if isinstance(held, list) else 0):
                found += _paths(form, each.fields, (*path, place))
    return found


def _nearest(where: str, places: dict[str, str]) -> str | None:
    """The field at a place, or the one that it is a part of; or else the first that is a part of it."""
    for place in sorted(places, key=len, reverse=True):
        if where == place or where.startswith((f"{place}.", f"{place}[")):
            return places[place]
    return next((anchor for place, anchor in places.items() if place.startswith((f"{where}.", f"{where}["))), None)


def finish(name: TaskName, form: Form, *, disabled: bool) -> None:
    """Keep what was typed, and save it where that is asked."""
    following = next_step(name)
    if not disabled:
        keep(form)
        with st.container(horizontal=True):
            on = st.button("Save and continue", type="primary", key=form.key("continue"))
            stay = st.button("Save", key=form.key("save"))
        if (on or stay) and _save(form):
            st.session_state[_SAVED] = form.said
            form.said = ()
            if on:
                st.switch_page(following, query_params={"design": form.design})
            st.rerun()
        if form.changed:
            st.html(markup.quiet("Not saved yet. What you typed is kept for you, also when you leave this page."))
    else:
        widgets.way(following, "Next step", form.design)


def next_step(name: TaskName) -> str:
    """The page of the step after this one; the task list after the last."""
    names = [kind.name for kind in TASKS]
    place = names.index(name) + 1
    return view_of(names[place]) if place < len(names) else TASK_LIST


def _save(form: Form) -> bool:
    try:
        done = saved(form)
    except Refused as refusal:
        screen.refused(refusal)
        return False
    if not done:
        st.rerun()  # both values are shown at the top
    return True


def _choose_between(detail: DesignDetail, form: Form) -> None:
    """Values that two people changed: whoever saves second sees both, and chooses."""
    them = detail.revision.saved_by
    st.html(
        markup.refusal(
            [f"{them} has changed what you changed, in another way. Nothing was saved, and nothing is lost: choose."]
        )
    )
    mine = set()
    for number, conflict in enumerate(form.conflicts):
        st.html(markup.heading(3, place_in_words(path_text(conflict.path[1:] or conflict.path))))
        st.html(
            markup.answers(
                [
                    ("Before", _value(form, conflict.before)),
                    ("Yours", _value(form, conflict.mine)),
                    (f"Of {them}", _value(form, conflict.theirs)),
                ]
            )
        )
        chosen = widgets.choice(
            f"Value {number + 1} of {len(form.conflicts)}: which one stays?", {MINE: MINE, THEIRS: THEIRS},
            key=form.key("conflict", number), horizontal=True, visible=True,
        )  # fmt: skip
        if chosen == MINE:
            mine.add(conflict.path)
        elif chosen is None:
            mine.add((*conflict.path, "?"))
    if st.button("Save with these", type="primary", key=form.key("settle")):
        if any(path[-1] == "?" for path in mine):
            st.html(markup.refusal(["Choose for each value which one stays."]))
        else:
            if settle(form, frozenset(mine)):
                _save(form)
            st.rerun()


def _value(form: Form, value: Any) -> str:
    return in_words(_with_words(form, value))


def _with_words(form: Form, value: Any) -> Any:
    """A value in which the words of each text stand in the place of its name or digest."""
    if is_text(value):
        return _with_words(form, value.get(WORDS))
    if isinstance(value, Mapping):
        return {key: _with_words(form, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_words(form, each) for each in value]
    if isinstance(value, str) and len(value) == 64:
        kept = {**st.session_state.get(f"texts/{form.design}", {}), **form.contents}
        return kept.get(value) or design_session.signed_text(form.design, value) or value
    return value


def open_lines(found: Sequence[Open]) -> list[str]:
    """What is open, one sentence each."""
    return [capitalised(each.problem) for each in condensed(found)]


def designs_table(designs: Sequence[DesignDetail]) -> None:
    """Designs, each with what it began with, where it stands, and what comes next and who does it."""
    rows = []
    for each in designs:
        standing = standing_of(each)
        rows.append(
            [
                markup.task(address_of("task_list", each.design.id), each.title),
                begun_with(each),
                standing.state,
                markup.next_step(standing.following, standing.who),
            ]
        )
    caption = "1 design" if len(designs) == 1 else f"{len(designs)} designs"
    st.html(markup.rows(caption, ("Design", "Begun", "Where it stands", "Next, and who"), rows))
