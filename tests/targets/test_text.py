"""A sentence as the target: scaled cosines of image and text, differentiable, without the text tower."""

import warnings
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from ganmend.errors import ClassifierError, GanmendWarning, OptionError
from ganmend.targets.classifier import Classifier

pytest.importorskip("open_clip")

from ganmend.targets.sentences.clip import load_clip
from ganmend.targets.sentences.prompts import captions
from ganmend.targets.sentences.text import SentenceNetwork, sentence_target
from tests.targets.tiny_clip import CONFIGS, saved

BLOCKS = tuple(f"transformer.resblocks.{block}" for block in range(3))  # of four, at a quarter, half, three quarters
LAYERS = {"transformer": BLOCKS, "captioner": BLOCKS, "residual": ("act3", "layer1", "layer2", "layer3")}
DEER, SHIP = "a photo of a deer", "a photo of a ship"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clip")
    for kind in CONFIGS:
        saved(place / kind, kind)
    return place


@pytest.fixture(scope="module")
def target(folder: Path) -> Classifier:
    return sentence_target(DEER, [SHIP], name="deer", model=f"clip:{folder / 'transformer'}", others=("cat", "deer"))


def images(n: int, size: int = 32, seed: int = 1) -> torch.Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("kind", CONFIGS)
def test_logits_are_scaled_cosines_by_open_clips_own_passes(folder: Path, kind: str) -> None:
    clip = load_clip(f"clip:{folder / kind}")
    seen = images(3, clip.resolution)
    given = ((seen + 1) / 2 - torch.tensor([0.4, 0.5, 0.6]).view(3, 1, 1)) / torch.tensor([0.2, 0.25, 0.3]).view(
        3, 1, 1
    )
    with torch.no_grad():
        by_image = clip.model.encode_image(given, normalize=True)
        by_text = clip.model.encode_text(clip.tokenizer([DEER, SHIP, "a photo of a cat."]), normalize=True)
        expected = clip.model.logit_scale.exp() * by_image @ by_text.T
        found = sentence_target(DEER, [SHIP], model=clip, others=("cat",))(seen)
    assert (found[:, 0] - found[:, 1]).abs().min() > 1e-3  # else swapped texts would pass
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_a_phrase_is_the_mean_of_its_captions_each_of_length_one(folder: Path) -> None:
    clip = load_clip(f"clip:{folder / 'transformer'}")
    with torch.no_grad():
        each = torch.cat([clip.model.encode_text(clip.tokenizer([text])) for text in captions("deer")])
        expected = F.normalize(F.normalize(each, dim=1).mean(0), dim=0)
    found = sentence_target("deer", model=clip).network.head.texts[0]
    torch.testing.assert_close(found, expected)


def test_classes_are_the_name_what_is_not_meant_and_the_others(target: Classifier, folder: Path) -> None:
    assert target.class_names == ("deer", SHIP, "cat")
    model = f"{folder / 'transformer'}"  # 'clip:' may be left out
    assert sentence_target(f" {DEER} ", model=model, others=("cat", "dog")).class_names == (DEER, "cat", "dog")
    assert sentence_target(DEER, [SHIP, SHIP], model=model).class_names[:3] == (DEER, SHIP, "a photo of a person")


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_gradient_at_the_image_is_that_of_finite_differences(folder: Path, kind: str) -> None:
    classifier = sentence_target(DEER, [SHIP], model=f"clip:{folder / kind}", others=("cat",)).double()

    def log_probability(seen: torch.Tensor) -> torch.Tensor:
        return classifier.network(classifier.preprocess(seen)).log_softmax(1)[:, 0].sum()

    seen = images(2).double().requires_grad_()
    (gradient,) = torch.autograd.grad(log_probability(seen), seen)
    assert gradient.norm() > 1e-3
    step = 1e-4 * gradient / gradient.norm()  # the error of a central difference goes with the step's square
    with torch.no_grad():
        difference = (log_probability(seen + step) - log_probability(seen - step)) / 2e-4
    torch.testing.assert_close(difference, gradient.norm(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("kind", CONFIGS)
def test_it_sees_features_and_layers_as_any_classifier_does(folder: Path, kind: str) -> None:
    classifier = sentence_target(DEER, model=f"clip:{folder / kind}")
    logits, features = classifier.logits_and_features(images(4))
    assert features.shape == (4, 8)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(logits, classifier.network.head(features))
    assert classifier.matching_layers == (*(f"image_tower.{layer}" for layer in LAYERS[kind]), "")
    matched = classifier.matching_features(images(4))
    assert len(matched) == 4
    assert (matched[0] - matched[1]).abs().max() > 1e-3


def test_the_text_tower_is_not_part_of_it(target: Classifier, folder: Path) -> None:
    tower = load_clip(f"{folder / 'transformer'}").image_tower
    assert sum(p.numel() for p in target.parameters()) == sum(p.numel() for p in tower.parameters())


def test_in_bfloat16_logits_are_not_rounded() -> None:
    texts = F.normalize(torch.randn(5, 64), dim=1)
    network = SentenceNetwork(torch.nn.Flatten(), texts, 100.0).to(torch.bfloat16)
    given = F.normalize(torch.randn(9, 64), dim=1).to(torch.bfloat16)
    logits = network(given)
    assert logits.dtype == torch.float32
    exact = 100 * F.normalize(given.double(), dim=1) @ texts.double().T
    # Texts are off by 2**-9 of each number, which adds up to less than 100 * 2**-9; bfloat16 would give halves.
    assert (logits - exact).abs().max() < 0.15


def test_the_fingerprint_tells_sentences_and_weights_apart(target: Classifier, tmp_path: Path, folder: Path) -> None:
    same, other = (
        sentence_target(text, [SHIP], model=f"{folder / 'transformer'}", others=("cat",))
        for text in (DEER, "a photo of a dog")
    )
    saved(tmp_path, seed=3)
    retrained = sentence_target(DEER, [SHIP], model=f"{tmp_path}", others=("cat",))
    assert same.fingerprint == target.fingerprint
    assert len({target.fingerprint, other.fingerprint, retrained.fingerprint}) == 3


@pytest.mark.parametrize(
    ("sentence", "unlike", "message"),
    [
        ("", (), "a sentence is ''; expected words"),
        ("  ", (), "expected words"),
        (3, (), "a sentence is 3; expected words"),
        (DEER, (SHIP, ""), "a sentence is ''; expected words"),
        (DEER, SHIP, "expected a list of sentences"),
        (DEER, ("A photo of a deer ",), "shall be shown, and shall not"),
    ],
)
def test_sentences_that_say_nothing_are_refused_before_a_model_is_loaded(
    sentence: str, unlike: tuple[str, ...], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        sentence_target(sentence, unlike, model="clip:not-there")


def test_what_the_model_cannot_read_to_the_end_is_said(folder: Path) -> None:
    with pytest.warns(GanmendWarning, match=r"reads 14 tokens.*; the end of 'a photo of a deer that stands.* left out"):
        sentence_target(
            "a photo of a deer that stands in the wood where all the other deer stood", model=f"{folder / 'residual'}"
        )
    with warnings.catch_warnings(action="error"):
        sentence_target("a photo of a deer that stands in the wood where all go", model=f"{folder / 'residual'}")


def test_damaged_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    clip = load_clip(f"{folder / 'transformer'}")
    clip.model.ln_final.weight.data.fill_(float("nan"))
    with pytest.raises(ClassifierError, match=r"weights .* are damaged"):
        sentence_target(DEER, model=clip)
    clip = load_clip(f"{folder / 'transformer'}")
    clip.image_tower.ln_post.weight.data.fill_(float("nan"))
    with pytest.raises(ClassifierError, match="gives NaN or infinity"):
        sentence_target(DEER, model=clip)
