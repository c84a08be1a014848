"""A sentence as the target, by the command line."""

import json
from pathlib import Path

import pytest

from ganmend.workbench.request import MendRequest
from tests.cli.command import QUICK, TINY, names, run
from tests.cli.test_images import folder_of

pytest.importorskip("open_clip")

from ganmend.workbench.sentence_target import SentenceTarget
from tests.targets.tiny_clip import saved

SENTENCE = "a photo of a lighthouse at night"


def test_a_sentence_names_the_class_and_the_run_can_be_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(Path("clip"))
    words = ["--text", SENTENCE, "--not", "a tower", "--not", "the sea", "--clip", "clip"]
    status = run(
        monkeypatch, "repurpose", TINY, *names(), *words, "--name", "lighthouse", "--out", "o", "--json", *QUICK
    )
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert told["classifier"]["name"] == "clip:clip"
    assert told["repurpose"]["lighthouse"]["class"] == {"index": None, "name": "lighthouse"}
    request = MendRequest.from_dict(json.loads(Path("o/config.json").read_text())["request"])
    assert request.text == SentenceTarget(SENTENCE, ("a tower", "the sea"), "lighthouse", "clip")
    assert MendRequest.from_dict(json.loads(json.dumps(request.as_dict()))) == request


@pytest.mark.parametrize(("words", "called"), [([], SENTENCE), (["6"], "frog")])
def test_the_class_is_called_as_it_was_said_else_as_the_sentence(
    words: list[str], called: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(Path("clip"))
    line = [TINY, *words, *names(), "--text", SENTENCE, "--clip", "clip", "--out", "o", *QUICK]
    assert run(monkeypatch, "repurpose", *line) == 0
    assert json.loads(Path("o/config.json").read_text())["target"] == called


def test_another_model_judges_by_the_same_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(Path("clip"))
    saved(Path("rival"), "residual", seed=5)
    words = ["--text", SENTENCE, "--clip", "clip", "--judge", "clip:rival", "--real", folder_of("real", 256)]
    assert run(monkeypatch, "repurpose", TINY, *names(), *words, "--out", "o", "--json", *QUICK) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["judge"]["name"] == "clip:rival"
    assert told["repurpose"][SENTENCE]["after"]["n_real"] == 10  # the other ten were for the search


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["frog", "--not", "a tower"], "--not goes with --text, and none came"),
        (["frog", "--clip", "clip"], "--clip goes with --text, and none came"),
        (["--text", " "], "a sentence is ' '; expected words"),
        (["--text", SENTENCE, "--not", SENTENCE], "shall be shown, and shall not; give it once"),
        (["frog", "cat", "--text", SENTENCE], "--text says what one class looks like; 2 came: frog, cat"),
        (["frog", "--text", SENTENCE, "--name", "x"], "CLASS and --name both came"),
        (["--text", SENTENCE, "--clip", "nowhere"], "'nowhere' is neither a folder nor a model of open_clip"),
        (["--text", SENTENCE, "--clip", "clip", "--judge", "other"], "the classifier tiny has no class"),
    ],
)
def test_what_does_not_fit_is_one_line(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(Path("clip"))
    line = [TINY, *words, *names(), *([] if "--text" in words else ["--classifier", "tiny"]), "--out", "o", *QUICK]
    assert run(monkeypatch, "repurpose", *line) == 2
    (told,) = capsys.readouterr().err.strip().splitlines()
    assert message in told
    assert not Path("o").exists()
