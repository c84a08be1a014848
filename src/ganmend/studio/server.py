"""The studio's server: the page behind its guard, on one address, until it is ended."""

import asyncio
import logging
import os
import shutil
import socket
import warnings
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ganmend.errors import GanmendError, OptionError
from ganmend.files.writing import told_of
from ganmend.studio.guard import App, Guard
from ganmend.studio.login import Login
from ganmend.studio.settings import StudioSettings

if TYPE_CHECKING:
    import fastapi

    from ganmend.studio.bench import Bench
    from ganmend.studio.queue import Jobs

EVERYWHERE = ("0.0.0.0", "::")
GRACE = 1  # seconds that answers under way have when the server is ended


def listen(settings: StudioSettings, *, safe: bool) -> socket.socket:
    """Take the address, before anything that takes long.

    Args:
        settings: of the studio.
        safe: whether users need a password.

    Returns:
        A socket that listens.

    Raises:
        OptionError: anybody beyond this machine could use the studio, or the address cannot be had.
    """
    host, port = settings.host.strip("[]"), settings.port
    if not safe and not settings.is_local:
        raise OptionError(
            f"--host {settings.host} lets other machines use the studio; add --auth FILE with a line USER:PASSWORD for "
            "each who may, or leave --host out"
        )
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise OptionError(
            f"cannot listen on {settings.host}, port {port} ({_reason(error)}); give another --port, or 0"
        ) from error


def address(listening: socket.socket, settings: StudioSettings) -> str:
    """Where the page is, for a browser: of a server that listens on all addresses, by this machine's name."""
    host = settings.host.strip("[]")
    if host in EVERYWHERE:
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"


def serve(
    benches: "Sequence[Bench]", jobs: "Jobs", settings: StudioSettings, login: Login | None, listening: socket.socket,
    *, ready: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Answer visitors until Ctrl-C.

    Args:
        benches: of the generators.
        jobs: of all visitors, started.
        settings: of the studio.
        login: of users; None where only this machine can reach the server.
        listening: of `listen`.
        ready: called when the server answers.

    Raises:
        KeyboardInterrupt: the server was ended.
        OutputError: its folder cannot be written.
    """
    import uvicorn

    app = application(benches, jobs, settings, login)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=GRACE, lifespan="on", ws="none", limit_concurrency=1000,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with suppress(GanmendError):  # which the page says
        benches[0].samples(benches[0].sick.first())  # what the first visitor sees is drawn before
    ready()
    try:
        server.run(sockets=[listening])
    finally:
        shutil.rmtree(settings.served, ignore_errors=True)


def application(benches: "Sequence[Bench]", jobs: "Jobs", settings: StudioSettings, login: Login | None) -> App:
    """The page behind its guard.

    Args:
        benches: of the generators.
        jobs: of all visitors.
        settings: of the studio.
        login: of users, or None.

    Returns:
        An ASGI application.

    Raises:
        OutputError: the folder of files that come and go cannot be written.
    """
    with told_of(settings.served):
        shutil.rmtree(settings.served, ignore_errors=True)  # what an earlier server left there
        settings.served.mkdir(parents=True)
    # Gradio reads both when it is imported.
    os.environ["GRADIO_TEMP_DIR"] = str(settings.served)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import fastapi
    import gradio as gr

    from ganmend.studio.look import look
    from ganmend.studio.page import build

    page = build(benches, jobs, settings)
    page.queue(api_open=False, default_concurrency_limit=None)
    outer = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    warnings.filterwarnings("ignore", "SSR mode is not supported")  # nobody asked for it
    gr.mount_gradio_app(
        outer, page, "/", server_name=settings.host, server_port=settings.port,
        auth_dependency=None if login is None else _user,
        max_file_size=settings.most_bytes, show_error=False, ssr_mode=False, enable_monitoring=False, pwa=False,
        mcp_server=False, run_history=False, **look(),
    )  # fmt: skip
    page.has_launched = True  # only then gradio refuses paths that were not sent here
    return Guard(outer, settings, login)


def open_browser(url: str) -> None:
    """Show the page in the user's browser, where there is one."""
    webbrowser.open(url)


def _user(request: "fastapi.Request") -> str | None:
    """The user whom the guard let in."""
    return request.scope.get("studio_user")


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the server's is for whoever runs it: that pages were open when it ended is none."""
    cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut and "graceful shutdown" not in record.getMessage()


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)  # without Python's own additions
