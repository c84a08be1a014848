"""What must hold of whatever is read, or of the error that says why it is not."""

from pathlib import Path

import torch

from ganmend.catalog.load import load_generator
from ganmend.edits.class_edit import ClassEdit
from ganmend.edits.edit_file import load_edit
from ganmend.formats.export import patch_checkpoint
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.models.protocol import Generator

LONGEST_MESSAGE = 1000  # characters


def read(format: str, path: Path) -> object:
    """The file's content as ganmend's own type."""
    if format.startswith("embedding"):
        return load_edit(path)
    return ReferenceStatistics.load(path) if format == "statistics" else load_generator(path)


@torch.no_grad()
def check(content: object, path: Path) -> None:
    """A generator draws what it says and can be exported; other contents have shapes that agree."""
    if isinstance(content, Generator):
        torch.manual_seed(0)
        images = content(torch.randn(1, content.dim_z), content.class_embeddings[-1])
        assert images.shape == (1, 3, content.resolution, content.resolution)
        assert len(content.class_names) == content.n_classes
        out = path.with_name(f"exported{path.suffix}")
        patch_checkpoint(path, 0, content.class_embeddings[-1], out)
    elif isinstance(content, ReferenceStatistics):
        for reference in content.classes.values():
            width = len(reference.gaussian.mean)
            assert reference.gaussian.covariance.shape == (width, width)
            assert reference.features.shape == (len(reference.features), width)
    else:
        assert isinstance(content, ClassEdit)
        assert content.vectors.isfinite().all()
        z = torch.ones(3, 4 if content.latent_map is None else len(content.latent_map))
        fed, condition = content.condition(z)
        assert fed.shape == z.shape
        assert condition.embedding.shape == (3, content.vectors.shape[1])


def check_line(message: str) -> None:
    """One line that a terminal can show."""
    assert message.isprintable(), "a message of several lines, or with control characters"
    assert len(message) <= LONGEST_MESSAGE, "a long message"
