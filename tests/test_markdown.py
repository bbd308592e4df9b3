"""A text that Streamlit would read as Markdown is found however it is written, and nothing else is taken for one."""

import pytest

from tests.markdown import markdown

SPOKEN = {
    "a text": "st.write(trial.title)",
    "a text that is written out": "st.error('No.')",
    "a heading": "st.title('Trials')",
    "in a column": "columns[0].markdown(words)",
    "in a container": "with st.container() as box:\n    box.success(words)",
    "a label": "st.button(trial.title)",
    "a label by name": "st.page_link('views/a.py', label=title)",
    "a label made here": "st.text_input(f'For {name}', '')",
    "a label in a column": "columns[1].multiselect(names.arm(arm), options)",
    "help": "st.text_area('Reason', help=reason)",
    "choices that are read as Markdown": "st.radio('Arm', arms)",
    "a name that is not fixed": "def show(label):\n    st.button(label)",
    "spread": "st.button(*words)",
    "spread by name": "st.button('a', **more)",
    "HTML of one's own": "st.html(f'<b>{title}</b>')",
    "HTML with scripts": "st.html(markup.said(a), unsafe_allow_javascript=True)",
    "an expander": "with st.expander('More'):\n    pass",
    "not called at once": "say = st.html\nsay(title)",
    "handed on": "speak(st)",
    "by name": "getattr(st, 'write')(title)",
    "imported by itself": "from streamlit import write",
    "under another name": "import streamlit as other",
    "under its own": "import streamlit",
}
PLAIN = {
    "a piece": "st.html(markup.said(title))",
    "a piece in a piece": "st.html(markup.details(words, markup.table(rows)))",
    "a label": "st.button('Record the decision', type=kind, key=f'{trial}-record')",
    "fixed choices": "A: Final = 'Accept'\nBOTH = (A, 'Override')\nst.radio('Which?', BOTH, 0)",
    "what a field holds": "st.text_input('What will be done', draft['action'])",
    "choices that are plain": "columns[0].multiselect('State', offered.states)",
    "a chart": "st.vega_lite_chart(chart, alt=shown.alt)",
    "a piece by the name of a text": "table = markup.table(rows)\nwords = markup.title(title)",
    "the name of a file": "st.download_button('Plan (JSON)', data, f'{trial}.json')",
    "where one is": "st.query_params['trial'] = trial",
}


@pytest.mark.parametrize("source", SPOKEN.values(), ids=SPOKEN)
def test_what_may_be_markdown_is_found(source):
    assert markdown(source)


@pytest.mark.parametrize("source", PLAIN.values(), ids=PLAIN)
def test_nothing_else_is(source):
    assert markdown(source) == []
