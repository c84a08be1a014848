"""ganmend push-to-hub: a mended class for others."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.console import print_json, say
from ganmend.cli.options import AsJson, expect

if TYPE_CHECKING:
    from ganmend.workbench.publication import Publication


def push_to_hub_command(
    source: Annotated[
        Path, typer.Argument(metavar="EMBEDDING|RESULT_DIR", help="An embedding's file, or a result directory.")
    ],
    repository: Annotated[
        str,
        typer.Argument(metavar="OWNER/REPO", help="The repository on the Hugging Face hub; made where there is none."),
    ],
    generator: Annotated[
        str,
        typer.Option(
            "--generator",
            help="How others get the generator, such as biggan-deep-128 or hf:OWNER/REPO; default unsaid.",
        ),
    ] = "",
    license: Annotated[
        str, typer.Option("--license", help="The license that the card names, such as cc-by-4.0; default none.")
    ] = "",
    private: Annotated[bool, typer.Option("--private", help="Only you see a new repository.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the card and send nothing; --out keeps the files.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="With --dry-run: a folder for what would be sent; default none.")
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace an older result at --out; add to a repository that exists."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish an embedding with a card; log in first with 'hf auth login', or set HF_TOKEN."""
    from ganmend.files.directories import write_directory
    from ganmend.workbench.publication import prepare_publication

    expect(out is None or dry_run, "--out goes with --dry-run: a folder for what would be sent")
    found = prepare_publication(source, repository, generator=generator, license=license)
    if dry_run:
        if out is not None:
            write_directory(out, found.write, overwrite=overwrite)
        url = None
    else:
        url = _send(found, repository, private=private, overwrite=overwrite)
    if as_json:
        print_json({"url": url, "address": f"hf:{repository}", "files": found.names})
    elif url is None:
        say(found.card)
    else:
        say(f"published at {url}")


def _send(found: "Publication", repository: str, *, private: bool, overwrite: bool) -> str:
    from ganmend.hub.upload import upload

    with tempfile.TemporaryDirectory() as folder:
        found.write(Path(folder))
        return upload(Path(folder), repository, private=private, overwrite=overwrite, message=found.title)
