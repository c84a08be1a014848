"""Real images: which of them a search matches, and which a verdict compares with."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from ganmend.demo.bundled import WEIGHTS
from ganmend.errors import ClassifierError, ImageFolderError
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.targets.bundled import load_bundled
from ganmend.targets.classifier import Classifier
from ganmend.targets.preprocessing import read_images
from ganmend.workbench.real_images import (
    ALL,
    BATCH,
    HELD_OUT,
    TO_MATCH,
    RealImages,
    bundled_photographs,
    bundled_reference,
    matching_features_of_folder,
    reference_from_folder,
)
from tests.workbench.conftest import make_judge


def images_of(folder: Path, classifier: Classifier) -> torch.Tensor:
    return read_images(folder, classifier.resolution)


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_no_image_is_matched_and_held_out(n: int) -> None:
    images = list(range(n))
    assert not set(images[TO_MATCH]) & set(images[HELD_OUT])
    assert sorted(images[TO_MATCH] + images[HELD_OUT]) == images[ALL] == images
    assert len(images[TO_MATCH]) - len(images[HELD_OUT]) in (0, 1), "half each"


def test_a_search_matches_the_first_half_where_a_verdict_follows(
    photographs: Path, tiny_classifier: Classifier
) -> None:
    seen = tiny_classifier.matching_features(images_of(photographs, tiny_classifier))
    real = RealImages(photographs)
    assert torch.equal(real.to_match(tiny_classifier, "frog", judged=True), seen[0::2])
    assert torch.equal(real.to_match(tiny_classifier, "frog", judged=False), seen)


def test_a_verdict_after_a_search_takes_the_other_half(photographs: Path, judge: Classifier) -> None:
    seen = judge.logits_and_features(images_of(photographs, judge))[1]
    real = RealImages(photographs)
    for searched, expected in ((True, seen[1::2]), (False, seen)):
        reference = real.reference(judge, "frog", searched=searched)
        assert torch.equal(reference.features, expected)
        torch.testing.assert_close(reference.gaussian.mean, expected.double().mean(0))
        assert reference.gaussian.n == len(expected)


def test_many_images_go_through_in_parts(tmp_path: Path, tiny_classifier: Classifier) -> None:
    for index in range(BATCH + 2):
        Image.new("RGB", (4, 4), (index % 256, 255 - index % 256, 128)).save(tmp_path / f"{index:03d}.png")
    assert tiny_classifier.matching_layers, "found once by an image of zeros, which is not to be counted below"
    seen: list[int] = []
    watch = tiny_classifier.network.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    features = matching_features_of_folder(tiny_classifier, tmp_path)
    watch.remove()
    assert seen == [250, 2]
    assert not features.requires_grad
    expected = tiny_classifier.matching_features(images_of(tmp_path, tiny_classifier))
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-5)


def test_too_few_images_to_compare_with(tmp_path: Path, tiny_classifier: Classifier) -> None:
    """Coverage asks for the fifth nearest neighbour of each: six images at least."""
    for index in range(11):
        Image.new("RGB", (32, 32), (index, 0, 0)).save(tmp_path / f"{index:02d}.png")
    with pytest.raises(ImageFolderError, match=r"gives 5 images to judge by, expected more than 5; every other one"):
        RealImages(tmp_path).reference(tiny_classifier, "frog", searched=True)
    assert len(reference_from_folder(tiny_classifier, tmp_path, TO_MATCH).features) == 6
    for index in range(6, 11):
        (tmp_path / f"{index:02d}.png").unlink()
    assert len(reference_from_folder(tiny_classifier, tmp_path).features) == 6
    (tmp_path / "05.png").unlink()
    with pytest.raises(ImageFolderError) as refused:
        reference_from_folder(tiny_classifier, tmp_path)
    assert str(refused.value).endswith("gives 5 images to judge by, expected more than 5; add images")


@pytest.fixture
def statistics(judge: Classifier, tmp_path: Path) -> Path:
    features = torch.randn(8, 72)
    classes = {"frog": ClassReference(fit_gaussian(features), features.half().float())}
    ReferenceStatistics(classes, judge.fingerprint, "test").save(tmp_path / "real.safetensors")
    return tmp_path / "real.safetensors"


def test_a_statistics_file_serves_verdicts_only(
    statistics: Path, judge: Classifier, tiny_classifier: Classifier
) -> None:
    """Also on the bundled generator, whose own are then not used."""
    saved = ReferenceStatistics.load(statistics).classes["frog"].features
    for bundled in (False, True):
        real = RealImages(statistics, bundled)
        assert real.folder is None
        for searched in (False, True):
            assert torch.equal(real.reference(judge, "frog", searched=searched).features, saved)
        assert real.reference(judge, "deer", searched=True) is None
    assert RealImages(statistics).to_match(tiny_classifier, "frog", judged=True) is None


def test_statistics_of_another_judge_are_refused(statistics: Path, judge: Classifier) -> None:
    other = make_judge()
    other.fingerprint = "another"
    real = RealImages(statistics)
    assert real.statistics_for(judge) is real.statistics
    with pytest.raises(ClassifierError, match=f"made with judge {judge.fingerprint}, this judge is another"):
        real.reference(other, "frog", searched=True)


def test_a_folder_holds_no_statistics(photographs: Path, judge: Classifier) -> None:
    for bundled in (False, True):
        real = RealImages(photographs, bundled)
        assert (real.folder, real.statistics, real.statistics_for(judge)) == (photographs, None, None)


def test_the_packages_own_serve_the_bundled_generator_alone(judge: Classifier) -> None:
    search, bundled_judge = load_bundled("search"), load_bundled("judge")
    ours, none = RealImages(bundled=True), RealImages()
    with torch.no_grad():
        assert torch.equal(ours.to_match(search, "frog", judged=True), bundled_photographs(search, "frog"))
    reference = ours.reference(bundled_judge, "frog", searched=True)
    assert torch.equal(reference.features, bundled_reference().classes["frog"].features)
    assert none.to_match(search, "frog", judged=True) is None
    assert none.reference(bundled_judge, "frog", searched=True) is None
    # Features mean something to the classifier that made them only.
    assert ours.to_match(judge, "frog", judged=True) is None
    assert ours.reference(judge, "frog", searched=True) is None


def test_what_photographs_the_package_has() -> None:
    search = load_bundled("search")
    width = search.matching_features(torch.zeros(1, 3, 32, 32)).shape[1]
    frogs, deer = (bundled_photographs(search, name) for name in ("frog", "deer"))
    assert (frogs.shape, frogs.dtype) == ((200, width), torch.float32)
    assert not torch.equal(frogs, deer)
    assert bundled_photographs(search, "none") is None
    assert bundled_photographs(load_bundled("judge"), "frog") is None
    assert bundled_reference().judge == load_bundled("judge").fingerprint
    assert (WEIGHTS / "photographs.safetensors").is_file()


def test_a_folder_of_ones_own_replaces_the_packages(photographs: Path) -> None:
    search = load_bundled("search")
    found = RealImages(photographs, bundled=True).to_match(search, "frog", judged=True)
    assert torch.equal(found, matching_features_of_folder(search, photographs, TO_MATCH))
