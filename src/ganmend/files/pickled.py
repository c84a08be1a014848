"""Pickles read opcode by opcode into plain containers and tensors, whatever they ask for.

`torch.load(weights_only=True)` runs no code either, but a pickle of some hundred bytes can have it allocate gigabytes
(`bytearray` is one of the functions that it calls) or hash nested tuples for ever. Here nothing is called: the few
functions that a state dict asks for are known by name, and keys are strings or integers.
"""

import math
import pickletools
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from ganmend.errors import UnreadableError
from ganmend.files import numpy_pickled

DTYPES = {
    "Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16,
    "Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8,
    "Bool": torch.bool, "ComplexFloat": torch.complex64, "ComplexDouble": torch.complex128,
}  # fmt: skip
STORAGES = {f"{module} {name}Storage": dtype for module in ("torch", "torch.cuda") for name, dtype in DTYPES.items()}
ORDERED, SIZE, PARAMETER = "collections OrderedDict", "torch Size", "torch._utils _rebuild_parameter"
TENSORS = ("torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2")
DEVICE = "torch device"
KNOWN = {
    ORDERED, SIZE, PARAMETER, DEVICE, *TENSORS, *STORAGES, *numpy_pickled.FUNCTIONS, numpy_pickled.ARRAY,
}  # fmt: skip
CONSTANTS: Mapping[str, object] = MappingProxyType(
    {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
)
LITERALS = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "SHORT_BINSTRING",
    "SHORT_BINBYTES", "BINBYTES",
}  # fmt: skip
MOST_DIMENSIONS = 8
# Bytes that all containers may take, and all that is copied; those of a state dict of 400 tensors take some 320,000.
MOST_OBJECTS = 1 << 24
CONTAINER, ITEM = 64, 8  # bytes of an empty container, and of a place in one
LARGEST_KEY = 1 << 31  # of whole numbers: Python finds them by their value, and larger ones can be made to collide
STATE_DICT = "save it again as a plain state dict of tensors"


class Global(str):
    """What a pickle asks for, by its name; a class of its own, so that no string of the pickle passes for one."""


class Unpickler:
    """Reads pickles one after another.

    Args:
        storage: the numbers (numel,) of a storage by its key, dtype and numel.
        most: bytes that all tensors may hold together, those that two of them share counted twice.
    """

    def __init__(self, storage: Callable[[str, torch.dtype, int], Tensor], most: int) -> None:
        self.storage, self.left, self.objects_left = storage, most, MOST_OBJECTS
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def load(self, stream: BinaryIO) -> object:
        """The content of the pickle where the stream stands.

        Args:
            stream: stands behind the pickle afterwards.

        Returns:
            Dictionaries, lists, tuples, text, numbers and tensors.

        Raises:
            UnreadableError: it asks for what no state dict needs.
            ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError: it is broken.
        """
        self.stack, self.marks, self.memo = [], [], {}
        with warnings.catch_warnings(action="ignore"):  # Python's, of a name with a backslash
            for opcode, argument, _ in pickletools.genops(stream):
                self._step(opcode.name, argument)
        return self.stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        match name:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case "EMPTY_DICT" | "EMPTY_LIST":
                self._make_room(0)
                stack.append({} if name == "EMPTY_DICT" else [])
            case "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self.memo[argument])
            case "MARK":
                self.marks.append(len(stack))
            case "TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
                items = self._since_mark() if name == "TUPLE" else self._last(int(name[-1]))
                self._make_room(len(items))
                stack.append(tuple(items))
            case "APPEND" | "APPENDS":
                items = self._last(1) if name == "APPEND" else self._since_mark()
                _extend(stack[-1], items)
            case "SETITEM" | "SETITEMS":
                items = self._last(2) if name == "SETITEM" else self._since_mark()
                _fill(stack[-1], items[::2], items[1::2])
            case "GLOBAL" | "STACK_GLOBAL":
                stack.append(_known(argument if name == "GLOBAL" else " ".join(self._last(2))))
            case "BINPERSID":
                stack.append(self._stored(*stack.pop()))
            case "REDUCE":
                stack.append(self._made(*self._last(2)))
            case "BUILD":
                for part in (stack[-1], *stack[-1]) if type(stack[-1]) is tuple else (stack[-1],):
                    self._make_room_for(part)  # an array copies the bytes of its state
                _build(stack[-2], stack.pop())
            case _ if name in LITERALS:
                stack.append(argument)
            case _ if name in CONSTANTS:
                stack.append(CONSTANTS[name])
            case _:
                raise UnreadableError(f"holds a pickle with {name}, which no checkpoint needs; {STATE_DICT}")

    def _last(self, n: int) -> list[Any]:
        return self._from(len(self.stack) - n)

    def _since_mark(self) -> list[Any]:
        return self._from(self.marks.pop())

    def _from(self, start: int) -> list[Any]:
        if start < 0:
            raise IndexError("the stack has not as many")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _stored(self, kind: str, of: Global, key: str, device: str, numel: int, view: None = None) -> Tensor:
        """The storage of a persistent id, as torch.save writes it.

        Args:
            kind: 'storage', the only kind there is.
            of: the name of its class, which tells the type of its numbers.
            key: that names it in the file.
            device: where it was; it comes to the CPU.
            numel: how many numbers it has.
            view: None; older PyTorch wrote views here.

        Returns:
            (numel,).

        Raises:
            ValueError: it is none.
        """
        if kind != "storage" or not isinstance(of, Global) or type(key) is not str or view is not None:
            raise ValueError("no storage")
        return self.storage(key, STORAGES[of], _whole(numel))

    def _made(self, function: Global, arguments: tuple[Any, ...]) -> object:
        """What a function would make of its arguments; it is not called.

        Args:
            function: its name, one of KNOWN.
            arguments: as the pickle gives them.

        Returns:
            What a state dict needs of it.

        Raises:
            TypeError: it is no function, or its arguments are no tuple.
        """
        if not isinstance(function, Global) or type(arguments) is not tuple:
            raise TypeError("no function")
        for argument in arguments:  # each may be copied, and the pickle can name it again and again
            self._make_room_for(argument)
        if function == ORDERED:
            pairs = arguments[0] if arguments else []
            made: OrderedDict[Any, Any] = OrderedDict()
            _fill(made, [key for key, _ in pairs], [value for _, value in pairs])
            return made
        if function == SIZE:
            return torch.Size(map(_whole, arguments[0]))
        if function == PARAMETER:
            return arguments[0]
        if function == DEVICE:
            return torch.device(*arguments)
        if function in TENSORS:
            return self._view(*arguments[:4])
        if function in numpy_pickled.FUNCTIONS:
            return numpy_pickled.FUNCTIONS[function](*arguments)
        raise TypeError("a storage is no function")

    def _make_room_for(self, content: object) -> None:
        """Count a copy of a container or text; tensors are counted by `left`."""
        self._make_room(len(content) if isinstance(content, list | tuple | dict | str | bytes) else 0)

    def _make_room(self, items: int) -> None:
        """Count a new container of so many items against what all may take.

        Args:
            items: that it holds.

        Raises:
            UnreadableError: it is too much.
        """
        self.objects_left -= CONTAINER + ITEM * items
        if self.objects_left < 0:
            raise UnreadableError(f"holds far more containers than a checkpoint's tensors need; {STATE_DICT}")

    def _view(self, storage: Tensor, offset: int, size: tuple[Any, ...], stride: tuple[Any, ...]) -> Tensor:
        """A tensor on a storage.

        Args:
            storage: (numel,).
            offset: of the first number.
            size: the shape.
            stride: steps between numbers; 0 along an axis would make a few bytes look like gigabytes.

        Returns:
            The view.

        Raises:
            UnreadableError: more numbers than the storage has, or than the file has in all.
        """
        sizes, strides = [_whole(n) for n in size], [_whole(n) for n in stride]
        numel = math.prod(sizes[:MOST_DIMENSIONS])
        if (
            len(sizes) > MOST_DIMENSIONS
            or numel > len(storage)
            or any(n > 1 and step == 0 for n, step in zip(sizes, strides, strict=True))
        ):
            raise UnreadableError(f"holds a tensor of {numel} numbers on a storage of {len(storage)}; {STATE_DICT}")
        self.left -= numel * storage.element_size()
        if self.left < 0:
            raise UnreadableError(f"holds tensors that are larger than the file, sharing their numbers; {STATE_DICT}")
        return storage.as_strided(sizes, strides, _whole(offset))


def _known(name: str) -> Global:
    if name not in KNOWN:
        raise UnreadableError(f"asks to run code on loading ({name[:80]!r}), which ganmend never does: {STATE_DICT}")
    return Global(name)


def _whole(number: object) -> int:
    if type(number) is not int or not 0 <= number < 1 << 63:
        raise TypeError(f"expected a size, found {type(number).__name__}")
    return number


def _extend(target: object, items: list[Any]) -> None:
    if type(target) is not list:
        raise TypeError("no list")
    target.extend(items)


def _fill(target: object, keys: list[Any], values: list[Any]) -> None:
    if not isinstance(target, dict):
        raise TypeError("no dictionary")
    if not all(map(is_key, keys)):
        raise UnreadableError(f"has a key that is neither text nor a small whole number; {STATE_DICT}")
    target.update(zip(keys, values, strict=True))


def is_key(key: object) -> bool:
    """Whether a dictionary may have it as a key."""
    return type(key) is str or (type(key) is int and abs(key) < LARGEST_KEY)


def _build(target: object, state: object) -> None:
    """Set an object's attributes.

    Args:
        target: an ordered dictionary, or a type or array of numpy's.
        state: of the dictionary `_metadata`, the versions of a state dict's modules; of the type its byte order; of the
            array all it is.

    Raises:
        TypeError: another object, or other attributes.
    """
    if isinstance(target, np.ndarray):
        return numpy_pickled.fill_array(target, state)
    if isinstance(target, np.dtype):
        return numpy_pickled.check_state(state)
    if not isinstance(target, OrderedDict) or not isinstance(state, dict) or set(state) - {"_metadata"}:
        raise TypeError("no ordered dictionary")
    target.__dict__.update(state)
