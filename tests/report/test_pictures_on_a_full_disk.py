"""A picture that the system does not take is told with the system's own reason, whichever library encodes it."""

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganmend.errors import OutputError
from ganmend.report.picture_file import save_picture


@pytest.fixture
def files_are_small() -> Iterator[None]:
    """A limit on the size of files, of 100 bytes; Python lets no signal come of it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("files_are_small")
@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.gif", "GIF")])
def test_the_systems_reason_is_told(name: str, kind: str, tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    with pytest.raises(OutputError, match=rf"{name} \(File too large\); raise the limit .* \(ulimit -f\)"):
        save_picture(tmp_path / name, kind, [noise, noise], {})
    assert list(tmp_path.iterdir()) == []
