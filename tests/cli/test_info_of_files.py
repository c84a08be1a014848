"""`info` says what a file is that holds no generator, with the keys that the document names."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from ganmend.demo.bundled import WEIGHTS
from ganmend.edits.class_edit import ClassEdit
from tests.cli.command import QUICK, TINY, names, run
from tests.cli.test_json import DOCUMENT


def documented(kind: str) -> set[str]:
    (text,) = re.findall(rf"^- `{kind}`[^:]*:(.*?)(?=^- |^$)", DOCUMENT.read_text(), re.M | re.S)
    more = documented("embedding") if "the same" in text else set()
    return set(re.findall(r"`(\w+)`", text)) | more | {"kind", "versions"}


def test_each_kind(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("table.npy", np.zeros((7, 4), np.float32))
    edit = ClassEdit(
        torch.ones(2, 4), latent_map=torch.eye(3), generator="0" * 16, target="frog", details={"seed": "5"}
    )
    edit.save("e.safetensors")
    words = ["repair", TINY, "frog", "--classifier", "tiny", "--out", "o", *QUICK, *names()]
    assert run(monkeypatch, *words) == 0
    capsys.readouterr()
    said = {}
    for path in ("table.npy", "e.safetensors", "o", str(WEIGHTS / "reference.safetensors")):
        assert run(monkeypatch, "info", path, "--json") == 0
        facts = said[Path(path).stem] = json.loads(capsys.readouterr().out)
        assert set(facts) == documented(facts["kind"])
        assert run(monkeypatch, "info", path) == 0
        assert facts["kind"] in capsys.readouterr().out
    Path("o").rename("demo")
    assert run(monkeypatch, "info", "demo", "--json") == 0
    assert json.loads(capsys.readouterr().out)["dim_z"] == 80, "the bundled generator"
    assert (said["table"]["kind"], said["table"]["vectors"], said["table"]["width"]) == ("embedding", 7, 4)
    found = said["e"]
    assert (found["vectors"], found["latent_map"], found["offsets"]) == (2, True, False)
    assert (found["target"], found["generator"], found["details"]) == ("frog", "0" * 16, {"seed": "5"})
    result = said["o"]
    assert (result["kind"], result["task"], result["target"], result["judge"]) == ("result", "repair", "frog", None)
    assert said["reference"]["classes"]["frog"] > 100
