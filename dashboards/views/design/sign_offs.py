"""Sign-offs: what each body signs, bound to exactly what it read."""

from __future__ import annotations

from dashboards import step


def show() -> None:
    step.recorded("sign_offs")


if __name__ == "__main__":  # as Streamlit runs a page
    show()
