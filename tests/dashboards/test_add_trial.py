"""Adding a trial by upload: taken whole, or refused with everything that is wrong."""

import re

import pytest

from tests.dashboards.conftest import done, refusals, shown
from tests.places import ROOT
from tests.small_registry import SMALL_DEBTS
from tests.trials.examples import PROTOCOL
from trials.access import LOCAL_ACTOR

LETTERS = ROOT / "designs" / "library"
GOOD = PROTOCOL.format(id="added-2026", population="debts", extra="").encode()
BAD = GOOD.replace(b"kind: nfa, ", b"kind: control, ").replace(b"role: primary", b"role: secondary")


def send(page, name, content, texts=()):
    page.file_uploader(key="protocol-file").set_value((name, content, "application/yaml"))
    if texts:
        page.file_uploader(key="protocol-texts").set_value([(t.name, t.read_bytes(), "text/markdown") for t in texts])
    return page.button(key="FormSubmitter:protocol-Check and register").click().run()


def trials_of(registry):
    with registry.read(LOCAL_ACTOR) as reader:
        return {trial.id: trial.state for trial in reader.portfolio()}


def test_a_good_protocol_is_registered_and_leads_on(open_page, own_registry):
    page = send(open_page("add_trial"), "plan.yaml", GOOD)
    assert "plan.yaml is registered as the trial added-2026." in done(page)[0]
    assert not refusals(page)
    assert trials_of(own_registry)["added-2026"] == "draft"
    assert "Reminders for overdue debts" in shown(open_page("results", trial="added-2026"))


def test_a_protocol_is_registered_with_the_texts_that_it_names(open_page, empty_registry):
    texts = sorted((LETTERS / "wording").glob("small-debts-*.md"))
    assert texts
    page = send(open_page("add_trial"), "plan.yaml", (LETTERS / "small-debts.yaml").read_bytes(), texts)
    assert f"plan.yaml is registered as the trial {SMALL_DEBTS}." in done(page)[0]


def test_a_bad_protocol_shows_every_error_at_once_and_no_traceback(open_page, empty_registry):
    page = send(open_page("add_trial"), "plan.yaml", BAD)
    assert "plan.yaml was not taken. Nothing has changed." in shown(page)
    message = refusals(page)[0]
    assert "The protocol is refused for 2 errors" in message
    assert re.search(r"arms\[0\]\.kind \(line \d+\): .*control.* Allowed: nfa, bau, otm\.", message)
    assert re.search(r"outcomes \(line \d+\): no outcome is the primary", message)
    assert not page.exception
    assert not done(page)
    assert trials_of(empty_registry) == {}
    assert not list((empty_registry.home / "uploads").glob("*"))


@pytest.mark.parametrize("named", ["protocol.yaml/evil.md", f"{'x' * 300}/evil.md", "protocol.yaml"])
def test_a_text_that_cannot_be_laid_beside_the_protocol_is_refused_on_the_page(
    open_page, empty_registry, tmp_path, named
):
    text = tmp_path / named.rsplit("/", 1)[-1]
    text.write_bytes(b"another file")
    plan = (LETTERS / "late-returns.yaml").read_text("utf-8").replace("wording/late-returns-letter.en.md", named)
    page = send(open_page("add_trial"), "plan.yaml", plan.encode(), [text])
    assert "plan.yaml was not taken. Nothing has changed." in shown(page)
    assert "no text can be kept at" in refusals(page)[0]
    assert not page.exception
    assert trials_of(empty_registry) == {}
    assert not list((empty_registry.home / "uploads").glob("*"))


def test_a_path_on_the_server_is_not_shown(open_page, own_registry):
    """A locked trial refuses another plan under its id, and names the file that it was given."""
    changed = PROTOCOL.format(id=SMALL_DEBTS, population="debts", extra="").encode()
    page = send(open_page("add_trial"), "plan.yaml", changed)
    assert "locked" in refusals(page)[0]
    assert str(own_registry.home) not in shown(page)
    assert "/uploads/" not in shown(page)


def test_sending_nothing_says_what_to_do(open_page):
    page = open_page("add_trial")
    page.button(key="FormSubmitter:protocol-Check and register").click().run()
    assert "No protocol file was chosen." in refusals(page)[0]


def test_who_may_not_register_sees_no_form(open_page, monkeypatch):
    monkeypatch.setenv("OTM_ACTOR", "Max:manager")
    page = open_page("add_trial")
    assert "manager" in refusals(page)[0]
    assert "Rule: " in refusals(page)[0]
    assert not page.get("file_uploader")
