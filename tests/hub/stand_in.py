"""A stand-in for the Hugging Face hub on 127.0.0.1: the few requests that ganmend's downloads and uploads make."""

import base64
import hashlib
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_of_the_tests"


@dataclass
class Repository:
    """What stands in a repository; after a file in `cut` broke off half-way, the server fails."""

    files: dict[str, bytes] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    cut: set[str] = field(default_factory=set)


class StandIn(ThreadingHTTPServer):
    """Repositories by OWNER/REPO, plain files by path, the answers that are to fail, and what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.plain = Repository()
        self.failing: dict[str, int] = {}  # start of a path to the status that it is answered with
        self.asked: Counter[str] = Counter()
        self.messages: list[str] = []
        self.agents: list[str] = []  # as which the askers gave themselves out
        self.answers: dict[str, bytes] = {}  # path to what is answered in place of the right answer
        self.dripping = ""  # start of the paths whose answers come a byte at a time, and never end
        self.etag = ""  # in place of the right one
        self.commit = COMMIT

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing on stderr: the tests read it."""

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def answer_json(self, content: object, status: int = 200) -> None:
        self.answer(status, json.dumps(content).encode(), Content_Type="application/json")

    def begin(self) -> tuple[str, bytes]:
        """The path and the body, or an empty path where the request is to fail."""
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked[f"{self.command} {path}"] += 1
        self.server.agents.append(self.headers.get("User-Agent", ""))
        for start, status in self.server.failing.items():
            if path.startswith(start):
                self.answer(status, b"{}")
                return "", b""
        return path, body

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path, _ = self.begin()
        commit = self.server.commit
        if self.server.dripping and path.startswith(self.server.dripping):
            self.drip()
        elif path in self.server.answers:
            self.answer(200, self.server.answers[path])
        elif path.startswith("/api/models/"):
            self.describe(path.removeprefix("/api/models/").partition("/revision/")[0])
        elif f"/resolve/{commit}/" in path:
            name, _, file = path[1:].partition(f"/resolve/{commit}/")
            self.give(self.server.repositories.get(name), file)
        elif path:
            self.give(self.server.plain, path)

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000000")
        self.end_headers()
        with suppress(OSError):  # the asker has gone
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)

    def describe(self, name: str) -> None:
        repository = self.server.repositories.get(name)
        if repository is None:
            self.answer(401, X_Error_Code="RepoNotFound")
            return
        if repository.gated:
            self.answer(403, X_Error_Code="GatedRepo")
            return
        siblings = [{"rfilename": file} for file in repository.files]
        self.answer_json({"id": name, "sha": self.server.commit, "private": repository.private, "siblings": siblings})

    def give(self, repository: Repository | None, file: str) -> None:
        if repository is None or file not in repository.files:
            self.answer(404, X_Error_Code="EntryNotFound" if repository else "RepoNotFound")
            return
        content = repository.files[file]
        tag = self.server.etag or hashlib.sha1(content).hexdigest()
        if file in repository.cut and self.command == "GET":
            self.server.failing["/"] = 503  # and nothing comes after
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return
        self.answer(200, content, ETag=f'"{tag}"', X_Repo_Commit=self.server.commit)

    def do_POST(self) -> None:
        path, body = self.begin()
        if not path:
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, b"{}")
        elif path == "/api/repos/create":
            self.create(json.loads(body))
        elif path == "/api/validate-yaml":
            self.answer_json({"errors": [], "warnings": []})
        elif path.endswith("/preupload/main"):
            # The hub would have tensors sent ahead of the commit; huggingface_hub's own business.
            files = [{"path": file["path"], "uploadMode": "regular"} for file in json.loads(body)["files"]]
            self.answer_json({"files": [file | {"shouldIgnore": False} for file in files]})
        elif path.endswith("/commit/main"):
            self.commit(path.removeprefix("/api/models/").removesuffix("/commit/main"), body)

    def create(self, asked: dict[str, object]) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        url = {"url": f"{self.server.address}/{name}"}
        if name in self.server.repositories:
            self.answer_json(url, 409)
            return
        private = asked.get("visibility") == "private" or asked.get("private") is True  # the latter before 2.0
        self.server.repositories[name] = Repository(private=private)
        self.answer_json(url)

    def commit(self, name: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.server.messages.append(value["summary"])
            else:
                self.server.repositories[name].files[value["path"]] = base64.b64decode(value["content"])
        self.answer_json({"commitUrl": f"{self.server.address}/{name}/commit/{COMMIT}", "commitOid": COMMIT})
