"""How customers are allocated: by which method, within which groups, and when."""

from __future__ import annotations

from typing import Final

from dashboards import diagnosing, sizing, step, widgets
from dashboards.forms.fields import Field, Section
from trials.registry.records import DesignDetail

SECTIONS: Final = (
    Section(
        "",
        (
            Field(
                ("randomisation", "method"), "How customers are allocated", "choice",
                options=(
                    ("complete", "Shares exactly as planned, within groups"),
                    ("simple", "Each customer by themselves"),
                    ("matched_pairs", "In matched pairs"),
                    ("rerandomised", "Drawn again until the arms are alike"),
                    ("saturation", "Different shares in different clusters"),
                    ("factorial", "Several things tried at once"),
                    ("external", "Elsewhere: the file says who is in which arm"),
                ),
            ),
            Field(
                ("randomisation", "strata"), "Groups within which shares are kept", "lines",
                hint="Columns, one a line, such as the size of the debt. A segment that may be scaled alone is one.",
            ),
            Field(
                ("randomisation", "cluster"), "Column of customers who are allocated together",
                hint="Such as an agent or a household, where one customer's letter reaches another.",
            ),
            Field(
                ("randomisation", "hold_out"), "Share kept on no further action for long, in percent", "percent",
                hint="Half at most. They are left out of later trials too.",
            ),
            Field(("randomisation", "allocation_date"), "Day of the draw, where it is planned", "day"),
        ),
    ),
)  # fmt: skip


def show() -> None:
    page = step.begun("size")
    if page is not None:
        step.fill(*page, SECTIONS, beside=lambda detail, _: _beside(detail))


def _beside(detail: DesignDetail) -> None:
    sizing.section(detail)
    diagnosing.section(detail)
    widgets.way("views/design/surge.py", "The contact that it brings, and batches", detail.design.id)


if __name__ == "__main__":  # as Streamlit runs a page
    show()
