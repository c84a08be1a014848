"""Pickles that hold objects beside their tensors: these are left out, and nothing of them is made or run.

Training scripts save settings, optimisers and whole libraries' objects beside a state dict, some through the package
dill. Each becomes a `Skipped`, which knows the name of its class and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganmend.files.pickled import KNOWN, Unpickler, is_key

COPIES = 4  # of each number, at most
PLAIN = {"BINSTRING", "STRING", "UNICODE", "BINUNICODE8", "BINBYTES8", "LONG", "INT", "FLOAT", "LONG4"}


@dataclass(frozen=True)
class Skipped:
    """What stands in the place of an object: `skipped` is the name of its class, or of the function that made it."""

    skipped: str


class SkippingUnpickler(Unpickler):
    """Reads what `Unpickler` reads, and passes over objects of other classes; entries with odd keys are left out.

    Args:
        storage: see `Unpickler`.
        most: see `Unpickler`; a library may save one network under several names, as the robustness library does.
    """

    def __init__(self, storage: Callable[[str, torch.dtype, int], Tensor], most: int) -> None:
        super().__init__(storage, COPIES * most)

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        match name:
            case "GLOBAL" | "STACK_GLOBAL":
                asked = argument if name == "GLOBAL" else " ".join(map(str, self._last(2)))
                if asked in KNOWN:
                    super()._step("GLOBAL", asked)
                else:
                    self._skip(asked)
            case "REDUCE" | "NEWOBJ" if isinstance(stack[-2], Skipped):
                self._skip(self._last(2)[0].skipped)
            case "NEWOBJ_EX" if isinstance(stack[-3], Skipped):
                self._skip(self._last(3)[0].skipped)
            case "BUILD" | "APPEND" if isinstance(stack[-2], Skipped):
                self._last(1)
            case "SETITEM" if isinstance(stack[-3], Skipped):
                self._last(2)
            case "APPENDS" | "SETITEMS" | "ADDITEMS" if isinstance(stack[self.marks[-1] - 1], Skipped):
                self._since_mark()
            case "SETITEM" | "SETITEMS":
                items = self._last(2) if name == "SETITEM" else self._since_mark()
                for key, value in zip(items[::2], items[1::2], strict=True):
                    if is_key(key):
                        stack += [key, value]
                        super()._step("SETITEM", None)
            case "EMPTY_SET":
                self._skip("builtins set")
            case "FROZENSET":
                self._since_mark()
                self._skip("builtins frozenset")
            case "DUP":
                stack.append(stack[-1])
            case "POP":
                self._last(1)
            case "POP_MARK":
                self._since_mark()
            case _ if name in PLAIN:
                stack.append(argument)
            case _:
                super()._step(name, argument)

    def _skip(self, name: str) -> None:
        self._make_room(0)
        self.stack.append(Skipped(str(name)[:80]))
