"""Check, and lock: everything that was answered, and every gate that is open."""

from __future__ import annotations

from dashboards import step


def show() -> None:
    step.recorded("lock")


if __name__ == "__main__":  # as Streamlit runs a page
    show()
