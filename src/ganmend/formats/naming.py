"""What people call the networks of a training, in the keys of a file and in the names of files."""

import re

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")  # 'netG_ema2' has net, G, ema and 2
GENERATOR = {"g", "gen", "generator", "gema"}
AVERAGE = {"ema", "gema", "avg", "average", "averaged"}
ANOTHER = {"d", "dis", "disc", "discriminator", "optim", "optimizer", "optimiser", "scheduler", "training"}


def words_of(name: str) -> set[str]:
    """The words of a name, in small letters."""
    return {word.lower() for word in WORD.findall(name)}


def is_generator(name: str) -> bool:
    """Whether a name says that it is a generator's: G, netG, generator_ema."""
    return bool(words_of(name) & GENERATOR)


def is_average(name: str) -> bool:
    """Whether a name says that it is an average (EMA) of a training's steps: G_ema, ema_state_dict, generatorEMA."""
    return bool(words_of(name) & AVERAGE)


def is_another(name: str) -> bool:
    """Whether a name says that it is no generator's: D, netD, G_optim."""
    return bool(words_of(name) & ANOTHER)
