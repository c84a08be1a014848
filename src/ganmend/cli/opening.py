"""From what a user typed to the objects that the tasks work on."""

from pathlib import Path

import torch
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.catalog.names import find_class
from ganmend.catalog.tables import TABLES
from ganmend.cli.options import DrawingOptions, GeneratorOptions
from ganmend.edits.file import EMBEDDING_SUFFIXES, ClassEmbedding, is_embedding, load_embedding
from ganmend.edits.sampling import class_row
from ganmend.errors import OptionError, UnreadableError
from ganmend.files.json_text import read_text
from ganmend.kernels.allocator import return_freed_memory
from ganmend.metrics.statistics import ClassReference, ReferenceStatistics
from ganmend.models.biggan.model import Generator
from ganmend.models.biggan.prepared import prepared
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.workbench.verdicts import reference_from_folder, reference_of


def names_in(listed: str) -> tuple[str, ...]:
    """The class names of a table, or of a text file, one a line; none where neither was given."""
    if not listed:
        return ()
    if listed in TABLES:
        return TABLES[listed]()
    if not Path(listed).is_file():
        tables = " or ".join(map(repr, TABLES))
        raise OptionError(f"no class-names file at {listed}: expected a text file, one name a line, or {tables}")
    try:
        return tuple(" ".join(line.split()) for line in read_text(Path(listed)).strip().splitlines())
    except UnreadableError as error:
        raise OptionError(f"{listed} {error}") from error


def open_generator(options: GeneratorOptions) -> Generator:
    """The generator that a command line names; made ready for drawing where it is to draw."""
    place = find_device(options.device)
    generator = load_generator(
        options.generator, bn_eps=options.bn_eps, sn_eps=options.sn_eps, truncation=options.truncation,
        class_names=names_in(options.class_names), format=options.format,
    ).to(place)  # fmt: skip
    if isinstance(options, DrawingOptions):
        generator = prepared(generator, options.precision)
        return_freed_memory()
    return generator


def find_device(device: str) -> torch.device:
    """The device by name.

    Raises:
        OptionError: not on this machine.
    """
    if device == "cpu" or (device.startswith("cuda") and torch.cuda.is_available()):
        return torch.device(device)
    raise OptionError(f"device {device!r} is not on this machine; use --device cpu")


def open_classifier(name: str, source: GeneratorOptions, bundled: str, option: str) -> Classifier:
    """The classifier of that name; the bundled one for the bundled generator where none was named."""
    if not name and source.generator != "demo":
        raise OptionError(f"{option} is needed for a generator of your own, for example {option} torchvision:resnet50")
    return load_classifier(name or bundled).to(find_device(source.device))


def open_judge(name: str, source: GeneratorOptions) -> Classifier | None:
    """The judge, where one was named or the generator is the bundled one."""
    if not name and source.generator != "demo":
        return None
    return open_classifier(name, source, "demo:judge", "--judge")


def open_reference(
    real: Path | None, generator: str, judge: Classifier | None, target: str, part: slice = slice(None)
) -> ClassReference | None:
    """Real images of the target as the judge sees them: (a part of) a folder, a statistics file, or the bundled one."""
    if judge is None:
        return None
    if real is not None and real.suffix != ".safetensors":
        return reference_from_folder(judge, real, part)
    statistics = open_statistics(real, generator, judge)
    return None if statistics is None else reference_of(statistics, judge, target)


def open_statistics(real: Path | None, generator: str, judge: Classifier) -> ReferenceStatistics | None:
    """A statistics file, or the bundled statistics where they are the judge's own."""
    if real is not None:
        return ReferenceStatistics.load(real)
    if generator != "demo":
        return None
    from ganmend.workbench.demo import bundled_reference

    bundled = bundled_reference()
    return bundled if bundled.judge == judge.fingerprint else None


def vectors_of(text: str, table: Tensor, names: tuple[str, ...]) -> Tensor:
    """The vectors (K, dim) of an embedding file, or the row of a class given by name or index."""
    if is_embedding(text):
        return load_embedding(text).vectors
    return table[find_class(text, names)][None]


def open_embedding(text: str, generator: Generator, *, force: bool = False) -> ClassEmbedding:
    """An embedding file's content, or the row of a class given by name or index."""
    if is_embedding(text):
        embedding = load_embedding(text)
        embedding.check(generator.dim_embedding, generator.fingerprint, dim_z=generator.dim_z, force=force)
        return embedding
    return class_row(generator, find_class(text, generator.class_names))


def label_of(text: str) -> str:
    """What to call a class or an embedding file: as it is given, or by its name, which may be its folder's."""
    if not is_embedding(text):
        return text
    path = Path(text)
    if path.suffix not in EMBEDDING_SUFFIXES:  # hf:OWNER/REPO
        return path.name
    return (path.parent.name if path.stem == "embedding" else "") or path.stem
