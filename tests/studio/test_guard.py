"""What the studio's server answers to whom; each test is something that somebody may try."""

import asyncio
import base64
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("gradio", reason="install ganmend[studio]")

from starlette.testclient import TestClient

from ganmend.models.protocol import Generator
from ganmend.studio.guard import App
from ganmend.studio.login import Login
from ganmend.studio.passwords import hashed, read_passwords
from ganmend.studio.server import application
from ganmend.studio.settings import StudioSettings
from tests.studio.conftest import tiny_bench
from tests.studio.fakes import FakeJobs

pytestmark = pytest.mark.xdist_group("gradio")  # which takes seconds to import: by one worker
HOST = "http://127.0.0.1:7860"
UPLOAD, JOIN = "/gradio_api/upload", "/gradio_api/queue/join"
MOST = 300_000  # bytes of an upload here


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> StudioSettings:
    return StudioSettings(tmp_path_factory.mktemp("studio"), most_bytes=MOST, most_kept=3 * MOST)


@pytest.fixture(scope="module")
def studio(tiny_generator: Generator, settings: StudioSettings) -> Iterator[TestClient]:
    yield from _client(tiny_generator, settings, None)


@pytest.fixture(scope="module")
def guarded(tiny_generator: Generator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The same for a user 'ann' with the password 'secret'."""
    users = tmp_path_factory.mktemp("users") / "users.txt"
    users.touch(0o600)
    users.write_text("ann:secret\n")
    settings = StudioSettings(tmp_path_factory.mktemp("guarded"))
    yield from _client(tiny_generator, settings, Login(read_passwords(users), pause=0))


def _client(generator: Generator, settings: StudioSettings, login: Login | None) -> Iterator[TestClient]:
    async def made() -> App:
        benches = [tiny_bench(generator), tiny_bench(generator)]
        return application(benches, FakeJobs(settings.directory / "jobs"), settings, login)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED"):
            patch.setenv(name, "")  # so that what the server sets is taken back
        app = asyncio.run(made())  # outside of a loop gradio begins one, which nobody closes
        with TestClient(app, base_url=HOST, raise_server_exceptions=False) as client:  # type: ignore[arg-type]
            yield client


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def file_at(path: str | Path) -> str:
    return f"/gradio_api/file={path}"


def test_each_generator_has_a_page_that_leads_to_the_others(studio: TestClient) -> None:
    first, second = (studio.get(path) for path in ("/", "/generator-2"))
    for answer, other in ((first, "generator-2"), (second, "./")):
        assert answer.status_code == 200
        assert answer.text.count(f'href=\\"{other}\\"') == 1, "of this page alone"
        assert answer.text.count("aria-current") == 1
    assert studio.get("/generator-3").status_code == studio.get("/generator-").status_code == 404


def test_the_page_is_there_and_nobody_may_frame_it_or_keep_it(studio: TestClient) -> None:
    answer = studio.get("/")
    assert answer.status_code == 200
    assert "gradio_config" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy, "no other host"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("form", ["{}", "/{}", "{}/../passwd", "//{}", "file://{}"])
@pytest.mark.parametrize("route", ["/gradio_api/file=", "/file=", "/gradio_api/file/", "/assets/", "/static/"])
def test_no_file_of_the_machine_is_read(route: str, form: str, studio: TestClient) -> None:
    for path in (form.format("/etc/passwd"), quote(form.format("/etc/passwd"), safe="")):
        answer = studio.get(route + path)
        assert answer.status_code >= 400
        assert "root:" not in answer.text


def test_only_files_made_for_visitors_are_read(studio: TestClient, settings: StudioSettings, tmp_path: Path) -> None:
    own = settings.directory / "jobs.txt"
    own.write_text("not for you")
    served = settings.served / "offered" / "x" / "edit.safetensors"
    served.parent.mkdir(parents=True, exist_ok=True)
    served.write_text("for you")
    for name in ("link", "folder"):
        (settings.served / name).unlink(missing_ok=True)
    (settings.served / "link").symlink_to(own)
    (settings.served / "folder").symlink_to(settings.directory)
    assert studio.get(file_at(served)).text == "for you"
    tried: list[str | Path] = [own, settings.served / "link", settings.served / "folder" / "jobs.txt"]
    tried += [settings.served / ".." / "jobs.txt", f"{settings.served}/%2e%2e/jobs.txt", settings.served]
    tried += [os.path.relpath(own), Path(__file__), "pyproject.toml", f"{served}%00", "http://127.0.0.1:9/"]
    for path in tried:
        answer = studio.get(file_at(path))
        assert answer.status_code == 404, path
        assert "not for you" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/proxy=http://127.0.0.1:9/", "/gradio_api/info", "/gradio_api/openapi.json", "/monitoring", "/docs",
     "/openapi.json", "/gradio_api/runs", "/gradio_api/deep_link", "/gradio_api/vibe-code", "/gradio_api/token",
     "/gradio_api/custom_component/1/client/component/style.css", "/gradio_api/stream/a/b/1/playlist.m3u8",
     "/gradio_api/mcp/sse", "/gradio_api/dev/reload", "/login_check"],
)  # fmt: skip
def test_what_the_page_never_asks_for_does_not_exist(path: str, studio: TestClient) -> None:
    assert studio.get(path).text == "there is nothing here\n"


@pytest.mark.parametrize(
    "path", ["/gradio_api/call/news", "/gradio_api/api/news", "/gradio_api/call/v2/news", "/login"]
)
def test_there_is_no_api(path: str, studio: TestClient) -> None:
    assert studio.post(path, json={"data": []}).status_code == 404
    assert studio.put("/").status_code == studio.request("PROPFIND", "/").status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7860", "", "0.0.0.0"]
)
def test_another_name_that_leads_to_this_machine_is_refused(host: str, studio: TestClient) -> None:
    assert studio.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:7860"])
def test_this_machine_s_own_names_are_answered_at_any_port(host: str, studio: TestClient) -> None:
    assert studio.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
     {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, {"sec-fetch-site": "same-site"}],
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("POST", UPLOAD), ("POST", JOIN), ("GET", "/config"), ("OPTIONS", JOIN)])
def test_the_page_of_another_site_can_ask_nothing(
    method: str, path: str, headers: dict[str, str], studio: TestClient
) -> None:
    answer = studio.request(method, path, headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_page_itself_and_links_to_it_are_answered(studio: TestClient) -> None:
    own = {"origin": HOST, "sec-fetch-site": "same-origin"}
    answer = studio.post(UPLOAD, headers=own, files={"files": ("a.txt", b"text")})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    for page in ("/", "/generator-2"):
        assert studio.get(page, headers=followed).status_code == 200
        assert studio.get(page, headers=followed | {"sec-fetch-mode": "no-cors"}).status_code == 403


def _everything() -> list[tuple[str, str]]:
    read = ["/", "/config", "/theme.css", "/gradio_api/queue/data", "/gradio_api/heartbeat/a", "/gradio_api/app_id"]
    read += ["/assets/index.js", "/gradio_api/startup-events", file_at("/etc/passwd"), "/nothing"]
    write = [UPLOAD, JOIN, "/gradio_api/run/predict", "/gradio_api/cancel", "/gradio_api/reset"]
    return [("GET", path) for path in read] + [("POST", path) for path in write]


@pytest.mark.parametrize(("method", "path"), _everything())
def test_nothing_is_answered_without_a_password(method: str, path: str, guarded: TestClient) -> None:
    for headers in ({}, basic("ann", "wrong"), basic("bob", "secret"), basic("", ""), {"authorization": "Basic ä!"}):
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = guarded.request(method, path, headers=raw)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_a_user_is_let_in_under_any_name_of_the_host(guarded: TestClient) -> None:
    assert guarded.get("/", headers=basic("ann", "secret") | {"host": "studio.example"}).status_code == 200
    assert guarded.get("/config", headers=basic("ann", "secret")).status_code == 200
    assert guarded.get("/", headers=basic("ann", "Secret")).status_code == 401, "what was let in before changes nothing"


def test_a_body_that_is_too_large_is_cut_while_it_is_read(studio: TestClient, settings: StudioSettings) -> None:
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 10_000
            yield bytes(10_000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = studio.post(UPLOAD, content=parts(), headers=headers)
    assert answer.status_code == 413
    assert "bytes came; send fewer or smaller files" in answer.text
    assert sum(path.stat().st_size for path in settings.served.rglob("*") if path.is_file()) < 3 * MOST
    assert studio.post(JOIN, content=bytes(2 << 20)).status_code == 413, "what is no upload is short"


def test_visitors_cannot_fill_the_disk(studio: TestClient, settings: StudioSettings) -> None:
    for path in settings.served.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    statuses = [
        studio.post(UPLOAD, files={"files": ("a", bytes([number]) * (MOST // 2))}).status_code for number in range(9)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 507
    assert sum(path.stat().st_size for path in settings.served.rglob("*") if path.is_file()) <= settings.most_kept
    for path in settings.served.iterdir():
        os.utime(path, (0, 0))
    assert studio.post(UPLOAD, files={"files": ("a", b"new")}).status_code == 200, "what is old makes room"


@pytest.mark.parametrize("name", ["../../../escaped", "/tmp/escaped", "..\\escaped", ".", "a" * 5000, "con\0.png"])
def test_names_of_sent_files_lead_nowhere(name: str, studio: TestClient, settings: StudioSettings) -> None:
    answer = studio.post(UPLOAD, files={"files": (name, b"content")})
    if answer.status_code == 200:
        assert all(Path(path).resolve().is_relative_to(settings.served.resolve()) for path in answer.json())
    assert all(path.is_relative_to(settings.served) for path in settings.directory.parent.rglob("escaped"))
    assert not Path("/tmp/escaped").exists()


def events_of(studio: TestClient) -> list[tuple[int, list[int]]]:
    """Each event of the page, with the components that it is given."""
    dependencies = studio.get("/config").json()["dependencies"]
    return [(one["id"], one["inputs"]) for one in dependencies]


def events_with_inputs(studio: TestClient) -> list[tuple[int, list[int]]]:
    return [(event, inputs) for event, inputs in events_of(studio) if inputs]


def test_no_event_takes_a_path_or_an_address_that_was_not_sent(
    studio: TestClient, settings: StudioSettings, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_text("private words")
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        url = f"http://127.0.0.1:{other.getsockname()[1]}/x"
        meta = {"meta": {"_type": "gradio.FileData"}}
        for file in ({"path": str(secret)}, {"path": str(secret)} | meta, {"path": url, "url": url} | meta):
            for event, inputs in events_with_inputs(studio):
                for data in ([file] * len(inputs), [[file]] * len(inputs)):
                    body = {"data": data, "fn_index": event, "session_hash": "abc"}
                    assert studio.post("/gradio_api/run/predict", json=body).status_code == 403
                    assert studio.post(JOIN, json=body).status_code == 403
        with pytest.raises(BlockingIOError):  # nobody asked
            other.accept()
    taken = [path for path in settings.directory.rglob("*") if path.is_file() and b"private" in path.read_bytes()]
    assert taken == []


def test_gradio_refuses_such_a_path_too(
    studio: TestClient, settings: StudioSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.png").write_text("private words")
    monkeypatch.setattr("ganmend.studio.guard.names_other_files", lambda *_: False)
    file = {"path": str(tmp_path / "secret.png"), "meta": {"_type": "gradio.FileData"}}
    for event, inputs in events_with_inputs(studio):
        body = {"data": [file] * len(inputs), "fn_index": event, "session_hash": "abc"}
        studio.post("/gradio_api/run/predict", json=body)
    assert not list(settings.directory.rglob("secret.png"))


def test_a_file_that_was_sent_may_be_named(studio: TestClient) -> None:
    sent = studio.post(UPLOAD, files={"files": ("a.png", b"no picture")}).json()[0]
    own = {"path": sent, "url": f"{HOST}{file_at(sent)}", "meta": {"_type": "gradio.FileData"}}
    for file, status in ((own, 200), (own | {"url": "http://evil.example/"}, 403), (own | {"path": f"{sent}x"}, 403)):
        event = next(event for event, inputs in events_of(studio) if not inputs)
        body = {"data": [], "event_data": file, "fn_index": event, "session_hash": "abc"}
        assert studio.post(JOIN, json=body).status_code == status
    assert studio.post(JOIN, content=b"no JSON").status_code == 403


def test_hashed_passwords_are_known_too(tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.touch(0o600)
    users.write_text(f"ann:{hashed('secret')}\n")
    assert read_passwords(users).knows("ann", "secret")
    assert not read_passwords(users).knows("ann", hashed("secret"))
