"""Fingerprints of what a run depends on, so that it is never gone on with under something else of the same name."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ganmend.errors import ImageFolderError
from ganmend.photographs.find import find_pictures
from ganmend.targets.classifier import Classifier
from ganmend.workbench.class_meant import found_by
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench


def facts_of(request: MendRequest, workbench: Workbench, targets: Sequence[str] = ()) -> Mapping[str, object]:
    """What the names in a request turned out to be.

    Args:
        request: of one class.
        workbench: of the request.
        targets: of a request of several classes, in place of its own.

    Returns:
        Plain values by what they are of, for a run's record.
    """
    generator = workbench.generator
    return {
        "generator's weights": f"{generator.fingerprint} {generator.function_digest()}",
        "precision in use": generator.precision,
        "truncation in use": generator.truncation,
        "classifier's weights": _network(workbench.searching),
        "judges' weights": [_network(judge) for judge in workbench.judges],
        "photographs": digest_of_files(_photographs(request, workbench, targets or (request.target,))),
    }


def _network(classifier: Classifier) -> str:
    return f"{classifier.fingerprint} {str(classifier.dtype).removeprefix('torch.')}"


def _photographs(request: MendRequest, workbench: Workbench, targets: Sequence[str]) -> list[Path]:
    """The files that show the classes, or statistics of such; of other classes none but those it is told from."""
    real, classifier = workbench.real, workbench.searching
    found: list[Path] = []
    for target in targets if real.folder is not None else ():
        _, index = found_by(classifier, target, workbench.generator.class_names)
        with suppress(ImageFolderError):  # which the class is refused for, when it comes to it
            found += real.photographs(classifier, classifier.class_names[index]).paths
    if real.folder is None and real.source is not None and real.source.is_file():
        found.append(real.source)
    images = () if request.images is None else (*request.images.images.values(), *request.images.against)
    attributes = () if request.balance is None else request.balance.folders.values()
    for folder in (*images, *attributes):
        found += find_pictures(folder).paths
    return found


def digest_of_files(paths: Sequence[Path]) -> str:
    """16 hexadecimal digits of the names, sizes and times of files, which are not read; '' of none."""
    digest = hashlib.sha256()
    for path in paths:
        facts = path.stat()
        digest.update(f"{path.name}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="replace"))
    return digest.hexdigest()[:16] if paths else ""
