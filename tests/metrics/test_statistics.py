"""Reference statistics: what a saved file keeps, how exactly, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, safe_open, save_file
from torch import Tensor

from ganmend.errors import GanmendError, ImageFolderError, OutputError
from ganmend.metrics.accuracy import JudgeAccuracy, judge_accuracy
from ganmend.metrics.gaussian import Gaussian, fit_gaussian
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics, class_reference
from tests.metrics.drawn import normal

FROG = ClassReference(fit_gaussian(normal(40, 4)), normal(30, 4, seed=1))
CAT = ClassReference(fit_gaussian(3 * normal(50, 4, seed=2) + 1), normal(20, 4, seed=3) - 2)
BOTH = ReferenceStatistics({"frog": FROG, "cat": CAT}, judge="eye", source="here")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reference.safetensors"


def test_a_round_trip_keeps_gaussians_as_float32_and_features_as_float16(path: Path) -> None:
    BOTH.save(path)
    kinds = {tensor.dtype for name, tensor in load_file(path).items() if name.endswith("/features")}
    assert kinds == {torch.float16}
    back = ReferenceStatistics.load(path)
    assert (back.judge, back.source, list(back.classes)) == ("eye", "here", ["frog", "cat"])
    for name, reference in BOTH.classes.items():
        found = back.classes[name]
        assert torch.equal(found.features, reference.features.half().float())
        assert torch.equal(found.gaussian.mean, reference.gaussian.mean.float().double())
        assert torch.equal(found.gaussian.covariance, reference.gaussian.covariance.float().double())
        assert found.gaussian.n == reference.gaussian.n
        dtypes = found.features.dtype, found.gaussian.mean.dtype, found.gaussian.covariance.dtype
        assert dtypes == (torch.float32, torch.float64, torch.float64)


@pytest.mark.parametrize(("largest", "kept"), [(65504.0, torch.float16), (-65536.0, torch.float32)])
def test_features_too_large_for_float16_are_kept_whole(largest: float, kept: torch.dtype, path: Path) -> None:
    # 65504 = 2^16 - 2^5 is the largest number of float16.
    features = FROG.features.clone()
    features[3, 2] = largest
    ReferenceStatistics({"a": replace(FROG, features=features)}, "eye", "here").save(path)
    assert load_file(path)["a/features"].dtype == kept
    found = ReferenceStatistics.load(path).classes["a"].features
    assert torch.equal(found, features.to(kept).float())


def test_what_stands_in_the_file(path: Path) -> None:
    BOTH.save(path)
    parts = ("mean", "covariance", "features")
    assert set(load_file(path)) == {f"{name}/{part}" for name in ("frog", "cat") for part in parts}
    with safe_open(path, "pt") as file:
        facts = file.metadata()
    assert facts.pop("counts") == json.dumps({"frog": 40, "cat": 50})
    assert facts == {"format": "ganmend-statistics-1", "judge": "eye", "source": "here"}


def test_classes_may_share_their_tensors_and_views_are_saved(path: Path) -> None:
    shared = ClassReference(FROG.gaussian, normal(4, 30).half().T)
    ReferenceStatistics({"cat": shared, "dog": shared}, "eye", "here").save(path)
    back = ReferenceStatistics.load(path).classes
    assert torch.equal(back["cat"].features, back["dog"].features)
    assert torch.equal(back["cat"].features, shared.features.float())
    # What needs no change of type is shared too, unless it is copied.
    single = Gaussian(FROG.gaussian.mean.float(), FROG.gaussian.covariance.float(), 40)
    large = ClassReference(single, torch.full((9, 4), 1e6))
    ReferenceStatistics({"cat": large, "dog": large}, "eye", "here").save(path)
    back = ReferenceStatistics.load(path).classes
    assert torch.equal(back["dog"].features, large.features)
    assert torch.equal(back["dog"].gaussian.covariance, single.covariance.double())


@pytest.mark.parametrize("size", [0, 20, 0.5])
def test_a_cut_file_is_refused(size: float, path: Path) -> None:
    BOTH.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(size * len(whole)) if size < 1 else int(size)])
    with pytest.raises(GanmendError, match=r"reference\.safetensors"):
        ReferenceStatistics.load(path)


def test_an_absent_file_is_refused(path: Path) -> None:
    with pytest.raises(ImageFolderError, match="a folder of images or a statistics file"):
        ReferenceStatistics.load(path)


def altered(path: Path, change: Callable[[dict[str, Tensor], dict[str, str]], object]) -> None:
    """Save BOTH, and then again with something changed."""
    BOTH.save(path)
    with safe_open(path, "pt") as file:
        facts = dict(file.metadata())
    tensors = load_file(path)
    change(tensors, facts)
    save_file(tensors, path, facts)


CHANGES: dict[str, tuple[Callable[[dict[str, Tensor], dict[str, str]], object], str]] = {
    "another format": (lambda _t, facts: facts.update(format="other-1"), "no statistics file of ganmend"),
    "no format": (lambda _t, facts: facts.pop("format"), "no statistics file of ganmend"),
    "no judge": (lambda _t, facts: facts.pop("judge"), "lacks 'judge'"),
    "no source": (lambda _t, facts: facts.pop("source"), "lacks 'source'"),
    "no counts": (lambda _t, facts: facts.pop("counts"), "lacks 'counts'"),
    "counts that are a list": (lambda _t, facts: facts.update(counts="[40, 50]"), "does not say how many"),
    "counts that are no JSON": (lambda _t, facts: facts.update(counts="{"), "reference"),
    "a class without tensors": (lambda tensors, _f: tensors.pop("cat/mean"), "lacks 'cat/mean'"),
    "one image": (lambda _t, facts: facts.update(counts='{"frog": 1}'), "'frog' that do not fit together"),
    "a count with a point": (lambda _t, facts: facts.update(counts='{"frog": 40.5}'), "do not fit together"),
    "a count that is true": (lambda _t, facts: facts.update(counts='{"frog": true}'), "do not fit together"),
    "a narrow mean": (lambda tensors, _f: tensors.update({"cat/mean": torch.ones(3)}), "'cat' that do not fit"),
    "a square mean": (lambda tensors, _f: tensors.update({"cat/mean": torch.ones(4, 4)}), "'cat' that do not fit"),
    "a narrow covariance": (lambda tensors, _f: tensors.update({"cat/covariance": torch.ones(4, 3)}), "do not fit"),
    "wide features": (lambda tensors, _f: tensors.update({"cat/features": torch.ones(9, 5)}), "do not fit"),
    "one axis more": (
        lambda tensors, _f: tensors.update(
            {
                "cat/mean": torch.ones(4, 4),
                "cat/covariance": torch.ones(4, 4, 4, 4),
                "cat/features": torch.ones(9, 4, 4),
            }
        ),
        "'cat' that do not fit",
    ),
    "no features": (lambda tensors, _f: tensors.update({"cat/features": torch.ones(0, 4)}), "do not fit"),
    "a NaN": (lambda tensors, _f: tensors["frog/features"].view(-1)[5:6].fill_(torch.nan), "'frog' that are no finite"),
    "an infinity": (lambda tensors, _f: tensors["frog/mean"][1:2].fill_(torch.inf), "no finite"),
    "shares above 1": (
        lambda _t, facts: facts.update(
            recognised='{"cat": {"accuracy": 1.5, "low": 0, "high": 1, "probability": 0.5}}'
        ),
        "real images of 'cat'",
    ),
    "a share less": (
        lambda _t, facts: facts.update(recognised='{"frog": {"accuracy": 0.5, "low": 0, "high": 1}}'),
        "real images of 'frog'",
    ),
    "a share that is text": (
        lambda _t, facts: facts.update(
            recognised='{"cat": {"accuracy": "1", "low": 0, "high": 1, "probability": 0.5}}'
        ),
        "real images of 'cat'",
    ),
    "shares that are a list": (lambda _t, facts: facts.update(recognised="[]"), "make it again"),
    "a resolution of nothing": (lambda _t, facts: facts.update(resolution="0"), "expected pixels"),
    "a resolution of an endless number": (lambda _t, facts: facts.update(resolution="9" * 5000), "expected pixels"),
    "integers": (lambda tensors, _f: tensors.update({"cat/covariance": torch.eye(4).int()}), "no finite"),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name.replace(" ", "-"))
def test_what_does_not_fit_is_refused(change: str, path: Path) -> None:
    alter, message = CHANGES[change]
    altered(path, alter)
    with pytest.raises(GanmendError, match=message) as refused:
        ReferenceStatistics.load(path)
    assert str(path) in str(refused.value)


def test_two_images_are_enough(path: Path) -> None:
    altered(path, lambda _t, facts: facts.update(counts='{"frog": 2}'))
    assert ReferenceStatistics.load(path).classes["frog"].gaussian.n == 2


def test_a_gaussian_of_float64_is_not_changed_by_saving(path: Path) -> None:
    mean, covariance = torch.ones(2).double() / 3, torch.eye(2).double() / 3
    reference = ClassReference(Gaussian(mean, covariance, 9), normal(9, 2))
    ReferenceStatistics({"a": reference}, "eye", "here").save(path)
    assert mean[0] == covariance[0, 0] == 1 / 3


def test_a_failed_save_leaves_nothing_and_keeps_the_old(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    BOTH.save(path)
    old = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("ganmend.metrics.statistics.write_safetensors", full)
    with pytest.raises(OutputError, match="no space left"):
        BOTH.save(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == old
    with pytest.raises(OutputError, match="give another place"):
        BOTH.save(path.parent / "absent" / "reference.safetensors")


def test_the_resolution_of_the_images_is_kept(path: Path) -> None:
    """Files older than the field do not say it, which is not the same as any number."""
    for resolution in (128, None):
        replace(BOTH, resolution=resolution).save(path)
        assert ReferenceStatistics.load(path).resolution == resolution


def test_how_the_judge_takes_real_images_is_kept(path: Path) -> None:
    shares = JudgeAccuracy(accuracy=0.75, low=0.5, high=0.875, probability=0.625)
    ReferenceStatistics({"frog": replace(FROG, recognised=shares), "cat": CAT}, "eye", "here").save(path)
    back = ReferenceStatistics.load(path).classes
    assert back["frog"].recognised == shares
    assert back["cat"].recognised is None


def test_a_class_reference_is_of_all_features_and_of_the_class_asked_for() -> None:
    logits, features = normal(30, 5, seed=4), normal(30, 3, seed=5)
    found = class_reference(logits, features, 2)
    assert torch.equal(found.features, features)
    assert torch.equal(found.gaussian.mean, fit_gaussian(features).mean)
    assert found.gaussian.n == 30
    assert found.recognised == judge_accuracy(logits, 2) != judge_accuracy(logits, 1)
    assert class_reference(logits, features, None).recognised is None
