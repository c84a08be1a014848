"""The generator's file in a folder as projects leave it, and what is told where several are meant."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ganmend.catalog.folder import choose
from ganmend.catalog.load import checkpoint_path, load_generator
from ganmend.errors import CheckpointError, GanmendWarning
from ganmend.formats.export import patch_checkpoint
from tests.conftest import FIXTURES
from tests.files.test_weights import INDEX

TINY, HUGGINGFACE = FIXTURES / "brock_biggan_32.pth", FIXTURES / "hf_biggan_deep_64"
STUDIOGAN = [f"model={network}-{which}-weights-step={step}.pth"
             for network in ("G", "G_ema", "D") for which, step in (("best", 9000), ("current", 12000))]  # fmt: skip
# Files in a folder, the one that is meant, and whether others could be meant.
FOLDERS = {
    "BigGAN-PyTorch": (["D.pth", "D_optim.pth", "G.pth", "G_ema.pth", "G_optim.pth", "state_dict.pth"], "G_ema.pth", 1),
    "BigGAN-PyTorch, best": (["D_best0.pth", "G_best0.pth", "G_best1.pth", "G_ema_best0.pth", "G_ema_best1.pth",
                              "G_optim_best1.pth", "state_dict_best1.pth", "G.pth", "G_ema.pth"],
                             "G_ema_best1.pth", 5),
    "BigGAN-PyTorch, copies": (["G_ema_copy0.pth", "G_ema_copy1.pth", "D_copy1.pth"], "G_ema_copy1.pth", 1),
    "BigGAN-PyTorch, no average": (["D.pth", "G.pth", "G_optim.pth", "D_optim.pth", "state_dict.pth"], "G.pth", 0),
    "StudioGAN": (STUDIOGAN, "model=G_ema-best-weights-step=9000.pth", 3),
    "StudioGAN, several steps": (["model=G-current-weights-step=2000.pth", "model=G-current-weights-step=10000.pth",
                                  "model=D-current-weights-step=90000.pth"],
                                 "model=G-current-weights-step=10000.pth", 1),
    "StudioGAN, average before best": (["model=G-best-weights-step=9.pth", "model=G_ema-current-weights-step=1.pth"],
                                       "model=G_ema-current-weights-step=1.pth", 1),
    "transformers": (["config.json", "model.safetensors", "pytorch_model.bin", "training_args.bin"],
                     "model.safetensors", 0),
    "older transformers": (["config.json", "pytorch_model.bin", "G.pth"], "pytorch_model.bin", 0),
    "one with another's names": (["netD.pt", "netG.pt", "optimizer.pt", "log.txt"], "netG.pt", 0),
    "numbered": (["netG_epoch_9.ckpt", "netG_epoch_10.ckpt", "netD_epoch_99.ckpt"], "netG_epoch_10.ckpt", 1),
    "the last without a number": (["G_1000.pth", "G.pth"], "G.pth", 1),
    "two kinds of one": (["biggan.pth", "biggan.safetensors"], "biggan.safetensors", 0),
    "a single one": (["readme.md", "weights.pth.tar", ".hidden.pth"], "weights.pth.tar", 0),
    "nothing but another network": (["D.pth"], "D.pth", 0),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_generator_of_a_folder(kind: str, tmp_path: Path) -> None:
    names, expected, others = FOLDERS[kind]
    for name in names:
        (tmp_path / name).touch()
    choice = choose(tmp_path)
    assert choice is not None
    assert choice.file == checkpoint_path(tmp_path) == tmp_path / expected
    assert len(choice.others) == others
    assert (expected in choice.told()) is (others > 0)


@pytest.mark.parametrize("names", [["a.pth", "b.pth"], ["G_a.pth", "G_b.pth", "D.pth"], ["x_1.pt", "y_1.pt"]])
def test_where_names_do_not_tell_all_are_listed(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(CheckpointError, match="holds several checkpoints; give the path of one") as caught:
        load_generator(tmp_path)
    assert all(name in str(caught.value) for name in names if not name.startswith("D"))


def test_one_line_says_which_was_taken(tmp_path: Path) -> None:
    tensors = torch.load(TINY, weights_only=True)
    torch.save(tensors, tmp_path / "G_ema.pth")
    torch.save({name: tensor * 2 for name, tensor in tensors.items()}, tmp_path / "G.pth")
    with pytest.warns(GanmendWarning, match=r"took G_ema\.pth; to take another, give its path: 'G\.pth'") as caught:
        generator = load_generator(tmp_path)
    assert len(caught) == 1
    assert generator.fingerprint == load_generator(TINY).fingerprint != load_generator(tmp_path / "G.pth").fingerprint


@pytest.mark.parametrize(
    ("names", "complaint"),
    [([], "it holds nothing"), (["a.txt", "config.json"], "it holds 'a.txt', 'config.json'"),
     (["saved_model.pb"], "TensorFlow"), (["checkpoint", "model.ckpt-7.index"], "TensorFlow")],
)  # fmt: skip
def test_a_folder_without_a_checkpoint_is_told(names: list[str], complaint: str, tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(CheckpointError, match=complaint):
        load_generator(tmp_path)


def huggingface(folder: Path, kind: str, eps: float = 1e-4) -> Path:
    """The fixture as one safetensors file, or as two behind an index; config.json gives the eps."""
    tensors = {name: tensor.contiguous() for name, tensor in torch.load(HUGGINGFACE / "pytorch_model.bin").items()}
    config = (HUGGINGFACE / "config.json").read_text().replace('"eps": 0.0001', f'"eps": {eps}')
    (folder / "config.json").write_text(config)
    if kind == "one":
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        return folder / "model.safetensors"
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    places = {name: names[k % 2] for k, name in enumerate(tensors)}
    for part in names:
        save_file({name: tensor for name, tensor in tensors.items() if places[name] == part}, folder / part)
    (folder / f"model.safetensors{INDEX}").write_text(str({"weight_map": places}).replace("'", '"'))
    return folder / f"model.safetensors{INDEX}"


@pytest.mark.parametrize("kind", ["one", "two"])
def test_safetensors_of_transformers_with_their_config(kind: str, tmp_path: Path) -> None:
    weights = huggingface(tmp_path, kind, eps=0.5)
    assert checkpoint_path(tmp_path) == weights
    inside = weights if kind == "one" else tmp_path / "model-00002-of-00002.safetensors"
    expected, z = load_generator(HUGGINGFACE, bn_eps=0.5), torch.randn(1, 128)
    for given in (tmp_path, inside, weights):
        generator = load_generator(given)
        assert generator.fingerprint == expected.fingerprint
        assert torch.equal(generator(z, generator.class_embeddings[:1]), expected(z, expected.class_embeddings[:1]))


@pytest.mark.parametrize("kind", ["one", "two"])
def test_safetensors_of_transformers_are_exported_as_one_file(kind: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    weights, out = huggingface(tmp_path / "in", kind), tmp_path / "model.safetensors"
    patch_checkpoint(weights, 2, torch.ones(128), out)
    assert (tmp_path / "config.json").read_bytes() == (tmp_path / "in" / "config.json").read_bytes()
    before, after = torch.load(HUGGINGFACE / "pytorch_model.bin"), load_file(out)
    assert [name for name in before if not torch.equal(before[name], after[name])] == ["embeddings.weight"]
    assert load_generator(out).class_embeddings[2].eq(1).all()


def test_a_file_in_a_folder_of_transformers_finds_the_config_beside_it(tmp_path: Path) -> None:
    shutil.copytree(HUGGINGFACE, tmp_path / "G")
    (tmp_path / "G" / "config.json").write_text('{"num_classes": 11}')
    with pytest.raises(CheckpointError, match=r"config\.json gives num_classes 11, the weights 10"):
        load_generator(tmp_path / "G" / "pytorch_model.bin")


@pytest.mark.parametrize("given", ["absent.pth", "a\x00b", "x" * 300, "."])
def test_paths_that_no_system_takes_are_refused_in_one_line(given: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        load_generator(tmp_path / given)
    assert "\n" not in str(caught.value)
