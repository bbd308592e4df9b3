"""Navigation, and nothing else. `python -m dashboards` serves it."""

import streamlit as st

from dashboards import screen

st.set_page_config(page_title="OTM Trials", layout="wide")
page = st.navigation(
    [
        st.Page("views/portfolio.py", title="Portfolio", default=True),
        st.Page("views/decision.py", title="Decision"),
        st.Page("views/results.py", title="Results"),
        st.Page("views/add_trial.py", title="Add a trial"),
    ],
    position="top",
)
screen.show(page)
