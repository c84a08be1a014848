"""The generators in what a file holds: under any keys, behind any prefix, beside any other network."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ganmend.errors import CheckpointError
from ganmend.formats.naming import is_average
from ganmend.formats.other_networks import what_it_seems
from ganmend.formats.protocol import Format
from ganmend.formats.registry import formats_for

# What PyTorch puts into the names of a network's tensors when it wraps the network, or a part of it.
WRAPPERS = re.compile(r"(?<![^.])(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
COUNTERS = (".num_batches_tracked", ".accumulation_counter")  # that no copy needs
MOST_LEVELS = 4  # of dictionaries in dictionaries; training states have two
MOST_PREFIXES = 32  # behind which a generator is looked for in one dictionary


@dataclass(frozen=True)
class Found:
    """A generator in what a file holds.

    Attributes:
        form: its format.
        holder: the dictionary that has its tensors.
        names: the names of its tensors as the format knows them, to their keys in `holder`.
        place: where it is in the file, such as 'state_dict.G_ema'; '' where all of the file is the generator's.
    """

    form: Format
    holder: dict[str, Tensor]
    names: Mapping[str, str]
    place: str

    def tensors(self) -> dict[str, Tensor]:
        """Its tensors by the format's names, in a dictionary of their own."""
        return {name: self.holder[key] for name, key in self.names.items()}

    def replace(self, tensors: Mapping[str, Tensor]) -> None:
        """Put tensors, by the format's names, in the place of all that the file has of the generator."""
        table = self.form.table.tensor
        prefix = self.names[table].removesuffix(table)  # of those that the file did not have
        for name in self.names.keys() - tensors.keys():
            del self.holder[self.names[name]]
        for name, tensor in tensors.items():
            self.holder[self.names.get(name, prefix + name)] = tensor


def find_generator(content: object, wanted: str = "") -> tuple[Found, str]:
    """The generator in what a file holds; of several whole ones an average (EMA), which draws better, else the first.

    Args:
        content: of the file: tensors by name, or dictionaries of them in dictionaries.
        wanted: the name of a format, which overrides what the tensors say; '' for none.

    Returns:
        The generator; and one line that says which was taken of several, or ''.

    Raises:
        CheckpointError: there is none; the message says what the content seems to be instead, and what to do.
        OptionError: no format is called `wanted`.
    """
    formats = formats_for(wanted)
    if not isinstance(content, Mapping) or not content:
        raise CheckpointError(f"holds {type(content).__name__}, expected a state dict of named tensors")
    holders = list(dictionaries(content))
    found = [one for path, holder in holders for one in _generators(path, holder, formats, forced=bool(wanted))]
    if not found and wanted and holders:  # its reader names what is missing
        path, largest = max(holders, key=lambda one: len(one[1]))
        found = [Found(formats[0], largest, _plain_names(largest), ".".join(path))]
    if not found:
        raise CheckpointError(what_it_seems(content, holders))
    whole = [one for one in found if not any(_lacks(one, other) for other in found)] or found
    taken = max(whole, key=_is_average)  # the first of equals
    return taken, _which(taken, found)


def dictionaries(content: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Tensor]]]:
    """The dictionaries of tensors in what a file holds, each once, with the keys that lead there.

    Args:
        content: of the file, or of one of its entries.
        path: the keys that lead to `content`.

    Yields:
        Keys, and a dictionary in which at least one text leads to a tensor.
    """
    level, seen = [(path, content)], set()
    for _ in range(MOST_LEVELS):
        inner = []
        for keys, holder in level:
            if not isinstance(holder, dict) or id(holder) in seen:
                continue
            seen.add(id(holder))  # a pickle can name one dictionary in a thousand places, or put it into itself
            named = [(key, value) for key, value in holder.items() if type(key) is str]
            if any(isinstance(value, Tensor) for _, value in named):
                yield keys, holder
            inner += [((*keys, key), value) for key, value in named]
        level = inner


def _generators(
    path: tuple[str, ...], holder: dict[str, Tensor], formats: Sequence[Format], *, forced: bool
) -> list[Found]:
    """The generators in one dictionary.

    Args:
        path: the keys that lead to it.
        holder: the dictionary.
        formats: that are looked for.
        forced: take what has the class table of the first format for it, whatever else it has.

    Returns:
        Generators, in the dictionary's order.

    Raises:
        CheckpointError: there are far more prefixes than any training has, or tensors twice.
    """
    left, found = _plain_names(holder), []
    prefixes = {name.removesuffix(form.table.tensor) for form in formats for name in left if _ends(name, form)} | {""}
    if len(prefixes) > MOST_PREFIXES:
        raise CheckpointError(f"holds {len(prefixes)} class tables; save one generator's state dict alone")
    for prefix in sorted(prefixes, key=len, reverse=True):  # what is behind 'a.b.' is no part of what is behind 'a.'
        names = {name.removeprefix(prefix): key for name, key in left.items() if name.startswith(prefix)}
        for form in formats:
            if form.recognises(names) or (forced and form.table.tensor in names):
                found.append(Found(form, holder, names, ".".join((*path, prefix.rstrip(".")) if prefix else path)))
                left = {name: key for name, key in left.items() if not name.startswith(prefix)}
                break
    order = {key: number for number, key in enumerate(holder)}
    return sorted(found, key=lambda one: order[next(iter(one.names.values()))])


def _ends(name: str, form: Format) -> bool:
    return f".{name}".endswith(f".{form.table.tensor}")


def _plain_names(holder: Mapping[str, object]) -> dict[str, str]:
    """The names of a dictionary's tensors without what wrappers put into them, to the names with it.

    Args:
        holder: which may have other entries, too.

    Returns:
        Names.

    Raises:
        CheckpointError: two are the same without.
    """
    keys = [key for key, value in holder.items() if type(key) is str and isinstance(value, Tensor)]
    plain = {WRAPPERS.sub("", key): key for key in keys}
    if len(plain) < len(keys):
        raise CheckpointError("holds tensors twice, with and without 'module.' before their names; save one of each")
    return plain


def _which(taken: Found, found: Collection[Found]) -> str:
    """What to tell of several generators."""
    if len(found) == 1:
        return ""
    others = [_shown(one) for one in found if one is not taken]
    why = "the average (EMA)" if _is_average(taken) else "the first"
    return f"holds {len(found)} generators: took {_shown(taken)}, {why}; to take {_listed(others)}, save it alone"


def _lacks(one: Found, other: Found) -> bool:
    """Whether one has parameters alone, as some averages have, and the same generator's other copy all tensors."""
    needed = {name for name in other.names if not name.endswith(COUNTERS)}
    return one.form is other.form and one.names.keys() < needed


def _is_average(one: Found) -> bool:
    return is_average(one.place) or one.place.rpartition(".")[2] == "E"  # of {"G": ..., "D": ..., "E": ...}


def _shown(one: Found) -> str:
    return f"{one.place or 'the one at the top'!r:.80}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names[:3]) + (f" (or {len(names) - 3} more)" if len(names) > 3 else "")
