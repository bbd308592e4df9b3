"""Who can help: those who must be involved, what each is asked, and what it said."""

from __future__ import annotations

from dashboards import step


def show() -> None:
    step.recorded("consultation")


if __name__ == "__main__":  # as Streamlit runs a page
    show()
