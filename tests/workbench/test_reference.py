"""Reference statistics made of a folder with a sub-folder a class."""

import shutil
from pathlib import Path

import pytest
import torch

from ganmend.errors import GanmendWarning, ImageFolderError, OptionError
from ganmend.metrics.statistics import ReferenceStatistics, class_reference
from ganmend.models.protocol import Generator
from ganmend.progress import Progress
from ganmend.targets.classifier import Classifier
from ganmend.workbench.reference import make_statistics
from ganmend.workbench.workbench import Workbench
from tests.photographs.at_once import read_images


@pytest.fixture
def root(photographs: Path, tmp_path: Path) -> Path:
    """Fourteen pictures of Frog, the first ten of which are of cat too."""
    shutil.copytree(photographs, tmp_path / "root" / "Frog")
    shutil.copytree(photographs, tmp_path / "root" / "cat")
    for path in sorted((tmp_path / "root" / "cat").iterdir())[10:]:
        path.unlink()
    return tmp_path / "root"


def test_each_class_is_made_of_its_sub_folder(root: Path, judge: Classifier) -> None:
    told: list[Progress] = []
    found = make_statistics(root, judge, resolution=16, on_progress=told.append)
    assert (found.judge, found.source, found.resolution) == (judge.fingerprint, "root", 16)
    assert sorted(found.classes) == ["cat", "frog"]
    for name, n in (("cat", 10), ("frog", 14)):
        images = read_images(root / ("Frog" if name == "frog" else name), 16)
        expected = class_reference(*judge.logits_and_features(images), judge.index_of(name))
        assert torch.equal(found.classes[name].features, expected.features)
        assert torch.equal(found.classes[name].gaussian.covariance, expected.gaussian.covariance)
        assert found.classes[name].recognised == expected.recognised
        assert found.classes[name].gaussian.n == n
    assert [(each.stage, each.total) for each in told] == [("reading", 24)] * 2
    assert told[-1].done == 24
    assert make_statistics(root, judge).resolution == judge.resolution == 24


def test_a_diagnosis_takes_the_folder_as_its_statistics(
    root: Path, tmp_path: Path, tiny_generator: Generator, judge: Classifier
) -> None:
    make_statistics(root, judge, resolution=32).save(tmp_path / "real.safetensors")
    by_folder, by_file = (
        {entry.name: entry.verdict for entry in Workbench(tiny_generator, judge=judge, real=real).diagnose(n=6).classes}
        for real in (root, tmp_path / "real.safetensors")
    )
    assert by_folder["frog"].coverage == by_file["frog"].coverage is not None
    # A file keeps features to 3 digits and Gaussians to 7.
    assert by_folder["cat"].fid == pytest.approx(by_file["cat"].fid, rel=1e-3)
    assert by_folder["deer"].coverage is by_file["deer"].coverage is None


def test_what_is_refused_and_left_out(root: Path, photographs: Path, judge: Classifier) -> None:
    with pytest.raises(ImageFolderError, match="no sub-folder that is named for a class of reversed"):
        make_statistics(photographs, judge)
    with pytest.raises(ImageFolderError, match="no folder at"):
        make_statistics(root / "absent", judge)
    with pytest.raises(OptionError, match="resolution is 0"):
        make_statistics(root, judge, resolution=0)
    (root / "cta").mkdir()
    with pytest.warns(GanmendWarning, match="left out 1 sub-folders that are no classes of reversed: cta"):
        make_statistics(root, judge)
    (root / "cta").rmdir()
    for path in sorted((root / "cat").iterdir())[5:]:
        path.unlink()
    with pytest.raises(ImageFolderError, match="holds 5 photographs of cat, expected more than 5"):
        make_statistics(root, judge, on_progress=lambda _: pytest.fail("refused before anything is read"))


def test_statistics_of_one_resolution_are_for_generators_of_it(root: Path, tmp_path: Path, tiny_generator: Generator,
    judge: Classifier) -> None:  # fmt: skip
    make_statistics(root, judge).save(tmp_path / "real.safetensors")
    assert ReferenceStatistics.load(tmp_path / "real.safetensors").resolution == 24
    with pytest.raises(ImageFolderError, match=r"of images of 24 px, and this generator draws 32 px; .* 32$"):
        Workbench(tiny_generator, judge=judge, real=tmp_path / "real.safetensors").diagnose(n=6)
