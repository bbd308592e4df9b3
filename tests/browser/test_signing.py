"""Texts that are read and signed in a browser by keyboard alone; and the pages of wording and sign-offs."""

from __future__ import annotations

import hashlib

import pytest

from designs.drafting import Draft
from designs.entries import SignedOff
from tests.browser.conftest import NARROW, WIDE, keep_screenshots, settled
from tests.browser.test_screens import beyond_the_edge, serious
from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.design import begin_design

DESIGN = "late-2027"
TEXTS = {
    "today.md": "Dear {name},\n\nPay your tax now.\n\nRing us.",
    "letter.md": "Dear {name},\n\nPay your tax by {pay_by}.\n\nWe have opened a check.\n\n# **Pay** <b>now</b> \u202e",
    "llythyr.md": "Annwyl {name},\n\nTalwch eich treth erbyn {pay_by}.",
    "long.md": "Pay" * 20_000,
}
ARMS = [
    {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
    {"id": "today", "kind": "bau", "label": "Today’s letter", "share": 1, "channel": "letter",
     "text": {"en": "today.md", "en_in_use": "today.md"}},
    {"id": "letter", "kind": "otm", "label": "New letter", "share": 1, "channel": "letter",
     "text": {"en": "letter.md", "cy": "llythyr.md"}},
    {"id": "long", "kind": "otm", "label": "Long text", "share": 1, "channel": "letter", "text": {"en": "long.md"}},
]  # fmt: skip


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signing") / "home"
    registry = open_registry(Settings(home=folder))
    document = {"schema": 1, "id": DESIGN, "title": "Late returns", "owner": "Team A", "arms": ARMS}
    draft = Draft(document, {name: digest(text) for name, text in TEXTS.items()})
    contents = {digest(text): text.encode() for text in TEXTS.values()}
    begin_design(registry, LOCAL_ACTOR, DESIGN, draft, contents, origin={"kind": "empty"})
    registry.close()
    return folder


def tab_to(page, name, kind="button"):
    """Go on with Tab alone until something of this name has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(
            """([name, kind]) => {
                const at = document.activeElement, group = at.closest('[role=radiogroup]');
                return kind === 'radio' ? at.type === 'radio' && group?.getAttribute('aria-label') === name
                                        : at.textContent.trim() === name;
            }""",
            [name, kind],
        ):
            return
    raise AssertionError(f"the keyboard does not lead to {name}")


@pytest.mark.requirement("K12", "K13")
def test_a_text_is_signed_by_keyboard_alone(home, visit):
    page = visit(home, f"sign_offs?design={DESIGN}&for=taa")
    called = "New letter, in English"
    tab_to(page, f"Sign for TAA: {called}")
    page.keyboard.press("Enter")
    settled(page)
    assert page.get_by_text("Answer every point before you sign").is_visible()
    opens = "Does the text open a compliance check, or make a customer expect that one has been opened?"
    disclosure = "Is a disclosure that a customer makes after this text prompted or unprompted?"
    tab_to(page, f"{called}: {opens}", "radio")
    page.keyboard.press("ArrowDown")  # from the first, Yes, to No
    settled(page)
    tab_to(page, f"{called}: {disclosure}", "radio")
    page.keyboard.press("Space")
    settled(page)
    tab_to(page, f"Sign for TAA: {called}")
    page.keyboard.press("Enter")
    page.get_by_text("TAA has signed: New letter, in English").wait_for()
    registry = open_registry(Settings(home=home))
    with registry.read(LOCAL_ACTOR) as reader:
        (entry,) = (each.entry for each in reader.entries(DESIGN) if isinstance(each.entry, SignedOff))
    registry.close()
    assert entry.answers == {"opens_check": "no", "disclosure": "unprompted"}
    assert entry.digest == digest(TEXTS["letter.md"])


@pytest.mark.parametrize("screen", ["approaches", "sign_offs"])
@pytest.mark.parametrize("dark", [False, True])
def test_wording_and_sign_offs_are_accessible_and_fit_a_desk_and_a_telephone(home, visit, screen, dark):
    page = visit(home, f"{screen}?design={DESIGN}", dark=dark)
    for size in (WIDE, NARROW):
        keep_screenshots(page, f"{screen}-dark" if dark else screen, size)
        assert serious(page) == []
        assert beyond_the_edge(page, size["width"]) == []
