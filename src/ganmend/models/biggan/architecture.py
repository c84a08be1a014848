"""What a generator is made of, without its weights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Convolution:
    """A convolution behind a conditional norm and a ReLU; `upsample` doubles the size before it."""

    channels_in: int
    channels_out: int
    kernel: int
    upsample: bool = False

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Of its weight as checkpoints store it."""
        return (self.channels_out, self.channels_in, self.kernel, self.kernel)


@dataclass(frozen=True)
class Block:
    """A residual block: its convolutions in order, its shortcut, and whether attention follows it.

    A shortcut is a 1x1 convolution (`projects`) or the first `channels_out` channels as they are (BigGAN-deep).
    """

    convolutions: tuple[Convolution, ...]
    projects: bool
    z_slice: tuple[int, int]
    attention: bool = False

    @property
    def channels_in(self) -> int:
        """Channels that come in."""
        return self.convolutions[0].channels_in

    @property
    def channels_out(self) -> int:
        """Channels that go out."""
        return self.convolutions[-1].channels_out

    @property
    def latent_width(self) -> int:
        """How many numbers of z its norms see."""
        return self.z_slice[1] - self.z_slice[0]

    @property
    def upsamples(self) -> bool:
        """Whether the block doubles the size."""
        return any(convolution.upsample for convolution in self.convolutions)


@dataclass(frozen=True)
class Architecture:
    """A class-conditional generator of the BigGAN family.

    `first_z_slice` is the part of z that the first linear layer sees; `first_sees_embedding` is true for BigGAN-deep;
    `first_attention` is attention on the first features, before any block.
    """

    family: str
    resolution: int
    dim_z: int
    dim_embedding: int
    first_size: int
    first_z_slice: tuple[int, int]
    first_sees_embedding: bool
    blocks: tuple[Block, ...]
    first_attention: bool = False
