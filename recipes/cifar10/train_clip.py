"""Train a small CLIP that knows CIFAR-10's classes by their words, from scratch. The same command goes on.

python recipes/cifar10/train_clip.py --data DATA --run RUN

RUN/clip then holds what open_clip itself would save, and `--clip RUN/clip` takes it. It stands in for a published CLIP
where sentences are tested, since those have seen the whole web and weigh hundreds of megabytes.
"""

import argparse
import json
import random
import re
import time
from pathlib import Path

import open_clip
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from augment import blur_and_noise, flip_and_shift
from classifier_files import learning_rate, resume, save_state
from ganmend.targets.preprocessing import resized
from images import CLASSES, load_images, to_unit_range

BATCH, EPOCHS, PEAK, WEIGHT_DECAY, AVERAGE_DECAY = 256, 18, 2e-3, 0.05, 0.998
CLEAN_EPOCHS = 3  # the last ones go without blur and noise
MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
SYNONYMS = {"airplane": "plane", "automobile": "car"}
CONFIG = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 24},
    # Captions are short; the vocabulary is the tokenizer's.
    "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


def captions() -> list[str]:
    """One caption of each class: its word, or one of those that OpenAI asked ImageNet by (Radford et al. 2021)."""
    found = []
    for name in CLASSES:
        word = random.choice([name, SYNONYMS.get(name, name)])
        text = random.choice([*open_clip.OPENAI_IMAGENET_TEMPLATES, lambda word: word])(word)
        found.append(re.sub(r"\ba (?=[aeiou])", "an ", text))
    return found


def normalise(images: Tensor) -> Tensor:
    """Images (N, 3, 32, 32) in [-1, 1] -> what the image tower takes."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    seen = ((resized(images, CONFIG["vision_cfg"]["image_size"]) + 1) / 2 - mean) / std  # type: ignore[index]
    return seen.contiguous(memory_format=torch.channels_last)


def image_embeddings(model: nn.Module, images: Tensor) -> Tensor:
    """Images (N, 3, 32, 32) in [-1, 1] -> (N, 64) of length 1."""
    with torch.autocast("cpu", torch.bfloat16):
        embeddings = model.visual(normalise(images))
    return F.normalize(embeddings.float(), dim=-1)


@torch.no_grad()
def test_accuracy(model: nn.Module, tokenizer: open_clip.SimpleTokenizer, data: Path) -> float:
    images, labels = load_images(data, "test")
    texts = model.encode_text(tokenizer([f"a photo of a {name}" for name in CLASSES]), normalize=True)
    found = [(image_embeddings(model, to_unit_range(part)) @ texts.T).argmax(1) for part in images.split(500)]
    return (torch.cat(found) == labels).float().mean().item()


def export(model: nn.Module, folder: Path) -> None:
    """What open_clip saves: its configuration and the weights, as float16."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"model_cfg": CONFIG, "preprocess_cfg": {"mean": MEAN, "std": STD}}
    (folder / "open_clip_config.json").write_text(json.dumps(facts, indent=2))
    tensors = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in model.state_dict().items()
    }
    save_file(tensors, folder / "open_clip_model.safetensors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    images, labels = load_images(options.data, "train")
    tokenizer = open_clip.SimpleTokenizer(context_length=CONFIG["text_cfg"]["context_length"])  # type: ignore[index]
    model = open_clip.CLIP(**CONFIG).to(memory_format=torch.channels_last)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE_DECAY), use_buffers=True)
    adam = torch.optim.AdamW(model.parameters(), PEAK, weight_decay=WEIGHT_DECAY)
    parts = {"model": model, "average": average, "adam": adam}
    steps = len(images) // BATCH
    for epoch in range(resume(options.run, "clip", parts), EPOCHS):
        began = time.time()
        random.seed(epoch)
        model.train()
        order = torch.randperm(len(images))
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            adam.param_groups[0]["lr"] = learning_rate(epoch + step / steps, ((EPOCHS, PEAK),))
            batch = flip_and_shift(to_unit_range(images[chosen]))
            if epoch < EPOCHS - CLEAN_EPOCHS:
                batch = blur_and_noise(batch)
            # Each image against one caption of every class: in-batch captions would repeat each class two dozen times.
            texts = model.encode_text(tokenizer(captions()), normalize=True)
            logits = model.logit_scale.exp().clamp(max=100) * image_embeddings(model, batch) @ texts.T
            loss = F.cross_entropy(logits, labels[chosen], label_smoothing=0.1)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            average.update_parameters(model)
        save_state(options.run, "clip", epoch + 1, parts)
        print(f"epoch {epoch + 1} loss {loss.item():.3f} in {time.time() - began:.0f} s", flush=True)
    # The averaged batch norms lag behind: their statistics are taken anew.
    seen = normalise(to_unit_range(images[torch.randperm(len(images))[: 40 * BATCH]]))
    update_bn(seen.split(BATCH), average.module.visual)
    print(f"test accuracy {test_accuracy(average.module.eval(), tokenizer, options.data):.4f}")
    export(average.module, options.run / "clip")


if __name__ == "__main__":
    main()
