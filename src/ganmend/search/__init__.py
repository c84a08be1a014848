"""The search for better embeddings."""

from ganmend.search.config import PRESETS, SearchConfig, search_config
from ganmend.search.loop import Progress, SearchResult, search
from ganmend.search.trials import Judgement
from ganmend.search.validation import Validation

__all__ = [
    "PRESETS",
    "Judgement",
    "Progress",
    "SearchConfig",
    "SearchResult",
    "Validation",
    "search",
    "search_config",
]
