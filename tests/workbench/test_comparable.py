"""Figures that papers give: equal to torch-fidelity's on the same images, saved as PNGs; and what is refused first."""

import io
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from ganmend.edits.class_edit import class_row
from ganmend.errors import GanmendWarning, OptionError
from ganmend.metrics import inception_network
from ganmend.metrics.figures import FIGURES
from ganmend.models.protocol import Generator
from ganmend.workbench.pictures import write_image_folder
from ganmend.workbench.samples import Samples
from ganmend.workbench.tasks import evaluate
from ganmend.workbench.workbench import Workbench
from tests.conftest import make_classifier

N, SEED = 6, 3


@pytest.fixture
def bench(tiny_generator: Generator, tmp_path: Path) -> Workbench:
    """With seven real images that differ, as large as the generator's."""
    folder = tmp_path / "real"
    folder.mkdir()
    for i in range(7):
        size = (tiny_generator.resolution,) * 2
        noise = Image.effect_noise(size, 35.0 * i)
        Image.merge("RGB", (noise, noise.point(lambda v, i=i: v * i // 7), noise.rotate(90))).save(
            folder / f"{i:02}.png"
        )
    return Workbench(tiny_generator, judge=make_classifier(1), real=folder, precision="float32")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Random weights of Inception: its own can't be had everywhere, and the formulas are the same."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Unloaded(FeatureExtractorInceptionV3):
        def load_state_dict(self, *args: object) -> None:
            """Keeps what the layers drew."""

    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Unloaded("random", ["2048"], feature_extractor_weights_path=nothing)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)  # so that features are about 1 after a hundred layers
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_the_figures_are_torch_fidelitys_of_the_saved_images(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    fidelity = pytest.importorskip(
        "torch_fidelity", reason="needs the package torch-fidelity: pip install torch-fidelity"
    )
    # An early layer for both: the roots of covariances of 2048 features take half a minute.
    assert inception_network.WIDTH == 2048
    request.getfixturevalue("monkeypatch").setattr(inception_network, "WIDTH", 64)
    layers = {f"feature_layer_{metric}": "64" for metric in ("fid", "kid", "prc")}
    bench, weights = request.getfixturevalue("bench"), request.getfixturevalue("weights")
    with pytest.warns(GanmendWarning) as told:
        verdict = bench.evaluate(3, target="cat", n=N, seed=SEED, fid="inception", inception_weights=weights)
    assert ["not the published file" in str(told[0].message), "biased by 6 images" in str(told[1].message)] == [
        True
    ] * 2
    write_image_folder(tmp_path, bench, {"drawn": class_row(bench.generator, 3)}, Samples.first(N, SEED))
    expected = fidelity.calculate_metrics(
        input1=str(tmp_path / "drawn"), input2=str(tmp_path / "real"), feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(weights), fid=True, kid=True, prc=True, kid_subset_size=N, cuda=False,
        cache=False, save_cpu_ram=True, verbose=False, **layers,
    )  # fmt: skip
    assert verdict.inception_fid == pytest.approx(expected["frechet_inception_distance"], rel=1e-4)
    assert verdict.inception_kid == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-4)
    assert verdict.inception_precision == pytest.approx(expected["precision"], abs=1e-6)
    assert verdict.inception_recall == pytest.approx(expected["recall"], abs=1e-6)
    assert verdict.inception_fid > 0.1, "far above what bytes that are off by one would change"
    # All else stays as without.
    plain = bench.evaluate(3, target="cat", n=N, seed=SEED).as_dict()
    assert {key for key, value in plain.items() if value != verdict.as_dict()[key]} == {
        key for key in FIGURES if key.startswith("inception")
    }


def test_what_cannot_be_compared_is_refused_before_anything_is_drawn(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="fid is 'incepton'; expected one of judge, inception"):
        bench.evaluate(3, fid="incepton")
    with pytest.raises(OptionError, match="its figures were not asked for"):
        bench.evaluate(3, inception_weights=tmp_path / "weights.pth")
    with pytest.raises(OptionError, match="compare with a folder of real images"):
        evaluate(bench.generator, 3, judge=make_classifier(1), fid="inception", precision="float32")
