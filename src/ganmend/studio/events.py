"""What happens when a visitor does something: one place says how every event is answered, and that none is an API."""

from collections.abc import Callable, Sequence
from typing import Any

from gradio.components import Component

Parts = Component | Sequence[Component] | set[Component] | None


def on(
    event: Callable[..., Any],
    do: Callable[..., Any] | None,
    inputs: Parts = None,
    outputs: Any = None,
    *,
    waits: bool = False,
    queue: bool = True,
    latest: bool = False,
    js: str | None = None,
) -> Any:
    """Answer an event of a component, for any number of visitors at once.

    Args:
        event: of a component, such as `button.click`.
        do: what is done; None is done in the browser alone.
        inputs: components whose values it gets; a set of them gives it one dictionary.
        outputs: components that get its answer.
        waits: whether the visitor is shown that it takes a while.
        queue: False answers at once, beside what is under way.
        latest: of events that come faster than answers, answer the last; else those that come meanwhile are dropped.
        js: what is done in the browser before.

    Returns:
        What `then` can be asked of.
    """
    return event(
        do, inputs, outputs, api_visibility="private", show_progress="minimal" if waits else "hidden", queue=queue,
        trigger_mode="always_last" if latest else "once", concurrency_limit=None, js=js,
    )  # fmt: skip
