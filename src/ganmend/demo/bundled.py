"""Where the bundled files are, and which generator is the bundled one."""

import json
from functools import cache
from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"


@cache
def bundled_fingerprint() -> str:
    """The fingerprint of the bundled generator, read from its file's metadata."""
    from safetensors import safe_open

    with safe_open(WEIGHTS / "generator.safetensors", "pt") as file:
        fingerprint: str = json.loads(file.metadata()["ganmend"])["fingerprint"]
    return fingerprint
