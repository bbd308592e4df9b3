"""Pieces of HTML: what comes from a file or a person is never markup, and views can be imported without being drawn."""

import importlib

import pytest

from dashboards import markup
from trials.reporting.results.flow import FlowArm, FlowDiagram, FlowStep
from trials.reporting.results.table import Table

BAD = '<b onclick="x">&\''
SAFE = "&lt;b onclick=&#34;x&#34;&gt;&amp;&#39;"
DIAGRAM = FlowDiagram(BAD, (FlowStep(BAD, BAD),), BAD, (FlowArm("a", BAD, BAD, BAD, BAD),), "", True)
PIECES = {
    "heading": (markup.heading(2, BAD, BAD), 2),
    "said": (markup.said(BAD), 1),
    "done": (markup.done(BAD), 1),
    "refusal": (markup.refusal([BAD, BAD], [BAD]), 3),
    "links": (markup.links([(BAD, BAD)]), 2),
    "contents": (markup.contents([(BAD, BAD)]), 2),
    "details": (markup.details(BAD, markup.said(BAD)), 2),
    "notice": (markup.notice(BAD), 1),
    "lead": (markup.lead(BAD), 1),
    "verdict_banner": (markup.verdict_banner("scale", BAD), 1),
    "quiet": (markup.quiet(BAD), 1),
    "title": (markup.title(BAD), 1),
    "bullets": (markup.bullets([BAD, BAD]), 2),
    "figures": (markup.figures([(BAD, BAD, BAD)]), 3),
    "table": (markup.table(Table(BAD, (BAD, BAD), ((BAD, BAD),))), 6),  # a heading stands beside its cell once more
    "rows": (markup.rows(BAD, (BAD,), [[BAD]]), 3),
    "trial_link": (markup.trial_link(BAD, BAD, synthetic=True), 2),
    "dates": (markup.dates([(BAD, BAD)]), 2),
    "next_step": (markup.next_step(BAD, BAD), 2),
    "flow": (markup.flow(DIAGRAM, {}), 8),
}


@pytest.mark.parametrize("name", PIECES)
def test_every_word_that_comes_in_is_escaped(name):
    piece, words = PIECES[name]
    assert piece.count(SAFE) == words
    assert "<b onclick" not in piece


def test_what_no_reader_would_see_is_told_by_its_code():
    hidden = "a\u202eb\u200bc\u0085d\u00ade\x07f\U000e0041g\u2028h\ud800i"
    for piece in (markup.lead(hidden), markup.rows("Trials", ("Trial",), [[hidden]]), markup.bullets([hidden])):
        assert "a[U+202E]b[U+200B]c[U+0085]d[U+00AD]e[U+0007]f[U+E0041]g[U+2028]h[U+D800]i" in piece
    seen = "d\u0175r \u4e2d \u00a350\nnext"
    assert seen in markup.lead(seen)


def test_a_piece_in_a_cell_stays_markup_and_a_range_in_brackets_stays_on_one_line():
    link = markup.trial_link("results?trial=a(b)", "A title", synthetic=False)
    table = markup.rows("Trials", ("Trial", "Range"), [[link, "24 (−3 to 45) <more>"], ["x", "(a long remark)"]])
    assert '<a href="results?trial=a(b)" target="_self">A title</a>' in table
    assert '24 <span class="otm-keep">(−3 to 45)</span> &lt;more&gt;' in table
    assert "<span>(a long remark)</span>" in table  # may be broken, or it is too wide for a telephone


def test_the_life_of_a_trial_is_told_in_words_and_steps():
    assert 'aria-label="Step 2 of 6"' in markup.life("locked")
    assert markup.life("locked").count("otm-done") == 2
    assert markup.life("void") == "Void"


@pytest.mark.parametrize("view", ["add_trial", "decision", "portfolio", "results"])
def test_a_view_is_a_function_that_can_be_imported(view):
    assert callable(importlib.import_module(f"dashboards.views.{view}").show)
