"""The page's own pieces of HTML: pictures as data in the page, text escaped, nothing loaded from elsewhere."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, PackageLoader
from PIL import Image

from ganmend.report.curves import Records
from ganmend.report.fragments import environment
from ganmend.report.page import Edit
from ganmend.studio import words

if TYPE_CHECKING:
    from ganmend.studio.jobs import Job

Pictures = Sequence[Image.Image]
FOLDERS = re.compile(r"(?<![\w/])/(?:[^/\s'\"]+/)+")  # of an absolute path, all but its last name


@cache
def _templates() -> Environment:
    """The templates of this room, which may include those of reports."""
    made = environment()
    assert made.loader is not None
    made.loader = ChoiceLoader([PackageLoader("ganmend.studio", "templates"), made.loader])
    return made


def _rendered(template: str, **values: object) -> str:
    return _templates().get_template(template).render(**values)


def header(generators: Sequence[tuple[str, str]], number: int) -> str:
    """What the page is, above everything, and the way to those of other generators.

    Args:
        generators: of all pages, each with its address.
        number: of this page's among them.

    Returns:
        HTML.
    """
    return _rendered("header.html", generators=generators, number=number)


def samples(name: str, drawn: Mapping[int, Image.Image], photographs: Pictures, kept: Collection[int]) -> str:
    """Samples of a class, each a button that keeps its seed, beside real photographs.

    Args:
        name: of the class.
        drawn: by seed.
        photographs: real ones; none where there are none.
        kept: seeds that are kept.

    Returns:
        HTML.
    """
    return _rendered("samples.html", name=name, samples=drawn, photographs=photographs, kept=kept)


def sets(name: str, pictures: Mapping[str, Pictures], note: str = "") -> str:
    """Sets of pictures side by side, each under its caption; empty ones are left out.

    Args:
        name: of the class, for those who hear the page.
        pictures: by caption.
        note: a sentence below, or ''.

    Returns:
        HTML.
    """
    return _rendered("sets.html", name=name, sets=pictures, note=note)


def status(job: "Job") -> str:
    """How far a job is, as a bar and in words."""
    progress = job.progress if job.state == "running" else None
    stage = words.stage(progress.stage) if progress else ""
    return _rendered(
        "status.html", headline=words.headline(job), progress=progress, stage=stage, time=words.time_of(job)
    )


def curves(history: Records) -> str:
    """A search so far as curves; '' before there is one."""
    return _rendered("curves.html", history=history).strip()


def result(edit: Edit) -> str:
    """A result in words, pictures, curves and figures, as its report shows it."""
    return _rendered("result.html", edit=edit)


def line(text: str) -> str:
    """One line of text; '' of none."""
    return _rendered("line.html", text=text) if text else ""


def trouble(error: Exception) -> str:
    """What hindered something, as one line; of paths only names: visitors have no use for where the server's files lie.

    Args:
        error: that says so.

    Returns:
        HTML.
    """
    return line(FOLDERS.sub("", str(error)))


def command(words: str) -> str:
    """A command to be typed elsewhere."""
    return _rendered("command.html", command=words)
