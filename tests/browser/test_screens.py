"""The screens in a real browser, over a home that the stages built: what a person sees, and what the network does."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import NARROW, WIDE, keep_screenshots, settled, still
from tests.places import ROOT
from tests.small_registry import DRAFTED, LOST_OUTCOMES, SMALL_DEBTS
from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.settings import Settings

LIBRARY = ROOT / "designs" / "library"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENS = {
    "portfolio": "",
    "decision": f"decision?trial={SMALL_DEBTS}",
    "results": f"results?trial={SMALL_DEBTS}",
    "decision-invalid": f"decision?trial={LOST_OUTCOMES}",
    "results-invalid": f"results?trial={LOST_OUTCOMES}",
    "decision-draft": f"decision?trial={DRAFTED}",
    "add_trial": "add_trial",
    "library": "library",
    "overlap": f"overlap?trial={SMALL_DEBTS}",
    "draw": f"draw?trial={SMALL_DEBTS}",
    "draw-draft": f"draw?trial={DRAFTED}",
    "draw-choose": "draw",
    "designs": "designs",
}


def serious(page):
    """What axe finds that keeps people out. To describe what passed as well takes thrice as long."""
    response = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
    assert len(response["passes"]) > 20  # rules that were applied, and found nothing
    return [
        (violation["id"], violation["impact"], violation["nodes"][0]["html"][:200])
        for violation in response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


def stored(home, trial):
    registry = open_registry(Settings(home=home))
    with registry.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(trial)
    registry.close()
    return detail


def beyond_the_edge(page, width):
    return page.evaluate(
        """width => [...document.querySelectorAll('.stMainBlockContainer *')]
            .filter(part => part.getBoundingClientRect().right > width + 1)
            .map(part => part.outerHTML.slice(0, 200))""",
        width,
    )


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_is_accessible_and_fits_a_desk_and_a_telephone(built_home, visit, screen):
    page = visit(built_home, SCREENS[screen])
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    for size in (WIDE, NARROW):
        keep_screenshots(page, screen, size)
        assert serious(page) == []
        assert beyond_the_edge(page, size["width"]) == []


@pytest.mark.parametrize("screen", ["portfolio", "decision"])
def test_the_dark_theme_is_as_accessible(built_home, visit, screen):
    page = visit(built_home, SCREENS[screen], dark=True)
    keep_screenshots(page, f"{screen}-dark", WIDE)
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(11, 12, 12)"
    assert serious(page) == []


def test_the_stored_sentence_stands_on_the_managers_page_without_a_p_value(built_home, visit):
    sentence = stored(built_home, SMALL_DEBTS).evaluation.document["verdict"]["sentence"]
    page = visit(built_home, f"decision?trial={SMALL_DEBTS}")
    assert page.get_by_text(sentence, exact=True).is_visible()
    words = page.locator(".stMainBlockContainer").inner_text()
    assert not re.search(r"p-value|\bp [=<]|±|significan", words)


def test_the_first_four_parts_need_no_scrolling(built_home, visit):
    page = visit(built_home, f"decision?trial={SMALL_DEBTS}")
    for part in (".otm-lead", ".otm-verdict", ".otm-figures", '[data-testid="stVegaLiteChart"]'):
        box = page.locator(part).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, part


def test_every_trial_is_listed_with_what_is_next_and_a_link_that_works(built_home, visit):
    page = visit(built_home)
    rows = page.locator(".otm-table tbody tr").filter(has=page.locator("a"))
    assert rows.count() == 6
    assert "Load the population" in rows.filter(has_text="Emails before the return is late").inner_text()
    page.get_by_role("link", name=stored(built_home, SMALL_DEBTS).summary.title, exact=True).click()
    page.wait_for_url(f"**/decision?trial={SMALL_DEBTS}")
    settled(page)
    assert page.locator(".otm-verdict").is_visible()


def test_a_filter_stands_in_the_address_and_comes_back_with_it(built_home, visit):
    page = visit(built_home)
    page.get_by_label("State").click()
    page.get_by_role("option", name="Draft").click()
    page.get_by_text("1 of 6 trials: filters are on").wait_for()
    page.wait_for_url("**state=Draft*")
    page.reload()
    settled(page)
    assert page.get_by_text("1 of 6 trials: filters are on").is_visible()


def below_the_bar(page, section):
    """Wait until a section's heading stands at the top of what is seen, just under the navigation."""
    page.wait_for_function(
        """section => {
            const top = document.getElementById(section).getBoundingClientRect().top;
            return top >= 40 && top < 120;
        }""",
        arg=section,
    )


# The elements of a page arrive one after the other, as over a slow line.
SLOW_LINE = """
    const listen = WebSocket.prototype.addEventListener;
    WebSocket.prototype.addEventListener = function (type, hear, ...options) {
        let before = Promise.resolve();
        const late = event => {
            before = before.then(() => new Promise(done => setTimeout(done, 25))).then(() => hear.call(this, event));
        };
        return listen.call(this, type, type === "message" ? late : hear, ...options);
    };
"""


@pytest.mark.parametrize(
    ("section", "script"),
    [("money", None), ("checks", SLOW_LINE), ("sensitivity", SLOW_LINE)],
    ids=["at once", "element by element, above the charts", "element by element, below them"],
)
def test_an_address_names_its_section(built_home, visit, section, script):
    page = visit(built_home, f"results?trial={SMALL_DEBTS}#{section}", script=script)
    below_the_bar(page, section)


def test_a_link_within_the_page_leads_to_its_section(built_home, visit):
    page = visit(built_home, f"results?trial={SMALL_DEBTS}")
    page.get_by_role("link", name="Segments", exact=True).click()
    below_the_bar(page, "segments")
    page.get_by_role("link", name="Flow", exact=True).press("Enter")
    below_the_bar(page, "flow")


def test_a_reader_who_has_moved_on_is_not_pulled_back_to_the_section(built_home, visit):
    page = visit(built_home, f"results?trial={SMALL_DEBTS}#money")
    below_the_bar(page, "money")
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -100_000)
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollTop === 0")
    page.set_viewport_size({"width": 900, "height": 700})  # everything is laid out anew
    still(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0


def test_the_pages_keep_the_trial_from_one_to_the_next(built_home, visit):
    page = visit(built_home, f"decision?trial={SMALL_DEBTS}")
    page.get_by_role("link", name="Results, for the analyst", exact=True).click()
    page.get_by_role("heading", name="Reproduce").wait_for()
    page.wait_for_url(f"**/results?trial={SMALL_DEBTS}")
    settled(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Decision").click()
    page.get_by_role("heading", name="Record a decision").wait_for()
    page.wait_for_url(f"**/decision?trial={SMALL_DEBTS}")


def test_downloads_hold_what_is_stored(built_home, visit):
    page = visit(built_home, f"results?trial={SMALL_DEBTS}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Estimates (CSV)").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    document = stored(built_home, SMALL_DEBTS).evaluation.document
    assert len(lines) == 1 + len(document["estimates"]) + len(document["sensitivity"])


def test_the_keyboard_reaches_the_decision_and_it_is_recorded(built_home, visit):
    page = visit(built_home, f"decision?trial={LOST_OUTCOMES}")
    page.get_by_label("What will be done").fill("Run it again with whole files")
    reason = page.get_by_label("Reason")
    reason.fill("Outcomes of one arm were lost.")
    reason.press("Tab")
    settled(page)
    page.get_by_role("link", name="All checks and results, for the analyst").click()
    page.get_by_role("heading", name="Reproduce").wait_for()
    page.get_by_test_id("stTopNavLink").filter(has_text="Decision").click()
    page.get_by_role("heading", name="Record a decision").wait_for()
    settled(page)
    assert page.get_by_label("Reason").input_value() == "Outcomes of one arm were lost."
    page.reload()
    settled(page)
    assert page.get_by_label("Reason").input_value() == "Outcomes of one arm were lost."
    page.get_by_role("button", name="Record the decision").press("Enter")
    page.get_by_text("The decision is recorded.").wait_for()
    (decision,) = stored(built_home, LOST_OUTCOMES).decisions
    assert decision.action == "Run it again with whole files"
    assert decision.choice == "override"  # an attempt has no verdict to accept


def upload(page, name, content, texts=()):
    page.locator("input[type=file]").nth(0).set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": content}]
    )
    if texts:
        page.locator("input[type=file]").nth(1).set_input_files(
            [{"name": path.name, "mimeType": "text/plain", "buffer": path.read_bytes()} for path in texts]
        )
        # Long names are shortened on screen, so the files are counted: the protocol and each text.
        page.get_by_test_id("stFileChip").nth(len(texts)).wait_for()
    page.get_by_text(name, exact=True).wait_for()
    page.wait_for_function("() => !document.querySelector('.stFileUploader [role=\"progressbar\"]')")
    page.get_by_role("button", name="Check and register").click()


BAD = {
    "an empty file": (b"", "refused"),
    "broken YAML": (b"not: [a protocol", "refused"),
    "an unknown key": (b"schema: 1\nid: x\narms: []\nsurprise: 1\n", "surprise"),
    "an unknown kind of arm": (
        (LIBRARY / "small-debts.yaml").read_bytes().replace(b"kind: nfa", b"kind: control"),
        "control",
    ),
    "a key given twice": ((LIBRARY / "small-debts.yaml").read_bytes() + b"\nowner: Again\n", "owner"),
}


def test_a_bad_protocol_is_refused_in_plain_words_and_changes_nothing(empty_home, visit):
    page = visit(empty_home, "add_trial")
    for number, (content, said) in enumerate(BAD.values()):
        name = f"plan-{number}.yaml"
        upload(page, name, content)
        page.get_by_text(f"{name} was not taken. Nothing has changed.").wait_for()
        page.get_by_role("alert").filter(has_text=said).wait_for()
        assert "Traceback" not in page.content()
        assert str(empty_home) not in page.content()
    keep_screenshots(page, "add_trial-refused", WIDE)
    assert not list((empty_home / "uploads").glob("*"))
    registry = open_registry(Settings(home=empty_home))
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.portfolio() == ()
    registry.close()


def test_an_empty_portfolio_says_how_to_start_and_a_good_protocol_is_taken(empty_home, visit):
    home = empty_home
    page = visit(home)
    page.get_by_text("No trials yet. Start with a protocol, or load the demonstration.").wait_for()
    keep_screenshots(page, "portfolio-empty", WIDE)
    page.get_by_role("link", name="Start with a protocol").click()
    settled(page)
    texts = sorted((LIBRARY / "wording").glob("small-debts-*.md"))
    upload(page, "small-debts.yaml", (LIBRARY / "small-debts.yaml").read_bytes(), texts)
    page.get_by_text(f"small-debts.yaml is registered as the trial {SMALL_DEBTS}.").wait_for()
    assert stored(home, SMALL_DEBTS).summary.state == "draft"
