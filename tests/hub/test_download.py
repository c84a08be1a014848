"""Generators and embeddings by name and from the hub: downloaded once, whole or not at all, refused in one line."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save

from ganmend.catalog import published
from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.errors import HubError
from ganmend.hub.address import parse_address
from tests.conftest import FIXTURES
from tests.hub.conftest import error_of, output_of, stop
from tests.hub.stand_in import COMMIT, Repository, StandIn

DEEP = FIXTURES / "hf_biggan_deep_64"
DEEP_FILES = {name: (DEEP / name).read_bytes() for name in ("config.json", "pytorch_model.bin")}
TINY = FIXTURES / "brock_biggan_32.pth"


@pytest.fixture
def deep(hub: StandIn) -> Repository:
    repository = hub.repositories["osanseviero/BigGAN-deep-128"] = Repository({"README.md": b"", **DEEP_FILES})
    return repository


@pytest.fixture
def tiny(hub: StandIn) -> Repository:
    repository = hub.repositories["someone/gans"] = Repository({"runs/1/G_ema.pth": TINY.read_bytes(), "x.txt": b""})
    return repository


def everything(folder: Path) -> list[str]:
    """Files that hold something; the cache's own marks and locks aside."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    return sorted(path.name for path in found if path.name != "CACHEDIR.TAG" and path.parent.name != "refs")


def test_a_published_name_is_downloaded_once_with_its_config(deep: Repository, hub: StandIn) -> None:
    expected = load_generator(DEEP)
    gan = load_generator("biggan-deep-128")
    assert gan.fingerprint == expected.fingerprint
    assert gan.resolution == expected.resolution == 64
    load_generator("biggan-deep-128")
    for file in DEEP_FILES:
        assert hub.asked[f"GET /osanseviero/BigGAN-deep-128/resolve/{COMMIT}/{file}"] == 1
    assert hub.asked[f"GET /osanseviero/BigGAN-deep-128/resolve/{COMMIT}/README.md"] == 0


def test_the_config_comes_along(deep: Repository) -> None:
    """Another config.json is obeyed: the file beside the weights is the one that is read."""
    deep.files["config.json"] = deep.files["config.json"].replace(b'"eps": 0.0001', b'"eps": -1.0')
    assert b"-1.0" in deep.files["config.json"]
    with pytest.raises(Exception, match=r"gives eps -1\.0"):
        load_generator("biggan-deep-128")


def test_the_config_comes_along_with_safetensors(deep: Repository) -> None:
    tensors = {name: tensor.contiguous() for name, tensor in torch.load(DEEP / "pytorch_model.bin").items()}
    config = deep.files["config.json"].replace(b'"eps": 0.0001', b'"eps": -1.0')
    deep.files = {"config.json": config, "model.safetensors": save(tensors, {"format": "pt"})}
    with pytest.raises(Exception, match=r"gives eps -1\.0"):
        load_generator("hf:osanseviero/BigGAN-deep-128")


def test_the_larger_ones_come_from_their_plain_address(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(published.PUBLISHED, "biggan-deep-256", f"{hub.address}/biggan/biggan-deep-256")
    hub.plain.files = {f"/biggan/biggan-deep-256-{name}": content for name, content in DEEP_FILES.items()}
    assert load_generator("biggan-deep-256").resolution == 64
    assert everything(Path("models")) == sorted(DEEP_FILES)
    stop(hub)
    assert load_generator("biggan-deep-256").resolution == 64


def test_a_plain_address_that_is_gone(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(published.PUBLISHED, "biggan-deep-256", f"{hub.address}/gone")
    with pytest.raises(HubError, match=r"^biggan-deep-256 cannot .*404.*put config\.json and pytorch_model"):
        load_generator("biggan-deep-256")


def test_a_file_in_a_folder_and_the_only_checkpoint(tiny: Repository) -> None:
    fingerprint = load_generator(TINY).fingerprint
    assert load_generator("hf:someone/gans/runs/1/G_ema.pth").fingerprint == fingerprint
    assert load_generator("hf:someone/gans").fingerprint == fingerprint


@pytest.mark.parametrize("offline", [False, True])
def test_without_network_the_cache_answers_at_once(
    offline: bool, tiny: Repository, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_generator("hf:someone/gans")
    if offline:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    else:
        stop(hub)
    begin = time.monotonic()
    load_generator("hf:someone/gans")
    load_generator("hf:someone/gans/runs/1/G_ema.pth")
    # Loading takes half a second; a single retry of the hub's client would wait a second or more.
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("where", ["models/biggan-deep-128", "biggan-deep-128"])
def test_a_local_copy_is_taken_without_asking(where: str, hub: StandIn) -> None:
    Path(where).parent.mkdir(exist_ok=True)
    Path(where).symlink_to(DEEP)
    assert load_generator("biggan-deep-128").resolution == 64
    assert not hub.asked


def test_a_local_copy_of_a_repository(hub: StandIn) -> None:
    os.makedirs("models/someone/gans")
    Path("models/someone/gans/G.pth").symlink_to(TINY)
    assert load_generator("hf:someone/gans").resolution == load_generator("hf:someone/gans/G.pth").resolution == 32
    assert not hub.asked


@pytest.mark.parametrize("unreachable", ["stopped", "offline", "failing"])
@pytest.mark.parametrize("name", ["biggan-deep-128", "biggan-deep-512", "hf:someone/gans/G.pth"])
def test_unreachable_says_what_to_put_where(
    name: str, unreachable: str, hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(published.PUBLISHED, "biggan-deep-512", f"{hub.address}/biggan/biggan-deep-512")
    if unreachable == "stopped":
        stop(hub)
    elif unreachable == "offline":
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    else:
        hub.failing["/"] = 503
    line = error_of(monkeypatch, capsys, "info", name)
    folder = name if name.startswith("biggan") else "someone/gans"
    weights = "pytorch_model.bin" if name.startswith("biggan") else "G.pth"
    assert f"into {Path('models').absolute() / folder}" in line
    assert weights in line
    assert ("config.json" in line) == name.startswith("biggan")
    assert {"offline": "HF_HUB_OFFLINE", "failing": "503", "stopped": "refused"}[unreachable] in line
    assert not everything(Path()), "nothing is written"


@pytest.mark.parametrize("name", ["biggan-deep-128", "biggan-deep-256"])
def test_a_download_that_breaks_off_leaves_nothing(
    name: str, deep: Repository, hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(published.PUBLISHED, "biggan-deep-256", f"{hub.address}/biggan-deep-256")
    hub.plain.files = {f"/biggan-deep-256-{name}": content for name, content in DEEP_FILES.items()}
    hub.plain.cut, deep.cut = {"/biggan-deep-256-pytorch_model.bin"}, {"pytorch_model.bin"}
    assert "cannot be downloaded" in error_of(monkeypatch, capsys, "info", name)
    assert set(everything(Path())) <= {"config.json", hashlib.sha1(DEEP_FILES["config.json"]).hexdigest()}
    hub.failing, hub.plain.cut, deep.cut = {}, set(), set()
    assert load_generator(name).resolution == 64


MISTAKES = {
    "hf:someone/absent": "no repository someone/absent",
    "hf:someone/gans/G.pth": "has no G.pth; it holds runs/1/G_ema.pth, x.txt",
    "hf:someone/text": "has no checkpoint; it holds x.txt",
    "hf:someone/several": "name one: D.pth, G.pth",
    "hf:someone/gans/../../secret": "without '..'",
    "hf:someone/gans/runs//G_ema.pth": "without '..'",
    "hf:someone/gans/": "without '..'",
    "hf:someone/gans/C:\\G.pth": "without '..'",
    "hf:../gans": "OWNER/REPO",
    "hf:someone/..": "OWNER/REPO",
    "hf:gans": "OWNER/REPO",
    "hf:": "OWNER/REPO",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_wrong_address_is_one_line(
    name: str, tiny: Repository, hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repositories["someone/text"] = Repository({"x.txt": b""})
    hub.repositories["someone/several"] = Repository({"D.pth": b"1", "G.pth": b"2"})
    assert MISTAKES[name] in error_of(monkeypatch, capsys, "info", name)
    assert not everything(Path())


def test_a_repository_cannot_lead_out_of_the_cache(hub: StandIn) -> None:
    """The hub itself lists a file outside the repository."""
    hub.repositories["someone/evil"] = Repository({"../../G.pth": TINY.read_bytes()})
    with pytest.raises(HubError, match=r"without '\.\.'"):
        load_generator("hf:someone/evil")
    assert not everything(Path())


def test_gated_and_refused(hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    hub.repositories["someone/gated"] = Repository(gated=True)
    hub.failing["/api/models/someone/secret"] = 403
    assert "huggingface.co/someone/gated" in error_of(monkeypatch, capsys, "info", "hf:someone/gated")
    assert "hf auth login" in error_of(monkeypatch, capsys, "info", "hf:someone/secret")


def test_embeddings_from_the_hub(hub: StandIn, tmp_path: Path) -> None:
    table = load_generator(TINY).class_embeddings
    ClassEdit(table[3:4], target="frog").save(tmp_path / "e.safetensors")
    content = (tmp_path / "e.safetensors").read_bytes()
    hub.repositories["someone/frog"] = Repository({"embedding.safetensors": content, "other.npy": b""})
    assert torch.equal(load_edit("hf:someone/frog").vectors, table[3:4])
    assert load_edit("hf:someone/frog/embedding.safetensors").target == "frog"


def test_every_verb_takes_an_embedding_from_the_hub(
    hub: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    gan = load_generator("demo")
    ClassEdit(gan.class_embeddings[5:6], generator=gan.fingerprint, target="frog").save(tmp_path / "e.safetensors")
    content = (tmp_path / "e.safetensors").read_bytes()
    hub.repositories["someone/frog"] = Repository({"embedding.safetensors": content})
    for words in (
        ["sample", "demo", "hf:someone/frog", "-n", "1", "--out", "samples"],
        ["evaluate", "demo", "hf:someone/frog/embedding.safetensors", "-n", "8"],
        ["export", "demo", "hf:someone/frog", "--out", "G.safetensors"],
        ["nearest", "demo", "hf:someone/frog", "-n", "1"],
    ):
        out = output_of(monkeypatch, capsys, *words)
    assert "│ frog" in out
    assert [str(path) for path in Path("samples").rglob("*.png")] == ["samples/frog/00000.png"]


def test_addresses() -> None:
    address = parse_address("hf:someone/gans/runs/1/G_ema.pth")
    assert (address.repository, address.file) == ("someone/gans", "runs/1/G_ema.pth")
    assert str(parse_address("hf:someone/gans")) == "hf:someone/gans"


def process(hub: StandIn, *words: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, which knows the hub by HF_ENDPOINT alone."""
    environment = os.environ | {"HF_ENDPOINT": hub.address, "HF_HOME": str(Path("home").absolute())}
    command = [sys.executable, "-m", "ganmend", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_itself(tiny: Repository, hub: StandIn) -> None:
    ended = process(hub, "info", "hf:someone/gans", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["fingerprint"] == load_generator(TINY).fingerprint


def test_the_hubs_own_warnings_are_not_shown(tiny: Repository, hub: StandIn) -> None:
    tiny.cut = set(tiny.files)
    ended = process(hub, "info", "hf:someone/gans")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "cannot be downloaded" in ended.stderr
