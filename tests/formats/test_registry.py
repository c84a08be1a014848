"""A format is one entry of the registry: with it files are read and patched, without it they are not known."""

import json
from collections.abc import Collection
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.errors import CheckpointError, OptionError
from ganmend.formats import ajbrock, registry
from ganmend.formats.export import patch_checkpoint
from ganmend.formats.protocol import ClassTable, Folder, Format, ReadOptions, class_names_in, with_class_names
from ganmend.formats.registry import FORMATS, formats_for, weights_in
from ganmend.models.protocol import Generator
from tests.conftest import FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"
TABLE = ClassTable("vectors", "tell them of {n} classes", transposed=True)
FOLDER = Folder("weights.zip", "facts.json", "classes")


def recognises(names: Collection[str]) -> bool:
    return TABLE.tensor in names


def read(tensors: dict[str, Tensor], options: ReadOptions) -> Generator:
    """The tensors of BigGAN-PyTorch, the table under another name and turned; the eps from the file beside them."""
    eps = options.config.get("eps")
    assert eps is None or isinstance(eps, float)
    plain = {"shared.weight": tensors.pop(TABLE.tensor).T, **tensors}
    return ajbrock.read(plain, ReadOptions(options.class_names, bn_eps=eps))


@pytest.fixture
def turned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a format that was added to the registry."""
    added = Format("turned", "the turned tables", recognises, read, TABLE, FOLDER)
    monkeypatch.setattr(registry, "FORMATS", (*FORMATS, added))
    tensors = torch.load(TINY, weights_only=True)
    tensors[TABLE.tensor] = tensors.pop("shared.weight").T.contiguous()
    (tmp_path / "G").mkdir()
    torch.save(tensors, tmp_path / "G" / FOLDER.weights)
    (tmp_path / "G" / FOLDER.config).write_text(json.dumps({"eps": 0.1, "classes": 10}))
    return tmp_path / "G"


def test_a_new_format_is_read(turned: Path) -> None:
    gan, expected = load_generator(turned), load_generator(TINY, bn_eps=0.1)
    z = torch.randn(2, gan.dim_z)
    assert torch.equal(gan.class_embeddings, expected.class_embeddings)
    assert torch.equal(gan(z, gan.class_embeddings[:2]), expected(z, expected.class_embeddings[:2]))


def test_a_new_format_is_patched(turned: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    out, before = tmp_path / "out" / FOLDER.weights, load_generator(turned)
    note = patch_checkpoint(turned / FOLDER.weights, [10], torch.ones(1, 128), out, ["class"] * 11)
    assert note == "tell them of 11 classes"
    table = torch.load(out, weights_only=True)[TABLE.tensor]
    assert torch.equal(table, torch.cat([before.class_embeddings, torch.ones(1, 128)]).T)
    assert json.loads((tmp_path / "out" / FOLDER.config).read_text()) == {"eps": 0.1, "classes": 11}


def test_without_its_line_it_is_not_known(turned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMATS", FORMATS)
    assert weights_in(turned) is None
    with pytest.raises(CheckpointError, match=r"lacks the tensor 'shared\.weight'"):
        load_generator(turned / FOLDER.weights)


def test_the_names_of_the_formats() -> None:
    assert [form.name for form in FORMATS] == ["ajbrock", "huggingface", "studiogan", "ganmend"]
    for form in FORMATS:
        assert formats_for(form.name) == (form,)
    assert formats_for() == FORMATS
    with pytest.raises(OptionError, match="one of ajbrock, huggingface, studiogan, ganmend"):
        formats_for("tensorflow")


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [("brock_biggan_32.pth", "ajbrock"), ("brock_biggan_deep_64.pth", "ajbrock"),
     ("studiogan_big_resnet_32.pth", "studiogan"), ("studiogan_big_resnet_deep_legacy_32.pth", "studiogan"),
     ("hf_biggan_deep_64/pytorch_model.bin", "huggingface")],
)  # fmt: skip
def test_each_file_is_one_formats(checkpoint: str, name: str) -> None:
    tensors = torch.load(FIXTURES / checkpoint, weights_only=True)
    tensors = tensors.get("state_dict", tensors)
    assert [form.name for form in FORMATS if form.recognises(tensors)] == [name]


def test_class_names_go_through_metadata() -> None:
    written = with_class_names({"from": "here", "class_names": '["old"]'}, ("one", "zwei ö"))
    assert class_names_in(written) == ("one", "zwei ö")
    assert written["from"] == "here"
    assert class_names_in({}) == ()
    with pytest.raises(CheckpointError, match="expected a list"):
        class_names_in({"class_names": "3"})


def test_broken_class_names_are_refused_with_the_files_name(tmp_path: Path) -> None:
    tensors = {name: tensor.contiguous() for name, tensor in torch.load(TINY, weights_only=True).items()}
    for text, complaint in (("{", "JSON"), ('{"a": 1}', "expected a list")):
        save_file(tensors, tmp_path / "G.safetensors", {"class_names": text})
        with pytest.raises(CheckpointError, match=rf"G\.safetensors: .*{complaint}"):
            load_generator(tmp_path / "G.safetensors")


def test_a_file_of_ganmends_own_needs_its_metadata_to_be_renamed(tmp_path: Path) -> None:
    from ganmend.formats.native import write_generator

    write_generator(load_generator(TINY), str(tmp_path / "G.safetensors"), "here")  # text is a path, too
    with safe_open(tmp_path / "G.safetensors", "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(tensors, tmp_path / "bare.safetensors")
    with pytest.raises(CheckpointError, match="not ganmend's"):
        patch_checkpoint(tmp_path / "bare.safetensors", [10], torch.ones(1, 128), tmp_path / "out", ["class"] * 11)
    assert not (tmp_path / "out").exists()
