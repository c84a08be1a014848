"""The state of a search: all that it needs to go on as if it had never stopped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import GanmendError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.paths import as_path
from ganmend.files.safetensors_file import read_safetensors, write_safetensors
from ganmend.files.writing import whole_file
from ganmend.search.searched import tensors_of

KIND = "ganmend-search-state-"
FORMAT = f"{KIND}3"
MOMENTS = ("exp_avg", "exp_avg_sq")
Record = dict[str, float | int]
COLUMNS = ("step", "trial", "target_probability", "log_probability", "diversity", "matching", "prior", "objective")
OF_ATTRIBUTES = ("imbalance", "unsureness")  # further columns, where shares of attributes are wished for


@dataclass(frozen=True, repr=False)
class SearchState:
    """A search between two steps; latents and pairs of later steps follow from the seed, which it does not hold.

    Attributes:
        step: the last one taken.
        stale: validations in a row that improved no trial.
        seconds: spent so far.
        edits: of all trials, as they are searched.
        kept: of all trials, the best ones so far.
        scores: (trials,) validation objective of `kept`.
        optimizer: Adam's numbers, 'PARAMETER.NAME' to tensor, parameters counted from 0.
        history: one record a validation and trial.
        validated: the step after which the last validation was; -1 before the first.
        good: what Adam moves, by name, and its numbers, as in `optimizer`, where each trial's loss and gradient were
            last finite: one whose loss is no longer goes back there.
        setbacks: (trials,) of whole numbers, how often each trial went back.
        search: 16 hexadecimal digits of all arguments of the search; only it goes on from here.
        layers: (trials, norms, dim_embedding) each layer's difference from the shared vector, where these are searched:
            what the offsets of `edits` were made of.
    """

    step: int
    stale: int
    seconds: float
    edits: EditTensors
    kept: EditTensors
    scores: Tensor
    optimizer: Mapping[str, Tensor]
    history: tuple[Record, ...]
    validated: int
    good: Mapping[str, Tensor]
    setbacks: Tensor
    search: str = ""
    layers: Tensor | None = None

    @property
    def moved(self) -> dict[str, Tensor]:
        """What Adam moves, by name and in its order: see `Searched`."""
        tensors = tensors_of(self.edits)
        if self.layers is not None:
            del tensors["offsets"]
            tensors["layers"] = self.layers
        return tensors

    def __repr__(self) -> str:
        return f"<SearchState after step {self.step}, {len(self.scores)} trials, best {self.scores.max().item():.3f}>"

    def save(self, path: str | Path) -> None:
        """Write one safetensors file, whole or not at all.

        Args:
            path: of the file; one that is there is replaced.

        Raises:
            OutputError: the place cannot be written.
        """
        tensors = {"scores": self.scores, "setbacks": self.setbacks}
        for which, numbers in (("optimizer", self.optimizer), ("good", self.good)):
            tensors |= {f"{which}.{name}": tensor for name, tensor in numbers.items()}
        for which, edits in (("edits", self.edits), ("kept", self.kept)):
            tensors |= {f"{which}.{name}": tensor for name, tensor in tensors_of(edits).items()}
        tensors |= {} if self.layers is None else {"layers": self.layers}
        # In a tensor, because a long history outgrows the header: float64 holds each number exactly.
        rows = [[record[name] for name in (*COLUMNS, *OF_ATTRIBUTES) if name in record] for record in self.history]
        tensors["history"] = torch.tensor(rows, dtype=torch.float64)
        # Copies: the format refuses tensors that share memory.
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        facts = {"step": self.step, "stale": self.stale, "seconds": self.seconds, "search": self.search}
        facts["validated"] = self.validated
        with whole_file(Path(path)) as partial:
            write_safetensors(partial, tensors, {"format": FORMAT, "facts": json.dumps(facts)})

    @classmethod
    def load(cls, path: str | Path) -> "SearchState":
        """Read what `save` wrote.

        Args:
            path: of the file.

        Returns:
            The state, its tensors on the CPU.

        Raises:
            GanmendError: missing, broken, or another kind of file.
        """
        path = as_path(path)
        if not path.is_file():
            raise GanmendError(f"no search state at {path}")
        try:
            tensors, metadata = read_safetensors(path)
            facts = _facts_of(metadata)
            state = cls(
                step=int(facts["step"]),
                stale=int(facts["stale"]),
                seconds=float(facts["seconds"]),
                edits=EditTensors(**_below("edits", tensors)),
                kept=EditTensors(**_below("kept", tensors)),
                scores=tensors["scores"],
                optimizer=_below("optimizer", tensors),
                history=tuple(_record(row) for row in tensors["history"].tolist()),
                validated=int(facts["validated"]),
                good=_below("good", tensors),
                setbacks=tensors["setbacks"],
                search=str(facts["search"]),
                layers=tensors.get("layers"),
            )
            _check_whole(state)
            return state
        except (KeyError, TypeError, ValueError) as error:
            raise GanmendError(f"{path} is no whole search state ({error!r:.80}); start the search anew") from error
        except UnreadableError as error:
            raise GanmendError(f"{path} {error}") from error


def _facts_of(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The plain values of a state file.

    Args:
        metadata: of the file.

    Returns:
        Step, stale, seconds, validated and search.

    Raises:
        UnreadableError: it is no state file.
    """
    facts, form = parse_json(metadata.get("facts", "null")), metadata.get("format", "")
    if form != FORMAT and form.startswith(KIND):
        raise UnreadableError("is a search state of another version of ganmend; start the search anew")
    if form != FORMAT or not isinstance(facts, dict):
        raise UnreadableError("is no search state of ganmend; start the search anew")
    return facts


def _record(row: Sequence[float]) -> Record:
    columns = COLUMNS if len(row) == len(COLUMNS) else (*COLUMNS, *OF_ATTRIBUTES)
    record: Record = dict(zip(columns, row, strict=True))
    return record | {name: int(record[name]) for name in ("step", "trial")}


def _check_whole(state: SearchState) -> None:
    """See that all parts are of the same trials, and that Adam has its step and both moments of each parameter.

    Args:
        state: as it was read.

    Raises:
        UnreadableError: they are not.
    """
    shapes, kept = ({name: tensor.shape for name, tensor in tensors_of(e).items()} for e in (state.edits, state.kept))
    moved = {name: tensor.shape for name, tensor in state.moved.items()}
    adam = {f"{index}.{moment}": shape for index, shape in enumerate(moved.values()) for moment in MOMENTS}
    adam |= {f"{index}.step": torch.Size() for index in range(len(moved))}
    found, good = ({name: tensor.shape for name, tensor in n.items()} for n in (state.optimizer, state.good))
    trials = shapes["vectors"][:1]
    rows = [state.scores.shape, state.setbacks.shape, *(shape[:1] for shape in moved.values())]
    if shapes != kept or found != adam or good != moved | adam or any(row != trials for row in rows):
        raise UnreadableError("holds parts of different searches; start the search anew")


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors 'PREFIX.NAME' by NAME."""
    stem = f"{prefix}."
    return {name.removeprefix(stem): tensor for name, tensor in tensors.items() if name.startswith(stem)}
