"""Pages over a registry of examples: each test may replace any part of the session."""

from collections.abc import Callable, Iterator
from typing import Any

import altair.utils.schemapi
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import session
from tests.dashboards.stand_in import stand_in
from tests.places import ROOT

APP = ROOT / "dashboards" / "app.py"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def examples_for_a_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    replace_session(monkeypatch)
    # dashboards.screen switches Altair's checks off for the process; charts elsewhere are tested with them.
    before = altair.utils.schemapi.DEBUG_MODE
    yield
    altair.utils.schemapi.DEBUG_MODE = before


def replace_session(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    parts = {**stand_in(), **changes}
    for name, value in parts.items():
        monkeypatch.setattr(session, name, value, raising=False)
    return parts


@pytest.fixture
def open_page() -> Open:
    """Open one view as a reader would: by its address."""

    def opened(view: str, **address: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60)
        if view != "portfolio":
            page.switch_page(f"views/{view}.py")
        for name, value in address.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, [error.message for error in page.exception]
        return page

    return opened


@pytest.fixture
def seen_page(open_page: Open) -> Open:
    """As ``open_page``, for tests that only read a page of the unchanged examples: it is drawn once."""

    def seen(view: str, **address: str) -> AppTest:
        key = (view, *sorted(address.items()))
        if key not in _SEEN:
            _SEEN[key] = open_page(view, **address)
        return _SEEN[key]

    return seen


_SEEN: dict[Any, AppTest] = {}


def shown(page: AppTest) -> str:
    """Everything a page says, in its order, markup and all."""
    words = []
    for element in page.main:
        parts = (getattr(element, "label", None), getattr(element, "value", None))
        words += [str(part) for part in parts if part not in (None, "")]
    return "\n".join(text for text in words if not text.startswith("<script>"))


def charts(page: AppTest) -> list[Any]:
    """The charts of a page, as they are sent to the browser."""
    return [element.proto for element in page.get("vega_lite_chart")]
