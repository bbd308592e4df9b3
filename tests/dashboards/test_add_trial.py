"""Adding a trial by upload: taken whole, or refused with everything that is wrong."""

from tests.dashboards.conftest import replace_session, shown
from trials.errors import AccessRefused, TrialRefused


def send(page, name, content):
    page.file_uploader(key="protocol-file").set_value((name, content, "application/yaml"))
    return page.button(key="FormSubmitter:protocol-Check and register").click().run()


def test_a_good_protocol_is_registered_and_leads_on(open_page):
    page = send(open_page("add_trial"), "plan.yaml", b"kind: nfa")
    assert "plan.yaml is registered as the trial added-2026." in page.success[0].value
    assert not page.error


def test_a_bad_protocol_shows_every_error_at_once_and_no_traceback(open_page):
    page = send(open_page("add_trial"), "plan.yaml", b"schema: 1")
    assert "plan.yaml was not taken. Nothing has changed." in shown(page)
    message = page.error[0].value.replace("\\", "")
    assert "The protocol is refused for 2 errors" in message
    assert "arms[0].kind: it is missing. Rule: every arm says its kind. Allowed: nfa, bau, otm." in message
    assert "outcomes: there is no primary outcome" in message
    assert not page.exception
    assert not page.success


def test_a_path_on_the_server_is_not_shown(open_page, monkeypatch):
    def refuse(protocol, texts):
        raise TrialRefused("the trial is locked", where="/somewhere/uploads/plan.yaml", remedy="amend it")

    replace_session(monkeypatch, register=refuse)
    page = send(open_page("add_trial"), "plan.yaml", b"kind: nfa")
    assert "The trial is locked." in page.error[0].value
    assert "somewhere" not in shown(page)


def test_sending_nothing_says_what_to_do(open_page):
    page = open_page("add_trial")
    page.button(key="FormSubmitter:protocol-Check and register").click().run()
    assert "No protocol file was chosen." in page.error[0].value


def test_who_may_not_register_sees_no_form(open_page, monkeypatch):
    refusal = AccessRefused("the role manager may not register", rule="this needs the role designer")
    replace_session(monkeypatch, may=lambda action: refusal)
    page = open_page("add_trial")
    assert "The role manager may not register." in page.error[0].value
    assert not page.get("file_uploader")
