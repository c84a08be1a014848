"""The Inception network of published FIDs, as torch-fidelity has it, and where its weights come from."""

import hashlib
import io
import warnings
from pathlib import Path

import torch
from torch import nn

from ganmend.errors import ClassifierError, GanmendWarning, OptionError, UnreadableError
from ganmend.files.torch_file import read_torch
from ganmend.metrics.inception import WIDTH

URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"


def load_inception(weights: Path | None = None) -> nn.Module:
    """torch-fidelity's Inception v3, whose features papers compare.

    Args:
        weights: a file of its weights; None takes the published ones from torch's cache, or downloads them into it.

    Returns:
        From images (N, 3, H, W) of bytes to a tuple of one tensor (N, 2048), float32; it resizes them itself.

    Raises:
        ClassifierError: the weights cannot be had, or are none of this network.
        OptionError: the package torch-fidelity is not installed.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ModuleNotFoundError as error:
        raise OptionError("Inception's features need the package torch-fidelity: pip install 'ganmend[fid]'") from error
    path = published_weights() if weights is None else weights
    # torch-fidelity would unpickle the file as it is, and run what code it holds: it gets what our reader found.
    plain = io.BytesIO()
    torch.save(read_weights(path), plain)
    plain.seek(0)
    try:
        network: nn.Module = FeatureExtractorInceptionV3(
            "inception-v3-compat", [str(WIDTH)], feature_extractor_weights_path=plain
        )
    except (AttributeError, RuntimeError, TypeError) as error:
        raise ClassifierError(f"{path} holds no weights of torch-fidelity's Inception; expected {URL}") from error
    return network


def read_weights(path: Path) -> object:
    """What a file of weights holds, without running code; a file that is not the published one gives a warning.

    Args:
        path: of the file.

    Returns:
        Its content.

    Raises:
        ClassifierError: no such file, or it cannot be read.
    """
    if not path.is_file():
        raise ClassifierError(f"no file of Inception's weights at {path}; expected {URL}")
    if not _is_published(path):
        warnings.warn(
            f"{path} is not the published file of Inception's weights: no paper's figures compare with these",
            GanmendWarning,
            stacklevel=4,
        )
    try:
        return read_torch(path)
    except UnreadableError as error:
        raise ClassifierError(f"{path} {error}") from error


def published_weights() -> Path:
    """The published weights in torch's cache, downloaded where they are missing.

    Returns:
        The file, whose checksum is right.

    Raises:
        ClassifierError: not to be had, or damaged.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(URL).name
    if str(path).startswith("~"):  # torch would make a folder of that name here
        raise ClassifierError("Inception's weights need a place, and this user has no home; set HOME or TORCH_HOME")
    if path.is_file():
        if not _is_published(path):
            raise ClassifierError(f"{path} is damaged: it is not {URL}; remove it, or give a copy of that file")
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(URL, str(path), SHA256, progress=False)  # whole and checked, or not at all
    except (OSError, RuntimeError) as error:
        raise ClassifierError(
            f"Inception's weights cannot be downloaded ({error}); put {URL} at {path}, or give a copy of that file"
        ) from error
    return path


def _is_published(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256
