"""The door in a real browser and over real sockets: who comes in, who does not, and that nothing goes out."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import threading
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.conftest import broke_a_rule, settled, start
from tests.small_registry import SMALL_DEBTS

# A server that says which names its process looks up, and where beyond this machine it connects.
WATCHED = """
import runpy, socket, sys
HERE = ("127.", "::1", "localhost")
def heard(event, told):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        if not str(told[0]).startswith(HERE):
            print("OUTWARD", event, told, file=sys.stderr, flush=True)
    if event in ("socket.connect", "socket.sendto") and isinstance(told[1], tuple):
        if not str(told[1][0]).startswith(HERE):
            print("OUTWARD", event, told[1], file=sys.stderr, flush=True)
sys.addaudithook(heard)
if sys.argv[1] == "look":
    socket.getaddrinfo("checkip.invalid", 80)
runpy.run_module("dashboards", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def elsewhere():
    """A page of somebody else on another port of this machine; what it says can be set."""

    class Page(http.server.BaseHTTPRequestHandler):
        said = ""

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(Page.said.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", Page
    server.shutdown()
    server.server_close()


def answered(served, path, method="GET", body=None, **headers):
    """The status of a plain request, as any account of this machine could make it."""
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def socket_opened(served, origin, cookie=None):
    """Whether a WebSocket is let in."""

    address = served.address.replace("http", "ws") + "/_stcore/stream"
    headers = {} if cookie is None else {"Cookie": cookie}
    try:
        with connect(address, origin=origin, additional_headers=headers, proxy=None):
            return True
    except InvalidStatus as refused:
        if refused.response.status_code != 403:
            raise
        return False


def cookie_of(context, served):
    context.request.get(served.entrance, max_retries=3)  # a server ends idle connections
    port = urlsplit(served.address).port
    (cookie,) = [cookie for cookie in context.cookies(served.address) if cookie["name"] == f"otm-{port}"]
    return cookie


def test_the_printed_address_opens_the_pages_and_the_bare_one_does_not(built_home, serve, context):
    served = serve(built_home)
    page = context.browser.new_context().new_page()
    assert page.goto(served.address).status == 403
    assert page.get_by_text("Open the address that otm serve printed").is_visible()
    page.goto(served.entrance)
    settled(page)
    assert page.url == f"{served.address}/"
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"].startswith("otm-")]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
    page.goto(f"{served.address}/decision?trial={SMALL_DEBTS}")
    settled(page)
    assert page.locator(".otm-verdict").is_visible()
    page.context.close()


def test_another_account_gets_nothing(built_home, serve, context):
    served = serve(built_home)
    for path in ("/", "/results", "/_stcore/health", "/_stcore/metrics", "/_stcore/host-config", "/favicon.png"):
        assert answered(served, path) == 403
        assert answered(served, path, Cookie="otm=x") == 403
    assert answered(served, "/_stcore/upload_file/s/f", "PUT", b"x", Origin=served.address) == 403
    assert not socket_opened(served, served.address)
    cookie = cookie_of(context, served)
    told = f"{cookie['name']}={cookie['value']}"
    assert answered(served, "/_stcore/metrics", Cookie=told) == 200
    assert socket_opened(served, served.address, told)
    for origin in (None, "http://evil.test", "http://localhost:8790", "http://127.0.0.1", "null"):
        assert not socket_opened(served, origin, told)


def test_no_page_is_framed_and_no_other_port_gets_in(built_home, visit, context, serve, elsewhere):
    served = serve(built_home)
    cookie_of(context, served)
    address, other = elsewhere
    other.said = f"""<iframe src="{served.address}/decision?trial={SMALL_DEBTS}" width=900 height=600></iframe>
        <script>
        const there = "{served.address}/_stcore", withCookies = {{credentials: "include"}};
        const socket = new WebSocket(there.replace("http", "ws") + "/stream");
        const told = new Promise(done => {{
            socket.onopen = () => done("open");
            socket.onerror = () => done("refused");
        }});
        const fetched = fetch(there + "/metrics", withCookies).then(() => "read", () => "refused");
        </script>"""
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("told") == "refused"
    assert page.evaluate("fetched") == "refused"
    page.wait_for_load_state()
    framed = page.frames[1]
    assert "Record" not in framed.locator("body").inner_text()
    assert framed.locator(".stApp").count() == 0
    page.close()


def test_a_link_on_another_page_leads_in(built_home, serve, context, elsewhere):
    """A strict cookie is not sent along a redirect that began elsewhere."""
    served = serve(built_home)
    address, other = elsewhere
    other.said = f'<a href="{served.entrance}">The dashboard</a>'
    page = context.new_page()
    page.goto(address.replace("localhost", "127.0.0.1"))  # another site, as browsers see it
    page.get_by_role("link").click()
    settled(page)
    assert page.url == f"{served.address}/"
    page.close()


def test_nothing_is_looked_up_whoever_comes(tmp_path, context):
    served = start(tmp_path / "watched", "-c", WATCHED)
    try:
        cookie = cookie_of(context, served)
        told = f"{cookie['name']}={cookie['value']}"
        for origin in ("http://evil.test", "http://8.8.8.8", "http://localhost:1", "http://localhost.evil.test", None):
            assert not socket_opened(served, origin, told)
            assert not socket_opened(served, origin)
            assert answered(served, "/_stcore/health", Origin=origin or "null", Cookie=told) == 403
        assert answered(served, "/", Host="evil.test", Cookie=told) == 403
        page = context.new_page()
        page.goto(f"{served.address}/add_trial")
        settled(page)
        page.close()
    finally:
        served.process.terminate()
        served.process.wait(60)
    assert "OUTWARD" not in served.log.read_text()


def test_the_watch_hears_a_look_up(tmp_path):
    from tests.browser import conftest

    process = conftest._launched(tmp_path, 0, tmp_path / "log", ("-c", WATCHED, "look"))
    process.wait(60)
    assert "OUTWARD socket.getaddrinfo ('checkip.invalid'" in (tmp_path / "log").read_text()


def test_a_page_that_fetches_from_elsewhere_breaks_the_policy_and_the_browser_says_so(built_home, serve, context):
    """The tests of all pages rest on its saying so."""
    served = serve(built_home)
    cookie_of(context, served)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(served.address)
    settled(page)
    assert not any(broke_a_rule(text) for text in said)
    blocked = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('securitypolicyviolation', event => done(event.blockedURI));
            new Image().src = 'http://evil.test/i.png';
        })"""
    )
    assert blocked.startswith("http://evil.test/")
    assert any(broke_a_rule(text) for text in said)
    page.close()


def test_uploads_past_the_limit_are_refused_whoever_sends_them(empty_home, visit, context, serve):
    served = serve(empty_home)
    page = visit(empty_home, "add_trial")
    with page.expect_request(lambda request: "/_stcore/upload_file/" in request.url) as upload:
        page.locator("input[type=file]").nth(0).set_input_files(
            [{"name": "plan.yaml", "mimeType": "text/plain", "buffer": b"schema: 1"}]
        )
    own = upload.value.all_headers()
    folder = urlsplit(upload.value.url).path.rsplit("/", 1)[0]
    headers = {
        "Origin": served.address, "Cookie": own["cookie"], "X-Xsrftoken": own["x-xsrftoken"],
        "Content-Type": "multipart/form-data; boundary=b",
    }  # fmt: skip

    def put(file, size, *, chunked=False):
        part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.md"\r\n\r\n'
        form = part + b"x" * size + b"\r\n--b--\r\n"
        body = iter([form[at : at + 65_536] for at in range(0, len(form), 65_536)]) if chunked else form
        return answered(served, f"{folder}/{file}", "PUT", body, **headers)

    limit = 5 << 20
    assert put("small", 1000) == 204
    assert put("long", limit + 1) == 413
    assert put("long", limit + 1, chunked=True) == 413
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is closed while we are still sending
        assert put("endless", 20 << 20, chunked=True) == 413
    taken = [put(f"many{number}", limit - 1000) for number in range(6)]
    assert taken[0] == 204
    assert taken[-2:] == [413, 413]
