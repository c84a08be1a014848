"""Figures in Inception's features: from which bytes, by whose formulas, and what weights are taken."""

import hashlib
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ganmend.errors import ClassifierError, GanmendWarning, OptionError
from ganmend.metrics import inception_network
from ganmend.metrics.inception import (
    IMAGES_AT_ONCE,
    LARGEST_SUBSET,
    inception_features,
    inception_figures,
    read_bytes,
    saved_bytes,
)
from ganmend.metrics.inception_network import load_inception, published_weights, read_weights
from ganmend.progress import Progress
from tests.metrics.drawn import normal

NEEDS_TORCH_FIDELITY = "needs the package torch-fidelity: pip install torch-fidelity"


def test_samples_become_the_bytes_of_a_saved_png() -> None:
    # torchvision keeps the whole part of (x + 1) / 2 * 255; what lies outside is clamped.
    given = torch.tensor([-1.5, -1.0, 0.0, 0.9999, 1.0, 1.5])
    assert saved_bytes(given).tolist() == [0, 0, 127, 254, 255, 255]


def test_a_files_bytes_come_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(read_bytes(levels.float() / 127.5 - 1), levels)
    assert read_bytes(torch.tensor([0.4, 0.6]) / 127.5 - 1).tolist() == [0, 1]
    assert read_bytes(torch.tensor([-1.2, 1.2])).tolist() == [0, 255]


class Mean(nn.Module):
    """The mean of each image's pixels, as a tuple of one; notes how many images came at once."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def forward(self, images: Tensor) -> tuple[Tensor]:
        self.seen.append(len(images))
        return (images.float().mean((1, 2, 3))[:, None],)


def test_features_of_batches_in_their_order() -> None:
    images, network, told = torch.arange(130, dtype=torch.uint8)[:, None, None, None], Mean(), list[Progress]()
    images = images.expand(-1, 3, 4, 4)
    batches = images.split([70, 60])
    found = inception_features(network, batches, stage="reading", n=130, on_progress=told.append)
    assert found[:, 0].tolist() == list(range(130))
    assert network.seen == [50, 20, 50, 10]
    assert IMAGES_AT_ONCE == 50
    assert told == [Progress("reading", 70, 130), Progress("reading", 130, 130)]


def test_all_four_figures_are_torch_fidelitys() -> None:
    pytest.importorskip("torch_fidelity", reason=NEEDS_TORCH_FIDELITY)
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    real, fake = normal(40, 5), 0.4 * normal(30, 5, seed=1) + 0.3
    found = inception_figures(real, fake)
    statistics = (fid_features_to_statistics(side) for side in (fake, real))
    fid = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert found.fid == pytest.approx(fid, abs=1e-5)  # torch-fidelity's means are float32
    kid = kid_features_to_metric(fake, real, kid_subsets=100, kid_subset_size=30, rng_seed=2020, verbose=False)
    assert found.kid == kid["kernel_inception_distance_mean"] != 0
    shares = prc_features_to_metric(fake, real, prc_neighborhood=3, verbose=False)
    assert (found.precision, found.recall) == pytest.approx((shares["precision"], shares["recall"]))
    assert found.recall < 0.8 < found.precision, "so that none can stand for the other"


def test_kids_subsets_have_1000_images_where_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch_fidelity", reason=NEEDS_TORCH_FIDELITY)
    from torch_fidelity.defaults import DEFAULTS
    from torch_fidelity.metric_kid import kid_features_to_metric

    assert LARGEST_SUBSET == DEFAULTS["kid_subset_size"] == 1000
    monkeypatch.setattr("ganmend.metrics.inception.LARGEST_SUBSET", 20)  # 1,000 take seconds
    real, fake = normal(40, 2), normal(30, 2, seed=1) + 0.3
    kid = kid_features_to_metric(fake, real, kid_subset_size=20, verbose=False)
    assert inception_figures(real, fake).kid == kid["kernel_inception_distance_mean"]


@pytest.mark.parametrize(("m", "n"), [(3, 9), (9, 3)])
def test_four_images_of_either_side_are_needed(m: int, n: int) -> None:
    pytest.importorskip("torch_fidelity", reason=NEEDS_TORCH_FIDELITY)
    with pytest.raises(OptionError, match=f"{m} real images and {n} samples came; expected more than 3 of each"):
        inception_figures(normal(m), normal(n))


def test_without_the_package_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(OptionError, match=r"pip install 'ganmend\[fid\]'"):
        load_inception()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch_fidelity", reason=NEEDS_TORCH_FIDELITY)
    path = tmp_path / "other.pth"
    for content in ({"weight": torch.ones(2)}, [1, 2]):
        torch.save(content, path)
        with pytest.warns(GanmendWarning, match="not the published file"), pytest.raises(ClassifierError) as caught:
            load_inception(path)
        assert f"{path} holds no weights of torch-fidelity's Inception" in str(caught.value)


class Hostile:
    """Writes a file where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.place,)


def test_a_file_of_weights_runs_no_code(tmp_path: Path) -> None:
    torch.save({"weight": Hostile(tmp_path / "touched")}, tmp_path / "hostile.pth")
    with pytest.warns(GanmendWarning, match="not the published"), pytest.raises(ClassifierError, match=r"hostile\.pth"):
        read_weights(tmp_path / "hostile.pth")
    assert not (tmp_path / "touched").exists()
    with pytest.raises(ClassifierError, match="no file of Inception's weights"):
        read_weights(tmp_path / "none.pth")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the published weights are kept; they come from a file called served.pth of ten bytes."""
    (tmp_path / "served.pth").write_bytes(b"0123456789")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(inception_network, "URL", (tmp_path / "served.pth").as_uri())
    monkeypatch.setattr(inception_network, "SHA256", hashlib.sha256(b"0123456789").hexdigest())
    return tmp_path / "hub" / "checkpoints" / "served.pth"


def test_the_published_weights_are_downloaded_once(cache: Path, tmp_path: Path) -> None:
    assert published_weights() == cache
    assert cache.read_bytes() == b"0123456789"
    (tmp_path / "served.pth").unlink()
    assert published_weights() == cache


def test_weights_that_cannot_be_had_leave_nothing(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "served.pth").write_bytes(b"something else")
    with pytest.raises(ClassifierError, match=r"cannot be downloaded .*; put file:.* at .*, or give a copy"):
        published_weights()
    (tmp_path / "served.pth").unlink()
    with pytest.raises(ClassifierError, match="cannot be downloaded"):
        published_weights()
    assert list(cache.parent.iterdir()) == []


def test_a_damaged_copy_in_the_cache_is_named_and_stays(cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"012345")
    with pytest.raises(ClassifierError, match="is damaged"):
        published_weights()
    assert cache.read_bytes() == b"012345"


def test_the_published_file_is_the_known_one() -> None:
    # The address carries the first digits of the file's SHA-256, as torch.hub's names do.
    assert f"-{inception_network.SHA256[:8]}.pth" in inception_network.URL
    assert len(inception_network.SHA256) == 64
