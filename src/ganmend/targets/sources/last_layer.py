"""Which layer of a network classifies."""

from torch import nn

# The last layer of torchvision's classification families, whose input serves as features.
LAST_LAYERS = ("fc", "classifier", "heads", "head")


def last_layer(network: nn.Module) -> str:
    """The linear layer that classifies, or where there is none, as in SqueezeNet, the convolution; '' of neither."""

    def those(kind: type[nn.Module]) -> list[str]:
        return [path for path, module in network.named_modules() if isinstance(module, kind)]

    last = those(nn.Linear) or those(nn.Conv2d)
    named = [path for path in last if path.split(".")[0] in LAST_LAYERS]
    return (named or last or [""])[-1]
