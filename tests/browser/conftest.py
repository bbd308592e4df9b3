"""A dashboard on a real home, and a browser that reports what it fetched from elsewhere."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
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


Serve = Callable[[Path], str]


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Serve a home as ``otm serve`` does; the same address for the same home."""
    servers: dict[Path, tuple[str, subprocess.Popen[bytes]]] = {}

    def served(home: Path) -> str:
        if home not in servers:
            servers[home] = _start(home)
        return servers[home][0]

    yield served
    for _, process in servers.values():
        process.terminate()
    for _, process in servers.values():
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(home: Path) -> tuple[str, subprocess.Popen[bytes]]:
    """Serve a home on a free port. Another process may take the port before the dashboard does; then on another."""
    home.mkdir(parents=True, exist_ok=True)
    log = home.parent / f"{home.name}.log"
    for _ in range(10):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        process = _launched(home, port, log)
        if _answers(address, process, log):
            return address, process
        process.kill()
        process.wait()
    raise AssertionError(f"the dashboard did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


def _launched(home: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/app.py", f"--server.port={port}"]
    with log.open("wb") as written:
        return subprocess.Popen(
            command, cwd=ROOT, env={**settings, "OTM_HOME": str(home)}, stdout=written, stderr=written
        )


def _answers(address: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Whether this process, and no other on its port, serves the address."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health") as answer:
                if answer.status == 200 and address in log.read_text("utf-8", "replace"):
                    return True
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    return False


@pytest.fixture(scope="session")
def context(chromium: Path) -> Iterator[BrowserContext]:
    """One browser for all tests: what it has fetched once it need not fetch again."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium), headless=True, args=list(FLAGS))
        yield launched.new_context(accept_downloads=True)
        launched.close()


@pytest.fixture
def visit(context: BrowserContext, serve: Serve) -> Iterator[Callable[..., Page]]:
    """Open an address. After the test, every request must have gone to the dashboard itself."""
    pages: list[Page] = []
    elsewhere: list[str] = []

    def opened(home: Path, path: str = "", *, dark: bool = False, script: str | None = None) -> Page:
        address = serve(home)
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
        page.goto(f"{address}/{path}")
        settled(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert elsewhere == []


# Fonts have come, and nothing has changed its height for some frames on end.
STILL = """async () => {
    await document.fonts.ready;
    const height = () => document.querySelector('.stMainBlockContainer').scrollHeight;
    for (let frame = 0, before = height(); frame < 12; frame++) {
        await new Promise(requestAnimationFrame);
        if (height() !== before) return false;
    }
    return true;
}"""


def settled(page: Page) -> None:
    """Wait until the page is drawn: the last line stands, nothing runs, every chart has its picture, nothing moves."""
    page.get_by_text("You are working as").wait_for()
    page.wait_for_function(
        """() => !document.querySelector('[data-testid="stStatusWidget"]')
              && [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
                     .every(chart => chart.querySelector('canvas, svg'))
              && !document.querySelector('[data-stale="true"]')"""
    )
    page.wait_for_function(STILL)


def keep_screenshots(page: Page, name: str, size: ViewportSize) -> None:
    """What is seen first, and the whole page, as pictures where a person can look at them."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(size)
    page.wait_for_function(STILL)
    page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}-first.png")
    # Streamlit scrolls within the page, so the window itself has to be as tall as what it shows.
    height = page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight + 120")
    page.set_viewport_size({"width": size["width"], "height": min(int(height), 12_000)})
    page.wait_for_function(STILL)
    page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}.png")
