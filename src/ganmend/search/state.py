"""The state of a search: all that it needs to go on as if it had never stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from ganmend.edits.class_edit import EditTensors
from ganmend.errors import GanmendError, UnreadableError
from ganmend.files.json_text import parse_json
from ganmend.files.safetensors_file import read_safetensors
from ganmend.files.writing import whole_file

FORMAT = "ganmend-search-state-1"
Record = dict[str, float | int]


@dataclass(frozen=True)
class SearchState:
    """A search after a validation; latents and pairs of later steps follow from the seed, which is not part of it.

    Attributes:
        step: the last one taken.
        stale: validations in a row that improved no trial.
        seconds: spent so far.
        edits: of all trials, as they are searched.
        kept: of all trials, the best ones so far.
        scores: (trials,) validation objective of `kept`.
        optimizer: Adam's numbers, 'PARAMETER.NAME' to tensor, parameters counted from 0.
        history: one record a validation and trial.
    """

    step: int
    stale: int
    seconds: float
    edits: EditTensors
    kept: EditTensors
    scores: Tensor
    optimizer: Mapping[str, Tensor]
    history: tuple[Record, ...]

    def save(self, path: str | Path) -> None:
        """Write one safetensors file, whole or not at all.

        Raises:
            OutputError: the place cannot be written.
        """
        tensors = {"scores": self.scores, **{f"optimizer.{name}": tensor for name, tensor in self.optimizer.items()}}
        for which, edits in (("edits", self.edits), ("kept", self.kept)):
            tensors |= {f"{which}.{name}": tensor for name, tensor in _tensors_of(edits).items()}
        # Copies: the format refuses tensors that share memory.
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        facts = {"step": self.step, "stale": self.stale, "seconds": self.seconds, "history": list(self.history)}
        with whole_file(Path(path)) as partial:
            save_file(tensors, partial, {"format": FORMAT, "facts": json.dumps(facts)})

    @classmethod
    def load(cls, path: str | Path) -> "SearchState":
        """Read what `save` wrote.

        Raises:
            GanmendError: missing, broken, or another kind of file.
        """
        path = Path(path)
        if not path.is_file():
            raise GanmendError(f"no search state at {path}")
        try:
            tensors, metadata = read_safetensors(path)
            facts = parse_json(metadata.get("facts", "null"))
            if metadata.get("format") != FORMAT or not isinstance(facts, dict):
                raise UnreadableError("is no search state of ganmend; start the search anew")
            return cls(
                step=int(facts["step"]),
                stale=int(facts["stale"]),
                seconds=float(facts["seconds"]),
                edits=EditTensors(**_below("edits", tensors)),
                kept=EditTensors(**_below("kept", tensors)),
                scores=tensors["scores"],
                optimizer=_below("optimizer", tensors),
                history=tuple(dict(record) for record in facts["history"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise GanmendError(f"{path} is no whole search state ({error!r:.80}); start the search anew") from error
        except UnreadableError as error:
            raise GanmendError(f"{path} {error}") from error


def _tensors_of(edits: EditTensors) -> dict[str, Tensor]:
    named = {entry.name: getattr(edits, entry.name) for entry in fields(EditTensors)}
    return {name: tensor for name, tensor in named.items() if tensor is not None}


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors 'PREFIX.NAME' by NAME."""
    stem = f"{prefix}."
    return {name.removeprefix(stem): tensor for name, tensor in tensors.items() if name.startswith(stem)}
