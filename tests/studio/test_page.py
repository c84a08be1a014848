"""The page's handlers, called as gradio calls them: what a visitor sees, and what becomes of what they ask for."""

import asyncio
import base64
import re
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("gradio", reason="install ganmend[studio]")

import gradio as gr
from PIL import Image

from ganmend.edits.class_edit import ClassEdit, class_row
from ganmend.errors import OutputError
from ganmend.report.curves import panels
from ganmend.report.fragments import inline
from ganmend.report.picture_file import save_picture
from ganmend.search.config import PRESETS
from ganmend.studio import markup
from ganmend.studio.bench import SHOWN, Bench
from ganmend.studio.dropped_picture import made_by
from ganmend.studio.jobs_of import JobsOf
from ganmend.studio.look import look
from ganmend.studio.page import build
from ganmend.studio.page_choose import Choosing, seeds_in
from ganmend.studio.page_drop import Dropping
from ganmend.studio.page_take import Taking
from ganmend.studio.page_target import Target
from ganmend.studio.page_walk import Walking
from ganmend.studio.page_watch import NOTHING_YET, Watching
from ganmend.workbench.marks import ClassDiagnosis
from ganmend.workbench.result import MendResult
from tests.studio.fakes import FakeJob, FakeJobs, FakeProgress

pytestmark = pytest.mark.xdist_group("gradio")  # which takes seconds to import: by one worker
VISITOR = SimpleNamespace(username=None, session_hash="abc", query_params={})


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeJobs:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    return FakeJobs(tmp_path / "jobs")


@pytest.fixture
def parts(bench: Bench, jobs: FakeJobs, tmp_path: Path) -> SimpleNamespace:
    async def put_together() -> SimpleNamespace:
        with gr.Blocks(analytics_enabled=False):
            choosing = Choosing(bench)
            of_generator = JobsOf(jobs, bench.request.generator)  # type: ignore[arg-type]
            target = Target(bench, of_generator, SimpleNamespace(directory=tmp_path), choosing.name)  # type: ignore[arg-type]
            watching, taking, walking = (part(bench, jobs) for part in (Watching, Taking, Walking))  # type: ignore[arg-type]
            dropping = Dropping(bench, jobs, choosing)  # type: ignore[arg-type]
            dropping.wire(watching.job)
        return SimpleNamespace(
            choosing=choosing, target=target, watching=watching, taking=taking, walking=walking, dropping=dropping
        )

    return asyncio.run(put_together())  # outside of a loop gradio begins one, which nobody closes


def given(parts: SimpleNamespace, **changes: object) -> dict[Any, Any]:
    """What the components hold where a visitor chose frog, changed."""
    target = parts.target
    held = {parts.choosing.name: "frog", target.task: "repair", target.new: None, target.way: "classifier"}
    held |= {target.files: None, target.sentence: "", target.preset: "default", target.steps: 30, target.seed: 7}
    names = {"name": parts.choosing.name, **{name: getattr(target, name) for name in vars(target)}}
    return held | {names[name]: value for name, value in changes.items()}


def test_a_class_is_shown_by_the_same_samples_each_time(parts: SimpleNamespace) -> None:
    mark, samples = parts.choosing.show("frog", 0, "3")
    assert "Not diagnosed." in mark
    assert [int(seed) for seed in re.findall(r'data-seed="(\d+)"', samples)] == list(SHOWN)
    assert re.findall(r'data-seed="(\d+)" aria-pressed="true"', samples) == ["3"], "what is kept is marked"
    assert samples.count("data:image/png;base64,") == 16
    assert 'alt="frog, sample of seed 5"' in samples
    assert "ganmend studio --real FOLDER" in samples, "there are no photographs to compare with"
    assert parts.choosing.show("frog", 0, "3")[1] == samples


def test_other_samples_are_of_the_next_seeds(parts: SimpleNamespace) -> None:
    first = parts.choosing.further(0)
    assert first == 16
    assert parts.choosing.back(first) == 0
    assert 'data-seed="16"' in parts.choosing.show("frog", first, "")[1]


def test_a_diagnosis_that_came_meanwhile_is_told_once(bench: Bench, parts: SimpleNamespace) -> None:
    choosing, seen = parts.choosing, dict[str, Any]()
    choosing.refresh("cat", seen)
    assert choosing.refresh("cat", seen) == {}
    bench.sick.trouble = "no judge"
    assert "cannot be told: no judge" in choosing.refresh("cat", seen)[choosing.mark]
    bench.sick.trouble, bench.sick.marks = "", {"cat": ClassDiagnosis(3, "cat", "biased", 0.5, None)}  # type: ignore[arg-type]
    news = choosing.refresh("cat", seen)
    assert news[choosing.name].choices[0] == ("cat — biased", "cat")
    assert "only part" in news[choosing.mark]
    assert parts.target.suited("cat") == "debias"


def test_a_class_that_is_none_is_told_in_a_line(parts: SimpleNamespace) -> None:
    said, samples = parts.choosing.show("<b>frogg</b>", 0, "")
    assert "frogg" in said
    assert "<b>" not in said
    assert samples == ""
    assert parts.choosing.show(None, 0, "") == ("", "")


def test_a_click_keeps_seeds_and_another_one_lets_them_go(parts: SimpleNamespace) -> None:
    keep = parts.choosing.keep
    kept = keep("3, 40", SimpleNamespace(shown=list(range(16)), chosen=[3, 12]))
    assert kept == "40, 3, 12", "those of other pages stay"
    assert keep(kept, SimpleNamespace(shown=list(range(16)), chosen=[12])) == "40, 12"
    for nonsense in ([-1], [2**40], ["7"], None, [True], "12"):
        assert keep("3", SimpleNamespace(shown=nonsense, chosen=nonsense)) == "3"


def test_kept_seeds_are_a_file_and_a_command_that_draws_them(parts: SimpleNamespace) -> None:
    command, button = parts.choosing.save("frog", "3, 12, 3")
    assert "ganmend sample brock_biggan_32.pth frog --seeds 3,12 --out" in command, "of a path only the file's name"
    assert Path(button.value["path"]).read_text() == "3,12\n"
    assert parts.choosing.save("frog", "none")[0] == ""


@pytest.mark.parametrize(
    ("text", "seeds"), [("", []), ("3, 12", [3, 12]), ("3 3 -4 x", [3, 4]), (str(2**32), []), ("0", [0])]
)
def test_seeds_are_what_is_a_seed(text: str, seeds: list[int]) -> None:
    assert seeds_in(text) == seeds


def test_mend_begins_a_job_of_what_was_chosen(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, said = parts.target.begin(given(parts), VISITOR)
    assert said == ""
    job = jobs.jobs[name]
    request = job.request
    assert (request.task, request.target, request.seed, request.config.steps) == ("repair", "frog", 7, 30)
    assert job.by == "abc"


def test_a_second_click_leads_to_the_job_that_is_under_way(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    jobs.set(name, state="running")
    again, said = parts.target.begin(given(parts), VISITOR)
    assert again == name
    assert "under way already" in said
    other, said = parts.target.begin(given(parts, seed=8), VISITOR)
    assert (other != name, said) == (True, "")
    jobs.set(name, state="done")
    assert parts.target.begin(given(parts), VISITOR)[0] not in (name, other)


def test_a_named_visitor_is_known_by_the_name(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), SimpleNamespace(username="ann", session_hash="abc"))
    assert jobs.jobs[name].by == "ann"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": None}, "no class was chosen"),
        ({"task": "repurpose", "new": " "}, "no class was chosen"),
        ({"task": "repurpose", "new": "zebra"}, "zebra"),
        ({"way": "photographs"}, "0 photographs came"),
        ({"way": "photographs", "files": ["1.png"] * 4}, "4 photographs came; expected 5"),
        ({"steps": 0}, "steps is 0"),
        ({"seed": 2**70}, "seed"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_a_line_and_begins_nothing(
    parts: SimpleNamespace, jobs: FakeJobs, changes: dict[str, object], words: str
) -> None:
    _, said = parts.target.begin(given(parts, **changes), VISITOR)
    assert words in said
    assert said.count("<p") == 1
    assert not jobs.jobs


def test_visitors_are_not_told_where_the_server_s_files_lie() -> None:
    error = OutputError("cannot write /home/ann/studio/jobs/20261126-frog/job.json (No space left on device)")
    assert unescape(markup.trouble(error)) == '<p class="line">cannot write job.json (No space left on device)</p>'
    for text in ("no folder at 'photographs/ship'; see https://example.org/a/b", "probability/diversity, 1/2"):
        assert text in unescape(markup.trouble(OutputError(text))), "no path of the server's"


def test_a_full_queue_says_so(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    jobs.full = True
    assert "come back later" in parts.target.begin(given(parts), VISITOR)[1]


def test_a_new_class_is_asked_for_its_name(parts: SimpleNamespace) -> None:
    new, button = parts.target.asked_for("repurpose")
    assert new.visible
    assert button.value == "Teach it"
    new, button = parts.target.asked_for("repair")
    assert not new.visible
    assert button.value == "Mend"
    files, sentence = parts.target.told_by("photographs")
    assert files.visible
    assert not sentence.visible
    assert parts.target.steps_of("paper") != parts.target.steps_of("default")


def test_a_sentence_is_offered_where_a_model_understands_it(
    bench: Bench, jobs: FakeJobs, parts: SimpleNamespace, tmp_path: Path
) -> None:
    def ways(shown: Bench) -> list[str]:
        async def put_together() -> list[str]:
            with gr.Blocks(analytics_enabled=False):
                target = Target(shown, jobs, SimpleNamespace(directory=tmp_path), parts.choosing.name)  # type: ignore[arg-type]
            return [value for _, value in target.way.choices]

        return asyncio.run(put_together())

    assert "sentence" not in ways(bench)
    bench.sentence_model = "clip:tiny"
    assert "sentence" in ways(bench)
    name, _ = parts.target.begin(given(parts, way="sentence", sentence="a green frog"), VISITOR)
    text = jobs.jobs[name].request.text
    assert text is not None
    assert (text.sentence, text.name, text.model) == ("a green frog", "frog", "clip:tiny")
    assert parts.target.begin(given(parts, way="sentence", sentence=" "), VISITOR)[1], "an empty one is refused"


def test_a_visitor_sees_the_job_of_the_address_else_the_one_that_runs(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    names = [parts.target.begin(given(parts), VISITOR)[0] for _ in range(3)]
    attach = parts.watching.attach
    assert attach(VISITOR) == "", "waiting ones are only listed"
    jobs.set(names[1], state="running", place=0)
    assert attach(VISITOR) == names[1]
    assert attach(SimpleNamespace(query_params={"job": names[2]})) == names[2]
    assert attach(SimpleNamespace(query_params={"job": "../../etc"})) == names[1]


def test_nothing_is_sent_where_nothing_changed(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    watching, seen = parts.watching, dict[str, Any]()
    assert NOTHING_YET in watching.refresh(None, [], seen)[watching.status]
    assert watching.refresh(None, [], seen) == {}
    name, _ = parts.target.begin(given(parts), VISITOR)
    jobs.set(name, state="running", place=0, progress=FakeProgress())
    assert watching.refresh(jobs.jobs[name], jobs.all(), seen)
    assert watching.refresh(jobs.jobs[name], jobs.all(), seen) == {}
    jobs.set(name, progress=FakeProgress(done=41))
    assert list(watching.refresh(jobs.jobs[name], jobs.all(), seen)) == [watching.status], (
        "a step is no news for who listens"
    )


def test_a_running_job_shows_samples_curves_and_a_button_that_stops_it(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    watching, seen = parts.watching, dict[str, Any]()
    name, _ = parts.target.begin(given(parts), VISITOR)
    history = tuple(
        {"step": step, "trial": 0, "objective": step, "target_probability": 0.1 * step, "diversity": 1.0 - 0.1 * step}
        for step in range(3)
    )
    jobs.show(name, "green")
    jobs.set(name, state="running", place=0, progress=FakeProgress(history=history))
    news = watching.refresh(jobs.jobs[name], jobs.all(), seen)
    assert "now, the best so far" in news[watching.live]
    assert "before" in news[watching.live]
    assert news[watching.live].count("<img") == 32
    assert news[watching.curves].count("<svg") == 2
    shown = unescape(news[watching.curves])
    assert [panel.title in shown for panel in panels(history)] == [False, True, True]
    assert news[watching.stop].visible
    assert "keep the best" in news[watching.stop].value
    assert 'value="40"' in news[watching.status]
    assert "30 seconds left" in news[watching.status]
    jobs.show(name, "red")
    assert watching.live in watching.refresh(jobs.jobs[name], jobs.all(), seen), "new pictures are shown"
    watching.end(name)
    assert jobs.stopped == [name]


def test_live_pictures_that_are_none_are_left_out(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    job = jobs.set(name, state="running", place=0)
    job.directory.mkdir(parents=True)
    (job.directory / "live.png").write_bytes(b"no picture")
    news = parts.watching.refresh(job, jobs.all(), {})
    assert news[parts.watching.live].count("<img") == 16, "those before"


def test_a_waiting_job_says_its_place_and_can_be_cancelled(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    jobs.set(name, place=3)
    news = parts.watching.refresh(jobs.jobs[name], jobs.all(), {})
    assert "number 3 in the queue" in news[parts.watching.status]
    assert news[parts.watching.stop].value == "Cancel"
    assert news[parts.watching.listed].value == name


def test_a_failed_job_says_why_in_a_line_without_markup_of_its_own(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    jobs.set(name, state="failed", place=0, message="<script>alert(1)</script> is no class")
    news = parts.watching.refresh(jobs.jobs[name], jobs.all(), {})
    assert "&lt;script&gt;" in news[parts.watching.status]
    assert "<script" not in news[parts.watching.status]
    assert not news[parts.watching.stop].visible
    assert news[parts.watching.result] == ""


def test_a_result_that_is_gone_is_told(parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    jobs.set(name, state="done", place=0)
    news = parts.watching.refresh(jobs.jobs[name], jobs.all(), {})
    assert "embedding" in news[parts.watching.result]
    assert "Traceback" not in news[parts.watching.result]
    assert not parts.taking.refresh(jobs.jobs[name], {})[parts.taking.all].visible


def kept_result(bench: Bench, jobs: FakeJobs, name: str) -> ClassEdit:
    """A result in the directory of a job that is done: the frog's edit is the cat's row."""
    generator = bench.workbench.generator
    edit = ClassEdit(class_row(generator, 3).vectors, target="frog", generator=generator.fingerprint)
    result = MendResult(
        "repair", "frog", 6, edit, "tiny", "default", PRESETS["default"], 7, before=class_row(generator, 6),
        generator=generator,
    )  # fmt: skip
    job = jobs.set(name, state="done", place=0)
    job.directory.mkdir(parents=True)
    result.save(job.result_directory)
    return edit


def test_an_ended_job_gives_its_edit_its_report_and_its_row(
    bench: Bench, parts: SimpleNamespace, jobs: FakeJobs
) -> None:
    taking = parts.taking
    name, _ = parts.target.begin(given(parts), VISITOR)
    kept_result(bench, jobs, name)
    news = taking.refresh(jobs.jobs[name], {})
    wanted = (taking.edit, taking.report, taking.row, taking.picture)
    files = {part: Path(news[part].value["path"]) for part in wanted}
    assert "<html" in files[taking.report].read_text()
    assert files[taking.edit].read_bytes() == (jobs.jobs[name].result_directory / "embedding.safetensors").read_bytes()
    assert [path.name for path in files.values()] == ["frog.safetensors", "frog report.html", "frog.npy", "frog.png"]
    assert all("gradio" in path.parts for path in files.values()), "copies, in the folder that is served"


def test_a_result_is_shown_in_words_and_pictures_of_the_same_latents(
    bench: Bench, parts: SimpleNamespace, jobs: FakeJobs
) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    edit = kept_result(bench, jobs, name)
    news = parts.watching.refresh(jobs.jobs[name], jobs.all(), {})
    shown = news[parts.watching.result]
    drawn = re.findall(r'base64,([^"]+)" [^>]*alt="([^"]+)"', shown)
    assert [text for _, text in drawn][::16] == ["repair frog, before: sample 1", "repair frog, after: sample 1"]
    expected = [inline(one).split("base64,")[1] for what in ("frog", edit) for one in bench.samples(what)]
    assert [picture for picture, _ in drawn] == expected
    assert "Judged by nobody" in shown
    assert news[parts.watching.status] == "", "the result says it by itself"


def test_the_picture_of_a_result_leads_back_to_its_job_and_elsewhere_to_its_seeds(
    bench: Bench, parts: SimpleNamespace, jobs: FakeJobs
) -> None:
    taking, dropping = parts.taking, parts.dropping
    name = "20261126-151200-frog-3f2a"
    jobs.jobs[name] = FakeJob(name, bench.asked("repair", "frog"), jobs.directory / name)
    kept_result(bench, jobs, name)
    picture = taking.refresh(jobs.jobs[name], {})[taking.picture].value["path"]
    assert dropping.restore(picture)[parts.watching.job] == name
    del jobs.jobs[name]
    news = dropping.restore(picture)
    assert news[parts.choosing.name] == "frog"
    assert seeds_in(news[parts.choosing.kept]) == list(SHOWN)
    assert inline(bench.samples("frog")[5]) in news[dropping.pictures]


def saved(page: str, number: int, path: Path) -> Path:
    """A picture as a browser saves it from the page."""
    path.write_bytes(base64.b64decode(re.findall(r'src="data:image/png;base64,([^"]+)"', page)[number]))
    return path


def test_a_picture_that_is_saved_from_the_page_leads_back_to_its_class_and_seed_or_to_its_job(
    bench: Bench, parts: SimpleNamespace, jobs: FakeJobs, tmp_path: Path
) -> None:
    chosen = parts.choosing
    _, page = chosen.show("cat", 0, "")
    made = made_by(saved(page, 3, tmp_path / "cat.png"))
    assert (made.classes, made.seeds, made.job) == (("cat",), (3,), "")
    assert made.generator == bench.workbench.generator.fingerprint
    name = "20261126-151200-frog-3f2a"
    jobs.jobs[name] = FakeJob(name, bench.asked("repair", "frog"), jobs.directory / name)
    kept_result(bench, jobs, name)
    result = parts.watching.refresh(jobs.jobs[name], jobs.all(), {})[parts.watching.result]
    before, after = (made_by(saved(result, number, tmp_path / "frog.png")) for number in (2, 16 + 5))
    assert (before.classes, before.seeds) == (("frog",), (2,))
    assert (after.classes, after.seeds) == (("frog",), (5,))
    news = parts.dropping.restore(str(tmp_path / "frog.png"))
    assert news[parts.watching.job] == name


def test_a_picture_of_the_command_line_shows_the_first_samples_of_its_seed(
    bench: Bench, parts: SimpleNamespace, tmp_path: Path
) -> None:
    facts = {"generator": "0123456789abcdef", "class": "cat", "index": 3, "seed": 9}
    save_picture(tmp_path / "cat.png", "PNG", [Image.new("RGB", (8, 8))], facts)
    news = parts.dropping.restore(str(tmp_path / "cat.png"))
    assert news[parts.choosing.name] == "cat"
    assert parts.choosing.kept not in news
    assert inline(bench.stream("cat", 9)[0]) in news[parts.dropping.pictures]
    assert inline(bench.stream("cat", 8)[0]) not in news[parts.dropping.pictures]
    assert "another generator" in news[parts.dropping.pictures]


def test_a_picture_of_somebody_else_is_told_in_a_line(parts: SimpleNamespace, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "holiday.png")
    assert "holiday.png" in parts.dropping.restore(str(tmp_path / "holiday.png"))[parts.dropping.said]
    save_picture(tmp_path / "cat.png", "PNG", [Image.new("RGB", (8, 8))], {"class": "zebra", "seed": 1})
    assert "zebra" in parts.dropping.restore(str(tmp_path / "cat.png"))[parts.dropping.said]
    assert parts.dropping.restore(None)[parts.dropping.said] == ""


def test_a_mended_generator_is_made_when_it_is_asked_for(bench: Bench, parts: SimpleNamespace, jobs: FakeJobs) -> None:
    name, _ = parts.target.begin(given(parts), VISITOR)
    kept_result(bench, jobs, name)
    assert not parts.taking.refresh(jobs.jobs[name], {})[parts.taking.checkpoint].visible
    button, said = parts.taking.patched(name)
    assert said == ""
    assert Path(button.value["path"]).suffix == ".pth"
    assert "gone" in parts.taking.patched("other")[1]


def test_a_walk_leads_from_the_class_to_the_edit_that_was_just_found(
    bench: Bench, parts: SimpleNamespace, jobs: FakeJobs
) -> None:
    walking, seen = parts.walking, dict[str, Any]()
    name, _ = parts.target.begin(given(parts), VISITOR)
    kept_result(bench, jobs, name)
    news = walking.refresh(jobs.jobs[name], jobs.all(), seen)
    assert (news[walking.first].value, news[walking.last].value) == ("class:frog", f"job:{name}")
    assert walking.refresh(jobs.jobs[name], jobs.all(), seen) == {}
    cat = walking.show("class:cat", "class:cat", 0)
    pictures = [re.findall(r"base64,([^\"]+)", walking.show("class:frog", f"job:{name}", share)) for share in (0, 1)]
    assert pictures[1] == re.findall(r"base64,([^\"]+)", cat), "it ends at the edit, whose row is the cat's"
    assert pictures[0] != pictures[1]
    assert "gone" in walking.show("class:frog", "job:../../x", 0.5)


def test_no_event_is_an_api_and_no_host_is_named(bench: Bench, jobs: FakeJobs, tmp_path: Path) -> None:
    async def put_together() -> gr.Blocks:
        return build([bench], jobs, SimpleNamespace(directory=tmp_path))  # type: ignore[arg-type]

    page = asyncio.run(put_together())
    assert page.fns
    assert {function.api_visibility for function in page.fns.values()} == {"private"}
    theme = look()["theme"]
    assert "http" not in theme._get_theme_css().replace("http://www.w3.org/2000/svg", "")
    assert theme._stylesheets == []
    assert "http" not in look()["head"]
