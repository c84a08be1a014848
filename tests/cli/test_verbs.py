"""Every verb on the tiny generator, and every mistake: one line, exit status 2, nothing written."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ganmend.cli
import ganmend.targets.load
import ganmend.workbench.workbench
from ganmend.catalog.load import load_generator
from ganmend.cli import main
from ganmend.edits.class_edit import ClassEdit
from tests.conftest import CIFAR10, FIXTURES, make_classifier

TINY = str(FIXTURES / "brock_biggan_32.pth")
QUICK = ["--set", "steps=2", "--set", "latents=4", "--set", "validation_latents=4", "--set", "trials=1"]


@pytest.fixture(autouse=True)
def _tiny_classifiers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = {"tiny": make_classifier(), "other": make_classifier(1), "broken": make_classifier(bias=float("nan"))}
    monkeypatch.setattr(ganmend.workbench.workbench, "load_classifier", lambda name: known[name])
    monkeypatch.setattr(ganmend.targets.load, "load_classifier", lambda name, random_weights: known[name])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("\n".join(CIFAR10) + "\n")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["ganmend", *words])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def width(path: str) -> int:
    with Image.open(path) as picture:
        return picture.width


def names() -> list[str]:
    return ["--class-names", "names.txt"]


def test_info(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "info", TINY, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["resolution"], facts["classes"], facts["dim_z"]) == (32, 10, 80)
    assert run(monkeypatch, "info", TINY) == 0
    assert "resolution" in capsys.readouterr().out


def test_classes_and_nearest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "classes", TINY, "--search", "or", "--json", *names()) == 0
    assert json.loads(capsys.readouterr().out) == [{"index": 7, "name": "horse"}]
    table = load_generator(TINY).class_embeddings
    np.save("table.npy", table.numpy())
    ClassEdit(table[6:7] * 2).save(Path("e.npy"))
    for generator in (TINY, "table.npy"):
        assert run(monkeypatch, "nearest", generator, "e.npy", "-n", "3", "--json", *names()) == 0
        (found,) = json.loads(capsys.readouterr().out)
        assert (found[0]["name"], len(found)) == ("frog", 3)
        assert found[0]["cosine"] == pytest.approx(1.0, abs=1e-5)
        assert found[0]["distance"] == pytest.approx(table[6].norm().item(), rel=1e-5)
    assert run(monkeypatch, "nearest", TINY, "frog", *names()) == 0
    assert "frog" in capsys.readouterr().out


def test_class_names_by_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for table, n, name in (("imagenet", 1000, "eel"), ("places365", 365, "berth")):
        np.save("table.npy", np.zeros((n, 128), np.float32))
        assert run(monkeypatch, "classes", "table.npy", "--class-names", table, "--search", name, "--json") == 0
        assert name in [found["name"] for found in json.loads(capsys.readouterr().out)]
    np.save("table.npy", np.eye(1000, 128, dtype=np.float32))
    assert run(monkeypatch, "classes", "table.npy", "--search", "n02526121") == 0
    assert capsys.readouterr().out.split() == ["390", "eel"]
    assert run(monkeypatch, "nearest", "table.npy", "n01443537", "-n", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0][0]["name"] == "goldfish"


@pytest.mark.parametrize("verb", ["repair", "repurpose", "debias"])
def test_mending(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = [verb, TINY, "frog", "--classifier", "tiny", "--judge", "other", "--out", "out", "--json", *QUICK, *names()]
    assert run(monkeypatch, *words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer[verb]["frog"]) == {"before", "after", "seconds", "out"}
    assert Path("out/report.html").is_file()
    assert run(monkeypatch, *words) == 2, "it exists"
    assert run(monkeypatch, *words, "--overwrite") == 0


def test_repair_takes_the_answer_of_diagnose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["repair", TINY, "--worst", "2", "--classifier", "tiny", "--judge", "other", "--out", "o", "--json"]
    assert run(monkeypatch, *words, *QUICK, *names()) == 0
    assert len(json.loads(capsys.readouterr().out)["repair"]) == 2
    assert len(list(Path("o").iterdir())) == 2


def test_own_photographs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("real").mkdir()
    for index in range(14):
        Image.effect_noise((40, 40), 20 + 10 * index).convert("RGB").save(f"real/{index}.png")
    Path("real/broken.jpg").write_text("")
    words = ["repair", TINY, "frog", "--classifier", "tiny", "--judge", "other", "--real", "real", "--out", "o"]
    assert run(monkeypatch, *words, *QUICK, *names(), "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["repair"]["frog"]["after"]["coverage"] is not None
    assert "skipped 1 of 15" in captured.err
    assert json.loads(Path("o/history.jsonl").read_text().splitlines()[0])["matching"] != 0


def test_the_same_judge_is_warned_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["repair", TINY, "frog", "--classifier", "tiny", "--judge", "tiny", "--out", "o", *QUICK, *names()]
    assert run(monkeypatch, *words) == 0
    assert "its verdict says nothing" in capsys.readouterr().err


def test_diagnose(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["diagnose", TINY, "--classifier", "tiny", "-n", "8", *names()]
    assert run(monkeypatch, *words, "--out", "sheet", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["classes"]) == 10
    assert "collapsed" in answer["rule"]
    assert width("sheet/contact_sheet.png") > 600
    assert run(monkeypatch, *words) == 0


def test_bench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", TINY, "--classifier", "tiny", "--batch", "3"]
    assert run(monkeypatch, *words, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert {cost["precision"] for cost in said["measured"]} == {"float32", "bfloat16"}
    assert said["precision"] == said["choice"]["precision"]
    assert said["batch"] == 3
    assert said["images_per_second"] == pytest.approx(3 / said["step_seconds"])
    assert said["ceiling_share"] > 0
    assert said["peak_rss_bytes"] > 1 << 20
    assert run(monkeypatch, *words, "--precision", "float32") == 0
    said_in_words = capsys.readouterr().out
    assert "a search here takes float32" in said_in_words
    assert "bfloat16" not in said_in_words


@pytest.mark.parametrize("memory", [["--memory", "1MB"], []])
def test_precision_and_memory(memory: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["repurpose", TINY, "frog", "--classifier", "tiny", *names(), *QUICK, "--precision", "bfloat16", *memory]
    assert run(monkeypatch, *words, "--out", "made") == 0
    config = json.loads(Path("made/config.json").read_text())
    assert (config["precision"], config["memory"]) == ("bfloat16", 0.001 if memory else 0)


def test_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    np.save("e.npy", np.zeros((1, 128), np.float32))
    assert run(monkeypatch, "sample", TINY, "frog", "3", "e.npy", "-n", "3", "--out", "folder", *names()) == 0
    assert sorted(path.name for path in Path("folder/3").iterdir()) == ["00000.png", "00001.png", "00002.png"]
    assert len(list(Path("folder").rglob("*.png"))) == 9
    assert run(monkeypatch, "sample", TINY, "frog", "--out", "g.png", "--truncation", "0.5", *names()) == 0
    assert run(monkeypatch, "sample", TINY, "frog", "--to", "cat", "-n", "5", "--out", "w.png", *names()) == 0
    assert width("w.png") == 5 * 66 + 2


def test_evaluate_and_export(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fingerprint = load_generator(TINY).fingerprint
    ClassEdit(torch.zeros(1, 128), generator=fingerprint, target="frog").save(Path("e.safetensors"))
    words = ["evaluate", TINY, "e.safetensors", "--judge", "other", "-n", "12", "--json", *names()]
    assert run(monkeypatch, *words) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 12
    assert run(monkeypatch, "export", TINY, "e.safetensors", "--out", "G.pth", *names()) == 0
    assert load_generator("G.pth").class_embeddings[6].abs().max() == 0
    assert run(monkeypatch, "export", TINY, "e.safetensors", "--out", "frog.npy") == 0
    assert np.load("frog.npy").shape == (1, 128)


class Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("it ran",)


def prepare_bad_files() -> None:
    Path("empty.pth").touch()
    Path("cut.pth").write_bytes(Path(TINY).read_bytes()[:5000])
    Path("code.pth").write_bytes(pickle.dumps(Code(), protocol=2))
    torch.save({"linear.weight": torch.ones(1, 4), "embed.weight": torch.ones(4, 4)}, "D.pth")
    torch.save({"blocks.0.0.bn1.gain.weight": torch.ones(4, 4)}, "sagan.pth")
    ClassEdit(torch.zeros(1, 64)).save(Path("narrow.safetensors"))
    ClassEdit(torch.zeros(1, 128), generator="another").save(Path("foreign.safetensors"))
    np.save("nan.npy", np.full((1, 128), np.nan, np.float32))
    Path("nothing").mkdir()
    Path("taken").mkdir()


REPAIR = ["repair", TINY, "frog", "--classifier", "tiny", "--out", "o"]
MISTAKES = {
    "missing checkpoint": (["info", "absent.pth"], "no file at"),
    "empty checkpoint": (["info", "empty.pth"], "is empty"),
    "truncated checkpoint": (["info", "cut.pth"], "truncated"),
    "discriminator": (["info", "D.pth"], "discriminator"),
    "SAGAN": (["info", "sagan.pth"], "no shared class embedding"),
    "pickle with code": (["info", "code.pth"], "code"),
    "unknown class": (["sample", TINY, "zebra", "--out", "o", *names()], "nearest are"),
    "unknown index": (["sample", TINY, "12", "--out", "o"], "0 to 9"),
    "narrow embedding": (["sample", TINY, "narrow.safetensors", "--out", "o"], "width 64"),
    "foreign embedding": (["sample", TINY, "foreign.safetensors", "--out", "o"], "--force"),
    "NaN embedding": (["sample", TINY, "nan.npy", "--out", "o"], "NaN"),
    "missing embedding": (["sample", TINY, "absent.npy", "--out", "o"], "no embedding file"),
    "unknown target": (["repair", TINY, "zebra", "--classifier", "tiny", "--out", "o"], "nearest are"),
    "NaN classifier": (["repair", TINY, "frog", "--classifier", "broken", "--out", "o", *QUICK, *names()], "NaN"),
    "no classifier": (["repair", TINY, "frog"], "--classifier is needed"),
    "no class": (["repair", TINY, "--classifier", "tiny"], "no class to repair"),
    "existing out": ([*REPAIR, "--out", "taken", *names()], "--overwrite"),
    "unwritable out": ([*REPAIR, "--out", "/proc/ganmend/out", *names()], "/proc"),
    "no samples": (["sample", TINY, "frog", "-n", "0", "--out", "o", *names()], "at least 1"),
    "no images": ([*REPAIR, "--real", "nothing", *names()], "no image"),
    "unknown setting": ([*REPAIR, "--set", "stepz=3", *names()], "NAME=VALUE"),
    "bad value": ([*REPAIR, "--set", "steps=many", *names()], "type int"),
    "unknown preset": ([*REPAIR, "--preset", "fast", *names()], "unknown preset"),
    "unknown precision": ([*REPAIR, "--precision", "half", *names()], "unknown precision"),
    "no amount of memory": ([*REPAIR, "--memory", "much", *names()], "such as 4GB"),
    "batch of one": (["bench", TINY, "--classifier", "tiny", "--batch", "1"], "at least 2"),
    "no such device": ([*REPAIR, "--device", "cuda:77", *names()], "not on this machine"),
    "wrong truncation": (["sample", TINY, "0", "--truncation", "2", "--out", "o"], "at most 1"),
    "no names file": (["info", TINY, "--class-names", "places"], "'imagenet' or 'places365'"),
    "names of another table": (["info", TINY, "--class-names", "places365"], "365 class names"),
    "number of names": (["info", TINY, "--class-names", "two.txt"], "2 class names"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda name: name.replace(" ", "-"))
def test_a_mistake_is_one_line(
    mistake: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_bad_files()
    Path("two.txt").write_text("a\nb\n")
    before = sorted(Path().rglob("*"))
    words, expected = MISTAKES[mistake]
    assert run(monkeypatch, *words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("ganmend: ")
    assert expected in lines[0]
    assert sorted(Path().rglob("*")) == before, "nothing is written"


def test_an_unknown_option_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "info", TINY, "--wrong") == 2


def test_ctrl_c_saves_the_best_so_far(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from ganmend.search import loop

    calls = []

    def interrupted(*words: object) -> object:
        calls.append(words)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return loop_scores(*words)  # type: ignore[arg-type]

    loop_scores = loop.score_trials
    monkeypatch.setattr(loop, "score_trials", interrupted)
    assert run(monkeypatch, *REPAIR, *QUICK, "--set", "steps=50", *names()) == 0
    assert "interrupted: the best so far is in o" in capsys.readouterr().err
    assert Path("o/embedding.safetensors").is_file()


def test_every_verb_has_help(monkeypatch: pytest.MonkeyPatch) -> None:
    for verb in ganmend.cli.VERBS:
        assert run(monkeypatch, verb, "--help") == 0
