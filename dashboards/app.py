"""Navigation, and nothing else. `python -m dashboards` serves it."""

import streamlit as st

from dashboards import screen

st.set_page_config(page_title="OTM Trials", layout="wide")
STEPS = (
    "about", "suitability", "population", "approaches", "measures", "size", "money", "consultation", "sign_offs",
    "approval", "lock", "history", "file", "set_aside", "amend", "surge",
)  # fmt: skip
page = st.navigation(
    [
        st.Page("views/portfolio.py", title="Portfolio", default=True),
        st.Page("views/designs.py", title="Designs"),
        st.Page("views/library.py", title="Library"),
        st.Page("views/decision.py", title="Decision"),
        st.Page("views/results.py", title="Results"),
        st.Page("views/add_trial.py", title="Add a trial"),
        st.Page("views/overlap.py", title="Customers that trials share", visibility="hidden"),
        st.Page("views/draw.py", title="Draw and lists", visibility="hidden"),
        *(st.Page(f"views/design/{name}.py", title="Design", visibility="hidden") for name in ("task_list", *STEPS)),
    ],
    position="top",
)
screen.show(page)
