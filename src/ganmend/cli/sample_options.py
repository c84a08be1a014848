"""What `ganmend sample` can be asked for: which samples, the surest of them, walks, labels; and what goes together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Annotated

import typer

from ganmend.cli.options import EMBEDDING_FILE, Seed, expect
from ganmend.errors import OptionError

if TYPE_CHECKING:
    from ganmend.workbench.samples import Samples

SAMPLES, SUREST, WALKS, LAYOUT = "Which samples", "The surest by a judge", "Walks", "Layout"  # parts of the help
N = 16
MOST_LISTED = 100_000  # seeds of one list
RANGE = re.compile(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", re.ASCII)
WAYS = ("latents", "classes")


@dataclass(frozen=True)
class SampleOptions:
    """Which samples, which of them are kept, and how they are shown."""

    n: Annotated[
        int,
        typer.Option(
            "-n", rich_help_panel=SAMPLES, help="Samples of each class; for a walk, pictures from one stop to the next."
        ),
    ] = N
    seed: Seed = 0
    seeds: Annotated[
        str,
        typer.Option(
            "--seeds", metavar="LIST", rich_help_panel=SAMPLES,
            help="Draw one picture for each of these seeds, such as 0-31,77, named by it; default several samples of"
            " one --seed.",
        ),
    ] = ""  # fmt: skip
    truncations: Annotated[
        str,
        typer.Option(
            "--truncations", metavar="LIST", rich_help_panel=SAMPLES,
            help="One row for each truncation, such as 0.2,0.5,1, on the same latents, in one picture; default a "
            "single truncation.",
        ),
    ] = ""  # fmt: skip
    judge: Annotated[
        str,
        typer.Option(
            "--judge",
            rich_help_panel=SUREST,
            help="The classifier that chooses for --best and --keep; default demo:judge for 'demo', else none.",
        ),
    ] = ""
    best: Annotated[
        int | None,
        typer.Option(
            "--best",
            rich_help_panel=SUREST,
            help="Keep so many: those that the judge takes most surely for the class, out of --of samples or of "
            "--seeds; default all.",
        ),
    ] = None
    of: Annotated[
        int | None,
        typer.Option(
            "--of",
            rich_help_panel=SUREST,
            help="How many samples are drawn for --best to choose from; default one for each of --seeds.",
        ),
    ] = None
    keep: Annotated[
        float | None,
        typer.Option(
            "--keep", rich_help_panel=SUREST,
            help="Share of samples that is kept, the surest by the judge: n / keep are drawn to keep n; default 1.",
        ),
    ] = None  # fmt: skip
    to: Annotated[
        str,
        typer.Option(
            "--to", rich_help_panel=WALKS,
            help=f"Walk from each to this class, or {EMBEDDING_FILE}; default no walk.",
        ),
    ] = ""  # fmt: skip
    walk: Annotated[
        str,
        typer.Option(
            "--walk", rich_help_panel=WALKS,
            help="Walk through latents (in each class, from seed to seed of --seeds) or through classes (all in "
            "turn); default no walk.",
        ),
    ] = ""  # fmt: skip
    labels: Annotated[
        bool, typer.Option("--labels", rich_help_panel=LAYOUT, help="Write names into the picture or each frame.")
    ] = False
    sheets: Annotated[
        bool,
        typer.Option(
            "--sheets", rich_help_panel=LAYOUT, help="Write one labelled picture for each class into the folder."
        ),
    ] = False

    @property
    def moving(self) -> bool:
        """Whether it is a walk."""
        return bool(self.to or self.walk)

    @property
    def chooses(self) -> bool:
        """Whether a judge chooses."""
        return self.best is not None or self.keep is not None

    def check(self, what: Sequence[str], truncation: float | None) -> None:
        """Refuse what does not go together, before anything is loaded.

        Args:
            what: classes and files that were typed.
            truncation: the generator's option.

        Raises:
            OptionError: so.
        """
        given = {
            "--seeds": self.seeds, "--truncations": self.truncations, "--truncation": truncation is not None,
            "--best": self.best is not None, "--of": self.of is not None, "--keep": self.keep is not None,
            "--to": self.to, "--walk": self.walk, "--sheets": self.sheets, "--judge": self.judge,
            "--seed": self.seed, "-n": self.n != N,
        }  # fmt: skip
        excluded = [*combinations(("--to", "--walk", "--truncations", "--sheets"), 2), ("--best", "--keep"),
                    *product(("--best", "--keep"), ("--to", "--walk", "--truncations")),
                    ("--seeds", "--of"), ("--seeds", "--seed"), ("--seeds", "--to"), ("--best", "-n"),
                    ("--truncations", "--truncation")]  # fmt: skip
        excluded += [("--seeds", "-n")] if not self.walk else []
        for one, other in excluded:
            expect(not (given[one] and given[other]), f"{one} and {other} exclude each other; give one of them")
        expect(self.n >= 1, f"-n is {self.n}; expected at least 1 sample")
        expect(not self.moving or self.n >= 2, f"-n is {self.n}; a walk has at least 2 pictures, one of each end")
        expect(self.chooses or not self.judge, "--judge chooses samples only with --best or --keep; give one of them")
        expect(self.best is not None or self.of is None, "--of says of how many --best are taken; give --best too")
        expect(self.best is None or bool(self.seeds) or self.of is not None, "--best needs --of, or --seeds")
        expect(self.walk in ("", *WAYS), f"--walk {self.walk!r:.60}: expected {' or '.join(WAYS)}")
        seeds = parse_seeds(self.seeds) if self.seeds else []
        expect(self.walk != "latents" or len(seeds) >= 2, "--walk latents goes from seed to seed; give two --seeds")
        expect(
            self.walk != "classes" or (len(what) >= 2 and not seeds),
            f"--walk classes goes through two classes or more, on latents of --seed; {len(what)} came"
            + ", and --seeds" * bool(seeds),
        )

    def samples(self) -> "tuple[Samples, int]":
        """The samples that are drawn of each, and how many of them are kept.

        Returns:
            Both.

        Raises:
            OptionError: a number is out of range.
        """
        from ganmend.checks import check_number, check_whole
        from ganmend.workbench.augment import candidates
        from ganmend.workbench.samples import Samples

        if self.seeds:
            samples = Samples.of_seeds(parse_seeds(self.seeds))
        else:
            drawn = candidates(self.n, 1.0 if self.keep is None else self.keep) if self.of is None else self.of
            check_whole("--of", drawn, 1)
            samples = Samples.first(drawn, self.seed)
        listed = len(samples.numbers)
        if self.best is not None:
            check_whole("--best", self.best, 1, listed)
            return samples, self.best
        if self.seeds and self.keep is not None:
            check_number("keep", self.keep, above=0, most=1)
            return samples, max(1, round(self.keep * listed))
        return samples, listed if self.keep is None else self.n


def parse_seeds(text: str) -> list[int]:
    """Seeds and ranges of seeds as they are typed.

    Args:
        text: such as '0-31,77'; the ends of a range count.

    Returns:
        The seeds, in their order.

    Raises:
        OptionError: something else, a range from the larger to the smaller, or too many.
    """
    seeds: list[int] = []
    for part in text.split(","):
        found = RANGE.fullmatch(part)
        if found is None:
            raise OptionError(f"--seeds {text!r:.60}: {part!r:.30} is no seed and no range; expected such as 0-31,77")
        first = int(found[1])
        last = first if found[2] is None else int(found[2])
        if last < first:
            raise OptionError(f"--seeds {text!r:.60}: {part.strip()} ends before it begins; give {last}-{first}")
        if len(seeds) + last - first >= MOST_LISTED:
            raise OptionError(f"--seeds {text!r:.60}: more than {MOST_LISTED} seeds came; draw them in parts")
        seeds += range(first, last + 1)
    return seeds


def parse_truncations(text: str) -> list[float]:
    """Truncations as they are typed.

    Args:
        text: such as '0.2,0.5,1'.

    Returns:
        The values, in their order.

    Raises:
        OptionError: something else, out of range, or one twice.
    """
    from ganmend.checks import check_truncation

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise OptionError(f"--truncations {text!r:.60}: expected numbers such as 0.2,0.5,1") from error
    for value in values:
        check_truncation(value)
        expect(values.count(value) == 1, f"--truncations {text!r:.60}: {value:g} came twice; give each once")
    return values
