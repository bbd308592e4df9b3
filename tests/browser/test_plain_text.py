"""What people and files say is shown as it was written, letter by letter, on every page: never Markdown, never HTML."""

from __future__ import annotations

import pytest

from tests.browser import hostile
from tests.browser.conftest import settled
from tests.browser.hostile import COLUMN, LEVELS, MARKS, TITLE, TRIAL, words

# What Streamlit, a Markdown reader or a browser would make of the words.
MADE_OF_THEM = """() => {
    const page = document.body;  // lists and tooltips hang there
    const found = selector => [...page.querySelectorAll(selector)].map(part => part.outerHTML.slice(0, 200));
    const marks = '[src*="evil.test"], [href*="evil.test"], [href^="mailto:"], .katex, math, mark, del, em, code, pre, '
        + 'blockquote, .otm script, .otm img, .otm b > b, '
        + '[data-testid="stMain"] [data-testid="stIconMaterial"]:not(.stFileUploader *), '
        + '[data-testid="stMain"] [class*="badge" i], sup a, .stMarkdown img, .stMarkdown a, .stMarkdown table';
    return found(marks).concat(/\\u{1F604}|\\u{1F44D}|\\u2192/u.test(page.innerText) ? ['an emoji or an arrow'] : []);
}"""


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    hostile.build(folder / "home", folder / "files")
    return folder / "home"


def read(page):
    """Everything the page says, with what is shown on demand."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    return page.locator(".stMainBlockContainer").inner_text()


def plain(page):
    assert page.evaluate(MADE_OF_THEM) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", [TITLE, words("SMS")]),
        ("decision", [TITLE]),
        (f"decision?trial={TRIAL}", [TITLE, words("SMS"), words("Because"), words("If"), hostile.ACTOR.name]),
        (f"results?trial={TRIAL}", [
            TITLE, words("SMS"), words("Nothing"), words("because"), words("Paid"), words("Collected"), words("Days"),
            COLUMN, *LEVELS, hostile.ACTOR.name,
        ]),
    ],
    ids=["portfolio", "a list to choose from", "decision", "results"],
)  # fmt: skip
def test_every_word_is_shown_as_it_was_written(hostile_home, visit, path, said):
    page = visit(hostile_home, path)
    # Narrow columns break lines, and a table's heading may be in capitals of its own.
    shown = " ".join(read(page).split()).casefold()
    for written in said:
        assert " ".join(written.split()).casefold() in shown
    plain(page)


def test_a_choice_and_what_a_chart_tells_are_plain_words(hostile_home, visit):
    page = visit(hostile_home)
    page.get_by_label("Segment").click()
    choice = page.get_by_role("option")
    choice.wait_for()
    plain(page)
    assert choice.inner_text().casefold() == COLUMN.casefold()
    choice.click()
    settled(page)
    plain(page)
    page.goto(f"{page.url.split('?')[0]}results?trial={TRIAL}")
    settled(page)
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        for across in range(20, int(box["width"]), 40):
            page.mouse.move(box["x"] + across, box["y"] + box["height"] * 0.4)
        plain(page)


@pytest.mark.parametrize("mark", [" ".join(MARKS), "http://evil.test/x", "![i](http://evil.test/i.png)"])
@pytest.mark.parametrize("page_of", ["decision", "results"])
def test_what_an_address_names_is_no_link(hostile_home, visit, mark, page_of):
    page = visit(hostile_home, page_of)
    page.evaluate("mark => { location.search = '?' + new URLSearchParams({trial: mark}) }", mark)
    page.get_by_role("alert").filter(has_text="There is no trial").wait_for()
    settled(page)
    assert mark in page.get_by_role("alert").inner_text()
    plain(page)


def test_the_name_and_the_content_of_a_file_are_plain_words(hostile_home, visit):
    page = visit(hostile_home, "add_trial")
    name = "![i](http:evil.test) :smile: www.evil.test $x$ <b>.yaml"
    content = f"schema: 1\nid: x\ntitle: t\narms: [{{id: a, kind: '{words('kind')}', label: b}}]\n".encode()
    page.locator("input[type=file]").nth(0).set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": content}]
    )
    page.get_by_test_id("stFileChip").wait_for()  # which shortens a long name
    page.wait_for_function("() => !document.querySelector('.stFileUploader [role=\"progressbar\"]')")
    plain(page)
    page.get_by_role("button", name="Check and register").click()
    page.get_by_text(f"{name} was not taken. Nothing has changed.").wait_for()
    settled(page)
    refused = page.get_by_role("alert").inner_text()
    assert MARKS[0] in refused
    plain(page)


def test_what_somebody_types_is_kept_as_it_was_typed(hostile_home, visit):
    page = visit(hostile_home, f"decision?trial={TRIAL}")
    page.get_by_label("Reason").fill(words("typed"))
    page.get_by_label("Reason").press("Tab")
    settled(page)
    page.reload()
    settled(page)
    assert page.get_by_label("Reason").input_value() == words("typed")
    plain(page)
