"""Approval: the gateways of the Campaigns Steering Group, or a directorate's own route."""

from __future__ import annotations

from dashboards import step


def show() -> None:
    step.recorded("approval")


if __name__ == "__main__":  # as Streamlit runs a page
    show()
