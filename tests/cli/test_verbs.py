"""Every verb on the tiny generator."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.metrics.verdict import Verdict
from ganmend.workbench.diagnosis import Diagnosis
from ganmend.workbench.marks import ClassDiagnosis
from ganmend.workbench.workbench import Workbench
from tests.cli.command import QUICK, TINY, names, run
from tests.conftest import CIFAR10


def test_info(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "info", TINY, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["resolution"], facts["classes"], facts["dim_z"]) == (32, 10, 80)
    assert run(monkeypatch, "info", TINY) == 0
    assert "resolution" in capsys.readouterr().out


def test_classes_and_nearest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "classes", TINY, "--search", "or", "--json", *names()) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == [{"index": 7, "name": "horse"}]
    table = load_generator(TINY).class_embeddings
    np.save("table.npy", table.numpy())
    ClassEdit(table[6:7] * 2).save(Path("e.npy"))
    for generator in (TINY, "table.npy"):
        assert run(monkeypatch, "nearest", generator, "e.npy", "-n", "3", "--json", *names()) == 0
        (found,) = json.loads(capsys.readouterr().out)["nearest"]
        assert (found[0]["name"], len(found)) == ("frog", 3)
        assert found[0]["cosine"] == pytest.approx(1.0, abs=1e-5)
        assert found[0]["distance"] == pytest.approx(table[6].norm().item(), rel=1e-5)
    assert run(monkeypatch, "nearest", TINY, "frog", *names()) == 0
    assert "frog" in capsys.readouterr().out


def test_class_names_by_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for table, n, name in (("imagenet", 1000, "eel"), ("places365", 365, "berth")):
        np.save("table.npy", np.zeros((n, 128), np.float32))
        assert run(monkeypatch, "classes", "table.npy", "--class-names", table, "--search", name, "--json") == 0
        assert name in [found["name"] for found in json.loads(capsys.readouterr().out)["classes"]]
    np.save("table.npy", np.eye(1000, 128, dtype=np.float32))
    assert run(monkeypatch, "classes", "table.npy", "--search", "n02526121") == 0
    assert capsys.readouterr().out.split() == ["390", "eel"]
    assert run(monkeypatch, "nearest", "table.npy", "n01443537", "-n", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["nearest"][0][0]["name"] == "goldfish"


@pytest.mark.parametrize("verb", ["repair", "repurpose", "debias"])
def test_mending(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = [verb, TINY, "frog", "--classifier", "tiny", "--judge", "other", "--out", "out", "--json", *QUICK, *names()]
    assert run(monkeypatch, *words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer[verb]["frog"]) == {
        "class", "before_class", "before", "after", "healthy", "healthy_classes", "real_images", "doubts", "harm",
        "notes",
        "memorisation", "changes", "other_judges", "outcome", "seconds",
        "out",
    }  # fmt: skip
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


def test_a_biased_class_is_debiased(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    marks = {"cat": "biased", "dog": "collapsed"}
    verdict = Verdict(9, 0.5, 0.4, 0.6, 0.5, 1.0, None, None)
    found = Diagnosis(
        tuple(ClassDiagnosis(CIFAR10.index(name), name, mark, 1.0, verdict) for name, mark in marks.items())
    )
    monkeypatch.setattr(Workbench, "diagnose", lambda *_a, **_k: found)
    words = ["repair", TINY, "--worst", "2", "--classifier", "tiny", "--judge", "other", "--out", "o", "--json"]
    assert run(monkeypatch, *words, *QUICK, *names()) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {task: list(answer[task]) for task in ("debias", "repair")} == {"debias": ["cat"], "repair": ["dog"]}
    assert json.loads(Path("o/cat/config.json").read_text())["task"] == "debias"


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


def test_inceptions_figures_need_a_folder(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", TINY, "frog", "--judge", "other", "-n", "6", *names()]
    assert run(monkeypatch, *words, "--fid", "inception") == 2
    assert "compare with a folder of real images; give one as --real" in capsys.readouterr().err
    assert run(monkeypatch, *words, "--inception-weights", "w.pth") == 2
    assert "add --fid inception" in capsys.readouterr().err


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
