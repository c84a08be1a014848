"""ganmend push-to-hub: what arrives is what was there, with a card that can be followed; a mistake is one line."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from PIL import Image

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from tests.hub.conftest import error_of, output_of, stop
from tests.hub.stand_in import TOKEN, Repository, StandIn
from tests.metrics.certain import certain
from tests.report.test_page import AFTER, BEFORE

METRICS = {"seconds": 3.0, **certain(BEFORE, AFTER).as_dict()}
PUSH = ["push-to-hub", "mended", "someone/frog"]


@pytest.fixture(autouse=True)
def mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A result directory of the bundled generator, and a token."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    folder = tmp_path / "mended"
    folder.mkdir()
    gan = load_generator("demo")
    found = ClassEdit(
        gan.class_embeddings[5:6] * 1.5, generator=gan.fingerprint, target="frog", details={"task": "repair"}
    )
    found.save(folder / "embedding.safetensors")
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    (folder / "config.json").write_text('{"steps": 150}')
    (folder / "history.jsonl").write_text("")
    Image.new("RGB", (4, 4)).save(folder / "before_after.png")
    return folder


def sent(hub: StandIn) -> dict[str, bytes]:
    return hub.repositories["someone/frog"].files


def test_a_result_directory_arrives_as_it_is(
    hub: StandIn, mended: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = json.loads(output_of(monkeypatch, capsys, *PUSH, "--license", "cc-by-4.0", "--json"))
    names = ["README.md", "before_after.png", "config.json", "embedding.safetensors", "metrics.json"]
    assert set(answer.pop("versions")) == {"ganmend", "torch"}
    assert answer == {"url": f"{hub.address}/someone/frog", "address": "hf:someone/frog", "files": names}
    assert sorted(sent(hub)) == names
    for name in names[1:]:
        assert sent(hub)[name] == (mended / name).read_bytes()
    assert hub.messages == ["ganmend: frog"]
    assert not hub.repositories["someone/frog"].private
    assert torch.equal(load_edit("hf:someone/frog").vectors, load_edit(mended / "embedding.safetensors").vectors)


def test_the_card(hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    output_of(monkeypatch, capsys, *PUSH, "--license", "cc-by-4.0")
    card = ModelCard(sent(hub)["README.md"].decode())
    told = card.data.to_dict()
    assert {result["type"]: result["value"] for result in told.pop("model-index")[0]["results"][0]["metrics"]}[
        "judge_fid"
    ] == AFTER.fid
    assert told == {
        "library_name": "ganmend", "license": "cc-by-4.0", "pipeline_tag": "unconditional-image-generation",
        "tags": ["ganmend", "gan", "class-embedding"],
    }  # fmt: skip
    assert "# frog\n" in card.text
    assert "`ganmend repair`" in card.text
    assert "](before_after.png)" in card.text
    assert load_generator("demo").fingerprint in card.text
    table = [line for line in card.text.splitlines() if line.startswith("|")]
    assert "| **FID ↓** | 60.5 | 20.5 ✓ better |" in table


def test_the_cards_commands_run(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output_of(monkeypatch, capsys, *PUSH)
    lines = sent(hub)["README.md"].decode().splitlines()
    ours = [shlex.split(line)[1:] for line in lines if line.startswith("ganmend ")]
    assert [words[2] for words in ours] == ["hf:someone/frog", "embedding.safetensors"]
    Path("embedding.safetensors").write_bytes(sent(hub)["embedding.safetensors"])
    for words, folder in zip(ours, ("samples/frog", "samples/embedding"), strict=True):
        output_of(monkeypatch, capsys, *words, "--overwrite")
        assert len(list(Path(folder).rglob("*.png"))) == 16


def test_a_file_alone_becomes_an_embedding_file(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("deer.npy", np.ones((1, 64), np.float32))
    words = ["push-to-hub", "deer.npy", "someone/deer", "--generator", "my gan.pth", "--private"]
    assert output_of(monkeypatch, capsys, *words) == f"published at {hub.address}/someone/deer\n"
    repository = hub.repositories["someone/deer"]
    assert repository.private
    assert sorted(repository.files) == ["README.md", "embedding.safetensors"]
    assert load_edit("hf:someone/deer").vectors.tolist() == [[1.0] * 64]
    card = repository.files["README.md"].decode()
    assert "ganmend sample 'my gan.pth' hf:someone/deer" in card
    assert "license" not in card
    assert "|" not in card
    assert "png" not in card


def test_a_dry_run_sends_nothing(
    hub: StandIn, mended: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    shown = output_of(monkeypatch, capsys, *PUSH, "--dry-run", "--out", "kept")
    assert (Path("kept") / "README.md").read_text() == shown.removesuffix("\n")
    content = (mended / "embedding.safetensors").read_bytes()
    assert (Path("kept") / "embedding.safetensors").read_bytes() == content
    assert json.loads(output_of(monkeypatch, capsys, *PUSH, "--dry-run", "--json"))["url"] is None
    assert not hub.asked


def test_a_second_push_needs_overwrite(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repositories["someone/frog"] = Repository({"README.md": b"mine", "other.txt": b"kept"})
    assert "someone/frog exists" in error_of(monkeypatch, capsys, *PUSH)
    assert sent(hub) == {"README.md": b"mine", "other.txt": b"kept"}
    assert "is public" in error_of(monkeypatch, capsys, *PUSH, "--overwrite", "--private")
    assert sent(hub) == {"README.md": b"mine", "other.txt": b"kept"}
    output_of(monkeypatch, capsys, *PUSH, "--overwrite")
    assert sent(hub)["README.md"].startswith(b"---\nlibrary_name: ganmend\n")
    assert sent(hub)["other.txt"] == b"kept"


@pytest.mark.parametrize(
    ("start", "status", "expected"),
    [
        ("/api/repos", 401, "status 401"),
        ("/api/repos", 403, "hf auth login"),
        ("/api/repos", 503, "nothing was sent"),
        ("/api/models/someone/frog/commit", 403, "the files did not arrive"),
        ("/api/models/someone/frog/preupload", 403, "the files did not arrive"),
        ("/api/validate-yaml", 503, "the files did not arrive"),
    ],
)
def test_what_the_hub_refuses_is_one_line(
    start: str, status: int, expected: str, hub: StandIn, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    hub.failing[start] = status
    assert expected in error_of(monkeypatch, capsys, *PUSH)
    assert not hub.repositories or not sent(hub)


def test_a_wrong_token(hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    line = error_of(monkeypatch, capsys, *PUSH)
    assert "status 401" in line
    assert "hf_of_nobody" not in line


def test_no_token_and_no_network(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(hub)
    assert "nothing was sent" in error_of(monkeypatch, capsys, *PUSH)
    monkeypatch.delenv("HF_TOKEN")
    assert "no token" in error_of(monkeypatch, capsys, *PUSH)


MISTAKES = {
    "no repository": (["mended", "frog"], "OWNER/REPO"),
    "nothing there": (["absent", "someone/frog"], "no embedding file"),
    "no result": (["empty", "someone/frog"], "no embedding file at empty/embedding.safetensors"),
    "unknown generator": (["other.npy", "someone/frog"], "--generator is needed"),
    "no license": (["mended", "someone/frog", "--license", "My License"], "--license"),
    "out alone": (["mended", "someone/frog", "--out", "kept"], "--dry-run"),
    "existing out": (["mended", "someone/frog", "--dry-run", "--out", "empty"], "--overwrite"),
    "broken metrics": (["broken", "someone/frog"], "JSON"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(
    mistake: str, hub: StandIn, mended: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    Path("broken").mkdir()
    Path("broken/embedding.safetensors").write_bytes((mended / "embedding.safetensors").read_bytes())
    Path("broken/metrics.json").write_text("{")
    np.save("other.npy", np.ones((1, 64), np.float32))
    words, expected = MISTAKES[mistake]
    assert expected in error_of(monkeypatch, capsys, "push-to-hub", *words)
    assert not hub.asked
    assert not Path("kept").exists()
