"""BigGAN-deep as pytorch-pretrained-biggan computes it, of full width and random weights: the other side of a ratio."""

from pathlib import Path

import PIL.Image  # noqa: F401  the package uses it and imports only PIL
import torch
from pytorch_pretrained_biggan import BigGAN, BigGANConfig
from pytorch_pretrained_biggan.model import BigGANBatchNorm
from torch import Tensor, nn

# Upsampling, and widths in and out in channels, of its biggan-deep-256; the defaults are biggan-deep-128's.
LAYERS_256 = (
    (False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8), (True, 8, 8),
    (False, 8, 8), (True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1),
)  # fmt: skip


def random_published(resolution: int, folder: Path) -> BigGAN:
    """The package's own model, written to the folder as the package does."""
    config = BigGANConfig(output_dim=256, layers=LAYERS_256) if resolution == 256 else BigGANConfig()
    torch.manual_seed(0)
    gan = BigGAN(config).eval()
    gan.generator.bn.weight.data.fill_(1)  # these two the package leaves as they are
    gan.generator.bn.bias.data.fill_(0)
    hooks = [norm.register_forward_pre_hook(gather) for norm in gan.modules() if isinstance(norm, BigGANBatchNorm)]
    with torch.no_grad():
        ByEmbedding(gan)(torch.randn(2, config.z_dim), gan.embeddings.weight[:, :2].T)
    for hook in hooks:
        hook.remove()
    torch.save(gan.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(config.to_json_string())
    return gan


def gather(norm: BigGANBatchNorm, inputs: tuple[Tensor, ...]) -> None:
    """The statistics that training would have gathered: without them the features of random weights overflow."""
    norm.running_means.copy_(inputs[0].mean((0, 2, 3)))
    norm.running_vars.copy_(inputs[0].var((0, 2, 3)))


def load_published(folder: Path) -> BigGAN:
    """What `random_published` wrote."""
    gan = BigGAN(BigGANConfig.from_json_file(str(folder / "config.json"))).eval()
    gan.load_state_dict(torch.load(folder / "pytorch_model.bin"))
    return gan


class ByEmbedding(nn.Module):
    """The package's model, called by an embedding in place of a class."""

    def __init__(self, gan: BigGAN) -> None:
        super().__init__()
        self.gan, self.dim_z = gan, gan.config.z_dim

    def forward(self, z: Tensor, embedding: Tensor) -> Tensor:
        """(N, dim_z) and (N, 128) -> (N, 3, resolution, resolution)."""
        return self.gan.generator(torch.cat([z, embedding], 1), 1.0)
