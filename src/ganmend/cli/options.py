"""Options that mean the same in every verb, alone or in groups (see `groups`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.errors import OptionError

if TYPE_CHECKING:
    from ganmend.catalog.source import GeneratorSource

ALLOW_CODE = "Run Python code of yours that a classifier's name leads to, such as module.path:function."
EMBEDDING_FILE = "an embedding file, or hf:OWNER/REPO/FILE"  # in help texts

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an older result at --out.")]
Seed = Annotated[
    int, typer.Option("--seed", help="All random numbers follow from it: the same seed gives the same result.")
]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="CLASSES",
        help="Classes by name, index or range, such as frog,7,100-199; or a text file, one a line; default all.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Device = Annotated[str, typer.Option("--device", help="Where to compute: cpu or cuda.")]
Real = Annotated[
    Path | None,
    typer.Option(
        "--real",
        help="Real images: a folder, with a sub-folder for each class where there are several, or a statistics file;"
        " default the bundled ones for 'demo', else none.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Accept an embedding found for another generator.")]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any search setting, e.g. --set steps=60; default the preset's."),
]

Memory = Annotated[
    str,
    typer.Option(
        "--memory", help="The most that a search's gradients may take, such as 4GB; default most of what is free."
    ),
]


def expect(fits: bool, message: str) -> None:
    """Refuse what was typed where it does not fit.

    Args:
        fits: whether it does.
        message: what came, what was expected.

    Raises:
        OptionError: it does not.
    """
    if not fits:
        raise OptionError(message)


NamedGenerator = Annotated[
    str,
    typer.Argument(
        metavar="GENERATOR",
        help="A checkpoint's path; or 'demo', the bundled generator; or a name, such as biggan-deep-128 or "
        "hf:OWNER/REPO.",
    ),
]


@dataclass(frozen=True)
class GeneratorOptions:
    """Which generator, and what its file does not say."""

    generator: NamedGenerator
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help="The checkpoint's format: ajbrock, huggingface, studiogan or ganmend; default recognised by the "
            "file's tensors.",
        ),
    ] = ""
    class_names: Annotated[
        str,
        typer.Option(
            "--class-names",
            help="Names of the generator's classes: a text file, one name a line; or imagenet or places365; default "
            "those in the checkpoint, else ImageNet's for 1000 classes.",
        ),
    ] = ""
    truncation: Annotated[
        float | None,
        typer.Option(
            "--truncation",
            help="Makes samples better and less varied: latents are multiplied by it. Above 0, at most 1; default 1, "
            "or the checkpoint's own.",
        ),
    ] = None
    bn_eps: Annotated[
        float | None,
        typer.Option(
            "--bn-eps",
            help="The small number that conditional norms add to a variance; default the family's usual one.",
        ),
    ] = None
    sn_eps: Annotated[
        float | None,
        typer.Option(
            "--sn-eps", help="The small number in spectral norm's power iteration; default the family's usual one."
        ),
    ] = None
    device: Device = "cpu"

    def expect_option(self, value: str, name: str) -> None:
        """Refuse to go without a classifier where it is known, before the weights are read, that there is no default.

        Args:
            value: of the option that names one.
            name: of the option.

        Raises:
            OptionError: it was not given.
        """
        if value or self.generator == "demo":
            return
        from ganmend.catalog.known_names import known_names
        from ganmend.workbench.defaults import may_have_defaults, needed

        names = known_names(self.source())
        expect(may_have_defaults(names), needed(name, names))

    def source(self) -> "GeneratorSource":
        """The same as plain values that load the generator."""
        from ganmend.catalog.source import GeneratorSource

        return GeneratorSource(
            self.generator, self.format, self.class_names, self.truncation, self.bn_eps, self.sn_eps, self.device
        )


@dataclass(frozen=True)
class DrawingOptions(GeneratorOptions):
    """A generator that is to draw many images."""

    precision: Annotated[
        str,
        typer.Option(
            "--precision",
            help="The numbers that the generator computes with: auto, float32 or bfloat16; auto is the faster one on"
            " this machine.",
        ),
    ] = "auto"


ClassMapFile = Annotated[
    Path | None,
    typer.Option(
        "--class-map",
        help="A JSON file that says what classifier and judge call the generator's classes where their names differ, "
        'such as {"5": "bullfrog", "newt": {"classifier": "eft", "judge": "common newt"}}; default the same names.',
    ),
]


@dataclass(frozen=True)
class NetworkOptions:
    """What the file of a classifier or judge does not say. Behind its name the same may stand for it alone."""

    classes: Annotated[
        str,
        typer.Option(
            "--classes",
            help="Class names of your own networks: a text file, one name a line; or imagenet or places365; default "
            "what the network's file says. For one network alone put ,classes=FILE behind its name.",
        ),
    ] = ""
    image_size: Annotated[
        int | None,
        typer.Option(
            "--image-size", help="Size in pixels of the images that your own networks take; default as published."
        ),
    ] = None
    mean: Annotated[
        str,
        typer.Option(
            "--mean",
            metavar="R,G,B",
            help="Mean of the images in [0, 1] that your own networks were trained on; default as published.",
        ),
    ] = ""
    std: Annotated[
        str, typer.Option("--std", metavar="R,G,B", help="Standard deviation of the same images; default as published.")
    ] = ""
    allow_code: Annotated[
        bool,
        typer.Option("--allow-code", help=ALLOW_CODE),
    ] = False

    def of(self, *lists: Sequence[str]) -> list[tuple[str, ...]]:
        """Put the options behind the names of networks that are a user's own; where none is, behind all that may.

        Args:
            *lists: names of classifiers, of judges, and so on.

        Returns:
            The same lists; what a name says itself stays.

        Raises:
            ClassifierError: an option is out of range.
            OptionError: there is no network that takes them.
        """
        typed = {
            "classes": self.classes, "size": "" if self.image_size is None else str(self.image_size),
            "mean": self.mean.replace(",", "/"), "std": self.std.replace(",", "/"),
        }  # fmt: skip
        if not (given := {key: value for key, value in typed.items() if value}):
            return [tuple(names) for names in lists]
        from ganmend.targets.load import is_users_own, takes_settings
        from ganmend.targets.sources.network_name import with_settings

        named = [name for names in lists for name in names]
        own = [*filter(is_users_own, named)] or [*filter(takes_settings, named)]
        expect(bool(own), "--classes, --image-size, --mean and --std go with a network of your own; none was named")
        return [tuple(with_settings(name, given) if name in own else name for name in names) for names in lists]


JudgeNames = Annotated[
    list[str] | None,
    typer.Option(
        "--judge",
        help="A classifier for the verdict, which guided no search; may be given several times: all judge, and the "
        "first one's figures fill the tables; default demo:judge for 'demo', and demo:second-judge beside it; "
        "imagenet:judge for ImageNet's classes (extra imagenet), else no verdict.",
    ),
]


@dataclass(frozen=True)
class MendOptions:
    """How classes are mended, and where the result goes."""

    classifier: Annotated[
        list[str] | None,
        typer.Option(
            "--classifier",
            help="The network that guides the search: torchvision:MODEL, timm:MODEL@FILE, a .pt or .pt2 file, ...; "
            "may be given several times: all guide it together; default demo:search for 'demo', imagenet:search for "
            "ImageNet's classes (extra imagenet).",
        ),
    ] = None
    judge: JudgeNames = None
    real: Annotated[
        Path | None,
        typer.Option(
            "--real",
            help="Photographs of the class: a folder, with a sub-folder for each class where there are several. The "
            "search matches one half, the verdict compares with the other. Or a statistics file, for the verdict only; "
            "default the bundled ones for 'demo', else none.",
        ),
    ] = None
    called: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help="What classifier and judge call the class, where a single one is mended; default its name.",
        ),
    ] = ""
    class_map: ClassMapFile = None
    preset: Annotated[
        str,
        typer.Option(
            "--preset", help="A name for all search settings: default, or paper for those of the paper's released code."
        ),
    ] = "default"
    capacity: Annotated[
        str,
        typer.Option(
            "--capacity",
            help="How much of a class is searched: row (one vector), layers (also one for each conditional norm) or "
            "norms (a vector, and all gains and biases of the conditional norms); default the preset's.",
        ),
    ] = ""
    init: Annotated[
        str,
        typer.Option(
            "--init", help="Where the search starts: best, mean, top, random or target; default the preset's."
        ),
    ] = ""
    memory: Memory = ""
    setting: Setting = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="A folder for the result; where several classes are mended, it gets a sub-folder for each; default "
            "runs/VERB-seedN/CLASS, of a sweep runs/sweep-seedN.",
        ),
    ] = None
    overwrite: Overwrite = False
    seed: Seed = 0
    as_json: AsJson = False
