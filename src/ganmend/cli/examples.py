"""Examples that `ganmend VERB --help` ends with, as they are typed; tests/docs/test_examples.py reads each of them."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "info": ("ganmend info demo", "ganmend info G_ema.pth --json", "ganmend info mended"),
    "classes": ("ganmend classes demo", "ganmend classes biggan-deep-128 --search daisy"),
    "nearest": ("ganmend nearest demo frog", "ganmend nearest demo mended/embedding.safetensors -n 3"),
    "diagnose": (
        "ganmend diagnose demo",
        "ganmend diagnose demo --out sick",
        "ganmend diagnose G_ema.pth --classifier torchvision:resnet50",
    ),
    "repair": (
        "ganmend repair demo frog --out mended",
        "ganmend repair demo --worst 2",
        "ganmend repair demo frog --figures --tensorboard",
        "ganmend repair G_ema.pth tench --classifier torchvision:resnet50",
    ),
    "repurpose": (
        "ganmend repurpose demo truck --out truck",
        "ganmend repurpose demo --images photographs --name lorry --out lorry",
        "ganmend repurpose G_ema.pth pier --classifier places365:resnet18",
    ),
    "debias": (
        "ganmend debias demo automobile --out cars",
        "ganmend debias demo automobile --balance red=RED --balance other=OTHER",
    ),
    "sweep": (
        "ganmend sweep demo --classes all --workers 2 --out swept",
        "ganmend sweep G_ema.pth --classes worst:50 --classifier timm:resnet50",
        "ganmend sweep G_ema.pth --classes frog,0-99 --out swept --export G2.pth",
    ),
    "resume": ("ganmend resume mended", "ganmend resume runs/repair-seed0/frog --json"),
    "sample": (
        "ganmend sample demo frog -n 100 --out frogs",
        "ganmend sample demo frog mended --seeds 0-9 --out frogs.png",
        "ganmend sample demo frog --to ship -n 16 --out walk.gif",
        "ganmend sample demo frog --best 16 --of 200 --out best.png",
    ),
    "augment": ("ganmend augment demo --images TRAIN_DIR --per-class 500 --out more_images",),
    "evaluate": (
        "ganmend evaluate demo frog",
        "ganmend evaluate demo mended/embedding.safetensors --real photographs",
    ),
    "compare": (
        "ganmend compare runs/repair-seed0/frog runs/repair-seed1/frog",
        "ganmend compare runs --out compared",
    ),
    "statistics": ("ganmend statistics TRAIN_DIR --judge torchvision:resnet50 --out r.safetensors",),
    "export": (
        "ganmend export G_ema.pth mended --out G_mended.pth",
        "ganmend export G_ema.pth mended --append --out G_mended.pth",
        "ganmend export demo mended --out frog.npy",
    ),
    "convert": ("ganmend convert G_ema.pth --out G.safetensors",),
    "push-to-hub": (
        "ganmend push-to-hub mended OWNER/REPO --dry-run",
        "ganmend push-to-hub mended OWNER/REPO --license cc-by-4.0",
    ),
    "demo": ("ganmend demo", "ganmend demo --out elsewhere --seed 1"),
    "studio": (
        "ganmend studio demo --open",
        "ganmend studio G_ema.pth --classifier torchvision:resnet50 --port 8000",
        "ganmend studio demo --host 0.0.0.0 --auth users.txt",
    ),
    "bench": ("ganmend bench demo", "ganmend bench G_ema.pth --precision float32"),
    "paper": (
        "ganmend paper opts.yaml --dry-run",
        "ganmend paper opts.yaml --generator biggan_256_weights.pth --out mended",
    ),
}


def in_help(verb: str) -> str:
    """A verb's examples as the text under its help.

    Args:
        verb: of the command line.

    Returns:
        Paragraphs, of which typer makes a line each.
    """
    return "\n\n".join(("Examples:", *EXAMPLES[verb]))
