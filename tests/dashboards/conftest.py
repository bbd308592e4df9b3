"""Pages over a small registry that the stages made; a test may replace a part of the session, or work on a copy."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair.utils.schemapi
import pytest
from streamlit.testing.v1 import AppTest

from analysis.document import from_document
from analysis.results import Evaluation
from dashboards import session
from tests.places import ROOT
from tests.small_registry import build
from trials.access import LOCAL_ACTOR, Actor
from trials.registry import Registry, open_registry
from trials.registry.records import TrialDetail
from trials.settings import Settings

APP = ROOT / "dashboards" / "app.py"
VIEWS = ROOT / "dashboards" / "views"
HERE = Path(__file__).parent
Open = Callable[..., AppTest]
ANN = Actor("Ann", "designer")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes them all, so that the registry is made once."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("dashboards"))


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dashboards")
    build(folder / "home", folder / "files")
    return folder / "home"


@pytest.fixture(scope="session")
def small_registry(small_home: Path) -> Iterator[Registry]:
    """The registry that most tests only read; a page that is looked at may leave a draft in it."""
    registry = open_registry(Settings(home=small_home))
    yield registry
    registry.close()


@pytest.fixture(autouse=True)
def served(small_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The session reads the small registry, as the local user who holds every role."""
    for name in [name for name in os.environ if name.startswith("OTM_")]:
        monkeypatch.delenv(name)
    serve(monkeypatch, small_registry)
    # dashboards.screen switches Altair's checks off for the process; charts elsewhere are tested with them.
    before = altair.utils.schemapi.DEBUG_MODE
    yield
    altair.utils.schemapi.DEBUG_MODE = before


@pytest.fixture
def own_registry(small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A copy of the small registry, served in its place, for a test that changes it."""
    shutil.copytree(small_home, tmp_path / "home")
    registry = open_registry(Settings(home=tmp_path / "home"))
    serve(monkeypatch, registry)
    yield registry
    registry.close()


@pytest.fixture
def empty_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry without a trial, served in the place of the small one."""
    registry = open_registry(Settings(home=tmp_path / "empty"))
    serve(monkeypatch, registry)
    yield registry
    registry.close()


def serve(monkeypatch: pytest.MonkeyPatch, registry: Registry) -> None:
    monkeypatch.setattr(session, "_registry", lambda: registry)


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Actor], None]:
    """Who is at the pages: a designer, until the test says somebody else."""

    def work(actor: Actor) -> None:
        monkeypatch.setattr(session, "current_user", lambda: actor)

    work(ANN)
    return work


@dataclass(frozen=True)
class Recorded:
    """What the registry holds of one trial."""

    detail: TrialDetail
    evaluation: Evaluation


@pytest.fixture
def recorded(small_registry: Registry) -> Callable[[str], Recorded]:
    """What a page about a trial has to show."""

    def read(trial: str) -> Recorded:
        with small_registry.read(LOCAL_ACTOR) as reader:
            detail = reader.trial(trial)
        assert detail.evaluation is not None
        return Recorded(detail, from_document(detail.evaluation.document))

    return read


@pytest.fixture
def open_page() -> Open:
    """Open one view as a reader would: by its address."""

    def opened(view: str, **address: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60)
        if view != "portfolio":
            within = "design/" if (VIEWS / "design" / f"{view}.py").exists() else ""
            page.switch_page(f"views/{within}{view}.py")
        for name, value in address.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, [error.message for error in page.exception]
        return page

    return opened


@pytest.fixture
def seen_page(open_page: Open) -> Open:
    """As ``open_page``, for tests that only read a page of the unchanged registry: it is drawn once."""

    def seen(view: str, **address: str) -> AppTest:
        key = (view, *sorted(address.items()))
        if key not in _SEEN:
            _SEEN[key] = open_page(view, **address)
        return _SEEN[key]

    return seen


_SEEN: dict[Any, AppTest] = {}


@pytest.fixture
def evaluated_page(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Evaluation], AppTest]:
    """A page about a trial, as if its evaluation had been another."""

    def opened(view: str, trial: str, evaluation: Evaluation) -> AppTest:
        monkeypatch.setattr(session, "evaluation", lambda detail: evaluation)
        return open_page(view, trial=trial)

    return opened


def press(page: AppTest, label: str) -> AppTest:
    """Press the button of this label, and draw the page again."""
    next(button for button in page.button if button.label == label).click()
    return page.run()


def shown(page: AppTest) -> str:
    """Everything a page says, in its order, markup and all."""
    words = []
    for element in page.main:
        parts = (getattr(element, "label", None), getattr(element, "value", None))
        words += [str(part) for part in parts if part not in (None, "")]
    return "\n".join(text for text in words if not text.startswith("<script>"))


def _plain(piece: str) -> str:
    """A piece of HTML as a person reads it."""
    return html.unescape(re.sub(r"<[^>]*>", " ", piece)).strip()


def refusals(page: AppTest) -> list[str]:
    """What the page says was not done, and why."""
    return [_plain(piece) for piece in re.findall(r'<div class="otm-refusal" role="alert">(.*?)</div>', shown(page))]


def done(page: AppTest) -> list[str]:
    """What the page says was done."""
    return [_plain(piece) for piece in re.findall(r'<p class="otm-done-as-asked" role="status">(.*?)</p>', shown(page))]


def details(page: AppTest) -> list[tuple[str, str]]:
    """What the page shows where somebody asks for it: (words, the piece)."""
    return re.findall(r"<details><summary>(.*?)</summary>(.*?)</details>", shown(page), re.DOTALL)


def table_row(page: AppTest, *marks: str) -> str:
    """The first row of a table that holds all of these."""
    return next(line for line in shown(page).split("<tr") if all(mark in line for mark in marks))


def charts(page: AppTest) -> list[Any]:
    """The charts of a page, as they are sent to the browser."""
    return [element.proto for element in page.get("vega_lite_chart")]
