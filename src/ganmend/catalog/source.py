"""Where a generator comes from, as plain values: what a request says, and a worker can be handed."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganmend.catalog.tables import TABLES
from ganmend.errors import OptionError, UnreadableError
from ganmend.files.json_text import read_text

if TYPE_CHECKING:  # a source can be named and sent without PyTorch
    import torch

    from ganmend.models.protocol import Generator


@dataclass(frozen=True)
class GeneratorSource:
    """A checkpoint, and what its file does not say, as `load_generator` takes it.

    Attributes:
        path: of a file or folder, 'demo', a published name, or hf:OWNER/REPO[/FILE].
        format: by name, or '' for what the tensors tell.
        class_names: a table's name ('imagenet', 'places365'), the path of a text file, one name a line, or ''.
        truncation: of latents and stored statistics, or None.
        bn_eps: eps of the conditional norms, or None.
        sn_eps: eps of the power iteration, or None.
        device: 'cpu', 'cuda' or 'cuda:N'.
    """

    path: str
    format: str = ""
    class_names: str = ""
    truncation: float | None = None
    bn_eps: float | None = None
    sn_eps: float | None = None
    device: str = "cpu"

    def load(self) -> "Generator":
        """Load it.

        Returns:
            The generator, on its device.

        Raises:
            CheckpointError: the file is missing, broken, of another kind, or would run code.
            HubError: it is to be downloaded and cannot be.
            OptionError: an option is out of range, or the device is not here.
        """
        from ganmend.catalog.load import load_generator

        device = find_device(self.device)
        return load_generator(
            self.path, bn_eps=self.bn_eps, sn_eps=self.sn_eps, truncation=self.truncation,
            class_names=names_in(self.class_names), format=self.format,
        ).to(device)  # fmt: skip

    def as_dict(self) -> dict[str, object]:
        """Plain values by name."""
        return asdict(self)


def find_device(device: str) -> "torch.device":
    """The device by name.

    Args:
        device: 'cpu', 'cuda' or 'cuda:N'.

    Returns:
        The device.

    Raises:
        OptionError: not on this machine.
    """
    import torch

    if device == "cpu" or (device.startswith("cuda") and torch.cuda.is_available()):
        return torch.device(device)
    raise OptionError(f"device {device!r} is not on this machine; use --device cpu")


def names_in(listed: str) -> tuple[str, ...]:
    """The class names of a table, or of a text file, one a line; none where neither was given.

    Args:
        listed: a key of TABLES, the path of a file, or ''.

    Returns:
        The names, their white space made single; lines without one are left out.

    Raises:
        OptionError: no such file or table, not text, or no name in it.
    """
    if not listed:
        return ()
    if listed in TABLES:
        return TABLES[listed]()
    if not Path(listed).is_file():
        tables = " or ".join(map(repr, TABLES))
        raise OptionError(f"no class-names file at {listed}: expected a text file, one name a line, or {tables}")
    names = tuple(" ".join(line.split()) for line in lines_in(Path(listed)))
    if not names:
        raise OptionError(f"{listed} holds no class names; expected one a line")
    return names


def lines_in(path: Path) -> tuple[str, ...]:
    """The lines of a user's text file that hold something, without white space at their ends.

    Args:
        path: of the file, which is there.

    Returns:
        The lines, in order.

    Raises:
        OptionError: it cannot be read, or is no text.
    """
    try:
        text = read_text(path).removeprefix("\ufeff")  # some editors begin a file with a byte order mark
    except UnreadableError as error:
        raise OptionError(f"{path} {error}") from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())
