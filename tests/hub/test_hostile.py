"""What a hub that means ill, or is none, can make of a download: one line, and nothing outside the cache."""

import hashlib
import json
import time
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.errors import HubError
from ganmend.hub import transfer
from ganmend.hub.address import Address, parse_address
from tests.conftest import FIXTURES
from tests.hub.conftest import stop
from tests.hub.stand_in import COMMIT, Repository, StandIn

TINY = (FIXTURES / "brock_biggan_32.pth").read_bytes()
PAGE = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"


@pytest.fixture
def gans(hub: StandIn) -> Repository:
    repository = hub.repositories["someone/gans"] = Repository({"G.pth": TINY})
    return repository


def kept() -> list[Path]:
    return sorted(path for path in Path().rglob("*.pth"))


def test_an_etag_leads_nowhere(gans: Repository, hub: StandIn, tmp_path: Path) -> None:
    """huggingface_hub 2.4.0 keeps a file under the name that the answer's ETag gives it."""
    hub.etag = "../../../../written-outside"
    load_generator("hf:someone/gans")
    assert not list(tmp_path.rglob("*written-outside*"))
    assert kept() == [Path(f"hub-cache/models--someone--gans/snapshots/{COMMIT}/G.pth")]


@pytest.mark.parametrize(
    "answer",
    [
        [], None, "x", 3, {}, {"sha": COMMIT, "siblings": None}, {"sha": COMMIT, "siblings": {"rfilename": "G.pth"}},
        {"sha": "../../outside", "siblings": [{"rfilename": "G.pth"}]}, {"sha": 3, "siblings": []},
        {"sha": None, "siblings": []}, {"sha": COMMIT.upper(), "siblings": []},
    ],
)  # fmt: skip
def test_an_answer_that_is_no_list_of_files(answer: object, hub: StandIn, gans: Repository) -> None:
    hub.answers["/api/models/someone/gans"] = json.dumps(answer).encode()
    with pytest.raises(HubError, match=r"^the hub's answer about someone/gans is no list of files"):
        load_generator("hf:someone/gans")
    assert kept() == []


@pytest.mark.parametrize("content", [b"", PAGE, b"\xff\xfe", b"{" * 100_000])
def test_an_answer_that_is_no_json(content: bytes, hub: StandIn, gans: Repository) -> None:
    hub.answers["/api/models/someone/gans"] = content
    with pytest.raises(HubError, match="is no list of files"):
        load_generator("hf:someone/gans")


@pytest.mark.parametrize("entry", [{}, {"rfilename": None}, {"rfilename": 3}, [], None, "G.pth"])
def test_an_entry_without_a_name(entry: object, hub: StandIn, gans: Repository) -> None:
    hub.answers["/api/models/someone/gans"] = json.dumps({"sha": COMMIT, "siblings": [entry]}).encode()
    with pytest.raises(HubError, match="an entry without a name"):
        load_generator("hf:someone/gans")


def listed(**facts: object) -> bytes:
    return json.dumps({"sha": COMMIT, "siblings": [{"rfilename": "G.pth", **facts}]}).encode()


BLOB = hashlib.sha1(b"blob %d\0" % len(TINY) + TINY).hexdigest()
LFS = {"sha256": hashlib.sha256(TINY).hexdigest(), "size": len(TINY)}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"lfs": LFS | {"sha256": "0" * 64}, "blobId": BLOB}, "another checksum"),
        ({"blobId": "0" * 40}, "another checksum"),
        ({"size": len(TINY) - 1}, "more than the .* bytes"),
        ({"size": len(TINY) + 1}, "were announced"),
    ],
)
def test_another_file_than_was_announced_is_not_kept(
    facts: dict[str, object], why: str, hub: StandIn, gans: Repository
) -> None:
    hub.answers["/api/models/someone/gans"] = listed(**facts)
    with pytest.raises(HubError, match=why):
        load_generator("hf:someone/gans")
    assert kept() == []


@pytest.mark.parametrize(
    "facts",
    [{"lfs": LFS, "blobId": "0" * 40, "size": len(TINY)}, {"blobId": BLOB}, {}, {"lfs": [], "size": "1", "blobId": 3}],
)
def test_what_is_announced_is_taken(facts: dict[str, object], hub: StandIn, gans: Repository) -> None:
    hub.answers["/api/models/someone/gans"] = listed(**facts)
    assert load_generator("hf:someone/gans").resolution == 32


@pytest.mark.parametrize("slow", ["/api/models/", "/someone/gans/resolve/"])
def test_a_slow_drip_ends(slow: str, hub: StandIn, gans: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 0.3)
    hub.dripping = slow
    begin = time.monotonic()
    with pytest.raises(HubError, match="comes too slowly"):
        load_generator("hf:someone/gans")
    assert time.monotonic() - begin < 5
    assert kept() == []


def test_a_web_page_is_not_kept_and_one_that_is_there_is_fetched_again(gans: Repository, hub: StandIn) -> None:
    gans.files["G.pth"] = PAGE
    with pytest.raises(HubError, match="the answer is a web page"):
        load_generator("hf:someone/gans")
    assert kept() == []
    place = Path(f"hub-cache/models--someone--gans/snapshots/{COMMIT}/G.pth")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(PAGE)
    gans.files["G.pth"] = TINY
    assert load_generator("hf:someone/gans").resolution == 32
    place.write_bytes(PAGE)
    stop(hub)
    with pytest.raises(HubError, match=r"G\.pth is a web page that was kept in its place; delete it"):
        load_generator("hf:someone/gans")


def test_a_revision_is_asked_for_and_kept_apart(hub: StandIn, tmp_path: Path) -> None:
    for revision, number in (("main", 0.0), ("v2", 2.0), ("refs/pr/1", 1.0)):
        ClassEdit(torch.full((1, 4), number)).save(tmp_path / "e.npy")
        hub.repositories["someone/frog"] = Repository({"e.npy": (tmp_path / "e.npy").read_bytes()})
        hub.commit = hashlib.sha1(revision.encode()).hexdigest()
        between = ":" if "/" in revision else "/"
        address = f"hf:someone/frog@{revision}" if number else "hf:someone/frog"
        for text in (address, f"{address}{between}e.npy"):
            assert load_edit(text).vectors[0, 0] == number
        asked = f"GET /api/models/someone/frog{f'/revision/{revision}' if number else ''}"
        assert hub.asked[asked] == 2
    stop(hub)
    assert load_edit("hf:someone/frog@v2").vectors[0, 0] == 2
    assert load_edit("hf:someone/frog@refs/pr/1:e.npy").vectors[0, 0] == 1
    assert load_edit("hf:someone/frog").vectors[0, 0] == 0
    assert load_edit(f"hf:someone/frog@{hashlib.sha1(b'v2').hexdigest()}").vectors[0, 0] == 2


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hf:a/b", Address("a/b")),
        ("hf:a/b/c/d.pt", Address("a/b", "c/d.pt")),
        ("hf:a/b:c/d.pt", Address("a/b", "c/d.pt")),
        ("hf:a/b@v1.0", Address("a/b", "", "v1.0")),
        ("hf:a/b@v1/c/d.pt", Address("a/b", "c/d.pt", "v1")),
        ("hf:a/b@refs/pr/1:c/d@.pt", Address("a/b", "c/d@.pt", "refs/pr/1")),
        ("hf:a/b/c@d", Address("a/b", "c@d")),
    ],
)
def test_the_parts_of_an_address(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["hf:a/b@", "hf:a/b@../x", "hf:a/b@x/../y:z", "hf:a/b@-x", "hf:a/b@v1/../x", "hf:a/b@v 1"]
)
def test_what_is_no_revision(text: str) -> None:
    with pytest.raises(HubError, match="expected"):
        parse_address(text)


def test_nothing_but_the_files_is_asked_for_and_the_asker_is_named(gans: Repository, hub: StandIn) -> None:
    load_generator("hf:someone/gans")
    assert set(hub.asked) == {"GET /api/models/someone/gans", f"GET /someone/gans/resolve/{COMMIT}/G.pth"}
    for agent in hub.agents:
        assert agent.startswith("ganmend/0.")
        assert "torch/" not in agent
    assert constants.HF_HUB_DISABLE_TELEMETRY is False, "what the user's own program asks is its own affair"
