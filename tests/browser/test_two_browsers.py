"""Two people at one trial, each at a browser: what comes in while one reads is read before it is decided on."""

from __future__ import annotations

import pytest

from tests.browser.conftest import settled
from tests.trials.examples import FIRST, SECOND, Files, allocated
from tests.trials.stages.test_findings import better, cut, detail_of, rows_of
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.correct import confirm_correction, request_correction

WORDS = "Nobody paid sooner, and the SMS costs money."


@pytest.fixture
def read_by_the_manager(tmp_path):
    """A trial with one evaluation, which shows little."""
    files = Files(tmp_path / "files")
    registry = open_registry(Settings(home=tmp_path / "home"))
    allocated(registry, files)
    cut(registry, files, rows_of(files))
    yield registry, files
    registry.close()


# The alert is drawn before what is below it: until the last line is there once, the page of before stands there too.
DRAWN_ONCE = """() => !document.querySelector('[data-stale="true"]')
    && [...document.querySelectorAll('.otm-quiet')].filter(line => line.innerText.startsWith('You are working'))
        .length === 1"""


def told(page, beginning):
    alert = page.locator(".otm-refusal").filter(has_text=beginning)
    alert.wait_for()
    page.wait_for_function(DRAWN_ONCE)
    settled(page)
    return alert.inner_text()


def test_an_evaluation_that_arrives_meanwhile_is_read_before_anything_is_recorded(read_by_the_manager, visit):
    registry, files = read_by_the_manager
    manager = visit(registry.home, f"decision?trial={files.trial}")
    reason = manager.get_by_role("textbox", name="Reason", exact=True)
    manager.get_by_label("What will be done").fill("Send no SMS.")
    reason.fill(WORDS)

    analyst = visit(registry.home, f"results?trial={files.trial}")
    cut(registry, files, better(registry, files), after=60)
    analyst.reload()
    settled(analyst)
    assert "Update 1" in analyst.locator(".stMainBlockContainer").inner_text()

    # Typed a moment ago, and not sent before the button is pressed.
    manager.get_by_role("button", name="Record the decision").click()
    said = told(manager, "The result changed since you opened this page: evaluation 2 has another verdict")
    assert "Nothing was recorded." in said
    assert (
        "The verdict was “Not shown to beat no further action: do not scale” and is “Scale the SMS reminder”." in said
    )
    assert "Per 1,000 customers, paid: was " in said
    assert "The data were as at " in said
    assert reason.input_value() == WORDS
    assert manager.get_by_label("What will be done").input_value() == "Send no SMS."
    assert detail_of(registry, files).decisions == ()

    # And where two people put it in the place of the finding: other result, other form, the same words.
    request_correction(registry, FIRST, files.trial, reason="last year's file")
    confirm_correction(registry, SECOND, files.trial)
    manager.get_by_role("button", name="Record the decision").click()
    said = told(manager, "you read evaluation 1, and this is evaluation 2. Nothing was recorded.")
    assert "and is “Scale the SMS reminder”." in said
    assert reason.input_value() == WORDS
    assert manager.get_by_label("What will be done").input_value() == "Send no SMS."
    manager.get_by_role("button", name="Record the decision").click()
    told(manager, "Say first whether you accept the verdict or override it.")
    assert detail_of(registry, files).decisions == ()
    manager.get_by_test_id("stRadio").get_by_text("Override", exact=True).click()
    manager.wait_for_function(DRAWN_ONCE)
    settled(manager)
    manager.get_by_role("button", name="Record the decision").click()
    manager.get_by_text("The decision is recorded.").wait_for()
    (decision,) = detail_of(registry, files).decisions
    assert (decision.evaluation, decision.verdict_code, decision.choice) == (2, "scale", "override")
    assert (decision.action, decision.reason) == ("Send no SMS.", WORDS)
