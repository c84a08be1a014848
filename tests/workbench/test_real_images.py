"""Real images: which of them a search matches, and which a verdict compares with."""

import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganmend.demo.bundled import WEIGHTS
from ganmend.errors import ClassifierError, ImageFolderError
from ganmend.metrics.gaussian import fit_gaussian
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.photographs.reading import ALL, HELD_OUT, TO_MATCH, Photographs
from ganmend.targets.classifier import Classifier
from ganmend.targets.sources.bundled import load_bundled
from ganmend.workbench.bundled_images import bundled_photographs, bundled_reference
from ganmend.workbench.real_images import RealImages, of_class
from ganmend.workbench.seen_photographs import MOST_OF_A_BATCH, batch_size, class_reference_of, matching_features
from tests.photographs.at_once import read_images
from tests.workbench.conftest import make_judge


def images_of(folder: Path, classifier: Classifier) -> torch.Tensor:
    return read_images(folder, 32)


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
    real = RealImages(32, photographs)
    assert torch.equal(real.to_match(tiny_classifier, "frog", judged=True), seen[0::2])
    assert torch.equal(real.to_match(tiny_classifier, "frog", judged=False), seen)


def test_a_verdict_after_a_search_takes_the_other_half(photographs: Path, judge: Classifier) -> None:
    seen = judge.logits_and_features(images_of(photographs, judge))[1]
    real = RealImages(32, photographs)
    for searched, expected in ((True, seen[1::2]), (False, seen)):
        reference = real.reference(judge, "frog", searched=searched)
        assert torch.equal(reference.features, expected)
        torch.testing.assert_close(reference.gaussian.mean, expected.double().mean(0))
        assert reference.gaussian.n == len(expected)


@pytest.mark.parametrize(("resolution", "size"), [(32, 112), (64, 112), (64, 24), (32, 32)])
def test_a_perfect_generator_is_seen_as_its_photographs(resolution: int, size: int, tmp_path: Path) -> None:
    """Images go one way to a network, bit for bit: first to the generator's resolution, then to the network's."""
    numbers = np.random.default_rng(0)
    for index in range(8):
        pixels = numbers.integers(0, 256, (90, 120, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    drawn = read_images(tmp_path, resolution)  # what a generator draws that has learnt them by heart
    judge = make_judge()
    judge.resolution = size
    real = RealImages(resolution, tmp_path)
    with torch.no_grad():
        assert torch.equal(real.to_match(judge, "frog", judged=False), judge.matching_features(drawn))
        reference = real.reference(judge, "frog", searched=False)
        assert torch.equal(reference.features, judge.logits_and_features(drawn)[1])
    # Straight to the network's size they would look otherwise, but where both sizes are one.
    straight = judge.logits_and_features(read_images(tmp_path, size))[1]
    assert torch.equal(reference.features, straight) == (size == resolution)


def test_batches_are_small_where_images_are_large() -> None:
    assert [batch_size(resolution) for resolution in (32, 64, 224, 2000)] == [250, 250, 20, 1]


@pytest.fixture
def root(photographs: Path, tmp_path: Path) -> Path:
    """Folders of frogs, of cats, which are the photographs upside down, and of what is no class."""
    for name in ("Frog", "cat", "2019"):
        (tmp_path / name).mkdir()
        for path in photographs.iterdir():
            image = Image.open(path)
            (image if name == "Frog" else image.transpose(Image.Transpose.ROTATE_180)).save(tmp_path / name / path.name)
    return tmp_path


def test_of_a_folder_with_a_sub_folder_a_class_its_own_is_taken(
    root: Path, photographs: Path, judge: Classifier, tiny_classifier: Classifier
) -> None:
    real, alone = RealImages(32, root), RealImages(32, photographs)
    for judged in (True, False):
        found = real.to_match(tiny_classifier, "frog", judged=judged)
        assert torch.equal(found, alone.to_match(tiny_classifier, "frog", judged=judged))
        found = real.reference(judge, "frog", searched=judged)
        assert torch.equal(found.features, alone.reference(judge, "frog", searched=judged).features)
    assert not torch.equal(real.reference(judge, "cat", searched=True).features, found.features)
    for refused in (
        lambda: real.to_match(tiny_classifier, "deer", judged=True),
        lambda: real.reference(judge, "deer", searched=True),
    ):
        with pytest.raises(ImageFolderError, match=r"other classes \((cat, frog|frog, cat)\) and none of deer"):
            refused()


def test_a_diagnosis_reads_each_class_from_its_sub_folder(root: Path, photographs: Path, judge: Classifier) -> None:
    reference = RealImages(32, root).references(judge)
    assert torch.equal(
        reference("frog").features, RealImages(32, photographs).reference(judge, "frog", searched=False).features
    )
    assert reference("deer") is None
    with pytest.raises(ImageFolderError, match="no sub-folder that is named for a class of reversed"):
        RealImages(32, photographs).references(judge)
    with pytest.raises(ImageFolderError, match="no folder at"):
        RealImages(32, root / "absent").references(judge)


def test_one_folder_serves_several_classes_only_by_sub_folders(
    root: Path, photographs: Path, tiny_classifier: Classifier
) -> None:
    RealImages(32, root).check(["frog", "cat"], tiny_classifier)
    RealImages(32, photographs).check(["frog"], tiny_classifier)
    RealImages(32).check(["frog", "cat"], tiny_classifier)
    for folder, missing in ((root, "deer"), (photographs, "frog")):
        with pytest.raises(ImageFolderError, match=f"no sub-folder of {missing}: photographs of 2 classes"):
            RealImages(32, folder).check(["frog", "deer"], tiny_classifier)


def test_memory_holds_one_batch_of_images(tmp_path: Path, tiny_classifier: Classifier) -> None:
    for index in range(60):
        Image.new("RGB", (8, 8), (index, 0, 0)).save(tmp_path / f"{index}.bmp")
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0

    def watch(_network: object, inputs: tuple[torch.Tensor, ...]) -> None:
        nonlocal most
        alive.append(weakref.ref(inputs[0]))
        most = max(most, sum(batch() is not None for batch in alive))

    assert tiny_classifier.matching_layers
    hook = tiny_classifier.network.register_forward_pre_hook(watch)
    matching_features(tiny_classifier, Photographs(tmp_path, 256))
    hook.remove()
    assert len(alive) == 4, "16 images of 256 px are a batch"
    assert most == 1


def test_many_images_go_through_in_parts(tmp_path: Path, tiny_classifier: Classifier) -> None:
    for index in range(MOST_OF_A_BATCH + 2):
        Image.new("RGB", (4, 4), (index % 256, 255 - index % 256, 128)).save(tmp_path / f"{index:03d}.png")
    assert tiny_classifier.matching_layers, "found once by an image of zeros, which is not to be counted below"
    seen: list[int] = []
    watch = tiny_classifier.network.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    features = matching_features(tiny_classifier, Photographs(tmp_path, 32))
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
        RealImages(32, tmp_path).reference(tiny_classifier, "frog", searched=True)
    assert len(class_reference_of(tiny_classifier, Photographs(tmp_path, 32, TO_MATCH)).features) == 6
    for index in range(6, 11):
        (tmp_path / f"{index:02d}.png").unlink()
    assert len(class_reference_of(tiny_classifier, Photographs(tmp_path, 32)).features) == 6
    (tmp_path / "05.png").unlink()
    with pytest.raises(ImageFolderError) as refused:
        class_reference_of(tiny_classifier, Photographs(tmp_path, 32))
    assert str(refused.value).endswith("gives 5 images to judge by, expected more than 5; add images")


@pytest.fixture
def statistics(judge: Classifier, tmp_path: Path) -> Path:
    features = torch.randn(8, 72)
    classes = {"frog": ClassReference(fit_gaussian(features), features.half().float())}
    ReferenceStatistics(classes, judge.fingerprint, "test", resolution=32).save(tmp_path / "real.safetensors")
    return tmp_path / "real.safetensors"


def test_a_statistics_file_serves_verdicts_only(
    statistics: Path, judge: Classifier, tiny_classifier: Classifier
) -> None:
    """Also on the bundled generator, whose own are then not used."""
    saved = ReferenceStatistics.load(statistics).classes["frog"].features
    for bundled in (False, True):
        real = RealImages(32, statistics, bundled)
        assert real.folder is None
        for searched in (False, True):
            assert torch.equal(real.reference(judge, "frog", searched=searched).features, saved)
        assert real.reference(judge, "deer", searched=True) is None
    assert RealImages(32, statistics).to_match(tiny_classifier, "frog", judged=True) is None


def test_statistics_of_another_judge_are_refused(statistics: Path, judge: Classifier) -> None:
    other = make_judge()
    other.fingerprint = "another"
    real = RealImages(32, statistics)
    assert real.statistics_for(judge) is real.statistics
    with pytest.raises(ClassifierError, match=f"made with judge {judge.fingerprint}, this judge is another"):
        real.reference(other, "frog", searched=True)
    assert real.reference(other, "frog", searched=True, needed=False) is None, "beside a judge who can use them"


def test_statistics_for_another_resolution_are_refused(statistics: Path, judge: Classifier) -> None:
    """A file that does not say its resolution was made by resizing to the judge's, 24 px, at once."""
    older = ReferenceStatistics.load(statistics)
    for said, fits in ((None, 24), (64, 64), (24, 24)):
        replace(older, resolution=said).save(statistics)
        assert RealImages(fits, statistics).statistics_for(judge) is not None
        for other in {24, 32, 64} - {fits}:
            with pytest.raises(
                ImageFolderError, match=rf"of {fits} px, and this generator draws {other} px.* {other}$"
            ):
                RealImages(other, statistics, bundled=True).references(judge)
            with pytest.raises(ImageFolderError, match="of images of"):
                RealImages(other, statistics).reference(judge, "frog", searched=True)


def test_statistics_may_spell_a_class_otherwise(statistics: Path, judge: Classifier) -> None:
    saved = ReferenceStatistics.load(statistics)
    respelt = replace(saved, classes={"Polar_Bear": saved.classes["frog"]})
    assert of_class(respelt, "polar bear") is saved.classes["frog"]
    assert of_class(respelt, "0") is of_class(None, "polar bear") is None


def test_a_folder_holds_no_statistics(photographs: Path, judge: Classifier) -> None:
    for bundled in (False, True):
        real = RealImages(32, photographs, bundled)
        assert (real.folder, real.statistics, real.statistics_for(judge)) == (photographs, None, None)


def test_the_packages_own_serve_the_bundled_generator_alone(judge: Classifier) -> None:
    search, bundled_judge = load_bundled("search"), load_bundled("judge")
    ours, none = RealImages(32, bundled=True), RealImages(32)
    with torch.no_grad():
        assert torch.equal(ours.to_match(search, "frog", judged=True), bundled_photographs(search, "frog"))
    reference = ours.reference(bundled_judge, "frog", searched=True)
    assert torch.equal(
        reference.features, bundled_reference(load_bundled("judge").fingerprint).classes["frog"].features
    )
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
    assert bundled_reference(load_bundled("judge").fingerprint).judge == load_bundled("judge").fingerprint
    assert (WEIGHTS / "photographs.safetensors").is_file()


def test_a_folder_of_ones_own_replaces_the_packages(photographs: Path) -> None:
    search = load_bundled("search")
    found = RealImages(32, photographs, bundled=True).to_match(search, "frog", judged=True)
    assert torch.equal(found, matching_features(search, Photographs(photographs, 32, TO_MATCH)))
