"""The Hugging Face hub: addresses, downloads, uploads. huggingface_hub is imported only when one of them is used."""

from ganmend.hub.address import Address, check_repository, is_address, parse_address
from ganmend.hub.download import Wanted, fetch, fetch_urls, models_folder
from ganmend.hub.upload import upload

__all__ = [
    "Address",
    "Wanted",
    "check_repository",
    "fetch",
    "fetch_urls",
    "is_address",
    "models_folder",
    "parse_address",
    "upload",
]
