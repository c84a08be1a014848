"""Where the studio says that its page is."""

import socket
from pathlib import Path

import pytest

from ganmend.studio.server import address
from ganmend.studio.settings import StudioSettings


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("studio.example", "studio.example"),
        ("0.0.0.0", "here"),  # no browser on another machine could use it
        ("::", "here"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(host: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "here")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = address(listening, StudioSettings(Path("studio"), host))
        assert found == f"http://{named}:{listening.getsockname()[1]}/"
