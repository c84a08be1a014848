"""From folders of photographs to probes that guide a search and judge it."""

import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from ganmend.edits.class_edit import class_row
from ganmend.edits.sampling import draw
from ganmend.errors import ClassifierError, GanmendWarning, ImageFolderError
from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier
from ganmend.targets.probe import SOMETHING_ELSE, fit_probe
from ganmend.targets.together import Together
from ganmend.workbench.folder_probe import (
    fit_folders,
    fit_probes,
    kinds_of_rows,
    row_distances,
    rows_alike,
)
from ganmend.workbench.folder_target import FolderTarget, OwnFolders
from ganmend.workbench.row_features import FEWEST_A_ROW
from ganmend.workbench.workbench import Workbench
from tests.conftest import CIFAR10
from tests.workbench.conftest import QUICK


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.workbench.row_features.SAMPLES_A_ROW", FEWEST_A_ROW)


def folder_of(path: Path, images: Tensor) -> str:
    path.mkdir(parents=True)
    for index, image in enumerate(images):
        pixels = (image.permute(1, 2, 0) * 127.5 + 127.5).round().byte().numpy()  # (3, H, W) -> (H, W, 3)
        Image.fromarray(pixels).save(path / f"{index:03}.png")
    return str(path)


def stripes(n: int, width: int, seed: int = 0) -> Tensor:
    """(n, 3, 32, 32) bright and dark columns of that width, with noise."""
    columns = (torch.arange(32) // width % 2).float() * 1.6 - 0.8
    noise = torch.randn(n, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    return (columns + 0.1 * noise).clamp(-1, 1)


@pytest.fixture(scope="module")
def striped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("striped")
    return {"fine": folder_of(place / "fine", stripes(20, 2)), "broad": folder_of(place / "broad", stripes(20, 8))}


def real_of(target: FolderTarget) -> OwnFolders:
    return OwnFolders(32, folders={name: Path(folder) for name, folder in target.images.items()})


def features(network: Classifier, images: Tensor) -> Tensor:
    return network.logits_and_features(images)[1]


def test_the_probe_is_fitted_on_what_is_not_held_out_against_every_other_row(
    tiny_generator: Generator, tiny_classifier: Classifier, striped: dict[str, str]
) -> None:
    target = FolderTarget({"fine": striped["fine"]}, against=(striped["broad"],))
    real = real_of(target)
    found = fit_folders(target, tiny_classifier, tiny_generator, real, alike=(2, 5))
    [(matched, _)] = real.matched(tiny_classifier, "fine").batches(99)
    [(against, _)] = real_of(FolderTarget({"x": striped["broad"]})).photographs(tiny_classifier, "x").batches(99)
    rows = [
        features(
            tiny_classifier, torch.cat(list(draw(tiny_generator, class_row(tiny_generator, row), FEWEST_A_ROW, 0)))
        )
        for row in range(10)
        if row not in (2, 5)
    ]
    wanted = {"fine": features(tiny_classifier, matched)}
    expected = fit_probe(tiny_classifier, wanted, [features(tiny_classifier, against), *rows])
    shown = stripes(3, 4, seed=9)
    torch.testing.assert_close(found.probe(shown), expected(shown), rtol=1e-3, atol=1e-3)
    assert found.probe.class_names == ("fine", SOMETHING_ELSE)
    assert found.alike == (2, 5)


def test_how_well_it_tells_is_counted_over_all_photographs(
    tiny_generator: Generator, tiny_classifier: Classifier, striped: dict[str, str]
) -> None:
    target = FolderTarget(striped)
    found = fit_folders(target, tiny_classifier, tiny_generator, real_of(target), alike=())
    counted = "20 of 20 pictures of fine, 20 of 20 pictures of broad, 60 of 60 pictures of something else"
    assert found.notes == (f"A probe on tiny tells {counted} rightly, each held out in turn.",)


def test_the_row_of_its_name_is_no_example_of_something_else_and_is_not_said_to_look_like_it(
    tiny_generator: Generator, tiny_classifier: Classifier, striped: dict[str, str]
) -> None:
    target = FolderTarget({"frog": striped["fine"]})
    found = fit_folders(target, tiny_classifier, tiny_generator, real_of(target))
    other = FolderTarget({"fine": striped["fine"]})
    looks = fit_folders(other, tiny_classifier, tiny_generator, real_of(other)).alike
    assert set(found.alike) == {*looks, CIFAR10.index("frog")}
    assert ("look like the photographs already" in " ".join(found.notes)) == bool(looks)
    assert not found.notes[-1].endswith("frog.")


def test_photographs_that_cannot_be_told_are_refused(
    tiny_generator: Generator, tiny_classifier: Classifier, tmp_path: Path
) -> None:
    same = [folder_of(tmp_path / name, stripes(20, 2, seed)) for seed, name in enumerate("ab")]
    target = FolderTarget({"a": same[0]}, against=(same[1],))
    with pytest.raises(ClassifierError, match="a probe on tiny cannot tell the photographs of a from other pictures"):
        fit_folders(target, tiny_classifier, tiny_generator, real_of(target), alike=range(10))


def test_rows_before_a_clear_gap_look_like_the_photographs() -> None:
    def cloud(place: float, seed: int) -> Tensor:
        return torch.randn(40, 6, generator=torch.Generator().manual_seed(seed)) + place

    rows = [cloud(4.0 * row, row) for row in range(10)]

    def alike(**places: float) -> tuple[int, ...]:
        return rows_alike(row_distances(rows, {name: cloud(place, 99) for name, place in places.items()}))

    assert alike(like_the_fourth=16.0) == (4,)
    assert alike(between_two=18.0) == ()
    assert alike(like_the_fourth=16.0, like_the_first=4.0) == (1, 4)


def test_distances_do_not_depend_on_the_scale_of_a_feature() -> None:
    rows = [torch.randn(12, 4, generator=torch.Generator().manual_seed(row)) + row for row in range(3)]
    photographs, scale = {"a": rows[2] + 1, "b": rows[0] - 1}, torch.tensor([1.0, 1e4, 1.0, 0.01])
    found = row_distances(rows, photographs)
    scaled = row_distances([row * scale for row in rows], {name: own * scale for name, own in photographs.items()})
    torch.testing.assert_close(found, scaled)
    assert found.argsort(1).tolist() == [[2, 1, 0], [0, 1, 2]]


def test_the_nearest_rows_are_kinds_by_themselves_and_all_others_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganmend.workbench.folder_probe.KINDS", 2)
    rows = [torch.full((3, 1), float(row)) for row in range(6)]
    distances = torch.tensor([[9.0, 1.0, 8.0, 7.0, 2.0, 3.0], [9.0, 9.0, 9.0, 0.5, 9.0, 9.0]])
    kinds = kinds_of_rows(rows, distances, alike=(1,))
    assert [kind.flatten().tolist() for kind in kinds] == [[3.0] * 3, [4.0] * 3, [5.0] * 3 + [2.0] * 3 + [0.0] * 3]
    assert len(kinds_of_rows(rows[:2], distances[:, :2], alike=())) == 2
    monkeypatch.setattr("ganmend.workbench.folder_probe.REST", 5)  # every other sample of nine
    assert kinds_of_rows(rows, distances, alike=(1,))[-1].flatten().tolist() == [5.0, 5.0, 2.0, 0.0, 0.0]


def test_a_judge_that_knows_the_class_judges_as_it_is_and_a_probe_on_another(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, striped: dict[str, str]
) -> None:
    def judges(name: str) -> list[str]:
        target = FolderTarget({name: striped["fine"]})
        return [
            one.name for one in fit_probes(target, tiny_generator, real_of(target), tiny_classifier, [judge]).judges
        ]

    assert judges("frog") == ["reversed"]
    assert judges("fine") == ["a probe on reversed"]


def test_a_bench_mends_towards_photographs_alone(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, striped: dict[str, str]
) -> None:
    target = FolderTarget({"fine": striped["fine"], "broad": striped["broad"]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganmend.workbench.folder_probe.load_classifier", lambda name: tiny_classifier)
        bench = Workbench(tiny_generator, images=target, judge=judge, precision="float32", targets=["broad"])
        found = bench.mend("repurpose", "broad", config=QUICK, samples=6)
    assert bench.classifier.class_names == ("fine", "broad", SOMETHING_ELSE)
    assert found.notes == bench.notes
    assert found.classifier == "a probe on tiny"
    assert found.verdict is not None
    assert (found.verdict.judge, found.verdict.after.n_real) == ("a probe on reversed", 6)
    assert found.history[-1]["matching"] > 0, "the photographs are matched too"
    assert any("A probe on tiny tells" in line for line in found.story())


def test_with_a_classifier_both_say_what_the_class_is(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, striped: dict[str, str]
) -> None:
    target = FolderTarget({"frog": striped["fine"]}, backbone="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganmend.workbench.folder_probe.load_classifier", lambda name: judge)
        bench = Workbench(tiny_generator, images=target, classifier=tiny_classifier, judge=judge, targets=["frog"])
        both = bench.classifier
    assert isinstance(both, Together)
    assert [one.name for one in both.members] == ["tiny", "a probe on reversed"]
    assert both.class_names == ("frog", SOMETHING_ELSE)


def test_a_classifier_by_name_does_not_take_the_photographs_place(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, striped: dict[str, str]
) -> None:
    known = {"tiny": tiny_classifier, "other": judge}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ganmend.workbench.folder_probe.load_classifier", lambda name: judge)
        patch.setattr("ganmend.workbench.networks.load_classifier", lambda name, **_: known[name])
        bench = Workbench(
            tiny_generator, images=FolderTarget({"frog": striped["fine"]}), classifier="tiny", precision="bfloat16"
        )
        assert bench.searching.name == bench.classifier.name == "tiny and a probe on reversed"


def test_a_generator_of_one_class_has_no_row_before_a_gap() -> None:
    assert rows_alike(torch.ones(1, 1)) == ()


def test_probes_judge_other_samples_than_they_guided(
    tiny_generator: Generator, tiny_classifier: Classifier, judge: Classifier, striped: dict[str, str]
) -> None:
    target = FolderTarget({"fine": striped["fine"]})
    both = fit_probes(target, tiny_generator, real_of(target), tiny_classifier, [judge])
    shown = stripes(4, 4, seed=5)
    for seed, same in ((1, True), (0, False)):
        own = fit_folders(target, judge, tiny_generator, real_of(target), seed=seed, alike=())
        assert torch.equal(own.probe(shown), both.judges[0](shown)) is same
    assert replace(target, backbone="tiny") != target


def test_broken_photographs_are_left_out_of_what_is_matched_too(
    tiny_generator: Generator, tiny_classifier: Classifier, tmp_path: Path
) -> None:
    folder = Path(folder_of(tmp_path / "fine", stripes(20, 2)))
    target = FolderTarget({"fine": str(folder)})
    broken = (folder / "000.png").read_bytes()[:60]
    (folder / "000.png").write_bytes(broken)
    with pytest.warns(GanmendWarning, match="skipped 1 of 20"):
        found = fit_folders(target, tiny_classifier, tiny_generator, real_of(target), alike=())
    assert "19 of 19 pictures of fine" in found.notes[0]
    for index in range(20):
        if index % 3 != 2:  # all but what is held out
            (folder / f"{index:03}.png").write_bytes(broken)
    with pytest.raises(ImageFolderError, match="beside those held out"), warnings.catch_warnings(action="ignore"):
        fit_folders(target, tiny_classifier, tiny_generator, real_of(target), alike=())
