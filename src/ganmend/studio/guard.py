"""Who may ask the studio's server what: every request passes here before gradio sees it.

Gradio answers many addresses that this page never asks: files by path, a proxy, an API, a monitor. What is not listed
here does not exist. The page itself asks with the same rules as everybody.
"""

import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ganmend.studio.login import Login
from ganmend.studio.named_files import names_other_files
from ganmend.studio.room import make_room
from ganmend.studio.settings import StudioSettings, is_loopback

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API, UPLOAD, FILE = "/gradio_api/", "/gradio_api/upload", "/gradio_api/file="
PAGE = r"/|/generator-\d{1,3}"  # of each generator
# What the page asks for, and nothing else.
READ = re.compile(
    PAGE + r"|/config|/theme\.css|/favicon\.ico|/manifest\.json|/(assets|static|svelte)/[\w@./ -]+|"
    r"/gradio_api/(file=.+|queue/data|upload_progress|startup-events|app_id|heartbeat/\w+)"
)
WRITE = re.compile(r"/gradio_api/(upload|queue/join|run/predict|cancel|reset|heartbeat/\w+)/?")
QUESTION = re.compile(r"/gradio_api/(queue/join|run/predict)/?")  # what components hold, as JSON
LARGEST_BODY = 1 << 20  # bytes of what is no upload: seeds, sentences, names
FORM = 1 << 16  # bytes that a form adds to its files, for each 100 files
TOO_LARGE = "more than {} bytes came; send fewer or smaller files"
LOCAL_NAMES = "127.0.0.1, localhost or [::1]"
HEADERS = {
    # Gradio's page has scripts and styles in it, and makes functions of text.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Refusal(Exception):
    """A request is not answered: a status of HTTP, and one line that says why."""

    def __init__(self, status: int, line: str, **headers: str) -> None:
        super().__init__(line)
        self.status, self.headers = status, headers


class Guard:
    """An ASGI application before another one.

    Args:
        app: that answers what may be asked.
        settings: of the studio.
        login: of users; None where only this machine can reach the server.
    """

    def __init__(self, app: App, settings: StudioSettings, login: Login | None) -> None:
        self._app, self._settings, self._login = app, settings, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, see ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page asks for nothing else
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            await self._check(scope)
            most = self._most_bytes(scope)
        except Refusal as refusal:
            await _refuse(refusal, send)
            return
        answer = _Answer(scope, receive, send, most)
        if QUESTION.fullmatch(scope["path"]) and not await answer.read_ahead(self._may_be_asked(scope)):
            return
        await self._app(scope, answer.receive, answer.send)

    async def _check(self, scope: Scope) -> None:
        """Refuse what may not be asked.

        Args:
            scope: of the request; it gets the user's name.

        Raises:
            Refusal: so.
        """
        headers = _headers(scope)
        if self._login is None:
            # Another site's name that leads to this machine (DNS rebinding) would let that site read everything.
            host = _host_of(headers.get("host", ""))
            if not is_loopback(host):
                raise Refusal(403, f"this studio answers at {LOCAL_NAMES} only; {host!r:.80} was asked")
        _check_origin(scope, headers)
        if self._login is not None:
            scope["studio_user"] = await self._login.user(headers.get("authorization", ""))
            if not scope["studio_user"]:
                raise Refusal(401, "name and password, please", **{"www-authenticate": 'Basic realm="ganmend studio"'})
        self._check_path(scope)

    def _check_path(self, scope: Scope) -> None:
        """Refuse what the page never asks for.

        Args:
            scope: of the request.

        Raises:
            Refusal: so.
        """
        known = {"GET": READ, "HEAD": READ, "POST": WRITE}.get(scope["method"])
        path = scope["path"]
        if known is None or not known.fullmatch(path) or ".." in path.split("/"):
            raise Refusal(404, "there is nothing here")
        if path.startswith(FILE) and not self._is_served(path.removeprefix(FILE)):
            raise Refusal(404, "there is no such file")

    def _may_be_asked(self, scope: Scope) -> Callable[[bytes], bool]:
        """What tells whether a question names only files that visitors may fetch."""
        host = _headers(scope).get("host", "")
        return lambda body: not names_other_files(body, host, self._is_served)

    def _is_served(self, path: str) -> bool:
        """Whether a path leads to a file in the folder that visitors may fetch from, links followed."""
        if "\0" in path or not os.path.isabs(path):
            return False
        real = Path(os.path.realpath(path))
        return real.is_file() and real.is_relative_to(os.path.realpath(self._settings.served))

    def _most_bytes(self, scope: Scope) -> int:
        """How large a request's body may be.

        Args:
            scope: of the request.

        Returns:
            Bytes.

        Raises:
            Refusal: it says that it is larger, or there is no room.
        """
        said = _headers(scope).get("content-length", "")
        is_upload = scope["path"].rstrip("/") == UPLOAD
        most = self._settings.most_bytes + FORM * (1 + self._settings.most_files // 100) if is_upload else LARGEST_BODY
        if said.isdecimal() and int(said[:20]) > most:
            raise Refusal(413, TOO_LARGE.format(most), connection="close")
        if is_upload and not make_room(self._settings.served, self._settings.most_kept - most):
            raise Refusal(507, "other visitors' files take all the room that there is; try again in some minutes")
        return most


class _Answer:
    """One request's messages: the body is cut where it is too large, the answer gets our headers."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        self._scope, self._receive, self._send, self._most = scope, receive, send, most
        self._read, self._begun, self._cut = 0, False, False
        self._ahead: list[MutableMapping[str, Any]] = []

    async def read_ahead(self, may_be: Callable[[bytes], bool]) -> bool:
        """Read the whole body, to see what it asks.

        Args:
            may_be: whether it may be asked.

        Returns:
            Whether it may; if not, it is refused.
        """
        parts: list[MutableMapping[str, Any]] = []
        while not parts or parts[-1].get("more_body"):
            parts.append(await self.receive())
        if not self._cut and not may_be(b"".join(part.get("body", b"") for part in parts)):
            self._cut = True
            await _refuse(Refusal(403, "what was asked is no JSON, or names a file that was not sent here"), self._send)
        self._ahead = parts
        return not self._cut

    async def receive(self) -> MutableMapping[str, Any]:
        """The next part of the request; where it is too large, it is refused, and the visitor gone."""
        if self._ahead:
            return self._ahead.pop(0)
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read <= self._most:
            return message
        if not self._cut:
            self._cut = True
            if not self._begun:
                await _refuse(Refusal(413, TOO_LARGE.format(self._most), connection="close"), self._send)
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """A part of the answer; none after a refusal."""
        if self._cut:
            return
        if message["type"] == "http.response.start":
            self._begun = True
            ours = dict(HEADERS)
            if not self._scope["path"].startswith(("/assets/", "/static/", "/svelte/")):
                ours["cache-control"] = "no-store"
            message["headers"] = [
                *((name, value) for name, value in message.get("headers", []) if _stays(name, ours)),
                *((name.encode(), value.encode()) for name, value in ours.items()),
            ]
        await self._send(message)


def _stays(name: bytes, ours: MutableMapping[str, str]) -> bool:
    """Whether a header of gradio's stays: none of ours, and none that lets other sites read (CORS)."""
    lower = name.decode("latin-1").lower()
    return lower not in ours and not lower.startswith("access-control-")


def _check_origin(scope: Scope, headers: dict[str, str]) -> None:
    """Refuse what another site lets a visitor's browser ask; links to the page are no such thing.

    Args:
        scope: of the request.
        headers: of it.

    Raises:
        Refusal: so.
    """
    origin = headers.get("origin")
    if origin is not None and (origin == "null" or urlsplit(origin).netloc != headers.get("host", "")):
        raise Refusal(403, f"the page of another site asked: {origin!r:.80}")
    site = headers.get("sec-fetch-site", "none")
    asks_for_page = scope["method"] == "GET" and re.fullmatch(PAGE, scope["path"])
    follows_link = asks_for_page and headers.get("sec-fetch-mode") == "navigate"
    if site not in ("same-origin", "none") and not follows_link:
        raise Refusal(403, "the page of another site asked")


def _headers(scope: Scope) -> dict[str, str]:
    """The headers of a request by name in lower case; of several with one name, the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _host_of(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


async def _refuse(refusal: Refusal, send: Send) -> None:
    """Send a refusal as one line of text."""
    headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **HEADERS, **refusal.headers}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": encoded})
    await send({"type": "http.response.body", "body": f"{refusal}\n".encode()})
