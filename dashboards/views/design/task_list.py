"""The task list of a design: its steps, what is missing, who clears it, and the earliest launch."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.wording.phrases import capitalised, moment
from dashboards import markup, step, widgets
from trials.registry.records import DesignDetail
from trials.reporting.designing import Task, TaskState, clears_in_words, outside_route, tasks_of
from trials.reporting.designing.route import earliest_launch, timeline_of

_STATES: Final[dict[TaskState, str]] = {
    "not_started": "Not started",
    "in_progress": "In progress",
    "waiting": "Waiting",
    "done": "Done",
    "not_needed": "Not needed",
}
_SHOWN = 3


def show() -> None:
    detail = step.chosen_design()
    if detail is None:
        return
    tasks = tasks_of(detail)
    st.html(markup.lead(earliest_launch(timeline_of(detail))))
    outside = outside_route(detail)
    if outside is not None:
        st.html(markup.notice(outside))
    done = sum(task.state in ("done", "not_needed") for task in tasks)
    st.html(
        markup.rows(
            f"{done} of {len(tasks)} steps are done", ("Step", "State", "What is missing", "Who clears it"),
            [_row(task, detail) for task in tasks],
        )
    )  # fmt: skip
    _ways(detail)


def _row(task: Task, detail: DesignDetail) -> list[str]:
    missing = step.open_lines(task.blocking)
    more = len(missing) - _SHOWN
    shown = [*missing[:_SHOWN], *([f"And {more} more"] if more > 0 else [])]
    return [
        markup.task(step.address_of(task.kind.name, detail.design.id), task.kind.title),
        markup.tag(task.state, _STATES[task.state]),
        markup.lines(shown or ["Nothing"]),
        markup.lines([capitalised(clears_in_words(each)) for each in task.waits_for] or ["Nobody"]),
    ]


def _ways(detail: DesignDetail) -> None:
    revision = detail.revision
    saved = f"Revision {revision.number}, saved {moment(revision.saved_at)} UTC"
    st.html(markup.quiet(f"{saved} by {revision.saved_by}."))
    with st.container(horizontal=True):
        st.page_link("views/library.py", label="The nearest past trials", query_params={"near": detail.design.id})
        for view, label in (
            ("history", "What changed, and who changed it"),
            ("file", "The plan as a file"),
            ("amend", "Amend the locked plan") if detail.locked else ("set_aside", "End this design without a trial"),
        ):
            widgets.way(f"views/design/{view}.py", label, detail.design.id)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
