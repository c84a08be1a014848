"""The functions of the front page hand everything that they are told to a workbench, and give what it answers."""

import inspect
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from ganmend.models.protocol import Generator
from ganmend.progress import ignore
from ganmend.workbench import tasks
from ganmend.workbench.folder_target import FolderTarget
from ganmend.workbench.sentence_target import SentenceTarget
from ganmend.workbench.workbench import Workbench
from tests.workbench.conftest import QUICK


class Answer(str):
    """What the workbench would answer: a result that nobody interrupted, where it is one."""

    __slots__ = ()
    interrupted = False


class Recorder:
    """Stands where the workbench does, and writes down what it is told."""

    def __init__(self) -> None:
        self.made: list[tuple[object, dict[str, object]]] = []
        self.asked: list[tuple[str, tuple[object, ...], dict[str, object]]] = []

    def __call__(self, generator: object, **options: object) -> SimpleNamespace:
        self.made.append((generator, options))
        answers = {name: self.answer(name) for name in ("mend", "diagnose", "evaluate", "sample")}
        return SimpleNamespace(**answers, judge_guided_the_search=False)

    def answer(self, name: str) -> Callable[..., object]:
        def asked(*arguments: object, **options: object) -> object:
            self.asked.append((name, arguments, options))
            return [torch.zeros(2), torch.ones(1)] if name == "sample" else Answer(f"the answer to {name}")

        return asked


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder()
    monkeypatch.setattr(tasks, "Workbench", made)
    return made


ON_BENCH = {"classifier": "C", "judge": "J", "real": "R", "precision": "P", "class_map": {"frog": "bullfrog"}}
MENDING = {"preset": "paper", "config": QUICK, "seed": 5, "samples": 7, "on_progress": print}


@pytest.mark.parametrize("task", ["repair", "repurpose", "debias"])
def test_mending(task: str, recorder: Recorder) -> None:
    said = {"images": FolderTarget({"frog": "F"}), "text": SentenceTarget("a frog", name="frog")}
    balance = {"balance": "B"} if task == "debias" else {}
    assert getattr(tasks, task)("G", "frog", **ON_BENCH, **said, **MENDING, **balance) == "the answer to mend"
    own_row = {} if task == "repurpose" else {"edits": ["frog"]}
    assert recorder.made == [("G", {**ON_BENCH, **said, "targets": ["frog"], **own_row, **balance})]
    assert recorder.asked == [("mend", (task, "frog"), {**MENDING, **balance})]


@pytest.mark.parametrize("task", ["repair", "repurpose", "debias"])
def test_a_folder_and_a_sentence_alone_stand_for_the_class_that_is_asked_for(task: str, recorder: Recorder) -> None:
    getattr(tasks, task)("G", 5, images="F", text="a frog")
    [(_, made)] = recorder.made
    assert (made["images"], made["text"]) == (FolderTarget({"5": "F"}), SentenceTarget("a frog", name="5"))


def test_diagnosing(recorder: Recorder) -> None:
    on_bench = {"judge": "J", "real": "R", "precision": "P", "class_map": {5: "bullfrog"}}
    asked = {"only": "frog", "n": 6, "seed": 5, "sequential": True, "worst": 3, "on_progress": print}
    assert tasks.diagnose("G", **on_bench, **asked) == "the answer to diagnose"
    assert recorder.made == [("G", on_bench)]
    assert recorder.asked == [("diagnose", (), asked)]


def test_evaluating(recorder: Recorder) -> None:
    on_bench = {"judge": "J", "real": "R", "precision": "P"}
    asked = {"target": "deer", "n": 6, "seed": 5, "fid": "inception", "inception_weights": "W", "on_progress": print}
    assert tasks.evaluate("G", "frog", **on_bench, **asked) == "the answer to evaluate"
    assert recorder.made == [("G", {**on_bench, "targets": ["deer"], "edits": ["frog"]})]
    assert recorder.asked == [("evaluate", ("frog",), asked)]


def test_sampling(recorder: Recorder) -> None:
    asked = {"seed": 5, "start": 2, "truncation": 0.5, "on_progress": print}
    assert tasks.sample("G", "frog", 3, precision="P", **asked).tolist() == [0, 0, 1]
    assert recorder.made == [("G", {"precision": "P", "edits": ["frog"]})]
    assert recorder.asked == [("sample", ("frog", 3), asked)]


def test_what_is_not_said(recorder: Recorder) -> None:
    on_bench = {"classifier": None, "judge": None, "real": None, "precision": "auto", "class_map": None}
    on_bench |= {"images": None, "text": None, "targets": ["frog"]}
    mending = {"preset": "default", "config": None, "seed": 0, "samples": 1000, "on_progress": ignore}
    for task in ("repair", "repurpose", "debias"):
        getattr(tasks, task)("G", "frog")
    own = {**on_bench, "edits": ["frog"]}
    assert recorder.made == [("G", own), ("G", on_bench), ("G", {**own, "balance": None})]
    assert [options for _, _, options in recorder.asked] == [mending, mending, {**mending, "balance": None}]
    tasks.diagnose("G")
    tasks.evaluate("G", "frog")
    tasks.sample("G", "frog")
    judging = {"judge": None, "real": None, "precision": "auto"}
    assert recorder.made[3:] == [
        ("G", {**judging, "class_map": None}),
        ("G", {**judging, "targets": [], "edits": ["frog"]}),
        ("G", {"precision": "auto", "edits": ["frog"]}),
    ]
    drawing = {"seed": 0, "start": 0, "truncation": None, "on_progress": ignore}
    evaluating = {"target": None, "n": 1000, "seed": 1000, "fid": "judge", "inception_weights": None}
    whole = {"only": None, "sequential": None, "worst": 0}
    assert recorder.asked[3:] == [
        ("diagnose", (), {"n": 200, "seed": 2000, "on_progress": ignore, **whole}),
        ("evaluate", ("frog",), evaluating | {"on_progress": ignore}),
        ("sample", ("frog", 16), drawing),
    ]


def defaults(function: Callable[..., object]) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not each.empty}


def test_the_workbench_takes_the_same_for_granted() -> None:
    of_runs = {"state", "on_state", "on_found", "found", "kept"}
    for name, more in (("mend", of_runs), ("diagnose", {"kept"}), ("evaluate", {"force"})):
        of_function = defaults(getattr(tasks, "debias" if name == "mend" else name))
        of_method = defaults(getattr(Workbench, name))
        assert {key: of_method[key] for key in of_method.keys() & of_function.keys()} == {
            key: value for key, value in of_function.items() if key in of_method
        }
        assert of_method.keys() - of_function.keys() == more
    usual = {"classifier": None, "judge": None, "real": None, "precision": "auto"}
    assert defaults(Workbench.__init__) == usual | {
        "images": None, "text": None, "class_map": None, "targets": (), "edits": (), "balance": None,
        "allow_code": False,
    }  # fmt: skip
    drawing = defaults(tasks.sample)
    del drawing["precision"]
    assert defaults(Workbench.sample) == drawing | {"force": False}


def test_the_same_question_gets_the_same_answer(bench: Workbench, tiny_generator: Generator) -> None:
    options = {"classifier": bench.classifier, "judge": bench.judge, "precision": "float32"}
    got = tasks.repair(tiny_generator, "frog", **options, config=QUICK, seed=2, samples=6)
    expected = bench.mend("repair", "frog", config=QUICK, seed=2, samples=6)
    assert torch.equal(got.after.vectors, expected.after.vectors)
    assert got.verdict == expected.verdict
    drawn = tasks.sample(tiny_generator, "frog", 3, seed=1, start=2, precision="float32")
    assert torch.equal(drawn, torch.cat(list(bench.sample("frog", 3, seed=1, start=2))))
