"""Options that mean the same in every verb."""

from pathlib import Path
from typing import Annotated

import typer

GeneratorName = Annotated[str, typer.Argument(metavar="GENERATOR", help="A checkpoint's path, or 'demo'.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write the result.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what stands at --out.")]
Seed = Annotated[int, typer.Option("--seed", help="Of latents and starts.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda.")]
BnEps = Annotated[float | None, typer.Option("--bn-eps", help="eps of the conditional norms; default by resolution.")]
SnEps = Annotated[float | None, typer.Option("--sn-eps", help="eps of the power iteration; default by resolution.")]
ClassNames = Annotated[Path | None, typer.Option("--class-names", help="A text file, one class name a line.")]
Truncation = Annotated[float | None, typer.Option("--truncation", help="Above 0, at most 1.")]
ClassifierName = Annotated[
    str, typer.Option("--classifier", help="demo:search or torchvision:MODEL; default demo:search for 'demo'.")
]
JudgeName = Annotated[
    str, typer.Option("--judge", help="An independent classifier for the verdict; default demo:judge for 'demo'.")
]
Real = Annotated[Path | None, typer.Option("--real", help="Real images: a folder, or a saved statistics file.")]
Force = Annotated[bool, typer.Option("--force", help="Accept an embedding found for another generator.")]
