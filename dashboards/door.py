"""What stands before Streamlit: nothing reaches it but what comes from its own pages, in a browser that was let in.

Everything is asked here once, for HTTP and WebSocket alike: the exact host and port that are served, an origin that is
exactly that, and the token that `otm serve` printed, or the cookie that was given for it. What is answered may not be
framed, and a page may fetch nothing from anywhere else.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

TOKEN: Final = "token"  # noqa: S105 - the name of a part of the address
NAMES: Final = ("localhost", "127.0.0.1")
READING: Final = ("GET", "HEAD")
_HTTP_PORT: Final = 80  # the port that a browser leaves out
_OPENING: Final = "Open the address that otm serve printed: it carries a token that lets a browser in."
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_scripts(page: Path) -> list[str]:
    """The scripts that a page carries in itself."""
    return _INLINE_SCRIPT.findall(page.read_text("utf-8"))


class Door:
    """ASGI middleware. A request that it does not let in never reaches the application.

    Args:
        port: where the server listens, on this machine alone.
        token: what the printed address carries.
        scripts: the inline scripts that pages may run, to the letter; no other inline script runs.
    """

    def __init__(self, app: App, *, port: int, token: str, scripts: Iterable[str] = ()) -> None:
        self._app = app
        self._token = token.encode()
        # A browser sends a cookie to every port of a host, so each port's has a name of its own.
        self._cookie = f"otm-{port}"
        self._hosts = {f"{name}:{port}" for name in NAMES}
        if port == _HTTP_PORT:
            self._hosts.update(NAMES)
        self._scripts = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):  # the server's own start and end
            await self._app(scope, receive, send)
            return
        host = _only(scope, b"host")
        if host not in self._hosts:
            await self._refuse(scope, send, "This address is not one that is served here.", NAMES[0])
            return
        guarded = self._guarded(send, host)
        if not _of_its_own(scope, f"http://{host}"):
            await self._refuse(scope, guarded, "This request comes from another page.", host)
        elif scope["type"] == "http" and (given := _tokens(scope)):
            if scope["method"] in READING and all(self._is_token(token) for token in given):
                await self._let_in(scope, guarded, host)
            else:
                await self._refuse(scope, guarded, f"This token is not, or no longer, the server's. {_OPENING}", host)
        elif any(self._is_token(value) for value in _cookies(scope, self._cookie)):
            await self._app(scope, receive, guarded)
        else:
            await self._refuse(scope, guarded, _OPENING, host)

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), self._token)

    async def _let_in(self, scope: Scope, send: Send, host: str) -> None:
        """Give the cookie, and lead to the same address without the token."""
        query = [(name, value) for name, value in _query(scope) if name != TOKEN]
        path = scope.get("raw_path") or b"/"
        place = f"http://{host}{path.decode('latin-1')}" + (f"?{urlencode(query)}" if query else "")
        cookie = f"{self._cookie}={self._token.decode()}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"set-cookie", cookie.encode("latin-1")), (b"cache-control", b"no-store")]
        if _only(scope, b"sec-fetch-site") in ("cross-site", "same-site"):
            # A strict cookie is not sent along a redirect that began on another site, but from a page of our own it is.
            body = f'<!doctype html><meta http-equiv="refresh" content="0; url={_attribute(place)}"><title>OTM</title>'
            await _answer(send, 200, body, headers)
        else:
            await _answer(send, 303, "", [*headers, (b"location", place.encode("latin-1"))])

    async def _refuse(self, scope: Scope, send: Send, why: str, host: str) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": why})  # before it was accepted: 403
            return
        body = f'<!doctype html><html lang="en"><title>OTM Trials</title><h1>Not let in</h1><p>{why}</p></html>'
        await _answer(self._guarded(send, host), 403, body, [(b"cache-control", b"no-store")])

    def _guarded(self, send: Send, host: str) -> Send:
        """Every answer with what a browser must not do with it; nothing else may say otherwise."""
        own = [(name.encode(), value.encode()) for name, value in self._rules(host).items()]
        names = {name for name, _ in own}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in names]
                message = {**message, "headers": [*kept, *own]}
            await send(message)

        return sent

    def _rules(self, host: str) -> dict[str, str]:
        policy = {
            "default-src": "'none'",
            "script-src": f"'self' {self._scripts}".strip(),
            "style-src": "'self' 'unsafe-inline'",  # Streamlit and Vega write styles as they draw
            "img-src": "'self' data: blob:",
            "font-src": "'self' data:",
            "connect-src": f"'self' ws://{host}",
            "worker-src": "'self' blob:",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        return {
            "content-security-policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
            "x-frame-options": "DENY",
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }


def _of_its_own(scope: Scope, own: str) -> bool:
    """Whether a request comes from a page of this server, or from a person who opens an address of it.

    Browsers name the origin of every WebSocket and of everything that could change something, and of what else they
    fetch for a page at least whether it is the same.
    """
    origin = _only(scope, b"origin")
    if origin is not None:
        return origin == own
    if scope["type"] == "websocket" or scope["method"] not in READING:
        return False
    opened = _only(scope, b"sec-fetch-mode") == "navigate" and _only(scope, b"sec-fetch-dest") == "document"
    return opened or _only(scope, b"sec-fetch-site") in (None, "none", "same-origin")


def _only(scope: Scope, name: bytes) -> str | None:
    """A header's value; None where it was not sent, and what nothing equals where it was sent more than once."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return None if not values else "\n".join(values)


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


def _tokens(scope: Scope) -> list[str]:
    return [value for name, value in _query(scope) if name == TOKEN]


def _cookies(scope: Scope, name: str) -> list[str]:
    """Every value that the browser has under a name: another port of the host may have set one more."""
    sent = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"cookie"]
    pairs = [pair.strip().partition("=") for line in sent for pair in line.split(";")]
    return [value for key, _, value in pairs if key == name]


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _attribute(address: str) -> str:
    for letter, entity in (("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;")):
        address = address.replace(letter, entity)
    return address


async def _answer(send: Send, status: int, body: str, headers: Headers) -> None:
    content = body.encode()
    said = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*said, *headers]})
    await send({"type": "http.response.body", "body": content})
