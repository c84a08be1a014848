"""Published generators by name, and where their files are."""

from pathlib import Path

from ganmend.formats.huggingface import CONFIG, WEIGHTS
from ganmend.hub.address import is_address, parse_address
from ganmend.hub.download import Wanted, fetch, fetch_urls, models_folder

CHECKPOINT = Wanted("checkpoint", WEIGHTS, (".safetensors", ".pth", ".pt", ".bin"), CONFIG)

# DeepMind's BigGAN-deep as huggingface/pytorch-pretrained-BigGAN converted it. On the hub we know a copy of the 128 px
# one only; the other two are at the addresses that package downloads from, to which '-config.json' and so on is added.
ORIGINAL = "https://s3.amazonaws.com/models.huggingface.co/biggan"
PUBLISHED = {
    "biggan-deep-128": "hf:osanseviero/BigGAN-deep-128",
    "biggan-deep-256": f"{ORIGINAL}/biggan-deep-256",
    "biggan-deep-512": f"{ORIGINAL}/biggan-deep-512",
}


def published_checkpoint(name: str) -> Path:
    """The weights of a published generator, its config.json beside them; downloaded where there is no copy yet.

    Args:
        name: a key of PUBLISHED.

    Returns:
        The file of weights.

    Raises:
        HubError: not to be had; the message says what to put where.
    """
    source, place = PUBLISHED[name], models_folder() / name
    if is_address(source):
        return fetch(parse_address(source), CHECKPOINT, place)
    if not (place / WEIGHTS).is_file():
        fetch_urls({file: f"{source}-{file}" for file in (CONFIG, WEIGHTS)}, place)
    return place / WEIGHTS
