"""Offsets of classes in the files of other projects, whose own code then draws them: a flag for each such class.

A flag is one more number in every class's embedding, after the others: f for its class, 0 for all others. Every matrix
that the embedding enters gets a column for it: in the gains and biases of the conditional norms the class's offsets
over f, in the linear layer zeros.

A matrix W is used as W / sigma, sigma being its spectral norm, so the column is stored times sigma. It must not change
sigma itself. Where sigma is u^T W v of a stored v (torch's), v gets a zero for the column. Where v comes of W by one
power iteration (ajbrock's), f is so large that the column is lost in rounding.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganmend.formats.class_offsets import ClassOffsets
from ganmend.formats.protocol import ClassTable
from ganmend.formats.tensors import FLOATS, TensorReader, shape_of

HALVES = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Entered:
    """The layers of a checkpoint that its class embedding enters; their weights are (out, inputs).

    Attributes:
        norms: the gain and the bias of each conditional norm, in the order of offsets.
        first: the linear layer, or none where it does not see the embedding.
        weight: what the name of a layer's weight ends in.
        spectral_norm: (), of a layer's name and its weight without flags, in float64; the reader has its vectors.
    """

    norms: tuple[str, ...]
    first: tuple[str, ...]
    weight: str
    spectral_norm: Callable[[TensorReader, str, Tensor], Tensor]

    def weights(self, layers: Collection[str] = ()) -> list[str]:
        """Names of the weights of layers; of all where none are given, the norms' first."""
        return [f"{layer}.{self.weight}" for layer in layers or (*self.norms, *self.first)]

    def vectors(self, tensors: Mapping[str, Tensor]) -> list[str]:
        """Names of the right vectors (inputs,) of torch's spectral norm that a checkpoint has."""
        names = [f"{layer}.weight_v" for layer in (*self.norms, *self.first)]
        return [name for name in names if name in tensors]

    def inputs(self, tensors: Mapping[str, Tensor]) -> int:
        """How many numbers these layers see, latent and embedding together."""
        return shape_of(tensors, self.weights()[0], 2)[1]

    def spectral_norms(self, tensors: Mapping[str, Tensor]) -> Iterator[Tensor]:
        """The spectral norm () of each gain and bias of a checkpoint without flags, in float64."""
        reader = TensorReader(dict(tensors))
        for layer in self.norms:
            yield self.spectral_norm(reader, layer, reader.take(f"{layer}.{self.weight}"))


@dataclass(frozen=True)
class FlagColumns:
    """How a project's files hold offsets of classes; an `OffsetStore`.

    Attributes:
        table: where the class table is.
        entered: which layers the embedding enters.
        flag: f, a power of two, so that dividing by it rounds nothing.
        latents_first: whether a matrix's columns are [latent, embedding], both of one width, so that a flag brings an
            idle number of the latent along; else they are [embedding, latent].
    """

    table: ClassTable
    entered: Callable[[Mapping[str, Tensor]], Entered]
    flag: float
    latents_first: bool = False

    def take(self, tensors: dict[str, Tensor]) -> ClassOffsets:
        """Take the flags out of a checkpoint; see `OffsetStore`."""
        classes = self._flagged(tensors)
        if not classes:
            return {}
        entered, table = self.entered(tensors), self.table.turned(tensors[self.table.tensor])
        flags, idle = self._places(entered.inputs(tensors), table.shape[1], len(classes))
        if not _serve_as_flags(tensors, entered, flags, idle):
            return {}  # such a table is the training's own
        columns = [tensors[name][:, flags].double() for name in entered.weights(entered.norms)]
        for name in (*entered.weights(), *entered.vectors(tensors)):
            tensors[name] = _as_kernels_are(tensors, _without(tensors[name], {*flags, *idle}))
        plain = self.table.turned(table[:, : -len(classes)]).contiguous()
        tensors[self.table.tensor] = _as_kernels_are(tensors, plain)
        # (out, classes) of each gain and bias -> (n_offsets, classes) -> (classes, n_offsets)
        norms = entered.spectral_norms(tensors)
        offsets = torch.cat([column * self.flag / norm for column, norm in zip(columns, norms, strict=True)]).T
        return dict(zip(classes, offsets, strict=True))

    def put(self, tensors: dict[str, Tensor], offsets: ClassOffsets) -> None:
        """Put a flag for each class into a checkpoint that has none; see `OffsetStore`."""
        if not offsets:
            return
        entered, n = self.entered(tensors), len(offsets)
        table, norms = self.table.turned(tensors[self.table.tensor]), list(entered.spectral_norms(tensors))
        flags, idle = self._places(
            entered.inputs(tensors) + n * (1 + self.latents_first), table.shape[1] + n, n
        )  # fmt: skip
        for name in (*entered.weights(), *entered.vectors(tensors)):
            tensors[name] = _with_zeros(tensors[name], {*flags, *idle})
        norms_weights = entered.weights(entered.norms)
        # (classes, n_offsets) -> (n_offsets, classes) -> (out, classes) for each gain and bias
        columns = torch.stack(list(offsets.values()), 1).double().split([len(tensors[name]) for name in norms_weights])
        for name, column, norm in zip(norms_weights, columns, norms, strict=True):
            tensors[name] = tensors[name].to(torch.promote_types(tensors[name].dtype, torch.float32))
            tensors[name][:, flags] = (column * norm / self.flag).to(tensors[name].dtype)
        of_classes = torch.zeros(len(table), n)
        of_classes[list(offsets), range(n)] = self.flag
        tensors[self.table.tensor] = self.table.turned(torch.cat([table, of_classes], 1)).contiguous()

    def _flagged(self, tensors: Mapping[str, Tensor]) -> list[int]:
        """The class of each flag in the table, in the columns' order; none where it has no flags."""
        table, classes = tensors.get(self.table.tensor), list[int]()
        if table is None or table.dim() != 2 or table.dtype not in FLOATS:
            return classes
        for column in self.table.turned(table).T.flip(0)[:-1]:  # from the last; an embedding has other numbers, too
            places = column.nonzero().flatten().tolist()
            if len(places) != 1 or column[places[0]] != self.flag or places[0] in classes:
                break
            classes.insert(0, places[0])
        return classes

    def _places(self, inputs: int, width: int, n: int) -> tuple[list[int], list[int]]:
        """The columns of flags, and those of the idle numbers of the latent.

        Args:
            inputs: columns of a matrix, those of flags counted.
            width: of an embedding, flags counted.
            n: how many flags.

        Returns:
            n columns, and n or none.
        """
        if not self.latents_first:
            return list(range(width - n, width)), []
        return list(range(inputs - n, inputs)), list(range(inputs - width - n, inputs - width))


def _serve_as_flags(tensors: Mapping[str, Tensor], entered: Entered, flags: list[int], idle: list[int]) -> bool:
    """Whether a checkpoint's columns are as `put` leaves them: what shall have no effect is zero.

    Args:
        tensors: by name.
        entered: the layers that have the columns.
        flags: the columns of flags.
        idle: the columns of idle numbers of the latent.

    Returns:
        False also where tensors are missing or of shapes that do not fit together, which the reader names.
    """
    inputs, zeros = entered.inputs(tensors), [*flags, *idle]
    weights = [tensors.get(name) for name in entered.weights()]
    if min(zeros) < 1 or any(weight is None or weight.dim() != 2 or weight.shape[1] != inputs for weight in weights):
        return False
    vectors = [tensors[name] for name in entered.vectors(tensors)]
    return (
        not any(tensors[name][:, idle].any() for name in entered.weights())
        and not any(tensors[name][:, flags].any() for name in entered.weights(entered.first) if entered.first)
        and not any(vector.shape != (inputs,) or vector[zeros].any() for vector in vectors)
    )


def _without(numbers: Tensor, columns: Collection[int]) -> Tensor:
    """A matrix or vector (..., inputs) without some of its columns."""
    return numbers[..., [place for place in range(numbers.shape[-1]) if place not in columns]]


def _with_zeros(numbers: Tensor, columns: Collection[int]) -> Tensor:
    """A matrix or vector (..., inputs) with zeros in such columns that `_without` these it is as before."""
    inputs = numbers.shape[-1] + len(columns)
    wide = numbers.new_zeros(*numbers.shape[:-1], inputs)
    wide[..., [place for place in range(inputs) if place not in columns]] = numbers
    return wide


def _as_kernels_are(tensors: Mapping[str, Tensor], numbers: Tensor) -> Tensor:
    """Numbers in the half precision of the checkpoint's kernels, where they were brought from it to float32.

    Args:
        tensors: of the checkpoint.
        numbers: of any shape.

    Returns:
        The same numbers.
    """
    half = next((tensor.dtype for tensor in tensors.values() if tensor.dim() == 4), numbers.dtype)
    if half not in HALVES or not torch.equal(numbers.to(half).to(numbers.dtype), numbers):
        return numbers
    return numbers.to(half)
