"""How much may be sent: what is uploaded stays in the server's memory until its page is left.

Streamlit holds each file to `maxUploadSize` and counts no files, so one page could send as many as the machine has
memory for. This middleware stands between the door and Streamlit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from dashboards.door import App, Receive, Scope, Send

MIB: Final = 1 << 20
MOST_A_FILE: Final = 5  # MiB
MOST_A_PAGE: Final = 20 * MIB
MOST_FILES: Final = 100  # of a page: a protocol names a text for each arm and language
MOST_IN_ALL: Final = 200 * MIB
_PLACE: Final = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)/?")

Held = Callable[[], Mapping[str, Mapping[str, int]]]


class UploadLimits:
    """ASGI middleware that refuses an upload for which there is no room, before it is read.

    Args:
        held: what is held already: of each page (Streamlit's session) each file's bytes.
    """

    def __init__(self, app: App, *, held: Held) -> None:
        self._app = app
        self._held = held
        self._coming: list[tuple[str, int]] = []  # uploads that are being read: the page that sends, bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = _PLACE.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if place is None:
            await self._app(scope, receive, send)
            return
        page, file = place.groups()
        upload = page, _length(scope)
        if not self._has_room(upload, file):
            await _too_much(send)
            return
        self._coming.append(upload)
        try:
            await self._app(scope, receive, send)
        finally:
            self._coming.remove(upload)

    def _has_room(self, upload: tuple[str, int], file: str) -> bool:
        page, _ = upload
        held, coming = self._held(), [*self._coming, upload]
        own = [size for name, size in held.get(page, {}).items() if name != file]  # the file takes its own place
        own += [size for sender, size in coming if sender == page]
        everywhere = sum(sum(files.values()) for files in held.values()) + sum(size for _, size in coming)
        return len(own) <= MOST_FILES and sum(own) <= MOST_A_PAGE and everywhere <= MOST_IN_ALL


def _length(scope: Scope) -> int:
    """How many bytes are to come; as many as a file may have where the sender does not say."""
    said = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
    return int(said[0]) if len(said) == 1 and said[0].isdigit() else MOST_A_FILE * MIB


async def _too_much(send: Send) -> None:
    said = b"Too much was sent to this page. Load it again, then send fewer or smaller files."
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": said})
