"""How long 20 visitors at once wait for the studio's page, its news and samples, while a job runs.

python benchmarks/studio_users.py [--users 20] [--seconds 30]; it needs the extra studio.
"""

import argparse
import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import httpx

from ganmend.catalog.source import GeneratorSource
from ganmend.search.config import search_config
from ganmend.studio.queue import Jobs
from ganmend.workbench.request import MendRequest

CLASSES = ["airplane", "automobile", "bird", "cat", "dog", "frog", "horse", "ship"]  # of the bundled generator
NEWS_EVERY = 1.0  # seconds, as the page has it
API = "gradio_api"


class Visitor:
    """Asks as a page in a browser does: news each second, now and then samples of another class."""

    def __init__(self, address: str, number: int, job: str, took: dict[str, list[float]]) -> None:
        self._web, self._number, self._job, self._took = httpx.Client(base_url=address, timeout=120), number, job, took
        self._session = f"visitor{number:03}"

    def visit(self, seconds: float) -> None:
        """Open the page, then ask until the time is over."""
        with self._timed("page"):
            page = self._web.get("/").raise_for_status().text
            config = self._web.get("/config").raise_for_status().json()
        assert "gradio_config" in page
        events = {name: _event(config, name) for name in ("timer", "class")}
        end = time.monotonic() + seconds
        for turn in range(10**6):
            if time.monotonic() > end:
                return
            begun = time.monotonic()
            with self._timed("news"):
                self._ask(events["timer"], ["frog", self._job, None])
            if turn % 5 == self._number % 5:
                with self._timed("samples"):
                    self._ask_in_queue(events["class"], [CLASSES[(turn + self._number) % len(CLASSES)], None, ""])
            time.sleep(max(0, NEWS_EVERY - (time.monotonic() - begun)))

    def _timed(self, what: str) -> "_Timed":
        return _Timed(self._took[what])

    def _ask(self, event: int, data: list[object]) -> None:
        body = {"data": data, "fn_index": event, "session_hash": self._session}
        self._web.post(f"/{API}/run/predict", json=body).raise_for_status()

    def _ask_in_queue(self, event: int, data: list[object]) -> None:
        body = {"data": data, "fn_index": event, "session_hash": self._session}
        self._web.post(f"/{API}/queue/join", json=body).raise_for_status()
        with self._web.stream("GET", f"/{API}/queue/data", params={"session_hash": self._session}) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:") and (told := json.loads(line[5:]))["msg"] == "process_completed":
                    assert told["success"], told
                    return
        raise AssertionError("the answer broke off")


class _Timed:
    def __init__(self, took: list[float]) -> None:
        self._took = took

    def __enter__(self) -> None:
        self._begun = time.monotonic()

    def __exit__(self, *failed: object) -> None:
        if failed[0] is None:
            self._took.append(time.monotonic() - self._begun)


def _event(config: dict[str, list[dict[str, object]]], what: str) -> int:
    """The number of the event by which the clock asks for news, or a chosen class for samples."""
    for component in config["components"]:
        props = component["props"]
        if component["type"] == what or (isinstance(props, dict) and props.get("elem_id") == what):
            number, event = component["id"], "tick" if what == "timer" else "change"
            break
    for one in config["dependencies"]:
        if [number, event] in one["targets"] and one["backend_fn"]:
            return int(str(one["id"]))
    raise AssertionError(f"no event of {what}")


def main() -> None:
    """Print one line for each kind of question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        request = MendRequest("repair", "frog", GeneratorSource("demo"), config=search_config("default", steps=2000))
        job = Jobs(directory).submit(request)  # the server finds it
        words = [sys.executable, "-m", "ganmend", "studio", "--port", "0", "--dir", folder]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
            try:
                found = re.match(r"http://\S+?(?=/ )", server.stdout.readline())
                measure(found[0], job, options.users, options.seconds)
            finally:
                server.send_signal(signal.SIGINT)


def measure(address: str, job: str, users: int, seconds: float) -> None:
    """Let visitors ask, and print how long they waited."""
    took: dict[str, list[float]] = defaultdict(list)
    failed: list[BaseException] = []

    def visit(number: int) -> None:
        try:
            Visitor(address, number, job, took).visit(seconds)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for what, times in took.items():
        p95 = sorted(times)[int(0.95 * (len(times) - 1))]
        print(f"{what}: {len(times)} answers, p50 {statistics.median(times):.2f} s, p95 {p95:.2f} s")
    print(f"{users} users, {len(failed)} of them met an error{f': {failed[0]!r}' if failed else ''}")


if __name__ == "__main__":
    main()
