"""When, where and with what a result was made, for people who want to make it again."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import torch

from ganmend.models.protocol import Generator
from ganmend.targets.classifier import Classifier

Made = Mapping[str, str]


def made_now(generator: Generator, classifier: Classifier, judges: Sequence[Classifier]) -> Made:
    """What a search and its verdict depend on besides what was asked.

    Args:
        generator: prepared for many images.
        classifier: guides the search.
        judges: give the verdict.

    Returns:
        By name 'date' (to the minute, in UTC), 'versions', 'machine' (which does not name it), and the fingerprints of
        the generator's function, the classifier and the judges.
    """
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "versions": f"ganmend {version('ganmend')}, torch {torch.__version__}, Python {platform.python_version()}",
        "machine": machine(generator.device),
        "generator_function": generator.function_digest(),
        "classifier_fingerprint": classifier.fingerprint,
        "judge_fingerprints": ", ".join(judge.fingerprint for judge in judges),
    }


def machine(device: torch.device) -> str:
    """The kind of computer, such as 'Linux x86_64, 2 cores, AVX512'; with a GPU its name too. Never the host's name."""
    cores = os.cpu_count() or 1
    said = f"{platform.system()} {platform.machine()}, {cores} cores, {torch.backends.cpu.get_cpu_capability()}"
    return f"{said}, {torch.cuda.get_device_name(device)}" if device.type == "cuda" else said
