"""The studio's queue, with a stand-in for the process that mends."""

import errno
import threading
import time
from dataclasses import replace

import pytest

from ganmend.catalog.source import GeneratorSource
from ganmend.errors import OptionError, OutputError
from ganmend.studio import queue
from ganmend.studio.job_folder import STOP, write_job
from ganmend.studio.queue import Jobs
from ganmend.workbench.request import MendRequest

FROG = MendRequest("repair", "frog", GeneratorSource("demo"))


class StandIn:
    """Ends a job when it is told how."""

    def __init__(self, threads, allow_code):
        self.began, self.closed = [], 0
        self.ends: dict[str, tuple[str, str]] = {}

    def do(self, directory, closing):
        self.began.append(directory.name)
        while not closing.wait(0.005):
            if directory.name in self.ends:
                return self.ends[directory.name]
        return None

    def close(self):
        self.closed += 1


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "MenderProcess", StandIn)
    made = Jobs(tmp_path / "studio", longest_queue=6)
    yield made
    made.close()


def wait_for(condition):
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def states(jobs):
    return {job.name: (job.state, job.place) for job in jobs.all()}


def test_jobs_are_done_in_the_order_in_which_they_came(jobs):
    first, second, third = (jobs.submit(replace(FROG, seed=seed)) for seed in range(3))
    assert states(jobs) == {third: ("waiting", 3), second: ("waiting", 2), first: ("waiting", 1)}
    assert [job.name for job in jobs.all()] == [third, second, first], "the newest is first"
    jobs.start()
    wait_for(lambda: jobs.job(first).state == "running")
    assert states(jobs) == {third: ("waiting", 2), second: ("waiting", 1), first: ("running", 0)}
    assert jobs.job(third) == jobs.all()[0]
    jobs._process.ends[first] = ("done", "")
    wait_for(lambda: jobs.job(second).state == "running")
    assert states(jobs) == {third: ("waiting", 1), second: ("running", 0), first: ("done", 0)}


def test_a_job_that_comes_while_nothing_is_done_begins_at_once(jobs):
    jobs.start()
    time.sleep(0.05)
    name = jobs.submit(FROG)
    wait_for(lambda: jobs.job(name).state == "running")


def test_how_a_job_ended_is_told_and_the_next_one_begins(jobs):
    first, second = jobs.submit(FROG), jobs.submit(FROG)
    jobs.start()
    jobs._process.ends[first] = ("failed", "no such class")
    wait_for(lambda: jobs.job(second).state == "running")
    assert (jobs.job(first).state, jobs.job(first).message) == ("failed", "no such class")


def test_a_name_tells_the_class_and_is_fit_for_a_folder(jobs):
    names = [jobs.submit(replace(FROG, target=target)) for target in ("frog", "Great Grey Owl/..\n", "蛙", "x" * 300)]
    assert [name.split("-", 2)[2][:-5] for name in names] == ["frog", "great-grey-owl", "class", "x" * 30]
    assert all(jobs.job(name).name == name for name in names)


def test_a_full_queue_takes_no_more(jobs):
    jobs.start()
    running = jobs.submit(FROG)
    wait_for(lambda: jobs.job(running).state == "running")
    names = [jobs.submit(FROG) for _ in range(6)]
    with pytest.raises(OptionError, match=r"^6 jobs wait already, as many as may; ask again when one has ended$"):
        jobs.submit(FROG)
    jobs.stop(names[0])
    assert jobs.submit(FROG)


def test_nobody_fills_the_queue_alone(jobs):
    for _ in range(5):
        jobs.submit(FROG, by="ann")
    with pytest.raises(OptionError, match=r"^5 of your jobs wait already"):
        jobs.submit(FROG, by="ann")
    assert jobs.job(jobs.submit(FROG, by="bob")).by == "bob"


def test_a_job_that_waits_is_cancelled_at_once_and_never_begun(jobs):
    first, second, third = (jobs.submit(FROG) for _ in range(3))
    jobs.stop(first)
    assert states(jobs) == {third: ("waiting", 2), second: ("waiting", 1), first: ("cancelled", 0)}
    jobs.start()
    wait_for(lambda: jobs.job(second).state == "running")
    assert jobs._process.began == [second]


def test_a_job_that_runs_is_asked_to_end_and_one_that_is_over_stays_as_it_is(jobs):
    name = jobs.submit(FROG)
    jobs.start()
    wait_for(lambda: jobs.job(name).state == "running")
    jobs.stop(name)
    assert (jobs.job(name).directory / STOP).exists()
    assert jobs.job(name).state == "running"
    (jobs.job(name).directory / STOP).unlink()
    jobs._process.ends[name] = ("stopped", "")
    wait_for(lambda: jobs.job(name).state == "stopped")
    jobs.stop(name)
    assert jobs.job(name).state == "stopped"
    assert not (jobs.job(name).directory / STOP).exists()


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc", "20261126-151200-frog-3f2a", "a\0b", "20261126-151200-../x-3f2a"]
)
def test_a_name_that_is_no_job_s_leads_nowhere(jobs, name):
    assert jobs.job(name) is None
    jobs.stop(name)
    assert jobs.all() == []


def test_what_is_no_job_in_the_folder_is_passed_over(jobs, tmp_path):
    name = jobs.submit(FROG)
    folder = jobs.job(name).directory.parent
    (folder / "20261126-151200-frog-0001").mkdir()
    (folder / "20261126-151200-frog-0002").touch()
    (folder / "20261126-151200-frog-0003").symlink_to(folder / name)
    (folder / "20261126-151200-frog-0004").symlink_to(folder / "nowhere")
    (folder / "notes").mkdir()
    write_job(folder / "notes", FROG, created=1.0, by="")
    assert [job.name for job in jobs.all()] == [name]
    jobs.stop(over := jobs.submit(FROG))
    (folder / "20261126-151200-frog-0005").symlink_to(folder / over)
    assert [jobs.job(f"20261126-151200-frog-000{link}") for link in (3, 5)] == [None, None]
    jobs.start()
    wait_for(lambda: jobs.job(name).state == "running")


def test_a_server_that_is_started_again_goes_on_with_the_job_that_ran(jobs):
    first, second = jobs.submit(FROG), jobs.submit(FROG)
    jobs.start()
    wait_for(lambda: jobs.job(first).state == "running")
    jobs.close()
    assert states(jobs) == {second: ("waiting", 2), first: ("waiting", 1)}
    assert jobs._process.closed == 1, "no process is left"
    again = Jobs(jobs.directory)
    assert states(again) == states(jobs)
    again.start()
    wait_for(lambda: again.job(first).state == "running")
    again.close()


def test_a_directory_has_one_server_at_a_time(jobs):
    jobs.start()
    other = Jobs(jobs.directory)
    with pytest.raises(OptionError, match=r"^a studio \(process \d+\) works in .*studio; open its page, or"):
        other.start()
    other.close()
    jobs.close()
    other.start()
    other.close()


def test_a_disk_that_knows_no_locks_is_told_as_that(jobs, monkeypatch):
    def flock(*words):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("ganmend.studio.held.fcntl.flock", flock)
    with pytest.raises(OutputError, match=r"^cannot write .*studio\.lock \(No locks available\)"):
        jobs.start()


def test_closing_at_any_moment_ends_the_thread(tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "MenderProcess", StandIn)
    for _ in range(20):
        jobs = Jobs(tmp_path)
        jobs.start()
        closing = threading.Thread(target=jobs.close, daemon=True)
        closing.start()
        closing.join(5)
        assert not closing.is_alive()


@pytest.mark.parametrize("place", ["a file", "a file in it"])
def test_a_directory_that_cannot_be_written_is_told(tmp_path, place):
    (tmp_path / "studio").touch() if place == "a file" else (tmp_path / "studio/studio.lock").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"^cannot write .*studio"):
        Jobs(tmp_path / "studio").start()


def test_a_job_that_cannot_be_written_leaves_nothing(jobs, monkeypatch):
    def full(*words, **named):
        raise OutputError("no space")

    with monkeypatch.context() as failing:
        failing.setattr(queue, "write_job", full)
        with pytest.raises(OutputError, match="no space"):
            jobs.submit(FROG)
    assert list((jobs.directory / "jobs").iterdir()) == []


def test_a_job_whose_end_cannot_be_written_is_not_done_again(jobs, monkeypatch):
    """On a full disk; what is known of it is kept as long as the server runs."""

    def full(*words):
        raise OutputError("no space")

    monkeypatch.setattr(queue, "write_end", full)
    first, second = jobs.submit(FROG), jobs.submit(FROG)
    jobs.start()
    jobs._process.ends[first] = ("failed", "no space")
    wait_for(lambda: jobs.job(second).state == "running")
    assert (jobs.job(first).state, jobs.job(first).message) == ("failed", "no space")
    assert jobs._process.began == [first, second]


def test_jobs_that_did_not_change_are_not_read_again(jobs, monkeypatch):
    """Twenty pages ask twice a second."""
    jobs.submit(FROG)
    before = jobs.all()
    monkeypatch.setattr("ganmend.studio.job_folder.read_text", lambda *words: pytest.fail("read again"))
    assert jobs.all() == before
