"""The search for better embeddings."""

from ganmend.search.config import PRESETS, SearchConfig, search_config
from ganmend.search.loop import Progress, SearchResult, search

__all__ = ["PRESETS", "Progress", "SearchConfig", "SearchResult", "search", "search_config"]
