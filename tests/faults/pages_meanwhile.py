"""A second user's page while others send bombs: protocols to the same server, files to processes beside it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from dashboards import session
from dashboards.uploads import Upload
from data.errors import Refused
from tests.bombs import bomb
from tests.bombs.protocols import KINDS
from tests.bombs.reading import read
from tests.places import ROOT
from tests.small_registry import build
from tests.suites import Figure, Suite
from trials.registry import open_registry
from trials.settings import Settings

LONGEST = 2.0  # seconds that a page may take
_BUSIER = (
    2.0  # times as much as alone that the server's process may be at work: who sends is served by it, not read in it
)
_AT_ONCE = 2  # senders of protocols, and of files


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Seconds in which the list of trials was drawn, and how long this process was at work meanwhile, on whatever."""

    seconds: float
    processor: float


def _page() -> _Drawn:
    page = AppTest.from_file(str(ROOT / "dashboards" / "app.py"), default_timeout=600)
    started, worked = time.monotonic(), time.process_time()
    page.run()
    drawn = _Drawn(time.monotonic() - started, time.process_time() - worked)
    assert not page.exception, [error.message for error in page.exception]
    return drawn


def _until(over: threading.Event, step: Callable[[int], object], first: int) -> threading.Thread:
    def go() -> None:
        number = first
        while not over.is_set():
            step(number)
            number += 1

    thread = threading.Thread(target=go)
    thread.start()
    return thread


def pages(size: int, seed: int) -> Iterator[Figure]:
    """The list of trials is drawn ``size`` times alone, and ``size`` times while bombs come in."""
    with tempfile.TemporaryDirectory(prefix="otm-bombs-") as place:
        folder = Path(place)
        build(folder / "home", folder / "files")
        registry = open_registry(Settings(home=folder / "home"))
        kept = [bomb(seed + number, _made(folder / str(number)))[1] for number in range(8)]
        sent = [0]

        def send_protocol(number: int) -> None:
            content = KINDS[number % len(KINDS)](Random(number))
            try:
                session.register(Upload("plan.yaml", content), ())
            except Refused:
                sent[0] += 1

        with patch.object(session, "_registry", lambda: registry):
            _page()  # the first draws what is kept
            alone = [_page() for _ in range(size)]
            over = threading.Event()
            senders = [_until(over, send_protocol, seed + 100 * turn) for turn in range(_AT_ONCE)]
            senders += [_until(over, lambda n: read([kept[n % len(kept)]]), turn) for turn in range(_AT_ONCE)]
            try:
                meanwhile = [_page() for _ in range(size)]
            finally:
                over.set()
                for sender in senders:
                    sender.join()
        registry.close()
    usual, most = mean(page.processor for page in alone), _BUSIER * mean(page.processor for page in alone)
    busy = mean(page.processor for page in meanwhile)
    yield Figure("alone", "seconds of a page, at most", max(page.seconds for page in alone), None, None, size)
    yield Figure("alone", "seconds of the server's processor, a page", usual, None, None, size)
    yield Figure("meanwhile", "seconds of a page, at most", max(p.seconds for p in meanwhile), None, LONGEST, size)
    yield Figure("meanwhile", "seconds of the server's processor, a page", busy, None, most, size)
    yield Figure("meanwhile", "protocols refused", float(sent[0]), 1.0, None, size)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


SUITES = (Suite("pages-meanwhile", "A second user's page stays quick while bombs come in", pages, 20),)
