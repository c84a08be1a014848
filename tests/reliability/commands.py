"""A small command of each verb on the bundled generator, and what these commands read."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import FIXTURES

QUICK = "--set steps=2 --set latents=4 --set validation_latents=4 --set trials=1"
SHORT = f"{QUICK} --init mean --judge demo:judge --real photographs"
# By a name that begins with the verb. What is written goes to OUT, which stands for out-NAME.
COMMANDS: Mapping[str, str] = {
    "info": "info demo --json",
    "classes": "classes demo",
    "nearest": "nearest demo frog",
    "diagnose": "diagnose demo -n 10 --real photographs --out OUT",
    "repair": f"repair demo frog --out OUT {SHORT}",
    "repurpose": f"repurpose demo truck --out OUT {SHORT}",
    "resume": "resume unfinished",
    "debias": f"debias demo frog --out OUT {SHORT}",
    "compare": "compare out-repair out-debias --out OUT",
    "sweep": f"sweep demo --classes frog --task repair --trials 1 --out OUT {QUICK} --init mean --judge demo:judge",
    "sample": "sample demo frog cat -n 3 --out OUT",
    "sample, one picture": "sample demo frog -n 4 --out OUT.jpg",
    "augment": "augment demo --images photographs --edits edits --per-class 3 --out OUT",
    "evaluate": "evaluate demo frog -n 20 --real photographs",
    "statistics": "statistics photographs --judge demo:judge --out OUT.safetensors",
    "export": "export demo edits/frog --out OUT.safetensors",
    "export, a vector": "export demo edits/frog --out OUT.npy",
    "export, for PyTorch": "export tiny.pth tiny-edit.npy --class 3 --force --out OUT.pth",
    "convert": "convert demo --out OUT.safetensors",
    "push-to-hub": "push-to-hub edits/frog someone/frog",
    "paper": "paper opts.yaml --generator tiny.pth --dry-run",
    "demo": f"demo -n 20 --out OUT {QUICK}",
    "bench": "bench demo --batch 2",
}
SAMPLES, HEALTHY = 20, 2  # that a judge sees of a mended class, and classes beside it: the fewest that count


def make_small() -> None:
    """In this process a verdict takes few samples: no verb has an option for it."""
    from ganmend.metrics import judging
    from ganmend.runs import demo_run
    from ganmend.workbench import request, yardsticks

    init = request.MendRequest.__init__
    init.__defaults__ = tuple(SAMPLES if value == judging.SAMPLES else value for value in init.__defaults__ or ())
    yardsticks.CLASSES = HEALTHY
    demo_run.EDITS = demo_run.EDITS[:1]


def prepare(folder: Path) -> None:
    """Put what the commands read into the folder that they are to run in, which is the working directory."""
    from ganmend.catalog.load import load_generator
    from ganmend.edits.class_edit import class_row

    numbers, generator = np.random.default_rng(0), load_generator("demo")
    for name in ("frog", "cat", "truck"):
        (folder / "photographs" / name).mkdir(parents=True)
        for index in range(24):
            pixels = numbers.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "photographs" / name / f"{index:02}.png")
        (folder / "edits" / name).mkdir(parents=True)
        row = class_row(generator, len(name))  # any will do
        replace(row, target=name).save(folder / "edits" / name / "embedding.safetensors")
    (folder / "tiny.pth").symlink_to(FIXTURES / "brock_biggan_32.pth")
    tiny = load_generator(folder / "tiny.pth")
    np.save(folder / "tiny-edit.npy", tiny.class_embeddings[:1].numpy())
    (folder / "opts.yaml").write_text("resolution: 256\ntarget_class: 3\nmodel: alexnet\ninit_method: mean\n")
    _begin_a_run(folder / "unfinished")


def _begin_a_run(folder: Path) -> None:
    """The directory of a run that was interrupted before its first step."""
    from ganmend.catalog.source import GeneratorSource
    from ganmend.cli.settings import typed_config
    from ganmend.runs.mend_run import place_of_run
    from ganmend.workbench.request import MendRequest

    config = typed_config("default", QUICK.split()[1::2], init="mean")
    request = MendRequest("repair", "frog", GeneratorSource("demo"), judge="demo:judge", config=config, samples=SAMPLES)
    with suppress(KeyboardInterrupt), place_of_run(folder, request, request.workbench()):
        raise KeyboardInterrupt
