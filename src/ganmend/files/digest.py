"""What tells folders of files from others without reading them."""

import hashlib
from pathlib import Path


def digest_below(place: Path | None) -> str:
    """16 hexadecimal digits of names, sizes and times of all files below a folder, or of one file; '' of None.

    Args:
        place: the folder or file, which may not be there.

    Returns:
        The digest: the same for a folder of another name that holds the same files.
    """
    if place is None:
        return ""
    digest = hashlib.sha256()
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if path.is_file():
            facts, name = path.stat(), path.relative_to(place) if path != place else path.name
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="replace"))
    return digest.hexdigest()[:16]
