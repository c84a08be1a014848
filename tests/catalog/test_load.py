"""What a user may give for a generator, and what is refused in one line before anything is read."""

import shutil
import warnings
from pathlib import Path

import pytest
import torch

from ganmend.catalog.load import checkpoint_path, load_generator
from ganmend.catalog.published import PUBLISHED
from ganmend.demo.bundled import WEIGHTS, bundled_fingerprint
from ganmend.errors import CheckpointError, OptionError
from ganmend.formats.export import patch_checkpoint
from tests.conftest import CIFAR10, FIXTURES

TINY = FIXTURES / "brock_biggan_32.pth"


def test_text_and_paths_are_the_same() -> None:
    assert load_generator(str(TINY)).fingerprint == load_generator(TINY).fingerprint


def test_text_and_paths_are_the_same_to_export(tmp_path: Path) -> None:
    patch_checkpoint(str(TINY), 0, torch.ones(128), str(tmp_path / "out.pth"))
    assert load_generator(tmp_path / "out.pth").class_embeddings[0].eq(1).all()


@pytest.mark.parametrize("wrong", [None, 3, b"G.pth", ["G.pth"], torch.zeros(1)], ids=str)
def test_what_is_no_path_is_refused(wrong: object, tmp_path: Path) -> None:
    for call in (
        lambda: load_generator(wrong),
        lambda: checkpoint_path(wrong),
        lambda: patch_checkpoint(wrong, 0, torch.ones(128), tmp_path / "out.pth"),
        lambda: patch_checkpoint(TINY, 0, torch.ones(128), wrong),
    ):
        with pytest.raises(OptionError, match=r"came as a path; expected text or a pathlib\.Path") as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [{"bn_eps": 0.0}, {"sn_eps": -1e-8}, {"bn_eps": "1e-4"}, {"bn_eps": float("nan")}, {"truncation": 0.0},
     {"truncation": 1.5}, {"truncation": "0.5"}],
    ids=str,
)  # fmt: skip
def test_options_out_of_range_are_refused(options: dict) -> None:
    with pytest.raises(OptionError, match="expected a number above 0") as caught:
        load_generator(TINY, **options)
    assert "\n" not in str(caught.value)


def test_an_option_of_exactly_one_is_in_range() -> None:
    assert load_generator(TINY, truncation=1.0).truncation == 1.0


@pytest.mark.parametrize("names", [CIFAR10[:9], (*CIFAR10[:9], 3), (*CIFAR10[:9], "\x1b[2J")], ids=str)
def test_wrong_class_names_are_refused(names: tuple) -> None:
    with pytest.raises(OptionError, match="class name"):
        load_generator(TINY, class_names=names)


def test_class_names_may_be_a_list() -> None:
    assert load_generator(TINY, class_names=list(CIFAR10)).class_names == CIFAR10


def test_the_bundled_one_by_its_name() -> None:
    assert checkpoint_path("demo") == WEIGHTS / "generator.safetensors"
    assert load_generator("demo").fingerprint == bundled_fingerprint()


def test_a_folder_stands_for_the_weights_in_it(tmp_path: Path) -> None:
    assert checkpoint_path(FIXTURES / "hf_biggan_deep_64") == FIXTURES / "hf_biggan_deep_64" / "pytorch_model.bin"
    assert checkpoint_path(tmp_path) == tmp_path
    with pytest.raises(CheckpointError, match=r"no checkpoint in the folder .*: it holds nothing"):
        load_generator(tmp_path)


def test_a_path_that_is_there_goes_before_a_published_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = next(iter(PUBLISHED))
    shutil.copytree(FIXTURES / "hf_biggan_deep_64", tmp_path / name)
    assert checkpoint_path(name) == Path(name) / "pytorch_model.bin"


def test_a_config_belongs_to_files_of_its_format(tmp_path: Path) -> None:
    """BigGAN-PyTorch has none: a config.json that lies beside its file is somebody else's."""
    shutil.copy(TINY, tmp_path / "G.bin")
    (tmp_path / "config.json").write_text("{")
    assert load_generator(tmp_path / "G.bin").fingerprint == load_generator(TINY).fingerprint


def test_demo_is_the_bundled_generator_whatever_stands_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ganmend demo` itself leaves a folder of that name, full of files that might be checkpoints."""
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    for name in ("frog.safetensors", "deer.safetensors"):
        shutil.copy(WEIGHTS / "search.safetensors", Path("demo", name))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_generator("demo").fingerprint == bundled_fingerprint()
    with pytest.raises(CheckpointError, match="holds several checkpoints"):
        load_generator("./demo/")
