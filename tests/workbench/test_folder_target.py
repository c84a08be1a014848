"""Folders of photographs as the target, split for search and verdict."""

import warnings
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganmend.errors import GanmendWarning, ImageFolderError, OptionError
from ganmend.metrics.prdc import NEIGHBOURS
from ganmend.photographs.reading import Photographs
from ganmend.targets.classifier import Classifier
from ganmend.targets.probe import SOMETHING_ELSE
from ganmend.workbench.folder_target import FolderTarget, OwnFolders, expect_alone, held_out
from ganmend.workbench.seen_photographs import class_reference_of
from tests.conftest import CIFAR10

NAMES = ("airplane", "frog")


def folder_of(path: Path, n: int, seed: int = 0) -> Path:
    path.mkdir(parents=True)
    noise = torch.randint(256, (n, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    for index, pixels in enumerate(noise):
        Image.fromarray(pixels.numpy()).save(path / f"{index:04}.png")
    return path


@pytest.mark.parametrize(
    ("n", "held"), [(5, 0), (11, 0), (12, 6), (20, 6), (25, 6), (29, 7), (30, 6), (60, 12), (200, 40)]
)
def test_a_fifth_is_held_out_and_of_few_enough_to_judge_by(n: int, held: int) -> None:
    assert len(range(n)[held_out(n)]) == held
    assert held == 0 or held > NEIGHBOURS


def test_what_is_held_out_is_not_matched_and_nothing_is_lost(tmp_path: Path, tiny_classifier: Classifier) -> None:
    for n, judged in ((60, True), (60, False), (8, True)):
        folder = folder_of(tmp_path / f"{n}-{judged}", n)
        real = OwnFolders(32, folders={"lorry": folder})
        every = real.photographs(tiny_classifier, "lorry").paths
        matched = real.matched(tiny_classifier, "lorry", judged=judged).paths
        held = [path for path in every if path not in matched]
        assert held == (every[held_out(n)] if judged else [])


def test_the_verdict_sees_the_held_out_ones_alone(tmp_path: Path, tiny_classifier: Classifier) -> None:
    real = OwnFolders(32, folders={"frog": folder_of(tmp_path / "many", 60), "ship": folder_of(tmp_path / "few", 11)})
    found = real.reference(tiny_classifier, "frog", searched=True)
    assert found is not None
    paths = real.photographs(tiny_classifier, "frog").paths
    (tmp_path / "alone").mkdir()
    for path in paths[held_out(60)]:
        (tmp_path / "alone" / path.name).write_bytes(path.read_bytes())
    expected = class_reference_of(tiny_classifier, Photographs(tmp_path / "alone", 32), CIFAR10.index("frog"))
    assert torch.equal(found.features, expected.features)
    later = real.reference(tiny_classifier, "frog", searched=False)
    assert later is not None
    assert torch.equal(later.features, found.features), "an edit that is judged later is compared with the same ones"
    assert real.reference(tiny_classifier, "ship", searched=True) is None, "too few to hold any out"


def test_each_class_has_its_own_folder(tmp_path: Path, tiny_classifier: Classifier) -> None:
    lorries, boats = folder_of(tmp_path / "a", 5), folder_of(tmp_path / "b", 6, seed=1)
    real = OwnFolders(32, folders={"lorry": lorries, "boat": boats})
    assert [real.photographs(tiny_classifier, name).folder for name in ("boat", "lorry")] == [boats, lorries]
    with pytest.raises(ImageFolderError, match="no folder of photographs shows tram; they show lorry, boat"):
        real.photographs(tiny_classifier, "tram")
    references = real.references(tiny_classifier)
    assert references("airplane") is None
    assert real.references_of_others(tiny_classifier)("lorry") is None


def test_a_class_of_the_generator_is_called_as_it_has_it() -> None:
    target = FolderTarget({"1": "F", "lorry": "L"}, against=("X",), backbone="demo:judge")
    assert target.named_by(NAMES) == FolderTarget({"frog": "F", "lorry": "L"}, ("X",), "demo:judge")


def test_folders_that_cannot_serve_are_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    good, few = str(folder_of(tmp_path / "good", 5)), str(folder_of(tmp_path / "few", 4))
    with pytest.warns(GanmendWarning, match="good holds 5 photographs of lorry; with fewer than 20"):
        FolderTarget({"lorry": good}).check()
    for target, message in (
        (FolderTarget({"lorry": str(tmp_path / "none")}), "no folder at .*none: expected a folder of photographs"),
        (FolderTarget({"lorry": few}), "few holds 4 photographs of lorry; expected 5 or more"),
        (FolderTarget({"lorry": good}, against=(few,)), "few holds 4 photographs of other things; expected 5 or more"),
        (FolderTarget({"lorry": good, "boat": f"{good}/."}), "good is given twice"),
        (FolderTarget({"lorry": good}, against=(good,)), "good is given twice"),
    ):
        with pytest.raises(ImageFolderError, match=message), warnings.catch_warnings(action="ignore"):
            target.check()


def test_twenty_are_enough_to_be_silent(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    FolderTarget({"lorry": str(folder_of(tmp_path / "a", 20))}, (str(folder_of(tmp_path / "b", 5)),)).check()
    assert not recwarn.list


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"images": "DIR"}, "images is 'DIR'; expected a folder by class name"),
        ({"images": {}}, "images is {}; expected a folder by class name"),
        ({"images": {" ": "D"}}, "is called ' '; give it another name"),
        ({"images": {SOMETHING_ELSE: "D"}}, "is called 'something else'; give it another name"),
        ({"images": {"lorry": "D"}, "against": "DIR"}, "against is 'DIR'; expected a list of folders"),
        ({"images": {"lorry": "D"}, "backbone": 3}, "backbone is 3; expected a classifier's name"),
    ],
)
def test_what_is_no_target_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        FolderTarget(**given)  # type: ignore[arg-type]


def test_other_real_images_beside_them_are_refused() -> None:
    target = FolderTarget({"lorry": "D"})
    expect_alone(target, None)
    with pytest.raises(OptionError, match="images and real were both given"):
        expect_alone(target, "R")
    with pytest.raises(OptionError, match="images is a str; expected a FolderTarget"):
        expect_alone("D", None)  # type: ignore[arg-type]
