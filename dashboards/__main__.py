"""Serve the dashboard: `python -m dashboards PORT` from the root of the checkout, which is what `otm serve` does."""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import streamlit
from starlette.middleware import Middleware
from streamlit import net_util
from streamlit.runtime import get_instance

from dashboards import session
from dashboards.door import NAMES, TOKEN, Door, inline_scripts
from dashboards.screen import SECTION_SCRIPT
from dashboards.upload_limits import MOST_A_FILE, UploadLimits
from trials.cli.output import say

MOST_A_MESSAGE: Final = 25  # MiB, over the WebSocket
# What no other file may say otherwise: Streamlit reads one of the account too.
SETTINGS: Final = {
    "server.address": "127.0.0.1",
    "server.baseUrlPath": "",
    "server.headless": True,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableAgentApi": False,
    "server.maxUploadSize": MOST_A_FILE,
    "server.maxMessageSize": MOST_A_MESSAGE,
    "browser.gatherUsageStats": False,
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,  # it would write every value that stands alone in a page onto it
}
_SHELL: Final = Path(streamlit.__file__).parent / "static" / "index.html"


def serve(port: int) -> None:
    """Serve on this machine until the process is ended. The address, with its token, is printed once it answers."""
    token = secrets.token_urlsafe(24)
    # Streamlit asks outside which address the machine has, to compare a foreign origin with it. None gets that far.
    net_util.get_external_ip = net_util.get_internal_ip = lambda: None
    session.open_for_visitors()

    @asynccontextmanager
    async def announced(_: Any) -> AsyncIterator[None]:
        say(f"Dashboard: http://{NAMES[0]}:{port}/?{TOKEN}={token} (Ctrl-C stops it)")
        say("Whoever has this address can see and do here what you can, until the server is stopped.")
        yield

    scripts = [*inline_scripts(_SHELL), SECTION_SCRIPT]
    before = [Middleware(Door, port=port, token=token, scripts=scripts), Middleware(UploadLimits, held=_held)]
    served = streamlit.App(Path(__file__).parent / "app.py", middleware=before, lifespan=announced)
    try:
        served.run(config={"server.port": port, **SETTINGS})
    except KeyboardInterrupt:
        pass
    except SystemExit:
        say(f"Nothing is served. Where another program has port {port}, choose a free one: otm serve --port NUMBER")
        raise


def _held() -> dict[str, dict[str, int]]:
    """What was uploaded and is in memory: of each session each file's bytes."""
    manager: Any = get_instance().uploaded_file_mgr  # the one that keeps files in memory
    storage = manager.file_storage
    return {page: {name: len(file.data) for name, file in list(files.items())} for page, files in list(storage.items())}


if __name__ == "__main__":
    serve(int(sys.argv[1]))
