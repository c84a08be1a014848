"""ganmend statistics: what photographs look like to a judge, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from ganmend.cli.answers import about_classifier
from ganmend.cli.console import print_json, progress_bar, say
from ganmend.cli.options import AsJson, Device, NetworkOptions, Overwrite, expect


def statistics_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Photographs, with a sub-folder a class.")],
    judge: Annotated[
        str,
        typer.Option("--judge", help="The judge: a classifier that guides no search, such as torchvision:resnet50."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write, FILE.safetensors.")],
    networks: NetworkOptions,
    resolution: Annotated[
        int | None,
        typer.Option(
            "--resolution", help="Resolution in pixels of the generators that will be judged; default the judge's own."
        ),
    ] = None,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Look at photographs once, and keep what a judge sees of them for --real."""
    from ganmend.catalog.source import find_device
    from ganmend.files.outputs import check_out
    from ganmend.targets.load import load_classifier
    from ganmend.workbench.reference import make_statistics

    expect(out.suffix == ".safetensors", f"--out is {out}; expected a name that ends in .safetensors")
    check_out(out, overwrite=overwrite, directory=False)
    ((named,),) = networks.of([judge])
    network = load_classifier(named, allow_code=networks.allow_code).to(find_device(device))
    with progress_bar(str(folder)) as show:
        found = make_statistics(folder, network, resolution=resolution, on_progress=show)
    found.save(out)
    counts = {name: reference.gaussian.n for name, reference in found.classes.items()}
    if as_json:
        by = about_classifier(network)
        print_json({"out": str(out), "classes": counts, "resolution": found.resolution, "judge": by})
        return
    for name, n in counts.items():
        say(f"{n:6d}  {name}")
    say(f"written to {out}, for judge {network.name} and generators of {found.resolution} px")
