"""A small command of each verb, and what these commands read; those that search have networks of a few weights."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import CIFAR10, FIXTURES, make_classifier

QUICK = "--set steps=2 --set latents=4 --set validation_latents=4 --set trials=1"
TINY = "tiny.pth --class-names names.txt"
SHORT = f"{QUICK} --init mean --classifier tiny --judge other --real photographs"
# By a name that begins with the verb. What is written goes to OUT, which stands for out-NAME.
COMMANDS: Mapping[str, str] = {
    "info": "info demo --json",
    "classes": "classes demo",
    "nearest": "nearest demo frog",
    "diagnose": f"diagnose {TINY} --classifier other --only frog,cat -n 10 --real photographs --out OUT",
    "repair": f"repair {TINY} frog --out OUT {SHORT}",
    "repurpose": f"repurpose {TINY} truck --out OUT {SHORT}",
    "resume": "resume unfinished",
    "debias": f"debias {TINY} frog --out OUT {SHORT}",
    "compare": "compare out-repair out-debias --out OUT",
    "sweep": f"sweep {TINY} --classes frog --task repair --trials 1 -n 20 --out OUT {SHORT}",
    "sample": "sample demo frog cat -n 3 --out OUT",
    "sample, one picture": "sample demo frog -n 4 --out OUT.jpg",
    "augment": f"augment {TINY} --images photographs --edits tiny-edits --per-class 3 --classifier tiny --judge other"
    " --out OUT",
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
    """In this process a verdict takes few samples, for which no verb has an option, and two classifiers are tiny."""
    import ganmend.targets.load
    import ganmend.workbench.networks
    from ganmend.metrics import judging
    from ganmend.runs import demo_run
    from ganmend.workbench import request, yardsticks

    init = request.MendRequest.__init__
    init.__defaults__ = tuple(SAMPLES if value == judging.SAMPLES else value for value in init.__defaults__ or ())
    yardsticks.CLASSES = HEALTHY
    demo_run.EDITS = demo_run.EDITS[:1]
    known, load = {"tiny": make_classifier(), "other": make_classifier(1)}, ganmend.targets.load.load_classifier
    for module in (ganmend.workbench.networks, ganmend.targets.load):
        module.load_classifier = lambda name, **more: known.get(name) or load(name, **more)  # type: ignore


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
    (folder / "names.txt").write_text("\n".join(CIFAR10) + "\n")
    tiny = load_generator(folder / "tiny.pth", class_names=CIFAR10)
    for name in ("frog", "cat", "truck"):
        (folder / "tiny-edits" / name).mkdir(parents=True)
        class_row(tiny, CIFAR10.index(name)).save(folder / "tiny-edits" / name / "embedding.safetensors")
    np.save(folder / "tiny-edit.npy", tiny.class_embeddings[:1].numpy())
    (folder / "opts.yaml").write_text("resolution: 256\ntarget_class: 3\nmodel: alexnet\ninit_method: mean\n")


def begin_a_run(folder: Path) -> None:
    """The directory of a run that was interrupted before its first step, in a process that was made small."""
    from ganmend.catalog.source import GeneratorSource
    from ganmend.cli.settings import typed_config
    from ganmend.runs.mend_run import place_of_run
    from ganmend.workbench.request import MendRequest

    config = typed_config("default", QUICK.split()[1::2], init="mean")
    source = GeneratorSource("tiny.pth", class_names="names.txt")
    request = MendRequest("repair", "frog", source, "tiny", "other", config=config, samples=SAMPLES)
    with suppress(KeyboardInterrupt), place_of_run(folder, request, request.workbench()):
        raise KeyboardInterrupt
