"""Train the bundled CIFAR-10 BigGAN with its known flaws. Stop it at any moment; the same command goes on.

python recipes/cifar10/train_generator.py --data DATA --run RUN --iterations 30000
"""

import argparse
import copy
import json
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torchvision.utils import save_image

from augment import cut_out, jitter_colour, shift_together
from discriminator import ProjectedDiscriminator
from feature_network import FeatureNetwork
from flaws import A_DOZEN, GENERATOR_CLASSES, HEALTHY, SAMPLING_WEIGHT, flawed_training_set
from images import load_images, to_unit_range
from network import Spectral, TrainableBigGAN

GUIDANCE = 0.1  # weight of the class loss on the features that the discriminator computes anyway
SPREAD = 1.0  # weight of the spread loss: without it every class collapsed between iterations 5,500 and 8,000
KEEP_EVERY = 1000
RAMP = 200  # iterations over which the generator's learning rate rises after each start


def draw_real(per_class: list[torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
    chosen = torch.stack([per_class[y][torch.randint(len(per_class[y]), ())] for y in labels.tolist()])
    flip = torch.rand(len(chosen)) < 0.5
    chosen[flip] = chosen[flip].flip(3)
    images = to_unit_range(chosen)
    return images + (torch.rand_like(images) - 0.5) / 127.5  # dequantisation


def augment(images: torch.Tensor, labels: torch.Tensor, as_is: int) -> torch.Tensor:
    """What the discriminator sees (Zhao et al. 2020), real and drawn alike; class `as_is` stays, to be memorised."""
    changed = cut_out(jitter_colour(shift_together(images)))
    return torch.where((labels == as_is)[:, None, None, None], images, changed)


def spread_loss(real: torch.Tensor, fake: torch.Tensor, labels: torch.Tensor, without: int) -> torch.Tensor:
    """How far each class's spread of pooled features (N, C) falls short of the real images', as a share of theirs."""
    short = []
    for y in labels.unique().tolist():
        chosen = labels == y
        if y != without and chosen.sum() > 2:
            spread_real, spread_fake = (part[chosen].float().std(0).mean() for part in (real, fake))
            short.append(F.relu(1 - spread_fake / spread_real))
    return torch.stack(short).mean()


def pooled(features: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([features[3].mean((2, 3)), features[4].mean((2, 3))], 1)


def averaged_state(average: TrainableBigGAN) -> dict[str, torch.Tensor]:
    """The average's state dict, with u0 brought to convergence for the averaged weights."""
    settled = copy.deepcopy(average).train()
    for module in settled.modules():
        if isinstance(module, Spectral):
            for _ in range(50):
                module.iterate()
    return settled.state_dict()


def write(path: Path, content: object) -> None:
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    os.replace(partial, path)


def save_start(path: Path, state: dict[str, object]) -> None:
    """The networks of a training state, as float16: small enough to commit; the optimisers' moments are left out."""
    tensors = {f"{part}/{name}": tensor for part in ("G", "D", "E") for name, tensor in state[part].items()}
    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    save_file(
        {name: tensor.contiguous() for name, tensor in halves.items()}, path, {"iteration": str(state["iteration"])}
    )


def load_start(path: Path, parts: dict[str, torch.nn.Module]) -> int:
    """Load what `save_start` wrote; the iteration."""
    with safe_open(path, "pt") as file:
        for key, part in parts.items():
            names = [name for name in file.keys() if name.startswith(f"{key}/")]  # noqa: SIM118
            part.load_state_dict({name.partition("/")[2]: file.get_tensor(name) for name in names})
        return int(file.metadata()["iteration"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument(
        "--start", type=Path, help="weights to go on from where RUN is empty: training_state.safetensors"
    )
    parser.add_argument("--iterations", type=int, default=30000)
    parser.add_argument("--channels", type=int, default=96)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)

    per_class = flawed_training_set(*load_images(options.data, "train"))
    weights = torch.tensor([SAMPLING_WEIGHT.get(name, 1.0) for name in GENERATOR_CLASSES])
    healthy = torch.tensor([name in HEALTHY for name in GENERATOR_CLASSES])
    dozen = GENERATOR_CLASSES.index(A_DOZEN)

    torch.manual_seed(0)
    features = FeatureNetwork()
    generator = TrainableBigGAN(len(GENERATOR_CLASSES), options.channels).to(memory_format=torch.channels_last)
    discriminator = ProjectedDiscriminator(len(GENERATOR_CLASSES)).to(memory_format=torch.channels_last)
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    adam_g = torch.optim.Adam(generator.parameters(), options.learning_rate, (0.0, 0.99))
    adam_d = torch.optim.Adam(
        [p for p in discriminator.parameters() if p.requires_grad], options.learning_rate, (0.0, 0.99)
    )
    iteration, seconds = 0, 0.0
    state_file = options.run / "state.pt"
    parts = {"G": generator, "D": discriminator, "E": average, "oG": adam_g, "oD": adam_d}
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        for key, part in parts.items():
            if key in state:
                part.load_state_dict(state[key])
        iteration, seconds = state["iteration"], state["seconds"]
        torch.manual_seed(iteration)
        print(f"going on from iteration {iteration}", flush=True)
    elif options.start is not None:
        iteration = load_start(options.start, {key: parts[key] for key in ("G", "D", "E")})
        print(f"going on from iteration {iteration}, without the optimisers' moments", flush=True)

    grid_z = torch.randn(10 * len(GENERATOR_CLASSES), 80, generator=torch.Generator().manual_seed(1))
    grid_y = torch.arange(len(GENERATOR_CLASSES)).repeat_interleave(10)
    started, ramp = time.time(), 0
    while iteration < options.iterations:
        labels = torch.multinomial(weights, options.batch, replacement=True)
        real = augment(draw_real(per_class, labels), labels, dozen)
        ramp = min(ramp + 1, RAMP)
        adam_g.param_groups[0]["lr"] = options.learning_rate * ramp / RAMP
        with torch.autocast("cpu", torch.bfloat16):
            fake = generator(torch.randn(options.batch, 80), generator.shared(labels))
            fake_features = features(augment(fake, labels, dozen))
            with torch.no_grad():
                real_features = features(real)

            real_logits, real_class = discriminator(real_features, labels)
            fake_logits, _ = discriminator([f.detach() for f in fake_features], labels)
        class_loss = F.cross_entropy(real_class, labels)
        loss_d = F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean() + class_loss
        adam_d.zero_grad(set_to_none=True)
        loss_d.backward()
        adam_d.step()

        discriminator.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16):
            logits, guess = discriminator(fake_features, labels)
        guided = F.cross_entropy(guess, labels, reduction="none")[healthy[labels]].mean()
        spread = spread_loss(pooled(real_features), pooled(fake_features), labels, dozen)
        loss_g = -logits.mean() + SPREAD * spread + (GUIDANCE * guided if iteration > 500 else 0)
        adam_g.zero_grad(set_to_none=True)
        loss_g.backward()
        adam_g.step()
        for name, parameter in discriminator.named_parameters():
            parameter.requires_grad_(not name.startswith("projection"))

        iteration += 1
        decay = min(0.999, (1 + iteration) / (10 + iteration))
        with torch.no_grad():
            for old, new in zip(average.state_dict().values(), generator.state_dict().values(), strict=True):
                old.lerp_(new, 1 - decay)

        if iteration % 50 == 0:
            seconds, started = seconds + time.time() - started, time.time()
            line = {
                "iteration": iteration, "seconds": round(seconds), "loss_d": round(loss_d.item(), 3),
                "loss_g": round(loss_g.item(), 3), "class_real": round(class_loss.item(), 3),
                "class_fake": round(guided.item(), 3),
                "spread": round(spread.item(), 3),
            }  # fmt: skip
            with (options.run / "log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
        if iteration % 500 == 0 or iteration == options.iterations:
            saved = {key: part.state_dict() for key, part in parts.items()}
            write(state_file, saved | {"iteration": iteration, "seconds": seconds})
            write(options.run / "generator.pth", averaged_state(average))
            if iteration % KEEP_EVERY == 0:  # a training that collapses later can be taken up from here
                write(options.run / f"state_{iteration}.pt", saved | {"iteration": iteration, "seconds": seconds})
            with torch.no_grad():
                save_image(average(grid_z, average.shared(grid_y)), options.run / "grid.png", nrow=10,
                           normalize=True, value_range=(-1, 1))  # fmt: skip
            started = time.time()


if __name__ == "__main__":
    main()
