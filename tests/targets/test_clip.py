"""Models of images and texts by name: where their files are, what is refused, and what the hub is not asked for."""

import json
import sys
from pathlib import Path

import pytest
import torch

from ganmend.errors import ClassifierError, HubError

open_clip = pytest.importorskip("open_clip")

from ganmend.targets.load import load_classifier  # noqa: E402
from ganmend.targets.sentences.clip import load_clip  # noqa: E402
from ganmend.targets.sentences.text import sentence_target  # noqa: E402
from tests.targets.tiny_clip import COLOURS, CONFIGS, TEXT, TRANSFORMER, saved  # noqa: E402

TEXTS = ["a photo of a deer", "a ship"]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unreachable(*_: object) -> None:
        raise HubError("the hub did not answer")

    monkeypatch.setenv("GANMEND_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("ganmend.hub.download._from_hub", unreachable)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny model of open_clip's list."""
    facts = {"hf_hub": "owner/tiny/", "mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6), "quick_gelu": True}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", CONFIGS["transformer"])
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny", {"trained": facts})


def test_a_folder_as_open_clip_saves_it(tmp_path: Path) -> None:
    model, clip = saved(tmp_path), load_clip(f"clip:{tmp_path}")
    assert (clip.name, clip.resolution) == (f"clip:{tmp_path}", 32)
    assert (list(clip.mean), list(clip.std)) == (COLOURS["mean"], COLOURS["std"])
    assert clip.scale == pytest.approx(1 / 0.07)
    assert not clip.model.training
    with torch.no_grad():
        expected = model.encode_text(open_clip.SimpleTokenizer(context_length=16)(TEXTS), normalize=True)
    torch.testing.assert_close(clip.encode(TEXTS), expected)


def test_weights_of_the_list_are_taken_from_their_local_copy(tmp_path: Path, listed: None) -> None:
    model = saved(tmp_path / "models" / "owner" / "tiny")
    clip = load_clip("clip:tiny/trained")
    assert (clip.mean, clip.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    plain, quick = model.encode_text(tokens := clip.tokenizer(TEXTS)), clip.model.encode_text(tokens)
    assert (plain - quick).abs().max() > 1e-4  # these weights go with another activation than the model's own


def test_weights_of_ones_own_go_with_a_model_of_the_list(tmp_path: Path, listed: None) -> None:
    model = saved(tmp_path / "own")
    clip = load_clip(f"clip:tiny@{tmp_path / 'own' / 'open_clip_model.safetensors'}")
    assert (clip.mean, clip.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    torch.testing.assert_close(clip.model.state_dict(), model.state_dict())


def test_a_trainings_checkpoint_gives_the_same_model(tmp_path: Path) -> None:
    model = saved(tmp_path)
    (tmp_path / "open_clip_model.safetensors").unlink()
    state = {f"module.{name}": tensor.half() for name, tensor in model.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "open_clip_pytorch_model.bin")
    clip = load_clip(f"clip:{tmp_path}")
    assert next(clip.model.parameters()).dtype == torch.float32
    torch.testing.assert_close(clip.model.state_dict(), model.state_dict(), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("clip:nothing", r"'nothing' is neither a folder nor a model of open_clip"),
        ("clip:ViT-B-32", r"no weights '' of ViT-B-32; expected .*clip:ViT-B-32/laion2b_s34b_b79k.* @?FILE|@FILE"),
        ("clip:ViT-B-32/mine", r"no weights 'mine' of ViT-B-32; expected "),
        ("clip:ViT-B-32@nowhere.pt", r"nowhere.pt is not there; expected the weights of clip:ViT-B-32@nowhere.pt"),
        ("clip:tiny/trained", r"the weights of clip:tiny/trained cannot be had: the hub did not answer"),
        ("clip:hf:owner/other", r"the weights of clip:hf:owner/other cannot be had: "),
        ("clip:hf:other", r"is no repository's name"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(name: str, message: str, listed: None) -> None:
    with pytest.raises(ClassifierError, match=message) as raised:
        load_clip(name)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vision_cfg": {**TRANSFORMER, "layers": 10**9}}, r"layers 1000000000; expected 200 at most"),
        ({"text_cfg": {**TEXT, "context_length": 10**6}}, r"context_length 1000000; expected 4096 at most"),
        ({"vision_cfg": {**TRANSFORMER, "width": 2**15}}, r"of shape \(32768,.*, the file has \(16,"),
        ({"vision_cfg": {**TRANSFORMER, "layers": 5}}, r"resblocks.4.*, the file lacks it"),
        ({"vision_cfg": {**TRANSFORMER, "colour": 5}}, r"that open_clip cannot build"),
        ({"vision_cfg": {"timm_model_name": "hf-hub:owner/model", "image_size": 32}}, r"which timm does not have"),
        ({"vision_cfg": {**TRANSFORMER, "image_size": [32, 64]}}, r"the file has|expected a model for squares"),
        ({"text_cfg": {**TEXT, "hf_model_name": "owner/model"}}, r"a model of the package transformers"),
        ({"text_cfg": "none"}, r"without 'vision_cfg' and 'text_cfg'"),
        ({"text_cfg": {**TEXT, "tokenizer_kwargs": ["x"]}}, r"parts are no dictionaries"),
    ],
)
def test_a_configuration_from_anyone_takes_nothing_that_the_file_does_not_hold(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    saved(tmp_path, **changes)
    with pytest.raises(ClassifierError, match=message):
        load_clip(f"clip:{tmp_path}")


def test_a_tokenizer_is_told_nothing_that_runs_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    monkeypatch.setattr(
        open_clip.tokenizer, "HFTokenizer", lambda place, **settings: told.update(settings, place=place)
    )
    text = {**TEXT, "hf_tokenizer_name": "owner/words"}
    saved(tmp_path, text_cfg={**text, "tokenizer_kwargs": {"clean": "lower", "trust_remote_code": True}})
    load_clip(f"clip:{tmp_path}")
    assert told == {"place": "owner/words", "context_length": 16, "tokenizer_mode": None, "clean": "lower"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"holds no open_clip_config.json"),
        ("{", r"open_clip_config.json .*; expected the file that open_clip saves"),
        ("[]", r"holds no 'model_cfg'"),
        (
            json.dumps({"model_cfg": CONFIGS["transformer"], "preprocess_cfg": {"std": [0, 1, 1]}}),
            r"\[0, 1, 1\] of the std",
        ),
        (json.dumps({"model_cfg": CONFIGS["transformer"], "preprocess_cfg": {"mean": 0.5}}), r"0.5 of the mean"),
    ],
)
def test_a_folder_that_says_something_else_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    saved(tmp_path)
    (tmp_path / "open_clip_config.json").unlink()
    if content is not None:
        (tmp_path / "open_clip_config.json").write_text(content)
    with pytest.raises(ClassifierError, match=message):
        load_clip(f"clip:{tmp_path}")


def test_broken_weights_are_named_with_their_file(tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ClassifierError, match=r"open_clip_model.safetensors is "):
        load_clip(f"clip:{tmp_path}")
    path.unlink()
    with pytest.raises(ClassifierError, match=r"open_clip_model.safetensors is not there"):
        load_clip(f"clip:{tmp_path}")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)  # as if it were not installed
    with pytest.raises(
        ClassifierError, match=r"needs the extra 'clip' \(open_clip is missing\); pip install 'ganmend\["
    ):
        load_clip("clip:ViT-B-32/openai")


def test_with_class_names_it_is_a_classifier(tmp_path: Path) -> None:
    saved(tmp_path / "clip")
    (tmp_path / "names.txt").write_text("deer\ntench, Tinca tinca\n")
    classifier = load_classifier(f"clip:{tmp_path / 'clip'},classes={tmp_path / 'names.txt'}")
    assert classifier.class_names == ("deer", "tench, Tinca tinca")
    images, clip = torch.rand(2, 3, 32, 32) * 2 - 1, load_clip(f"{tmp_path / 'clip'}")
    by_sentence = sentence_target("tench", model=clip, others=("deer",))
    torch.testing.assert_close(classifier(images)[:, 1], by_sentence(images)[:, 0])
    assert classifier.weights == by_sentence.weights, "one image tower, whatever it is asked by"
    assert classifier.fingerprint != by_sentence.fingerprint


def test_without_class_names_it_asks_for_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match=r"^clip:ViT-B-32/openai .* knows no classes by itself: give a "):
        load_classifier("clip:ViT-B-32/openai")
