"""Models of images and texts of random weights, as open_clip saves them: its three kinds of image towers, all tiny."""

import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file
from torch import nn

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 1}
TRANSFORMER = {"image_size": 32, "patch_size": 8, "layers": 4, "width": 16, "head_width": 8}
CONFIGS: dict[str, dict[str, Any]] = {
    "transformer": {"embed_dim": 8, "vision_cfg": TRANSFORMER, "text_cfg": TEXT},
    "residual": {
        "embed_dim": 8, "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 4, "head_width": 32},
        "text_cfg": TEXT,
    },
    # Gives embeddings and tokens both, and reads a text to a token of its own.
    "captioner": {
        "embed_dim": 8, "custom_text": True, "multimodal_cfg": {**TEXT, "attn_pooler_heads": 2},
        "vision_cfg": {**TRANSFORMER, "attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True},
        "text_cfg": {**TEXT, "embed_cls": True, "output_tokens": True},
    },
}  # fmt: skip
COLOURS = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]}


def random_model(kind: str = "transformer", seed: int = 0) -> nn.Module:
    """open_clip's own, in eval mode."""
    torch.manual_seed(seed)
    config = dict(CONFIGS[kind])
    classes = {"transformer": open_clip.CLIP, "residual": open_clip.CLIP, "captioner": open_clip.CoCa}
    config.pop("custom_text", None)
    model: nn.Module = classes[kind](**config).eval()
    return model


def saved(folder: Path, kind: str = "transformer", seed: int = 0, **changes: object) -> nn.Module:
    """Save one into a folder, its configuration with changes; the model."""
    folder.mkdir(parents=True, exist_ok=True)
    model = random_model(kind, seed)
    facts = {"model_cfg": {**CONFIGS[kind], **changes}, "preprocess_cfg": COLOURS}
    (folder / "open_clip_config.json").write_text(json.dumps(facts))
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
    return model
