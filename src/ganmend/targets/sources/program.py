"""The path of a file as a classifier's name: a network that TorchScript or torch.export saved, with its weights.

What of such a file may run, and what is looked for first: `program_file.py`.
"""

import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from ganmend.errors import ClassifierError, GanmendWarning
from ganmend.files.paths import as_path
from ganmend.targets.sources.checkpoint import read_checkpoint, weights_alone
from ganmend.targets.sources.class_list import stored_names
from ganmend.targets.sources.network_name import NetworkName
from ganmend.targets.sources.parts import IMAGENET_MEAN, IMAGENET_STD, SIZE, NetworkParts
from ganmend.targets.sources.program_file import extra_files, kind_of, refuse_code
from ganmend.targets.sources.state import weights_digest
from ganmend.targets.sources.watched_graph import image_size, watch
from ganmend.targets.trial import count_logits, in_one_line

ALIKE = 1e-3  # of logits, between TorchScript and the graph made of it


class Program(nn.Module):
    """A saved program with its logits as a layer, which can be watched where nothing inside it can.

    Attributes:
        one_precision: it computes in the precision that it was saved in, whose numbers may stand in its code.
    """

    one_precision = True

    def __init__(self, program: nn.Module) -> None:
        """Hold a saved program.

        Args:
            program: images (N, 3, H, W), normalised -> logits (N, n_classes), perhaps in a tuple or a dictionary.
        """
        super().__init__()
        self.program, self.logits = program, nn.Identity()

    def train(self, mode: bool = True) -> "Program":
        """Nothing: a saved program stays in the mode that it was saved in."""
        return self

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, n_classes)."""
        given: Any = self.program(images)
        if isinstance(given, dict):
            given = next(iter(given.values()))
        logits: Tensor = self.logits(given[0] if isinstance(given, tuple | list) else given)
        return logits


def program_parts(name: NetworkName, *, allow_code: bool = False) -> NetworkParts:
    """A classifier that a file holds whole.

    Args:
        name: the path, with settings behind it.
        allow_code: load it whatever it holds.

    Returns:
        Its parts; features and stages come from its graph. Where none can be made of it, its logits are its features,
        and a warning says so.

    Raises:
        ClassifierError: it is not there, damaged, something else, or would run more than plain operations.
    """
    path = as_path(name.base)
    kind = kind_of(path)
    if not kind:
        raise ClassifierError(f"{path} {_something_else(path)}")
    if not allow_code:
        refuse_code(path, kind)
    try:
        with warnings.catch_warnings(action="ignore"), torch.no_grad():
            program = _script(path, name) if kind == "script" else _exported(path)
    except ClassifierError:
        raise
    except Exception as error:  # PyTorch raises whatever it likes on a damaged file
        raise ClassifierError(
            f"{path} cannot be loaded by this PyTorch ({in_one_line(error)}); save it again"
        ) from error
    network, size = Program(program), name.settings.size or SIZE
    feature_layer, stages = "logits", tuple[str, ...]()
    if isinstance(program, GraphModule):
        size = name.settings.size or image_size(program) or SIZE
        head, ends = watch(program)
        if head:
            feature_layer, stages = f"program.{head}", tuple(f"program.{end}" for end in ends)
    if feature_layer == "logits":
        warnings.warn(
            f"no layer inside {path} can be watched: its logits serve as features, so real images are matched less "
            "closely; give the network by timm:NAME@FILE, torchvision:NAME@FILE or module.path:function for better",
            GanmendWarning,
            stacklevel=2,
        )
    n_classes = count_logits(network, name.base, size)
    names = stored_names(extra_files(path), n_classes)
    return NetworkParts(
        network, n_classes, names, size, IMAGENET_MEAN, IMAGENET_STD, feature_layer, weights_digest(network),
        matching_layers=stages,
    )  # fmt: skip


def _exported(path: Path) -> GraphModule:
    logging.getLogger("torch.export").setLevel(logging.ERROR)
    module = torch.export.load(path).module()
    assert isinstance(module, GraphModule)
    return module


def _script(path: Path, name: NetworkName) -> nn.Module:
    """The graph of a TorchScript file, or where none can be made that gives the same, the script itself."""
    script: nn.Module = torch.jit.load(str(path), map_location="cpu").eval()
    size = name.settings.size or SIZE
    try:
        from torch._export.converter import TS2EPConverter  # in no public place, so that it may go

        images = torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(0))
        module = TS2EPConverter(script, (images[:2],)).convert().module()  # type: ignore[arg-type]
        same = torch.allclose(module(images), script(images), atol=ALIKE, rtol=ALIKE)
    except Exception:  # whatever it is that cannot be turned into a graph, the script can still be run
        return script
    return module if same else script


def _something_else(path: Path) -> str:
    """What to tell of a file that is no program, going on from its name."""
    try:
        return weights_alone(read_checkpoint(path))
    except ClassifierError as error:
        return str(error).removeprefix(f"{path} ")
