"""What a search can be told, and the presets."""

from dataclasses import asdict, dataclass, fields, replace

from ganmend.checks import check_number, check_whole
from ganmend.edits.initialisations import INITIALISATIONS
from ganmend.errors import OptionError
from ganmend.objective.diversities import DIVERSITIES

PAPER_WEIGHT_DECAY = 0.9
CAPACITIES = ("row", "layers", "norms")
# What holds a search back that only a classifier leads: what None stands for without real images; with them it is 0.
ALONE = {"prior_weight": 6.0, "floor": 1e-3, "views": True}
# Of whole numbers the least and the most: diversity is measured between pairs, so latents come by two at least;
# the most of each is far above what helps, and below what no memory holds.
WHOLE = {
    "steps": (1, 10**6), "latents": (2, 10**4), "steps_per_draw": (1, 10**6), "trials": (1, 1000), "vectors": (1, 1000),
    "validation_latents": (2, 10**4), "validate_every": (1, 10**6), "patience": (0, 10**6),
}  # fmt: skip
# Of numbers from 0, and of those above 0, the most: weights beyond leave nothing of the other terms in float32.
NUMBERS = {
    "weight_decay": 1000.0, "noise": 1000.0, "diversity_weight": 1e6, "matching_weight": 1e6, "memory": 1e6,
    "prior_weight": 1e6, "floor": 1.0,
}  # fmt: skip
POSITIVE = {"learning_rate": 1000.0, "offsets_learning_rate": 1000.0, "ceiling": 1.0}


@dataclass(frozen=True)
class SearchConfig:
    """All numbers of a search; saved, resolved, with its result.

    Attributes:
        capacity: what of a class is searched. 'row': one vector, which a row of the class table holds. 'layers': also
            a vector of its own for each conditional norm. 'norms': the vector, and offsets of each conditional norm's
            gains and biases, all of them free. The latter two give an edit with offsets.
        steps: Adam steps at most.
        latents: fresh latents drawn at each draw; every trial sees the same.
        steps_per_draw: steps taken on one draw (the paper: 20).
        learning_rate: of Adam on the embedding, and on each layer's own.
        offsets_learning_rate: of Adam on the offsets of capacity 'norms'.
        decay_learning_rate: cosine decay to zero over the steps.
        weight_decay: coupled L2, added to the gradient, of all but the latent map; None is 0, but the paper's 0.9 where
            nothing else holds back a classifier, who leads far from the table.
        diversity: what the ratio is measured in: none, softmax, features, pixels.
        diversity_weight: alpha of the objective.
        diversity_layer: the classifier's layer for 'features'; "" is the input of its last layer.
        ceiling: probability above which a sample no longer pulls; 1 is plain log-probability.
        matching_weight: weight of the energy distance to real features, where real images are given.
        prior_weight: weight of the energy distance to the generator's own samples of healthy classes; of this and the
            next two, None is a value of ALONE where only the classifier leads, and nothing where real images do.
        floor: probability that is added to the target's before the logarithm.
        views: whether the classifier sees a random view of each image: moved, mirrored, in other light, with noise.
        latent_map: search a linear map of z too (the paper's noise layer), from the identity.
        init: mean, top, random, target, or best (the most promising of the mean and the top rows, by the objective
            itself).
        noise: standard deviation added to the start; None takes the released recipe's.
        trials: starts searched side by side; the best by validation is kept.
        vectors: embeddings a trial searches jointly; sample i is drawn with vector i mod vectors.
        validation_latents: fixed latents, never trained on, that choose the best state.
        validate_every: steps between validations.
        patience: validations without improvement before the search stops; 0 never stops early.
        memory: gigabytes for the features of both networks that the gradient needs; less than the batch takes costs a
            third more time at most, and gives the same embedding; 0 is most of what is free.
        keep: 'best' state by validation, or the 'last' one as the released code.
    """

    capacity: str = "norms"
    steps: int = 120
    latents: int = 24
    steps_per_draw: int = 1
    learning_rate: float = 0.03
    offsets_learning_rate: float = 0.015
    decay_learning_rate: bool = True
    weight_decay: float | None = None
    diversity: str = "features"
    diversity_weight: float = 0.1
    diversity_layer: str = ""
    ceiling: float = 0.7
    matching_weight: float = 8.0
    prior_weight: float | None = None
    floor: float | None = None
    views: bool | None = None
    latent_map: bool = False
    init: str = "best"
    noise: float | None = None
    trials: int = 1
    vectors: int = 1
    validation_latents: int = 64
    validate_every: int = 10
    patience: int = 5
    memory: float = 0.0
    keep: str = "best"

    def __post_init__(self) -> None:
        for name, (least, most) in WHOLE.items():
            check_whole(name, getattr(self, name), least, most)
        for name, largest in POSITIVE.items():
            check_number(name, getattr(self, name), above=0, most=largest)
        for name, largest in NUMBERS.items():
            if getattr(self, name) is not None or name not in {
                *ALONE,
                "weight_decay",
                "noise",
            }:  # whose None has a meaning
                check_number(name, getattr(self, name), least=0, most=largest)
        for name in ("decay_learning_rate", "latent_map", "views"):
            if type(getattr(self, name)) is not bool and (name, self.views) != ("views", None):
                raise OptionError(f"{name} is {getattr(self, name)!r:.80}; expected true or false")
        if type(self.diversity_layer) is not str:
            raise OptionError(f"diversity_layer is {self.diversity_layer!r:.80}; expected a layer's name")
        choices = {"capacity": CAPACITIES, "diversity": DIVERSITIES, "init": INITIALISATIONS, "keep": ("best", "last")}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise OptionError(f"{name} is {getattr(self, name)!r:.80}; expected one of {', '.join(known)}")

    def settled(self, *, matches_real_images: bool, has_prior: bool = True) -> "SearchConfig":
        """With what None stands for: where no real images are matched, something else has to hold the search back.

        Args:
            matches_real_images: whether the search does.
            has_prior: whether there are samples of healthy classes to stay near to.

        Returns:
            Settings without None, but for the noise.
        """
        held = {name: type(value)(0) if matches_real_images else value for name, value in ALONE.items()}
        held |= {} if has_prior else {"prior_weight": 0.0}
        unsaid = {name: value for name, value in held.items() if getattr(self, name) is None}
        found = replace(self, **unsaid)  # type: ignore[arg-type]
        if found.weight_decay is not None:
            return found
        led_alone = not matches_real_images and not found.prior_weight
        return replace(found, weight_decay=PAPER_WEIGHT_DECAY if led_alone else 0.0)

    def evaluations(self) -> int:
        """Images that the search draws at most with gradient: steps x latents x trials."""
        return self.steps * self.latents * self.trials

    def as_dict(self) -> dict[str, object]:
        """Plain values, for config.json."""
        return asdict(self)


PRESETS = {
    "default": SearchConfig(),
    # The released recipe, number for number (Li et al. 2020; METHOD of this project), without its defects.
    "paper": SearchConfig(
        capacity="row",
        steps=200,
        latents=10,
        steps_per_draw=20,
        learning_rate=0.1,
        decay_learning_rate=False,
        weight_decay=PAPER_WEIGHT_DECAY,
        prior_weight=0.0,
        floor=0.0,
        views=False,
        diversity="none",
        diversity_weight=0.1,
        ceiling=1.0,
        matching_weight=0.0,
        init="top",
        trials=3,
        patience=0,
    ),
}


def search_config(preset: str = "default", **changes: object) -> SearchConfig:
    """A preset with changes.

    Args:
        preset: 'default', or 'paper' for the released recipe.
        **changes: settings by name, in place of the preset's.

    Returns:
        The settings, checked.

    Raises:
        OptionError: unknown preset or setting, or a value out of its range.
    """
    if preset not in PRESETS:
        raise OptionError(f"unknown preset {preset!r}; expected one of {', '.join(PRESETS)}")
    known = {entry.name for entry in fields(SearchConfig)}
    if unknown := sorted(set(changes) - known):
        raise OptionError(f"unknown search setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return replace(PRESETS[preset], **changes)  # type: ignore[arg-type]
