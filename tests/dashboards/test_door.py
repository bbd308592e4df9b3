"""The door before Streamlit: an application that only counts stands behind it, so nothing but the door can refuse."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from dashboards import session
from dashboards.door import Door, inline_scripts
from tests.dashboards import event_loops
from trials.errors import AccessRefused

PORT = 8501
TOKEN = "right-token"
HERE = f"localhost:{PORT}"
COOKIE = (b"cookie", f"otm-{PORT}={TOKEN}".encode())
EVERYTHING = [
    "/", "/decision", "/favicon.png", "/static/js/index.js", "/_stcore/health", "/_stcore/metrics",
    "/_stcore/host-config", "/_stcore/upload_file/session/file", "/_stcore/agent/openapi.json", "/media/x.csv",
    "//evil.test/", "/%2e%2e/_stcore/metrics",
]  # fmt: skip


@dataclass
class Answer:
    """What a request came to."""

    reached: int  # how often the application behind the door was asked
    sent: list[dict] = field(default_factory=list)

    @property
    def status(self):
        """Of HTTP, or what a WebSocket was closed with before it was accepted."""
        return self.sent[0].get("status", self.sent[0].get("code"))

    @property
    def headers(self):
        return dict(self.sent[0].get("headers", []))

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent)


def ask(path="/", *headers, kind="http", method="GET", host=HERE, query="", port=PORT, given=(), scripts=()):
    """Knock, and see what comes back."""
    answer = Answer(0)

    async def application(scope, receive, send):
        answer.reached += 1
        if kind == "http":
            await send({"type": "http.response.start", "status": 200, "headers": list(given)})
            await send({"type": "http.response.body", "body": b"seen"})
        elif kind == "websocket":
            await send({"type": "websocket.accept"})

    async def send(message):
        answer.sent.append(message)

    named = [] if host is None else [(b"host", host.encode())]
    scope = {
        "type": kind, "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [*named, *headers],
    }  # fmt: skip
    event_loops.run(Door(application, port=port, token=TOKEN, scripts=scripts)(scope, None, send))
    return answer


def origin(value):
    return (b"origin", value.encode())


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
def test_nothing_is_had_without_the_token(path, method):
    answer = ask(path, origin(f"http://{HERE}"), method=method)
    assert (answer.status, answer.reached) == (403, 0)


@pytest.mark.parametrize("path", EVERYTHING)
def test_everything_is_had_with_the_cookie(path):
    assert ask(path, COOKIE).reached == 1


def test_a_socket_needs_the_cookie_too():
    assert ask("/_stcore/stream", origin(f"http://{HERE}"), kind="websocket").reached == 0
    assert ask("/_stcore/stream", origin(f"http://{HERE}"), COOKIE, kind="websocket").reached == 1


@pytest.mark.parametrize(
    "cookie",
    [
        "", "otm-8501=", "otm-8501=wrong", "otm-8501=right-token-and-more", f"otm-8502={TOKEN}", f"other={TOKEN}",
        f"xotm-8501={TOKEN}", f"otm-8501%3D{TOKEN}", f'otm-8501="{TOKEN}"', "otm-8501=\xff\xfe",
    ],
)  # fmt: skip
def test_another_cookie_lets_nobody_in(cookie):
    assert ask("/", (b"cookie", cookie.encode("latin-1"))).reached == 0


def test_a_cookie_that_another_port_set_does_not_shut_the_browser_out():
    assert ask("/", (b"cookie", f"a=b; otm-{PORT}=planted; otm-{PORT}={TOKEN}".encode())).reached == 1


@pytest.mark.parametrize(
    "host",
    [
        None, "", "localhost", "127.0.0.1", "localhost:8502", "evil.test", "evil.test:8501", "localhost.evil.test:8501",
        "localhost:8501.evil.test", "LOCALHOST:8501", "localhost.:8501", "127.0.0.1:08501", "[::1]:8501",
        "0.0.0.0:8501", "127.1:8501", "2130706433:8501", " localhost:8501", "localhost:8501,evil.test",
        "user@localhost:8501",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_the_host_and_port_that_are_served_are_answered(host, kind):
    assert (
        ask("/", COOKIE, *([origin(f"http://{host}")] if kind == "websocket" else []), host=host, kind=kind).reached
        == 0
    )


def test_two_hosts_are_none():
    assert ask("/", COOKIE, (b"host", b"evil.test")).reached == 0


def test_on_the_port_that_browsers_leave_out_it_may_be_left_out():
    cookie = (b"cookie", f"otm-80={TOKEN}".encode())
    assert ask("/", cookie, host="localhost", port=80).reached == 1
    assert ask("/", cookie, host="evil.test", port=80).reached == 0


@pytest.mark.parametrize(
    "foreign",
    [
        "http://evil.test", "http://evil.test:8501", "http://localhost", "http://localhost:8502", "https://localhost:8501",
        "http://127.0.0.1:8501", "http://localhost:8501.evil.test", "http://localhost:8501/", "null", "",
        "HTTP://localhost:8501", "http://localhost:08501", "http://evil.test http://localhost:8501", "file://",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("kind", "method"), [("websocket", "GET"), ("http", "GET"), ("http", "PUT"), ("http", "OPTIONS")]
)
def test_a_foreign_origin_is_refused_whatever_it_asks(foreign, kind, method):
    answer = ask("/_stcore/stream", COOKIE, origin(foreign), kind=kind, method=method)
    assert answer.reached == 0
    assert answer.status == (1008 if kind == "websocket" else 403)


def test_two_origins_are_a_foreign_one():
    assert ask("/", COOKIE, origin(f"http://{HERE}"), origin("http://evil.test"), kind="websocket").reached == 0


@pytest.mark.parametrize(
    ("kind", "method"), [("websocket", "GET"), ("http", "PUT"), ("http", "POST"), ("http", "DELETE")]
)
def test_what_could_change_something_says_where_it_comes_from(kind, method):
    assert ask("/", COOKIE, kind=kind, method=method).reached == 0
    assert ask("/", COOKIE, origin(f"http://{HERE}"), kind=kind, method=method).reached == 1


def test_another_page_of_this_machine_may_open_a_page_and_fetch_nothing():
    def fetched(site, mode, dest):
        sent = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        return ask("/", COOKIE, *((name.encode(), value.encode()) for name, value in sent.items())).reached == 1

    assert fetched("none", "navigate", "document")
    assert fetched("same-origin", "cors", "empty")
    assert fetched("same-site", "navigate", "document")
    for site in ("same-site", "cross-site"):
        assert not fetched(site, "navigate", "iframe")
        assert not fetched(site, "no-cors", "script")
        assert not fetched(site, "no-cors", "image")
        assert not fetched(site, "cors", "empty")


def test_the_printed_address_gives_a_cookie_that_no_script_and_no_other_site_has():
    answer = ask("/results", query=f"trial=a%26b&token={TOKEN}")
    assert (answer.status, answer.reached) == (303, 0)
    assert answer.headers[b"set-cookie"] == f"otm-{PORT}={TOKEN}; HttpOnly; SameSite=Strict; Path=/".encode()
    assert answer.headers[b"location"] == f"http://{HERE}/results?trial=a%26b".encode()
    assert answer.headers[b"cache-control"] == b"no-store"


def test_the_way_on_stays_on_this_server():
    answer = ask("//evil.test/", query=f"token={TOKEN}")
    assert answer.headers[b"location"] == f"http://{HERE}//evil.test/".encode()


def test_from_a_page_elsewhere_the_printed_address_leads_on_without_a_redirect():
    """A strict cookie would not be sent along one."""
    answer = ask("/", (b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", b"navigate"),
                 (b"sec-fetch-dest", b"document"), query=f'token={TOKEN}&trial="><script>')  # fmt: skip
    assert answer.status == 200
    assert b"set-cookie" in answer.headers
    assert f'content="0; url=http://{HERE}/?trial=%22%3E%3Cscript%3E"'.encode() in answer.body


@pytest.mark.parametrize(
    "query", ["token=", "token=wrong", f"token=wrong&token={TOKEN}", f"token={TOKEN}x", "token=%ff"]
)
@pytest.mark.parametrize("headers", [(), (COOKIE,)], ids=["without the cookie", "with it"])
def test_a_wrong_token_is_refused_and_gives_nothing(query, headers):
    answer = ask("/", *headers, query=query)
    assert (answer.status, answer.reached) == (403, 0)
    assert b"set-cookie" not in answer.headers


def test_a_token_opens_a_page_and_changes_nothing():
    assert ask("/", origin(f"http://{HERE}"), method="POST", query=f"token={TOKEN}").status == 403


@pytest.mark.parametrize("answered", ["let in", "refused", "led on"])
def test_every_answer_forbids_frames_and_foreign_addresses(answered):
    given = [(b"Content-Security-Policy", b"default-src *"), (b"x-frame-options", b"ALLOWALL"), (b"etag", b"kept")]
    headers = {
        "let in": lambda: ask("/", COOKIE, given=given),
        "refused": lambda: ask("/"),
        "led on": lambda: ask("/", query=f"token={TOKEN}"),
    }[answered]().headers
    policy = headers[b"content-security-policy"].decode()
    assert "frame-ancestors 'none'" in policy
    assert headers[b"x-frame-options"] == b"DENY"
    assert "default-src 'none'" in policy
    sources = {word for part in policy.split("; ") for word in part.split()[1:]}
    assert {word for word in sources if not word.startswith("'")} <= {"data:", "blob:", f"ws://{HERE}"}
    assert "'unsafe-eval'" not in sources
    assert "unsafe" not in next(part for part in policy.split("; ") if part.startswith("script-src"))
    if answered == "let in":
        assert headers[b"etag"] == b"kept"


def test_only_the_named_inline_scripts_run(tmp_path):
    page = tmp_path / "index.html"
    page.write_text("<html><script>\n one()\n</script><script src='x.js'></script><script>two()</script>")
    assert inline_scripts(page) == ["\n one()\n", "two()"]
    policy = ask("/", COOKIE, scripts=["alert(1)"]).headers[b"content-security-policy"].decode()
    assert "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in policy


def test_the_servers_start_and_end_go_through():
    assert ask("/", kind="lifespan").reached == 1


def test_pages_that_were_started_without_a_door_read_nothing(monkeypatch):
    monkeypatch.undo()  # the session's own registry, as a server has it
    assert session._open is False
    with pytest.raises(AccessRefused, match="served to whoever asks"):
        session.portfolio()
