"""What goes to the hub: which files, and what the card says of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ganmend.demo.bundled import bundled_fingerprint
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.errors import EmbeddingError, HubError, OptionError
from ganmend.report.card import Card, render_card
from ganmend.report.story import Deed, story
from ganmend.workbench.publication import prepare_publication
from tests.metrics.certain import certain
from tests.report.test_page import AFTER, BEFORE

VERDICT = certain(BEFORE, AFTER)
CONFIG = {"task": "repair", "target": "frog", "classifier": "tiny", "judge": "eye", "preset": "default", "seed": 0}
MADE = {"machine": "a computer", "judge_fingerprints": "ab"}
FACTS = {"preset": "default", "seed": 0, "classifier": "tiny", "judge": "eye", "machine": "a computer",
         "judge fingerprints": "ab"}  # fmt: skip
TOLD = story(Deed("repair", "frog", "frog", "tiny", 3.0, VERDICT, harm=("It grew dull.",)))
REPOSITORY = "someone/frog"


def mended(folder: Path, generator: str = "", target: str = "frog", task: str = "repair") -> Path:
    """A result directory."""
    folder.mkdir()
    edit = ClassEdit(torch.ones(1, 64), generator=generator, target=target, details={"task": task})
    edit.save(folder / "embedding.safetensors")
    metrics = {"seconds": 3.0, "harm": ["It grew dull."], "made": MADE, **VERDICT.as_dict()}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "before_after.png").write_bytes(b"a picture")
    (folder / "history.jsonl").write_text("")
    (folder / "report.html").write_text("")
    return folder


def test_a_result_directory(tmp_path: Path) -> None:
    folder = mended(tmp_path / "mended", bundled_fingerprint())
    got = prepare_publication(folder, REPOSITORY, license="cc-by-4.0")
    kept = ["before_after.png", "config.json", "embedding.safetensors", "metrics.json"]
    assert got.files == {name: folder / name for name in kept}
    assert got.names == ["README.md", *kept]
    assert got.title == "ganmend: frog"
    expected = Card(
        REPOSITORY, "embedding.safetensors", "demo", bundled_fingerprint(), "frog", "repair", "cc-by-4.0",
        "before_after.png", VERDICT, TOLD, FACTS,
    )  # fmt: skip
    assert got.card == render_card(expected)
    assert "**No success; the reasons stand under Doubtful.**" in got.card
    out = tmp_path / "out"
    out.mkdir()
    got.write(out)
    assert sorted(path.name for path in out.iterdir()) == got.names
    for name in kept:
        assert (out / name).read_bytes() == (folder / name).read_bytes()
    assert (out / "README.md").read_text() == got.card


def test_a_file_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "deer.npy", np.ones((1, 64), np.float32))
    got = prepare_publication(tmp_path / "deer.npy", REPOSITORY, generator="my\n `gan`.pth")
    assert got.files == {}
    assert got.names == ["README.md", "embedding.safetensors"]
    assert got.title == "ganmend: a class embedding", "vectors alone do not say what they show"
    assert got.card == render_card(Card(REPOSITORY, "embedding.safetensors", "my 'gan'.pth"))
    (tmp_path / "out").mkdir()
    got.write(tmp_path / "out")
    assert load_edit(tmp_path / "out" / "embedding.safetensors").vectors.tolist() == [[1.0] * 64]


def test_a_safetensors_file_goes_as_it_is(tmp_path: Path) -> None:
    path = mended(tmp_path / "mended") / "embedding.safetensors"
    path = path.rename(tmp_path / "own name.safetensors")
    got = prepare_publication(path, REPOSITORY, generator="biggan-deep-128")
    assert got.files == {"embedding.safetensors": path}
    assert "before_after.png" not in got.card
    assert "0.91" not in got.card


def test_what_others_wrote_stays_in_its_line_of_the_card(tmp_path: Path) -> None:
    folder = mended(tmp_path / "mended", target="a `frog`  on   a log", task="re`pair`\nnow")
    got = prepare_publication(folder, REPOSITORY, generator="own")
    expected = Card(
        REPOSITORY, "embedding.safetensors", "own", "", "a 'frog' on a log", "re'pair' now", "", "before_after.png",
        VERDICT, TOLD, FACTS,
    )  # fmt: skip
    assert got.card == render_card(expected)


def test_nobody_judged(tmp_path: Path) -> None:
    folder = mended(tmp_path / "mended")
    (folder / "metrics.json").write_text("{}")
    card = prepare_publication(folder, REPOSITORY, generator="own").card
    assert "**Judged by nobody.**" in card
    assert "## Figures" not in card
    for name in ("metrics.json", "config.json"):
        (folder / name).unlink()
    found = prepare_publication(folder, REPOSITORY, generator="own")
    assert {"metrics.json", "config.json"}.isdisjoint(found.files)
    assert "|" not in found.card


@pytest.mark.parametrize("verdict", [{"before": 3, "after": [1]}, {"after": {}}, {"before": {}, "after": {"fid": "x"}}])
def test_a_verdict_that_cannot_be_read_is_no_verdict(verdict: dict[str, object], tmp_path: Path) -> None:
    folder = mended(tmp_path / "mended")
    (folder / "metrics.json").write_text(json.dumps(verdict))
    with pytest.raises(HubError, match="holds no verdict that can be read") as refused:
        prepare_publication(folder, REPOSITORY, generator="own")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("license", ["apache-2.0", "cc-by-4.0", "gpl-3.0+", "0bsd"])
def test_identifiers_of_licenses(license: str, tmp_path: Path) -> None:
    got = prepare_publication(mended(tmp_path / "mended"), REPOSITORY, generator="own", license=license)
    assert f"license: {license}\n" in got.card


@pytest.mark.parametrize("license", ["My License", "MIT", "-mit", "mit\n", "mit: x"])
def test_what_is_no_identifier_of_a_license(license: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--license is"):
        prepare_publication(mended(tmp_path / "mended"), REPOSITORY, generator="own", license=license)


def test_what_cannot_be_published(tmp_path: Path) -> None:
    folder = mended(tmp_path / "mended")
    with pytest.raises(HubError, match="OWNER/REPO"):
        prepare_publication(folder, "frog", generator="own")
    with pytest.raises(OptionError, match="--generator is needed"):
        prepare_publication(folder, REPOSITORY)
    with pytest.raises(OptionError, match="--generator is needed"):
        prepare_publication(folder, REPOSITORY, generator=" \n")
    for content, answer in (("{", "JSON"), ("[1]", "holds no JSON object; save the result again")):
        (folder / "metrics.json").write_text(content)
        with pytest.raises(HubError, match=answer) as refused:
            prepare_publication(folder, REPOSITORY, generator="own")
        assert str(refused.value).startswith(str(folder / "metrics.json"))
        assert str(refused.value).endswith("save the result again")
    with pytest.raises(EmbeddingError, match="no embedding file"):
        prepare_publication(tmp_path / "absent", REPOSITORY, generator="own")


def test_the_card_says_what_no_row_can_hold(tmp_path: Path) -> None:
    edits = {
        "row": ClassEdit(torch.ones(1, 64)),
        "rich": ClassEdit(torch.ones(2, 64), torch.eye(3), torch.ones(7), torch.tensor([0.5, 0.5])),
        "norms": ClassEdit(torch.ones(1, 64), offsets=torch.ones(7)),
    }
    for name, edit in edits.items():
        edit.save(tmp_path / f"{name}.safetensors")
    row, rich, norms = (
        prepare_publication(tmp_path / f"{name}.safetensors", REPOSITORY, generator="gan").card.replace("\n", " ")
        for name in edits
    )
    assert "It takes the place of one row of the generator's class table" in row
    for card, words in ((rich, "2 vectors, a latent map, offsets of gains and biases, shares of the vectors"),
                        (norms, "offsets of gains and biases")):  # fmt: skip
        assert f"It holds more than one row of a class table can: {words}. ganmend draws it" in card
        assert "place of one row" not in card
