"""A dashboard on a real home, and a browser that reports what it fetched from elsewhere."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Request, ViewportSize, sync_playwright

from tests.places import RESULTS, ROOT
from tests.small_registry import build

SCREENSHOTS = RESULTS / "screenshots"
PATIENCE = 60.0
WIDE: ViewportSize = {"width": 1280, "height": 720}
NARROW: ViewportSize = {"width": 390, "height": 844}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
OWN = ("data:", "blob:")


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    build(folder / "home", folder / "files")
    return folder / "home"


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser") / "empty"


@dataclass(frozen=True)
class Served:
    """A dashboard that runs: where, and the address that it printed."""

    address: str
    entrance: str
    process: subprocess.Popen[bytes]
    log: Path


Serve = Callable[[Path], Served]


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Serve a home as ``otm serve`` does; the same address for the same home."""
    servers: dict[Path, Served] = {}

    def served(home: Path) -> Served:
        if home not in servers:
            servers[home] = start(home)
        return servers[home]

    yield served
    for server in servers.values():
        server.process.terminate()
    for server in servers.values():
        try:
            server.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


def start(home: Path, *python: str) -> Served:
    """Serve a home on a free port. Another process may take the port before the dashboard does; then on another."""
    home.mkdir(parents=True, exist_ok=True)
    log = home.parent / f"{home.name}.log"
    for _ in range(10):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = _launched(home, port, log, python or ("-m", "dashboards"))
        entrance = _printed(process, log)
        if entrance is not None:
            return Served(f"http://localhost:{port}", entrance, process, log)
        process.kill()
        process.wait()
    raise AssertionError(f"the dashboard did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _launched(home: Path, port: int, log: Path, python: tuple[str, ...]) -> subprocess.Popen[bytes]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
    settings = {**settings, "OTM_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as written:
        return subprocess.Popen(
            [sys.executable, *python, str(port)], cwd=ROOT, env=settings, stdout=written, stderr=written
        )


def _printed(process: subprocess.Popen[bytes], log: Path) -> str | None:
    """The address that the server prints once it listens; None where it ended instead."""
    while process.poll() is None:
        found = re.search(r"Dashboard: (http://localhost:\d+/\?token=\S+) ", log.read_text("utf-8", "replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    return None


@pytest.fixture(scope="session")
def context(chromium: Path) -> Iterator[BrowserContext]:
    """One browser for all tests: what it has fetched once it need not fetch again."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), headless=True, args=list(FLAGS))
        yield launched.new_context(accept_downloads=True)
        launched.close()


@pytest.fixture
def visit(context: BrowserContext, serve: Serve) -> Iterator[Callable[..., Page]]:
    """Open an address. After the test, every request must have gone to the dashboard itself, and no page
    may have broken the content security policy."""
    pages: list[Page] = []
    elsewhere: list[str] = []
    violations: list[str] = []

    def opened(home: Path, path: str = "", *, dark: bool = False, script: str | None = None) -> Page:
        served = serve(home)
        address = served.address
        context.request.get(served.entrance, max_retries=3)  # a server ends idle connections
        page = context.new_page()
        pages.append(page)
        if script is not None:
            page.add_init_script(script)
        page.set_default_timeout(PATIENCE * 1000)
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="dark" if dark else "light")

        def note(request: Request) -> None:
            if not request.url.startswith((address, address.replace("http", "ws"), *OWN)):
                elsewhere.append(request.url)

        page.on("request", note)
        page.on("console", lambda said: violations.append(said.text) if broke_a_rule(said.text) else None)
        page.goto(f"{address}/{path}")
        settled(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert elsewhere == []
    assert violations == []


def broke_a_rule(said: str) -> bool:
    """Whether the browser says that a page broke the rules that it came with."""
    return any(words in said for words in ("Content Security Policy", "Content-Security-Policy", "X-Frame-Options"))


# While a page is drawn again, its last line can stand twice: the new one, and the old one that goes at the end.
DRAWN = """() => [...document.querySelectorAll('.otm-quiet')]
                    .filter(line => line.textContent.startsWith('You are working as')).length === 1
             && document.querySelector('[data-testid="stApp"]').dataset.testScriptState === 'notRunning'
             && !document.querySelector('[data-testid="stStatusWidget"]')
             && [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
                    .every(chart => chart.querySelector('canvas, svg'))
             && !document.querySelector('[data-stale="true"]')"""
# Ends when fonts have come, and for a quarter of a second on end what is asked held and nothing changed its height: by
# the clock too, for after a moment without any a browser draws frames faster than it shows them. It asks again by
# itself: who waits for a function that gives a promise takes the promise for the answer.
STILL = """async () => {
    await document.fonts.ready;
    const holds = %s, height = () => document.querySelector('.stMainBlockContainer')?.scrollHeight;
    const begun = performance.now();
    let before = height(), since = begun, frames = 0;
    while (frames < 12 || performance.now() - since < 250) {
        await new Promise(requestAnimationFrame);
        frames += 1;
        if (!holds() || height() !== before) [before, since, frames] = [height(), performance.now(), 0];
        if (performance.now() - begun > 60000) return false;
    }
    return true;
}"""


def still(page: Page, holds: str = "() => true") -> None:
    """Wait until nothing on the page moves, and what is asked of it, a JavaScript function, holds meanwhile."""
    assert page.evaluate(STILL % holds), "the page did not come to rest in a minute"


def settled(page: Page) -> None:
    """Wait until the page is drawn: the last line stands, nothing runs, every chart has its picture, nothing moves.

    All of it for a while on end: what a key begins runs only some hundredths of a second after it.
    """
    page.wait_for_function(DRAWN)
    still(page, DRAWN)


def keep_screenshots(page: Page, name: str, size: ViewportSize) -> None:
    """What is seen first, and the whole page, as pictures where a person can look at them."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(size)
    still(page)
    page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}-first.png")
    # Streamlit scrolls within the page, so the window itself has to be as tall as what it shows.
    height = page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight + 120")
    page.set_viewport_size({"width": size["width"], "height": min(int(height), 12_000)})
    still(page)
    page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}.png")
