"""Fingerprints of what a run depends on, so that it is never gone on with under something else of the same name."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ganmend.files.paths import as_path
from ganmend.targets.classifier import Classifier
from ganmend.workbench.request import MendRequest
from ganmend.workbench.workbench import Workbench


def facts_of(request: MendRequest, workbench: Workbench) -> Mapping[str, object]:
    """What the names in a request turned out to be.

    Args:
        request: of one class.
        workbench: of the request.

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
        "photographs": digest_of_files(_folders(request)),
    }


def _network(classifier: Classifier) -> str:
    return f"{classifier.fingerprint} {str(classifier.dtype).removeprefix('torch.')}"


def _folders(request: MendRequest) -> list[str]:
    images = () if request.images is None else (*request.images.images.values(), *request.images.against)
    attributes = () if request.balance is None else request.balance.folders.values()
    return [place for place in (request.real, *images, *map(str, attributes)) if place]


def digest_of_files(places: Sequence[str]) -> str:
    """16 hexadecimal digits of names, sizes and times of all files in some places; '' of none.

    Args:
        places: folders, or files.

    Returns:
        The digest. The files themselves are not read.
    """
    digest = hashlib.sha256()
    for place in places:
        root = as_path(place)
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                facts = path.stat()
                digest.update(f"{_below(path, root)}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="replace"))
    return digest.hexdigest()[:16] if places else ""


def _below(path: Path, root: Path) -> Path:
    return path if path == root else path.relative_to(root)
