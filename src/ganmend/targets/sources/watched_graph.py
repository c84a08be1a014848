"""Places at which an exported graph can be watched: at the end of each stage, and before its last layer.

The functions of a graph are no modules, so an identity stands where one would, and `Classifier.observe` finds it.
"""

import math

from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Node

LINEAR = ("aten.linear.default", "aten.addmm.default", "aten.mm.default")
CONVOLUTIONS = ("aten.conv2d.default", "aten.convolution.default")
HEAD, STAGE = "watched_head", "watched_stage_{}"
QUARTERS = (1, 2, 3)  # of a network of one scale


def watch(module: GraphModule) -> tuple[str, tuple[str, ...]]:
    """Put identities into a graph.

    Args:
        module: whose nodes know their shapes; changed.

    Returns:
        The name of the identity before the last layer, whose input is the features, and those at the ends of stages,
        finest first; '' and () where the graph has no layer that classifies.
    """
    head = _last_layer(module.graph)
    if head is None:
        return "", ()
    ends, names = _stage_ends(module.graph), []
    module.add_submodule(HEAD, nn.Identity())
    with module.graph.inserting_before(head):
        place = [number for number, given in enumerate(head.args) if isinstance(given, Node)]
        number = place[1 if "addmm" in str(head.target) else 0]
        features = head.args[number]
        assert isinstance(features, Node)
        head.update_arg(number, module.graph.call_module(HEAD, (features,)))
    for number, node in enumerate(ends):
        names.append(STAGE.format(number))
        module.add_submodule(names[-1], nn.Identity())
        with module.graph.inserting_after(node):
            identity = module.graph.call_module(names[-1], (node,))
        node.replace_all_uses_with(identity)
        identity.update_arg(0, node)  # which has been replaced too
    module.recompile()
    return HEAD, tuple(names)


def image_size(module: GraphModule) -> int | None:
    """Height of the images that a graph was exported for, in pixels; None where any will do, or nothing says it."""
    inputs = [_shape(node) for node in module.graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1 or len(inputs[0]) != 4 or not isinstance(inputs[0][-1], int):
        return None
    return inputs[0][-1]


def _last_layer(graph: Graph) -> Node | None:
    calls = [node for node in graph.nodes if node.op == "call_function"]
    for kinds in (LINEAR, CONVOLUTIONS):
        if found := [node for node in calls if str(node.target) in kinds]:
            last: Node = found[-1]
            return last
    return None


def _stage_ends(graph: Graph) -> list[Node]:
    """The last node of each octave of map sizes but the coarsest; of one scale, nodes at its quarters."""
    calls = [node for node in graph.nodes if node.op == "call_function"]
    sizes = {
        node: shape[-1]
        for node in calls
        if len(shape := _shape(node)) == 4 and shape[-1] == shape[-2] and shape[-1] > 1
    }
    largest = max([*sizes.values(), _input_size(graph)])
    last = {round(math.log2(largest / size)): node for node, size in sizes.items()}
    ends = [last[octave] for octave in sorted(last)[:-1]]
    tokens = [node for node in calls if len(_shape(node)) == 3]
    if ends or not tokens:
        return ends
    return [tokens[len(tokens) * quarter // 4] for quarter in QUARTERS]


def _input_size(graph: Graph) -> int:
    shapes = [_shape(node) for node in graph.nodes if node.op == "placeholder"]
    return max([shape[-1] for shape in shapes if len(shape) == 4 and isinstance(shape[-1], int)], default=1)


def _shape(node: Node) -> tuple[int, ...]:
    value = node.meta.get("val")
    return tuple(value.shape) if isinstance(value, Tensor) else ()
