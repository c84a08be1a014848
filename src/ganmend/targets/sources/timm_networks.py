"""timm:MODEL and timm:MODEL@FILE: networks that timm knows by name."""

from typing import Any

from ganmend.errors import ClassifierError
from ganmend.hub.address import parse_address
from ganmend.hub.download import Wanted, fetch
from ganmend.targets.sources.last_layer import last_layer
from ganmend.targets.sources.network_name import NetworkName
from ganmend.targets.sources.own_weights import own_parts
from ganmend.targets.sources.parts import NetworkParts
from ganmend.targets.sources.state import weights_digest

PUBLISHED = Wanted("weights", "model.safetensors", ("pytorch_model.bin",))


def timm_parts(name: NetworkName, random_weights: str = "never") -> NetworkParts:
    """A classifier of timm, with its published weights or a user's.

    Args:
        name: timm:MODEL, timm:MODEL.TAG or timm:MODEL@FILE.
        random_weights: in place of published ones: 'always', or where they are 'absent'; see `load_classifier`.

    Returns:
        Its parts.

    Raises:
        ClassifierError: no such network, weights of no classifier, or a file of others.
        HubError: published weights cannot be had.
    """
    import timm

    if not timm.is_model(name.model):
        raise ClassifierError(f"timm has no network {name.model!r:.80}; try resnet18, or timm.list_models('resnet*')")
    family = timm.models.model_entrypoint(timm.models.get_arch_name(name.model)).__module__.rpartition(".")[2]
    if name.file:
        facts: Any = timm.get_pretrained_cfg(name.model)
        return own_parts(
            name, lambda n_classes: _build(name, n_classes), resolution=facts.input_size[-1], mean=facts.mean,
            std=facts.std, family=family,
        )  # fmt: skip
    network = _build(name, None)
    facts, repository = network.pretrained_cfg, network.pretrained_cfg.get("hf_hub_id")
    if not network.num_classes or not repository:
        raise ClassifierError(
            f"{name.base} has no published classifier; choose another, or give a file: {name.base}@FILE"
        )
    anew = random_weights == "always" or (random_weights == "absent" and not _is_here(repository))
    if not anew:
        file = str(fetch(parse_address(f"hf:{repository}"), PUBLISHED))
        network = _build(name, None, pretrained=True, pretrained_cfg_overlay={"file": file})
    return NetworkParts(
        network,
        network.num_classes,
        _published_names(network),
        facts["input_size"][-1],
        tuple(facts["mean"]),
        tuple(facts["std"]),
        last_layer(network),
        "random" if anew else weights_digest(network),
        "" if anew else family,
        "ImageNet's" if network.num_classes == 1000 else "",
    )


def _build(name: NetworkName, n_classes: int | None, **options: Any) -> Any:
    import timm

    if n_classes is not None:
        options["num_classes"] = n_classes
    if name.settings.size:
        try:  # transformers are built for a size; other networks know no such option
            return timm.create_model(name.model, img_size=name.settings.size, **options)
        except TypeError:
            pass
    return timm.create_model(name.model, **options)


def _is_here(repository: str) -> bool:
    """Whether the published weights are in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    return any(
        isinstance(try_to_load_from_cache(repository, file), str) for file in (PUBLISHED.usual, *PUBLISHED.suffixes)
    )


def _published_names(network: Any) -> tuple[str, ...]:
    """The names of a larger ImageNet's classes; () of ImageNet's 1000, which need none, and where timm has none."""
    from timm.data import ImageNetInfo, infer_imagenet_subset

    subset = infer_imagenet_subset(network)
    if not subset or subset == "imagenet-1k":
        return ()
    info = ImageNetInfo(subset)
    return tuple(info.index_to_description(index) for index in range(info.num_classes()))
