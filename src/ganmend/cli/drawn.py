"""What `ganmend sample` draws: each as it was typed, the class that it shows, and all that its pictures depend on."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from ganmend.cli.answers import Answer, about_generator, typed_command
from ganmend.errors import ClassNameError, OptionError
from ganmend.progress import OnProgress

if TYPE_CHECKING:
    from ganmend.edits.class_edit import ClassEdit
    from ganmend.files.kept import Kept
    from ganmend.workbench.samples import Samples
    from ganmend.workbench.workbench import Workbench


@dataclass(frozen=True)
class Drawn:
    """One of what is drawn: as it was typed, under a label of its own, and the generator's class that it shows."""

    typed: str
    label: str
    edit: "ClassEdit"
    index: int | None
    name: str


def all_drawn(bench: "Workbench", what: Sequence[str], *, force: bool) -> list[Drawn]:
    """All that is to be drawn. A class and its edit's file may bear one name: the second is then called NAME-2."""
    from ganmend.edits.edit_file import class_shown, label_of
    from ganmend.files.paths import file_name

    names, taken, drawn = bench.generator.class_names, set[str](), list[Drawn]()
    for text in what:
        edit = bench.edit(text, force=force)
        label, number = label_of(text, names), 1
        while file_name(label).casefold() in taken:  # names that differ in case only are one name on some systems
            number += 1
            label = f"{file_name(label_of(text, names))}-{number}"
        taken.add(file_name(label).casefold())
        drawn.append(Drawn(text, label, edit, *class_shown(text, edit, names)))
    return drawn


def shown_class(drawn: Drawn | None) -> Answer | None:
    """The generator's class that is shown, by index and name, for JSON."""
    return None if drawn is None else {"index": drawn.index, "name": drawn.name}


def chosen(
    bench: "Workbench",
    drawn: Sequence[Drawn],
    samples: "Samples",
    n: int,
    *,
    force: bool,
    on_progress: OnProgress,
    kept: "Kept",
) -> dict[str, dict[int, float]]:
    """The n samples of each that the judge takes most surely for its class.

    Args:
        bench: with a judge.
        drawn: what is drawn.
        samples: of each.
        n: how many are kept.
        force: accept an edit found for another generator of the same widths.
        on_progress: called after each batch, stage 'drawing'.
        kept: where what was judged is kept, for a command that is killed.

    Returns:
        By label and number the judge's probability, the surest first.

    Raises:
        ClassNameError: the judge does not know a class.
    """
    from ganmend.edits.edit_file import is_embedding
    from ganmend.workbench.class_meant import judged_as
    from ganmend.workbench.samples import probabilities, surest

    judge, names = bench.judge, bench.generator.class_names
    assert judge is not None
    found: dict[str, dict[int, float]] = {}
    for each in drawn:
        shown = "" if is_embedding(each.typed, names) else each.typed
        try:
            index = judged_as(judge, each.edit, None, names, shown=shown)
        except (ClassNameError, OptionError) as error:
            raise ClassNameError(
                f"the judge {judge.name} knows no class that {each.typed} shows; give a --judge that does"
            ) from error
        found[each.label] = surest(
            probabilities(bench, each.edit, samples, judge, index, force=force, on_progress=on_progress, kept=kept), n
        )
    return found


def facts_of(bench: "Workbench", seed: int) -> Answer:
    """What every picture's metadata says."""
    return {"command": typed_command(), "generator": bench.generator.fingerprint, "seed": seed}


def request_of(bench: "Workbench", drawn: list[Drawn], n: int, seed: int, more: Answer) -> Answer:
    """All that a folder's pictures depend on; `more` is what only some commands ask for."""
    gan = about_generator(bench.generator, "")
    del gan["source"]  # a checkpoint may have moved
    edits = [{"label": each.label, "embedding": each.edit.digest(), **(shown_class(each) or {})} for each in drawn]
    return {
        "generator": gan,
        "drawn": edits,
        "n": n,
        "seed": seed,
        "ganmend": version("ganmend"),
        "torch": version("torch"),
        **more,
    }
