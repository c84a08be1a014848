"""The bundled benchmark: four edits of a CIFAR-10 BigGAN whose flaws are known."""

from collections.abc import Callable

from safetensors import safe_open
from torch import Tensor

from ganmend.catalog.load import load_generator
from ganmend.demo.bundled import WEIGHTS
from ganmend.metrics.statistics import ReferenceStatistics
from ganmend.models.biggan.prepared import PRECISIONS, prepared
from ganmend.search.loop import Progress
from ganmend.targets.classifier import Classifier
from ganmend.targets.load import load_classifier
from ganmend.workbench.mending import MendResult, mend
from ganmend.workbench.verdicts import reference_of

EDITS = (("repair", "frog"), ("repurpose", "deer"), ("repurpose", "truck"), ("debias", "automobile"))


def bundled_reference() -> ReferenceStatistics:
    """What real CIFAR-10 images look like to the judge, for the verdict."""
    return ReferenceStatistics.load(WEIGHTS / "reference.safetensors")


def bundled_photographs(classifier: Classifier, target: str) -> Tensor | None:
    """The classifier's matching features (200, F) of real images of the target, where the package has them."""
    with safe_open(WEIGHTS / "photographs.safetensors", "pt") as file:
        known = file.metadata()["classifier"] == classifier.fingerprint and target in file.keys()  # noqa: SIM118
        return file.get_tensor(target).float() if known else None


def run_demo(
    *,
    seed: int = 0,
    n: int = 1000,
    preset: str = "default",
    device: str = "cpu",
    precision: str = "auto",
    on_edit: Callable[[str, str], Callable[[Progress], None]] | None = None,
    **changes: object,
) -> list[MendResult]:
    """Mend all of EDITS and judge them on n samples; `on_edit` gives each search its progress callback."""
    generator = prepared(load_generator("demo").to(device), precision)
    classifier, judge = (load_classifier(name).to(device) for name in ("demo:search", "demo:judge"))
    classifier = classifier.in_precision(PRECISIONS[generator.precision])  # once for all edits
    statistics = bundled_reference()
    results = []
    for task, target in EDITS:
        show = on_edit(task, target) if on_edit is not None else None
        result = mend(
            task, generator, classifier, target, preset=preset, seed=seed,
            real_features=bundled_photographs(classifier, target), on_progress=show, **changes,  # type: ignore[arg-type]
        )  # fmt: skip
        result.judge(judge, reference_of(statistics, judge, target), n=n)
        results.append(result)
    return results
